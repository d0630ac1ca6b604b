"""What is changed in Sphinx's LaTeX before it is printed, and what of a printed book is called wrong."""

import re
from types import SimpleNamespace

import letters
import pdf
import pytest
import typeset
from docutils import nodes

TEX = r"""
\usepackage[,numfigreset=0,mathnumfig]{sphinx}
\pagestyle{normal}
\phantomsection\label{\detokenize{chapters/front::doc}}
\begin{sphinxuseclass}{front-lead}
Begin with chapter 1
\end{sphinxuseclass}
\begin{DUlineblock}{0em}
\item[] \sphinxstylestrong{\Large Map of the book}
\end{DUlineblock}
\part{Tails and escape}
\chapter{Escape}
\label{\detokenize{chapters/21_escape:escape}}
\label{chapters/21_escape:thm-escape-time}
\begin{equation}\label{equation:chapters/21_escape:eq-escape-rate}
\begin{sphinxadmonition}{note}
\sphinxAtStartPar
Proof. By induction.
\end{sphinxadmonition}
\phantomsection \label{exercise:ex-escape-half}

\begin{sphinxadmonition}{note}{Exercise 21.1 (Half)}
\end{sphinxadmonition}
See \hyperref[\detokenize{chapters/21_escape:ex-escape-half}]{Exercise \ref{\detokenize{chapters/21_escape:ex-escape-half}}}.
\begin{sphinxVerbatimOutput}
\begin{sphinxVerbatim}[commandchars=\\\{\}]
mean        predicted 1.0   measured 1.1   s.e. 0.1   z = +1.0
variance    predicted 1.0   measured 0.8   s.e. 0.1   z = \PYGZhy{}2.0
  rival: the SDE   predicted 2.0   z = \PYGZhy{}9.0
\end{sphinxVerbatim}
\end{sphinxVerbatimOutput}
\part{Appendices}
\chapter{Strong order}
\part{Reference}
\chapter{The ledger}
A line for each chapter.

\sphinxstepscope
\chapter{Notation}
\begin{longtable}
one
\end{longtable}
\begin{longtable}
\caption{Two}
\end{longtable}
\begin{sphinxVerbatim}[commandchars=\\\{\}]
an example   predicted 1.0   measured 1.4   s.e. 0.1   z = +4.0
\end{sphinxVerbatim}
\chapter{Solutions}
\label{\detokenize{chapters/solutions:solutions}}\label{\detokenize{chapters/solutions::doc}}
\begin{sphinxadmonition}{note}{Solution to Exercise 21.1 (Half)}
By \hyperref[\detokenize{chapters/solutions:thm-escape-time}]{Theorem 21.1}.
\begin{equation}\label{equation:chapters/21_escape:eq-escape-half}
\end{sphinxadmonition}
\begin{sphinxadmonition}{note}{Solution to Exercise 21.2 (Twice)}
Twice.
\end{sphinxadmonition}
\begin{sphinxVerbatimOutput}
\begin{sphinxVerbatim}[commandchars=\\\{\}]
half        predicted 1.0   measured 1.0   s.e. 0.1   z = +0.0
\end{sphinxVerbatim}
\end{sphinxVerbatimOutput}
\chapter{References}
\label{\detokenize{chapters/bibliography:references}}\label{\detokenize{chapters/bibliography::doc}}
\begin{sphinxthebibliography}{10}
\sphinxhref{https://arxiv.org/abs/1901.06053}{arXiv:1901.06053}%
\begin{footnote}[9]\sphinxAtStartFootnote
\sphinxnolinkurl{https://arxiv.org/abs/1901.06053}
%
\end{footnote}.
"""


@pytest.fixture(scope="module")
def printed():
    return typeset.for_print(TEX, {"equation:chapters/21_escape:eq-escape-half": "21.7"})


def test_the_front_page_is_a_preface_without_what_the_title_page_says(printed):
    assert "Begin with chapter 1" not in printed
    assert r"\section*{Map of the book}" in printed  # a head that no page ends with
    assert "\\bookpreface{Preface}\n\\phantomsection\\label{\\detokenize{chapters/front::doc}}" in printed


def test_appendices_have_letters_and_the_reference_no_numbers(printed):
    order = [
        r"{prefacefigure}{\value{figure}}",
        r"\part{Tails",
        r"\chapter{Escape}",
        "\\bookappendices\n\\part{Appendices}",
        r"\chapter{Strong",
        "\\bookreference\n\\part{Reference}",
    ]
    places = [printed.index(words) for words in order]
    assert places == sorted(places)
    assert printed.count("{prefacefigure}") == 1
    style = (pdf.ROOT / "tools/latex/book.sty").read_text("utf-8")
    for counter in ("equation", "figure", "table"):
        assert rf"\renewcommand{{\the{counter}}}{{\thechapter.\arabic{{{counter}}}}}" in style
        assert rf"\renewcommand{{\the{counter}}}{{\arabic{{{counter}}}}}" in style


def test_figures_are_counted_in_each_chapter_and_tables_without_a_caption_nowhere(printed):
    assert "[,numfigreset=1,mathnumfig]" in printed
    assert printed.count(r"\addtocounter{table}{-1}") == 1
    assert "one\n\\end{longtable}\\endgroup\\addtocounter" in printed


def test_a_proof_is_no_box_without_a_title(printed):
    assert "\\begin{bookproof}\\emph{Proof.} By induction.\n\\end{bookproof}" in printed
    assert "{note}\n" not in printed


def test_the_list_of_references_is_one_chapter_and_says_no_address_twice(printed):
    assert r"\chapter{References}" not in printed
    assert r"\renewcommand{\bibname}{References}" in printed
    assert r"\label{\detokenize{chapters/bibliography::doc}}" in printed
    assert r"\chapter{Solutions}" in printed
    assert r"{arXiv:1901.06053}." in printed


def test_links_lead_to_what_they_name(printed):
    assert r"See \hyperref[exercise:ex-escape-half]{Exercise 21.1}." in printed
    assert r"By \hyperref[\detokenize{chapters/21_escape:thm-escape-time}]{Theorem 21.1}." in printed
    assert r"\label{\detokenize{chapters/solutions:solutions}}" in printed


def test_a_solution_leads_to_its_exercise_and_its_equation_is_numbered_as_in_its_chapter(printed):
    assert r"\booksolution{\hyperref[exercise:ex-escape-half]{Exercise 21.1} (Half)}" in printed
    assert r"\booksolution{Exercise 21.2 (Twice)}" in printed
    assert printed.count(r"\section{Chapter 21}") == 1
    assert r"{equation:chapters/21_escape:eq-escape-half}\tag{21.7}" in printed
    assert "eq-escape-rate}\\tag" not in printed


def test_the_ledger_counts_the_comparisons_of_chapters_and_solutions(printed):
    ledger = printed.partition(r"\chapter{The ledger}")[2].partition(r"\chapter{Notation}")[0]
    assert r"Escape & 2 & \(-0.50\) & 1.50 & 50\% & 0\% & 2.0 \\" in ledger
    assert r"Solutions & 1 & \(0.00\) & 0.00 & 0\% & 0\% & 0.0 \\" in ledger
    assert r"all & 3 & \(-0.33\) & 1.25 & 33\% & 0\% & 2.0 \\" in ledger
    assert "Notation" not in ledger


@pytest.mark.parametrize(("length", "size"), [(100, None), (125, "6.6"), (400, "6.4")])
def test_a_long_line_is_printed_smaller(length, size):
    block = "\\begin{sphinxVerbatim}[x]\n" + "\\PYGZhy{}" * length + "\n\\end{sphinxVerbatim}"
    found = re.match(r"\\begingroup\\fvset\{fontsize=\\fontsize\{([\d.]+)\}", typeset.wide_outputs(block))
    assert (found and found[1]) == size


def test_the_page_of_solutions_is_in_print_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "OUT", tmp_path)
    printed = pdf.table_of_contents().read_text("utf-8").split()
    kept = (pdf.ROOT / "_toc.yml").read_text("utf-8").split()
    assert printed.index("chapters/solutions") < printed.index("chapters/bibliography")
    assert len(printed) == len(kept) + 3  # a dash, "file:", the page


AUX = "\\newlabel{equation:chapters/a:tag}{{{1.9}}{5}{One}{AMS.5}{}}\n\\newlabel{equation:chapters/a:one}{{1.1}{5}{One}{equation.1.1}{}}\n\\newlabel{chapters/a:fig}{{1.2}{5}{}{}{}}\n"
NUMBERS = {
    "equation:chapters/a:tag": "1.9",
    "equation:chapters/a:one": "1.1",
    "chapters/a:fig": "1.2",
    "chapters/a:tab": "1.1",
}
QUIET = "Overfull \\hbox (3.1pt too wide) in paragraph at lines 1--2\nLaTeX Font Warning: some shapes\n"


def test_nothing_is_said_of_a_book_as_it_should_be():
    assert pdf.faults(QUIET, AUX, NUMBERS) == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Overfull \\hbox (44.2pt too wide) in alignment at lines 1--2", "A line sticks out by 44.2 pt in alignment at lines 1--2"),
        ("Overfull \\vbox (36.2pt too high) has occurred", "A page sticks out by 36.2 pt has occurred"),
        ("LaTeX Warning: Reference `a' on page 3 undefined on input line 4.", None),
        ("LaTeX Warning: Hyper reference `a' on page 3 undefined on input line 4.", None),
        ("LaTeX Warning: Label `a' multiply defined.", None),
        ("Missing character: There is no α in font x!", None),
    ],
)  # fmt: skip
def test_what_latex_says_of_a_fault_is_said(line, said):
    assert pdf.faults(f"{QUIET}{line}\n{QUIET}", AUX, NUMBERS) == [said or line]


@pytest.mark.parametrize(
    ("label", "number"),
    [("equation:chapters/a:one", "A.1"), ("equation:chapters/a:two", "1.2"), ("chapters/a:fig", "2")],
)
def test_a_number_that_is_not_the_sites_is_said(label, number):
    (said,) = pdf.faults(QUIET, AUX, NUMBERS | {label: number})
    assert said.startswith(f"{label} is ")
    assert said.endswith(f" in print and {number} on the site")


def test_appendices_are_lettered_in_their_order():
    """Sections, contents, equations; a chapter keeps its number, and a page without one has none."""

    pages = ("chapters/23_x", "chapters/appendix_b", "chapters/appendix_a")
    env = SimpleNamespace(
        titles={page: nodes.title() for page in (*pages, "chapters/notation")},
        tocs={page: nodes.reference(secnumber=[n, 1]) for n, page in enumerate(pages, 23)},
        toc_secnumbers={
            "chapters/23_x": {"": (23,)},
            "chapters/appendix_b": {"": (24,), "#one": (24, 1), "#none": None},
            "chapters/appendix_a": {"": (25,)},
        },
        toc_fignumbers={"chapters/appendix_a": {"displaymath": {"eq": (25, 2)}}},
    )
    env.titles["chapters/appendix_a"]["secnumber"] = (25,)
    assert letters.letter_the_appendices(None, env) == ["chapters/appendix_b", "chapters/appendix_a"]
    assert env.toc_secnumbers["chapters/23_x"] == {"": (23,)}
    assert env.toc_secnumbers["chapters/appendix_b"] == {"": ("A",), "#one": ("A", 1), "#none": None}
    assert env.toc_fignumbers["chapters/appendix_a"]["displaymath"]["eq"] == ("B", 2)
    assert env.titles["chapters/appendix_a"]["secnumber"] == ("B",)
    assert [tuple(env.tocs[page]["secnumber"]) for page in pages] == [(23, 1), ("A", 1), ("B", 1)]
