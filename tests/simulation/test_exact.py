"""Exact transitions: moments of Ornstein-Uhlenbeck paths and Brownian motion, and gradient flow."""

from itertools import islice

import numpy as np
import pytest
from scipy.integrate import quad_vec
from scipy.linalg import expm
from simulation_checks import BOUND, assert_covariance, assert_mean

from sgdsde_helpers.checks import DivergenceError
from sgdsde_helpers.losses import DoubleWell, LeastSquares, MeanEstimation
from sgdsde_helpers.simulation import (
    brownian_motion,
    gradient_flow,
    ornstein_uhlenbeck,
    streams,
)
from sgdsde_helpers.simulation._streams import gaussians
from sgdsde_helpers.theory.moments.ornstein_uhlenbeck import transition

H = np.array([[1.0, 0.6], [-0.4, 0.5]])  # not symmetric: the paths turn


C = np.array([[0.5, 0.3], [0.3, 0.4]])


def by_quadrature(h, c, dt):
    """Covariance that the noise adds over dt, by integrating exp(-Hs) C exp(-H's)."""
    return quad_vec(lambda s: expm(-h * s) @ c @ expm(-h.T * s), 0.0, dt, epsabs=1e-12)[0]


def test_a_flow_that_reaches_infinity_is_reported():
    class Hill(DoubleWell):
        def gradient(self, phi):
            return -(phi**3)  # from 1 the flow is (1 - 2 t)^(-1/2)

    np.testing.assert_allclose(gradient_flow(Hill(0.3), start=1.0, times=[0.3]), 0.4**-0.5)
    with pytest.raises(ValueError, match="times up to 1 are not allowed: the flow cannot be followed so far"):
        gradient_flow(Hill(0.3), start=1.0, times=[0.3, 1.0])


@pytest.mark.parametrize("dt", [0.01, 1.0, 30.0, 3000.0])
@pytest.mark.parametrize("h", [H, np.diag([2.0, 0.0]), np.array([[5.0, 1.0], [1.0, 0.3]])])
def test_transitions_by_quadrature(h, dt):
    decay, added = transition(h, C, dt)
    pieces = np.linspace(0.0, min(dt, 200.0) if np.linalg.det(h) else dt, 11)  # at 200 a stable integrand has died out
    expected = sum(by_quadrature(h, expm(-h * s) @ C @ expm(-h.T * s), pieces[1]) for s in pieces[:-1])
    np.testing.assert_allclose(decay, expm(-h * dt), atol=1e-12)
    np.testing.assert_allclose(added, expected, rtol=1e-8)


def test_unstable_and_scalar_transitions():
    for h in (-0.7, 0.0, 1e-9, 2.0):
        decay, added = transition(np.array([[h]]), np.array([[0.3]]), 0.5)
        assert decay[0, 0] == pytest.approx(np.exp(-0.5 * h), rel=1e-14)
        assert added[0, 0] == pytest.approx(0.15 if h == 0 else 0.3 * -np.expm1(-h) / (2 * h), rel=1e-12)


def test_ornstein_uhlenbeck_paths_have_the_exact_moments():
    center, start = np.array([1.0, -1.0]), np.array([3.0, 0.0])
    run = ornstein_uhlenbeck(H, C, dt=0.7, n_steps=3, start=start, center=center, n_paths=40000, record="all", seed=6)
    for t, states in zip(run.t[1:], run.states[1:]):
        mean, covariance = center + expm(-H * t) @ (start - center), by_quadrature(H, C, t)
        assert_mean(states, mean)
        assert_covariance(states, mean, covariance)
    here, there = run.states[1] - run.states[1].mean(axis=0), run.states[3] - run.states[3].mean(axis=0)
    lagged = expm(-H * 1.4) @ by_quadrature(H, C, 0.7)
    assert_mean(there[:, :, None] * here[:, None, :], lagged)


def test_ornstein_uhlenbeck_is_the_plain_loop_on_the_same_draws():
    a, v = np.exp(-1.3 * 0.2), 0.5 * -np.expm1(-2 * 1.3 * 0.2) / (2 * 1.3)
    phi = np.full(60, 2.0)
    for z in islice(gaussians(streams(8, 1)[0], (60,)), 25):
        phi = 0.5 + a * (phi - 0.5) + np.sqrt(v) * z
    fast = ornstein_uhlenbeck(1.3, 0.5, dt=0.2, n_steps=25, start=2.0, center=0.5, n_paths=60, seed=8).final
    np.testing.assert_allclose(fast, phi, rtol=1e-12)


def test_brownian_motion_keeps_all_its_states_unless_it_is_told_otherwise():
    every, third = (brownian_motion(1.0, dt=0.5, n_steps=6, n_paths=3, seed=1, **k) for k in ({}, {"record": 3}))
    assert every.states.shape == (7, 3)
    np.testing.assert_array_equal(third.states, every.states[::3])


def test_brownian_motion_has_the_covariance_of_brownian_motion():
    run = brownian_motion(C, dt=0.25, n_steps=8, n_paths=40000, seed=7)
    np.testing.assert_allclose(run.t, 0.25 * np.arange(9))
    assert (run.states[0] == 0).all()
    early, late = run.states[3], run.states[8]
    assert_mean(late, 0.0)
    assert_covariance(early, 0.0, 0.75 * C)
    assert_covariance(late, 0.0, 2.0 * C)
    assert_mean(early[:, :, None] * late[:, None, :], 0.75 * C)  # E W(s) W(t)' = min(s, t) C
    variance = (brownian_motion(0.09, dt=2.0, n_steps=1, n_paths=40000, seed=7).final ** 2).mean()
    assert abs(variance / 0.18 - 1) < BOUND * np.sqrt(2 / 40000)


def test_gradient_flow_against_the_matrix_exponential():
    loss = LeastSquares([[1.0, 0.2], [-0.3, 0.8], [0.5, -1.0]], [1.0, 0.0, 2.0])
    times, start = [0.0, 0.5, 3.0, 40.0], np.array([2.0, -1.0])
    exact = [loss.minimiser + expm(-loss.hessian(start) * t) @ (start - loss.minimiser) for t in times]
    np.testing.assert_allclose(gradient_flow(loss, start=start, times=times), exact, atol=1e-10)
    np.testing.assert_array_equal(gradient_flow(loss, start=start, times=[0.0]), [start])
    scalar = gradient_flow(MeanEstimation([1.0, 3.0]), start=0.0, times=times)
    np.testing.assert_allclose(scalar, 2 - 2 * np.exp(-np.array(times)), atol=1e-10)


def test_a_process_that_grows_is_no_matter_of_the_time_step():
    with pytest.raises(DivergenceError, match=r"past 1e\+100 by step 256: its transitions are exact, at any dt"):
        ornstein_uhlenbeck(-1.0, 1.0, dt=1.0, start=0.0, n_steps=400, seed=1)
