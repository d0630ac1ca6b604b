"""All notebooks as JupyterLab shows them before a cell is run: what is seen of the text, and where its links lead."""

import re
from urllib.parse import unquote, urlsplit

import lab as extension
import pytest
from playwright.sync_api import expect

from tests.lab.conftest import RAW, ROOT, Chapter

NOTEBOOKS = [path.name for path in sorted((ROOT / "chapters").glob("*.ipynb"))]
LABELS = extension.labels()
# What no reader should see: a label, the key of a citation, the name of a file.
NAMES = {*LABELS, *extension.citations(), *(stem for stem in extension.titles() if "_" in stem)}

LINKS = """() => [...document.querySelectorAll(".jp-Cell .myst a[href]")].map(
  link => [link.getAttribute("href"), link.closest("details:not([open])") ? "" : link.textContent.trim()])"""
# Of what has a label the words that stand beside it, or at its head: a formula's number, a box's title, a figure's caption.
HEADS = """labels => labels.map(label => {
  const box = document.getElementById(label);
  return box && (box.querySelector(":scope > .select-none, .myst-proof-title, .myst-exercise-title, figcaption") ?? box).textContent;
})"""


@pytest.fixture(scope="module", params=NOTEBOOKS)
def notebook(request, lab, browser):
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(60_000)
    yield Chapter(context.new_page(), lab.address, lab.chapters / request.param)
    context.close()


def test_nothing_raw_is_seen(notebook):
    """Solutions are opened for it."""
    notebook.page.evaluate("document.querySelectorAll('.jp-MarkdownCell details').forEach(box => (box.open = true))")
    seen = notebook.seen()
    assert RAW.findall(seen) == []
    assert {name for name in NAMES if name in seen} == set()
    assert notebook.page.locator(".katex-error, .jp-MarkdownCell [title$='Not Found']").count() == 0
    assert notebook.errors == []


def test_every_number_is_the_books(notebook):
    """Numbers of formulas, theorems, exercises and figures are those of the site, which a test of the site compares."""
    here = {label: told["text"] for label, told in LABELS.items() if told["page"] == notebook.file.name}
    numbered = [label for label, text in here.items() if text]
    heads = dict(zip(numbered, notebook.page.evaluate(HEADS, numbered), strict=True))
    wrong = {
        label: head for label, head in heads.items() if not (head or "").replace("\xa0", " ").startswith(here[label])
    }
    assert wrong == {}
    known = {text for text in here.values() if text}
    assert {f"({n})" for n in re.findall(r"^\((\d+)\)$", notebook.seen(), re.MULTILINE)} <= known


def test_every_link_leads_somewhere(notebook):
    """To a place in this notebook, to a file of the book and what stands in it, or out of the book."""
    dead = []
    for address, words in notebook.page.evaluate(LINKS):
        where = urlsplit(address)
        label = unquote(where.fragment)
        if "/files/" in where.path:
            name = unquote(where.path.split("/files/")[1])
            there = (notebook.file.parent / name).exists() and (not label or LABELS[label]["page"] == name)
        elif where.netloc:
            there = where.scheme == "https"
        else:
            there = label and notebook.page.evaluate("label => document.getElementById(label) !== null", label)
        if not there:
            dead.append((address, words))
    assert dead == []


@pytest.fixture
def visit(lab, browser):
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(60_000)
    yield Chapter(context.new_page(), lab.address, lab.chapters / "07_weak_order.ipynb")
    context.close()


def test_a_reference_opens_the_other_notebook_and_leads_to_the_formula(visit):
    page, label = visit.page, "eq-sde-generator"
    page.get_by_role("link", name=LABELS[label]["text"], exact=True).first.click()
    page.locator(".lm-TabBar-tabLabel", has_text=LABELS[label]["page"]).wait_for()
    expect(page.locator(f"#{label}")).to_be_in_viewport()


def test_a_citation_shows_the_entry_of_the_bibliography(visit):
    visit.page.get_by_text("Li et al. (2017)").first.hover()
    visit.page.get_by_text("Stochastic modified equations and adaptive stochastic gradient algorithms").wait_for()


def test_a_link_to_a_page_shows_it_set_and_with_its_numbers(visit):
    visit.page.get_by_role("link", name="The Stochastic Differential Equation").first.click()
    page = visit.page.locator(".jp-MarkdownViewer")
    page.locator("h1").wait_for()
    shown = page.inner_text()
    assert {name for name in NAMES if name in shown} == set()
