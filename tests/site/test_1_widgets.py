"""Every widget of every page is moved as a reader moves it, and what it then shows is read."""

import html
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from sgdsde_helpers.figures import setting
from tests.site.conftest import HTML, PHONE, ROOT, WIDE, states, wait_for_formulas
from tests.site.explorer import ExplorerOnPage, explorers, picture
from tests.site.redraw import drawn, explored, grey


@pytest.fixture
def widgets(opened) -> list[ExplorerOnPage]:
    found = explorers(opened.page)
    if not found:
        pytest.skip("no widget on this page")
    return found


def _grids(path: str) -> dict[str, list[tuple[str, str, str]]]:
    """By the name of each widget of a page's file: the two values and the HTML figure of every place of its grid."""
    grids = {}
    for state in states(path):

        def children(box: dict, state=state) -> list[dict]:
            return [state[ref.removeprefix("IPY_MODEL_")]["state"] for ref in box.get("children", [])]

        for root in (
            model["state"] for model in state.values() if "explorer" in model["state"].get("_dom_classes", ())
        ):
            eta, size, _, stage, _ = children(root)
            rows = [[leaf["value"] for leaf in children(row)] for row in children(children(stage)[0])]
            grids[html.unescape(re.search('aria-label="([^"]*)"', rows[0][0])[1])] = [
                (eta_label, size_label, value)
                for eta_label, row in zip(eta["_options_labels"], rows, strict=True)
                for size_label, value in zip(size["_options_labels"], row, strict=True)
            ]
    return grids


def _picture(figure: str) -> Image.Image:
    return picture(re.search('src="([^"]+)"', figure)[1])


def test_the_whole_grid_is_in_place(opened):
    """Read from the page's file: all pictures, also those that the tests below do not visit."""
    grids = _grids(opened.path)
    assert len(grids) == opened.views
    for grid in grids.values():
        for eta, size, figure in grid:
            assert _picture(figure).text == {"eta": eta, "batch_size": size}
            assert figure.count(setting(float(eta), int(size))) == 2  # alt text and caption


def test_every_picture_shows_its_own_setting(opened, monkeypatch):
    """Of all that the chapter draws for the grid, each picture is most like what its own setting draws."""
    grids = _grids(opened.path)
    if not grids:
        pytest.skip("no widget on this page")
    calls = explored((ROOT / opened.path).with_suffix(".ipynb"), monkeypatch)
    assert {options["label"] for _, options in calls} == set(grids)
    for values, options in calls:
        settings = drawn(*values, **options)
        for place, (eta, size, figure) in enumerate(grids[options["label"]]):
            assert html.escape(settings[place][0]) in figure
            shown = grey(_picture(figure))
            unlike = [np.abs(shown - picture).mean() for _, picture in settings]
            assert unlike[place] == min(unlike), f"η = {eta}, B = {size}: another setting's picture"


def test_keys_move_the_picture(widgets, record_property):
    for widget in widgets:
        widget.check()
        for slider in (widget.eta, widget.size):
            slider.handle.focus()
            widget.page.keyboard.press("Home")
        widget.check((0, 0))
        times = []
        for j in range(1, widget.size.last + 1):
            times.append(widget.press(widget.size, "ArrowUp"))
            widget.check((0, j))
        for i in range(1, widget.eta.last + 1):  # each row of pictures has a link of its own
            times.append(widget.press(widget.eta, "ArrowRight"))
            widget.check((i, 0 if i % 2 == 0 else widget.size.last))
            times.append(widget.press(widget.size, "Home" if i % 2 else "End"))
            widget.check((i, 0 if i % 2 else widget.size.last))
        times.append(widget.press(widget.eta, "ArrowLeft"))
        widget.check()
        record_property("key to decoded picture, ms", times)


def test_mouse_moves_the_picture(widgets):
    for widget in widgets:
        widget.eta.drag(widget.page, widget.eta.last)
        widget.check((widget.eta.last, widget.size.index))
        widget.size.drag(widget.page, widget.size.last)
        widget.check((widget.eta.last, widget.size.last))
        widget.page.mouse.click(*widget.eta.point(1))
        widget.check((1, widget.size.last))


def test_reset_and_play(widgets):
    for widget in widgets:
        widget.reset.click()
        start = widget.place
        widget.check(start)
        widget.eta.drag(widget.page, 0)
        widget.play_until(range(min(2, widget.eta.last), widget.eta.last + 1))
        stopped = widget.place
        assert stopped[1] == start[1]
        widget.check(stopped)
        widget.page.wait_for_timeout(1100)  # longer than a step of Play
        widget.check(stopped)
        widget.size.drag(widget.page, widget.size.last)
        widget.reset.click()
        widget.check(start)


def test_held_ratio_moves_both_sliders(widgets):
    for widget in widgets:
        if not widget.hold.count():
            continue
        widget.reset.click()
        for slider in (widget.eta, widget.size):
            slider.drag(widget.page, 0)
        widget.hold.check()
        ratio = _ratio(widget.check((0, 0)))
        reach = min(widget.eta.last, widget.size.last)
        for step in range(1, reach + 1):
            widget.press(widget.eta if step % 2 else widget.size, "ArrowRight")
            assert _ratio(widget.check((step, step))) == pytest.approx(ratio, rel=0.01)
        widget.page.keyboard.press("ArrowRight")  # past the edge of the grid neither moves
        widget.check((reach, reach))
        widget.play_until(range(reach))  # a sweep from the edge starts anew
        assert widget.place[0] == widget.place[1] < reach
        widget.check()
        widget.eta.drag(widget.page, 0)
        widget.check((0, 0))
        widget.hold.uncheck()
        widget.eta.drag(widget.page, reach)
        widget.check((reach, 0))
        widget.reset.click()


def _ratio(caption: str) -> float:
    eta, size = re.search(r"η = ([^,]+), B = (\d+)", caption).groups()
    return float(eta) / int(size)


def test_sliders_have_names_and_focus_is_seen(widgets):
    for widget in widgets:
        assert widget.root.get_attribute("aria-label")
        assert widget.eta.handle.get_attribute("aria-label") == "learning rate η"
        assert widget.size.handle.get_attribute("aria-label") == "batch size B"
        widget.press(widget.size, "ArrowRight" if widget.size.index == 0 else "ArrowLeft")
        widget.eta.handle.focus()
        for control in (widget.eta.handle, widget.size.handle, widget.play, widget.reset, *widget.hold.all()):
            expect(control).to_be_focused()
            expect(control).to_have_css("outline", re.compile("rgb.* solid 3px"))
            widget.page.keyboard.press("Tab")
        expect(widget.root.locator(".explorer-voice")).to_have_text(widget.check())
        widget.reset.click()


CENTRES = """target => {
  const centre = part => { const {left, right} = part.getBoundingClientRect(); return (left + right) / 2; };
  return [centre(target.querySelector(".noUi-handle")), [...target.querySelectorAll(".explorer-ticks i")].map(centre)];
}"""


def test_each_value_of_a_slider_has_a_tick_where_the_handle_stands(widgets):
    for widget in widgets:
        widget.reset.click()
        for slider in (widget.eta, widget.size):
            for index in (0, slider.last, 1):
                slider.drag(widget.page, index)
                widget.check()
                widget.page.wait_for_timeout(350)  # the handle glides
                handle, ticks = slider.track.evaluate(CENTRES)
                assert len(ticks) == slider.last + 1
                assert abs(ticks[index] - handle) < 1.5
        widget.reset.click()


def test_a_widget_is_as_wide_as_a_figure(opened, widgets):
    opened.page.set_viewport_size(WIDE)
    pictures = opened.page.locator(".cell_output > img, .cell_output figure:not(.explorer-figure) img").all()
    figures = {round(picture.bounding_box()["width"]) for picture in pictures if picture.is_visible()}
    for widget in widgets:
        width = widget.root.locator(".explorer-stage img").bounding_box()["width"]
        assert abs(width - max(figures)) < 5


def test_what_needs_a_kernel_is_hidden(widgets):
    for widget in widgets:
        assert widget.root.locator(".explorer-live").count() == 1
        assert not widget.root.locator(".explorer-live").is_visible()


def test_a_finger_on_a_phone_moves_the_picture_of_a_file(browser, opened, widgets):
    """Without a server: the page is opened from the disk, as from a USB stick."""
    # A live scene beside the widget stands still, so that the finger's events are not late.
    options = {"viewport": PHONE, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
    phone = browser.new_context(reduced_motion="reduce", **options)
    page, errors = phone.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: errors.append(request.url) if request.url.startswith("http") else None)
    page.goto((HTML / opened.path).as_uri())
    wait_for_formulas(page)
    page.locator(".explorer-still").first.scroll_into_view_if_needed()
    page.locator(".explorer[role=group]").nth(len(widgets) - 1).wait_for()
    if page.locator(".math").count():  # a formula that is set above moves what the finger aims at
        page.wait_for_function('document.documentElement.dataset.formulas === "set"')
    for widget in explorers(page):
        widget.eta.track.scroll_into_view_if_needed()
        assert widget.eta.track.bounding_box()["width"] > 250
        page.touchscreen.tap(*widget.eta.point(widget.eta.last))
        page.touchscreen.tap(*widget.size.point(1))
        widget.check((widget.eta.last, 1))
        widget.eta.swipe(page, 1)
        widget.check((1, 1))
    assert not errors
    phone.close()
