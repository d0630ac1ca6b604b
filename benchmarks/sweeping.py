"""What a sweep costs beside its settings' own work, and what a second core brings: `python benchmarks/sweeping.py`.

Writes sweeping.json and sweeping.md beside this file, which the appendix on sweeps includes. Wall clock, the quickest of
five runs, on a machine of two cores that should do nothing else; needs dask.distributed. Takes half a minute.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import report

from sgdsde_helpers.losses import MeanEstimation
from sgdsde_helpers.simulation import sgd
from sgdsde_helpers.sweeps import grid, sweep

IDLE, BUSY, ROUNDS, STEPS = 200, 16, 5, 2500


def nothing(x, seed):
    return 0.0


def chains(x, seed):
    """About a quarter of a second."""
    return sgd(MeanEstimation([-1.0, 1.0]), 0.1, n_steps=STEPS, n_chains=20_000, seed=seed).final.var()


@contextmanager
def here():
    yield None


def processes(workers: int):
    return lambda: ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


@contextmanager
def cluster(trim: bool):
    """Two workers of Dask's; it has the C library give every freed page back, unless its variable is left out."""
    import dask
    from distributed import Client, LocalCluster

    threads = {"OMP_NUM_THREADS": 1, "OPENBLAS_NUM_THREADS": 1}
    dask.config.set(
        {"distributed.nanny.pre-spawn-environ": threads | ({"MALLOC_TRIM_THRESHOLD_": 65536} if trim else {})}
    )
    k = {"n_workers": 2, "threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": ":0"}
    with LocalCluster(**k, silence_logs=logging.CRITICAL) as two, Client(two) as client:
        yield client.get_executor()


EXECUTORS = {
    "here": here,
    "one process": processes(1),
    "two processes": processes(2),
    "Dask, two workers": lambda: cluster(trim=False),
    "Dask as it comes": lambda: cluster(trim=True),
}


def main() -> None:
    parser = argparse.ArgumentParser(description="What a sweep costs.")
    parser.add_argument("--note", default="nothing else ran", help="what else the machine did, for the page")
    note = parser.parse_args().note
    found = {"machine": report.machine(), "date": f"{datetime.now(UTC):%Y-%m-%d}", "rounds": ROUNDS, "note": note}
    found["executors"] = {name: measured(executor) for name, executor in EXECUTORS.items()}
    (HERE / "sweeping.json").write_text(json.dumps(found, indent=1) + "\n")
    (HERE / "sweeping.md").write_text(report.sweeping_page(found))
    print(report.sweeping_page(found))


def measured(executor) -> dict:
    """Seconds until the first result, milliseconds of a setting that does nothing, and seconds of the busy settings."""
    start = perf_counter()
    with executor() as workers:
        sweep(chains, grid(x=[-1, -2]), seed=1, executor=workers)  # both workers have imported what they need
        first = perf_counter() - start
        plain = [seconds(nothing, IDLE, workers) for _ in range(ROUNDS)]
        with TemporaryDirectory() as folder:
            stored = [seconds(nothing, IDLE, workers, store=f"{folder}/{k}") for k in range(ROUNDS)]
            found = seconds(nothing, IDLE, workers, store=f"{folder}/0")
        busy = [seconds(chains, BUSY, workers) for _ in range(ROUNDS)]
    per_setting = {"plain": min(plain), "stored": min(stored), "found": found}
    return {
        "first_s": first,
        "ms": {name: s / IDLE * 1e3 for name, s in per_setting.items()},
        "busy_s": min(busy) / BUSY,
    }


def seconds(function, settings: int, workers, **k) -> float:
    start = perf_counter()
    _ = sweep(function, grid(x=range(settings)), seed=1, executor=workers, **k).values
    return perf_counter() - start


if __name__ == "__main__":
    main()
