"""Reshuffled epochs: the variance by all orders, by long epochs, and by simulation."""

import itertools

import numpy as np
import pytest

from sgdsde_helpers.comparison import compare
from sgdsde_helpers.losses import MeanEstimation, ScalarQuadratic, TiltedQuadratic
from sgdsde_helpers.measure import fitted_order, variance_and_error
from sgdsde_helpers.simulation import sgd
from sgdsde_helpers.theory import (
    reshuffled_share,
    reshuffled_variance,
    sgd_stationary_covariance,
)


def coins(n):
    """n examples, half of them 1 and half -1: variance 1."""
    return MeanEstimation(np.resize([1.0, -1.0], n))


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
    assert np.allclose(reshuffled_variance(MeanEstimation(x), eta, batch_size), expected, rtol=1e-12, atol=1e-15)


def test_reshuffled_variance_of_a_long_epoch_is_that_of_independent_draws():
    """In the middle of an epoch much longer than the memory the last few batches are as good as independent."""
    n, eta = 4000, 0.2
    middle = reshuffled_variance(coins(n), eta)[n // 2]
    assert middle == pytest.approx(sgd_stationary_covariance(1.0, 1.0, eta), rel=0.01)
    assert middle < sgd_stationary_covariance(1.0, 1.0, eta)


def test_reshuffled_variance_is_cubic_in_eta_at_the_end_of_an_epoch():
    etas = np.array([0.001, 0.002, 0.004])
    assert fitted_order(etas, [reshuffled_variance(coins(10), eta)[0] for eta in etas]) == pytest.approx(3, abs=0.05)


def test_reshuffled_chains_have_it():
    """False alarms: |z| > 4.5 in one line, 7e-6."""
    loss = MeanEstimation([1, 1, 2, 2, 2, 3, 3, 4, 5, 7])
    final = sgd(loss, 0.1, n_steps=102, batch_size=2, n_chains=4000, sampling="reshuffled", seed=1).final
    compare("variance after two steps", reshuffled_variance(loss, 0.1, 2)[2], *variance_and_error(final))


@pytest.mark.parametrize(
    ("loss", "eta", "batch_size", "message"),
    [
        (coins(10), 2.0, 1, "eta = 2.0"),
        (ScalarQuadratic([4.0, 4.0], x=[0.0, 1.0]), 0.5, 1, "eta = 0.5"),
        (coins(10), 0.1, 3, "batch_size = 3"),
        (MeanEstimation([1.0]), 0.1, 1, "number of examples of the loss = 1"),
    ],
)
def test_reshuffled_variance_refuses(loss, eta, batch_size, message):
    with pytest.raises(ValueError, match=f"{message}.*not allowed"):
        reshuffled_variance(loss, eta, batch_size)


def test_each_eigendirection_is_a_chain_of_its_own():
    """Turned by 30 degrees; eta for eta h, or the noise of another direction, fails."""
    turn, h = np.array([[np.cos(0.5), -np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]]), np.array([0.5, 2.0])
    rng = np.random.default_rng(4)
    c = rng.normal(size=(6, 2)) * [1.0, 3.0]
    bowl = TiltedQuadratic(turn @ np.diag(h) @ turn.T, c @ turn.T)
    found = reshuffled_variance(bowl, 0.3, 2)
    for i in range(2):
        alone = reshuffled_variance(ScalarQuadratic(np.full(6, h[i]), x=c[:, i] / h[i]), 0.3, 2)
        assert found[:, i] == pytest.approx(alone, rel=1e-10)
    one_direction = reshuffled_variance(MeanEstimation(c[:, 1] / h[1]), 0.3 * h[1], 2)
    assert found[:, 1] == pytest.approx(one_direction, rel=1e-10)


@pytest.mark.parametrize("kappa", [0.05, 0.7, 6.0])
def test_shares_are_the_limit_of_small_steps(kappa):
    """Against the exact epoch with 20,000 steps; n for n + 1, or the end for the average, is far off for small kappa."""
    n = 20_000
    eta = kappa / n
    exact = reshuffled_variance(coins(n), eta) / (eta / (2 - eta))
    end, average = reshuffled_share(kappa)
    assert exact[0] == pytest.approx(float(end), rel=2e-3)
    assert exact[:-1].mean() == pytest.approx(float(average), rel=2e-3)


def test_shares_join_their_series():
    low, high = (np.array(reshuffled_share(k)) for k in (0.0099999999, 0.0100000001))
    np.testing.assert_allclose(low, high, rtol=2e-7)
