"""Fluctuation and dissipation, heat capacity, temperatures: by enumeration and by finite differences."""

import itertools

import numpy as np
import pytest

from sgdsde_helpers.losses import DoubleWell, LeastSquares, MeanEstimation, ScalarQuadratic
from sgdsde_helpers.theory import (
    direction_temperatures,
    fluctuation_dissipation,
    fluctuation_dissipation_samples,
    heat_capacity,
    sde_stationary_covariance,
    sgd_stationary_covariance,
    sgd_stationary_moments,
    stationary_loss,
)

_rng = np.random.default_rng(5)
REGRESSION = LeastSquares(_rng.normal(size=(5, 2)) + [1.0, 0.0], _rng.normal(size=5))
CURVED = ScalarQuadratic([1.0, 2.0, 4.5], [0.5, 1.0, -1.0])


def stationary_points(loss, eta, size):
    """A few equally likely points with the exact stationary mean and covariance, enough for any quadratic average."""
    mean, covariance = sgd_stationary_moments(loss, eta, size)
    mean = np.reshape(mean, -1)
    root = np.linalg.cholesky(np.reshape(covariance, (len(mean), len(mean)))) * np.sqrt(len(mean))
    return np.concatenate([mean + root.T, mean - root.T]).reshape(-1, *loss.shape)


@pytest.mark.parametrize("loss", [CURVED, REGRESSION, MeanEstimation([-1.0, 1.0])])
@pytest.mark.parametrize("size", [1, 2])
def test_relation_by_enumerating_batches_over_the_stationary_law(loss, size):
    eta, phi = 0.2, stationary_points(loss, 0.2, size)
    gradients = loss.per_example_gradients(phi).reshape(len(phi), loss.n, -1)
    flat = phi.reshape(len(phi), -1)
    dissipation = np.mean(np.sum(flat * gradients.mean(axis=1), axis=1))
    squares = [
        np.sum(gradients[:, list(b)].mean(axis=1) ** 2, axis=1) for b in itertools.product(range(loss.n), repeat=size)
    ]
    fluctuation = eta / 2 * np.mean(squares)
    sde = fluctuation - eta / 2 * np.mean(np.sum(gradients.mean(axis=1) ** 2, axis=1))
    assert fluctuation_dissipation(loss, eta, size) == pytest.approx((dissipation, fluctuation, sde), rel=1e-10)
    assert dissipation == pytest.approx(fluctuation, rel=1e-10)
    averages = [q.mean() for q in fluctuation_dissipation_samples(loss, phi, eta, size)]
    assert averages == pytest.approx([dissipation, fluctuation, sde], rel=1e-10)


def test_relation_holds_for_sgd_in_a_double_well_and_the_sdes_does_not():
    loss, eta, m = DoubleWell(noise=0.8), 0.2, 1000
    rng, phi, total = np.random.default_rng(2), np.linspace(-1.5, 1.5, 1000), np.zeros((3, 1000))
    for step in range(700):
        phi = phi - eta * loss.minibatch_gradient(phi, rng.integers(loss.n, size=(1, m)))
        if step >= 200:
            total += fluctuation_dissipation_samples(loss, phi, eta)
    dissipation, fluctuation, sde = total / 500
    for side, holds in ((fluctuation, True), (sde, False)):
        difference = dissipation - side
        z = difference.mean() / (difference.std() / np.sqrt(m))
        assert (abs(z) < 4.5) == holds  # 7e-6 false alarms


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("loss", [CURVED, REGRESSION])
def test_heat_capacity_is_the_slope_of_the_loss(loss, size):
    slope = (4 * stationary_loss(loss, 1e-4, size) - stationary_loss(loss, 2e-4, size)) / 2e-4
    floor = float(loss.loss(loss.minimiser))
    assert heat_capacity(loss, size) == pytest.approx(slope - 3 * floor / 2e-4, rel=1e-5)


def test_stationary_loss_by_averaging_the_loss():
    for loss in (CURVED, REGRESSION):
        assert stationary_loss(loss, 0.2, 2) == pytest.approx(
            np.mean(loss.loss(stationary_points(loss, 0.2, 2))), rel=1e-10
        )


def test_heat_capacity_does_not_ask_for_the_hessian():
    sigma = np.array([[1.0, 0.3], [0.3, 0.5]])
    for h in (np.diag([1.0, 30.0]), np.array([[2.0, 0.6], [0.6, 1.0]])):
        s = sde_stationary_covariance(h, sigma, 0.1, 2)
        assert np.trace(h @ s) / 2 == pytest.approx(0.1 * np.trace(sigma) / 8)


def test_temperatures_of_directions():
    h = np.array([[2.0, 0.6, 0.0], [0.6, 1.0, 0.3], [0.0, 0.3, 0.7]])
    sigma = np.array([[1.0, -0.4, 0.2], [-0.4, 2.0, 0.5], [0.2, 0.5, 0.6]])
    values, vectors = np.linalg.eigh(h)
    found, temperatures = direction_temperatures(h, stationary_covariance=sde_stationary_covariance(h, sigma, 0.1, 2))
    np.testing.assert_allclose(found, values)
    np.testing.assert_allclose(temperatures, 0.1 / 4 * np.diag(vectors.T @ sigma @ vectors))
    _, warmer = direction_temperatures(h, stationary_covariance=sgd_stationary_covariance(h, sigma, 0.1, 2))
    np.testing.assert_allclose(warmer, temperatures / (1 - 0.05 * values))
    np.testing.assert_allclose(direction_temperatures(h, stationary_covariance=0.3 * np.linalg.inv(h))[1], 0.3)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="minimiser"):
        heat_capacity(DoubleWell(noise=0.4))
    with pytest.raises(ValueError, match="states"):
        fluctuation_dissipation_samples(CURVED, np.zeros((3, 1)), 0.1)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_relation_without_replacement_by_enumerating_the_subsets(size):
    eta, loss = 0.2, CURVED
    mean, variance = sgd_stationary_moments(loss, eta, size, sampling="without_replacement")
    phi = mean + np.sqrt(variance) * np.array([-1.0, 1.0])
    gradients = loss.per_example_gradients(phi)
    squares = [gradients[:, list(b)].mean(axis=1) ** 2 for b in itertools.combinations(range(loss.n), size)]
    expected = np.mean(phi * gradients.mean(axis=1)), eta / 2 * np.mean(squares)
    found = fluctuation_dissipation(loss, eta, size, sampling="without_replacement")
    assert found[:2] == pytest.approx(expected, rel=1e-10, abs=1e-15)
    average = np.mean(loss.loss(phi))
    assert stationary_loss(loss, eta, size, sampling="without_replacement") == pytest.approx(average, rel=1e-12)
