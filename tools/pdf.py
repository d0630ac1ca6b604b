#!/usr/bin/env python3
"""Print the book: `make pdf` writes _build/pdf/sgd-and-sdes.pdf. Needs LaTeX; CONTRIBUTING.md lists the packages.

The same notebooks, from the same cache, as those of the website. The solutions of the exercises come at the end, on a page
of their own that only the print has.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from build import fill_cache
from environment import JUPYTER_BOOK, PRINTED, ROOT, enter
from typeset import CHAPTER_OF_SOLUTIONS, for_print

OUT = PRINTED.parent
LATEX = ROOT / "_build" / "latex"
NAME = PRINTED.stem
BOX, WIDE = {"h": "A line", "v": "A page"}, 14.2  # pt: 5 mm of the margin


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
    source, numbers = LATEX / f"{NAME}.tex", json.loads((LATEX / "numbers.json").read_text("utf-8"))
    source.write_text(for_print(source.read_text("utf-8"), numbers), "utf-8")
    print("LaTeX: about a minute", flush=True)
    done = subprocess.run(
        ["latexmk", "-xelatex", "-interaction=nonstopmode", "-halt-on-error", f"{NAME}.tex"],
        cwd=LATEX,
        check=False,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "max_print_line": "1000"},  # else its log breaks the lines that are sought in it
    )
    if done.returncode:
        print(done.stdout[-4000:], done.stderr[-1000:])
        return False
    log, aux = ((LATEX / f"{NAME}.{end}").read_text("utf-8", errors="replace") for end in ("log", "aux"))
    wrong = faults(log, aux, numbers)
    print(*wrong, sep="\n", end="\n" if wrong else "")
    shutil.copy(LATEX / f"{NAME}.pdf", OUT)
    print(f"Open {(OUT / f'{NAME}.pdf').as_uri()}")
    return not wrong


def faults(log: str, aux: str, numbers: dict[str, str]) -> list[str]:
    """What is wrong with the printed book: what LaTeX says of it, and numbers that are not those of the site."""
    wide = re.findall(r"^Overfull \\([hv])box \(([\d.]+)pt too (?:wide|high)\)(.*)$", log, re.MULTILINE)
    said = [f"{BOX[kind]} sticks out by {points} pt{where}" for kind, points, where in wide if float(points) > WIDE]
    said += re.findall(r"^(?:LaTeX Warning: .*(?:undefined|multiply).*|Missing character: .*)$", log, re.MULTILINE)
    printed = dict(re.findall(r"^\\newlabel\{([^{}]+)\}\{\{\{?([^{}]*)\}", aux, re.MULTILINE))
    wanted = {label: number for label, number in numbers.items() if label in printed or label.startswith("equation:")}
    said += [
        f"{label} is {printed.get(label)} in print and {number} on the site"
        for label, number in wanted.items()
        if printed.get(label) != number
    ]
    return said


if __name__ == "__main__":
    enter()
    if not shutil.which("latexmk") or not shutil.which("xelatex"):
        sys.exit("No LaTeX was found (latexmk, xelatex); CONTRIBUTING.md lists the packages.")
    if not build():
        sys.exit("The book is not printed as it should be; what is wrong stands above.")
