"""Momentum, SVAG, Adam and Gaussian weights: the plain loop on the same draws, and moments that are known exactly."""

from itertools import islice, product

import numpy as np
import pytest
from simulation_checks import assert_covariance, assert_mean

from sgdsde_helpers.checks import DivergenceError
from sgdsde_helpers.losses import LeastSquares, LogisticRegression, MeanEstimation, ScalarQuadratic
from sgdsde_helpers.simulation import (
    adam,
    gaussian_weight_sgd,
    gradient_flow,
    mala,
    momentum,
    sgd,
    sgd_sde,
    sgd_sweep,
    streaming_sgd,
    streams,
    svag,
)
from sgdsde_helpers.simulation._run import Minibatches
from sgdsde_helpers.simulation._streams import gaussians

X = np.random.default_rng(8).normal(size=(30, 4))
LINE = LeastSquares(X, X @ [1, -1, 0.5, 2] + X[:, 0] ** 2)
SMALL = ScalarQuadratic([0.4, 1.0, 1.9], [1.0, -0.5, 0.7])
PLANE = LeastSquares([[1.0, 0.2], [-0.3, 0.8], [0.5, -1.0], [0.1, 0.4]], [1.0, 0.0, 2.0, -1.0])
SAMPLING = ["with_replacement", "without_replacement", "reshuffled"]
M, STEPS = 40, 25


def gradients(loss, batch_size, sampling, of=1):
    """A function phi -> minibatch gradient on the next draws of the simulation with seed 3; `of` sources on one stream."""
    rng = streams(3, 1)[0]
    sources = [Minibatches(loss, batch_size, sampling).of_block(rng, M) for _ in range(of)]
    return [lambda phi, s=s: np.array(s[1](phi, next(s[0]))) for s in sources]


def paths(simulate, loss, *args, **k):
    start = np.full(loss.shape, 0.3)
    return simulate(loss, *args, start=start, n_steps=STEPS, n_chains=M, seed=3, **k).final, np.tile(start, (M, 1))


@pytest.mark.parametrize("sampling", SAMPLING)
def test_momentum_is_the_heavy_ball(sampling):
    eta, mu = 0.05, 0.9
    final, phi = paths(momentum, LINE, eta, mu, batch_size=4, sampling=sampling)
    (gradient,) = gradients(LINE, 4, sampling)
    before = phi.copy()
    for _ in range(STEPS):  # Polyak's form, without a velocity
        phi, before = phi - eta * gradient(phi) + mu * (phi - before), phi
    np.testing.assert_allclose(final, phi, rtol=1e-11)


def test_momentum_zero_is_sgd():
    k = {"n_steps": 20, "n_chains": 50, "seed": 1}
    np.testing.assert_allclose(momentum(SMALL, 0.3, 0.0, **k).final, sgd(SMALL, 0.3, **k).final, rtol=1e-12)


def test_momentum_has_its_exact_stationary_variance():
    """For phi - x: Var = eta sigma^2 (1 + mu) / ((1 - mu)(2 (1 + mu) - eta)), from the AR(2) equations of Yule."""
    eta, mu, loss = 0.4, 0.5, MeanEstimation([-1.0, 1.0, 3.0])
    a, b = 1 + mu - eta, -mu  # phi_{i+1} = a phi_i + b phi_{i-1} + eta x
    variance = (1 - b) * eta**2 * loss.x.var() / ((1 + b) * ((1 - b) ** 2 - a**2))
    assert variance == pytest.approx(eta * loss.x.var() * (1 + mu) / ((1 - mu) * (2 * (1 + mu) - eta)))
    final = momentum(loss, eta, mu, n_steps=120, n_chains=40000, seed=1).final
    assert_mean(final, 1.0)
    assert_covariance(final, 1.0, variance)


@pytest.mark.parametrize("sampling", SAMPLING)
def test_svag_is_its_formula(sampling):
    eta, l = 0.2, 3
    final, phi = paths(svag, LINE, eta, l, batch_size=4, sampling=sampling)
    one, two = gradients(LINE, 4, sampling, of=2)
    for _ in range(STEPS):
        g, h = one(phi), two(phi)
        phi = phi - eta / l * ((g + h) / 2 + np.sqrt(2 * l - 1) * (g - h) / 2)
    np.testing.assert_allclose(final, phi, rtol=1e-11)


@pytest.mark.parametrize("l", [1, 2, 7])
def test_svag_has_l_times_the_noise_of_sgd(l):
    """One step from 2: mean phi - eta g / l, variance (eta / l)^2 l sigma^2 / B."""
    eta, start = 0.5, 2.0
    final = svag(SMALL, eta, l, n_steps=1, n_chains=40000, batch_size=2, start=start, seed=1).final
    mean = start - eta / l * SMALL.gradient(start)
    assert_mean(final, mean)
    assert_covariance(final, mean, eta**2 / l * SMALL.covariance(start) / 2)


def test_times_of_svag_are_those_of_its_short_steps():
    np.testing.assert_allclose(svag(SMALL, 0.4, 4, n_steps=8, record=4, seed=1).t, [0.0, 0.4, 0.8])


@pytest.mark.parametrize("eps", [0.0, 1e-3])
def test_adam_is_its_formula(eps):
    eta, b1, b2 = 0.02, 0.8, 0.95
    final, phi = paths(adam, LINE, eta, b1=b1, b2=b2, eps=eps, batch_size=2)
    (gradient,) = gradients(LINE, 2, "with_replacement")
    past = []
    for i in range(1, STEPS + 1):  # weighted means of all past gradients and squares
        past.append(gradient(phi))
        w1, w2 = (b ** np.arange(i)[::-1] for b in (b1, b2))
        m = np.tensordot(w1 / w1.sum(), past, 1)
        v = np.tensordot(w2 / w2.sum(), np.square(past), 1)
        phi = phi - eta * m / (np.sqrt(v) + eps)
    np.testing.assert_allclose(final, phi, rtol=1e-10)


def test_adam_without_memory_goes_by_signs_and_rests_where_the_gradient_is_zero():
    loss = MeanEstimation([[-2.0, 0.0], [4.0, 0.0]])
    final = adam(loss, 0.1, b1=0.0, b2=0.0, eps=0.0, n_steps=1, n_chains=200, start=[0.0, 0.0], seed=1).final
    np.testing.assert_allclose(np.unique(final[:, 0]), [-0.1, 0.1], rtol=1e-12)
    assert (final[:, 1] == 0).all()


def test_gaussian_weights_are_the_plain_loop():
    loss, eta, batch = LogisticRegression(X, (X[:, 0] > 0.3) * 1.0, ridge=0.1), 0.3, 3
    phi = np.tile(np.full(4, 0.3), (M, 1))
    for z in islice(gaussians(streams(3, 1)[0], (M, loss.n)), 10):
        g = loss.per_example_gradients(phi)
        noise = np.einsum("mn,mnd->md", z, g - g.mean(axis=1, keepdims=True)) / np.sqrt(loss.n * batch)
        phi = phi - eta * (g.mean(axis=1) + noise)
    k = {"n_steps": 10, "n_chains": M, "start": np.full(4, 0.3), "seed": 3}
    np.testing.assert_allclose(gaussian_weight_sgd(loss, eta, batch_size=batch, **k).final, phi, rtol=1e-10)


def test_gaussian_weights_have_the_first_two_moments_of_sgd():
    """Two steps of batches of 3 from 4 examples, enumerated: for a quadratic loss two moments of the noise give two."""
    eta, batch, states = 0.5, 3, np.array([[1.0, -1.0]])
    every = [list(which) for which in product(range(4), repeat=batch)]
    for _ in range(2):
        g = PLANE.per_example_gradients(states)
        states = np.concatenate([states - eta * g[:, which].mean(axis=1) for which in every])
    k = {"n_steps": 2, "n_chains": 40000, "start": [1.0, -1.0], "seed": 6}
    final = gaussian_weight_sgd(PLANE, eta, batch_size=batch, **k).final
    assert_mean(final, states.mean(axis=0))
    assert_covariance(final, states.mean(axis=0), np.cov(states.T, bias=True))


BAD = [
    (lambda **k: sgd([1.0, -1.0], 0.1, **k), {}, r"loss = \[1.0, -1.0\] is not allowed: it must be a Loss"),
    (lambda **k: momentum([1.0, -1.0], 0.1, 0.5, **k), {}, "must be a Loss"),
    (lambda **k: gaussian_weight_sgd([1.0, -1.0], 0.1, **k), {}, "must be a Loss"),
    (lambda **k: sgd_sweep([1.0, -1.0], [0.1], [1], n_chains=2, **k), {}, "must be a Loss"),
    (lambda **k: mala([1.0, -1.0], 0.1, step=0.1, **k), {}, "must be a Loss"),
    (lambda **k: gradient_flow([1.0, -1.0], start=0.0, times=[1.0]), {}, "must be a Loss"),
    (lambda **k: sgd_sde([1.0, -1.0], 0.1), {}, "must be a Loss"),
    (lambda **k: sgd(SMALL, True, **k), {}, "eta = True is not allowed"),
    (lambda **k: sgd(SMALL, "0.1", **k), {}, "eta = '0.1' is not allowed"),
    (lambda **k: momentum(SMALL, 0.1, **k), {"mu": 1.0}, "mu = 1.0 is not allowed: it must be a number >= 0 and < 1"),
    (lambda **k: momentum(SMALL, 0.1, **k), {"mu": -0.1}, "mu = -0.1 is not allowed"),
    (lambda **k: momentum(SMALL, 0.1, **k), {"mu": np.nan}, "mu = nan is not allowed"),
    (lambda **k: momentum(SMALL, -0.1, 0.5, **k), {}, "eta = -0.1 is not allowed"),
    (lambda **k: svag(SMALL, 0.1, **k), {"l": 0}, "l = 0 is not allowed: it must be an integer >= 1"),
    (lambda **k: svag(SMALL, 0.1, **k), {"l": 1.5}, "l = 1.5 is not allowed"),
    (lambda **k: adam(SMALL, 0.1, **k), {"b1": 1.0}, "b1 = 1.0 is not allowed"),
    (lambda **k: adam(SMALL, 0.1, **k), {"b2": 1.0}, "b2 = 1.0 is not allowed"),
    (lambda **k: adam(SMALL, 0.1, **k), {"eps": -1e-8}, "eps = -1e-08 is not allowed"),
    (lambda **k: gaussian_weight_sgd(SMALL, 0.1, **k), {"batch_size": 0}, "batch_size = 0 is not allowed"),
]


@pytest.mark.parametrize("simulate, change, message", BAD)
def test_bad_arguments_are_named(simulate, change, message):
    with pytest.raises((ValueError, TypeError), match=message):
        simulate(n_steps=2, seed=1, **change)


def test_momentum_beyond_its_stable_step_is_stopped():
    with pytest.raises(DivergenceError, match="eta = 5 made the run diverge by step"):
        momentum(MeanEstimation([0.0, 1.0]), 5.0, 0.5, n_steps=3000, seed=1)  # stable up to 2 (1 + mu)
    momentum(MeanEstimation([0.0, 1.0]), 2.9, 0.5, n_steps=3000, seed=1)


def test_a_batch_without_replacement_is_no_larger_than_the_data():
    with pytest.raises(ValueError, match="from 1 to n = 2"):
        momentum(MeanEstimation([-1.0, 1.0]), 0.1, 0.5, batch_size=3, sampling="without_replacement", n_steps=1, seed=1)


@pytest.mark.parametrize("start", [0.4, np.array([0.3, -0.2, 1.0])])
def test_streaming_sgd_is_least_squares_on_new_data(start):
    eta, size, noise, d = 0.2, 3, 0.7, np.size(start)
    final = streaming_sgd(eta, noise=noise, batch_size=size, start=start, n_steps=STEPS, n_chains=M, seed=3).final
    phi = np.tile(np.reshape(start, d), (M, 1))
    for z in islice(gaussians(streams(3, 1)[0], (d + 1, size, M)), STEPS):
        x, y = np.moveaxis(z[:-1], 0, -1), noise * z[-1]
        slopes = [(np.sum(xk * phi, axis=1) - yk)[:, None] * xk for xk, yk in zip(x, y)]
        phi = phi - eta * np.mean(slopes, axis=0)
    np.testing.assert_allclose(final.reshape(M, d), phi, rtol=1e-11)


def test_streaming_sgd_has_its_exact_covariance():
    """S = eta noise^2 / (2B - eta (B + d + 1)), since E x x' x x' = (d + 2) I."""
    for d, size in ((1, 4), (3, 2)):
        start = 0.0 if d == 1 else np.zeros(d)
        final = streaming_sgd(
            0.3, noise=2.0, batch_size=size, start=start, n_steps=60, n_chains=40_000, seed=1
        ).final.reshape(-1, d)
        assert_covariance(final, 0.0, 0.3 * 4 / (2 * size - 0.3 * (size + d + 1)) * np.eye(d))
