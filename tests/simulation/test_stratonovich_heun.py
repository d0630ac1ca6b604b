"""Heun's method: the plain loop on the same draws, its exact moments, and the reading of the noise that it takes."""

from itertools import islice

import numpy as np
import pytest
from simulation_checks import assert_mean

from sgdsde_helpers.simulation import stratonovich_heun, streams, weak_second_order
from sgdsde_helpers.simulation._streams import gaussians


def test_it_is_the_plain_loop_on_the_same_draws():
    dt, m, turn = 0.05, 40, np.array([[0.0, 1.0], [-1.0, 0.0]])

    def a(p):
        return np.sin(p) - p

    def root(p):
        return 0.3 * np.eye(2) + 0.1 * p[:, :, None] * turn

    phi = np.full((m, 2), 0.7)
    for dW in islice(gaussians(streams(3, 1)[0], (m, 2), np.sqrt(dt)), 20):
        first = a(phi) * dt + np.einsum("mij,mj->mi", root(phi), dW)
        ahead = phi + first
        second = a(ahead) * dt + np.einsum("mij,mj->mi", root(ahead), dW)
        phi = phi + (first + second) / 2
    run = stratonovich_heun(a, root, dt=dt, n_steps=20, start=[0.7, 0.7], n_paths=m, seed=3)
    np.testing.assert_allclose(run.final, phi, rtol=1e-12)


def test_with_constant_noise_it_is_the_second_order_scheme():
    k = {"dt": 0.1, "n_steps": 30, "start": 0.2, "n_paths": 50, "seed": 1}
    one, other = (scheme(np.sin, 0.5, **k).final for scheme in (stratonovich_heun, weak_second_order))
    np.testing.assert_allclose(one, other, rtol=1e-12)


@pytest.mark.parametrize("dt", [0.5, 0.125])
def test_the_exact_moments_of_a_linear_equation(dt):
    """One step multiplies by 1 + y + y^2/2, y = -h dt + s dW. False alarms of each line: see assert_mean."""
    h, s, n_steps = 1.0, 0.6, round(1 / dt)
    z, weight = np.polynomial.hermite_e.hermegauss(12)
    y = -h * dt + s * np.sqrt(dt) * z
    mean, second = (weight @ (1 + y + y**2 / 2) ** power / weight.sum() for power in (1, 2))
    k = {"dt": dt, "n_steps": n_steps, "start": 1.0, "n_paths": 100_000, "seed": 2}
    final = stratonovich_heun(lambda p: -h * p, lambda p: s * p, **k).final
    assert_mean(final, mean**n_steps)
    assert_mean(final**2, second**n_steps)
    assert abs(mean**n_steps - np.exp(s**2 / 2 - h)) < 0.3 * dt  # Stratonovich's, not Ito's exp(-h)
    assert abs(mean**n_steps - np.exp(-h)) > 0.05
