"""The plain loop in NumPy: the whole ensemble in one array, one line a step."""

from __future__ import annotations

import numpy as np
import work
from work import Row


def contenders(row: Row) -> dict:
    return {
        "NumPy, plain loop": (
            {"A": paths, "G": paths, "B": linear, "I": linear, "F": separate}.get(row.key[0], chains)(row),
            1.0,
        )
    }


def paths(row: Row):
    every = row.steps // 100 if row.key == "G" else row.steps

    def run():
        rng, phi, kept = np.random.default_rng(2), np.zeros(row.chains), []
        for i in range(row.steps):
            dW = np.sqrt(work.DT) * rng.standard_normal(row.chains)
            phi = phi + work.drift(phi) * work.DT + np.sqrt(work.noise_variance(phi)) * dW
            if (i + 1) % every == 0:
                kept.append(phi)
        return work.records(kept) if row.key == "G" else phi

    return run


def linear(row: Row):
    decay, root = transition(row.key)
    every = row.steps // 20 if row.key == "I" else row.steps

    def run():
        rng, phi, kept = np.random.default_rng(2), np.ones((row.chains, 10)), []
        for i in range(row.steps):
            phi = phi @ decay.T + rng.standard_normal(phi.shape) @ root.T
            if (i + 1) % every == 0:
                kept.append(phi)
        return work.records(kept) if row.key == "I" else phi

    return run


def transition(key: str) -> tuple[np.ndarray, np.ndarray]:
    """Factor of the state and of the noise in one step: of Euler-Maruyama for row B, exact for row I."""
    if key == "B":
        return np.eye(10) - work.H * work.DT, np.sqrt(work.DT) * work.G
    from sgdsde_helpers.theory.moments.ornstein_uhlenbeck import transition as exact

    decay, added = exact(work.H, work.G @ work.G.T, work.DT)
    return decay, np.linalg.cholesky(added)


def gradient_of(row: Row):
    """The minibatch gradient (phi, index (m, B)) of rows C, D, E, H."""
    key = row.key[0]
    if key in "CF":
        h, hx = work.CURVATURES, work.CURVATURES * work.POINTS
        return lambda phi, index: h[index].mean(axis=1) * phi - hx[index].mean(axis=1)
    x, y = (work.DIGITS, work.ABOVE_FOUR) if key == "E" else (work.FEATURES, work.TARGETS)

    def gradient(phi, index):
        rows = x[index]
        z = np.einsum("mbd,md->mb", rows, phi)
        residual = (1 / (1 + np.exp(-z)) if key == "E" else z) - y[index]
        return np.einsum("mb,mbd->md", residual, rows) / index.shape[1]

    return gradient


def chains(row: Row):
    gradient, eta = gradient_of(row), work.ETA["D" if row.key == "H" else row.key[0]]
    n = {"C": 100, "E": len(work.DIGITS)}.get(row.key[0], 1000)
    shape = {"C": (), "E": (64,)}.get(row.key[0], (10,))

    def run():
        rng, phi = np.random.default_rng(2), np.zeros((row.chains, *shape))
        total, products = np.zeros_like(phi), 0.0
        for _ in range(row.steps):
            phi = phi - eta * gradient(phi, rng.integers(0, n, size=(row.chains, row.batch)))
            if row.key == "H":
                total += phi
                products = products + phi[:, :, None] * phi[:, None, :]
        return work.with_moments(phi, total / row.steps, products / row.steps) if row.key == "H" else phi

    return run


def separate(row: Row):
    gradient = gradient_of(row)

    def run():
        rng = np.random.default_rng(2)
        final = np.zeros((row.chains, len(work.SIZES_OF_SWEEP), len(work.ETA["F"])))
        for j, size in enumerate(work.SIZES_OF_SWEEP):
            for i, eta in enumerate(work.ETA["F"]):
                phi = final[:, j, i].copy()
                for _ in range(row.steps):
                    phi = phi - eta * gradient(phi, rng.integers(0, 100, size=(row.chains, size)))
                final[:, j, i] = phi
        return final.transpose(0, 2, 1)

    return run
