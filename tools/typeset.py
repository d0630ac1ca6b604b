"""Sphinx's LaTeX as the printed book wants it; tools/latex/book.sty says what the commands of its own do."""

import re
from statistics import fmean, pstdev

from comparisons import LINE, normal

CHAPTER_OF_SOLUTIONS = "chapters/solutions"
LINE_FITS, SMALLEST = 100, 6.4  # characters of an output in a line of the page; the size to which type shrinks for more


def for_print(tex: str, site: dict[str, str]) -> str:
    """The LaTeX with all that is mended below; `site` has the site's number of each label."""
    tex = numbers(front_matter(tex), site)
    for mend in (proofs, references, links, solutions, wide_outputs, ledger):
        tex = mend(tex)
    return tex


def front_matter(tex: str) -> str:
    """The front page is the preface. What it says first is on the title page, and its links are for a screen."""
    tex = re.sub(
        r"\\begin\{sphinxuseclass\}\{front-lead\}.*?\\end\{sphinxuseclass\}\n", "", tex, count=1, flags=re.DOTALL
    )
    tex = re.sub(
        r"\\begin\{DUlineblock\}\{0em\}\n\\item\[\] \\sphinxstylestrong\{\\[Ll]arge ([^{}]*)\}\n\\end\{DUlineblock\}",
        r"\\section*{\1}",
        tex,
    )
    label = r"\phantomsection\label{\detokenize{chapters/front::doc}}"
    return tex.replace(label, "\\bookpreface{Preface}\n" + label, 1)


def numbers(tex: str, site: dict[str, str]) -> str:
    """Chapters, appendices, figures and equations are numbered as on the site; a solution's equation as in its chapter."""
    tex = tex.replace("numfigreset=0", "numfigreset=1", 1)  # Sphinx takes a part for what is counted
    # A table over more than one page counts itself, even where it has no caption.
    uncounted = (
        r"\\begingroup\\renewcommand{\\theHtable}{uncounted.\\arabic{page}}\g<0>\\endgroup\\addtocounter{table}{-1}"
    )
    whole = r"\\begin\{longtable\}(?:(?!\\caption|\\end\{longtable\}).)*\\end\{longtable\}"
    tex = re.sub(whole, uncounted, tex, flags=re.DOTALL)
    tex = tex.replace("\n\\part{", "\n\\setcounter{prefacefigure}{\\value{figure}}\n\\part{", 1)
    tex = tex.replace(r"\part{Appendices}", "\\bookappendices\n\\part{Appendices}")
    tex = tex.replace(r"\part{Reference}", "\\bookreference\n\\part{Reference}")
    book, chapter, solutions = tex.partition(r"\chapter{Solutions}")
    tagged = re.sub(r"\\label\{(equation:[^}]*)\}", lambda label: rf"{label[0]}\tag{{{site[label[1]]}}}", solutions)
    return book + chapter + tagged


def proofs(tex: str) -> str:
    """A proof is no box without a title."""
    return re.sub(
        r"\\begin\{sphinxadmonition\}\{note\}\n\\sphinxAtStartPar\nProof\.(.*?)\\end\{sphinxadmonition\}",
        r"\\begin{bookproof}\\emph{Proof.}\1\\end{bookproof}",
        tex,
        flags=re.DOTALL,
    )


def references(tex: str) -> str:
    """The list of references is its own chapter, not one beside an empty one; an address that it names is not said twice."""
    tex = re.sub(
        r"\\chapter\{References\}\n((?:\\label\{.*\})*)\n",
        r"\\renewcommand{\\bibname}{References}\\phantomsection\1\n",
        tex,
    )
    book, start, listed = tex.partition(r"\begin{sphinxthebibliography}")
    return book + start + re.sub(r"%\n\\begin\{footnote\}.*?\\end\{footnote\}", "", listed, flags=re.DOTALL)


def links(tex: str) -> str:
    """A link to an exercise by `{ref}` gets its number, which LaTeX does not know.

    What a solution refers to is sought where it stands, not on the page to which the solution was moved.
    """
    known = _exercises(tex)
    place = {name: page for page, name in re.findall(r"\\label\{(?:\\detokenize\{)?(chapters/[^:}]+):([\w-]+)\}", tex)}
    tex = re.sub(
        rf"\\detokenize\{{{CHAPTER_OF_SOLUTIONS}:([\w-]+)\}}",
        lambda link: rf"\detokenize{{{place.get(link[1], CHAPTER_OF_SOLUTIONS)}:{link[1]}}}",
        tex,
    )

    def numbered(link: re.Match) -> str:
        label = link[1]
        return rf"\hyperref[exercise:{label}]{{Exercise {known[label]}}}" if label in known else link[0]

    return re.sub(r"\\hyperref\[\\detokenize\{[^:}]*:([\w-]+)\}\]\{Exercise \\ref\{[^}]*\}\}\}", numbered, tex)


def solutions(tex: str) -> str:
    """A solution has no box: its code needs the whole line. It leads back to its exercise, and those of a chapter have a head."""
    label = {number: name for name, number in _exercises(tex).items()}
    seen = set()

    def unboxed(box: re.Match) -> str:
        number, title, text = box.groups()
        chapter = number.partition(".")[0]
        head = rf"\section{{{'Chapter' if chapter.isdigit() else 'Appendix'} {chapter}}}" if chapter not in seen else ""
        seen.add(chapter)
        exercise = (
            rf"\hyperref[exercise:{label[number]}]{{Exercise {number}}}" if number in label else f"Exercise {number}"
        )
        return f"{head}\n\\booksolution{{{exercise}{title}}}\n{text}"

    return re.sub(
        r"\\begin\{sphinxadmonition\}\{note\}\{Solution to Exercise ([\dA-Z][\d.]*\d)([^\n]*)\}\n(.*?)\\end\{sphinxadmonition\}",
        unboxed,
        tex,
        flags=re.DOTALL,
    )


def wide_outputs(tex: str) -> str:
    """What is printed in lines too long for the page is printed smaller, not broken."""

    def smaller(block: re.Match) -> str:
        longest = max(len(re.sub(r"\\PYG\w+\{\}", "-", line)) for line in block[1].splitlines())
        if longest <= LINE_FITS or r"\PYG{" in block[1]:
            return block[0]
        size = max(8.3 * LINE_FITS / longest, SMALLEST)
        font = rf"\fvset{{fontsize=\fontsize{{{size:.1f}}}{{{1.1 * size:.1f}}}\selectfont}}"
        return f"\\begingroup{font}\n{block[0]}\n\\endgroup"

    return re.sub(r"\\begin\{sphinxVerbatim\}[^\n]*\n(.*?)\\end\{sphinxVerbatim\}", smaller, tex, flags=re.DOTALL)


def ledger(tex: str) -> str:
    """The ledger of the site, a line for each chapter."""
    lines, everything = [], []
    for title, text in re.findall(
        r"\\chapter\{((?:[^{}]|\{[^{}]*\})*)\}\n(.*?)(?=\\chapter\{|\\part\{|\Z)", tex, re.DOTALL
    ):
        outputs = re.findall(r"\\begin\{sphinxVerbatimOutput\}.*?\\end\{sphinxVerbatimOutput\}", text, re.DOTALL)
        printed = (line.replace(r"\PYGZhy{}", "-") for output in outputs for line in output.splitlines())
        values = [float(line["z"]) for line in map(LINE.fullmatch, printed) if line]
        if values:
            lines.append(_ledger_line(title, values))
            everything += values
    if not everything:
        return tex
    head = r"chapter & number & mean of \(z\) & deviation & beyond 1 & beyond 2 & largest \(|z|\)"
    law = ["the normal law", "", "0", "1", *(rf"{1 - normal(-k, k):.0%}".replace("%", r"\%") for k in (1, 2)), ""]
    rows = [head, r"\hline", *lines, r"\hline", _ledger_line("all", everything), " & ".join(law)]
    body = "\n".join(row if row == r"\hline" else rf"{row} \\" for row in rows)
    table = f"\n\\begin{{center}}\\small\\renewcommand{{\\arraystretch}}{{1.2}}\n\\begin{{tabular}}{{lrrrrrr}}\n{body}\n\\end{{tabular}}\n\\end{{center}}\n"
    before, chapter, after = tex.partition(r"\chapter{The ledger}")
    return before + chapter + after.replace("\n\\sphinxstepscope", f"{table}\n\\sphinxstepscope", 1)


def _exercises(tex: str) -> dict[str, str]:
    """The number of each exercise by its label."""
    head = r"\\label\{exercise:([\w-]+)\}\s*\\begin\{sphinxadmonition\}\{note\}\{Exercise ([\dA-Z][\d.]*)"
    return dict(re.findall(head, tex))


def _ledger_line(name: str, values: list[float]) -> str:
    beyond = [f"{sum(abs(z) > k for z in values) / len(values):.0%}".replace("%", r"\%") for k in (1, 2)]
    mean = f"\\({fmean(values):.2f}\\)".replace("-0.00", "0.00")
    return " & ".join((name, str(len(values)), mean, f"{pstdev(values):.2f}", *beyond, f"{max(map(abs, values)):.1f}"))
