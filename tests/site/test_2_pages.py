"""Every page, wide and narrow, light and dark: readable, complete, and sufficient to itself."""

import gzip
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.site.conftest import AXE, HTML, PAGES, PHONE, SCREENSHOTS, VISITED, WIDE

# Violations that the theme causes and neither a template nor a script of ours can mend: (rule, selector, reason).
THEME_VIOLATIONS: list[tuple[str, str, str]] = []


# Formulas are drawn with an element for each letter, hidden from screen readers; without them axe needs half the time.
RUN_AXE = """async options => {
  const maths = [...document.querySelectorAll('mjx-math')].map(math => {
    const {width, height} = math.getBoundingClientRect();
    return {math, style: math.style.cssText, inner: [...math.childNodes], width, height};
  });
  for (const {math, width, height} of maths) {
    math.replaceChildren();
    math.style.cssText = `display: inline-block; width: ${width}px; height: ${height}px`;
  }
  const {violations} = await axe.run(document, {resultTypes: ['violations'], ...options});
  for (const {math, style, inner} of maths) {
    math.replaceChildren(...inner);
    math.style.cssText = style;
  }
  return violations;
}"""


ALL, COLOURS = {}, {"runOnly": ["color-contrast"]}
NARROW = {"runOnly": ["scrollable-region-focusable", "target-size", "region", "button-name", "link-name"]}


@pytest.mark.parametrize(
    ("size", "theme", "options"),
    [
        pytest.param(WIDE, "light", ALL, id="wide-light"),
        pytest.param(WIDE, "dark", COLOURS, id="wide-dark"),  # the dark page differs by its colours,
        pytest.param(PHONE, "light", NARROW, id="phone-light"),  # the narrow one by its buttons and by what scrolls
        pytest.param(PHONE, "dark", None, id="phone-dark"),
    ],
)
def test_axe_finds_nothing_and_nothing_overflows(opened, size, theme, options):
    page = opened.page
    opened.theme(theme)
    page.set_viewport_size(size)
    opened.formulas_are_set()
    page.evaluate("window.scrollTo(0, 0)")
    shot = SCREENSHOTS / f"{opened.path.removesuffix('.html').replace('/', '-')}-{size['width']}-{theme}.jpg"
    page.screenshot(path=shot, full_page=True, quality=60)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    if options is None:
        return
    page.evaluate("window.dispatchEvent(new Event('resize'))")
    page.wait_for_timeout(500)  # a while after that the theme looks again at what scrolls and can be focused
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    known = {(rule, selector) for rule, selector, _ in THEME_VIOLATIONS}
    found = [
        (violation["id"], str(node["target"][-1]), violation["help"])  # inside a scene the target is a list of two
        for violation in page.evaluate(RUN_AXE, options)
        for node in violation["nodes"]
    ]
    lines = [f"{rule}: {target} ({text})" for rule, target, text in found if (rule, target) not in known]
    assert not lines, "\n".join(lines)


def test_pictures_are_there_and_say_what_they_show(opened):
    for picture in opened.page.locator(".bd-content img").all():  # each is fetched when it comes near the screen
        if picture.is_visible():
            picture.scroll_into_view_if_needed()
            picture.evaluate("img => img.decode().catch(() => {})")
    faults = opened.page.evaluate(
        """() => [...document.querySelectorAll('.bd-content img')]
             .filter(img => img.checkVisibility())
             .filter(img => !img.complete || !img.naturalWidth || !img.alt || /\\.(png|svg|jpg)$/.test(img.alt))
             .map(img => img.outerHTML.slice(0, 200))"""
    )
    assert not faults


def test_mathematics_is_set(opened):
    opened.formulas_are_set()
    assert opened.page.locator(".bd-content mjx-merror").count() == 0
    unset = """() => [...document.querySelectorAll(".math")].filter(formula => formula.checkVisibility({contentVisibilityAuto: true}))
      .filter(formula => formula.matches(".waiting") || !formula.querySelector("mjx-container")).map(formula => formula.textContent)"""
    assert opened.page.evaluate(unset) == []
    far = opened.page.locator("dl.py .math.waiting")  # the reference is laid out where the reader is
    if far.count():
        last = far.last.element_handle()
        last.scroll_into_view_if_needed()
        opened.page.wait_for_function("formula => formula.querySelector('mjx-container')", arg=last)


def test_mathematics_is_fetched_once_the_first_words_are_painted_and_before_the_rest(opened):
    """On a slow line the text would wait for it, or it for a menu's script."""
    painted = opened.page.evaluate("performance.getEntriesByType('paint')[0].startTime")
    asked = opened.page.evaluate(
        "performance.getEntriesByType('resource').filter(e => e.name.includes('/mathjax')).map(e => [e.name, e.startTime])"
    )
    soon = opened.page.locator("head > link[rel=preload][fetchpriority=high]").evaluate_all(
        "all => all.map(e => e.href)"
    )
    assert bool(asked) == bool(opened.page.locator(".math").count())
    assert [name for name, start in asked if start < painted] == []
    scripts = {name for name, _ in asked if name.endswith(".js")}
    assert scripts == {name for name in soon if name.endswith(".js")}


def test_a_formula_in_the_text_is_not_broken_within_its_brackets(opened):
    if not opened.page.locator(".math").count():
        pytest.skip("no formula on this page")
    written = opened.page.evaluate(r"MathJax.tex2mmlPromise('a = (b + \\{c - d\\})^2 < e', {display: false})")
    signs = {sign: "nobreak" in given for given, sign in re.findall(r"<mo([^>]*)>([^<]*)</mo>", written)}
    assert [sign for sign in ("=", "+", "&#x2212;", "&lt;") if signs[sign]] == ["+", "&#x2212;"]


RAW = """() => {
  const text = document.createTreeWalker(document.querySelector(".bd-article") || document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (text.nextNode()) {
    const { data, parentElement } = text.currentNode;
    if (/\\\\[a-zA-Z]+|\\{[a-z]+\\}`/.test(data) && !parentElement.closest(".math, pre, code, script, style")) found.push(data);
  }
  return found;
}"""


def test_no_tex_and_no_myst_is_left_in_the_text(opened):
    """A bar inside a table's formula, say, ends the cell, and the formula is then read as text."""
    assert opened.page.evaluate(RAW) == []


CUT = """() => [...document.querySelectorAll(".bd-article div.math")].filter(box => {
  const edge = box.getBoundingClientRect().right + 1.5;
  const outside = [...box.querySelectorAll("mjx-math, .eqno")].some(part => part.getBoundingClientRect().right > edge);
  return box.checkVisibility() && (outside || box.scrollWidth > box.clientWidth + 1);
}).map(box => {
  const style = getComputedStyle(box);
  return {
    name: (box.id || box.closest("[id]").id) + ": " + box.querySelector("mjx-assistive-mml").textContent.slice(0, 40),
    cue: style.maskImage.includes("gradient") && style.getPropertyValue("--r") === "40px" && style.overflowX === "auto",
    breaks: !box.querySelector("mjx-assistive-mml mtable"),
    share: box.clientWidth / box.scrollWidth,
  };
})"""

ALONE = """() => [...document.querySelectorAll("p span.math:has([breakable])")].filter(formula => formula.checkVisibility())
  .filter(formula => formula.offsetWidth > formula.closest("p").clientWidth - 1 && getComputedStyle(formula).display !== "inline")
  .map(formula => formula.querySelector("mjx-assistive-mml").textContent)"""

UNFOLD = """() => {
  document.querySelectorAll("details").forEach(box => { box.open = true; });
  document.querySelectorAll(".toggle-button[aria-expanded=false], .admonition.toggle-hidden .toggle-button")
    .forEach(button => button.click());
  document.querySelectorAll("dl.py").forEach(entry => { entry.style.contentVisibility = "visible"; });
}"""


@pytest.mark.parametrize("width", [360, 390])
def test_no_formula_is_cut_on_a_phone(opened, width):
    """A formula whose lines can be broken is whole; a table of formulas may be moved, and its edge says so. In the text the
    words go on after the last of its lines."""
    opened.page.set_viewport_size({"width": width, "height": 844})
    opened.page.evaluate(UNFOLD)
    opened.page.wait_for_function("!document.querySelector('.math.waiting')")
    opened.formulas_are_set()
    cut = opened.page.evaluate(CUT)
    assert [formula["name"] for formula in cut if not formula["cue"]] == []
    assert [formula["name"] for formula in cut if formula["breaks"]] == []
    assert opened.page.evaluate(ALONE) == []


MOVED = """() => [...document.querySelectorAll(".bd-article :is(div.highlight > pre, .pst-scrollable-table-container)")]
  .filter(box => box.checkVisibility({contentVisibilityAuto: true}) && box.scrollWidth > box.clientWidth + 1)
  .filter(box => {
    const style = getComputedStyle(box);
    return !(style.maskImage.includes("gradient") && style.getPropertyValue("--r") === "40px" && style.overflowX === "auto");
  }).map(box => box.textContent.trim().slice(0, 60))"""


def test_code_and_tables_that_can_be_moved_say_so(opened):
    """By an edge that fades, on a phone."""
    opened.page.set_viewport_size(PHONE)
    opened.formulas_are_set()
    opened.page.evaluate("window.dispatchEvent(new Event('resize'))")
    opened.page.wait_for_timeout(500)  # a while after that the theme looks again at what scrolls
    assert opened.page.evaluate(MOVED) == []


def test_formulas_fit_the_column_of_a_wide_page(opened):
    opened.page.set_viewport_size(WIDE)
    opened.formulas_are_set()
    assert opened.page.evaluate(CUT) == []
    narrow = """() => [...document.querySelectorAll(".bd-article div.math")].filter(box => box.checkVisibility())
      .filter(box => box.querySelector("mjx-container").clientWidth < 0.75 * box.clientWidth).map(box => box.textContent)"""
    assert opened.page.evaluate(narrow) == []  # the line that was measured is the column, but for a number


def test_the_names_beside_a_wide_page_are_whole(opened):
    opened.page.set_viewport_size(WIDE)
    cut = """() => [...document.querySelectorAll(".bd-sidebar-secondary :is(a, .pre)")].filter(box => box.checkVisibility())
      .filter(box => box.getBoundingClientRect().right > innerWidth).map(box => box.textContent)"""
    assert opened.page.evaluate(cut) == []


TOUCHING = """() => [...document.querySelectorAll(".bd-article mjx-mtable")].filter(table => table.checkVisibility()).filter(table => {
  const rows = [...table.querySelectorAll("mjx-mtr")].filter(row => row.closest("mjx-mtable") === table);
  const ends = (row, side, pick) => pick(...[...row.querySelectorAll("mjx-mfrac")].map(part => part.getBoundingClientRect()[side]));
  const gaps = rows.slice(1).map((row, i) => ends(row, "top", Math.min) - ends(rows[i], "bottom", Math.max));
  return Math.min(...gaps.filter(isFinite)) < 0.45 * parseFloat(getComputedStyle(table).fontSize);
}).map(table => table.closest(".math").querySelector("mjx-assistive-mml").textContent.slice(0, 40))"""


def test_fractions_above_each_other_do_not_touch(opened):
    opened.page.set_viewport_size(WIDE)
    opened.formulas_are_set()
    assert opened.page.evaluate(TOUCHING) == []


def test_paper_has_all_that_is_printed(opened):
    """No line of code or output is cut, no picture is in two, nothing is folded; what only a screen can use is left out."""
    page = opened.page
    page.set_viewport_size({"width": 680, "height": 960})  # A4 within its margins
    page.emulate_media(media="print")
    cut = page.evaluate(
        """() => [...document.querySelectorAll(".bd-article pre")].filter(box => box.checkVisibility())
             .filter(box => box.scrollWidth > box.clientWidth + 1 || getComputedStyle(box).overflowX !== "visible")
             .map(box => box.textContent.slice(0, 60))"""
    )
    seen = page.evaluate(
        """() => [...document.querySelectorAll(".bd-sidebar-primary, .bd-sidebar-secondary, .copybtn, .headerlink, #pst-back-to-top")]
             .filter(box => box.checkVisibility()).length"""
    )
    empty_heads = page.evaluate(
        """() => [...document.querySelectorAll(".bd-article :is(.cell_input, div.highlight)")]
             .filter(box => box.checkVisibility() && getComputedStyle(box).breakInside !== "avoid")
             .map(box => box.textContent.slice(0, 60))"""
    )
    large = page.evaluate(
        """() => [...document.querySelectorAll(".bd-article :is(figure, .cell_output) img")].map(image => image.getBoundingClientRect())
             .filter(box => box.width > 500 || box.height > 820).map(box => [box.width, box.height])"""
    )
    folded = page.evaluate(
        """() => [...document.querySelectorAll(".bd-article details > :not(summary)")].filter(box => !box.checkVisibility())
             .map(box => box.textContent.slice(0, 60))"""
    )
    page.emulate_media(media="screen")
    page.set_viewport_size(WIDE)
    assert cut == []
    assert empty_heads == []
    assert large == []
    assert folded == []
    assert seen == 0


def test_comparisons_are_tables_whose_marks_stand_at_z(opened):
    rows = opened.page.evaluate(
        """() => [...document.querySelectorAll("tr[id^=comparison-]")].map(row => {
             const number = name => Number(row.querySelector(`[data-label="${name}"]`).textContent.replaceAll("\\u2212", "-"));
             const scale = row.querySelector(".z-scale");
             return {id: row.id, off: (number("measured") - number("predicted")) / number("s.e."),
                     mark: parseFloat(scale.style.getPropertyValue("--z")),
                     z: Number(row.querySelector(".z-value").textContent.replace("\\u2212", "-"))};
           })"""
    )
    assert [row["id"] for row in rows] == [f"comparison-{i + 1}" for i in range(len(rows))]
    for row in rows:
        assert row["mark"] == row["z"]
        assert abs(row["off"] - row["z"]) < 0.2 + 0.06 * abs(row["z"])  # the numbers are rounded to two digits of s.e.
    printed = " ".join(opened.page.locator(".bd-article .cell_output pre").all_text_contents())
    assert not re.search(r"predicted \S+ +measured \S+ +s\.e\.|rival: .* predicted \S+ +z = ", printed)


def test_code_can_be_hidden_and_the_choice_is_kept(opened):
    if not opened.page.locator(".cell_input").count():
        pytest.skip("no code on this page")
    opened.page.set_viewport_size(WIDE)
    first = opened.page.locator(".cell_input").first
    opened.page.locator(".hide-code-button").click()
    assert not first.is_visible()
    assert opened.page.evaluate("localStorage.getItem('hide-code')") == "yes"
    opened.page.locator(".hide-code-button").click()
    assert first.is_visible()


def test_nothing_comes_from_elsewhere_and_nothing_fails(opened):
    """After all that was done on this page."""
    assert opened.foreign == []
    assert opened.missing == []
    assert opened.errors == []


@pytest.mark.parametrize("path", PAGES)
def test_a_page_weighs_little_and_its_text_comes_first(path, record_property):
    text = (HTML / path).read_text("utf-8")
    weight = len(gzip.compress(text.encode(), 6)) / 1e6
    if "widget-state+json" in text:
        record_property("page with widgets, MB gzipped", [weight])
        assert text.index("widget-state+json") > text.rindex("widget-view+json")  # no picture stands before the text
    assert weight < 0.1


def _scripts(text: str) -> list[tuple[str, str]]:
    """Of each script that a page fetches: the end of its address, and the tag's attributes."""
    tags = re.findall(r'<script\b([^>]*\bsrc="([^"?]*)[^>]*)>', text)
    return [(source.partition("_static/")[2] or source, attributes) for attributes, source in tags]


SEARCH = {"doctools.js", "searchtools.js", "language_data.js", "../searchindex.js", "searchindex.js"}
LATE = {  # all that a page may fetch while it is read; a new one has to be worth its time
    "doctools.js",
    "sphinx_highlight.js",
    "clipboard.min.js",
    "copybutton.js",
    "togglebutton.js",
    "design-tabs.js",
    "scripts/sphinx-book-theme.js",
    "scripts/bootstrap.js",
    "scripts/pydata-sphinx-theme.js",
    "widgets.js",
    "theme.js",
    "comforts.js",
    "scenes.js",
}


@pytest.mark.parametrize("path", VISITED)
def test_the_text_waits_for_no_script(path):
    found = _scripts((HTML / path).read_text("utf-8"))
    at_once = {name for name, attributes in found if not re.search(r"\b(defer|async)\b", attributes)}
    late = [name for name, attributes in found if re.search(r"\b(defer|async)\b", attributes)]
    assert at_once <= (SEARCH if path == "search.html" else set())
    assert len(late) == len(set(late))
    assert set(late) <= LATE


def test_the_ledger_counts_every_comparison():
    rows = sum((HTML / path).read_text("utf-8").count('<tr id="comparison-') for path in PAGES)
    ledger = (HTML / "chapters" / "ledger.html").read_text("utf-8")
    assert ledger.count('<th scope="row"><a href="../chapters/') == rows > 100
    assert f"<strong>{rows} comparisons</strong>" in ledger
    chapters = re.findall(r"<summary>(.*?): \d+, largest", ledger)
    titles = {re.search(r"<title>(.*?)(?: &#8212;|</title>)", (HTML / path).read_text("utf-8"))[1] for path in VISITED}
    assert chapters and set(chapters) <= titles
    assert f"<strong>{rows} comparisons</strong>" in (HTML / "chapters" / "front.html").read_text("utf-8")


@pytest.mark.parametrize("path", PAGES)
def test_every_picture_says_how_large_it_is(path):
    text = (HTML / path).read_text("utf-8").replace('\\"', '"')
    pictures = re.findall(r"<img\b[^>]*>", text)
    assert [
        tag for tag in pictures if not (re.search(r'\bwidth="\d+"', tag) and re.search(r'\bheight="\d+"', tag))
    ] == []
    assert not re.search(r'<img[^>]*src="data:', text)


class _Links(HTMLParser):
    """The ids and the addresses of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids, self.links = set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        if tag == "base" or ("rel", "canonical") in attrs:  # they name the address of the site; nothing is fetched
            return
        for name, value in attrs:
            if name == "id" or (name == "name" and tag == "a"):
                self.ids.add(value)
            elif name in ("href", "src") and value:
                self.links.add((tag, value))


@cache
def _links(path: Path) -> _Links:
    return _Links(re.sub(r"(?s)<script[^>]*\+json\".*?</script>", "", path.read_text("utf-8")))


@pytest.mark.parametrize("path", PAGES)
def test_links_inside_the_site_lead_somewhere(path):
    broken = []
    for tag, link in _links(HTML / path).links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            if tag != "a" and parts.scheme != "data":
                broken.append(f"<{tag}> loads {link}")
            continue
        target = (HTML / path).parent / unquote(parts.path) if parts.path else HTML / path
        if (
            not target.exists()
            or parts.fragment
            and target.suffix == ".html"
            and unquote(parts.fragment) not in _links(target).ids
        ):
            broken.append(link)
    assert not broken
