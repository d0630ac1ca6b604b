#!/usr/bin/env python3
"""Print the book: `make pdf` writes _build/pdf/sgd-and-sdes.pdf. Needs LaTeX; CONTRIBUTING.md lists the packages.

The same notebooks, from the same cache, as those of the website. The solutions of the exercises come at the end, on a page
of their own that only the print has.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from build import fill_cache
from environment import JUPYTER_BOOK, PRINTED, ROOT, enter

OUT = PRINTED.parent
LATEX = ROOT / "_build" / "latex"
NAME = PRINTED.stem
CHAPTER_OF_SOLUTIONS = "chapters/solutions"


def table_of_contents() -> Path:
    """The book's table of contents with the page of solutions before the bibliography."""
    text = (ROOT / "_toc.yml").read_text("utf-8")
    line = re.search(r"^( *- file: )chapters/bibliography$", text, re.MULTILINE)
    path = OUT / "_toc.yml"
    path.write_text(f"{text[: line.start()]}{line[1]}{CHAPTER_OF_SOLUTIONS}\n{text[line.start() :]}", "utf-8")
    return path


def build() -> bool:
    """Notebooks to LaTeX, and LaTeX to the printed book; True if it is there."""
    if not fill_cache():
        return False
    OUT.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(LATEX, ignore_errors=True)
    command = [*JUPYTER_BOOK, "build", ".", "--all", "-W", "-n", "--keep-going"]
    command += ["--builder", "latex", "--toc", table_of_contents()]
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        return False
    source = LATEX / f"{NAME}.tex"
    source.write_text(for_print(source.read_text("utf-8")), "utf-8")
    print("LaTeX: about a minute", flush=True)
    done = subprocess.run(
        ["latexmk", "-xelatex", "-interaction=nonstopmode", "-halt-on-error", f"{NAME}.tex"],
        cwd=LATEX,
        check=False,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode:
        print(done.stdout[-4000:], done.stderr[-1000:])
        return False
    for line in wide_lines((LATEX / f"{NAME}.log").read_text("utf-8", errors="replace")):
        print(line)
    shutil.copy(LATEX / f"{NAME}.pdf", OUT)
    print(f"Open {(OUT / f'{NAME}.pdf').as_uri()}")
    return True


def for_print(tex: str) -> str:
    """Number the chapters as the site does, and mend what Sphinx's LaTeX leaves open.

    Appendices have letters, the reference has no numbers. The list of references is its own chapter: not one beside an empty
    one. A reference to an exercise by `{ref}` gets its number, which LaTeX does not know. What a solution refers to is sought
    where it stands, not on the page to which the solution was moved.
    """
    tex = tex.replace(r"\part{Appendices}", "\\appendix\n\\part{Appendices}")
    tex = tex.replace(r"\part{Reference}", "\\setcounter{secnumdepth}{-2}\n\\part{Reference}")
    tex = re.sub(
        r"\\chapter\{References\}\n((?:\\label\{.*\})*)\n",
        r"\\renewcommand{\\bibname}{References}\\phantomsection\1\n",
        tex,
    )
    numbers = dict(
        re.findall(r"\\label\{exercise:([\w-]+)\}\s*\\begin\{sphinxadmonition\}\{note\}\{Exercise ([\d.A-Z]+)", tex)
    )

    place = {name: page for page, name in re.findall(r"\\label\{(?:\\detokenize\{)?(chapters/[^:}]+):([\w-]+)\}", tex)}
    tex = re.sub(
        rf"\\detokenize\{{{CHAPTER_OF_SOLUTIONS}:([\w-]+)\}}",
        lambda link: rf"\detokenize{{{place.get(link[1], CHAPTER_OF_SOLUTIONS)}:{link[1]}}}",
        tex,
    )

    def numbered(link: re.Match) -> str:
        label = link[1]
        return rf"\hyperref[exercise:{label}]{{Exercise {numbers[label]}}}" if label in numbers else link[0]

    return re.sub(r"\\hyperref\[\\detokenize\{[^:}]*:([\w-]+)\}\]\{Exercise \\ref\{[^}]*\}\}\}", numbered, tex)


def wide_lines(log: str) -> list[str]:
    """What LaTeX says of lines that stick out by more than 5 mm, and of references and characters that it misses."""
    wide = re.findall(r"^Overfull \\hbox \(([\d.]+)pt too wide\)(.*)$", log, re.MULTILINE)
    said = [f"A line sticks out by {points} pt{where}" for points, where in wide if float(points) > 14.2]
    return said + re.findall(r"^(?:LaTeX Warning: Reference .* undefined.*|Missing character: .*)$", log, re.MULTILINE)


if __name__ == "__main__":
    enter()
    if not shutil.which("latexmk") or not shutil.which("xelatex"):
        sys.exit("No LaTeX was found (latexmk, xelatex); CONTRIBUTING.md lists the packages.")
    if not build():
        sys.exit("The book was not printed; the errors stand above.")
