"""Exponents with Gaussian features against moments in closed form and plain sampling; Hill's bias against exact laws."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import t as student

from sgdsde_helpers.checks import DivergenceError
from sgdsde_helpers.theory import (
    gaussian_features_exponent,
    gaussian_features_limit,
    gaussian_features_sde_survival,
    hall_bias,
    hill_limit,
    sde_tail_exponent,
    stationary_density,
)

SETTINGS = [(1, 1), (4, 1), (1, 3), (5, 2), (2, 10)]  # B, d


@pytest.mark.parametrize("arm", ["SGD", "Gaussian SGD"])
@pytest.mark.parametrize(("size", "d"), SETTINGS)
def test_exponent_is_two_at_the_mean_square_edge(size, d, arm):
    """E (I - eta h)^2 = (1 - 2 eta + eta^2 (B + d + 1)/B) I, for every arm of discrete steps."""
    assert gaussian_features_exponent(2 * size / (size + d + 1), size, d, arm) == pytest.approx(2.0, rel=1e-9)


def test_exponent_is_four_where_the_fourth_moment_of_the_factor_is_one():
    """With one parameter and B = 1 the moments of x^2 are 1, 3, 15, 105: 18 eta - 60 eta^2 + 105 eta^3 = 4."""
    roots = np.roots([105, -60, 18, -4])
    eta = float(roots[np.abs(roots.imag) < 1e-12].real[0])
    assert gaussian_features_exponent(eta) == pytest.approx(4.0, rel=1e-9)
    moments = 1 - 4 * eta + 6 * eta**2 * 3 - 4 * eta**3 * 15 + eta**4 * 105
    assert moments == pytest.approx(1.0)


def test_gaussian_arm_has_the_fourth_moment_of_a_normal_factor():
    """m^4 + 6 m^2 v + 3 v^2 = 1 with m = 1 - eta, v = 2 eta^2 / B, at B = 2."""
    eta = brentq(lambda e: (1 - e) ** 4 + 6 * (1 - e) ** 2 * e**2 + 3 * e**4 - 1, 0.1, 0.9)
    assert gaussian_features_exponent(eta, 2, arm="Gaussian SGD") == pytest.approx(4.0, rel=1e-9)


@pytest.mark.parametrize(("size", "d"), [(1, 1), (2, 3), (4, 2)])
def test_exponent_by_plain_matrices(size, d):
    """The mean of |A u|^alpha over sampled matrices is 1; false alarms below 10^-5 (5 standard errors, three cases)."""
    rng, eta, m = np.random.default_rng(1), 0.9 * 2 * size / (size + d + 1), 400_000
    u = np.linspace(1.0, 2.0, d) / np.linalg.norm(np.linspace(1.0, 2.0, d))
    x = rng.standard_normal((m, size, d))
    moved = u - eta / size * np.einsum("mbd,mb->md", x, x @ u)
    alpha = gaussian_features_exponent(eta, size, d)
    whole = np.linalg.norm(moved, axis=1) ** alpha
    assert abs(whole.mean() - 1) < 5 * whole.std() / np.sqrt(m)


def test_sde_exponent_is_the_general_one_with_variance_two():
    for eta, size in ((0.3, 1), (0.8, 4)):
        curvatures = [1 - np.sqrt(2), 1 + np.sqrt(2)]  # mean 1, variance 2, as those of Gaussian features
        assert gaussian_features_exponent(eta, size, arm="SDE") == pytest.approx(
            sde_tail_exponent(curvatures, eta, size)
        )


def test_sde_exponent_in_the_plane_by_its_generator():
    """E|phi|^a does not change: trace of (eta/2B)(|phi|^2 I + phi phi') times the second derivatives, less phi . grad."""
    eta, size, d = 0.4, 3, 2
    a = gaussian_features_exponent(eta, size, d, "SDE")
    phi, h = np.array([0.6, -1.1]), 1e-4
    f = lambda p: np.sum(p * p) ** (a / 2)
    e = np.eye(d) * h
    gradient = np.array([(f(phi + v) - f(phi - v)) / (2 * h) for v in e])
    hessian = np.array([[f(phi + v + w) - f(phi + v - w) - f(phi - v + w) + f(phi - v - w) for v in e] for w in e])
    noise = eta / size * (phi @ phi * np.eye(d) + np.outer(phi, phi))
    change = -phi @ gradient + np.sum(noise * hessian) / (8 * h**2)
    assert abs(change) < 1e-5 * f(phi)


@pytest.mark.parametrize(("size", "d"), [(1, 1), (3, 1), (1, 3)])
@pytest.mark.parametrize("arm", ["SGD", "Gaussian SGD", "SDE"])
def test_eta_alpha_tends_to_its_limit(size, d, arm):
    eta = 2e-4 * size
    first = eta * gaussian_features_exponent(eta, size, d, arm)
    assert first == pytest.approx(gaussian_features_limit(size, arm), rel=0.005)


def test_small_steps_have_the_lighter_tail_under_sgd():
    assert gaussian_features_limit() > 1.7 * gaussian_features_limit(arm="SDE")


def test_no_stationary_law_is_said():
    with pytest.raises(DivergenceError, match="eta = 4"):
        gaussian_features_exponent(4.0)
    with pytest.raises(DivergenceError, match="eta = 2"):
        gaussian_features_exponent(2.0, d=5, arm="SDE")


def ito_law(p):
    """Survival of |phi| under the density (1 + 2 phi^2)^-p, a Student law of 2p - 1 degrees of freedom."""
    nu, x = 2 * p - 1, np.geomspace(0.02, 1e6, 40_001)
    return x, 2 * student.sf(x * np.sqrt(2 * nu), nu), nu


def test_hill_reads_low_by_as_much_as_the_integral_says():
    x, tail, alpha = ito_law(3)
    read = hill_limit(x, tail, alpha)
    for share, value in ((0.1, 3.16), (0.03, 3.85), (0.01, 4.26), (0.001, 4.70)):
        assert np.interp(-np.log(share), -np.log(tail), read) == pytest.approx(value, abs=0.006)


def test_halls_bias_is_the_first_order_of_it():
    for p in (1.5, 3.0):
        x, tail, alpha = ito_law(p)
        exact = hill_limit(x, tail, alpha) - alpha
        d = -(p / 2) * (2 * p - 1) / (2 * p + 1)
        first = hall_bias(x, alpha, d, 2.0)
        ratio = np.interp([20.0, 60.0], x, exact / first)
        np.testing.assert_allclose(ratio, 1.0, atol=0.01)


def test_a_pure_power_has_no_bias_at_any_threshold():
    x = np.geomspace(1.0, 50.0, 4001)
    np.testing.assert_allclose(hill_limit(x, x**-2.5, 2.5), 2.5, rtol=1e-5)


def test_survival_of_the_sde_is_that_of_its_density_of_zero_flow():
    eta, size, noise = 0.6, 2, 0.7
    grid = np.linspace(-60, 60, 120_001)
    p = stationary_density(lambda x: -x, lambda x: eta / size * (noise**2 + 2 * x**2), grid)
    for r in (0.2, 1.0, 3.0):
        inside = np.trapezoid(p[np.abs(grid) <= r + 1e-9], grid[np.abs(grid) <= r + 1e-9])
        assert gaussian_features_sde_survival(r, eta, size, noise) == pytest.approx(1 - inside, abs=2e-6)
