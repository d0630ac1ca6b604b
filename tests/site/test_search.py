"""The search, as a reader of the site uses it: chapters come first, and what is shown of them are words."""

import re

import pytest

from tests.site.conftest import WIDE

PACKAGE = re.compile(r"\(Python \w+, in ")


@pytest.fixture(scope="module")
def search(browser, base):
    page = browser.new_context(viewport=WIDE).new_page()
    page.set_default_timeout(60_000)

    def results(words: str) -> list[tuple[str, str]]:
        """The title and the excerpt of each result, once the first dozen have their excerpts."""
        page.goto(f"{base}search.html?q={words}")
        page.wait_for_function(
            """() => /found|matched|did not match/i.test(document.querySelector("#search-results .search-summary")?.textContent || "")"""
        )
        found = page.locator("#search-results li")
        page.wait_for_function(
            """() => [...document.querySelectorAll("#search-results li")].slice(0, 8)
                 .every(one => one.querySelector(".context") || one.textContent.includes("(Python "))"""
        )
        lines = [one.inner_text().partition("\n") for one in found.all()]
        return [(title.strip(), excerpt.strip()) for title, _, excerpt in lines]

    yield results
    page.context.close()


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("temperature", "Temperature"),
        ("momentum", "Momentum"),
        ("Gibbs", ""),
        ("langevin dynamics", "Langevin dynamics"),
    ],
)
def test_chapters_come_before_the_package(search, words, first):
    found = search(words)
    titles = [title for title, _ in found]
    of_the_package = [bool(PACKAGE.search(title)) for title in titles]
    assert of_the_package == sorted(of_the_package)
    assert any(of_the_package) or words == "langevin dynamics"
    assert re.match(r"\d+\. ", titles[0])
    assert titles[0].endswith(first)
    assert len(set(titles)) == len(titles)
    assert not [title for title in titles if re.search(r"^[\d.]* ?(.+) > \1$", title)]  # no page twice


@pytest.mark.parametrize("words", ["temperature", "covariance", "stationary law"])
def test_excerpts_are_words(search, words):
    excerpts = [excerpt for title, excerpt in search(words)[:8] if not PACKAGE.search(title)]
    assert len(excerpts) > 4
    for excerpt in excerpts:
        assert len(excerpt) > 60
        assert not re.search(r"[\\$]|\^\{|_\{|Chapter \d+ of", excerpt)
    assert (
        sum(words.split()[-1] in excerpt.lower() for excerpt in excerpts) > len(excerpts) / 2
    )  # some have it in code alone


def test_a_name_of_the_package_is_found_by_itself(search):
    titles = [title for title, _ in search("max_stable_eta")]
    assert any("max_stable_eta" in title and PACKAGE.search(title) for title in titles)
