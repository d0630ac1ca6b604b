"""Times the package on nine kinds of work, in turn with what a reader would use instead, and writes the table.

    make bench          everything; writes results.json and results.md beside this file, and the picture of the book's page
    make bench-quick    the package and the plain NumPy loop only, in under two minutes; writes nothing
    python benchmarks/run.py --rows A C1

One core, float64, processor time. A round times ours and then one contender, so that a slow spell of a shared machine falls
on both; a ratio is taken within each round. Printed are medians over rounds, and the quartiles of the ratios.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"  # before NumPy is imported
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"
HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import extras
import numpy as np
import ours
import picture
import report
import work

PEERS = ["numpy_plain", "jax_scan", "torch_loops", "torchsde_library", "diffrax_library", "small_libraries", "numba_fused"]


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the simulations.")
    parser.add_argument("--quick", action="store_true", help="the package and the plain NumPy loop only")
    parser.add_argument("--rows", nargs="+", choices=list(work.BY_KEY), default=list(work.BY_KEY), help="these rows only")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    if cores:
        os.sched_setaffinity(0, {max(cores)})
    rounds = min(options.rounds, 5) if options.quick else options.rounds
    peers = load_peers(PEERS[:1] if options.quick else PEERS)
    machine = report.machine()
    print(report.heading(machine))
    rows = []
    for key in options.rows:
        rows.append(time_row(work.BY_KEY[key], peers, rounds))
        print(report.row_lines(rows[-1]), flush=True)
    found = {"machine": machine, "date": f"{datetime.now(UTC):%Y-%m-%d}", "rounds": rounds, "rows": rows}
    if options.rows == list(work.BY_KEY):
        found["extras"] = extras.measure(rounds, cores)
        print("\n\n".join([report.verdict(rows), *report.tables(found["extras"]).values()]))
        if not options.quick:
            (HERE / "results.json").write_text(json.dumps(found, indent=1) + "\n")
            (HERE / "results.md").write_text(report.page(found))
            picture.draw(rows)


def load_peers(names: list[str]) -> list:
    """The peers' modules that can be imported; the others are named."""
    found = []
    for name in names:
        try:
            found.append(importlib.import_module(f"peers.{name}"))
        except ImportError as error:
            print(f"skipped: peers/{name}.py ({error})")
    return found


def time_row(row: work.Row, peers: list, rounds: int) -> dict:
    """Nanoseconds per unit of ours and of each contender, round by round, and the seconds of each first call."""
    us = ours.contender(row)
    reference, first = timed(us)
    result = {"key": row.key, "title": row.title, "unit": row.unit, "ours_first_call_s": first, "peers": []}
    everyone_ours = []
    for peer in peers:
        for name, (run, share) in peer.contenders(row).items():
            final, first = timed(run)
            if final is not None and not work.same_work(row, reference, final):
                raise AssertionError(f"{name} does not do the work of row {row.key}")
            pairs = []
            for _ in range(rounds if first < 5 else 3):
                pairs.append([timed(us)[1] / row.units * 1e9, timed(run)[1] / (row.units * share) * 1e9])
            own, other = np.array(pairs).T
            everyone_ours.extend(own)
            ratio = np.percentile(other / own, [25, 50, 75])
            result["peers"].append(
                {"name": name, "ns": float(np.median(other)), "ratio": ratio.tolist(), "first_call_s": first}
            )
    result["ours_ns"] = float(np.median(everyone_ours))
    return result


def timed(run) -> tuple[np.ndarray | None, float]:
    """What `run()` returns, and the seconds of processor time it takes."""
    start = process_time()
    result = run()
    return result, process_time() - start


if __name__ == "__main__":
    main()
