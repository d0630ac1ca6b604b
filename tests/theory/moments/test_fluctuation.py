"""Fluctuations about gradient flow: against Ornstein-Uhlenbeck and the exact variance of SGD."""

import numpy as np
import pytest

from sgdsde_helpers.losses import DoubleWell, LeastSquares, MeanEstimation
from sgdsde_helpers.measure import fitted_order
from sgdsde_helpers.theory import (
    flow_fluctuation,
    ou_covariance,
)

WAITING = MeanEstimation(-np.log(1 - (np.arange(20) + 0.5) / 20))
HOME = float(WAITING.minimiser)


def test_fluctuation_of_mean_estimation_is_ornstein_uhlenbeck():
    times = np.array([0.0, 0.3, 1.0, 4.0])
    flow, fluctuation = flow_fluctuation(WAITING, start=HOME + 2, times=times, batch_size=4)
    assert np.allclose(flow, HOME + 2 * np.exp(-times), atol=1e-9)
    assert np.allclose(fluctuation, ou_covariance(times, 1.0, WAITING.covariance(HOME) / 4), atol=1e-9)


def test_fluctuation_matches_the_variance_of_sgd_to_first_order():
    """The exact variance of a chain over eta C is 1 + O(eta); with 2 or 1/2 in the wrong place it is not near 1."""
    etas = 2.0 ** -np.arange(5, 9)
    exact = etas / (2 - etas) * (1 - (1 - etas) ** (2 / etas))
    _, fluctuation = flow_fluctuation(MeanEstimation([1.0, -1.0]), start=0.0, times=np.array([0.0, 1.0]))
    assert fitted_order(etas, exact / (etas * fluctuation[1]) - 1) == pytest.approx(1, abs=0.02)


def test_fluctuation_at_time_zero_and_bad_input():
    well = DoubleWell(noise=0.4)
    assert np.allclose(flow_fluctuation(well, start=0.3, times=[0.0]), [[0.3], [0.0]])
    with pytest.raises(ValueError, match="times"):
        flow_fluctuation(well, start=0.3, times=[1.0, 0.5])
    with pytest.raises(ValueError, match="loss"):
        flow_fluctuation(LeastSquares(np.eye(2), np.ones(2)), start=0.3, times=[1.0])
