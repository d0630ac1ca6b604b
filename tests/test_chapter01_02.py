"""The theory behind chapters 1 and 2: reshuffled epochs, fluctuations about gradient flow, the window arm by arm."""

import itertools

import numpy as np
import pytest
from scipy.special import ndtr

from sgdsde_helpers.comparison import compare
from sgdsde_helpers.figures.stochastic_process import in_words
from sgdsde_helpers.losses import DoubleWell, LeastSquares, MeanEstimation
from sgdsde_helpers.measure import fitted_order, variance_and_error
from sgdsde_helpers.simulation import sgd
from sgdsde_helpers.theory import (
    exact_window_ks,
    flow_fluctuation,
    gaussian_ks,
    ou_covariance,
    reshuffled_variance,
    sgd_stationary_covariance,
    window_cdf,
    window_distances,
    window_gaussian,
)

WAITING = MeanEstimation(-np.log(1 - (np.arange(20) + 0.5) / 20))
HOME = float(WAITING.minimiser)


@pytest.mark.parametrize("eta", [0.1, 0.5, 1.3])
@pytest.mark.parametrize("batch_size", [1, 2, 3, 6])
def test_reshuffled_variance_is_that_of_all_orders(eta, batch_size):
    """All 720 orders of six examples, each as likely as the others, and the fixed point over an epoch."""
    x = np.array([0.0, 1.0, 1.0, 4.0, 6.0, 7.0])
    orders = np.array(list(itertools.permutations(x - x.mean())))
    batches = orders.reshape(len(orders), -1, batch_size).mean(axis=2)
    a, state, within = 1 - eta, np.zeros(len(orders)), [0.0]
    for batch in batches.T:
        state = a * state + eta * batch
        within.append(np.mean(state**2))
    at_start = within[-1] / (1 - a ** (2 * len(batches.T)))
    expected = [a ** (2 * j) * at_start + q for j, q in enumerate(within)]
    assert np.allclose(reshuffled_variance(eta, x.var(), 6, batch_size), expected, rtol=1e-12, atol=1e-15)


def test_reshuffled_variance_of_a_long_epoch_is_that_of_independent_draws():
    """In the middle of an epoch much longer than the memory the last few batches are as good as independent."""
    n, eta = 4000, 0.2
    middle = reshuffled_variance(eta, 1.0, n)[n // 2]
    assert middle == pytest.approx(sgd_stationary_covariance(1.0, 1.0, eta), rel=0.01)
    assert middle < sgd_stationary_covariance(1.0, 1.0, eta)


def test_reshuffled_variance_is_cubic_in_eta_at_the_end_of_an_epoch():
    etas = np.array([0.001, 0.002, 0.004])
    assert fitted_order(etas, [reshuffled_variance(eta, 1.0, 10)[0] for eta in etas]) == pytest.approx(3, abs=0.05)


def test_reshuffled_chains_have_it():
    """False alarms: |z| > 4.5 in one line, 7e-6."""
    loss = MeanEstimation([1, 1, 2, 2, 2, 3, 3, 4, 5, 7])
    final = sgd(loss, 0.1, n_steps=102, batch_size=2, n_chains=4000, sampling="reshuffled", seed=1).final
    compare("variance after two steps", reshuffled_variance(0.1, 3.2, 10, 2)[2], *variance_and_error(final))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((2.0, 1.0, 10, 1), "eta"),
        ((0.1, -1.0, 10, 1), "sigma2"),
        ((0.1, 1.0, 10, 3), "batch_size"),
        ((0.1, 1.0, 1, 1), "n = 1"),
    ],
)
def test_reshuffled_variance_refuses(arguments, message):
    with pytest.raises(ValueError, match=f"{message}.*not allowed"):
        reshuffled_variance(*arguments)


def test_fluctuation_of_mean_estimation_is_ornstein_uhlenbeck():
    times = np.array([0.0, 0.3, 1.0, 4.0])
    flow, fluctuation = flow_fluctuation(WAITING, start=HOME + 2, times=times, batch_size=4)
    assert np.allclose(flow, HOME + 2 * np.exp(-times), atol=1e-9)
    assert np.allclose(fluctuation, ou_covariance(times, 1.0, WAITING.covariance(HOME) / 4), atol=1e-9)


def test_fluctuation_matches_the_variance_of_sgd_to_first_order():
    """The exact variance of a chain over eta C is 1 + O(eta); with 2 or 1/2 in the wrong place it is not near 1."""
    etas = 2.0 ** -np.arange(5, 9)
    exact = etas / (2 - etas) * (1 - (1 - etas) ** (2 / etas))
    _, fluctuation = flow_fluctuation(MeanEstimation([1.0, -1.0]), start=0.0, times=np.array([0.0, 1.0]))
    assert fitted_order(etas, exact / (etas * fluctuation[1]) - 1) == pytest.approx(1, abs=0.02)


def test_fluctuation_at_time_zero_and_bad_input():
    well = DoubleWell(noise=0.4)
    assert np.allclose(flow_fluctuation(well, start=0.3, times=[0.0]), [[0.3], [0.0]])
    with pytest.raises(ValueError, match="times"):
        flow_fluctuation(well, start=0.3, times=[1.0, 0.5])
    with pytest.raises(ValueError, match="loss"):
        flow_fluctuation(LeastSquares(np.eye(2), np.ones(2)), start=0.3, times=[1.0])


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


def test_captions_round_to_the_standard_error():
    assert in_words(-1.6, -1.5871, 0.0213) == "predicted −1.600, measured −1.587 ± 0.021"
    assert in_words(150.0, 151.26, 12.0) == "predicted 150, measured 151 ± 12"
