"""A widget of the page as a reader has it: handles to move, a picture and a sentence to read."""

import re
import time

from PIL import Image
from playwright.sync_api import Locator, Page

from tests.site.conftest import HTML

# From the key press to the moment at which the new picture is decoded and could be painted.
WATCH_KEY = """root => new Promise((done, failed) => {
  let pressed;
  setTimeout(() => failed(new Error('the key does not change the picture')), 15000);
  root.addEventListener('keydown', () => { pressed = performance.now(); }, {capture: true, once: true});
  const seen = new MutationObserver(async () => {
    const picture = root.querySelector('.explorer-stage img');
    if (!pressed || !picture) return;
    seen.disconnect();
    await picture.decode();
    done(performance.now() - pressed);
  });
  seen.observe(root.querySelector('.explorer-stage'), {childList: true, subtree: true});
})"""


# All that a reader sees of a widget at one moment, once its picture is decoded.
READ = """async root => {
  root.scrollIntoView({block: "center"});  // a picture far from the screen is not fetched
  const pictures = root.querySelectorAll('.explorer-stage img'), captions = root.querySelectorAll('figcaption');
  const picture = pictures[0];
  if (picture) await picture.decode().catch(() => {});
  return {
    sliders: ['.explorer-eta', '.explorer-batch-size'].map(name => root.querySelector(name)).map(box => ({
      readout: box.querySelector('.widget-readout').textContent,
      index: Math.round(box.querySelector('.noUi-handle').getAttribute('aria-valuenow')),
      spoken: box.querySelector('.noUi-handle').getAttribute('aria-valuetext'),
    })),
    pictures: pictures.length, captions: captions.length,
    caption: captions[0]?.textContent, alt: picture?.alt, source: picture?.src, width: picture?.naturalWidth,
  };
}"""


def picture(address: str) -> Image.Image:
    """The picture of a widget, from the file to which an address on a page leads."""
    return Image.open(HTML / "_images" / "w" / address.rpartition("/_images/w/")[2])


class Slider:
    def __init__(self, box: Locator) -> None:
        self.box, self.handle, self.track = box, box.locator(".noUi-handle"), box.locator(".noUi-target")
        self.last = round(float(self.handle.get_attribute("aria-valuemax")))  # while no ratio is held, which lowers it

    @property
    def index(self) -> int:
        return round(float(self.handle.get_attribute("aria-valuenow")))

    def point(self, index: int) -> tuple[float, float]:
        """Where on the screen the handle stands for an index."""
        box = self.track.bounding_box()
        return box["x"] + box["width"] * index / self.last, box["y"] + box["height"] / 2

    def drag(self, page: Page, index: int) -> None:
        self.track.scroll_into_view_if_needed()
        page.mouse.move(*self.point(self.index))
        page.mouse.down()
        page.mouse.move(*self.point(index), steps=6)
        page.mouse.up()

    def swipe(self, page: Page, index: int) -> None:
        """Drag the handle with a finger."""
        self.handle.tap(trial=True)  # waits until the handle has come to rest
        (here, y), (there, _) = self.point(self.index), self.point(index)
        fingers = page.context.new_cdp_session(page)  # Playwright itself has only the tap
        fingers.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": here, "y": y}]})
        for part in (0.25, 0.5, 0.75, 1.0):
            point = {"x": here + part * (there - here), "y": y}
            fingers.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
        fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


class ExplorerOnPage:
    def __init__(self, page: Page, root: Locator) -> None:
        self.page, self.root = page, root
        self.eta, self.size = Slider(root.locator(".explorer-eta")), Slider(root.locator(".explorer-batch-size"))
        self.play = root.locator(".explorer-play button").first
        self.reset, self.hold = root.locator(".explorer-reset"), root.locator(".explorer-hold input")

    @property
    def place(self) -> tuple[int, int]:
        return self.eta.index, self.size.index

    def check(self, place: tuple[int, int] | None = None) -> str:
        """The sliders stand at `place`, and the picture, its alt text and its caption are those of the sliders' values.

        The picture is known by the setting that was written into it when it was drawn. Returns the caption.
        """
        deadline = time.monotonic() + 15
        while True:
            seen = self.root.evaluate(READ)
            eta, size = (slider["readout"] for slider in seen["sliders"])
            stated = re.search(rf"η = {re.escape(eta)}, B = {size}(?!\d)", seen["caption"] or "")
            stands = tuple(slider["index"] for slider in seen["sliders"])
            if stated and place in (None, stands) or time.monotonic() > deadline:
                break
        assert stated, f"for η = {eta}, B = {size} the caption is {seen['caption']!r}"
        assert place in (None, stands)
        assert seen["pictures"] == seen["captions"] == 1
        assert seen["alt"] == seen["caption"]
        drawn = picture(seen["source"])
        assert drawn.text == {"eta": eta, "batch_size": size}, f"the picture of {drawn.text} is shown for {stated[0]}"
        assert seen["width"] == drawn.width > 0
        assert [slider["spoken"] for slider in seen["sliders"]] == [eta, size]
        return seen["caption"]

    def press(self, slider: Slider, key: str) -> float:
        """Press a key on a slider that then moves; the milliseconds until the new picture was decoded."""
        slider.handle.focus()
        handle = self.root.evaluate_handle(f"root => {{ window.keyToPicture = ({WATCH_KEY})(root); }}")
        handle.dispose()
        self.page.keyboard.press(key)
        return self.page.evaluate("window.keyToPicture")

    def play_until(self, indices: range) -> None:
        """Play until the learning rate's index is one of these, then pause; at the end Play pauses itself."""
        self.play.click()
        deadline = time.monotonic() + 30
        while self.eta.index not in indices:
            assert time.monotonic() < deadline, "Play does not move the learning rate"
            self.page.wait_for_timeout(50)
        self.play.evaluate(
            "button => button.querySelector('.fa-pause') && button.click()"
        )  # in one go: Play may just end


def explorers(page: Page) -> list[ExplorerOnPage]:
    return [ExplorerOnPage(page, root) for root in page.locator(".explorer").all()]
