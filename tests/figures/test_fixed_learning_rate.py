"""Chapter 2's figures, read back."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from reading import assert_on, bars, histograms, line, lines, share_of, three_settings
from scipy.special import ndtr

from sgdsde_helpers.figures import fixed_learning_rate as figures
from sgdsde_helpers.figures.style import FLOW, PREDICTION
from sgdsde_helpers.losses import DoubleWell, MeanEstimation
from sgdsde_helpers.measure import mean_and_error
from sgdsde_helpers.simulation import sgd

SKEWED = MeanEstimation(np.array([0.0, 0.0, 1.0, 5.0]))


def flow_and_noise(loss, start, times, batch_size):
    """Gradient flow and C(t) by small steps of Heun's rule."""
    state, found, at = np.array([start, 0.0]), [], 0.0
    field = lambda y: np.array(
        [-float(loss.gradient(y[0])), float(-2 * loss.hessian(y[0]) * y[1] + loss.covariance(y[0]) / batch_size)]
    )
    for t in times:
        pieces = max(1, int(np.ceil((t - at) / 2e-3)))
        for _ in range(pieces):
            h = (t - at) / pieces
            middle = state + h * field(state)
            state = state + h / 2 * (field(state) + field(middle))
        found.append(state)
        at = t
    return np.array(found).T


def test_two_clocks_count_steps_and_time():
    run = SimpleNamespace(t=np.arange(9) * 0.25, states=np.random.default_rng(1).normal(size=(9, 2)))
    times, flow = np.linspace(0, 2, 5), np.arange(5.0)
    left, right = figures.two_clocks({0.25: run}, times, flow).axes
    assert lines(left)[1] == pytest.approx(np.c_[np.arange(9), run.states[:, 1]])
    assert lines(right)[0] == pytest.approx(np.c_[run.t, run.states[:, 0]])
    assert line(right, "gradient flow") == pytest.approx(np.c_[times, flow])


def test_fluctuations_lie_on_the_square_root():
    etas, size, t = np.array([1 / 256, 1 / 128, 1 / 64, 1 / 32]), 4, 1.0
    c = float(SKEWED.covariance(0.0)) * (1 - np.exp(-2 * t)) / 2 / size
    found = []
    for k, eta in enumerate(etas):
        run = dict(n_steps=round(t / eta), n_chains=1000, start=4.0, batch_size=size, seed=40 + k)
        square, error = mean_and_error((sgd(SKEWED, eta, **run).final - 1.5 - 2.5 * np.exp(-t)) ** 2)
        found.append([np.sqrt(square), error / 2 / np.sqrt(square)])
    arms = {"SGD": np.array(found).T, "Gaussian SGD": np.array(found).T, "SDE": np.array(found).T}
    times, scaled = np.array([0.0, 0.5, 1.0]), {1 / 32: np.array([0.0, 0.3, 0.4])}
    left, right = figures.fluctuations(times, scaled, np.array([0.0, 0.31, 0.41]), etas, arms, c).axes
    curve = line(right, r"$\sqrt{\eta\,C}$")
    assert curve[:, 1] ** 2 == pytest.approx(etas * c)
    for marks, shift in zip(bars(right), (0.93, 1.0, 1.07), strict=True):
        assert_on(marks, np.c_[etas, curve[:, 1]], shift=shift)
    assert line(left, r"$\sqrt{C(t)}$") == pytest.approx(np.c_[times, [0.0, 0.31, 0.41]])
    assert line(left, r"$\eta = 1/32$") == pytest.approx(np.c_[times, scaled[1 / 32]])


def test_window_laws_stand_beside_the_standard_gaussian():
    sample = np.random.default_rng(2).normal(size=3000) * 1.7
    for ax in figures.window_laws({2: sample, 9: sample}).axes:
        ((heights, edges),) = histograms(ax)
        assert heights == pytest.approx(share_of(sample, edges))
        ((x, y),) = (drawn.T for drawn in lines(ax, PREDICTION))
        assert np.cumsum(y) * (x[1] - x[0]) == pytest.approx(ndtr(x + (x[1] - x[0]) / 2), abs=1e-3)


def test_widget_of_paths_draws_two_deviations_of_the_batch_at_hand():
    well = DoubleWell(noise=0.4)
    panel = partial(figures.path_panel, loss=well, start=0.3)
    for (ax,), eta, size, caption in three_settings(panel, [(1 / 64, 1), (1 / 16, 8), (1 / 128, 4)]):
        (drawn,) = lines(ax, FLOW)
        flow, c = flow_and_noise(well, 0.3, drawn[:, 0], size)
        assert drawn[:, 1] == pytest.approx(flow, abs=1e-4)
        band = ax.collections[0].get_paths()[0].vertices
        for t, centre, deviation in zip(drawn[:, 0], flow, np.sqrt(eta * c), strict=True):
            edge = band[np.isclose(band[:, 0], t), 1]
            assert edge.max() == pytest.approx(centre + 2 * deviation, abs=2e-4)
            assert edge.min() == pytest.approx(centre - 2 * deviation, abs=2e-4)
        half = len(drawn) // 2
        assert f"predicted {np.sqrt(eta * c[half]):.3f}"[:14] in caption
