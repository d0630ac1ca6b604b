"""The window arm by arm: by all draws, by a second inversion, in closed form."""

import numpy as np
import pytest
from scipy.special import ndtr

from sgdsde_helpers.losses import MeanEstimation
from sgdsde_helpers.theory import (
    exact_window_ks,
    gaussian_ks,
    window_cdf,
    window_distances,
    window_gaussian,
)

WAITING = MeanEstimation(-np.log(1 - (np.arange(20) + 0.5) / 20))
HOME = float(WAITING.minimiser)


def test_window_cdf_is_that_of_all_draws():
    """All 20^4 outcomes of four steps; the atoms lie so close that smoothing does not show."""
    eta, n_steps, start = 0.05, 4, HOME + 0.5
    states = np.array([start])
    for _ in range(n_steps):
        states = ((1 - eta) * states[:, None] + eta * WAITING.x).ravel()
    centre, variance = window_gaussian(WAITING, eta, n_steps, start)
    points = np.linspace(-3, 3, 61)
    truth = np.searchsorted(np.sort(states), centre + np.sqrt(variance) * points, side="right") / len(states)
    assert np.abs(window_cdf(WAITING, eta, n_steps, start, points) - truth).max() < 3e-3


@pytest.mark.parametrize(("eta", "n_steps", "batch_size"), [(0.1, 6, 1), (0.01, 20, 1), (0.01, 12, 8), (0.002, 50, 2)])
@pytest.mark.parametrize("start", [HOME, HOME - 1.0])
def test_two_inversions_agree(eta, n_steps, batch_size, start):
    points = np.linspace(-4, 4, 2001)
    series = np.abs(window_cdf(WAITING, eta, n_steps, start, points, batch_size) - ndtr(points)).max()
    assert series == pytest.approx(exact_window_ks(WAITING, eta, n_steps, start, batch_size)[0], abs=1e-4)


def test_window_distances_of_the_gaussian_arms():
    """One step of Gaussian SGD is the window's Gaussian; the SDE at time N eta is known in closed form."""
    eta, steps = 0.02, np.array([1, 10, 40])
    found = window_distances(WAITING, eta, steps, HOME)
    assert found["Gaussian SGD"][0] == pytest.approx(0, abs=1e-12)
    expected = [gaussian_ks(0.0, (1 - np.exp(-2 * n * eta)) / (2 * n * eta)) for n in steps]
    assert np.allclose(found["SDE"], expected, atol=1e-12)


@pytest.mark.parametrize("batch_size", [1, 4])
def test_the_sde_arm_away_from_the_minimiser_knows_the_batch(batch_size):
    """By hand: mean and variance of Ornstein-Uhlenbeck at time N eta, in units of the window's Gaussian."""
    eta, n, away = 0.02, 10, 0.8
    time, sigma2 = n * eta, WAITING.covariance(HOME)
    noise = eta * sigma2 / batch_size
    shift = (away * np.exp(-time) - away * (1 - time)) / np.sqrt(noise * time)
    expected = gaussian_ks(shift, (1 - np.exp(-2 * time)) / (2 * time))
    found = window_distances(WAITING, eta, [n], HOME + away, batch_size)["SDE"][0]
    assert found == pytest.approx(expected, rel=1e-9)
