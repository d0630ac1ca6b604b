"""Affine gradients and the share of the noise that is left in a batch."""

import numpy as np
import pytest
from enumerated import batches

from sgdsde_helpers.losses import LeastSquares
from sgdsde_helpers.theory import (
    affine_gradients,
    minibatch_factor,
)

_rng = np.random.default_rng(5)
REGRESSION = LeastSquares(_rng.normal(size=(5, 2)) + [1.0, 0.0], _rng.normal(size=5))


@pytest.mark.parametrize("size", [1, 2, 5])
def test_minibatch_factor_by_enumeration(size):
    x = np.array([0.3, -1.0, 2.0, 0.5, 4.0])
    for sampling in ("with_replacement", "without_replacement"):
        variance = np.var([x[list(b)].mean() for b in batches(5, size, sampling)])
        assert minibatch_factor(5, size, sampling) * x.var() == pytest.approx(variance, abs=1e-13)


def test_affine_gradients_give_back_the_covariance_of_the_loss():
    p = affine_gradients(REGRESSION)
    np.testing.assert_allclose(p.hessian, REGRESSION.hessian(np.zeros(2)), rtol=1e-12)
    np.testing.assert_allclose(p.minimiser, REGRESSION.minimiser, rtol=1e-10)
    np.testing.assert_allclose(p.covariance_at_minimiser, REGRESSION.covariance(REGRESSION.minimiser), rtol=1e-10)
