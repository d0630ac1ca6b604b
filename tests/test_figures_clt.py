"""What chapter 3's figures compute: noise sums along real chains, and the point of the widest gap."""

import numpy as np
import pytest

from sgdsde_helpers.figures.central_limit_theorem import _distance_at_worst_point, noise_sum
from sgdsde_helpers.losses import MeanEstimation
from sgdsde_helpers.simulation import gaussian_sgd, sgd
from sgdsde_helpers.theory import binomial_ks


@pytest.mark.parametrize("arm", [sgd, gaussian_sgd])
@pytest.mark.parametrize("batch_size", [1, 3])
def test_noise_sum_adds_up_the_noise_of_each_step(arm, batch_size):
    loss, eta = MeanEstimation([0.0, 1.0, 5.0, 7.0]), 0.3
    run = dict(n_steps=12, batch_size=batch_size, n_chains=9, seed=4)
    paths = arm(loss, eta, record="all", **run).states
    noise = loss.gradient(paths[:-1]) - (paths[:-1] - paths[1:]) / eta
    found = noise_sum(loss, eta, 12, 9, batch_size=batch_size, arm=arm, seed=4)
    assert found == pytest.approx(noise.sum(axis=0), rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("draws", [2, 16, 100, 1000])
def test_a_perfect_sample_has_the_exact_distance_at_the_worst_point(draws):
    quantiles = np.random.default_rng(5).binomial(draws, 0.1, size=400_000)
    z = (quantiles - 0.1 * draws) / np.sqrt(0.09 * draws)
    measured, error = _distance_at_worst_point(z, draws)
    assert abs(measured - binomial_ks(0.1, draws)) < 4.5 * error
