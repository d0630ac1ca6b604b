"""What the figures of chapter 18 draw, read back, and held to routes of their own."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from reading import line, marks

from sgdsde_helpers.figures import linear_regression as figures
from sgdsde_helpers.losses import LeastSquares
from sgdsde_helpers.simulation import sgd

RNG = np.random.default_rng(1)
LOSS = LeastSquares(RNG.normal(size=(40, 3)) * [1.0, 0.7, 2.0], RNG.normal(size=40))


def test_excess_draws_each_theory_and_the_marks():
    etas, few = np.array([0.0024, 0.12]), np.array([0.1])  # the chapter's range
    curves = {name: etas * i + 1 for i, name in enumerate(figures.THEORIES)}
    fig = figures.excess({1: (etas, curves, (few, 2 * few, few)), 4: (etas, curves, (few, 3 * few, few))})
    for ax, factor in zip(fig.axes, (2, 3), strict=True):
        for name, values in curves.items():
            np.testing.assert_allclose(line(ax, name), np.c_[etas, values])
        np.testing.assert_allclose(marks(ax, "SGD"), np.c_[few, factor * few])


def test_edges_and_the_full_batch():
    sizes = np.array([1, 4])
    ax = figures.edges(sizes, np.array([0.1, 0.3]), np.array([0.2, 0.8]), 0.5).axes[0]
    np.testing.assert_allclose(line(ax, "SGD"), [(1, 0.1), (4, 0.3)])
    np.testing.assert_allclose(line(ax, "SDE"), [(1, 0.2), (4, 0.8)])
    assert (line(ax, r"$2/\lambda_{\max}$")[:, 1] == 0.5).all()


def test_epochs_against_kappa():
    kappa, share = np.array([0.1, 1.0]), np.array([0.01, 0.1])
    ax = figures.epochs(kappa, share, (1.1 * share, share / 10)).axes[0]
    np.testing.assert_allclose(line(ax, "predicted"), np.c_[kappa, share])
    np.testing.assert_allclose(marks(ax, "SGD, reshuffled"), np.c_[kappa, 1.1 * share])


@pytest.mark.parametrize(("eta", "batch_size"), [(0.02, 1), (0.05, 2), (0.1, 8)])
def test_the_widget_predicts_by_a_route_of_the_tests_own(eta, batch_size):
    """Frozen noise by its trace, the chain by iterating its map; fails without B, or with eta for its half."""
    _, ax = plt.subplots()
    caption = figures.settling_panel(LOSS, ax, eta, batch_size, seed=3, chains=40)
    X, best = LOSS.X, LOSS.minimiser
    noise = (X @ best - LOSS.y)[:, None] * X
    assert line(ax, "frozen noise")[0, 1] == pytest.approx(eta / 4 / batch_size * (noise**2).sum() / 40, rel=1e-9)
    h, s = X.T @ X / 40, np.zeros((3, 3))
    for _ in range(20_000):
        spread = np.einsum("ki,ij,kj,kl,km->lm", X, s, X, X, X, optimize=True) / 40 + noise.T @ noise / 40 - h @ s @ h
        s = (np.eye(3) - eta * h) @ s @ (np.eye(3) - eta * h) + eta**2 / batch_size * spread
    exact = line(ax, "exact chain")[0, 1]
    assert exact == pytest.approx(np.trace(h @ s) / 2, rel=1e-6)
    assert f"exact chain {exact:.5f}" in caption
    plan = {"n_steps": round(150 / eta), "record": round(1 / eta), "n_chains": 40, "seed": 3}
    states = sgd(LOSS, eta, batch_size=batch_size, **plan).states
    chains = np.array(
        [[((X @ phi - LOSS.y) ** 2 - (X @ best - LOSS.y) ** 2).mean() / 2 for phi in at] for at in states]
    )
    np.testing.assert_allclose(line(ax, "mean of 40 chains")[:, 1], np.mean(chains, axis=1), atol=1e-12)
    late = [chain[len(states) // 2 :].mean() for chain in chains.T]
    assert f"excess loss {np.mean(late):.5f} ± {np.std(late, ddof=1) / np.sqrt(40):.5f} for t > 75" in caption
    plt.close()
