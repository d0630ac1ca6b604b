"""What JupyterLab is told of the book is what the built site prints."""

import html
import re

import lab
import pytest

from tests.site.conftest import HTML

ANCHOR = r'id="(?:equation-)?{}"'
NUMBER = re.compile(r'class="(?:eqno|caption-number)">([^<]+?) *<')
CITED = re.compile(r'<span class="bibtex-citation" id="[^"]*">(.*?)</span>', re.DOTALL)


def page(name: str) -> str:
    file = HTML / "chapters" / name
    return html.unescape(file.with_suffix(".html").read_text("utf-8"))


@pytest.fixture(scope="module")
def labels():
    return lab.labels()


def test_every_label_has_the_sites_number(labels):
    read = {name: page(name) for name in {where["page"] for where in labels.values()}}
    wrong = {}
    for label, told in labels.items():
        text = read[told["page"]]
        at = re.search(ANCHOR.format(re.escape(label)), text)
        printed = at and (NUMBER.search(text, at.end())[1] if told["number"] else "")
        if printed != told["text"]:
            wrong[label] = (told["text"], printed)
    assert wrong == {}
    assert sum(told["number"] != "" for told in labels.values()) > 400


def plain(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", text)).split())


def test_every_entry_of_the_bibliography_reads_as_on_the_site():
    printed = re.findall(r'role="doc-biblioentry">.*?<p>(.*?)</p>', page("bibliography.md"), re.DOTALL)
    assert {plain(entry) for entry in printed} == {
        plain(told["html"]).replace("https://github.com/", "") for told in lab.citations().values()
    }


def test_every_citation_reads_as_on_the_site():
    """The site has brackets where Lab has parentheses."""
    told = lab.citations().values()
    known = {f"[{one['authors']}, {one['year']}]" for one in told} | {
        f"{one['authors']} [{one['year']}]" for one in told
    }
    cited = [
        plain(one) for file in sorted(HTML.glob("chapters/*.html")) for one in CITED.findall(file.read_text("utf-8"))
    ]
    assert len(cited) > 60
    one_each = [re.sub(r"(\d{4}), ", r"\1]; [", text).split("; ") for text in cited]
    assert {text for texts in one_each for text in texts} <= known
