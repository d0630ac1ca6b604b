"""Chapter 14's figures, read back."""

from functools import partial

import numpy as np
import pytest
from reading import assert_on, bars, ellipses, line, lines, three_settings

from sgdsde_helpers.figures import langevin_dynamics as figures
from sgdsde_helpers.figures.style import FLOW, PREDICTION, SGD
from sgdsde_helpers.losses import LeastSquares

RNG = np.random.default_rng(11)
X, Y = RNG.normal(size=(50, 2)) @ np.array([[1.0, 0.5], [0.0, 0.6]]), 0.3 * RNG.normal(size=50)
LOSS = LeastSquares(X, Y)
H = X.T @ X / 50
POSTERIOR = np.linalg.inv(H) / 50


def test_clouds_stand_at_the_posterior():
    centre, wide = np.array([0.2, -0.1]), 1.5 * POSTERIOR
    sample = RNG.multivariate_normal(centre, wide, 3000)
    for ax in figures.clouds([sample, sample], ["a", "b"], [wide, wide], centre, POSTERIOR).axes:
        assert ellipses(ax, color=FLOW)[0] == pytest.approx(POSTERIOR)
        assert ellipses(ax, color=PREDICTION)[0] == pytest.approx(wide)
        assert all(patch.center == pytest.approx(centre) for patch in ax.patches)
        assert lines(ax, SGD)[0] == pytest.approx(sample[:2500])


def test_step_bias():
    steps, fine = np.array([0.1, 0.3, 0.5]), np.linspace(0.1, 0.5, 9)
    predicted = 1 / (1 - fine)
    found = {"unadjusted": (predicted[::4] + 0.01, np.full(3, 0.02)), "MALA": (np.ones(3), np.full(3, 0.01))}
    (ax,) = figures.step_bias(steps, found, fine, predicted).axes
    curve = line(ax, r"$1/(1 - h\lambda/2)$")
    assert curve == pytest.approx(np.c_[fine, predicted])
    unadjusted, mala = bars(ax)
    assert unadjusted == pytest.approx(np.array([steps, *found["unadjusted"]]))
    assert_on(unadjusted, curve)
    assert_on(mala, lines(ax, FLOW)[0] * [3, 1])


def test_posterior_ratio_is_drawn_as_given():
    steps, ratios = np.array([1e-3, 1e-1]), {"B = 1": np.array([1.1, 30.0]), "B = 8": np.array([1.0, 4.0]), "B = 64": np.array([1.0, 1.3])}  # fmt: skip
    (ax,) = figures.posterior_ratio(steps, ratios).axes
    for name, ratio in ratios.items():
        assert line(ax, name) == pytest.approx(np.c_[steps, ratio])
    assert lines(ax, FLOW)[0][:, 1] == pytest.approx(1.0)


def test_widget_draws_the_covariance_of_sgld_at_the_batch_at_hand():
    panel = partial(figures.sgld_panels, LOSS, POSTERIOR)
    best = np.linalg.lstsq(X, Y, rcond=None)[0]
    gradients, deviations = X * (X @ best - Y)[:, None], X[:, :, None] * X[:, None, :] - H
    sigma = gradients.T @ gradients / 50
    for axes, h, size, caption in three_settings(panel, [(0.1, 4), (0.2, 16), (0.05, 1)], 2):
        s, a = np.zeros((2, 2)), np.eye(2) - h * H
        for _ in range(3000):
            wider = np.einsum("kij,jl,klm->im", deviations, s, deviations) / 50
            s = a @ s @ a + h**2 / size * (sigma + wider) + 2 * h / 50 * np.eye(2)
        for ax in axes:
            assert ellipses(ax, color=PREDICTION)[0] == pytest.approx(s)
            assert ellipses(ax, color=FLOW)[0] == pytest.approx(POSTERIOR)
            away = lines(ax, SGD)[0] - best
            distance = np.einsum("ki,ij,kj->k", away, np.linalg.inv(s), away)
            assert abs(distance.mean() - 2) < 4.5 * distance.std() / np.sqrt(len(distance))
        assert np.ptp(axes[1].get_xlim()) < np.ptp(axes[0].get_xlim()) / 3
        assert f"predicted {np.trace(np.linalg.solve(POSTERIOR, s)) / 2:.4g}"[:13] in caption
