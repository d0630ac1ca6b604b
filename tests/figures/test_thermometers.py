"""What the figures of chapter 17 draw, read back, and held to routes of their own."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from reading import bars, line, marks

from sgdsde_helpers.figures import thermometers as figures
from sgdsde_helpers.losses import LeastSquares
from sgdsde_helpers.simulation import sgd

RNG = np.random.default_rng(1)
LOSS = LeastSquares(RNG.normal(size=(40, 3)) * [1.0, 0.7, 2.0], RNG.normal(size=40))


def covariance_by_iteration(loss, eta, size):
    """Stationary second moment about the minimiser, by iterating the map of one step."""
    X, best, n = loss.X, loss.minimiser, loss.n
    d = X.shape[1]
    noise = (X @ best - loss.y)[:, None] * X
    h, s = X.T @ X / n, np.zeros((d, d))
    for _ in range(int(60 / (eta * np.linalg.eigvalsh(h)[0]))):
        spread = np.einsum("ki,ij,kj,kl,km->lm", X, s, X, X, X, optimize=True) / n + noise.T @ noise / n - h @ s @ h
        s = (np.eye(d) - eta * h) @ s @ (np.eye(d) - eta * h) + eta**2 / size * spread
    return h, s, noise.T @ noise / n


def test_ratios_and_changes():
    etas, ratios = np.array([0.1, 0.2, 0.4]), np.array([1.02, 1.01, 1.005])
    changes, errors = np.array([-0.3, -0.2, -0.5]), np.array([0.1, 0.1, 0.2])
    left, right = figures.ratio_and_change(etas, ratios, changes, errors).axes
    np.testing.assert_allclose(left.get_lines()[0].get_xydata(), np.c_[etas, ratios - 1])
    np.testing.assert_allclose(right.containers[0].lines[0].get_xydata(), np.c_[etas, changes])
    expected = (-0.3 / 0.01 - 0.2 / 0.01 - 0.5 / 0.04) / (1 / 0.01 + 1 / 0.01 + 1 / 0.04)
    assert line(right, "their mean")[0, 1] == pytest.approx(expected)


def test_bracket_draws_each_relation():
    sizes = np.array([8, 32])
    ratios = {name: (np.array([k, k + 0.1]), np.array([0.1, 0.1])) for k, name in enumerate(("a", "b", "c"))}
    ax = figures.bracket(sizes, ratios).axes[0]
    for name, (ratio, _) in ratios.items():
        np.testing.assert_allclose(marks(ax, name), np.c_[sizes, ratio])


@pytest.mark.parametrize("size", [1, 4])
def test_heat_curve_and_its_slope(size):
    etas = np.array([0.02, 0.05])
    lowest = LOSS.loss(LOSS.minimiser)
    ax = figures.heat(LOSS, size, etas, lowest + etas, etas / 10).axes[0]
    for eta, value in line(ax, "exact")[[20, -1]]:
        h, s, _ = covariance_by_iteration(LOSS, eta, size)
        assert value == pytest.approx(np.trace(h @ s) / 2, rel=1e-6)
    noise = covariance_by_iteration(LOSS, 0.01, size)[2]
    slope = line(ax, next(a.get_label() for a in ax.get_lines() if "heat" in a.get_label()))
    np.testing.assert_allclose(slope[:, 1], np.trace(noise) / (4 * size) * slope[:, 0], rtol=1e-9)
    np.testing.assert_allclose(marks(ax, "SGD"), np.c_[etas, etas])


@pytest.mark.parametrize("eta, size", [(0.05, 1), (0.1, 4), (0.4, 16)])
def test_the_widget_predicts_by_a_route_of_the_tests_own(eta, size):
    """Both relations by iterating the chain's map; the marks within 5 of their own errors (false alarm 1e-5 in all)."""
    _, ax = plt.subplots()
    caption = figures.relation_panel(ax, eta, size, seed=5, chains=600)
    h, s, noise = covariance_by_iteration(figures.WIDGET_LOSS, eta, size)
    unit = eta * np.trace(noise) / (2 * size)
    dissipation, squared = np.trace(h @ s), np.trace(h @ s @ h)
    assert line(ax, "SGD, exact")[0, 1] == pytest.approx(dissipation / unit, rel=1e-6)
    assert line(ax, "central covariance")[0, 1] == pytest.approx((dissipation - eta / 2 * squared) / unit, rel=1e-6)
    for bar in ax.containers:
        (_, value), segment = bar.lines[0].get_xydata()[0], bar.lines[2][0].get_segments()[0]
        assert abs(value - dissipation / unit) < 5 * (segment[1, 1] - segment[0, 1]) / 4  # bars are 2 errors each way
    plan = {"n_steps": 120, "burn_in": max(40, round(4 / eta)), "record": 40, "n_chains": 600, "seed": 5}
    chains = np.swapaxes(sgd(figures.WIDGET_LOSS, eta, batch_size=size, **plan).states, 0, 1)
    of_chain = [np.mean([phi @ figures.WIDGET_LOSS.gradient(phi) for phi in chain]) / unit for chain in chains]
    left = bars(ax, "measured")[0][:, 0]
    np.testing.assert_allclose(left[1:], [np.mean(of_chain), np.std(of_chain, ddof=1) / np.sqrt(600)], rtol=1e-9)
    stated = float(re.search(r"predicted ([\d.]+),", caption)[1])
    assert stated == pytest.approx(dissipation / unit, abs=0.006)
    plt.close("all")
