"""The work that is timed: rows of nine kinds, each with its problem, its size and a check that a contender did the work."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.datasets import load_digits

RNG = np.random.default_rng(0)

# A, G: Euler-Maruyama in one dimension, d phi = phi (1 - phi^2) dt + sqrt(0.1 (1 + phi^2)) dW.
DT = 0.01

# B, I: ten dimensions, d phi = -H phi dt + G dW with constant G; I takes exact steps.
_Q = np.linalg.qr(RNG.normal(size=(10, 10)))[0]
H = _Q @ np.diag(np.linspace(0.5, 2.0, 10)) @ _Q.T
G = np.linalg.cholesky(0.1 * np.eye(10) + 0.02)

# C, F: SGD on scalar parabolas h_k (phi - x_k)^2 / 2.
CURVATURES, POINTS = RNG.uniform(0.5, 1.5, 100), RNG.normal(size=100)

# D, H: SGD on least squares.
FEATURES = RNG.normal(size=(1000, 10))
TARGETS = FEATURES.sum(axis=1) + RNG.normal(size=1000)

# E: SGD on logistic regression, digits above 4 against the rest.
DIGITS = load_digits().data / 16.0
ABOVE_FOUR = (load_digits().target > 4).astype(float)

ETA = {"C": 0.1, "D": 0.01, "E": 0.1, "F": np.linspace(0.02, 0.3, 8)}
SIZES_OF_SWEEP = [1, 2, 4, 8, 16, 32]


@dataclass(frozen=True)
class Row:
    """One row of the table.

    Attributes
    ----------
    key : str
        Name of the row, with the batch size where there is one: "A", "C8".
    title, unit : str
        What is done, and what a nanosecond is counted for.
    chains, steps : int
        Size of the work.
    units_per_step : int
        Units in one step of one chain: coordinates for B and I, settings for F.
    batch : int
        Batch size.
    """

    key: str
    title: str
    unit: str
    chains: int
    steps: int
    units_per_step: int = 1
    batch: int = 1

    @property
    def units(self) -> int:
        return self.chains * self.steps * self.units_per_step


ROWS = [
    Row("A", "Euler-Maruyama, 1-D, noise of the state", "path × step", 10_000, 1000),
    Row("B", "Euler-Maruyama, d = 10, constant noise", "path × step × dim", 2000, 200, 10),
    Row("C1", "SGD, scalar parabolas, n = 100, B = 1", "chain × step", 10_000, 500),
    Row("C8", "SGD, scalar parabolas, n = 100, B = 8", "chain × step", 10_000, 100, batch=8),
    Row("C64", "SGD, scalar parabolas, n = 100, B = 64", "chain × step", 10_000, 20, batch=64),
    Row("D1", "SGD, least squares, n = 1,000, d = 10, B = 1", "chain × step", 2000, 300),
    Row("D8", "SGD, least squares, n = 1,000, d = 10, B = 8", "chain × step", 2000, 60, batch=8),
    Row("D64", "SGD, least squares, n = 1,000, d = 10, B = 64", "chain × step", 2000, 16, batch=64),
    Row("E1", "SGD, logistic, n = 1,797, d = 64, B = 1", "chain × step", 500, 300),
    Row("E8", "SGD, logistic, n = 1,797, d = 64, B = 8", "chain × step", 500, 60, batch=8),
    Row("E64", "SGD, logistic, n = 1,797, d = 64, B = 64", "chain × step", 500, 12, batch=64),
    Row("F", "sweep of 8 × 6 settings of (η, B), scalar parabolas", "setting × chain × step", 2000, 60, 48),
    Row("G", "A, recorded at 100 times", "path × step", 10_000, 1000),
    Row("H", "D at B = 1, running moments only", "chain × step", 2000, 300),
    Row("I", "exact Ornstein-Uhlenbeck path, d = 10, recorded at 20 times", "path × step × dim", 2000, 200, 10),
]
BY_KEY = {row.key: row for row in ROWS}


def drift(phi):
    """Drift of row A, for any array library."""
    return phi * (1.0 - phi * phi)


def noise_variance(phi):
    """Square of the noise factor of row A."""
    return 0.1 * (1.0 + phi * phi)


def records(states: np.ndarray) -> np.ndarray:
    """Recorded states (R, m, ...) as (m, R, ...), the form in which a contender of row G or I returns them."""
    return np.moveaxis(np.asarray(states), 0, 1)


def with_moments(final: np.ndarray, mean: np.ndarray, second: np.ndarray) -> np.ndarray:
    """What a contender of row H returns: final states, time averages, and time averages of products, (m, 10 + 10 + 100)."""
    return np.hstack([final, mean, np.reshape(second, (len(final), -1))])


def same_work(row: Row, reference: np.ndarray, final: np.ndarray) -> bool:
    """Whether what is returned (m, ...) has the mean and the variance of the reference's, to six standard errors.

    Coordinates are checked one by one; a contender may return fewer chains than the reference.
    """
    a, b = (np.asarray(x, dtype=float).reshape(len(x), -1) for x in (reference, final))
    for power in (1, 2):
        x, y = ((z - a.mean(axis=0)) ** power for z in (a, b))
        error = np.sqrt(x.var(axis=0) / len(x) + x.var(axis=0) / len(y)) + 1e-12
        if not (np.abs(x.mean(axis=0) - y.mean(axis=0)) < 6 * error).all():
            return False
    return True
