"""Times the package on nine kinds of work, in turn with what a reader would use instead, and writes the table.

    make bench          everything; writes results.json and results.md beside this file, and the picture of the book's page
    make bench-quick    the package and the plain NumPy loop only, in under two minutes; writes nothing
    python benchmarks/run.py --rows A C1

One core, float64, processor time. In each round every contender of every row is timed just after ours, so that a slow spell of a
shared machine falls on both, and no row gets all of it; a ratio is taken within each round. Printed are medians over rounds,
and the quartiles of the ratios.
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

PEERS = [
    "numpy_plain",
    "jax_scan",
    "torch_loops",
    "torchsde_library",
    "diffrax_library",
    "small_libraries",
    "numba_fused",
]


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the simulations.")
    parser.add_argument("--quick", action="store_true", help="the package and the plain NumPy loop only")
    parser.add_argument(
        "--rows", nargs="+", choices=list(work.BY_KEY), default=list(work.BY_KEY), help="these rows only"
    )
    parser.add_argument("--rounds", type=int, default=11)
    options = parser.parse_args()
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    if cores:
        os.sched_setaffinity(0, {max(cores)})
    rounds = min(options.rounds, 5) if options.quick else options.rounds
    peers = load_peers(PEERS[:1] if options.quick else PEERS)
    machine = report.machine()
    print(report.heading(machine))
    contests = [contest(work.BY_KEY[key], peers) for key in options.rows]
    for done in range(rounds):
        print(f"round {done + 1} of {rounds}", flush=True)
        for each in contests:
            play(each, done)
    rows = [outcome(each) for each in contests]
    print("\n".join(map(report.row_lines, rows)))
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


def contest(row: work.Row, peers: list) -> dict:
    """Ours and its contenders on a row: each is run once, and must do the work; no round is played yet."""
    us = ours.contender(row)
    reference, first = timed(us)
    found = {"row": row, "ours": us, "ours_first_call_s": first, "peers": []}
    for peer in peers:
        for name, (run, share) in peer.contenders(row).items():
            final, first = timed(run)
            if final is not None and not work.same_work(row, reference, final):
                raise AssertionError(f"{name} does not do the work of row {row.key}")
            found["peers"].append({"name": name, "run": run, "share": share, "first_call_s": first, "pairs": []})
    return found


def play(each: dict, done: int) -> None:
    """One more round: ours and then a contender, for every contender; a slow one sits out after three."""
    units = each["row"].units
    for peer in each["peers"]:
        if done < 3 or peer["first_call_s"] < 5:
            own, other = timed(each["ours"])[1], timed(peer["run"])[1]
            peer["pairs"].append([own / units * 1e9, other / (units * peer["share"]) * 1e9])


def outcome(each: dict) -> dict:
    """Nanoseconds per unit of ours and of each contender, medians, and quartiles of the ratios within the rounds."""
    row, peers = each["row"], []
    for peer in each["peers"]:
        own, other = np.array(peer["pairs"]).T
        ratio = np.percentile(other / own, [25, 50, 75]).tolist()
        peers.append(
            {"name": peer["name"], "ns": float(np.median(other)), "ratio": ratio, "first_call_s": peer["first_call_s"]}
        )
    everyone_ours = np.concatenate([np.array(peer["pairs"])[:, 0] for peer in each["peers"]])
    return {
        "key": row.key,
        "title": row.title,
        "unit": row.unit,
        "ours_first_call_s": each["ours_first_call_s"],
        "peers": peers,
        "ours_ns": float(np.median(everyone_ours)),
    }


def timed(run) -> tuple[np.ndarray | None, float]:
    """What `run()` returns, and the seconds of processor time it takes."""
    start = process_time()
    result = run()
    return result, process_time() - start


if __name__ == "__main__":
    main()
