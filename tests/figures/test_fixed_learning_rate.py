"""Chapter 2's figures, read back."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from reading import assert_on, bars, histograms, line, lines, share_of, three_settings
from scipy.special import ndtr

from sgdsde_helpers.figures import fixed_learning_rate as figures
from sgdsde_helpers.figures.style import ARMS, FLOW, MUTED, PREDICTION
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


def test_the_u_draws_what_it_is_given_and_points_at_the_bottom():
    steps, distances = np.array([1, 4, 16]), {"SGD": np.array([0.1, 0.03, 0.1]), "SDE": np.array([0.0, 0.01, 0.05])}
    sides = np.array([0.1, 0.02, 0.01]), np.array([0.01, 0.02, 0.1])
    (ax,) = figures.u_shape(steps, distances, np.array([0.11, 0.04, 0.11]), sides, (4, 0.03)).axes
    assert [drawn[:, 1].tolist() for drawn in lines(ax, MUTED, "--")] == [list(side) for side in sides]
    assert line(ax, "predicted") == pytest.approx(np.c_[steps, [0.11, 0.04, 0.11]])
    assert line(ax, "SGD") == pytest.approx(np.c_[steps, distances["SGD"]])
    assert line(ax, "SDE")[:, 0].tolist() == [4, 16]  # a distance of zero has no place on a logarithmic axis
    (note,) = ax.texts
    assert note.xy == (4, 0.03)


def test_universal_window_draws_what_it_is_given():
    s, etas = np.array([0.3, 1.0, 3.0]), np.array([1e-3, 1e-2])
    bottoms = {"at the minimiser": (etas, np.array([0.01, 0.03]), np.array([0.011, 0.031]))}
    left, right = figures.universal_window({"a": (s, s**2)}, (s, s + 1), bottoms).axes
    assert line(left, "$f(s)$") == pytest.approx(np.c_[s, s + 1])
    assert line(left, "a") == pytest.approx(np.c_[s, s**2])
    assert line(right, "at the minimiser") == pytest.approx(np.c_[etas, [0.01, 0.03]])
    assert lines(right, PREDICTION)[0] == pytest.approx(np.c_[etas, [0.011, 0.031]])


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


def test_widget_of_the_window_draws_exact_distances_of_the_batch_at_hand():
    panel = partial(figures.window_panel, loss=SKEWED)
    sigma, third = SKEWED.x.std(), np.mean((SKEWED.x - 1.5) ** 3)
    z = np.linspace(-6, 6, 20_001)
    for (ax,), eta, size, caption in three_settings(panel, [(0.005, 1), (0.02, 16), (0.01, 4)]):
        for arm in ("Gaussian SGD", "SDE"):
            for n, distance in line(ax, arm):
                variance = (1 - (1 - eta) ** (2 * n)) / (2 - eta)  # over eta sigma^2 / B
                if arm == "SDE":
                    variance = (1 - np.exp(-2 * eta * n)) / 2
                ruler = np.sqrt(eta * n / variance)  # the window's Gaussian has eta sigma^2 Dt / B
                assert distance == pytest.approx(np.abs(ndtr(z * ruler) - ndtr(z)).max(), abs=1e-5)
        predicted = line(ax, "predicted")
        first = (abs(third) / sigma**3 / 6 + 1 / (2 * sigma)) / np.sqrt(2 * np.pi * size)  # Esseen's, span one
        assert predicted[0, 1] == pytest.approx(first, rel=0.12)
        exact = line(ax, "SGD")
        late = exact[exact[:, 0] > 20]
        assert late[:, 1] == pytest.approx(np.exp(np.interp(np.log(late[:, 0]), *np.log(predicted).T)), rel=0.12)
        assert lines(ax, MUTED)[0][:, 0] == pytest.approx(1 / eta)
        assert f"best window N = {caption.split('N = ')[1].split(',')[0]}" in caption
    assert set(ARMS) <= {artist.get_label() for artist in ax.lines}
