"""The package on every row."""

from __future__ import annotations

import numpy as np
import work
from work import Row

from sgdsde_helpers.losses import LeastSquares, LogisticRegression, ScalarQuadratic
from sgdsde_helpers.simulation import euler_maruyama, ornstein_uhlenbeck, sgd, sgd_sweep

LOSSES = {
    "C": ScalarQuadratic(work.CURVATURES, work.POINTS),
    "D": LeastSquares(work.FEATURES, work.TARGETS),
    "E": LogisticRegression(work.DIGITS, work.ABOVE_FOUR),
}
ZERO = {"C": 0.0, "D": np.zeros(10), "E": np.zeros(64)}


def noise(phi: np.ndarray) -> np.ndarray:
    return np.sqrt(work.noise_variance(phi))


def contender(row: Row, chains: int | None = None):
    """A function that does the row's work and returns the final states, and what else is recorded."""
    m, key = chains or row.chains, row.key[0]
    k = {"n_steps": row.steps, "seed": 1}
    if key in "AG":
        k["record"] = row.steps // 100 if key == "G" else "final"
        paths = lambda: euler_maruyama(work.drift, noise, dt=work.DT, start=0.0, n_paths=m, **k)
        return (lambda: work.records(paths().states[1:])) if key == "G" else lambda: paths().final
    if key == "B":
        return lambda: (
            euler_maruyama(lambda p: p @ -work.H, work.G, dt=work.DT, start=np.ones(10), n_paths=m, **k).final
        )
    if key == "I":
        k["record"] = row.steps // 20
        exact = {"dt": work.DT, "start": np.ones(10), "n_paths": m}
        return lambda: work.records(ornstein_uhlenbeck(work.H, work.G @ work.G.T, **exact, **k).states[1:])
    if key == "F":
        etas, sizes = work.ETA["F"], work.SIZES_OF_SWEEP
        return lambda: np.moveaxis(sgd_sweep(LOSSES["C"], etas, sizes, n_chains=m, start=0.0, **k), 2, 0)
    if key == "H":
        return lambda: moments(sgd(LOSSES["D"], work.ETA["D"], n_chains=m, start=ZERO["D"], record="moments", **k))
    return lambda: sgd(LOSSES[key], work.ETA[key], batch_size=row.batch, n_chains=m, start=ZERO[key], **k).final


def moments(run) -> np.ndarray:
    return work.with_moments(run.final, run.mean, run.second + run.mean[:, :, None] * run.mean[:, None, :])
