#!/usr/bin/env python3
"""The built pages at the end of a slow line: 1.6 Mbit/s, 150 ms, gzip. `make lighthouse` prints it too; needs a Chromium.

Prints for a phone and for a desk: when the text is shown with the formulas of its screen set, when all formulas are, the
largest paint, in seconds; how far things moved; and what was fetched before the reader moves, in kB.
"""

import os
import sys

from playwright.sync_api import Browser, sync_playwright
from served import chromium, served, wanted

SPEED, DELAY = 1.6e6 / 8, 150  # bytes a second, milliseconds
SIZES = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1350, "height": 940}}
REACH = {"screen": 3.0, "moved": 0.05, "kB": 700}

# Runs before the page: what the browser tells as it goes.
WATCH = """
window.seen = {moved: 0, largest: 0, screen: 0, all: 0};
const watch = (type, act) => new PerformanceObserver(list => list.getEntries().forEach(act)).observe({type, buffered: true});
watch("layout-shift", entry => { if (!entry.hadRecentInput) seen.moved += entry.value; });
watch("largest-contentful-paint", entry => { seen.largest = entry.startTime; });
new MutationObserver(() => {
  const root = document.documentElement, now = performance.now();
  if (!seen.screen && document.querySelector(".bd-article") && !root.classList.contains("unset") && document.readyState !== "loading")
    seen.screen = now;
  if (!seen.all && root.dataset.formulas === "set") seen.all = now;
}).observe(document, {attributes: true, childList: true, subtree: true, attributeFilter: ["class", "data-formulas"]});
"""


def visit(browser: Browser, address: str, size: dict[str, int]) -> dict[str, float]:
    """Open a page over the slow line and wait until nothing more comes."""
    context = browser.new_context(viewport=size, is_mobile=size["width"] < 500)
    page = context.new_page()
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.setCacheDisabled", {"cacheDisabled": True})
    conditions = {"offline": False, "latency": DELAY, "downloadThroughput": SPEED, "uploadThroughput": SPEED}
    line.send("Network.emulateNetworkConditions", conditions)
    came: list[float] = []
    line.on("Network.loadingFinished", lambda event: came.append(event["encodedDataLength"]))
    page.add_init_script(WATCH)
    page.goto(address, wait_until="networkidle", timeout=60_000)
    if page.locator(".math").count():
        page.wait_for_function("document.documentElement.dataset.formulas === 'set'")
    page.wait_for_timeout(300)
    seen = page.evaluate("seen")
    context.close()
    times = {name: seen[name] / 1000 for name in ("screen", "all", "largest")}
    return {**times, "moved": seen["moved"], "kB": sum(came) / 1000}


def main() -> None:
    print("per size: text and formulas of the screen, all formulas, largest paint (s); moved; kB before any scrolling")
    with served() as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium() or None, args=["--no-sandbox"])
        for place in wanted(sys.argv[1:]):
            line = f"{place:<48}"
            for name, size in SIZES.items():
                seen = visit(browser, base + place, size)
                short = [key for key, most in REACH.items() if seen[key] > most]
                line += f"  {name} {seen['screen']:5.2f} {seen['all']:5.2f} {seen['largest']:5.2f} {seen['moved']:6.3f}"
                line += f" {seen['kB']:5.0f}{'!' if short else ' '}"
            print(f"{line}  load {os.getloadavg()[0]:.1f}", flush=True)


if __name__ == "__main__":
    main()
