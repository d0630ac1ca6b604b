"""Three chapters as a reader of JupyterLab and of Binder has them: set, folded, run, and moved."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.lab.conftest import RAW

# Whether a widget's picture is another than before, and all sliders say what the sentence under it says; then that sentence.
AGREES = """([root, before]) => {
  const says = name => root.querySelector(`.${name} .widget-readout`).textContent;
  const [caption, ...more] = [...root.querySelectorAll("figcaption")].filter(one => one.checkVisibility());
  const stated = caption && !more.length && caption.textContent.match(/^η = ([^,]+), B = (\\d+)/);
  const agrees = stated && stated[1] === says("explorer-eta") && stated[2] === says("explorer-batch-size");
  return agrees && Number(stated[1]) === Number(says("explorer-live")) && stated[0] !== before && stated[0];
}"""


def test_nothing_raw_is_seen(chapter):
    """Every formula is drawn, every reference into the chapter is a link, and no directive is left as it is written."""
    assert chapter.page.locator(".katex-error").count() == 0
    assert RAW.findall(chapter.seen()) == []
    assert chapter.page.locator(".jp-MarkdownCell .katex").count() > 100


@pytest.mark.parametrize("kind", ["theorem", "proof"])
def test_theorems_and_proofs_are_boxes(chapter, kind):
    written = len(re.findall(rf"\{{prf:{kind}\}}", chapter.words("markdown")))
    assert written > 0
    titles = chapter.page.locator(".myst-proof-title").all_text_contents()
    assert sum(title.lower().startswith(kind) for title in titles) == written


def test_solutions_are_folded(chapter):
    """Words are in a box that is shut, code and what it prints are one grey line each; the bar opens the words."""
    solutions = chapter.page.locator("details.myst-exercise", has_text="Solution to Exercise")
    assert solutions.count() == chapter.words("markdown").count("{solution-start}")
    assert [box.get_attribute("open") for box in solutions.all()] == [None] * solutions.count()
    folded, inside = [], False
    for cell in chapter.cells:
        if cell.cell_type == "markdown" and (marks := re.findall(r"\{solution-(start|end)\}", cell.source)):
            inside = marks[-1] == "start"
        folded.append(inside and cell.cell_type == "code")
    assert any(folded)
    shut = chapter.page.evaluate(
        """() => [...document.querySelectorAll(".jp-Notebook .jp-Cell")].map(
             cell => cell.matches(".jp-CodeCell") && !cell.querySelector(".jp-InputArea-editor")?.checkVisibility())"""
    )
    assert shut == folded
    first = solutions.first
    body = first.locator(".myst-exercise-body")
    assert not body.is_visible()
    first.locator("summary").click()
    expect(body).to_be_visible()
    first.locator("summary").click()


def test_run_all_is_green(chapter):
    """Judged by what Lab then saves, since the outputs of a folded cell are not drawn."""
    chapter.run_all()
    code = [cell for cell in chapter.saved() if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    bad = [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]
    assert bad == []
    figures = [output for output in outputs if output.get("data", {}).get("text/plain", "").startswith("<Figure ")]
    assert figures
    assert all("image/png" in output.data for output in figures)
    drawn = chapter.page.locator(".jp-OutputArea-output.jp-RenderedImage img").all()
    assert all(picture.evaluate("img => img.decode().then(() => img.naturalWidth)") > 300 for picture in drawn)


class Widget:
    """The widget of a chapter that was run."""

    def __init__(self, page: Page) -> None:
        self.page, self.root = page, page.locator(".explorer").first
        self.root.scroll_into_view_if_needed()
        self.seen = self.agrees("")

    def agrees(self, before: str) -> str:
        """Wait until there is another picture than before, and all agree on what it is; the setting, in words."""
        return self.page.wait_for_function(AGREES, arg=[self.root.element_handle(), before]).json_value()

    def press(self, slider: str, key: str) -> str:
        self.root.locator(f".{slider} .noUi-handle").focus()
        self.page.keyboard.press(key)
        self.seen = self.agrees(self.seen)
        return self.seen

    def readout(self, slider: str) -> str:
        return self.root.locator(f".{slider} .widget-readout").text_content()


def test_sliders_move_the_picture(chapter):
    """After all cells were run: by key, over the grid of pictures."""
    widget = Widget(chapter.page)
    for slider, key in (("explorer-eta", "End"), ("explorer-batch-size", "End"), ("explorer-eta", "Home")):
        widget.press(slider, key)
    assert widget.press("explorer-batch-size", "Home").endswith("B = 1")
    assert len({widget.press("explorer-eta", "ArrowRight") for _ in range(3)}) == 3


def test_all_sliders_say_what_the_picture_shows(chapter):
    """The slider that simulates anew goes between the settings of the grid; the slider of the grid says where it stands."""
    widget = Widget(chapter.page)
    for slider, key in (("live", "ArrowLeft"), ("live", "ArrowLeft"), ("live", "ArrowRight"), ("eta", "ArrowLeft")):
        setting = widget.press(f"explorer-{slider}", key)
        rate = float(re.search("η = ([^,]+)", setting)[1])
        assert float(widget.readout("explorer-live")) == rate


def test_nothing_comes_from_elsewhere_and_nothing_fails(chapter):
    """After all that was done in this chapter."""
    assert chapter.foreign == []
    assert chapter.errors == []
