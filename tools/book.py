#!/usr/bin/env python3
"""The book's commands, with or without make: `python tools/book.py COMMAND [FILE ...]`.

Needs Python 3.11 or newer with venv, and nothing else: the first command makes .venv and installs what the book needs.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BOOK = (".venv", "requirements.txt", "requirements-dev.txt")
LAB = (".venv", "requirements.txt", "requirements-dev.txt", "requirements-lab.txt")
PEERS = (".venv-bench", "requirements.txt", "benchmarks/requirements.txt")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
NBVAL = ("--nbval", "--nbval-current-env", "--nbval-sanitize-with", "tests/sanitize.cfg")
TESTS = ("-m", "pytest", *NBVAL, "-n", "2", "--dist", "loadscope")

# Command: what it does; the environment; what Python runs there, one after another. "FILES" are the words that follow the
# command, or what stands behind the equals sign where there are none.
COMMANDS = {
    "book": ("execute every notebook and build the website, strictly", BOOK, [("tools/build.py",)]),
    "test": (
        "all that CI checks but the browser; or FILES: one chapter's outputs, one file of tests",
        BOOK,
        [
            ("-m", "ruff", "check"),
            ("-m", "ruff", "format", "--check"),
            ("-m", "mypy"),
            ("tools/notebooks.py", "check"),
            (*TESTS, "FILES=chapters tests --ignore=tests/site --ignore=tests/lab"),
        ],
    ),
    "test-site": (
        "drive the built site, and the chapters in JupyterLab, in a headless Chromium",
        LAB,
        [("-m", "pytest", "-n", "2", "FILES=tests/site tests/lab")],
    ),
    "serve": ("build, open in a browser, and build again on each change", BOOK, [("tools/build.py", "serve")]),
    "lab": (
        "open the chapters, or FILES, in JupyterLab",
        LAB,
        [("tools/lab.py",), ("-m", "jupyter", "lab", "FILES=chapters")],
    ),
    "pdf": ("print the book: _build/pdf/sgd-and-sdes.pdf; needs LaTeX (see CONTRIBUTING.md)", BOOK, [("tools/pdf.py",)]),
    "notebooks": ("execute FILES, or every notebook, and store what the tests compare", BOOK, [("tools/notebooks.py", "run", "FILES=")]),
    "reseed": ("run the comparisons of FILES, or of every notebook, under five other seeds", BOOK, [("tools/reseed.py", "FILES=")]),
    "mutants": ("plant known mistakes, one at a time, and report those that no test catches", BOOK, [("tools/mutants.py", "FILES=")]),
    "bench": ("time the simulations beside what a reader would use instead; 3 GB for the others", PEERS, [("benchmarks/run.py",)]),
    "bench-quick": ("time the package beside the plain loop, in two minutes; writes nothing", BOOK, [("benchmarks/run.py", "--quick")]),
    "bench-scenes": ("time the frames of the live scenes, with the processor slowed 4 times", BOOK, [("tools/scenes.py", "bench", "FILES=")]),
    "lighthouse": (
        "judge the built pages, or FILES, at the end of a slow line and with Lighthouse; needs Node",
        BOOK,
        [("tools/slow_line.py", "FILES="), ("tools/lighthouse.py", "FILES=")],
    ),
    "vendor": ("fetch the scripts that the site carries with it, at the versions in tools/vendor.py", BOOK, [("tools/vendor.py",)]),
    "scenes": ("draw the pictures that stand for the live scenes, or FILES, on paper; needs Chromium", BOOK, [("tools/scenes.py", "pictures", "FILES=")]),
    "mark": ("draw the logo, the favicon and the picture of the README", BOOK, [("tools/mark.py",)]),
}  # fmt: skip


def python_of(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def ready(name: str, *files: str) -> Path:
    """The Python of a virtual environment that has what the files ask for; made anew where one of them is newer."""
    folder, needed = ROOT / name, [ROOT / file for file in (*files, "pyproject.toml")]
    stamp = folder / (".installed-lab" if "requirements-lab.txt" in files else ".installed")
    if stamp.exists() and stamp.stat().st_mtime >= max(path.stat().st_mtime for path in needed):
        return python_of(folder)
    print(
        f"Setting up {name} with Python {sys.version.split()[0]}: a minute or two with pip, seconds where uv is installed",
        flush=True,
    )
    wanted = [word for file in files for word in ("-r", file)]
    if shutil.which("uv"):
        run("uv", "venv", "--quiet", "--allow-existing", "--python", sys.executable, name)
        run("uv", "pip", "install", "--compile-bytecode", "--python", python_of(folder), *wanted)
    else:
        run(sys.executable, "-m", "venv", name)
        run(python_of(folder), "-m", "pip", "install", "--disable-pip-version-check", *wanted)
    stamp.touch()
    return python_of(folder)


def run(*command) -> None:
    """Run in the book's folder; what fails ends the whole, with its exit code."""
    utf8 = os.environ | {"PYTHONUTF8": "1"}  # on Windows Python would read and print in the code page of the machine
    done = subprocess.run([str(word) for word in command], cwd=ROOT, env=utf8, check=False)
    if done.returncode:
        sys.exit(done.returncode)


def with_files(words: tuple[str, ...], files: list[str]) -> list[str]:
    """The words of a command; "FILES=default" becomes the files, or the default's words."""
    return [w for word in words for w in ((files or word[6:].split()) if word.startswith("FILES=") else [word])]


def clean() -> None:
    for name in ("_build", ".pytest_cache", ".ruff_cache", ".mypy_cache"):
        shutil.rmtree(ROOT / name, ignore_errors=True)


def main(arguments: list[str]) -> None:
    command, *files = arguments or ["help"]
    if command == "clean":
        clean()
        return
    if command not in COMMANDS:
        print(__doc__)
        print("\n".join(f"  {name:<12} {does}" for name, (does, _, _) in COMMANDS.items()))
        print(f"  {'clean':<12} remove what was built; the folders .venv and .venv-bench are yours to remove")
        sys.exit(command not in ("help", "-h", "--help"))
    if command == "test-site":
        if not (os.environ.get("CHROMIUM") or any(map(shutil.which, BROWSERS))):
            sys.exit("No Chromium was found: apt-get install chromium, or name one: CHROMIUM=/path/to/chrome")
        main(["book"])
    _, environment, steps = COMMANDS[command]
    python = ready(*environment)
    for words in steps:
        run(python, *with_files(words, files))


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036  an older Python comes this far
        sys.exit("This book needs Python 3.11 or newer; this is " + sys.version.split()[0])
    main(sys.argv[1:])
