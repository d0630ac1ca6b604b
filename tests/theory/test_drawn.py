"""Short theory that figures draw: each formula by another route, at eta, B and d other than one."""

import numpy as np
import pytest
from scipy.stats import norm, wasserstein_distance

from sgdsde_helpers.losses import FunctionLoss, MeanEstimation
from sgdsde_helpers.simulation import brownian_motion, sgd
from sgdsde_helpers.theory import (
    arms_stationary_cumulants,
    brownian_variation,
    contraction,
    density_moments,
    direction_temperatures,
    flow_deviation,
    gaussian_density,
    gibbs_covariance,
    gibbs_density,
    gibbs_mean_shift,
    mean_temperature,
)

H = np.array([[2.0, 0.6, 0.0], [0.6, 1.0, -0.2], [0.0, -0.2, 0.7]])


def test_gaussian_density_is_scipys():
    x = np.linspace(-3, 4, 12).reshape(3, 4)
    assert gaussian_density(x, 0.7, 2.5) == pytest.approx(norm.pdf(x, 0.7, np.sqrt(2.5)))


@pytest.mark.parametrize("eta", [0.3, 1.4])
def test_contraction_is_the_distance_of_coupled_chains_and_of_their_laws(eta):
    loss, common = MeanEstimation([0.0, 1.0, 5.0]), dict(n_steps=4, n_chains=50, batch_size=2, seed=3)
    low, high = (sgd(loss, eta, start=start, **common).final for start in (-1.0, 2.0))
    assert contraction(eta, 4, -3.0) == pytest.approx(wasserstein_distance(low, high))
    slow = FunctionLoss(lambda p: p**2 / 4, lambda p: p[..., None] / 2 - np.array([0.1, -0.1]), 2, ())
    low, high = (sgd(slow, eta, start=start, n_steps=4, n_chains=5, seed=3).final for start in (-1.0, 2.0))
    assert contraction(eta, np.array([0, 4]), 3.0, 0.5) == pytest.approx([3.0, (high - low)[0]])


def test_cumulants_of_the_arms_are_sums_over_all_past_draws():
    eta, size, x = 0.4, 3, np.array([-0.5, -0.5, -0.5, -0.5, 2.0])
    weights = eta * (1 - eta) ** np.arange(200) / size  # each draw of a batch of three carries this weight
    second, third = size * (weights**2).sum() * np.mean(x**2), size * (weights**3).sum() * np.mean(x**3)
    exact = arms_stationary_cumulants(MeanEstimation(x), eta, size)
    assert exact["SGD"] == pytest.approx((second, third))
    assert exact["Gaussian SGD"] == pytest.approx((second, 0.0))
    t = np.linspace(0, 60, 600_001)
    assert exact["SDE"] == pytest.approx((np.trapezoid(np.exp(-2 * t) * eta * np.mean(x**2) / size, t), 0.0), rel=1e-6)


def test_variation_of_a_brownian_path():
    """False alarms: 3e-6 each."""
    path = brownian_motion(1.0, dt=2.5 / 64, n_steps=64, n_paths=4000, seed=8).states
    increments = np.diff(path.reshape(65, -1), axis=0)
    for power in (1, 2):
        total = (np.abs(increments) ** power).sum(axis=0)
        error = total.std() / np.sqrt(total.size)
        assert abs(total.mean() - brownian_variation(64, power, 2.5)) < 4.7 * error
    with pytest.raises(ValueError, match="power"):
        brownian_variation(64, 3)


def test_gibbs_covariance_is_that_of_the_density_and_its_mean_loss_gives_the_temperature_back():
    grid = np.linspace(-6, 6, 4001)
    assert gibbs_covariance(2.5, 0.3) == pytest.approx(density_moments(grid, np.exp(-2.5 * grid**2 / 0.6))[1])
    covariance = gibbs_covariance(H, 0.3)
    assert H @ covariance == pytest.approx(0.3 * np.eye(3))
    assert mean_temperature(H, stationary_covariance=covariance) == pytest.approx(0.3)
    uneven = np.diag([1.0, 2.0, 3.0])
    assert mean_temperature(H, stationary_covariance=uneven) == pytest.approx(
        direction_temperatures(H, stationary_covariance=uneven)[1].mean()
    )


def test_mean_of_the_gibbs_law_leaves_the_minimiser_towards_the_flat_side():
    grid, t = np.linspace(-1.5, 1.0, 8001), 2e-4
    curvature, third = 1.5, 2.0
    mean, _ = density_moments(grid, gibbs_density(lambda p: curvature * p**2 / 2 + third * p**3 / 6 + p**4, t, grid))
    assert gibbs_mean_shift(curvature, third, t) == pytest.approx(mean, rel=0.01)


def test_deviation_about_flow_is_that_of_mean_estimation():
    t, eta = 1.3, 1e-3
    c = (1 - np.exp(-2 * t)) / 2
    a = 1 - eta
    exact = eta**2 * (1 - a ** (2 * 1300)) / (1 - a**2)
    assert flow_deviation(c, eta) == pytest.approx(np.sqrt(exact), rel=1e-3)
