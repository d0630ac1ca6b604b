"""Currents of linear SDEs: closed forms against derivatives, enumeration, path laws, and the plane's other routes."""

import itertools

import numpy as np
import pytest

from sgdsde_helpers.losses import MeanEstimation
from sgdsde_helpers.measure import measured_rotation
from sgdsde_helpers.theory import (
    circulation,
    commutator_norm,
    entropy_production,
    noise_with_gibbs_marginals,
    ou_autocovariance,
    ou_stationary_covariance,
    probability_current,
    rotation_rate,
    sde_stationary_covariance,
    sgd_stationary_covariance,
)

H = np.array([[2.0, 0.6], [0.6, 1.0]])
Q = np.array([[0.3, -0.2], [-0.2, 0.5]])
H3 = np.array([[2.0, 0.6, 0.0], [0.6, 1.0, 0.3], [0.0, 0.3, 0.7]])
Q3 = np.diag([0.1, 0.5, 0.3])


def density(phi, s):
    return np.exp(-phi @ np.linalg.solve(s, phi) / 2) / np.sqrt(np.linalg.det(2 * np.pi * s))


def gradient(f, phi, h=1e-5):
    return np.array([(f(phi + h * e) - f(phi - h * e)) / (2 * h) for e in np.eye(len(phi))])


def relative_entropy(a, b):
    return (np.trace(np.linalg.solve(b, a)) - len(a) + np.linalg.slogdet(b)[1] - np.linalg.slogdet(a)[1]) / 2


def test_stationary_covariance_is_that_of_the_symmetric_case_and_of_the_long_run():
    np.testing.assert_allclose(ou_stationary_covariance(H, Q), sde_stationary_covariance(H, Q / 0.1, 0.1), rtol=1e-12)
    turning = np.array([[1.0, -2.0], [1.5, 0.5]])
    s = ou_stationary_covariance(turning, Q)
    np.testing.assert_allclose(turning @ s + s @ turning.T, Q, atol=1e-13)


@pytest.mark.parametrize("h, q", [(H, Q), (H3, Q3), (np.array([[1.0, -2.0], [1.5, 0.5]]), Q)])
def test_current_is_drift_flow_plus_diffusion_flow(h, q):
    s, phi = ou_stationary_covariance(h, q), np.array([0.3, -0.2, 0.4])[: len(h)]
    expected = -h @ phi * density(phi, s) - q / 2 @ gradient(lambda x: density(x, s), phi)
    np.testing.assert_allclose(probability_current(phi, h, q), expected, atol=1e-8)


@pytest.mark.parametrize("h, q", [(H, Q), (H3, Q3)])
def test_current_has_no_sources_and_runs_along_equal_density(h, q):
    s, phi = ou_stationary_covariance(h, q), np.array([0.3, -0.2, 0.4])[: len(h)]
    jacobian = gradient(lambda x: probability_current(x, h, q), phi)
    assert np.trace(jacobian) == pytest.approx(0, abs=1e-8)
    assert probability_current(phi, h, q) @ np.linalg.solve(s, phi) == pytest.approx(0, abs=1e-12)


def test_rotation_rate_is_the_slope_of_the_lagged_covariance():
    s, lag = ou_stationary_covariance(H3, Q3), 1e-6
    ahead = ou_autocovariance(lag, H3, stationary_covariance=s).T  # E[phi_i(t) phi_j(t + lag)]
    np.testing.assert_allclose(rotation_rate(H3, stationary_covariance=s), (ahead - ahead.T) / lag, atol=1e-5)


def test_rotation_rate_of_sgd_by_enumerating_a_step():
    x = np.array([[1.0, 0.5], [-1.0, 0.3], [0.2, -0.8], [-0.2, 0.0]])
    loss, eta = MeanEstimation(x), 0.3
    h = np.array([[2.0, 0.6], [0.6, 1.0]])  # gradients h (phi - x_k): the same data in a loss that is not round
    sigma = h @ loss.covariance(np.zeros(2)) @ h
    s = sgd_stationary_covariance(h, sigma, eta)
    root = np.linalg.cholesky(s)
    rate = 0.0
    for signs, k in itertools.product([root[:, 0], -root[:, 0], root[:, 1], -root[:, 1]], range(4)):
        phi = signs * np.sqrt(2)  # four points of covariance S
        after = phi - eta * h @ (phi - x[k])
        rate += (phi[0] * after[1] - phi[1] * after[0]) / eta / 16
    assert rotation_rate(h, stationary_covariance=s)[0, 1] == pytest.approx(rate, rel=1e-12)
    assert abs(rate) > 0.01


@pytest.mark.parametrize("h, q", [(H, Q), (H3, Q3)])
def test_entropy_production_by_two_other_routes(h, q):
    s = ou_stationary_covariance(h, q)
    rate = entropy_production(h, q)
    assert rate == pytest.approx(np.trace(h.T @ np.linalg.solve(q / 2, h) @ s) - np.trace(h), rel=1e-9)
    lag = 1e-3  # relative entropy of (phi(0), phi(lag)) against the same pair in reverse order, per unit time
    ahead = ou_autocovariance(lag, h, stationary_covariance=s)
    forth, back = np.block([[s, ahead.T], [ahead, s]]), np.block([[s, ahead], [ahead.T, s]])
    assert rate == pytest.approx(relative_entropy(forth, back) / lag, rel=0.01)
    assert rate > 0.005


def test_current_vanishes_exactly_where_hessian_and_noise_commute():
    values, basis = np.linalg.eigh(H)
    commuting = basis @ np.diag([0.4, 0.1]) @ basis.T
    for q in (commuting, 0.3 * np.eye(2)):
        assert commutator_norm(H, q) < 1e-12
        assert np.abs(circulation(H, q)).max() < 1e-14
        assert entropy_production(H, q) == pytest.approx(0, abs=1e-12)
    assert commutator_norm(H, Q) > 0.05 and abs(circulation(H, Q)[0, 1]) > 0.01
    assert values[0] > 0


@pytest.mark.parametrize("coupling", [0.9, -0.6, 0.0])
def test_marginals_can_be_gibbs_and_the_joint_law_not(coupling):
    q = noise_with_gibbs_marginals(H, 0.3, coupling)
    s, gibbs = ou_stationary_covariance(H, q), 0.3 * np.linalg.inv(H)
    np.testing.assert_allclose(np.diag(s), np.diag(gibbs), rtol=1e-12)
    assert (abs(s[0, 1] - gibbs[0, 1]) > 0.05) == (coupling != 0)
    assert (abs(circulation(H, q)[0, 1]) > 0.01) == (coupling != 0)


@pytest.mark.parametrize("h", [H, np.array([[1.0, -0.7], [-0.7, 2.0]])])
def test_couplings_reach_to_the_edge_of_what_is_allowed(h):
    for coupling in (0.999999, -0.999999):
        lowest = np.linalg.eigvalsh(noise_with_gibbs_marginals(h, 0.3, coupling))[0]
        assert 0 < lowest < 1e-5


def test_learning_rates_inverse_to_the_noise_force_the_gibbs_law():
    noise = np.array([1.0, 4.0])
    rates = 0.1 / noise
    s = ou_stationary_covariance(rates[:, None] * H, np.diag(rates * noise * rates))
    np.testing.assert_allclose(s, 0.05 * np.linalg.inv(H), rtol=1e-12)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="stable"):
        circulation(np.diag([1.0, -1.0]), Q)
    with pytest.raises(ValueError, match="positive definite"):
        entropy_production(H, np.diag([1.0, 0.0]))
    with pytest.raises(ValueError, match="coupling = 1"):
        noise_with_gibbs_marginals(H, 0.3, 1)
    with pytest.raises(ValueError, match="states"):
        measured_rotation(np.zeros((4, 2)), 0.1)
    with pytest.raises(ValueError, match="dt = 0"):
        measured_rotation(np.zeros((4, 1, 2)), 0)
