"""Chapter 12's figures, read back."""

from functools import partial

import numpy as np
import pytest
from reading import assert_on, bars, line, lines, three_settings
from scipy.stats import t as student

from sgdsde_helpers.figures import seldom_found as figures
from sgdsde_helpers.figures.style import SGD
from sgdsde_helpers.losses import ScalarQuadratic

RNG = np.random.default_rng(9)
TAILED = ScalarQuadratic(h=[0.5, 0.5, 3.0, 3.0], x=[2.0, -2.0, 1 / 3, -1 / 3])


def test_odds_have_the_slopes_given():
    etas = np.array([0.05, 0.1, 0.2])
    odds = {"SGD": 0.7 / etas + 1, "Gaussian SGD": 0.5 / etas, "SDE": 0.5 / etas}
    (ax,) = figures.odds(etas, odds, {"all": 0.7, "two": 0.5}).axes
    for arm, values in odds.items():
        assert line(ax, f"{arm}, exact") == pytest.approx(np.c_[1 / etas, values])
    assert line(ax, "all")[:, 1] == pytest.approx(odds["SGD"])
    assert line(ax, "two")[:, 1] == pytest.approx(odds["SDE"])


def test_tails_count_both_sides():
    r, final = np.geomspace(0.1, 20, 65), RNG.standard_t(2, size=20_000)
    exact = 1 - r / np.sqrt(2 + r**2)  # P(|T| > r) of Student's t with two degrees of freedom
    for ax in figures.tails(r, [{"SGD": exact}] * 2, [{"SGD": final}] * 2, ["a", "b"]).axes:
        curve, dots = lines(ax, SGD)
        assert curve == pytest.approx(np.c_[r, exact])
        error = np.sqrt(dots[:, 1] * (1 - dots[:, 1]) / 20_000)
        assert_on(np.array([*dots.T, error]), curve[np.isin(r, dots[:, 0])])
        assert dots[:, 1].min() * 20_000 >= 20


def test_widget_draws_the_tails_of_the_batch_at_hand():
    panel = partial(figures.tail_panel, TAILED)
    for (ax,), eta, size, caption in three_settings(panel, [(0.75, 1), (0.6, 2), (0.7, 3)]):
        h, s2, s02 = TAILED.h.mean(), TAILED.h.var(), np.var(TAILED.h * TAILED.x)
        nu = 1 + 2 * h * size / (eta * s2)
        sde = line(ax, "SDE")
        assert sde[:, 1] == pytest.approx(2 * student.sf(sde[:, 0] / np.sqrt(s02 / s2 / nu), nu), rel=2e-3, abs=1e-7)
        phi, steps = np.zeros(20_000), np.random.default_rng(7)
        for _ in range(100):
            index = steps.integers(0, 4, size=(20_000, size))
            phi = phi - eta * (TAILED.h[index] * (phi[:, None] - TAILED.x[index])).mean(axis=1)
        curve = line(ax, "SGD")
        for r, p in curve[curve[:, 1] > 1e-3]:
            assert abs((np.abs(phi) > r).mean() - p) < 4.5 * np.sqrt(p / 20_000) + 2e-3 * p
        (marks,) = bars(ax)
        assert_on(marks, curve)
        found = caption.split("predicted ")[1].split(",")[0]
        assert float(found) == pytest.approx(curve[2, 1], abs=6e-3)
        assert f"the SDE {nu:.2f}" in caption
