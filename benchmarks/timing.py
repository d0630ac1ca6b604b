"""Several runs timed in turn, so that a slow spell of the machine falls on all of them."""

from __future__ import annotations

from time import process_time

import numpy as np


def in_turn(runs: dict, units: dict | float, rounds: int, clock=process_time) -> dict:
    """Median nanoseconds per unit of each run, timed in turn."""
    times = {name: [] for name in runs}
    for run in runs.values():
        run()
    for _ in range(rounds):
        for name, run in runs.items():
            start = clock()
            run()
            times[name].append(clock() - start)
    return {name: float(np.median(t)) / (units[name] if isinstance(units, dict) else units) * 1e9 for name, t in times.items()}


def over(reference, runs: dict, rounds: int) -> dict:
    """How many times as long as `reference`, timed just before it, each run takes: medians over rounds."""
    ratios = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            pair = in_turn({"reference": reference, "run": run}, 1, 1)
            ratios[name].append(pair["run"] / pair["reference"])
    return {name: float(np.median(ratio)) for name, ratio in ratios.items()}
