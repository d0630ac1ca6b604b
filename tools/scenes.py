#!/usr/bin/env python3
"""The live scenes in a headless Chromium: `make scenes` draws their pictures, `make bench-scenes` times their frames.

A picture stands for its scene on paper, without JavaScript, and until the scene's script has come.
"""

import io
import os
import sys
import tempfile
from pathlib import Path

from environment import ROOT, enter

PICTURES = ROOT / "chapters" / "assets" / "scenes"
SHOWN = {"two-points": "eta:0.382,seed:1"}  # the settings of a picture that are not those of the scene's start
PAPER, INK = "#fdfdfb", "#222832"
PAGE = """<!doctype html><meta charset="utf-8"><style>
  html {{ --pst-color-text-base: {ink}; --pst-color-text-muted: #48566b; --pst-color-background: {paper}; background: {paper};
    font: 17px "DejaVu Sans", sans-serif; }}
  body {{ margin: 0; width: 760px; }}
</style><body><sgd-scene name="{name}" settings="{settings}" {paused}></sgd-scene><script>{script}</script>"""
SECONDS = float(os.environ.get("SECONDS_A_SCENE", "20"))
WARM = 5  # seconds in which the scene is compiled and its buffers are made
FRAMES = """seconds => new Promise(done => {
  const [times, work] = [[], []];
  const scene = document.querySelector("sgd-scene");
  const tick = scene.tick;
  scene.tick = function (now) { const t = performance.now(); tick.call(this, now); work.push(performance.now() - t); };
  const start = performance.now();
  const next = now => {
    times.push(now);
    if (now - start < 1000 * seconds) return requestAnimationFrame(next);
    delete scene.tick; // which holds what was measured
    done({times, work});
  };
  requestAnimationFrame(next);
})"""


def opened(browser, folder: str, name: str, settings: str, paused: bool, **context):
    """A page with one scene and nothing else."""
    from sgdsde_helpers.scenes import script

    page = browser.new_page(**context)
    path = Path(folder) / f"{name}.html"
    state = "paused" if paused else ""
    text = PAGE.format(
        ink=INK, paper=PAPER, name=name, settings=settings, paused=state, script=f"(() => {{{script()}}})()"
    )
    path.write_text(text, "utf-8")
    page.goto(path.as_uri())
    page.wait_for_timeout(500)
    return page


def picture(browser, folder: str, name: str) -> None:
    """The canvas and its key, at twice the resolution, in few colours."""
    from PIL import Image

    page = opened(
        browser, folder, name, SHOWN.get(name, ""), True, viewport={"width": 800, "height": 900}, device_scale_factor=2
    )
    boxes = [page.locator(f"sgd-scene {part}").bounding_box() for part in ("canvas", ".key")]
    clip = {"x": 0, "y": boxes[0]["y"], "width": 760, "height": boxes[1]["y"] + boxes[1]["height"] - boxes[0]["y"] + 4}
    image = Image.open(io.BytesIO(page.screenshot(clip=clip)))
    PICTURES.mkdir(exist_ok=True)
    few = image.convert("RGB").quantize(64, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(PICTURES / f"{name}.png", optimize=True)
    page.close()


def bench(browser, folder: str, name: str) -> None:
    """Print the time between frames, the work in one, the growth of the heap, and the frames while off the screen."""
    page = opened(browser, folder, name, "", False, viewport={"width": 390, "height": 844}, device_scale_factor=2)
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})

    def used() -> float:
        page.wait_for_timeout(250)
        session.send("HeapProfiler.collectGarbage")
        return session.send("Runtime.getHeapUsage")["usedSize"] / 1e6

    def heap() -> float:
        return min(used() for _ in range(12))  # it goes up and down by half a megabyte from frame to frame

    page.wait_for_timeout(1000 * WARM)
    before = heap()
    got = page.evaluate(FRAMES, SECONDS)
    grown = heap() - before
    gaps = sorted(b - a for a, b in zip(got["times"], got["times"][1:], strict=False))
    work = sorted(got["work"])
    page.evaluate("document.querySelector('sgd-scene').style.marginTop = '5000px'")
    page.wait_for_function("document.querySelector('sgd-scene').visible === false")
    steps = page.evaluate("document.querySelector('sgd-scene').run.steps")
    page.wait_for_timeout(2000)
    off = page.evaluate("document.querySelector('sgd-scene').run.steps") - steps
    middle, most = (lambda v: v[len(v) // 2]), (lambda v: v[int(0.95 * len(v))])
    print(
        f"{name:<16} frame every {middle(gaps):5.1f} ms (95%: {most(gaps):5.1f})   work {middle(work):5.2f} ms "
        f"(95%: {most(work):5.2f})   heap {before:5.2f} MB, {grown:+.2f} in {SECONDS:.0f} s   steps off the screen: {off}"
    )
    page.close()


def main(command: str, *names: str) -> None:
    from playwright.sync_api import sync_playwright
    from served import chromium

    from sgdsde_helpers.scenes import SCENES

    if not chromium():
        sys.exit("No Chromium was found: apt-get install chromium, or name one: CHROMIUM=/path/to/chrome")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for name in names or SCENES:
            {"pictures": picture, "bench": bench}[command](browser, folder, name)
        browser.close()


if __name__ == "__main__":
    enter()
    main(*sys.argv[1:])
