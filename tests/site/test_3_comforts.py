"""What a reader finds beyond the text: links that show their target, pictures that grow, addresses that keep a setting."""

import base64
import colorsys
import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from sgdsde_helpers.figures.style import ACCENT, ARMS, FLOW, MUTED, PAPER, PREDICTION, SKY, STYLE, TEXT
from tests.site.conftest import PHONE, VISITED, WIDE, wait_for_formulas
from tests.site.explorer import explorers

# Links of the page to what has a preview, with the text of that.
POINTING = """() => [...document.querySelectorAll('.bd-article a[href^="#"]:not(.headerlink)')].map((link, index) => {
  const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
  const box = target && !target.matches("section, h1, h2, h3") && target.closest("div.math, .admonition, .proof, figure");
  return box && link.checkVisibility() && !box.contains(link) ? {index, says: box.textContent} : null;
}).filter(Boolean)"""

# What one script does on every page alike is tried on a few: the front page, and three chapters of different making.
SOME = ("index", "chapters/front", "chapters/06", "chapters/10", "chapters/22")
on_a_few_pages = pytest.mark.parametrize(
    "opened", [page for page in VISITED if page.startswith(SOME)] or VISITED[:1] or ["index.html"], indirect=True
)


@on_a_few_pages
def test_a_link_shows_what_it_points_to(opened):
    opened.page.set_viewport_size(WIDE)
    opened.formulas_are_set()
    pointing = opened.page.evaluate(POINTING)
    if not pointing:
        pytest.skip("no link of this page points to a formula, a theorem or a figure of it")
    found = opened.page.locator('.bd-article a[href^="#"]:not(.headerlink)')
    for target in (pointing[0], pointing[-1]):
        link = found.nth(target["index"])
        link.hover()
        shown = opened.page.locator(".preview")
        expect(shown).to_be_visible()
        assert shown.evaluate("box => box.textContent") == target["says"]
        box, at = shown.bounding_box(), link.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= WIDE["width"]
        assert box["y"] >= at["y"] + at["height"] or box["y"] + box["height"] <= at["y"]  # the link stays to be seen
        opened.page.keyboard.press("Escape")
        expect(shown).to_have_count(0)
    opened.page.mouse.move(0, 0)


@pytest.fixture
def phone(opened, browser):
    """The same page, opened anew on a phone."""
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=2)
    page = context.new_page()
    page.goto(opened.base + opened.path)
    wait_for_formulas(page)
    yield page
    context.close()


# Of each picture that a figure function of the package has drawn: its width on the page and in the file.
DRAWN = """() => [...document.querySelectorAll(".bd-article .cell_output img")].filter(picture => picture.checkVisibility())
  .map(picture => [picture.getBoundingClientRect().width, Number(picture.getAttribute("width"))])"""


def test_the_words_of_a_figure_can_be_read_on_a_phone(phone):
    """Text of a figure is 11 px high as shown at 390 px. Its file has so many pixels for an inch of the figure."""
    for width, pixels in phone.evaluate(DRAWN):
        an_inch = STYLE["figure.dpi"] if pixels > 1000 else 100  # a figure, or the picture of a widget
        assert TEXT / 72 * an_inch * width / pixels >= 11


@on_a_few_pages
def test_a_finger_enlarges_a_picture(phone):
    pictures = phone.locator(".bd-article :is(figure, .cell_output) img:visible")
    if not pictures.count():
        pytest.skip("no picture on this page")
    picture = pictures.first
    picture.scroll_into_view_if_needed()
    before = picture.bounding_box()["width"]
    picture.tap()
    enlarged = phone.locator("dialog.enlarged img")
    expect(enlarged).to_be_visible()
    assert enlarged.evaluate("img => img.decode().then(() => img.src)") == picture.evaluate("img => img.src")
    assert enlarged.get_attribute("alt") == picture.get_attribute("alt")
    assert enlarged.bounding_box()["width"] > 2 * before
    enlarged.tap()
    expect(phone.locator("dialog.enlarged")).to_have_count(0)


@on_a_few_pages
def test_the_address_keeps_a_setting(opened, browser):
    """A link leads to a setting of a widget; moving it writes the address, and reset takes it away."""
    if not opened.views:
        pytest.skip("no widget on this page")
    context = browser.new_context(viewport=WIDE, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{opened.base}{opened.path}?widget-{opened.views}=1.0")
    wait_for_formulas(page)
    page.locator(".explorer-still").last.scroll_into_view_if_needed()
    page.locator(".explorer[role=group]").nth(opened.views - 1).wait_for()
    widget = explorers(page)[-1]
    widget.check((1, 0))
    widget.press(widget.size, "End")
    widget.check((1, widget.size.last))
    expect(page).to_have_url(re.compile(rf"\?widget-{opened.views}=1\.{widget.size.last}$"))
    widget.reset.click()
    expect(page).to_have_url(re.compile(r"\.html$"))
    page.goto(f"{opened.base}{opened.path}?widget-{opened.views}=1.99")  # there is no such place
    wait_for_formulas(page)
    page.locator(".explorer-still").last.scroll_into_view_if_needed()
    page.locator(".explorer[role=group]").nth(opened.views - 1).wait_for()
    assert explorers(page)[-1].check() == widget.check()
    context.close()


# What stands inside the parts that are laid out only when the reader comes near.
PARTS = ".bd-article section > :not(section) > *"
SKIPPED = "{contentVisibilityAuto: true}"


@on_a_few_pages
def test_what_is_printed_early_has_its_formulas(opened, browser):
    """Printing begins before the page has set what is far from the screen."""
    if not opened.page.locator(".math").count():
        pytest.skip("no formula on this page")
    context = browser.new_context(viewport=WIDE)
    page = context.new_page()
    page.add_init_script("window.requestIdleCallback = () => {};")  # nothing is set beyond the screen
    page.goto(opened.base + opened.path)
    page.wait_for_function("!document.documentElement.matches('.unset, .setting')")
    far = f"[...document.querySelectorAll({PARTS!r})].filter(part => !part.checkVisibility({SKIPPED})).length"
    left = "[...document.querySelectorAll('.math')].filter(formula => !formula.querySelector('mjx-container')).length"
    if opened.page.locator(".math").count() > 60:
        assert page.evaluate(left) > 0
        assert page.evaluate(far) > 0
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(left) == 0
    assert page.evaluate(far) == 0
    assert page.locator(".math.waiting").count() == 0
    context.close()


@pytest.fixture
def long(browser, base):
    """A chapter that is many screens long, on a phone; `long(script)` opens it, and the script runs before all others."""
    context = browser.new_context(viewport=PHONE, is_mobile=True)
    context.set_default_timeout(60_000)  # a hang ends

    def opened(script="", place=""):
        page = context.new_page()
        page.add_init_script(script)
        page.goto(f"{base}chapters/10_two_temperatures.html{place}")
        return page

    yield opened
    context.close()


def test_a_formula_that_fails_stops_no_other(long):
    """MathJax cannot read two of them, one on the first screen; they stay as they were written, and can be seen."""
    spoilt = """addEventListener("DOMContentLoaded", () => [0, 90].forEach(i => {
      const formula = document.querySelectorAll(".math")[i];
      formula.classList.add("spoilt");
      for (const name of ["firstChild", "childNodes"])
        Object.defineProperty(formula, name, {get() { throw new Error("planted"); }});
    }))"""
    page = long(spoilt)
    wait_for_formulas(page)
    assert page.locator(".math.spoilt:not(.waiting)").count() == 2
    assert (
        page.locator(".math:not(.spoilt):not(:has(mjx-container))").evaluate_all(
            "found => found.filter(formula => formula.checkVisibility()).length"
        )
        == 0
    )


def test_a_link_into_the_page_leads_there(long):
    """Also when all that stands above was not laid out when the page was opened."""
    page = long(place="#exercises")
    top = "document.getElementById('exercises').getBoundingClientRect().top"
    page.wait_for_function("!document.documentElement.matches('.unset')")
    assert abs(page.evaluate(top)) < PHONE["height"] / 2
    wait_for_formulas(page)
    assert abs(page.evaluate(top)) < PHONE["height"] / 2
    place = page.evaluate("scrollY")
    assert place > 10 * PHONE["height"]


def test_nothing_that_is_read_moves_while_the_rest_is_set(long):
    """The reader is in the middle of the page; what stands above becomes longer and shorter."""
    page = long("window.requestIdleCallback = act => { (window.held ??= []).push(act); };")  # until we say so
    page.wait_for_function("window.held && !document.documentElement.matches('.unset')")
    section = page.locator(".bd-article section section").nth(4).element_handle()
    section.evaluate("section => section.scrollIntoView()")
    page.evaluate("new Promise(next => requestAnimationFrame(() => requestAnimationFrame(next)))")
    before = section.bounding_box()["y"]
    page.evaluate("""window.requestIdleCallback = act => setTimeout(act, 0, {timeRemaining: () => 9});
                     held.splice(0).forEach(act => act())""")
    wait_for_formulas(page)
    assert abs(section.bounding_box()["y"] - before) < 2


def test_the_front_page_begins_on_the_first_screen(browser, base):
    """Title, subtitle, authors, a way to begin and the whole picture, on a laptop of 1280 x 800."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(base + "chapters/front.html")
    parts = [
        "article h1",
        ".front-lead p:nth-child(1)",
        ".front-lead p:nth-child(2)",
        ".front-lead a",
        "#fig-two-points img",
    ]
    for part in parts:
        box = page.locator(part).first.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= 800, part
    assert "David McAllester" in page.locator(".front-lead p:nth-child(2)").inner_text()
    page.locator(".front-lead a").first.click()
    expect(page.locator(".chapter-of")).to_have_text(re.compile("^Chapter 1 of"))
    expect(page.locator(".chapter-of")).to_be_visible()
    page.close()


def _hue(colour: np.ndarray) -> float:
    return 360 * colorsys.rgb_to_hls(*colour / 255)[0]


def _light(colour: np.ndarray) -> float:
    """The relative luminance of WCAG."""
    share = colour / 255
    return np.where(share <= 0.03928, share / 12.92, ((share + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


def test_figures_on_the_dark_page_keep_their_colours(browser, base):
    """As the screen shows them: each colour of the house keeps its hue and stands out from the page, and paper is page."""
    page = browser.new_page(viewport=WIDE)
    page.goto(base + "chapters/front.html")
    page.evaluate("Object.assign(document.documentElement.dataset, {theme: 'dark', mode: 'dark'})")
    colours = [*ARMS.values(), FLOW, ACCENT, SKY, MUTED, PREDICTION, PAPER]
    boxes = "".join(f'<rect x="{20 * i}" width="20" height="20" fill="{colour}"/>' for i, colour in enumerate(colours))
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{20 * len(colours)}" height="20">{boxes}</svg>'
    source = "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
    page.evaluate(
        """async source => {
             document.querySelector(".bd-article").innerHTML = `<div class="cell_output"><img class="probe" alt="" src="${source}"></div>`;
             await document.querySelector(".probe").decode();
           }""",
        source,
    )
    seen = Image.open(io.BytesIO(page.locator(".probe").screenshot())).convert("RGB")
    shown = [np.array(seen.getpixel((20 * i + 10, 10)), float) for i in range(len(colours))]
    ground = np.array(
        [float(part) for part in re.findall(r"\d+", page.evaluate("getComputedStyle(document.body).backgroundColor"))][
            :3
        ]
    )
    assert np.abs(shown[-1] - ground).max() <= 8
    for colour, on_dark in zip(colours[:-1], shown[:-1], strict=True):
        assert (_light(on_dark) + 0.05) / (_light(ground) + 0.05) > 3, colour
        there = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], float)
        if np.ptp(there) > 50:
            assert abs((_hue(on_dark) - _hue(there) + 180) % 360 - 180) < 15, colour
    page.close()
