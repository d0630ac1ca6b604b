"""SDE paths: the plain loop, exact moments, weak and strong orders, Ito and not Stratonovich, and what is refused."""

from itertools import islice

import numpy as np
import pytest
from simulation_checks import assert_mean

from sgdsde_helpers.checks import DivergenceError
from sgdsde_helpers.losses import LogisticRegression, MeanEstimation, ScalarQuadratic
from sgdsde_helpers.simulation import (
    brownian_motion,
    euler_maruyama,
    gradient_flow,
    ornstein_uhlenbeck,
    sgd_sde,
    streams,
    weak_second_order,
)
from sgdsde_helpers.simulation._streams import gaussians

SMALL = ScalarQuadratic([0.4, 1.0, 1.9], [1.0, -0.5, 0.7])
H = np.array([[1.0, 0.6], [-0.4, 0.5]])  # not symmetric: the paths turn


def increments(dt, n_steps, m, seed):
    """The dW of `euler_maruyama` for m <= 4096 scalar paths, (n_steps, m)."""
    return np.array([dW.copy() for dW in islice(gaussians(streams(seed, 1)[0], (m,), np.sqrt(dt)), n_steps)])


def spread(phi):
    """A (m, 2, 2) noise factor that depends on the state and is not symmetric."""
    g = np.zeros((len(phi), 2, 2))
    g[:, 0, 0], g[:, 1, 0], g[:, 1, 1] = 1 + 0.1 * phi[:, 1], 0.5, np.cos(phi[:, 0])
    return 0.4 * g


NOISES = {
    "a number": (0.3, lambda phi, z: 0.3 * z),
    "a function that gives one number": (lambda p: 0.3, lambda phi, z: 0.3 * z),
    "a function that gives one matrix": (lambda p: H, lambda phi, z: np.einsum("ij,mj->mi", H, z)),
    "a matrix": (H, lambda phi, z: np.einsum("ij,mj->mi", H, z)),
    "numbers of the state": (lambda p: 0.3 + p[:, 0] ** 2, lambda p, z: (0.3 + p[:, 0] ** 2)[:, None] * z),
    "matrices of the state": (spread, lambda p, z: np.einsum("mij,mj->mi", spread(p), z)),
}


@pytest.mark.parametrize("noise, applied", NOISES.values(), ids=NOISES.keys())
def test_euler_maruyama_is_the_plain_loop_on_the_same_draws(noise, applied):
    dt, m, start = 0.01, 70, np.array([0.5, -0.5])
    phi = np.tile(start, (m, 1))
    for dW in islice(gaussians(streams(3, 1)[0], (m, 2), np.sqrt(dt)), 40):
        phi = phi - np.sin(phi) * dt + applied(phi, dW)
    fast = euler_maruyama(lambda p: -np.sin(p), noise, dt=dt, n_steps=40, start=start, n_paths=m, seed=3).final
    np.testing.assert_allclose(fast, phi, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("batch_size", [1, 5])
def test_moments_of_the_sde_of_sgd(batch_size):
    """Euler-Maruyama has its own exact recursion for a quadratic loss: drift, sqrt(dt), eta and B enter it exactly."""
    eta, dt, n_steps, u = 0.4, 0.05, 30, 1.5
    mean, second = u, u**2
    for _ in range(n_steps):  # u = phi - minimiser
        sigma2 = SMALL.var_h * second + 2 * SMALL.cov_hr * mean + SMALL.var_r
        decay = 1 - SMALL.mean_h * dt
        mean, second = decay * mean, decay**2 * second + eta / batch_size * sigma2 * dt
    drift, noise = sgd_sde(SMALL, eta, batch_size)
    k = {"dt": dt, "n_steps": n_steps, "start": SMALL.minimiser + u, "n_paths": 40000, "seed": 1}
    away = euler_maruyama(drift, noise, **k).final - SMALL.minimiser
    assert_mean(away, mean)
    assert_mean(away**2, second)


def test_the_noise_of_the_sde_of_sgd_is_a_factor_of_eta_sigma_over_b():
    x = np.random.default_rng(1).normal(size=(20, 3))
    loss = LogisticRegression(x, (x[:, 0] > 0) * 1.0, ridge=0.1)
    phi = np.random.default_rng(2).normal(size=(5, 3))
    drift, noise = sgd_sde(loss, 0.3, 4)
    np.testing.assert_allclose(drift(phi), -loss.gradient(phi))
    np.testing.assert_allclose(noise(phi) @ noise(phi).swapaxes(1, 2), 0.3 * loss.covariance(phi) / 4, atol=1e-15)


def test_noise_that_is_the_same_everywhere_is_factored_once():
    x = np.random.default_rng(1).normal(size=(20, 3))
    loss, phi = MeanEstimation(x), np.zeros((5, 3))
    root = sgd_sde(loss, 0.3, 4)[1](phi)
    assert root.shape == (3, 3)
    np.testing.assert_allclose(root @ root.T, 0.3 * np.cov(x.T, bias=True) / 4)


def geometric(dt, seed, a=-0.5, b=1.0, m=4096):
    """Euler-Maruyama for d phi = a phi dt + b phi dW on [0, 1] from 1, and the exact solution for the same Brownian path."""
    n_steps = round(1 / dt)
    k = {"dt": dt, "n_steps": n_steps, "start": 1.0, "n_paths": m, "seed": seed}
    euler = euler_maruyama(lambda p: a * p, lambda p: b * p, **k).final
    return euler, np.exp(a - b**2 / 2 + b * increments(dt, n_steps, m, seed).sum(axis=0))


def slope(dts, errors):
    return np.polyfit(np.log(dts), np.log(errors), 1)[0]


def test_strong_order_one_half_where_noise_depends_on_the_state():
    dts = 2.0 ** -np.arange(4, 10)
    errors = [np.sqrt(np.mean((euler - exact) ** 2)) for euler, exact in (geometric(dt, seed=2, b=0.5) for dt in dts)]
    # Each error is known to about 3%, so the slope to 0.012 of noise, and a bias of order sqrt(dt) is left.
    assert slope(dts, errors) == pytest.approx(0.5, abs=0.08)


def test_strong_order_one_where_noise_is_constant():
    """d phi = -phi dt + dW, whose exact state is known in law, given the increments of the same Brownian path.

    Over one step the integral of exp(s - dt) dW(s) is its regression on the increment, plus an independent Gaussian rest.
    """
    m, dts, errors = 4096, 2.0 ** -np.arange(3, 8), []
    for dt in dts:
        n_steps, decay = round(1 / dt), np.exp(-dt)
        rest = np.sqrt((1 - decay**2) / 2 - (1 - decay) ** 2 / dt)
        rng, exact = np.random.default_rng(1), np.zeros(m)
        for dW in increments(dt, n_steps, m, seed=3):
            exact = decay * exact + (1 - decay) / dt * dW + rest * rng.normal(size=m)
        euler = euler_maruyama(lambda p: -p, 1.0, dt=dt, n_steps=n_steps, start=0.0, n_paths=m, seed=3).final
        errors.append(np.sqrt(np.mean((euler - exact) ** 2)))
    assert slope(dts, errors) == pytest.approx(1.0, abs=0.06)


def test_weak_order_one():
    """The mean of (1 + a dt)^n against exp(a): measured as the mean difference from the exact solution on the same path."""
    a, dts = -1.5, 2.0 ** -np.arange(2, 5)
    errors = []
    for dt in dts:
        differences = np.concatenate([np.subtract(*geometric(dt, seed, a=a, b=0.2)) for seed in range(10)])
        assert_mean(differences, (1 + a * dt) ** round(1 / dt) - np.exp(a))
        errors.append(-differences.mean())
    assert slope(dts, errors) == pytest.approx(slope(dts, np.exp(a) - (1 + a * dts) ** (1 / dts)), abs=0.1)
    assert slope(dts, errors) == pytest.approx(1.0, abs=0.3)  # 1 as dt goes to 0; 1.2 for steps this long


def test_the_reading_is_itos():
    """d phi = b phi dW keeps its mean in Ito's reading; in Stratonovich's it grows as exp(b^2 t / 2), here by 65%."""
    final = euler_maruyama(lambda p: 0 * p, lambda p: p, dt=0.01, n_steps=100, start=1.0, n_paths=40000, seed=4).final
    assert_mean(final, 1.0)
    assert_mean(final**2, 1.01**100)  # exactly; e in the limit


def test_the_reading_is_itos_for_matrices():
    """Noise phi_2 dW in coordinate 1 and phi_1 dW, the same W, in coordinate 2: Stratonovich would add a drift phi / 2."""

    def noise(phi):
        g = np.zeros((len(phi), 2, 2))
        g[:, 0, 0], g[:, 1, 0] = phi[:, 1], phi[:, 0]
        return g

    final = euler_maruyama(lambda p: 0 * p, noise, dt=0.02, n_steps=50, start=[1.0, 2.0], n_paths=40000, seed=4).final
    assert_mean(final, [1.0, 2.0])


def test_starts_of_scalar_and_vector_problems():
    def still(p):
        return 0 * p

    k = {"dt": 0.1, "n_steps": 0, "seed": 1}
    assert euler_maruyama(still, 1.0, start=2.0, n_paths=3, **k).final.tolist() == [2.0, 2.0, 2.0]
    assert euler_maruyama(still, 1.0, start=[1.0, 2.0, 3.0], n_paths=3, **k).final.tolist() == [1.0, 2.0, 3.0]
    assert euler_maruyama(still, 1.0, start=[1.0, 2.0], n_paths=3, **k).final.shape == (3, 2)
    assert euler_maruyama(still, np.eye(2), start=[1.0, 2.0], n_paths=2, **k).final.shape == (2, 2)
    assert euler_maruyama(still, 1.0, start=[[1.0, 2.0], [3.0, 4.0]], **k).final.shape == (2, 2)


def spoiling(phi):
    phi *= -1
    return phi


def one_array():
    out = np.empty(2)
    return lambda phi: np.negative(phi, out=out)


@pytest.mark.parametrize("scheme", [euler_maruyama, weak_second_order])
def test_functions_that_work_in_place_are_refused(scheme):
    k = {"dt": 0.1, "n_steps": 10, "start": 1.0, "seed": 1}
    for function, what in [(spoiling, "changes phi in place"), (one_array(), "returns one array at all calls")]:
        with pytest.raises(ValueError, match=f"drift that {what} is not allowed: it must return a new array"):
            scheme(function, 0.0, **k)
        with pytest.raises(ValueError, match=f"noise_factor that {what} is not allowed: it must return a new array"):
            scheme(np.negative, function, **k)
    assert scheme(lambda p: p, lambda p: np.float64(0.0), **k).final > 2  # the same array back is no harm


def test_a_function_that_works_in_place_later_on_is_stopped():
    def late(phi):
        if phi[0] > 1.5:
            phi *= -1
        return phi

    with pytest.raises(ValueError, match="read-only"):
        euler_maruyama(late, 0.0, dt=0.1, n_steps=50, start=1.0, seed=1)


def test_a_path_that_diverges_is_stopped():
    message = "dt = 0.1 made the run diverge by step 64: a smaller dt may help"
    with pytest.raises(DivergenceError, match=message) as caught:
        euler_maruyama(lambda p: -(p**3), 1.0, dt=0.1, n_steps=500, start=50.0, seed=1)
    assert caught.value.report.step == 64 and caught.value.report.eta_bound is None  # no bound is known


@pytest.mark.parametrize("start", [1.0, -1.0])
def test_a_finite_path_that_is_huge_is_stopped_on_either_side(start):
    with pytest.raises(DivergenceError, match="by step 128"):  # 11^128 is beyond 1e100
        euler_maruyama(lambda p: 10 * p, 0.0, dt=1.0, n_steps=128, start=start, seed=1)


def test_bad_arguments_are_named():
    def still(p):
        return 0 * p

    good = {"drift": still, "noise_factor": 1.0, "dt": 0.1, "n_steps": 2, "start": 0.0, "seed": 1}
    for change, message in [
        ({"dt": 0.0}, "dt = 0.0 is not allowed: it must be a finite number > 0"),
        ({"dt": -0.1}, "dt = -0.1 is not allowed"),
        ({"n_steps": -1}, "n_steps = -1 is not allowed"),
        ({"n_paths": 0}, "n_paths = 0 is not allowed"),
        ({"start": np.nan}, "start = nan is not allowed"),
        ({"noise_factor": np.ones((2, 3))}, r"noise_factor of shape \(2, 3\) is not allowed"),
        ({"noise_factor": np.ones(3)}, r"noise_factor of shape \(3,\) is not allowed"),
        ({"noise_factor": np.nan}, "noise_factor = nan is not allowed"),
        ({"noise_factor": np.eye(2), "start": [1.0, 2.0, 3.0]}, r"start of shape \(3,\) is not allowed"),
        ({"drift": lambda p: np.zeros(7)}, r"drift\(phi\) of shape \(7,\) is not allowed"),
        ({"noise_factor": lambda p: np.ones((7, 7))}, r"noise_factor\(phi\) of shape \(7, 7\) is not allowed"),
        ({"drift": 3.0}, "drift = 3.0 is not allowed: it must be a function of phi"),
    ]:
        with pytest.raises((ValueError, TypeError), match=message):
            euler_maruyama(**(good | change))
    for c, message in [
        ([[1.0, 0.5], [0.4, 1.0]], "a symmetric matrix"),
        ([[1.0, 2.0], [2.0, 1.0]], "positive semidefinite"),
        (-1.0, "positive semidefinite"),
    ]:
        with pytest.raises(ValueError, match=message):
            brownian_motion(c, dt=0.1, n_steps=1, seed=1)
        with pytest.raises(ValueError, match=message):
            h, start = (np.eye(2), [0.0, 0.0]) if np.ndim(c) else (1.0, 0.0)
            ornstein_uhlenbeck(h, c, dt=0.1, n_steps=1, start=start, seed=1)
    with pytest.raises(ValueError, match="drift_matrix of shape"):
        ornstein_uhlenbeck(np.ones((2, 3)), 1.0, dt=0.1, n_steps=1, start=0.0, seed=1)
    for center in (np.zeros(3), np.zeros((2, 2))):
        with pytest.raises(ValueError, match=r"center of shape .* is not allowed: its shape must be \(\) or \(2,\)"):
            ornstein_uhlenbeck(np.eye(2), np.eye(2), dt=0.1, n_steps=1, start=[0.0, 0.0], center=center, seed=1)
    with pytest.raises(
        ValueError, match=r"noise_factor\(phi\) of shape \(3, 2\) is not allowed"
    ):  # one number for each coordinate
        euler_maruyama(**(good | {"start": [0.0, 0.0], "noise_factor": np.ones_like}))
    for times in ([1.0, 0.5], [0.5, 0.5], [-1.0, 2.0]):
        with pytest.raises(ValueError, match="times = .* is not allowed"):
            gradient_flow(SMALL, start=0.0, times=times)
