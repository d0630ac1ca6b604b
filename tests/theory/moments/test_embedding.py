"""Cumulants of the linear chain and the SDE through it: enumeration, transitions of the SDE, and where there is none."""

import itertools

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.special import binom

from sgdsde_helpers.checks import DivergenceError
from sgdsde_helpers.losses import MeanEstimation, ScalarQuadratic
from sgdsde_helpers.theory import (
    arms_stationary_cumulants,
    chain_cumulant,
    embedding_sde,
    modified_stationary_covariance,
    ou_covariance,
    ou_stationary_covariance,
    sde_stationary_covariance,
    sgd_stationary_covariance,
)

H = np.array([[2.0, 0.6, 0.0], [0.6, 1.0, 0.3], [0.0, 0.3, 0.7]])
SIGMA = np.array([[1.0, -0.4, 0.2], [-0.4, 2.0, 0.5], [0.2, 0.5, 0.6]])
GRADIENTS = np.array([-1.0, -1.0, 0.5, 1.5])  # of four examples at the minimiser


def parabola(h):
    """The loss with these gradients at its minimiser, 0, and curvature h."""
    return ScalarQuadratic(np.full(4, h), -GRADIENTS / h)


ETA = 0.3


def cumulants(weights, values):
    """Cumulants 2, 3 and 4 of a law on points."""
    centred = values - weights @ values
    second, third, fourth = (weights @ centred**k for k in (2, 3, 4))
    return second, third, fourth - 3 * second**2


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("eta", [0.3, 0.9, 1.4])
def test_cumulants_are_kept_by_a_step_with_enumerated_batches(size, eta):
    h = 1.3
    batches = np.array([np.mean(b) for b in itertools.product(GRADIENTS, repeat=size)])
    of_batch = cumulants(np.full(len(batches), 1 / len(batches)), batches)
    for k in (2, 3, 4):
        kappa = chain_cumulant(k, parabola(h), eta, size)
        after = (1 - eta * h) ** k * kappa + (-eta) ** k * of_batch[k - 2]
        assert after == pytest.approx(kappa, rel=1e-12)


def test_cumulants_of_the_law_itself_after_many_steps():
    h, eta, weights, values = 1.0, 0.75, np.ones(1), np.zeros(1)
    for _ in range(9):  # 4^9 points; (1 - eta h)^9 is 4e-6
        values = ((1 - eta * h) * values[:, None] - eta * GRADIENTS).ravel()
        weights = np.repeat(weights / 4, 4)
    found = cumulants(weights, values)
    for k in (2, 3, 4):
        assert found[k - 2] == pytest.approx(chain_cumulant(k, parabola(h), eta), rel=1e-9)


def test_high_cumulants_of_two_points():
    """Of a fair coin with values -1 and 1, whose generating function is log cosh: 1, 0, -2, 0, 16, 0, -272."""
    coin = MeanEstimation([-1.0, 1.0])
    for k, kappa in zip(range(2, 9), (1, 0, -2, 0, 16, 0, -272), strict=True):
        expected = (-0.5) ** k * kappa / (3 ** (k - 1) * (1 - 0.5**k))
        assert chain_cumulant(k, coin, 0.5, 3) == pytest.approx(expected, rel=1e-12)


def test_cumulants_past_the_edge_are_refused():
    with pytest.raises(DivergenceError):
        chain_cumulant(3, parabola(2.0), 1.0)


@pytest.mark.parametrize("size", [1, 4])
def test_the_embedding_takes_steps_of_the_chain(size):
    k, q = embedding_sde(H, SIGMA, ETA, size)
    np.testing.assert_allclose(expm(-ETA * k), np.eye(3) - ETA * H, atol=1e-12)
    np.testing.assert_allclose(ou_covariance(ETA, k, q), ETA**2 * SIGMA / size, atol=1e-12)
    s = sgd_stationary_covariance(H, SIGMA, ETA, size)
    np.testing.assert_allclose(k @ s + s @ k, q, atol=1e-13)


def test_the_embedding_in_one_dimension():
    k, q = embedding_sde(2.0, 3.0, 0.1, 5)
    assert k == pytest.approx(-np.log(0.8) / 0.1)
    assert q == pytest.approx(2 * k * sgd_stationary_covariance(2.0, 3.0, 0.1, 5))


def test_there_is_none_past_the_first_edge_nor_for_noise_along_a_line():
    with pytest.raises(ValueError, match="below 1/lambda_max = 0.5"):
        embedding_sde(2.0, 1.0, 0.5)
    with pytest.raises(ValueError, match="no linear SDE"):
        embedding_sde(np.diag([1.0, 4.0]), np.ones((2, 2)), 0.2)
    embedding_sde(np.diag([1.0, 1.0]), np.ones((2, 2)), 0.2)  # the line is kept by H


def slopes(theory, sigma, eta=1e-3):
    """First-order coefficient in eta of a covariance over the SDE's, entry by entry in the eigenbasis of H."""
    basis = np.linalg.eigh(H)[1]
    a, b = (
        basis.T @ np.asarray(s) @ basis for s in (theory(H, sigma, eta, 3), sde_stationary_covariance(H, sigma, eta, 3))
    )
    return (a / b - 1) / eta


def test_the_modified_equation_is_that_of_the_drift():
    eta = 0.3
    drift = H + eta / 2 * H @ H
    expected = ou_stationary_covariance(drift, eta * SIGMA / 4)
    np.testing.assert_allclose(modified_stationary_covariance(H, SIGMA, eta, 4), expected, rtol=1e-12)


def test_its_variance_errs_twice_as_much_and_to_the_other_side_unless_the_noise_is_modified_too():
    values = np.linalg.eigvalsh(H)
    chain, drift = slopes(sgd_stationary_covariance, SIGMA), slopes(modified_stationary_covariance, SIGMA)
    both = slopes(lambda *a: modified_stationary_covariance(*a, noise_corrected=True), SIGMA)
    np.testing.assert_allclose(np.diag(chain), values / 2, rtol=5e-3)
    np.testing.assert_allclose(np.diag(drift), -values / 2, rtol=5e-3)
    np.testing.assert_allclose(both, chain, rtol=5e-3)


def test_the_corrected_noise_is_the_embedding_to_first_order():
    eta = 1e-4
    values, basis = np.linalg.eigh(H)
    _, q = embedding_sde(H, SIGMA, eta, 3)
    ratio = (basis.T @ q @ basis) / (basis.T @ SIGMA @ basis * eta / 3)
    np.testing.assert_allclose((ratio - 1) / eta, (values[:, None] + values) / 2, rtol=1e-3)


def test_the_third_cumulant_of_a_batch_by_enumeration():
    loss, probability, size, eta = MeanEstimation([0.0, 0.0, 0.0, 0.0, 1.0]), 0.2, 4, 0.3
    heads = np.arange(size + 1)
    mass = binom(size, heads) * probability**heads * (1 - probability) ** (size - heads)
    of_batch = mass @ (heads / size - mass @ heads / size) ** 3
    series = eta**3 * of_batch * sum((1 - eta) ** (3 * k) for k in range(400))
    assert arms_stationary_cumulants(loss, eta, size)["SGD"][1] == pytest.approx(series, rel=1e-10)
    halved = ScalarQuadratic(np.full(5, 0.5), x=loss.x)  # the same chain at twice the learning rate
    assert arms_stationary_cumulants(halved, 2 * eta, size)["SGD"] == pytest.approx(
        arms_stationary_cumulants(loss, eta, size)["SGD"]
    )
    with pytest.raises(ValueError, match="one curvature"):
        arms_stationary_cumulants(ScalarQuadratic([1.0, 2.0], x=[0.0, 1.0]), eta)
