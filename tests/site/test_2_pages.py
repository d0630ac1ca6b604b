"""Every page, wide and narrow, light and dark: readable, complete, and sufficient to itself."""

import gzip
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.site.conftest import AXE, HTML, PAGES, PHONE, SCREENSHOTS, WIDE

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
    lines = [
        f"{violation['id']}: {node['target'][-1]} ({violation['help']})"
        for violation in page.evaluate(RUN_AXE, options)
        for node in violation["nodes"]
        if (violation["id"], node["target"][-1]) not in known
    ]
    assert not lines, "\n".join(lines)


def test_pictures_are_there_and_say_what_they_show(opened):
    faults = opened.page.evaluate(
        """() => [...document.querySelectorAll('.bd-content img')]
             .filter(img => !img.complete || !img.naturalWidth || !img.alt || /\\.(png|svg|jpg)$/.test(img.alt))
             .map(img => img.outerHTML.slice(0, 200))"""
    )
    assert not faults


def test_mathematics_is_set(opened):
    assert opened.page.locator(".bd-content mjx-merror").count() == 0
    if opened.page.locator(".bd-content .math").count():
        opened.page.locator(".bd-content mjx-container").first.wait_for(state="attached")


def test_formulas_fit_the_column_of_a_wide_page(opened):
    opened.page.set_viewport_size(WIDE)
    wide = opened.page.evaluate(
        """() => [...document.querySelectorAll('.bd-content div.math')].filter(formula => {
             const set = formula.querySelector('mjx-container');
             return set && set.scrollWidth > set.clientWidth + 2;
           }).map(formula => formula.closest('[id]').id)"""
    )
    assert not wide


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
    assert weight < 1.5


class _Links(HTMLParser):
    """The ids and the addresses of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids, self.links = set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
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
