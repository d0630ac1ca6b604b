"""The weak second-order scheme, and normals from a table."""

from itertools import islice

import numpy as np
import pytest
from simulation_checks import assert_mean

from sgdsde_helpers.simulation import euler_maruyama, ornstein_uhlenbeck, streams, weak_second_order
from sgdsde_helpers.simulation._streams import gaussians

SCHEMES = (euler_maruyama, weak_second_order)


def increments(dt, n_steps, m, seed):
    return np.array([dW.copy() for dW in islice(gaussians(streams(seed, 1)[0], (m,), np.sqrt(dt)), n_steps)])


def test_it_is_the_plain_loop_on_the_same_draws():
    dt, m = 0.05, 60

    def a(p):
        return np.sin(p) - p

    def b(p):
        return 0.3 + 0.2 * np.cos(p)

    heun, platen = np.full(m, 0.7), np.full(m, 0.7)
    for dW in increments(dt, 20, m, seed=3):
        ahead = heun + a(heun) * dt + 0.4 * dW
        heun = heun + 0.5 * (a(heun) + a(ahead)) * dt + 0.4 * dW
        ahead = platen + a(platen) * dt + b(platen) * dW
        up, down = (platen + a(platen) * dt + sign * b(platen) * np.sqrt(dt) for sign in (1, -1))
        platen = (
            platen
            + 0.5 * (a(ahead) + a(platen)) * dt
            + 0.25 * (b(up) + b(down) + 2 * b(platen)) * dW
            + 0.25 * (b(up) - b(down)) * (dW**2 - dt) / np.sqrt(dt)
        )
    k = {"dt": dt, "n_steps": 20, "start": 0.7, "n_paths": m, "seed": 3}
    np.testing.assert_allclose(weak_second_order(a, 0.4, **k).final, heun, rtol=1e-12)
    np.testing.assert_allclose(weak_second_order(a, b, **k).final, platen, rtol=1e-12)


def test_order_two_for_constant_noise_by_exact_moments():
    """On d phi = -phi dt + s dW one step is linear in phi and z, so mean and variance have exact recursions."""
    dts = 2.0 ** -np.arange(1, 5)
    errors = []
    for dt in dts:
        decay, gain = 1 - dt + dt**2 / 2, 0.8 * (1 - dt / 2)
        mean, variance = 2.0, 0.0
        for _ in range(round(1 / dt)):
            mean, variance = decay * mean, decay**2 * variance + gain**2 * dt
        k = {"dt": dt, "n_steps": round(1 / dt), "start": 2.0, "n_paths": 40000, "seed": 1}
        final = weak_second_order(lambda p: -p, 0.8, **k).final
        assert_mean(final, mean)
        assert_mean((final - mean) ** 2, variance)
        errors.append([mean - 2 * np.exp(-1), variance - 0.64 * -np.expm1(-2.0) / 2])
    for error in np.abs(errors).T:
        assert np.polyfit(np.log(dts), np.log(error), 1)[0] == pytest.approx(2.0, abs=0.25)


def test_matrices_of_constant_noise():
    h, root = np.array([[1.0, 0.5], [0.0, 0.6]]), np.array([[0.5, 0.0], [0.3, 0.4]])
    k = {"dt": 0.1, "n_steps": 10, "start": [1.0, -1.0], "n_paths": 40000}
    final = weak_second_order(lambda p: -p @ h.T, root, seed=2, **k).final
    exact = ornstein_uhlenbeck(h, root @ root.T, seed=3, **k).final
    # At dt = 0.1 what is left of the second-order error, 2e-3 at most, is below two standard errors.
    for power in (1, 2):
        assert_mean((final**power - exact**power), 0.0)


def mean_error(scheme, dt, power, seeds=8, a=-1.0, b=0.5, m=4096):
    """The error of E[phi(1)^power] on d phi = a phi dt + b phi dW, against the exact solution on the same paths."""
    differences = []
    for seed in range(seeds):
        k = {"dt": dt, "n_steps": round(1 / dt), "start": 1.0, "n_paths": m, "seed": seed}
        exact = np.exp(a - b**2 / 2 + b * increments(dt, round(1 / dt), m, seed).sum(axis=0))
        differences.append(scheme(lambda p: a * p, lambda p: b * p, **k).final ** power - exact**power)
    differences = np.concatenate(differences)
    return differences.mean(), differences.std() / np.sqrt(differences.size)


@pytest.mark.parametrize("power", [1, 2])
def test_order_two_where_noise_depends_on_the_state(power):
    dts = 2.0 ** -np.arange(1, 4)
    errors = np.array([mean_error(weak_second_order, dt, power) for dt in dts])
    assert (errors[:, 1] < 0.06 * np.abs(errors[:, 0])).all()  # so the slope is known to 0.06
    order = np.polyfit(np.log(dts), np.log(np.abs(errors[:, 0])), 1)[0]
    assert order == pytest.approx(
        2.0, abs=0.45
    )  # long steps: 2 only as dt goes to 0; Euler-Maruyama has 1.0 to 1.2 here


def test_one_long_step_beats_sixteen_short_ones_of_euler_maruyama():
    """At dt = 1/8 its error in the mean is smaller than that of Euler-Maruyama at dt = 1/128."""
    second, error = mean_error(weak_second_order, 1 / 8, 1)
    first, _ = mean_error(euler_maruyama, 1 / 128, 1, seeds=2)
    assert abs(second) + 5 * error < abs(first)


def test_it_is_refused_where_it_would_not_have_order_two():
    with pytest.raises(ValueError, match="it must be a number or a matrix, in a problem that is not scalar"):
        weak_second_order(lambda p: -p, lambda p: p[:, 0], dt=0.1, n_steps=1, start=[0.0, 1.0], seed=1)
