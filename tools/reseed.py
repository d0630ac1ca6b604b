#!/usr/bin/env python3
"""Run the comparisons of every notebook under five other seeds: `make reseed [FILES=...]`.

A verdict that hangs on a lucky seed shows here: each seed written in a code cell is moved by 1000, 2000, ..., 5000, the
notebook is executed, and the z of each printed comparison is read. Where predictions are right, |z| passes 3 about
once in 370 lines, and the bound of 4.5 hardly ever.
"""

import os
import re
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from environment import enter
from notebooks import execute, stored

SHIFTS = (1000, 2000, 3000, 4000, 5000)
LINE = re.compile(r"^(?P<quantity>\S.*?)\s{2,}predicted .*\bz = (?P<z>[-+]?[\d.]+|[-+]?inf|nan)", re.MULTILINE)


def comparisons(path: Path, shift: int) -> tuple[list[tuple[float, str]], list[str]]:
    """The (|z|, quantity) of each comparison that the notebook prints under moved seeds, and the errors it raises."""
    notebook, _ = execute(path, seed_shift=shift, allow_errors=True)
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    printed = "".join(output.get("text", "") + "\n" for output in outputs)
    lines = [(abs(float(match["z"])), match["quantity"]) for match in LINE.finditer(printed)]
    return lines, [f"{output.ename}: {output.evalue}" for output in outputs if output.output_type == "error"]


def main(paths: list[Path]) -> int:
    jobs = [(path, shift) for path in paths for shift in SHIFTS]
    total, raised, over = 0, 0, 0
    print(f"{'notebook':<40} {'seeds':>6} {'lines':>5} {'|z|>3':>5} {'largest |z|':>11}  of")
    with ProcessPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
        for (path, shift), (lines, errors) in zip(jobs, pool.map(comparisons, *zip(*jobs, strict=True)), strict=True):
            large = sum(z > 3 for z, _ in lines)
            worst, quantity = max(lines, default=(0.0, "no comparison"))
            print(f"{path.stem:<40} {shift:>+6} {len(lines):>5} {large:>5} {worst:>11.1f}  {quantity}", flush=True)
            for error in errors:
                print(f"    raised {error}", flush=True)
            total, raised, over = total + len(lines), raised + len(errors), over + large
    print(f"{total} comparisons, {over} with |z| > 3 (about {total * 0.0027:.1f} expected), {raised} raised")
    return 1 if raised else 0


if __name__ == "__main__":
    enter()
    sys.exit(main([Path(name).resolve() for name in sys.argv[1:]] or stored()))
