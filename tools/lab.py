#!/usr/bin/env python3
"""Tell JupyterLab what jupyterlab-myst cannot know of a book: numbers, names and places of what stands in other notebooks.

    tools/lab.py              into this Python's environment, where JupyterLab looks for extensions

jupyterlab-myst sets a notebook by itself. It numbers from 1, and of a reference to another notebook, of a link to a page and
of a citation it shows the label. The extension that is written here, lab.js with a table of all labels, puts in what the site
prints. The table is made from the notebooks' text, since Lab needs no site; tests hold it to the built one.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import nbformat
import yaml
from environment import ROOT
from letters import APPENDIX, LETTERS
from pybtex.database import Entry, parse_file
from pybtex.plugin import find_plugin
from pybtex.richtext import Text

CHAPTERS = ROOT / "chapters"
NAME = "sgdsde-book"
# What carries a label, and a number or none: a formula, a box with a title, a figure, a place in the text.
LABELLED = re.compile(
    r"""\$\$[ ]*\((?P<equation>[^\s()]+)\)[ ]*$
      | ^`{3,}\{(?P<kind>prf:\w+|exercise|figure|table)\}.*\n(?P<options>(?::.*\n)*)
      | ^\((?P<place>\S+)\)=""",
    re.MULTILINE | re.VERBOSE,
)
NAMED = re.compile(r"^:(?:label|name): *(\S+)", re.MULTILINE)
INCLUDE = re.compile(r"^`{3,}\{include\} (\S+)", re.MULTILINE)
SHOWN = {"eq": "({})", "figure": "Fig. {}", "table": "Table {}"}  # else the kind itself: Theorem 2.1
URL = re.compile(r"\\url <span[^>]*>(.*?)</span>")  # pybtex leaves this command
UNNUMBERED = "prf:proof"
MARKDOWN_IS_SHOWN = {"@jupyterlab/docmanager-extension:plugin": {"defaultViewers": {"markdown": "Markdown Preview"}}}


def pages() -> Iterator[tuple[Path, str]]:
    """Every page in the order of the table of contents, and its number or, of an appendix, its letter; "" where it has none."""
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    number, letters = 0, iter(LETTERS)
    yield _file(contents["root"]), ""
    for part in contents["parts"]:
        for chapter in part["chapters"]:
            number += (numbered := part.get("numbered", False))
            place = next(letters) if chapter["file"].startswith(APPENDIX) else str(number)
            yield _file(chapter["file"]), place if numbered else ""


def _file(stem: str) -> Path:
    return next(path for ending in (".ipynb", ".md") if (path := ROOT / f"{stem}{ending}").exists())


def _cells(path: Path) -> Iterator[tuple[str, str]]:
    """A page's text, cell by cell, and the name of the figure that a cell of code draws."""
    if path.suffix == ".md":
        yield path.read_text("utf-8"), ""
        return
    for cell in nbformat.read(path, as_version=4).cells:
        made = {} if cell.cell_type == "markdown" else cell.metadata.get("mystnb", {}).get("figure", {})
        yield (cell.source if cell.cell_type == "markdown" else ""), made.get("name", "")


def _labelled(path: Path) -> Iterator[tuple[str, str]]:
    """What a page numbers or names, in order: kind and label; the label is "" where there is none."""
    for text, drawn in _cells(path):
        for found in LABELLED.finditer(text):
            name = NAMED.search(found["options"] or "")
            if found["equation"]:
                yield "eq", found["equation"]
            elif found["place"]:
                yield "", found["place"]
            elif ":nonumber:" not in found["options"] and found["kind"] != UNNUMBERED:
                yield found["kind"], name[1] if name else ""
        if drawn:
            yield "figure", drawn


def labels() -> dict[str, dict[str, str]]:
    """Of each label the page on which it stands, its number, and the words with which the site refers to it."""
    found, count = {}, Counter()
    for path, chapter in pages():
        for kind, label in _labelled(path):
            count[chapter, kind] += 1
            number = ".".join(filter(None, (chapter, str(count[chapter, kind])))) if kind else ""
            if label:
                words = SHOWN.get(kind, kind.removeprefix("prf:").capitalize() + " {}").format(number) if kind else ""
                found[label] = {"page": path.name, "number": number, "text": words}
    return found


def titles() -> dict[str, dict[str, str]]:
    """Of each page, by its name without ending, the file and the title."""
    found = {}
    for path, _ in pages():
        title = re.search(r"^# (.+)", "\n".join(text for text, _ in _cells(path)), re.MULTILINE)
        found[path.stem] = {"file": path.name, "title": title[1]}
    return found


def citations() -> dict[str, dict[str, str]]:
    """Of each entry of the bibliography the authors and the year, as the site cites them, and the whole entry as HTML."""
    books = parse_file(CHAPTERS / "references.bib", encoding="utf-8")
    backend = find_plugin("pybtex.backends", "html")()
    formatted = find_plugin("pybtex.style.formatting", "plain")().format_entries(books.entries.values(), books)
    return {
        entry.key: {
            "authors": _authors(books.entries[entry.key]),
            "year": books.entries[entry.key].fields["year"],
            "html": URL.sub(r'<a href="\1">\1</a>', entry.text.render(backend)),
        }
        for entry in formatted
    }


def _authors(entry: Entry) -> str:
    names = [
        str(Text(" ").join(person.rich_prelast_names + person.rich_last_names)) for person in entry.persons["author"]
    ]
    return " and ".join(names) if len(names) < 3 else f"{names[0]} et al."


def tables() -> dict[str, list[list[str]]]:
    """Of each file that a notebook includes the rows of its table."""
    found = {}
    for path, _ in pages():
        for name in INCLUDE.findall("\n".join(text for text, _ in _cells(path))) if path.suffix == ".ipynb" else []:
            lines = (CHAPTERS / name).read_text("utf-8").splitlines()
            rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
            found[name] = rows[:1] + rows[2:]
    return found


def install(data: Path) -> None:
    """Write the extension into a folder of Jupyter's data, as share/jupyter is one."""
    folder = data / "labextensions" / NAME
    (folder / "static").mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text(
        json.dumps(
            {
                "name": NAME,
                "version": "1.0.0",
                "jupyterlab": {"extension": True, "_build": {"load": "static/lab.js", "extension": "./extension"}},
            }
        )
    )
    known = {"labels": labels(), "pages": titles(), "citations": citations(), "tables": tables()}
    table = json.dumps(known, ensure_ascii=False)
    script = (ROOT / "tools" / "lab.js").read_text("utf-8")
    (folder / "static" / "lab.js").write_text(f"const BOOK = {table};\n{script}", "utf-8")


def main() -> None:
    data = Path(sys.prefix, "share", "jupyter")
    install(data)
    settings = data / "lab" / "settings" / "overrides.d" / f"{NAME}.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(json.dumps(MARKDOWN_IS_SHOWN))


if __name__ == "__main__":
    main()
