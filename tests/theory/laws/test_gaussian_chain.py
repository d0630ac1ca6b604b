"""The law of the chain with Gaussian noise: tails and moments."""

import numpy as np
import pytest

from sgdsde_helpers.losses import DoubleWell, MeanEstimation, ScalarQuadratic
from sgdsde_helpers.theory import (
    DomainTooSmallError,
    GridTooCoarseError,
    gaussian_chain_law,
    kesten_exponent,
    sde_stationary_density,
    sgd_moments,
    sgd_stationary_moments,
)

UNEVEN = ScalarQuadratic([0.5, 0.5, 2.0], [-3.0, -1.0, 1.0])
TAILS = ScalarQuadratic([0.5, 0.5, 3.0, 3.0], [2.0, -2.0, 1 / 3, -1 / 3])


def tail(law, r):
    return 1 - law.cdf(r) + law.cdf(-r)


def test_heavy_tail_of_the_gaussian_chain():
    z, weights = np.polynomial.hermite_e.hermegauss(60)
    law = gaussian_chain_law(TAILS, 0.75, grid=np.sinh(np.linspace(-1, 1, 700) * np.arcsinh(1e5)))
    r = np.array([100.0, 1000.0])
    slope = -np.diff(np.log(tail(law, r)))[0] / np.log(10)
    assert slope == pytest.approx(kesten_exponent(1.75 + 1.25 * z, 0.75, weights=weights), rel=0.01)


@pytest.mark.parametrize("size", [1, 3])
def test_gaussian_chain_has_the_moments_of_sgd(size):
    law = gaussian_chain_law(UNEVEN, 0.2, size, grid=np.linspace(-6, 6, 900))
    mean, variance = sgd_stationary_moments(UNEVEN, 0.2, size)
    assert law.mean == pytest.approx(mean, abs=1e-6)
    assert law.variance == pytest.approx(variance, rel=2e-3)
    later = gaussian_chain_law(UNEVEN, 0.2, size, grid=np.linspace(-6, 6, 901), start=1.0, n_steps=5)
    first, second = sgd_moments(UNEVEN, 0.2, 5, 1.0, size)
    assert (later.mean, later.variance) == pytest.approx((first, second - first**2), rel=2e-3)


@pytest.mark.parametrize(
    ("eta", "points", "error", "message"),
    [
        (0.001, 501, GridTooCoarseError, "a step's standard deviation"),
        (0.1, 11, GridTooCoarseError, "must be at least 0.5"),
        (2.5, 501, DomainTooSmallError, "no grid is wide enough"),
    ],
)
def test_a_grid_that_does_not_hold_the_law_is_refused(eta, points, error, message):
    with pytest.raises(error, match=message):
        gaussian_chain_law(MeanEstimation([-1.0, 1.0]), eta, grid=np.linspace(-3, 3, points))


def test_a_chain_without_noise_has_no_law_on_a_grid():
    with pytest.raises(GridTooCoarseError, match="is 0 of a cell"):
        gaussian_chain_law(MeanEstimation([0.5, 0.5]), 0.1, grid=np.linspace(-3, 3, 501))


def test_a_well_that_is_seldom_visited_keeps_its_digits():
    """To first order Gaussian SGD and its SDE have one exponent: here the loud well keeps 1.9e-9 under both."""
    well, eta, grid = DoubleWell(0.9, 0.3), 0.025, np.linspace(-2.2, 2.6, 1201)
    law, density = gaussian_chain_law(well, eta, grid=grid), sde_stationary_density(well, eta, grid=grid)
    loud = np.trapezoid(density[grid >= 0], grid[grid >= 0])
    assert law.mass[law.nodes > 0].sum() == pytest.approx(loud, rel=0.1)


def test_what_rounding_would_decide_is_refused():
    """Without the refusal the left one of two equal wells gets everything."""
    with pytest.raises(ValueError, match="more than 1e.13 steps from one well to the other"):
        gaussian_chain_law(DoubleWell(0.6), 0.04, grid=np.linspace(-2.4, 2.4, 1001))
