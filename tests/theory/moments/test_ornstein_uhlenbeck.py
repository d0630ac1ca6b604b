"""Ornstein-Uhlenbeck: mean, covariance and spectrum by quadrature, and the identities between them."""

import numpy as np
import pytest
from scipy.integrate import quad_vec, solve_ivp
from scipy.linalg import expm, solve_continuous_lyapunov

from sgdsde_helpers.theory import (
    brownian_variation,
    ou_autocovariance,
    ou_covariance,
    ou_mean,
    ou_spectrum,
    sde_stationary_covariance,
)

H = np.array([[2.0, 0.6], [0.6, 1.0]])
Q = np.array([[0.3, -0.1], [-0.1, 0.5]])
TURNING = np.array([[1.0, -2.0], [1.5, 0.5]])  # a drift matrix that is not symmetric


@pytest.mark.parametrize("drift", [H, TURNING])
def test_mean_solves_its_equation(drift):
    start, centre = np.array([1.0, -2.0]), np.array([0.5, 0.0])
    flow = solve_ivp(lambda t, m: -drift @ (m - centre), (0, 1.3), start, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(ou_mean(1.3, start, drift, centre), flow.y[:, -1], atol=1e-9)


@pytest.mark.parametrize("drift", [H, TURNING, -H, np.zeros((2, 2)), np.diag([1.0, 0.0])])
@pytest.mark.parametrize("t", [0.01, 3.0])
def test_covariance_by_quadrature(drift, t):
    expected = quad_vec(lambda s: expm(-drift * s) @ Q @ expm(-drift.T * s), 0, t, epsrel=1e-11)[0]
    np.testing.assert_allclose(ou_covariance(t, drift, Q), expected, rtol=1e-9, atol=1e-13)


def test_without_drift_it_is_brownian_motion():
    np.testing.assert_allclose(ou_covariance(7.0, np.zeros((2, 2)), Q), 7 * Q, rtol=1e-13)
    assert ou_covariance(7.0, 0.0, 0.3) == pytest.approx(2.1)


def test_covariance_settles_at_the_lyapunov_solution():
    stationary = sde_stationary_covariance(H, Q / 0.1, 0.1)
    np.testing.assert_allclose(ou_covariance(60.0, H, Q), stationary, rtol=1e-12)


def test_scalar_and_one_by_one_matrix_agree():
    times = np.array([0.0, 1e-9, 0.5, 4.0])
    np.testing.assert_allclose(
        ou_covariance(times, 2.0, 0.3), ou_covariance(times, [[2.0]], [[0.3]])[:, 0, 0], rtol=1e-12
    )
    omega = np.array([-1.0, 0.0, 3.0])
    np.testing.assert_allclose(
        ou_spectrum(omega, 2.0, 0.3), ou_spectrum(omega, [[2.0]], [[0.3]])[:, 0, 0].real, rtol=1e-12
    )
    np.testing.assert_allclose(
        ou_autocovariance(-0.7, 2.0, stationary_covariance=0.3),
        ou_autocovariance(0.7, [[2.0]], stationary_covariance=[[0.3]])[0, 0],
        rtol=1e-12,
    )
    np.testing.assert_allclose(ou_covariance(times, 2.0, 0.3), 0.3 * (1 - np.exp(-4 * times)) / 4, atol=1e-12)


def test_spectrum_is_the_fourier_transform_of_the_autocovariance():
    s = sde_stationary_covariance(H, Q / 0.1, 0.1)
    for omega in (0.0, 0.7, -2.0):
        transform = quad_vec(
            lambda x, w=omega: (
                ou_autocovariance(x, H, stationary_covariance=s) * np.exp(-1j * w * x)
                + ou_autocovariance(-x, H, stationary_covariance=s) * np.exp(1j * w * x)
            ),
            0,
            60,
            epsrel=1e-10,
        )[0]
        np.testing.assert_allclose(ou_spectrum(omega, H, Q), transform, atol=1e-8)


def test_spectrum_of_a_turning_process_too():
    s = solve_continuous_lyapunov(TURNING, Q)
    transform = quad_vec(
        lambda x: (
            ou_autocovariance(x, TURNING, stationary_covariance=s) * np.exp(-1.1j * x)
            + ou_autocovariance(-x, TURNING, stationary_covariance=s) * np.exp(1.1j * x)
        ),
        0,
        80,
        epsrel=1e-10,
    )[0]
    np.testing.assert_allclose(ou_spectrum(1.1, TURNING, Q), transform, atol=1e-8)


def test_sum_rule_of_the_spectrum():
    angle = (np.arange(400) + 0.5) / 400 * np.pi - np.pi / 2  # omega = tan(angle) takes the line to an interval
    spectrum = ou_spectrum(np.tan(angle), H, Q) / np.cos(angle)[:, None, None] ** 2
    total = spectrum.sum(axis=0) * np.pi / 400 / (2 * np.pi)
    np.testing.assert_allclose(total, sde_stationary_covariance(H, Q / 0.1, 0.1), rtol=1e-9, atol=1e-12)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="t = -1"):
        ou_mean(-1.0, 0.0, 1.0)
    with pytest.raises(ValueError, match="square"):
        ou_covariance(1.0, np.ones((2, 3)), np.eye(2))
    with pytest.raises(ValueError, match="noise_covariance"):
        ou_covariance(1.0, H, np.diag([1.0, -1.0]))


def test_a_scalar_mean_solves_its_equation():
    t, step = 0.7, 1e-4
    slope = (ou_mean(t + step, 2.0, 1.5, 0.5) - ou_mean(t - step, 2.0, 1.5, 0.5)) / (2 * step)
    assert slope == pytest.approx(-1.5 * (ou_mean(t, 2.0, 1.5, 0.5) - 0.5), rel=1e-6)


def test_the_variation_of_brownian_motion_by_quadrature():
    x = np.linspace(-12, 12, 200_001)
    mean_abs = np.trapezoid(np.abs(x) * np.exp(-(x**2) / 2), x) / np.sqrt(2 * np.pi)
    assert brownian_variation(np.array([50.0]), 1, 2.0) == pytest.approx(50 * mean_abs * np.sqrt(2.0 / 50), rel=1e-6)
