"""Chapter 6's figures, read back."""

import numpy as np
import pytest
from reading import assert_on, bars, histograms, line, lines, share_of, three_settings

from sgdsde_helpers.figures import stochastic_differential_equation as figures
from sgdsde_helpers.figures.style import ARMS, FLOW, MUTED, PREDICTION, SGD

DATA = np.array([-0.5, -0.5, -0.5, -0.5, 2.0])


def cumulants(eta, size):
    """Variance and third cumulant of SGD as sums over all past draws, and the SDE's variance as an integral."""
    weights = eta * (1 - eta) ** np.arange(4000) / size
    t = np.linspace(0, 40, 40_001)
    sde = np.trapezoid(np.exp(-2 * t), t) * eta * np.mean(DATA**2) / size
    return size * (weights**2).sum() * np.mean(DATA**2), size * (weights**3).sum() * np.mean(DATA**3), sde


def test_walks_and_roughness():
    rng = np.random.default_rng(2)
    path = np.concatenate([[0.0], np.cumsum(rng.normal(size=4096) / 64)])
    left, right = figures.walks_and_roughness({0.25: np.array([0.0, 0.5, 0.0, 0.5, 1.0])}, path).axes
    assert lines(left)[0] == pytest.approx(np.c_[np.arange(5) / 4, [0.0, 0.5, 0.0, 0.5, 1.0]])
    length, squares = lines(right, PREDICTION)
    for n, mean in length:
        draws = np.abs(rng.normal(size=(2000, int(n) if n < 65 else 64)) / np.sqrt(n)).sum(axis=1) * max(1, n / 64)
        assert abs(draws.mean() - mean) < 4.5 * draws.std() / np.sqrt(2000)
    assert squares[:, 1] == pytest.approx(1.0)
    for power, label in ((1, r"$\sum |\Delta W|$"), (2, r"$\sum (\Delta W)^2$")):
        for n, total in line(right, label):
            assert total == pytest.approx((np.abs(np.diff(path[:: 4096 // int(n)])) ** power).sum())


def test_paths_and_zoom():
    t, x = np.arange(9) / 2, np.random.default_rng(1).normal(size=9)
    left, right = figures.paths_and_zoom({"SGD": (t, x)}, (t, np.exp(-t)), (1.0, 2.0)).axes
    for ax in (left, right):
        assert line(ax, "SGD") == pytest.approx(np.c_[t, x])
        assert line(ax, "gradient flow") == pytest.approx(np.c_[t, np.exp(-t)])
    (frame,) = left.patches
    assert (frame.get_x(), frame.get_x() + frame.get_width()) == right.get_xlim() == (1.0, 2.0)
    assert (frame.get_y(), frame.get_y() + frame.get_height()) == pytest.approx(right.get_ylim())
    assert frame.get_edgecolor() != MUTED


def test_arms_lie_on_their_lines():
    etas = [0.1, 0.3, 0.7]
    samples = [figures.stationary_arms(eta, 1, seed=50 + 3 * k, chains=20_000) for k, eta in enumerate(etas)]
    left, right = figures.arms_against_eta(etas, samples).axes
    curves = dict(zip(ARMS, zip(lines(left, PREDICTION), lines(right, PREDICTION), strict=True), strict=True))
    for eta, *drawn in zip(*(curves["SGD"][i][:, j] for i, j in ((0, 0), (0, 1), (1, 1))), strict=True):
        variance, third, sde = cumulants(eta, 1)
        assert drawn == pytest.approx([variance / sde, third / variance**1.5], rel=1e-4)
    assert curves["Gaussian SGD"][0] == pytest.approx(curves["SGD"][0])
    assert curves["SDE"][0][:, 1] == pytest.approx(1.0)
    for ax, i in ((left, 0), (right, 1)):
        for k, marks in enumerate(bars(ax)):
            name = list(ARMS)[k // len(etas)] if len(bars(ax)) == 9 else None
            name = name or ax.containers[k].get_label()
            assert_on(marks, curves[name][i], shift=0.95 if name == "Gaussian SGD" else 1.0)


def test_widget_draws_the_arms_on_the_ruler_of_the_sde():
    for (left, right), eta, size, caption in three_settings(figures.arms_panels, [(0.2, 1), (0.8, 4), (0.4, 16)], 2):
        variance, third, sde = cumulants(eta, size)
        (flow,) = lines(left, FLOW)
        assert flow[:, 1] == pytest.approx(1.5 * np.exp(-flow[:, 0]))
        (steps,) = lines(left, SGD)
        assert np.diff(steps[:, 0]) == pytest.approx(eta)
        (legend,) = right.figure.legends
        assert [text.get_text() for text in legend.get_texts()] == list(ARMS)
        samples = figures.stationary_arms(eta, size, 3, chains=5000)
        for (heights, edges), (name, sample) in zip(histograms(right), samples.items(), strict=True):
            assert heights == pytest.approx(share_of(sample / np.sqrt(sde), edges))
            exact = sde if name == "SDE" else variance
            assert abs(sample.var() / exact - 1) < 4.5 * np.sqrt(2.6 / 5000)
        assert f"variance predicted {variance:.4g} for SGD and Gaussian SGD" in caption
        assert f"predicted {sde:.4g} for the SDE" in caption
        assert f"Skewness of SGD predicted {third / variance**1.5:.2f}" in caption
