"""Factors of covariances, regular and singular, one or many."""

import numpy as np

from sgdsde_helpers.simulation._factors import factor


def test_factors_of_regular_and_singular_covariances():
    rank_one = np.outer([1.0, 2.0, -1.0], [1.0, 2.0, -1.0]), np.outer([0.1, 0.7, 0.3], [0.1, 0.7, 0.3])
    regular = np.cov(np.random.default_rng(3).normal(size=(3, 20)))
    many = np.array([regular, *rank_one]), np.broadcast_to(regular, (5, 3, 3))
    for covariance in (regular, *rank_one, np.zeros((3, 3)), *many):
        root = factor(covariance)
        np.testing.assert_allclose(root @ root.swapaxes(-1, -2) + 0 * covariance, covariance, atol=1e-14)
    np.testing.assert_allclose(factor(np.array([4.0, 0.0, 9.0])), [2.0, 0.0, 3.0])
