"""Thermometers: identities along real paths, exact moments by other solvers, enumeration, and the stored network."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from scipy.linalg import solve_discrete_lyapunov
from scipy.signal import lfilter

from sgdsde_helpers.ensembles import load_ensembles
from sgdsde_helpers.losses import LeastSquares, LogisticRegression, MeanEstimation
from sgdsde_helpers.simulation import momentum
from sgdsde_helpers.theory import (
    affine_gradients,
    hessian_relation_samples,
    momentum_fluctuation,
    momentum_stationary_moments,
    norm_change,
    settling,
    sgd_stationary_moments,
)

RNG = np.random.default_rng(8)
X = RNG.normal(size=(12, 3))
LOGISTIC = LogisticRegression(X, RNG.integers(0, 2, 12).astype(float), ridge=0.1)
REGRESSION = LeastSquares(X, RNG.normal(size=12))
STORED = Path(__file__).parents[3] / "chapters" / "data" / "digits_mlp_ensembles.npz"


def log_of(eta, mu, size=2, steps=40, chains=5):
    """States and moves of real paths, and the log phi.ghat, |ghat|^2, v.ghat, read off the states alone."""
    run = dict(n_steps=steps, batch_size=size, n_chains=chains, start=np.ones(3), record="all", seed=2)
    phi = momentum(LOGISTIC, eta, mu, **run).states
    moves = np.diff(phi, axis=0)
    before = np.concatenate([np.zeros_like(phi[:1]), moves[:-1]])
    ghat = (mu * before - moves) / eta
    phi_ghat, ghat2, v_ghat = ((a * ghat).sum(axis=-1) for a in (phi[:-1], ghat, before))
    return phi, moves, before, phi_ghat, ghat2, v_ghat


@pytest.mark.parametrize("eta, mu", [(0.3, 0.0), (0.1, 0.5), (0.05, 0.9)])
def test_the_change_is_that_of_the_squared_norm_on_every_path(eta, mu):
    phi, moves, _, phi_ghat, ghat2, v_ghat = log_of(eta, mu)
    after = phi[-1] + mu / (1 - mu) * moves[-1]
    change = (after**2).sum(axis=-1) - (phi[0] ** 2).sum(axis=-1)
    means = (a.mean(axis=0) for a in (phi_ghat, ghat2))
    np.testing.assert_allclose(norm_change(*means, eta, 40, mu=mu, v_ghat=v_ghat.mean(axis=0)), change, rtol=1e-9)
    read = settling(phi_ghat, ghat2, eta, mu=mu, v_ghat=v_ghat)
    assert read.change == pytest.approx(change.mean(), rel=1e-9)
    assert read.standard_error == pytest.approx(change.std(ddof=1) / np.sqrt(5), rel=1e-9)
    assert read.time == pytest.approx(40 * eta / (1 - mu))
    gap = read.dissipation - read.fluctuation
    assert gap == pytest.approx(-read.change / (2 * read.time), rel=1e-9)


@pytest.mark.parametrize("eta, mu", [(0.3, 0.0), (0.1, 0.5)])
def test_telescoped_by_another_identity(eta, mu):
    """Squaring phi' = phi + v' and v' = mu v - eta ghat, in place of the shifted state z."""
    phi, moves, before, phi_ghat, _, _ = log_of(eta, mu)
    v2 = np.concatenate([before[:1], moves])
    squares = (v2**2).sum(axis=-1)
    first, last = phi[0], phi[-1]
    right = mu / 2 * squares[:-1].sum(axis=0) + squares[1:].sum(axis=0) / 2
    right += mu / 2 * ((phi[-2] ** 2).sum(axis=-1) - (first**2).sum(axis=-1))
    right -= ((last**2).sum(axis=-1) - (first**2).sum(axis=-1)) / 2
    np.testing.assert_allclose(eta * phi_ghat.sum(axis=0), right, rtol=1e-9)


@pytest.mark.parametrize("eta, mu", [(0.3, 0.0), (0.2, 0.5), (0.05, 0.9)])
@pytest.mark.parametrize("size", [1, 4])
def test_the_bracket_is_exact_for_a_quadratic_that_does_not_commute(eta, mu, size):
    h = np.array([[2.0, 0.6, 0.0], [0.6, 1.0, 0.3], [0.0, 0.3, 0.7]])
    sigma = np.array([[1.0, -0.4, 0.2], [-0.4, 2.0, 0.5], [0.2, 0.5, 0.6]])
    one = np.eye(3)
    step = np.block([[one - eta * h, mu * one], [-eta * h, mu * one]])
    s = solve_discrete_lyapunov(step, eta**2 / size * np.kron(np.ones((2, 2)), sigma))[:3, :3]
    grad2 = np.trace(h @ s @ h)
    ghat2 = grad2 + np.trace(sigma) / size
    assert momentum_fluctuation(ghat2, grad2, eta, mu=mu) == pytest.approx(np.trace(h @ s), rel=1e-9)


@pytest.mark.parametrize("mu", [0.0, 0.9])
def test_the_bracket_is_exact_where_noise_depends_on_the_state(mu):
    eta, p = 0.2 * (1 - mu), affine_gradients(REGRESSION)
    _, s = momentum_stationary_moments(REGRESSION, eta, 4, mu=mu)
    d = p.curvatures - p.hessian
    noise = np.trace(p.covariance_at_minimiser) + np.einsum("kij,jl,kil->", d, s, d) / 12
    grad2 = np.trace(p.hessian @ s @ p.hessian)
    assert momentum_fluctuation(grad2 + noise / 4, grad2, eta, mu=mu) == pytest.approx(
        np.trace(p.hessian @ s), rel=1e-8
    )


@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize("loss", [LOGISTIC, REGRESSION])
def test_second_relation_by_going_through_all_batches(loss, size):
    states, eta = RNG.normal(size=(3, 3)), 0.3
    left, right = hessian_relation_samples(loss, states, eta, size)
    for phi, a, b in zip(states, left, right, strict=True):
        every = loss.per_example_gradients(phi)
        batches = [every[list(k)].mean(axis=0) for k in itertools.product(range(12), repeat=size)]
        curved = np.mean([g @ loss.hessian(phi) @ g for g in batches])
        assert a == pytest.approx((loss.gradient(phi) ** 2).sum(), rel=1e-12)
        assert b == pytest.approx(eta / 2 * curved, rel=1e-10)


def test_second_relation_in_one_dimension():
    left, right = hessian_relation_samples(MeanEstimation([0.0, 1.0, 5.0]), np.array([1.0, 2.5]), 0.4, 2)
    np.testing.assert_allclose(left, [1.0, 0.25])
    np.testing.assert_allclose(right, 0.2 * (np.array([1.0, 0.25]) + 14 / 3 / 2))


@pytest.mark.parametrize("size", [1, 4])
def test_second_relation_is_exact_for_least_squares(size):
    """E|g|^2 = tr(H S H), and the right side is quadratic too: both from the exact covariance, by a finite sum of states."""
    mean, s = sgd_stationary_moments(REGRESSION, 0.2, size)
    root = np.linalg.cholesky(s) * np.sqrt(3)
    states = np.concatenate([mean + root.T, mean - root.T])  # six states with this mean and this covariance
    left, right = hessian_relation_samples(REGRESSION, states, 0.2, size)
    assert left.mean() == pytest.approx(right.mean(), rel=1e-9)


def ornstein_uhlenbeck_log(drift, n, seed):
    """A log whose |phi|^2 wanders with correlation time 50 and drifts by `drift` standard deviations in all."""
    kicks = np.random.default_rng(seed).normal(size=n) * np.sqrt(1 - 0.98**2)
    kicks[0] /= np.sqrt(1 - 0.98**2)
    x = lfilter([1.0], [1.0, -0.98], kicks) + drift * np.arange(n) / n
    ghat2 = np.full(n - 1, 4.0)
    return (0.1 * ghat2 - np.diff(x) / 0.1) / 2, ghat2  # the log of a run with eta = 0.1


def test_one_run_at_rest_has_the_error_that_is_stated_and_one_that_drifts_is_moving():
    """Of 4000 runs at rest, 20 correlation times long, z had the spread 1.13 and was never beyond 4.5.

    The spread of 300 lies within 4.5 of its errors, 0.046 each; more than 3 beyond 4.5 have probability below 1e-5.
    """
    z = np.array([settling(*ornstein_uhlenbeck_log(0.0, 1000, seed), 0.1).z for seed in range(300)])
    assert 0.92 < z.std() < 1.34
    assert (np.abs(z) > 4.5).sum() <= 3
    assert all(settling(*ornstein_uhlenbeck_log(20.0, 1000, seed), 0.1).moving for seed in range(20))


def test_text_and_verdict():
    read = settling(*ornstein_uhlenbeck_log(20.0, 1000, 1), 0.1)
    assert "still moving" in str(read) and f"z = {read.z:+.1f}" in str(read)
    assert "no drift seen" in str(settling(*ornstein_uhlenbeck_log(0.0, 1000, 1), 0.1))


def test_what_is_refused():
    good = np.ones(30)
    with pytest.raises(ValueError, match="v_ghat = None is not allowed"):
        settling(good, good, 0.1, mu=0.5)
    with pytest.raises(ValueError, match="N >= 20"):
        settling(good[:5], good[:5], 0.1)
    with pytest.raises(ValueError, match="ghat2 of shape"):
        settling(good, good[:-1], 0.1)
    with pytest.raises(ValueError, match="mu = 1"):
        momentum_fluctuation(1.0, 1.0, 0.1, mu=1.0)
    with pytest.raises(ValueError, match="n_steps"):
        norm_change(1.0, 1.0, 0.1, 0)


def per_chain(values):
    return values.mean(), values.std(ddof=1) / np.sqrt(len(values))


def test_every_settled_ensemble_of_the_network_drifts_alike():
    """SGD at eight settings: the change of |phi|^2 is -0.3 in each, within 4.5 errors, while ratios go from 1.0007 to 1.02."""
    arms = load_ensembles(STORED)
    for name in ("sgd B=1", "sgd B=4", "sgd B=16", "B=8 eta=0.0125", "B=8 eta=0.05", "eta=0.2 B=32", "eta=0.2 B=128"):
        arm = arms[name]
        change = norm_change(arm.chains["phi_g"], arm.chains["ghat2"], arm.eta, round(2500 / arm.eta))
        mean, error = per_chain(change)
        assert abs(mean + 0.3) < 4.5 * error and mean < -4 * error


@pytest.mark.parametrize("size", [8, 32, 64, 128, 256])
def test_the_bracket_on_the_network(size):
    """Agrees with the bracket within 4.5 errors; without it the network disagrees by more than 20."""
    arm = load_ensembles(STORED)[f"momentum B={size}"]
    phi_g, ghat2, grad2 = (arm.chains[k] for k in ("phi_g", "ghat2", "grad2"))
    for rival, with_bracket in (
        (False, momentum_fluctuation(ghat2, grad2, arm.eta, mu=arm.mu)),
        (True, arm.eta / 0.2 * ghat2),
    ):
        mean, error = per_chain(phi_g - with_bracket)
        assert (abs(mean) > 20 * error) if rival else (abs(mean) < 4.5 * error)
