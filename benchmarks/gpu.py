"""Times rows A to H on a GPU, by JAX in float64, beside the package on one processor of the same machine.

    python benchmarks/gpu.py                            where JAX finds a GPU; about three minutes; writes gpu.json and gpu.md
    python benchmarks/gpu.py --out trial.json --trial   a fiftieth of the work, to see that it runs, on any device

Each row is timed with 100 chains, at its own size, and with 20 or 100 times as many chains, by the wall clock: the smallest of five
rounds, and of two for NumPy. A GPU's time includes the copy of what is returned to the machine's memory, as the next step of a
study would need it, but neither the compilation nor the copy of the data to the GPU. What is returned must have the mean and the variance
of ours, to six standard errors. NumPy takes fewer steps where there are many chains: its cost per unit does not depend on the steps.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"  # before NumPy is imported
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import jax
import numpy as np
import ours
import report
import work
from peers import jax_scan

FEW, ROUNDS, ROUNDS_OF_NUMPY, DRAWS_OF_NUMPY = 100, 5, 2, 2e7
ENOUGH = 200  # chains for a check of moments by their standard errors


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the simulations on a GPU.")
    parser.add_argument("--out", type=Path, default=HERE / "gpu.json", help="where the results are written, as JSON")
    parser.add_argument("--trial", action="store_true", help="a fiftieth of the work")
    options = parser.parse_args()
    device = jax.devices()[0]
    found = {
        "machine": report.machine()
        | {"jax": jax.__version__, "device": device.device_kind, "platform": device.platform},
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "rows": [],
    }
    print(report.heading(found["machine"]), device.device_kind, sep="; ", flush=True)
    for row in work.ROWS:
        if row.key == "I":
            continue
        row = replace(row, chains=row.chains // 50) if options.trial else row
        found["rows"].append(measured(row, few=FEW // 50 if options.trial else FEW))
        print(line(found["rows"][-1]), flush=True)
        options.out.write_text(json.dumps(found, indent=1) + "\n")  # row by row: a machine may be taken away
    options.out.with_suffix(".md").write_text(report.gpu_page(found))


def measured(row: work.Row, few: int) -> dict:
    """Nanoseconds per unit of both, by the number of chains."""
    by_chains, reference = {}, ours.contender(work.BY_KEY[row.key])()
    for chains in (few, row.chains, row.chains * (100 if row.key[0] in "AC" else 20)):
        job = replace(row, chains=chains)
        ((_, (run, _)),) = jax_scan.contenders(job).items()
        final, first = timed(run)
        if chains >= ENOUGH and not work.same_work(row, reference, final):
            raise AssertionError(f"JAX does not do the work of row {row.key} with {chains} chains")
        gpu = min(timed(run)[1] for _ in range(ROUNDS))
        short = fewer_steps(job)
        numpy = min(timed(ours.contender(short))[1] for _ in range(ROUNDS_OF_NUMPY))
        by_chains[chains] = {
            "gpu_ns": gpu / job.units * 1e9,
            "numpy_ns": numpy / short.units * 1e9,
            "first_call_s": first,
        }
    return {"key": row.key, "title": row.title, "unit": row.unit, "by_chains": by_chains}


def fewer_steps(job: work.Row) -> work.Row:
    """The job with as many steps as NumPy does in a second or so; a hundred where a hundred are recorded."""
    least = 100 if job.key == "G" else 4
    steps = max(least, min(job.steps, int(job.steps * DRAWS_OF_NUMPY / (job.units * job.batch))))
    return replace(job, steps=steps)


def timed(run) -> tuple[np.ndarray, float]:
    """What `run()` returns, and how many seconds it takes."""
    start = perf_counter()
    result = run()
    return result, perf_counter() - start


def line(row: dict) -> str:
    """A row on the terminal."""
    cells = (
        f"{chains:,}: {report.number(v['gpu_ns'])} ns, NumPy {report.number(v['numpy_ns'])} ({v['numpy_ns'] / v['gpu_ns']:.2f} times)"
        for chains, v in row["by_chains"].items()
    )
    return f"{row['key']:<4} " + "; ".join(cells)


if __name__ == "__main__":
    main()
