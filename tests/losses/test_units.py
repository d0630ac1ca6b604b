"""Other units and another origin of the data are other units and another origin of the answers, and nothing else."""

import numpy as np
import pytest

from sgdsde_helpers.losses import (
    LeastSquares,
    LogisticRegression,
    MeanEstimation,
    ScalarQuadratic,
    SoftmaxRegression,
    TiltedQuadratic,
)

RNG = np.random.default_rng(3)
X = np.column_stack([np.ones(40), RNG.normal(size=(40, 2))])
Y = X @ [1.0, -0.5, 0.2] + RNG.normal(size=40)
H = np.array([[2.0, 0.3, 0.0], [0.3, 1.0, -0.2], [0.0, -0.2, 0.5]])
V, CURVATURES = RNG.normal(size=(40, 3)), RNG.uniform(0.5, 1.5, 40)
LABELS, CLASSES = RNG.random(40) < 0.5, RNG.integers(0, 3, 40)


def features(unit, origin):
    """The features but the intercept in other units, and from another origin."""
    return X * [1, unit, unit] + unit * origin * np.array([0.0, 1.0, 0.0])


def matrix(unit, origin, rows=1):
    """phi' = phi M for phi (rows, 3) that gives the same scores on the new features, as the matrix of one long phi."""
    m = np.diag([1, 1 / unit, 1 / unit])
    m[1, 0] = -origin
    return np.kron(np.eye(rows), m)


# Each loss in new units; the matrix M and the shift b of the parameter, phi' = phi M + b; and the factor of L.
NEW = {
    "mean, scalar": lambda c, b: (MeanEstimation(c * Y + c * b), c * np.eye(1), c * b, c**2),
    "mean, vector": lambda c, b: (MeanEstimation(c * V + c * b), c * np.eye(3), c * b, c**2),
    "parabolas": lambda c, b: (ScalarQuadratic(CURVATURES, c * Y + c * b), c * np.eye(1), c * b, c**2),
    "steeper parabolas": lambda c, b: (ScalarQuadratic(c * CURVATURES, Y + b), np.eye(1), b, c),
    "tilted": lambda c, b: (
        TiltedQuadratic(H, c * V + c * b),
        c * np.eye(3),
        c * b * np.linalg.solve(H, np.ones(3)),
        None,
    ),
    "targets": lambda c, b: (LeastSquares(X, c * Y + c * b), c * np.eye(3), c * b * np.array([1, 0, 0]), c**2),
    "least squares": lambda c, b: (LeastSquares(features(c, b), Y), matrix(c, b), 0.0, 1.0),
    "logistic": lambda c, b: (LogisticRegression(features(c, b), LABELS), matrix(c, b), 0.0, 1.0),
    "softmax": lambda c, b: (SoftmaxRegression(features(c, b), CLASSES), matrix(c, b, 3), 0.0, 1.0),
}


@pytest.mark.parametrize("origin", [0.0, 1e6])
@pytest.mark.parametrize("unit", [1e-9, 1e-3, 1.0, 1e9])
@pytest.mark.parametrize("name", NEW)
def test_new_units_change_nothing_else(name, unit, origin):
    old, *_ = NEW[name](1.0, 0.0)
    new, m, b, factor = NEW[name](unit, origin)
    tolerance = 1e-12 * (1 + origin)  # digits that the origin costs
    phi = np.random.default_rng(4).normal(size=(5, *old.shape))
    there = phi * m[0, 0] + b if old.shape == () else phi @ m + b
    back = np.linalg.inv(m)

    def close(here, expected, scale):
        assert (np.abs(here - expected) <= tolerance * scale).all(), f"{here} is not {expected}"

    def gradient(value):  # a gradient of the old loss as one of the new
        value = (factor or unit**2) * value
        return value / m[0, 0] if old.shape == () else value @ back.T

    best = new.minimiser - b
    close(best * back[0, 0] if old.shape == () else best @ back, old.minimiser, 1.0)
    if factor:  # the tilted bowl is measured from the origin
        close(new.loss(there) / factor, old.loss(phi), old.loss(phi).max())
    expected = gradient(old.gradient(phi))
    size = np.abs(expected).max(axis=0)
    close(new.gradient(there), expected, size)
    index = np.random.default_rng(5).integers(0, 40, (3, 5))
    close(new.minibatch_gradient(there, index), gradient(old.minibatch_gradient(phi, index)), 3 * size)
    one_way = gradient(old.covariance(phi))
    expected = gradient(np.swapaxes(one_way, -1, -2)) if old.shape else gradient(one_way)
    root = np.sqrt(np.diagonal(expected, axis1=-2, axis2=-1)) if old.shape else expected
    close(new.covariance(there), expected, root[:, :, None] * root[:, None] if old.shape else root)


@pytest.mark.parametrize("unit", [1e-9, 1e9])
def test_the_bound_of_stability_has_the_units_of_an_inverse_curvature(unit):
    for new, old, factor in [
        (LeastSquares(unit * X, Y), LeastSquares(X, Y), unit**-2),
        (LeastSquares(X, unit * Y), LeastSquares(X, Y), 1.0),
        (LogisticRegression(unit * X, LABELS), LogisticRegression(X, LABELS), unit**-2),
        (ScalarQuadratic(unit * CURVATURES, Y), ScalarQuadratic(CURVATURES, Y), 1 / unit),
        (TiltedQuadratic(unit * H, X), TiltedQuadratic(H, X), 1 / unit),
    ]:
        assert new.max_stable_eta(2) == pytest.approx(factor * old.max_stable_eta(2), rel=1e-9)


def test_a_logistic_minimiser_with_one_feature_a_hundred_million_times_the_other():
    old, new = LogisticRegression(X, LABELS).minimiser, LogisticRegression(X * [1, 1e8, 1], LABELS).minimiser
    np.testing.assert_allclose(new * [1, 1e8, 1], old, rtol=1e-11)
