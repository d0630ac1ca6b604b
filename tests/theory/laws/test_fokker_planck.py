"""Fokker-Planck in one dimension: mass, positivity, closed forms, orders of convergence."""

import numpy as np
import pytest
from scipy.linalg import expm

from sgdsde_helpers.losses import ScalarQuadratic
from sgdsde_helpers.measure import fitted_order
from sgdsde_helpers.theory import (
    DomainTooSmallError,
    density_moments,
    fokker_planck_density,
    fokker_planck_evolution,
    fokker_planck_generator,
    probability_flows,
    sde_moments,
    stationary_density,
)

UNEVEN = ScalarQuadratic([1.0, 2.0, 3.0], [0.5, 1.0, -1.0])


def drift(x):
    return -UNEVEN.gradient(x)


def noise(x):
    return 0.1 * UNEVEN.covariance(x)


def matrix(bands):
    return np.diag(bands[1]) + np.diag(bands[0, 1:], 1) + np.diag(bands[2, :-1], -1)


def test_generator_moves_mass_and_makes_none():
    a = matrix(fokker_planck_generator(drift, noise, np.linspace(-4, 4, 161)))
    np.testing.assert_allclose(a.sum(axis=0), 0, atol=1e-11 * np.abs(a).max())
    assert (a - np.diag(np.diag(a))).min() >= 0


@pytest.mark.parametrize("n_steps", [3, 300])
def test_evolution_keeps_mass_and_positivity_at_every_step_size(n_steps):
    grid = np.linspace(-6, 6, 241)
    densities = fokker_planck_evolution(drift, noise, grid, 1.0, [0.1, 2.0], n_steps=n_steps)
    np.testing.assert_allclose(densities.sum(axis=1) * 0.05, 1, rtol=1e-12)
    assert densities.min() >= 0


def test_stationary_law_is_met_at_the_points():
    grid = np.linspace(-6, 6, 121)  # a coarse grid: no error of the spacing is allowed here
    density = fokker_planck_density(drift, noise, grid)
    expected = stationary_density(drift, noise, grid)
    np.testing.assert_allclose(density, expected / (expected.sum() * 0.1), rtol=1e-8, atol=1e-12)
    generator = matrix(fokker_planck_generator(drift, noise, grid))
    np.testing.assert_allclose(generator @ density, 0, atol=1e-12 * np.abs(generator).max())


def test_long_times_reach_the_stationary_law():
    grid = np.linspace(-6, 6, 241)
    late = fokker_planck_evolution(drift, noise, grid, 1.0, [30.0])[0]
    np.testing.assert_allclose(late, fokker_planck_density(drift, noise, grid), atol=1e-9)


def test_moments_converge_to_the_exact_ones_at_second_order_in_the_spacing():
    centre, width, t = (
        0.5,
        0.4,
        0.5,
    )  # the moments are linear in the start: two points of this mean and variance will do
    exact = np.mean([sde_moments(UNEVEN, 0.1, t, centre + s) for s in (width, -width)], axis=0)
    spacings, errors = np.array([0.2, 0.1, 0.05]), []
    for spacing in spacings:
        grid = np.arange(-round(5 / spacing), round(5 / spacing) + 1) * spacing
        start = np.exp(-((grid - centre) ** 2) / (2 * width**2))
        mass = expm(t * matrix(fokker_planck_generator(drift, noise, grid))) @ (start / start.sum())
        errors.append(np.abs([mass @ grid, mass @ grid**2] - exact))
    for error in np.transpose(errors):
        assert fitted_order(spacings, error) == pytest.approx(2, abs=0.1)


def test_implicit_euler_is_of_first_order_against_the_matrix_exponential():
    grid = np.linspace(-4, 4, 81)
    exact = expm(0.7 * matrix(fokker_planck_generator(drift, noise, grid)))[:, 50] / 0.1
    steps = np.array([200, 400, 800])
    errors = [
        np.abs(fokker_planck_evolution(drift, noise, grid, grid[50], [0.7], n_steps=int(n))[0] - exact).max()
        for n in steps
    ]
    assert fitted_order(1 / steps, errors) == pytest.approx(1, abs=0.05)


def test_times_between_are_the_same_run():
    grid = np.linspace(-4, 4, 161)
    several = fokker_planck_evolution(drift, noise, grid, 1.0, [0.0, 0.5, 1.0], n_steps=1000)
    for density, t in zip(several[1:], (0.5, 1.0)):
        alone = fokker_planck_evolution(drift, noise, grid, 1.0, [t], n_steps=round(1000 * t))
        np.testing.assert_allclose(density, alone[0], rtol=1e-9)
    assert density_moments(grid, several[0])[0] == pytest.approx(1.0)


def test_flows_cancel_at_stationarity_only():
    grid = np.linspace(-4, 4, 4001)
    density = fokker_planck_density(drift, noise, grid)
    forth, back = probability_flows(drift, noise, grid, density)
    assert np.abs(forth + back).max() < 1e-4 * np.abs(forth).max()
    shifted = np.roll(density, 200)  # pushed to the right, the flow runs left
    forth, back = probability_flows(drift, noise, grid, shifted)
    assert (forth + back).sum() < -0.1 * np.abs(forth).sum()


def test_a_domain_too_small_is_refused_with_the_mass_on_the_wall():
    with pytest.raises(DomainTooSmallError, match="right wall"):
        fokker_planck_density(lambda x: 1 - x, lambda x: 1 + 0 * x, np.linspace(-3, 2, 201))
    with pytest.raises(DomainTooSmallError, match="left wall") as info:
        fokker_planck_evolution(lambda x: -1 - x, lambda x: 1 + 0 * x, np.linspace(-2, 3, 201), 0.0, [0.01, 3.0])
    assert 1e-4 < info.value.mass < 0.1


def test_bad_input_is_refused():
    grid = np.linspace(-1, 1, 41)
    with pytest.raises(ValueError, match="equally spaced"):
        fokker_planck_generator(drift, noise, grid**3)
    with pytest.raises(ValueError, match="must be > 0"):
        fokker_planck_generator(drift, lambda x: x, grid)
    with pytest.raises(ValueError, match="point of the grid"):
        fokker_planck_evolution(drift, noise, grid, 3.0, [1.0])
    with pytest.raises(ValueError, match="times"):
        fokker_planck_evolution(drift, noise, grid, 0.0, [1.0, 0.5])
    with pytest.raises(ValueError, match="density"):
        fokker_planck_evolution(drift, noise, grid, -np.ones(41), [1.0])
