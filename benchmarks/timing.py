"""Several runs timed in turn, so that a slow spell of the machine falls on all of them."""

from __future__ import annotations

from time import process_time

import numpy as np


def in_turn(runs: dict, units: dict | float, rounds: int, clock=process_time) -> dict:
    """Median nanoseconds per unit of each run, timed in turn."""
    return {name: float(np.median(ns)) for name, ns in times_in_turn(runs, units, rounds, clock).items()}


def times_in_turn(runs: dict, units: dict | float, rounds: int, clock=process_time) -> dict:
    """Nanoseconds per unit of each run, round by round; each has run once before."""
    times = {name: [] for name in runs}
    for run in runs.values():
        run()
    for _ in range(rounds):
        for name, run in runs.items():
            start = clock()
            run()
            times[name].append((clock() - start) / (units[name] if isinstance(units, dict) else units) * 1e9)
    return times
