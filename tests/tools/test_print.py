"""A small book, printed whole: what LaTeX numbers is what the site numbers, and nothing is wrong with it."""

import re
import shutil
import subprocess

import pdf
import pytest

pytestmark = pytest.mark.skipif(not (shutil.which("latexmk") and shutil.which("xelatex")), reason="no LaTeX was found")

CONFIG = """
title: "SGD and SDEs: executable lecture notes"
execute: {execute_notebooks: "off"}
only_build_toc_files: true
latex: {latex_documents: {targetname: sgd-and-sdes.tex, author: the authors}}
sphinx:
  extra_extensions: [sphinx_proof, sphinx_exercise]
  local_extensions: {letters: TOOLS, printed: TOOLS}
  config:
    numfig: true
    math_numfig: true
    math_eqref_format: "({number})"
    latex_additional_files: [tools/latex/bbm.sty, tools/latex/book.sty]
    latex_elements: {extraclassoptions: "openany,oneside", fncychap: "", printindex: "", preamble: '\\usepackage{book}'}
"""
CONTENTS = """
format: jb-book
root: chapters/front
parts:
  - caption: The lecture
    numbered: true
    chapters:
      - file: chapters/01_one
      - file: chapters/02_two
  - caption: Appendices
    numbered: true
    chapters:
      - file: chapters/appendix_a
  - caption: Reference
    chapters:
      - file: chapters/notation
      - file: chapters/bibliography
"""
PAGE = """
# Page NAME

## A section

See {eq}`eq-NAME`, {numref}`tab-NAME`, {numref}`fig-NAME`, {prf:ref}`thm-NAME` and {ref}`ex-NAME`.

```{math}
:label: eq-NAME
x = 1
```

| no caption |
|---|
| 1 |

```{list-table} A caption
:name: tab-NAME

* - 1
```

```{figure} two_points.jpg
:name: fig-NAME
A caption
```

```{prf:theorem} A title
:label: thm-NAME
A claim.
```

```{prf:proof}
By induction.
```

```{exercise} A question
:label: ex-NAME
Why?
```

````{solution} ex-NAME
By {eq}`eq-NAME` and

```{math}
:label: eq-NAME-solution
x + 1 = 2
```
````
"""
LONG = """
# Page notation

```{list-table}
:class: longtable

* - 1
```
"""


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """The words of the book, and what was said of it."""
    root = tmp_path_factory.mktemp("book")
    shutil.copytree(pdf.ROOT / "tools" / "latex", root / "tools" / "latex")
    chapters = root / "chapters"
    chapters.mkdir()
    shutil.copy(pdf.ROOT / "chapters" / "assets" / "two_points.jpg", chapters)
    shutil.copy(pdf.ROOT / "chapters" / "solutions.md", chapters)
    (root / "_config.yml").write_text(CONFIG.replace("TOOLS", str(pdf.ROOT / "tools")), "utf-8")
    (root / "_toc.yml").write_text(CONTENTS, "utf-8")
    (chapters / "bibliography.md").write_text("# References\n", "utf-8")
    (chapters / "front.md").write_text("# Front\n\n```{div} front-lead\nClick here.\n```\n\nWords.\n", "utf-8")
    for name in ("01_one", "02_two", "appendix_a"):
        (chapters / f"{name}.md").write_text(PAGE.replace("NAME", name), "utf-8")
    ending = PAGE.partition("```{exercise}")[0].partition("# Page NAME\n")[2].replace(" and {ref}`ex-NAME`", "")
    (chapters / "notation.md").write_text(LONG + ending.replace("NAME", "notation"), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdf, "ROOT", root)
        patch.setattr(pdf, "OUT", root / "_build" / "pdf")
        patch.setattr(pdf, "LATEX", root / "_build" / "latex")
        patch.setattr(pdf, "fill_cache", lambda: True)
        assert pdf.build()
    file = root / "_build" / "pdf" / "sgd-and-sdes.pdf"
    return root, file


def test_a_small_book_is_printed_without_fault(printed):
    """Its equations, figures and tables have the site's numbers: else pdf.build says no."""
    root, file = printed
    numbers = (root / "_build" / "latex" / "numbers.json").read_text("utf-8")
    for number in ("1.1", "1.2", "2.2", "A.1", "A.2"):
        assert f'"{number}"' in numbers
    assert file.read_bytes().startswith(b"%PDF")


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="no pdftotext was found")
def test_what_stands_on_its_pages(printed):
    text = subprocess.run(
        ["pdftotext", "-layout", printed[1], "-"], capture_output=True, encoding="utf-8", check=True
    ).stdout
    assert "Click here" not in text
    assert "??" not in text
    assert not re.search(r"\{eq\}|\{ref\}|:label:|:name:|eq-0", text)
    for number in ("1.1", "2.1", "A.1"):
        words = f"See ({number}), Table {number}, Fig. {number}, Theorem {number} and Exercise {number}."
        assert words in re.sub(r"\s+", " ", text)
        assert f"Theorem {number} (A title)" in text
        assert text.count(f"Exercise {number} (A question)") == 2  # the question, and its solution at the end
        assert f"({number[0]}.2)" in text.partition("The solutions of the exercises")[2]
    heads = re.findall(r"^[\f ]*(Preface|Chapter \d|Appendix A|Solutions)\s*$", text, re.MULTILINE)
    assert heads.index("Preface") < heads.index("Chapter 1") < heads.index("Appendix A") < heads.index("Solutions")
