"""The posterior of linear regression, and what Langevin's finite step and minibatches make of it."""

import itertools

import numpy as np
import pytest

from sgdsde_helpers.checks import DivergenceError
from sgdsde_helpers.losses import FunctionLoss
from sgdsde_helpers.theory import (
    langevin_noise_variance,
    linear_regression_posterior,
    ou_stationary_covariance,
    sgd_stationary_moments,
    sgld_stationary_moments,
    ula_stationary_covariance,
)

_rng = np.random.default_rng(9)
X = _rng.normal(size=(6, 2)) + [1.0, 0.0]
Y = X @ [1.0, -0.5] + 0.3 * _rng.normal(size=6)
NOISE, PRIOR = 0.5, 2.0
LOSS = FunctionLoss(  # every example carries an n-th of the prior
    lambda w: ((w @ X.T - Y) ** 2).mean(axis=-1) / (2 * NOISE) + (w**2).sum(axis=-1) / (2 * len(X) * PRIOR),
    lambda w: (w @ X.T - Y)[..., None] * X / NOISE + w[..., None, :] / (len(X) * PRIOR),
    n=len(X),
    shape=(2,),
)


def test_mean_by_least_squares_with_the_prior_as_extra_rows():
    rows = np.vstack([X / np.sqrt(NOISE), np.eye(2) / np.sqrt(PRIOR)])
    targets = np.concatenate([Y / np.sqrt(NOISE), np.zeros(2)])
    mean, covariance = linear_regression_posterior(X, Y, NOISE, PRIOR)
    np.testing.assert_allclose(mean, np.linalg.lstsq(rows, targets)[0], rtol=1e-12)
    np.testing.assert_allclose(covariance, np.linalg.inv(rows.T @ rows), rtol=1e-12)


def test_posterior_by_bayes_rule_on_a_grid():
    grid = np.linspace(-6, 8, 401)
    a, b = np.meshgrid(grid, grid, indexing="ij")
    residuals = a[..., None] * X[:, 0] + b[..., None] * X[:, 1] - Y
    log_p = -np.sum(residuals**2, axis=-1) / (2 * NOISE) - (a**2 + b**2) / (2 * PRIOR)
    p = np.exp(log_p - log_p.max())
    p /= p.sum()
    mean, covariance = linear_regression_posterior(X, Y, NOISE, PRIOR)
    np.testing.assert_allclose(mean, [np.sum(p * a), np.sum(p * b)], atol=1e-9)
    np.testing.assert_allclose(covariance[0, 1], np.sum(p * (a - mean[0]) * (b - mean[1])), atol=1e-9)


def test_loss_is_minus_the_log_posterior_over_n():
    mean, covariance = linear_regression_posterior(X, Y, NOISE, PRIOR)
    phi = np.array([[0.3, 1.0], [2.0, -1.0]])
    quadratic = np.einsum("ki,ij,kj->k", phi - mean, np.linalg.inv(covariance), phi - mean) / 2
    np.testing.assert_allclose(np.diff(6 * LOSS.loss(phi)), np.diff(quadratic), rtol=1e-10)
    np.testing.assert_allclose(LOSS.gradient(mean), 0, atol=1e-12)
    slopes = [(LOSS.loss(phi + 1e-6 * e) - LOSS.loss(phi - 1e-6 * e)) / 2e-6 for e in np.eye(2)]
    np.testing.assert_allclose(LOSS.gradient(phi).T, slopes, atol=1e-7)


def test_langevin_samples_the_posterior_at_two_over_n():
    _, covariance = linear_regression_posterior(X, Y, NOISE, PRIOR)
    noise = langevin_noise_variance(6) * np.eye(2)
    np.testing.assert_allclose(ou_stationary_covariance(LOSS.hessian(np.zeros(2)), noise), covariance, rtol=1e-10)


def test_finite_step_widens_each_direction():
    h, t, step = LOSS.hessian(np.zeros(2)), 1 / 6, 0.2
    s, move = np.zeros((2, 2)), np.eye(2) - step * h
    for _ in range(2000):
        s = move @ s @ move + 2 * step * t * np.eye(2)
    np.testing.assert_allclose(ula_stationary_covariance(h, t, step), s, rtol=1e-9)
    np.testing.assert_allclose(s, t * np.linalg.inv(h) @ np.linalg.inv(np.eye(2) - step / 2 * h), rtol=1e-9)
    assert ula_stationary_covariance(2.0, 0.3, 0.1) == pytest.approx(0.3 / (2 * (1 - 0.1)))


@pytest.mark.parametrize("size", [1, 2])
def test_sgld_moments_are_kept_by_one_step_over_all_batches(size):
    t, step = 1 / 6, 0.1
    mean, covariance = sgld_stationary_moments(LOSS, t, step, size)
    root = np.linalg.cholesky(covariance) * np.sqrt(2)
    points = np.concatenate([mean + root.T, mean - root.T])  # four points of this mean and covariance
    gradients = LOSS.per_example_gradients(points)
    after = np.concatenate(
        [points - step * gradients[:, list(b)].mean(axis=1) for b in itertools.product(range(6), repeat=size)]
    )
    np.testing.assert_allclose(after.mean(axis=0), mean, rtol=1e-10)
    np.testing.assert_allclose(np.cov(after.T, bias=True) + 2 * step * t * np.eye(2), covariance, rtol=1e-10)


def test_sgld_lies_between_langevin_and_sgd():
    step = 0.1
    cold = sgld_stationary_moments(LOSS, 0.0, step)[1]
    np.testing.assert_allclose(cold, sgd_stationary_moments(LOSS, step)[1], rtol=1e-12)
    mild = sgld_stationary_moments(LOSS, 1 / 6, step, 10**9)[1]
    np.testing.assert_allclose(mild, ula_stationary_covariance(LOSS.hessian(np.zeros(2)), 1 / 6, step), rtol=1e-6)


def test_bad_input_is_refused():
    with pytest.raises(DivergenceError):
        ula_stationary_covariance(2.0, 0.3, 1.0)
    with pytest.raises(ValueError, match="target_variance = 0"):
        linear_regression_posterior(X, Y, 0.0, 1.0)
    with pytest.raises(ValueError, match="y of shape"):
        linear_regression_posterior(X, Y[:-1], 1.0, 1.0)
    with pytest.raises(ValueError, match="temperature"):
        sgld_stationary_moments(LOSS, -1.0, 0.1)
