"""Moments of every order: against a step taken by hand over all batches, known laws, and the functions for two moments."""

from itertools import product

import numpy as np
import pytest

from sgdsde_helpers.checks import DivergenceError
from sgdsde_helpers.losses import MeanEstimation, ScalarQuadratic
from sgdsde_helpers.theory import (
    chain_cumulant,
    modified_stationary_covariance,
    sde_higher_moments,
    sde_stationary_moments,
    sgd_higher_moments,
    sgd_stationary_moments,
)

CURVATURES, PULLS = np.array([-1.0, 1.0, 2.0, 2.0]), np.array([1.5, -0.5, -0.5, -0.5])
SKEWED = ScalarQuadratic(CURVATURES, PULLS / CURVATURES + 7.0)  # moved: its minimiser is not 0


@pytest.mark.parametrize(("eta", "batch_size"), [(0.2, 1), (0.3, 2), (0.05, 3)])
def test_one_step_over_every_batch_leaves_the_moments(eta, batch_size):
    moments = sgd_higher_moments(SKEWED, eta, batch_size, order=4)
    at = float(SKEWED.minimiser)
    slopes = SKEWED.per_example_gradients(np.asarray(at + 1.0)) - SKEWED.per_example_gradients(np.asarray(at))
    pulls = -SKEWED.per_example_gradients(np.asarray(at))
    batches = np.array(list(product(range(4), repeat=batch_size)))
    for p in range(1, 5):
        a, b = 1 - eta * slopes[batches].mean(axis=1), eta * pulls[batches].mean(axis=1)
        polynomials = [np.polynomial.polynomial.polypow([y, x], p) for x, y in zip(a, b)]
        assert np.mean(polynomials, axis=0) @ moments[: p + 1] == pytest.approx(moments[p], rel=1e-10, abs=1e-14)


@pytest.mark.parametrize(("eta", "batch_size"), [(0.2, 1), (0.3, 4)])
def test_the_second_moments_are_those_of_the_matrix_equations(eta, batch_size):
    assert sgd_higher_moments(SKEWED, eta, batch_size)[2] == pytest.approx(
        sgd_stationary_moments(SKEWED, eta, batch_size)[1], rel=1e-10
    )
    assert sde_higher_moments(SKEWED, eta, batch_size)[2] == pytest.approx(
        sde_stationary_moments(SKEWED, eta, batch_size)[1], rel=1e-10
    )


def test_the_third_moment_of_constant_noise_is_the_sum_of_cumulants():
    loss = MeanEstimation([-1.0, -1.0, 2.0])
    expected = chain_cumulant(3, loss, eta=0.3, batch_size=2)
    assert sgd_higher_moments(loss, 0.3, 2)[3] == pytest.approx(expected, rel=1e-12)
    assert sde_higher_moments(loss, 0.3, 2)[3] == 0


def test_the_sdes_moments_are_those_of_its_density():
    """Its Pearson density, integrated on a grid; from the drift and noise alone."""
    eta, h, s2 = 0.2, CURVATURES.mean(), CURVATURES.var()
    s1, s0 = -np.mean(CURVATURES * PULLS), PULLS.var()
    u = np.linspace(-60, 60, 600_001)
    noise = eta * (s0 + 2 * s1 * u + s2 * u**2)
    exponent = np.concatenate(
        [[0.0], np.cumsum(np.diff(u) * ((-2 * h * u / noise)[1:] + (-2 * h * u / noise)[:-1]) / 2)]
    )
    density = np.exp(exponent - exponent.max()) / noise
    density /= density.sum()
    moments = sde_higher_moments(SKEWED, eta, order=3)
    assert density @ u**2 == pytest.approx(moments[2], rel=1e-4)
    assert density @ u**3 == pytest.approx(moments[3], rel=1e-2)


def test_the_corrected_equations_are_those_of_constant_noise():
    loss = MeanEstimation([-1.0, 1.0])
    for equation, corrected in (("second order", False), ("second order, noise too", True)):
        expected = modified_stationary_covariance(1.0, 1.0, 0.4, 2, noise_corrected=corrected)
        assert sde_higher_moments(loss, 0.4, 2, equation=equation)[2] == pytest.approx(expected, rel=1e-12)


def test_noise_that_is_corrected_too_has_the_variance_to_second_order():
    def error(eta, equation):
        return sde_higher_moments(SKEWED, eta, equation=equation)[2] / sgd_higher_moments(SKEWED, eta)[2] - 1

    assert error(0.01, "second order, noise too") == pytest.approx(-(0.01**2) / 2, rel=0.05)
    assert error(0.01, "second order") == pytest.approx(-0.01, rel=0.05)


def test_an_infinite_moment_is_named():
    with pytest.raises(DivergenceError, match="order 2"):
        sgd_higher_moments(SKEWED, 0.81)  # the edge is 2 / (1 + 1.5)
    with pytest.raises(DivergenceError, match="order 4"):
        sgd_higher_moments(SKEWED, 0.5)
    assert sgd_higher_moments(SKEWED, 0.5, order=2)[2] > 0
    with pytest.raises(DivergenceError, match="order 4"):
        sde_higher_moments(SKEWED, 0.5)


def test_a_shift_and_a_scale_of_the_data_go_into_the_answer():
    """At 10^8 from 0 the states lose digits; the moments must not."""
    plain = sgd_higher_moments(SKEWED, 0.2)
    moved = sgd_higher_moments(ScalarQuadratic(CURVATURES, 1e-3 * (PULLS / CURVATURES) + 1e3), 0.2)
    np.testing.assert_allclose(moved, plain * 1e-3 ** np.arange(5), rtol=1e-5, atol=1e-20)
