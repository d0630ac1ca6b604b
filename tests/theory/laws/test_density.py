"""Densities on a grid: mass beyond it, distribution functions, and what cannot be normalised."""

import numpy as np
import pytest
from scipy.stats import cauchy, kstest

from sgdsde_helpers.theory import (
    DomainTooSmallError,
    GridLaw,
    GridTooCoarseError,
    NotNormalisableError,
    density_cdf,
    density_moments,
    fokker_planck_density,
    gaussian_density,
    gibbs_density,
    stationary_density,
)

GRID = np.linspace(-4, 4, 4001)


def test_density_follows_the_mass_beyond_the_grid():
    grid = np.linspace(-2000, 2000, 400001)
    density = stationary_density(lambda x: 0 * x, lambda x: 1 + x**2, grid)  # Cauchy: 1/(pi (1 + x^2))
    np.testing.assert_allclose(density[::1000], cauchy.pdf(grid[::1000]), rtol=1e-4)


def test_distribution_function():
    sample = np.sqrt(0.2) * np.random.default_rng(3).normal(size=4000)
    cdf = density_cdf(GRID, gibbs_density(lambda x: x**2 / 2, 0.2, GRID))
    assert cdf(-9.0) == 0 and cdf(9.0) == 1 and cdf(0.0) == pytest.approx(0.5)
    assert kstest(sample, cdf).pvalue > 1e-5


@pytest.mark.parametrize(
    "loss, exponent",
    [
        (lambda x: np.log1p(np.exp(-np.abs(x))) + np.maximum(-x, 0), 0.0),  # separable data: flat to the right
        (lambda x: 0.4 * np.log1p(x**2), 0.8),
        (lambda x: -(x**2), -np.inf),
    ],
)
def test_a_density_without_integral_is_refused(loss, exponent):
    with pytest.raises(NotNormalisableError, match="cannot be normalised") as info:
        gibbs_density(loss, 1.0, GRID)
    assert info.value.exponent == pytest.approx(exponent, abs=1e-3) or info.value.exponent < -100


def test_a_grid_too_narrow_is_refused_with_the_mass_it_misses():
    with pytest.raises(DomainTooSmallError) as info:
        gibbs_density(lambda x: x**2 / 2, 1.0, np.linspace(-2, 2, 401))
    assert info.value.mass == pytest.approx(0.0455, rel=0.02)


@pytest.mark.parametrize("points", [21, 201])
def test_a_grid_too_coarse_is_refused_with_the_share_of_its_cell(points):
    """Standard deviation 0.007, spacing 0.5 and 0.05: nearly all the mass in one cell."""
    grid = np.linspace(-5, 5, points)
    for law in (
        lambda: fokker_planck_density(lambda x: -x, lambda x: 1e-4 + 0 * x, grid),
        lambda: stationary_density(lambda x: -x, lambda x: 1e-4 + 0 * x, grid),
        lambda: gibbs_density(lambda x: x**2 / 2, 5e-5, grid),
    ):
        with pytest.raises(
            GridTooCoarseError, match=f"grid of {points} points .* the cell at -?[0-9.e-]+ holds"
        ) as info:
            law()
        assert info.value.share > 0.9
    fine = np.linspace(-0.06, 0.06, points)
    density = fokker_planck_density(lambda x: -x, lambda x: 1e-4 + 0 * x, fine)
    assert density_moments(fine, density)[1] == pytest.approx(5e-5, rel=1e-2)


def test_the_outermost_cells_reach_as_far_out_as_in():
    law = GridLaw(np.array([0.0, 1.0, 3.0]), np.array([0.2, 0.5, 0.3]))
    np.testing.assert_allclose(law.edges, [-0.5, 0.5, 2.0, 4.0])
    np.testing.assert_allclose(law.density(), [0.2, 0.5 / 1.5, 0.15])
    np.testing.assert_allclose(law.cdf([-0.5, 0.0, 0.5, 2.0, 3.0, 4.0]), [0, 0.1, 0.2, 0.7, 0.85, 1])
    assert (law.mean, law.variance) == pytest.approx((1.4, 3.2 - 1.4**2))


def test_a_law_on_a_grid_that_is_not_centred():
    law = GridLaw(np.array([2.0, 3.0, 5.0]), np.array([0.25, 0.5, 0.25]))
    assert law.mean == 3.25
    assert law.variance == pytest.approx(0.25 * 1.25**2 + 0.5 * 0.25**2 + 0.25 * 1.75**2)
    np.testing.assert_allclose(law.edges, [1.5, 2.5, 4.0, 6.0])  # each node in the middle of the outermost cells
    np.testing.assert_allclose(law.density(), [0.25, 1 / 3, 0.125])


def test_a_gaussian_density_has_its_mean_and_its_variance():
    x = np.linspace(-9, 11, 4001)
    np.testing.assert_allclose(density_moments(x, gaussian_density(x, 1.0, 0.6)), [1.0, 0.6], rtol=1e-9)
    assert np.trapezoid(gaussian_density(x, 1.0, 0.6), x) == pytest.approx(1.0, rel=1e-9)
