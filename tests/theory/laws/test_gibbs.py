"""Stationary densities: closed forms, and the equation of zero flow in each reading."""

import numpy as np
import pytest
from scipy.special import gammaln

from sgdsde_helpers.losses import DoubleWell, FunctionLoss, LeastSquares, MeanEstimation, ScalarQuadratic
from sgdsde_helpers.theory import (
    NotNormalisableError,
    density_moments,
    gibbs_density,
    sde_stationary_density,
    stationary_density,
    temperature,
)

GRID = np.linspace(-4, 4, 4001)


def derivative(values, x):
    return np.gradient(values, x, edge_order=2)


def test_temperature():
    loss = MeanEstimation([4.0, 4.0, 4.0, 8.0])  # Sigma = 3
    assert temperature(loss, 0.2) == pytest.approx(0.3)
    assert temperature(loss, 0.2, 4) == pytest.approx(0.075)
    assert temperature(LeastSquares(np.ones((4, 1)), [4.0, 4.0, 4.0, 8.0]), 0.2) == pytest.approx(0.3)


def test_noise_that_depends_on_the_place_has_no_temperature():
    with pytest.raises(ValueError, match="loss = 'ScalarQuadratic'"):
        temperature(ScalarQuadratic([1.0, 2.0], [0.0, 1.0]), 0.2)
    even = FunctionLoss(
        lambda x: x**2 / 2, lambda x: np.stack([x + 1 - x**2 + x, x - 1 + x**2 - x], -1), 2, (), minimiser=3.0
    )
    with pytest.raises(
        ValueError, match="same variance everywhere"
    ):  # equal at 0 and 1, not at the minimiser it states
        temperature(even, 0.2)


def test_gibbs_law_of_a_parabola_is_gaussian():
    density = gibbs_density(MeanEstimation([-1.0, 1.0]), 0.2, GRID)
    np.testing.assert_allclose(density, np.exp(-(GRID**2) / 0.4) / np.sqrt(0.4 * np.pi), atol=1e-12)
    assert density_moments(GRID, density) == pytest.approx((0.0, 0.2), abs=1e-10)


def test_gibbs_law_of_exp_phi_minus_phi_is_log_gamma():
    t, grid = 0.2, np.linspace(-5, 2, 3001)
    k = 1 / t  # exp(-(e^phi - phi)/T) is the density of log of a Gamma(1/T) variable with scale T
    expected = np.exp(k * grid - np.exp(grid) * k + k * np.log(k) - gammaln(k))
    np.testing.assert_allclose(gibbs_density(lambda x: np.exp(x) - x, t, grid), expected, atol=1e-10)


def test_constant_noise_gives_the_gibbs_law_at_half_the_noise():
    well, eta, size = DoubleWell(noise=0.8), 0.3, 2
    density = stationary_density(lambda x: -well.gradient(x), lambda x: eta * well.covariance(x) / size, GRID)
    gibbs = gibbs_density(well, temperature(well, eta, size), GRID)
    np.testing.assert_allclose(density, gibbs, rtol=1e-9, atol=1e-300)


@pytest.mark.parametrize("reading, share", [("ito", 0.0), ("stratonovich", 0.25), ("isothermal", 0.5)])
def test_probability_flow_is_zero(reading, share):
    def noise(x):
        return 0.3 * (1 + 0.5 * np.sin(x)) ** 2

    grid = np.linspace(-3, 3, 6001)
    p = stationary_density(lambda x: -(x**3), noise, grid, reading=reading)
    drift = -(grid**3) + share * derivative(noise(grid), grid)
    flow = drift * p - derivative(noise(grid) * p, grid) / 2
    assert np.abs(flow).max() < 1e-5 * np.abs(drift * p).max()


def test_readings_differ():
    def noise(x):
        return 0.1 * (1 + x**2)

    grid = np.linspace(-12, 12, 6001)
    variances = [
        density_moments(grid, stationary_density(lambda x: -x, noise, grid, reading=r))[1]
        for r in ("isothermal", "stratonovich", "ito")
    ]
    # p ~ (1 + x^2)^-(10 + power): a Student law of variance 1/(2 power - 3)
    np.testing.assert_allclose(variances, [1 / 17, 1 / 18, 1 / 19], rtol=1e-6)


def test_brownian_motion_has_no_stationary_law():
    with pytest.raises(NotNormalisableError):
        stationary_density(lambda x: 0 * x, lambda x: 1 + 0 * x, GRID)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="temperature = 0"):
        gibbs_density(lambda x: x**2, 0.0, GRID)
    with pytest.raises(ValueError, match="noise_variance = 0 at phi = 0"):
        stationary_density(lambda x: -x, lambda x: x**2, GRID)
    with pytest.raises(ValueError, match="increasing"):
        gibbs_density(lambda x: x**2, 1.0, GRID[::-1])
    with pytest.raises(ValueError, match="reading"):
        stationary_density(lambda x: -x, lambda x: 1 + x**2, GRID, reading="Ito")


@pytest.mark.parametrize("size", [1, 4])
@pytest.mark.parametrize("reading", ["ito", "stratonovich", "isothermal"])
def test_density_of_a_loss_is_that_of_its_drift_and_noise(size, reading):
    well, eta = DoubleWell(noise=0.9, tilt=0.3), 0.25
    expected = stationary_density(
        lambda x: x - x**3, lambda x: eta * (0.9 + 0.3 * x) ** 2 / size, GRID[600:3400], reading=reading
    )
    np.testing.assert_allclose(
        sde_stationary_density(well, eta, size, grid=GRID[600:3400], reading=reading), expected, rtol=1e-9
    )
