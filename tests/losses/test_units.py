"""Other units and another origin of the data are other units and another origin of the answers, and nothing else."""

import numpy as np
import pytest

from sgdsde_helpers.losses import (
    DoubleWell,
    FunctionLoss,
    LeastSquares,
    LogisticRegression,
    Loss,
    MeanEstimation,
    ScalarQuadratic,
    SoftmaxRegression,
    TanhNetwork,
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


def network_matrix(unit, origin):
    """The same for a network of two hidden units: first weights and biases change, the second layer stays."""
    m = np.eye(6 + 2 + 6 + 3)
    m[2:6, 2:6] /= unit
    m[2:4, 6:8] = -origin * np.eye(2)  # what the origin of feature 1 adds to the input of each unit
    return m


def bowls(unit, place):
    """A reader's loss, log cosh about points: its Hessian is found by differences."""
    u = lambda p: (np.asarray(p)[..., None, :] - unit * place) / unit - V
    return FunctionLoss(
        lambda p: np.logaddexp(u(p), -u(p)).sum(axis=-1).mean(axis=-1), lambda p: np.tanh(u(p)) / unit, 40, (3,)
    )


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
    "network": lambda c, b: (TanhNetwork(features(c, b), CLASSES, hidden=2), network_matrix(c, b), 0.0, 1.0),
    "a reader's": lambda c, b: (bowls(c, b), c * np.eye(3), c * b, 1.0),
}


@pytest.mark.parametrize("origin", [0.0, 1e6])
@pytest.mark.parametrize("unit", [1e-9, 1e-3, 1.0, 1e9])
@pytest.mark.parametrize("name", NEW)
def test_new_units_change_nothing_else(name, unit, origin):
    old, *_ = NEW[name](1.0, 0.0)
    new, m, b, factor = NEW[name](unit, origin)
    tolerance = 1e-12 * (1 + origin)  # digits that the origin costs
    plain = type(new).hessian is Loss.hessian or type(new) is FunctionLoss  # by differences: about nine digits
    phi = np.random.default_rng(4).normal(size=(5, *old.shape))
    there = phi * m[0, 0] + b if old.shape == () else phi @ m + b
    back = np.linalg.inv(m)

    def close(here, expected, scale):
        assert (np.abs(here - expected) <= tolerance * scale).all(), f"{here} is not {expected}"

    def gradient(value):  # a gradient of the old loss as one of the new
        value = (factor or unit**2) * value
        return value / m[0, 0] if old.shape == () else value @ back.T

    if old.minimiser is not None:
        best = new.minimiser - b
        close(best * back[0, 0] if old.shape == () else best @ back, old.minimiser, 1.0)
    if factor:  # the tilted bowl is measured from the origin
        close(new.loss(there) / factor, old.loss(phi), old.loss(phi).max())
    expected = gradient(old.gradient(phi))
    size = np.abs(expected).max(axis=0)
    close(new.gradient(there), expected, size)
    index = np.random.default_rng(5).integers(0, 40, (3, 5))
    close(new.minibatch_gradient(there, index), gradient(old.minibatch_gradient(phi, index)), 3 * size)

    def matrices(value):  # a covariance of the old loss as one of the new
        one_way = gradient(value)
        return gradient(np.swapaxes(one_way, -1, -2)) if old.shape else gradient(one_way)

    expected = matrices(old.covariance(phi))
    root = np.sqrt(np.diagonal(expected, axis1=-2, axis2=-1)) if old.shape else expected
    square = root[:, :, None] * root[:, None] if old.shape else root
    close(new.covariance(there), expected, square)
    square = square / (factor or unit**2)  # a curvature has one unit of L, where a covariance has two
    close(new.hessian(there), matrices(old.hessian(phi)) / (factor or unit**2), (1e5 if plain else 10) * square)


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


@pytest.mark.parametrize("unit", [1e-9, 1e9])
def test_the_noise_of_a_double_well_has_a_unit_of_its_own(unit):
    """The well stays; what the two examples differ by, and no more, is multiplied."""
    old, new = DoubleWell(0.3, tilt=0.2), DoubleWell(0.3 * unit, tilt=0.2 * unit)
    phi = np.linspace(-1.4, 2.0, 9)
    for name in ("loss", "gradient", "hessian"):
        np.testing.assert_array_equal(getattr(new, name)(phi), getattr(old, name)(phi))
    np.testing.assert_allclose(new.covariance(phi), unit**2 * old.covariance(phi), rtol=1e-12)
    apart = np.diff(new.per_example_gradients(phi))
    np.testing.assert_allclose(apart, unit * np.diff(old.per_example_gradients(phi)), rtol=1e-12, atol=1e-14)
