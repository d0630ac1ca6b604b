"""Chapter 4's problem in one parameter is least squares on one feature."""

import numpy as np
import pytest

from sgdsde_helpers.figures.noise_in_one_dimension import diabetes_loss
from sgdsde_helpers.losses import LeastSquares
from sgdsde_helpers.problems import diabetes


def test_parabolas_are_least_squares():
    scalar, vector = diabetes_loss(), LeastSquares(*diabetes(["bmi"]))
    phi = np.linspace(-1.0, 2.0, 7)
    assert scalar.minimiser == pytest.approx(vector.minimiser[0], rel=1e-12)
    assert scalar.loss(phi) == pytest.approx(vector.loss(phi[:, None]), rel=1e-12)
    assert scalar.gradient(phi) == pytest.approx(vector.gradient(phi[:, None])[:, 0], rel=1e-9, abs=1e-12)
    assert scalar.covariance(phi) == pytest.approx(vector.covariance(phi[:, None])[:, 0, 0], rel=1e-9)
