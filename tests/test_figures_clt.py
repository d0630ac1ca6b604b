"""What chapter 3's figures compute: the point of the widest gap."""

import numpy as np
import pytest

from sgdsde_helpers.figures.central_limit_theorem import _distance_at_worst_point
from sgdsde_helpers.theory import binomial_ks


@pytest.mark.parametrize("draws", [2, 16, 100, 1000])
def test_a_perfect_sample_has_the_exact_distance_at_the_worst_point(draws):
    quantiles = np.random.default_rng(5).binomial(draws, 0.1, size=400_000)
    z = (quantiles - 0.1 * draws) / np.sqrt(0.09 * draws)
    measured, error = _distance_at_worst_point(z, draws)
    assert abs(measured - binomial_ks(0.1, draws)) < 4.5 * error
