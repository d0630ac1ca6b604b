"""What is changed in Sphinx's LaTeX before it is printed."""

import pdf

TEX = r"""
\chapter{Escape}
\label{\detokenize{chapters/21_escape:escape}}
\label{chapters/21_escape:thm-escape-time}
\phantomsection \label{exercise:ex-escape-half}

\begin{sphinxadmonition}{note}{Exercise 21.3.1 (Half)}
\end{sphinxadmonition}
See \hyperref[\detokenize{chapters/21_escape:ex-escape-half}]{Exercise \ref{\detokenize{chapters/21_escape:ex-escape-half}}}.
\part{Appendices}
\chapter{Strong order}
\part{Reference}
\chapter{Notation}
\chapter{Solutions}
\label{\detokenize{chapters/solutions:solutions}}\label{\detokenize{chapters/solutions::doc}}
By \hyperref[\detokenize{chapters/solutions:thm-escape-time}]{Theorem 21.1.1}.
\chapter{References}
\label{\detokenize{chapters/bibliography:references}}\label{\detokenize{chapters/bibliography::doc}}
\begin{sphinxthebibliography}{10}
"""


def test_appendices_have_letters_and_the_reference_no_numbers():
    printed = pdf.for_print(TEX)
    order = [
        r"\chapter{Escape}",
        "\\appendix\n\\part{Appendices}",
        r"\chapter{Strong",
        r"{secnumdepth}{-2}",
        r"\part{Reference}",
    ]
    places = [printed.index(words) for words in order]
    assert places == sorted(places)


def test_the_list_of_references_is_one_chapter():
    printed = pdf.for_print(TEX)
    assert r"\chapter{References}" not in printed
    assert r"\renewcommand{\bibname}{References}" in printed
    assert r"\label{\detokenize{chapters/bibliography::doc}}" in printed
    assert r"\chapter{Solutions}" in printed


def test_links_lead_to_what_they_name():
    printed = pdf.for_print(TEX)
    assert r"See \hyperref[exercise:ex-escape-half]{Exercise 21.3.1}." in printed
    assert r"By \hyperref[\detokenize{chapters/21_escape:thm-escape-time}]{Theorem 21.1.1}." in printed
    assert r"\label{\detokenize{chapters/solutions:solutions}}" in printed


def test_the_page_of_solutions_is_in_print_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "OUT", tmp_path)
    printed = pdf.table_of_contents().read_text("utf-8").split()
    kept = (pdf.ROOT / "_toc.yml").read_text("utf-8").split()
    assert printed.index("chapters/solutions") < printed.index("chapters/bibliography")
    assert len(printed) == len(kept) + 3  # a dash, "file:", the page


def test_a_line_that_sticks_out_is_said():
    log = (
        "Overfull \\hbox (3.1pt too wide) in paragraph\nOverfull \\hbox (44.2pt too wide) in alignment at lines 1--2\n"
    )
    assert pdf.wide_lines(log) == ["A line sticks out by 44.2 pt in alignment at lines 1--2"]
