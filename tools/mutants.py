#!/usr/bin/env python3
"""Plant known mistakes, one at a time, and report those that no test catches: `make mutants [FILES="losses theory"]`.

A list is a file of tests/mutants with `MUTANTS = [(file, old, new, why), ...]`; a row may name, as a fifth entry, the tests
that must catch it. Each mistake is planted in a copy of the book, where `old` must stand just once. A mistake in a notebook is
caught by its comparisons or by its stored outputs. A survivor is a missing test. A row that no longer fits is a fault too.
"""

import ast
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from queue import SimpleQueue

from environment import ROOT, enter

LISTS = ROOT / "tests" / "mutants"
COPIED = ("sgdsde_helpers", "tests", "tools", "chapters", "benchmarks", "conftest.py", "pyproject.toml")
LEFT_OUT = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "vendor", "site")
WORKERS, SECONDS = 2, 240

Mutant = tuple[str, ...]


def rows(names: list[str]) -> list[Mutant]:
    """The rows of the lists with these names, or of all."""
    found: list[Mutant] = []
    for path in sorted(LISTS.glob("*.py")):
        if not names or path.stem in names:
            spec = spec_from_file_location(path.stem, path)
            module = module_from_spec(spec)
            spec.loader.exec_module(module)
            found += module.MUTANTS
    return found


def tests_of(file: str, named: tuple[str, ...]) -> list[str]:
    """What must catch a mistake in the file: what its row names, else the test with its module's name, else its room's."""
    if named:
        return list(named[0].split())
    if file.startswith("chapters/"):
        return ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", "tests/sanitize.cfg", file]
    path = Path(file).relative_to("sgdsde_helpers")
    own = Path("tests") / path.parent / f"test_{path.stem.lstrip('_')}.py"
    for place in (own, own.parent, own.parent.parent):
        if (ROOT / place).exists():
            return [str(place)]
    return ["tests"]


def misfit(row: Mutant) -> str | None:
    """Why a row cannot be planted; None where it can."""
    file, old, new, why, *named = row
    if not (ROOT / file).exists():
        return "no such file"
    text = (ROOT / file).read_text("utf-8")
    if (times := text.count(old)) != 1:
        return f"{old!r} stands there {times} times"
    if not why or old == new:
        return "it says no reason" if not why else "it changes nothing"
    if file.endswith(".py"):
        try:
            ast.parse(text.replace(old, new))
        except SyntaxError as error:
            return f"it is no Python: {error}"
    missing = [
        test
        for test in tests_of(file, tuple(named))
        if not test.startswith("-") and not (ROOT / test.split("::")[0]).exists()
    ]
    return f"no such test: {missing[0]}" if missing else None


def passes(tests: list[str], copy: Path) -> bool:
    """Whether the tests pass in the copy as it stands; a test that is not there catches nothing, and so passes."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(command, cwd=copy, env=environment, check=False, capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return False
    if done.returncode not in (0, 1):  # a mistake that stops an import is caught
        return b"no tests" in done.stdout or b"not found" in done.stderr
    return done.returncode == 0


def survives(row: Mutant, copy: Path) -> bool:
    """Plant the mistake in the copy, run what must catch it, and mend it; True if nothing fails."""
    file, old, new, _, *named = row
    path = copy / file
    text = path.read_text("utf-8")
    path.write_text(text.replace(old, new), "utf-8")
    try:
        return passes(tests_of(file, tuple(named)), copy)
    finally:
        path.write_text(text, "utf-8")


def main(names: list[str]) -> int:
    planted = rows(names)
    faults = [(row, fault) for row in planted if (fault := misfit(row))]
    for (file, *_), fault in faults:
        print(f"does not fit: {file}: {fault}", flush=True)
    bad = [row for row, _ in faults]
    planted = [row for row in planted if row not in bad]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(WORKERS) as pool:
        free: SimpleQueue = SimpleQueue()
        for number in range(WORKERS):
            for name in COPIED:
                source, copy = ROOT / name, Path(folder) / str(number) / name
                copy.parent.mkdir(exist_ok=True)
                shutil.copytree(source, copy, ignore=LEFT_OUT) if source.is_dir() else shutil.copy(source, copy)
            free.put(Path(folder) / str(number))

        def in_a_copy(judge: Callable, subject) -> bool:
            copy = free.get()
            try:
                return judge(subject, copy)
            finally:
                free.put(copy)

        tests = {tuple(tests_of(file, tuple(named))) for file, _, _, _, *named in planted}
        well = dict(zip(tests, pool.map(lambda test: in_a_copy(passes, test), tests), strict=True))
        for test in [test for test in tests if not well[test]]:
            faults.append((test, "fails"))
            print(f"fails with no mistake planted, and so judges none: {' '.join(test)}", flush=True)
        planted = [row for row in planted if well[tuple(tests_of(row[0], tuple(row[4:])))]]
        survivors = 0
        for row, alive in zip(planted, pool.map(lambda row: in_a_copy(survives, row), planted), strict=True):
            file, old, new, why, *_ = row
            print(f"{'SURVIVES' if alive else 'caught  '} {file}: {why}", flush=True)
            if alive:
                print(f"    - {old}\n    + {new}", flush=True)
            survivors += alive
    print(f"{len(planted)} mistakes planted, {survivors} survive; {len(faults)} rows or tests could not be used")
    return 1 if survivors or faults else 0


if __name__ == "__main__":
    enter()
    sys.exit(main(sys.argv[1:]))
