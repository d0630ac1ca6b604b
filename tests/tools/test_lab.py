"""What JupyterLab is told of a book, on a book of four pages. tests/site/test_numbers.py holds the real one to the site."""

import json

import lab
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

FRONT = "# Front\n\n$$\nx\n$$ (eq-front)\n"
FIRST = """# First

(claim-one)=
```{admonition} Claim
```

$$ x $$ (eq-one)

```{prf:theorem} A name
:label: thm-one
```

```{prf:proof}
```

```{prf:definition}
:label: def-one
```
"""
SECOND = """> $$
> y
> $$ (eq-two)

````{exercise}
:nonumber:
:label: ex-none
````

````{exercise} How many?
:label: ex-two
````

$$
z
$$

$$
z
$$ (eq-three)
"""


@pytest.fixture
def book(tmp_path, monkeypatch):
    contents = {"root": "front", "parts": [{"numbered": True, "chapters": [{"file": "one"}]}]}
    contents["parts"].append({"numbered": True, "chapters": [{"file": "chapters/appendix_more"}]})
    contents["parts"].append({"chapters": [{"file": "extra"}]})
    (tmp_path / "_toc.yml").write_text(json.dumps(contents))  # JSON is YAML
    (tmp_path / "front.md").write_text(FRONT)
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "appendix_more.md").write_text(FRONT.replace("front", "more"))
    (tmp_path / "extra.md").write_text(FRONT.replace("front", "extra"))
    drawn = new_code_cell("1", metadata={"mystnb": {"figure": {"name": "fig-one"}}})
    cells = [new_markdown_cell(FIRST), drawn, new_markdown_cell(SECOND)]
    nbformat.write(new_notebook(cells=cells), tmp_path / "one.ipynb")
    monkeypatch.setattr(lab, "ROOT", tmp_path)


def test_each_kind_is_counted_in_its_chapter_and_without_one_through_the_book(book):
    told = {label: (where["page"], where["text"]) for label, where in lab.labels().items()}
    chapter = {
        "claim-one": "",
        "eq-one": "(1.1)",
        "thm-one": "Theorem 1.1",
        "def-one": "Definition 1.1",
        "fig-one": "Fig. 1.1",
        "eq-two": "(1.2)",
        "ex-two": "Exercise 1.1",
        "eq-three": "(1.3)",
    }
    assert told == {
        "eq-front": ("front.md", "(1)"),
        **{label: ("one.ipynb", text) for label, text in chapter.items()},
        "eq-more": ("appendix_more.md", "(A.1)"),
        "eq-extra": ("extra.md", "(2)"),
    }


def test_titles_and_files_of_pages(book):
    assert lab.titles()["one"] == {"file": "one.ipynb", "title": "First"}


def test_an_extension_of_jupyterlab_is_written(tmp_path):
    """Where package.json says, with a table in front of the script."""
    lab.install(tmp_path)
    folder = tmp_path / "labextensions" / lab.NAME
    script = (folder / json.loads((folder / "package.json").read_text())["jupyterlab"]["_build"]["load"]).read_text(
        "utf-8"
    )
    table, rest = script.split("\n", 1)
    known = json.loads(table.removeprefix("const BOOK = ").removesuffix(";"))
    assert known["citations"]["Mandt2017"]["authors"] == "Mandt et al."
    assert known["tables"]["../benchmarks/sweeping.md"][0][0] == "executor"
    assert rest == (lab.ROOT / "tools" / "lab.js").read_text("utf-8")
