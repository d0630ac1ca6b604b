"""The three arms' laws in one dimension, by closed forms."""

import numpy as np
import pytest
from scipy.stats import norm

from sgdsde_helpers.losses import MeanEstimation
from sgdsde_helpers.theory import shares_below, two_point_cdf


@pytest.mark.parametrize(("eta", "batch_size", "place"), [(0.5, 1, 0.5), (0.3, 2, 0.2)])
def test_shares_on_a_parabola_are_those_of_the_known_laws(eta, batch_size, place):
    """Gaussian laws of variance eta/(2 - eta) and eta/2 over B; SGD's by its self-similarity."""
    found = shares_below(MeanEstimation([-1.0, 1.0]), eta, batch_size, place=place, grid=np.linspace(-4, 4, 2001))
    assert found["Gaussian SGD"] == pytest.approx(norm.cdf(place / np.sqrt(eta / (2 - eta) / batch_size)), abs=1e-4)
    assert found["SDE"] == pytest.approx(norm.cdf(place / np.sqrt(eta / 2 / batch_size)), abs=1e-4)
    assert found["SGD"] == pytest.approx(two_point_cdf(np.array([place]), eta, batch_size)[0], abs=2e-3)
