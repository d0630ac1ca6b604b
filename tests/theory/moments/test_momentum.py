"""Heavy ball on a quadratic: closed forms against the 2d x 2d chain, its powers, enumeration and plain loops."""

import itertools

import numpy as np
import pytest
from scipy.linalg import solve_discrete_lyapunov

from sgdsde_helpers.checks import DivergenceError
from sgdsde_helpers.losses import LeastSquares, ScalarQuadratic
from sgdsde_helpers.theory import (
    affine_gradients,
    averaging_covariance,
    momentum_autocovariance,
    momentum_max_stable_eta,
    momentum_move_covariances,
    momentum_stability_bound,
    momentum_stationary_covariance,
    momentum_stationary_moments,
    sde_stationary_covariance,
    sgd_stationary_covariance,
    sgd_stationary_moments,
)

H = np.array([[2.0, 0.6, 0.0], [0.6, 1.0, 0.3], [0.0, 0.3, 0.7]])
SIGMA = np.array([[1.0, -0.4, 0.2], [-0.4, 2.0, 0.5], [0.2, 0.5, 0.6]])
ETA, B = 0.3, 4
_rng = np.random.default_rng(5)
CURVED = ScalarQuadratic([1.0, 2.0, 4.5], [0.5, 1.0, -1.0])
REGRESSION = LeastSquares(_rng.normal(size=(5, 2)) + [1.0, 0.0], _rng.normal(size=5))


def step_matrix(h, eta, mu):
    """(phi, v) -> (phi', v') without noise."""
    one = np.eye(len(h))
    return np.block([[one - eta * h, mu * one], [-eta * h, mu * one]])


def both_covariances(mu, eta=ETA, size=B):
    """Covariance of (phi, v) by a general solver that knows nothing of this chain."""
    return solve_discrete_lyapunov(step_matrix(H, eta, mu), eta**2 / size * np.kron(np.ones((2, 2)), SIGMA))


@pytest.mark.parametrize("mu", [0.0, 0.5, 0.9])
def test_covariances_are_those_of_the_pair_of_state_and_move(mu):
    pair = both_covariances(mu)
    s = momentum_stationary_covariance(H, SIGMA, ETA, B, mu=mu)
    move, cross = momentum_move_covariances(H, ETA, stationary_covariance=s, mu=mu)
    np.testing.assert_allclose(s, pair[:3, :3], rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(move, pair[3:, 3:], rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(cross, pair[:3, 3:], rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("mu", [0.0, 0.5, 0.9])
def test_the_matrix_equation_of_the_chapter(mu):
    s = momentum_stationary_covariance(H, SIGMA, ETA, B, mu=mu)
    left = (1 - mu) ** 2 * ((1 + mu) * (H @ s + s @ H) - ETA * H @ s @ H)
    left += mu * ETA * (H @ H @ s - 2 * H @ s @ H + s @ H @ H)
    np.testing.assert_allclose(left, ETA * (1 - mu**2) * SIGMA / B, atol=1e-14)


def test_without_momentum_it_is_sgd_and_at_small_steps_the_sde():
    plain = momentum_stationary_covariance(H, SIGMA, ETA, B)
    np.testing.assert_allclose(plain, sgd_stationary_covariance(H, SIGMA, ETA, B), rtol=1e-12)
    slow, effective = 1e-6 * (1 - 0.9), 1e-6
    s = momentum_stationary_covariance(H, SIGMA, slow, B, mu=0.9)
    np.testing.assert_allclose(s, sde_stationary_covariance(H, SIGMA, effective, B), rtol=1e-4)


def test_scalar_closed_form():
    expected = 0.4 * 1.5 * 3 / (5 * 2 * 0.5 * (2 * 1.5 - 0.4 * 2))
    assert momentum_stationary_covariance(2.0, 3.0, 0.4, 5, mu=0.5) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("mu", [0.0, 0.5, 0.9])
def test_autocovariance_is_a_power_of_the_step(mu):
    pair, m = both_covariances(mu), step_matrix(H, ETA, mu)
    s = momentum_stationary_covariance(H, SIGMA, ETA, B, mu=mu)
    found = momentum_autocovariance(7, H, ETA, stationary_covariance=s, mu=mu)
    for k in range(8):
        power = (np.linalg.matrix_power(m, k) @ pair)[:3, :3]
        np.testing.assert_allclose(found[k], power, rtol=1e-9, atol=1e-13)
    assert momentum_autocovariance(0, H, ETA, stationary_covariance=s, mu=mu).shape == (1, 3, 3)


@pytest.mark.parametrize("mu", [0.0, 0.5, 0.9])
def test_the_edge_is_where_the_largest_root_leaves_the_circle(mu):
    edge = momentum_max_stable_eta(H, mu)
    inside, outside = (np.abs(np.linalg.eigvals(step_matrix(H, f * edge, mu))).max() for f in (0.999, 1.001))
    assert inside < 1 < outside
    momentum_stationary_covariance(H, SIGMA, 0.999 * edge, mu=mu)
    with pytest.raises(DivergenceError, match="without noise diverges for eta >=") as caught:
        momentum_stationary_covariance(H, SIGMA, edge, mu=mu)
    assert caught.value.report.eta_bound == pytest.approx(edge)


@pytest.mark.parametrize("mu, eta", [(0.0, 0.3), (0.5, 0.2), (0.9, 0.1)])
def test_averages_forget_step_and_momentum(mu, eta):
    s = momentum_stationary_covariance(H, SIGMA, eta, B, mu=mu)
    r = momentum_autocovariance(4000, H, eta, stationary_covariance=s, mu=mu)
    summed = s + r[1:].sum(axis=0) + r[1:].sum(axis=0).T
    np.testing.assert_allclose(summed, averaging_covariance(H, SIGMA, B), rtol=1e-6)
    assert averaging_covariance(2.0, 3.0, 5) == pytest.approx(3 / (4 * 5))


def pair_after_one_step(loss, eta, size, mu, pair):
    """E of the 2d x 2d second moment after one step from centred states, by going through all batches."""
    p = affine_gradients(loss)
    d = len(p.hessian)
    total, every = np.zeros_like(pair), list(itertools.product(range(loss.n), repeat=size))
    for batch in every:
        curvature = p.curvatures[list(batch)].mean(axis=0)
        kick = (p.constants[list(batch)] - p.curvatures[list(batch)] @ p.minimiser).mean(axis=0) * eta
        m, k = step_matrix(curvature, eta, mu), np.tile(kick, 2)
        total += (m @ pair @ m.T + np.outer(k, k)) / len(every)
    return total[:d, :d], total


@pytest.mark.parametrize("loss, eta, mu", [(CURVED, 0.1, 0.5), (CURVED, 0.05, 0.0), (REGRESSION, 0.1, 0.5)])
@pytest.mark.parametrize("size", [1, 3])
def test_moments_with_noise_that_depends_on_the_state_by_enumeration(loss, eta, mu, size):
    _, s = momentum_stationary_moments(loss, eta, size, mu=mu)
    d = len(affine_gradients(loss).hessian)
    pair = np.zeros((2 * d, 2 * d))
    for _ in range(600):
        found, pair = pair_after_one_step(loss, eta, size, mu, pair)
    np.testing.assert_allclose(np.reshape(s, (d, d)), found, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("sampling", ["with_replacement", "without_replacement"])
@pytest.mark.parametrize("loss", [CURVED, REGRESSION])
def test_moments_and_bound_without_momentum_are_those_of_sgd(loss, sampling):
    plain = sgd_stationary_moments(loss, 0.1, 2, sampling=sampling)
    for a, b in zip(momentum_stationary_moments(loss, 0.1, 2, sampling=sampling), plain, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9)
    expected = loss.max_stable_eta(2, sampling)
    assert momentum_stability_bound(loss, 2, sampling=sampling) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("loss", [CURVED, REGRESSION])
@pytest.mark.parametrize("mu", [0.5, 0.9])
@pytest.mark.parametrize("size", [1, 2])
def test_the_bound_is_that_of_the_second_moment_operator(loss, mu, size):
    p = affine_gradients(loss)
    bound = momentum_stability_bound(loss, size, mu=mu)

    def radius(eta):
        every = [
            step_matrix(p.curvatures[list(b)].mean(axis=0), eta, mu)
            for b in itertools.product(range(loss.n), repeat=size)
        ]
        return np.abs(np.linalg.eigvals(sum(np.kron(m, m) for m in every) / len(every))).max()

    assert radius(0.999 * bound) < 1 < radius(1.001 * bound)
    with pytest.raises(DivergenceError, match="second moment diverges"):
        momentum_stationary_moments(loss, 1.0001 * bound, size, mu=mu)


def test_equal_curvatures_have_the_deterministic_edge():
    loss = ScalarQuadratic([2.0, 2.0], [1.0, -1.0])
    assert momentum_stability_bound(loss, 1, mu=0.5) == pytest.approx(1.5)


@pytest.mark.parametrize("mu", [-0.1, 1.0, np.nan, "heavy"])
def test_momentum_outside_its_interval_is_refused(mu):
    for call in (
        lambda: momentum_max_stable_eta(1.0, mu),
        lambda: momentum_stationary_covariance(1.0, 1.0, 0.1, mu=mu),
        lambda: momentum_move_covariances(1.0, 0.1, stationary_covariance=1.0, mu=mu),
        lambda: momentum_autocovariance(3, 1.0, 0.1, stationary_covariance=1.0, mu=mu),
        lambda: momentum_stationary_moments(CURVED, 0.1, mu=mu),
        lambda: momentum_stability_bound(CURVED, mu=mu),
    ):
        with pytest.raises((ValueError, TypeError), match="mu = .* is not allowed: it must be a number >= 0 and < 1"):
            call()
