"""Chapter 1's figures, read back."""

import numpy as np
import pytest
from reading import assert_on, bars, histograms, line, lines, share_of, three_settings
from scipy.integrate import quad
from scipy.special import ndtr

from sgdsde_helpers.figures import stochastic_process as figures
from sgdsde_helpers.figures.style import PREDICTION
from sgdsde_helpers.losses import DoubleWell, MeanEstimation
from sgdsde_helpers.simulation import sgd
from sgdsde_helpers.theory import gibbs_density, reshuffled_variance

LOSS = MeanEstimation([1.0, 1.0, 2.0, 6.0])  # mean 2.5, variance 4.25
RUN = dict(n_steps=20, batch_size=3, n_chains=4000, start=7.0, record="all", seed=4)


def moments(eta, batch_size, n_steps, start):
    """Mean and variance of each step, one step of the recursion at a time."""
    mean, variance = [start], [0.0]
    for _ in range(n_steps):
        mean.append((1 - eta) * mean[-1] + eta * 2.5)
        variance.append((1 - eta) ** 2 * variance[-1] + eta**2 * 4.25 / batch_size)
    return np.array(mean), np.array(variance)


def test_chains_stand_in_their_band():
    states = sgd(LOSS, 0.3, **RUN).states
    mean, variance = moments(0.3, 3, 20, 7.0)
    left, right = figures.chains_and_law(states, mean, np.sqrt(variance)).axes
    assert line(left, "predicted mean")[:, 1] == pytest.approx(mean)
    low, high = lines(left, PREDICTION, ":")
    assert high[:, 1] - mean == pytest.approx(2 * np.sqrt(variance))
    assert mean - low[:, 1] == pytest.approx(2 * np.sqrt(variance))
    shown = np.array([drawn[:, 1] for drawn in lines(left) if len(drawn) == 21])
    inside = (shown > low[:, 1] - 1e-9) & (shown < high[:, 1] + 1e-9)
    assert inside.mean() > 0.9  # a half as wide a band holds 68 of 100
    ((heights, edges),) = histograms(right)
    assert heights == pytest.approx(share_of(states[-1], edges))


def test_laws_at_steps_are_shares_of_all_chains():
    states = sgd(LOSS, 0.3, **RUN).states
    for ax, step in zip(figures.laws_at_steps(states, [1, 2, 8, 20], LOSS.minimiser).axes, [1, 2, 8, 20], strict=True):
        ((heights, edges),) = histograms(ax)
        assert heights == pytest.approx(share_of(states[step], edges) * np.diff(edges))
        assert heights.sum() > 0.99
        for drawn in lines(ax):
            assert drawn[:, 0] == pytest.approx(2.5)
    assert len(lines(ax)) == 1


def test_distance_falls_as_that_of_coupled_chains():
    etas, steps = [0.3, 1.4], np.arange(1, 7)
    coupled = []
    for eta in etas:
        low, high = (sgd(LOSS, eta, n_steps=6, start=s, record="all", batch_size=2, seed=2).states for s in (0.0, 5.0))
        coupled.append(np.abs(high - low)[1:, 0])
    (ax,) = figures.distance_between_laws(etas, steps, np.array(coupled), gap=5.0).axes
    predicted = [drawn for drawn in lines(ax, PREDICTION)]
    for drawn, distance, eta in zip(predicted, coupled, etas, strict=True):
        assert drawn[:, 1] == pytest.approx(distance)
        assert line(ax, rf"$\eta = {eta:g}$")[:, 1] == pytest.approx(distance)


def test_epochs_lie_on_their_prediction():
    loss, eta, size = MeanEstimation([0.0, 1.0, 3.0, 3.0, 4.0, 7.0]), 0.4, 2
    run = dict(n_steps=6, burn_in=30, batch_size=size, n_chains=4000, record="all", sampling="reshuffled", seed=5)
    states = sgd(loss, eta, **run).states
    predicted = reshuffled_variance(loss, eta, batch_size=size)
    independent = sgd(loss, eta, n_steps=60, batch_size=size, n_chains=40_000, seed=6).final
    flat = eta / (2 - eta) * float(loss.covariance(0.0)) / size
    (ax,) = figures.variance_within_epochs(states, predicted, flat).axes
    assert_on(bars(ax)[0], line(ax, "reshuffled, predicted"))
    level = next(drawn for drawn in lines(ax, PREDICTION, "--"))[0, 1]
    assert abs(level / independent.var() - 1) < 4.5 * np.sqrt(2.5 / 40_000)


def test_two_point_laws_are_histograms_of_unit_area():
    sample = sgd(MeanEstimation([-1.0, 1.0]), 0.3, n_steps=40, batch_size=3, n_chains=3000, seed=8).final
    for ax in figures.two_point_laws({"a": sample, "b": sample / 2}).axes:
        ((heights, edges),) = histograms(ax)
        assert heights @ np.diff(edges) == pytest.approx(1.0)
    assert heights == pytest.approx(share_of(sample / 2, edges))


def test_gibbs_laws_are_exponentials_of_the_loss():
    grid, wells = np.linspace(-2, 2, 161), DoubleWell(noise=0.5)
    left, right = figures.gibbs_laws(
        grid, wells.loss(grid), {T: gibbs_density(wells, T, grid) for T in (0.05, 0.4)}
    ).axes
    assert lines(left)[0] == pytest.approx(np.c_[grid, (grid**2 - 1) ** 2 / 4])
    for temperature in (0.05, 0.4):
        weight = lambda phi, t=temperature: np.exp(-((phi**2 - 1) ** 2) / 4 / t)
        assert line(right, f"$T = {temperature:g}$")[:, 1] == pytest.approx(
            weight(grid) / quad(weight, -6, 6)[0], rel=1e-4
        )


def test_widget_draws_the_law_beside_the_gaussian_of_its_variance():
    settings = [(0.1, 1), (0.5, 4), (2 / 3, 2)]
    for (left, right), eta, size, caption in three_settings(figures.stationary_panels, settings, 2):
        variance = sum(eta**2 * (1 - eta) ** (2 * k) for k in range(2000)) / size
        empirical, gaussian = lines(left)
        assert gaussian[:, 1] == pytest.approx(ndtr(gaussian[:, 0] / np.sqrt(variance)))
        sample = empirical[:, 0]
        assert empirical[:, 1] == pytest.approx(np.arange(1, 4001) / 4000)
        assert abs(np.mean(sample**2) / variance - 1) < 4.5 * np.sqrt(2 / 4000)
        ((heights, edges),) = histograms(right)
        assert heights == pytest.approx(share_of(sample / np.sqrt(variance), edges))
        bell = line(right, "bell curve")
        assert bell[:, 1] == pytest.approx(np.exp(-(bell[:, 0] ** 2) / 2) / np.sqrt(2 * np.pi))
        assert f"variance predicted {variance:.2f}" in caption


def test_two_orders_shows_each_order_in_its_own_panel():
    rng = np.random.default_rng(3)
    forward, backward = rng.normal(size=(2, 9, 2))
    left, right = figures.two_orders(forward, backward).axes
    for ax, states in ((left, forward), (right, backward)):
        for k, name in ((0, "from the lower start"), (1, "from the upper start")):
            assert line(ax, name) == pytest.approx(np.column_stack([np.arange(9), states[:, k]]))
