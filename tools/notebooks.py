#!/usr/bin/env python3
"""Execute, store and check the book's notebooks.

    tools/notebooks.py run [FILE ...]     execute in place and store what the regression run compares
    tools/notebooks.py check [FILE ...]   say what is wrong with the stored notebooks; exit 1 if anything is

Stored: source, text outputs, execution counts. Not stored: pictures and widget state, which the build draws anew.
Without FILE, every notebook of chapters/.
"""

import ast
import hashlib
import os
import re
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import nbformat
from environment import ROOT, enter, kernel_manager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

TIMEOUT = 120  # seconds a cell may take, as in _config.yml
LONGEST_CELL, MEDIAN_CELL = 25, 6
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "pygments_lexer": "ipython3"},
}
CELL_METADATA = {"jupyter", "mystnb", "tags"}
FOLDED = ("outputs_hidden", "source_hidden")  # what JupyterLab folds: code and output of a solution
UNCOMPARED = re.compile(r"nbval-(skip|ignore-output|test-listed)|NBVAL_(SKIP|IGNORE_OUTPUT)")
SEED = re.compile(r"\b(seed\s*=\s*|default_rng\()(\d+)")
ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}")


SOLUTION = re.compile(r"^`{3,}\{solution-(start|end)\}", re.MULTILINE)


def stored() -> list[Path]:
    """Every notebook of chapters/, the template included."""
    return sorted((ROOT / "chapters").glob("*.ipynb"))


def is_picture_or_widget(mime: str) -> bool:
    return mime.startswith(("image/", "application/vnd.jupyter.widget"))


def execute(path: Path, seed_shift: int = 0, **options) -> tuple[nbformat.NotebookNode, float]:
    """The notebook with fresh outputs, run in its own folder, and the seconds it took.

    Every seed in a code cell is moved by `seed_shift`; `options` go to nbclient.
    """
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.update(NOTEBOOK_METADATA)
    for cell in notebook.cells:
        if cell.cell_type == "code" and seed_shift:
            cell.source = SEED.sub(lambda match: f"{match[1]}{int(match[2]) + seed_shift}", cell.source)
    began = time.perf_counter()
    NotebookClient(
        notebook,
        km=kernel_manager(),
        timeout=TIMEOUT,
        resources={"metadata": {"path": str(path.parent)}},
        coalesce_streams=True,
        record_timing=False,  # timings would be metadata, which the build's cache looks at
        extra_arguments=["--log-level=ERROR"],  # silences ipykernel's notice about TCP
        **options,
    ).execute()
    return notebook, time.perf_counter() - began


def clean(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Keep what nbval compares; make ids and metadata the same on every machine. Changes the notebook in place."""
    kept = {"mystnb": notebook.metadata["mystnb"]} if "mystnb" in notebook.metadata else {}
    notebook.metadata = nbformat.from_dict({**NOTEBOOK_METADATA, **kept})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:10]
        seen[digest] = seen.get(digest, 0) + 1  # equal cells are told apart by their order
        cell.id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
        cell.metadata = nbformat.from_dict({k: v for k, v in cell.metadata.items() if k in CELL_METADATA})
        for output in cell.get("outputs", []):
            if "data" in output:
                output.data = {k: v for k, v in output.data.items() if not is_picture_or_widget(k)}
                output.metadata = nbformat.from_dict({})
            if output.output_type == "error":
                output.traceback = []  # holds this machine's paths; nbval compares name and message
    return notebook


def fold_solutions(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Fold code and outputs between the start and the end of a solution, as JupyterLab reads it. Changes the notebook in place."""
    inside = False
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            marks = SOLUTION.findall(cell.source)
            inside = marks[-1] == "start" if marks else inside
        elif inside:
            cell.metadata["jupyter"] = {name: True for name in FOLDED}
        else:
            cell.metadata.pop("jupyter", None)
    return notebook


def problems(path: Path) -> list[str]:
    """What is wrong with a stored notebook, a line each."""
    notebook = nbformat.read(path, as_version=4)
    found, code = [], [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, start=1):
        here = f"{path.name}: code cell {number}"
        tags = cell.metadata.get("tags", [])
        if cell.execution_count != number:
            found.append(f"{here} has execution count {cell.execution_count}, not {number}")
        if code_lines(cell) > LONGEST_CELL:
            found.append(f"{here} has {code_lines(cell)} lines; at most {LONGEST_CELL} are allowed")
        if not set(cell.metadata.get("jupyter", {})) <= set(FOLDED):
            found.append(f"{here} has other metadata for Jupyter than {' and '.join(FOLDED)}")
        if UNCOMPARED.search(" ".join(tags) + cell.source):
            found.append(f"{here} is kept from the comparison of outputs")
        for output in cell.outputs:
            if any(is_picture_or_widget(mime) for mime in output.get("data", {})):
                found.append(f"{here} stores a picture or a widget")
            if output.output_type == "error" and "raises-exception" not in tags:
                found.append(f"{here} stores an error: {output.ename}")
            if output.get("name") == "stderr":
                found.append(f"{here} writes to stderr: {output.text.strip().splitlines()[0]}")
            if ADDRESS.search(output.get("text", "") + str(output.get("data", ""))):
                found.append(f"{here} prints an object's address, which changes with every run")
    found += [f"{path.name}: {line}" for line in reused_seeds([cell.source for cell in code])]
    if "$" in "".join(notebook.cells[0].source.split("\n\n")[:2]):  # it is the largest thing on a phone's first screen
        found.append(f"{path.name}: the opening paragraph has a formula, and would wait for all that sets formulas")
    ids = [cell.get("id") for cell in notebook.cells]
    for cell, stored_id in zip(clean(notebook).cells, ids, strict=True):
        cell.id = stored_id  # a sentence may be mended by hand, without a run that would give its cell a new id
    if not found and nbformat.writes(notebook).strip() != path.read_text("utf-8").strip():
        found.append(f"{path.name}: not in the stored form; run `make notebooks FILES=chapters/{path.name}`")
    return found


def reused_seeds(sources: list[str]) -> list[str]:
    """Seeds that two code cells share, or the turns of a loop around a comparison: what they compare is not independent."""
    found, first = [], {}
    for number, source in enumerate(sources, start=1):
        tree = ast.parse(re.sub(r"^\s*[%!].*$", "pass", source, flags=re.MULTILINE))
        compares = any(isinstance(node, ast.Name) and node.id == "compare" for node in ast.walk(tree))
        for seed, looped in written_seeds(tree):
            if looped and compares:
                found.append(f"code cell {number} has seed {seed} at every turn of a loop with a comparison")
            if first.setdefault(seed, number) != number:
                found.append(f"code cells {first[seed]} and {number} share the seed {seed}")
    return found


def written_seeds(node: ast.AST, looped: bool = False):
    """Each seed that is written as a whole number, and whether it stands in a loop."""
    if isinstance(node, ast.Call):
        seeds = [keyword.value for keyword in node.keywords if keyword.arg == "seed"]
        seeds += node.args[:1] if getattr(node.func, "attr", "") == "default_rng" else []
        yield from ((s.value, looped) for s in seeds if isinstance(s, ast.Constant) and type(s.value) is int)
    looped = looped or isinstance(node, ast.For | ast.ListComp | ast.DictComp | ast.SetComp | ast.GeneratorExp)
    for child in ast.iter_child_nodes(node):
        yield from written_seeds(child, looped)


def faults(notebook: nbformat.NotebookNode) -> list[str]:
    """What makes an executed notebook unfit for a page: words on stderr, and a figure or a widget without its picture."""
    found, code = [], [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, start=1):
        for output in cell.outputs:
            data = output.get("data", {})
            if output.get("name") == "stderr":
                found.append(f"code cell {number} writes to stderr:\n{output.text}")
            drawn = data.get("text/plain", "").startswith("<Figure ") or any("jupyter.widget-view" in m for m in data)
            if drawn and not any(mime.startswith("image/") for mime in data):
                found.append(f"code cell {number} draws no picture: {data.get('text/plain')}")
    return found


def code_lines(cell: nbformat.NotebookNode) -> int:
    return sum(bool(line.strip()) for line in cell.source.splitlines())


def executed(paths: list[Path], use) -> bool:
    """Run the notebooks, two at a time, hand each that is well to `use(path, notebook, seconds)`; False if one failed."""
    well = True
    with ProcessPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
        jobs = {pool.submit(execute, path): path for path in paths}
        for job in as_completed(jobs):
            try:
                notebook, seconds = job.result()
                bad = faults(notebook)
            except (CellExecutionError, TimeoutError, RuntimeError) as error:  # the last: a kernel that died
                bad = [str(error)]
            for line in bad:
                print(f"{jobs[job].name}: {line}", file=sys.stderr, flush=True)
            well = well and not bad
            if not bad:
                use(jobs[job], notebook, seconds)
                print(f"  executed {jobs[job].name:<40} {seconds:5.1f} s", flush=True)
    return well


def run(paths: list[Path]) -> bool:
    return executed(paths, lambda path, notebook, seconds: nbformat.write(fold_solutions(clean(notebook)), path))


def check(paths: list[Path]) -> bool:
    found = [line for path in paths for line in problems(path)]
    cells = [cell for path in paths for cell in nbformat.read(path, as_version=4).cells]
    lines = [code_lines(cell) for cell in cells if cell.cell_type == "code"]
    if lines and statistics.median(lines) > MEDIAN_CELL:
        found.append(f"the median code cell has {statistics.median(lines)} lines; at most {MEDIAN_CELL} are allowed")
    print("\n".join(found) or f"{len(paths)} stored notebooks, {len(lines)} code cells: clean and in order")
    return not found


def main(arguments: list[str]) -> int:
    actions = {"run": run, "check": check}
    if not arguments or arguments[0] not in actions:
        print(__doc__)
        return 2
    enter()
    action, *files = arguments
    paths = [Path(name).resolve() for name in files] or stored()
    return 0 if actions[action](paths) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
