"""Where SGD stops being stable, and minimisers: every batch enumerated, and data that can be separated."""

import itertools

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
from sgdsde_helpers.losses._numerics import mean_square_bound

RNG = np.random.default_rng(5)
X = RNG.standard_normal((12, 3)) * [1.0, 2.0, 0.5] + [0.0, 0.3, 0.0]
Y = X @ [1.0, -0.5, 0.2] + RNG.standard_normal(12)
CLASSES = np.array([0, 1, 2, 0, 1, 2, 2, 1, 0, 0, 1, 2])
H = np.array([[2.0, 0.3, 0.0], [0.3, 1.0, -0.2], [0.0, -0.2, 0.5]])


def growth(hessians, eta, size, replacement):
    """Spectral radius of M -> E[(1 - eta h) M (1 - eta h)], every batch enumerated."""
    d = hessians.shape[-1]
    n = range(len(hessians))
    batches = itertools.product(n, repeat=size) if replacement else itertools.permutations(n, size)
    steps = [np.eye(d) - eta * hessians[list(batch)].mean(axis=0) for batch in batches]
    return np.abs(np.linalg.eigvals(np.mean([np.kron(s, s) for s in steps], axis=0))).max()


def quadratics():
    rng = np.random.default_rng(9)
    for d in (1, 2, 3, 5):
        x = rng.standard_normal((6, d)) * np.linspace(1, 2, d)
        yield LeastSquares(x, rng.standard_normal(6)), x[:, :, None] * x[:, None, :]
    h = np.array([2.0, 0.5, -0.4, 1.0, 3.0, 0.1])
    yield ScalarQuadratic(h, rng.standard_normal(6)), h[:, None, None]
    yield MeanEstimation(rng.standard_normal((6, 2))), np.tile(np.eye(2), (6, 1, 1))
    yield TiltedQuadratic(H, rng.standard_normal((6, 3))), np.tile(H, (6, 1, 1))


@pytest.mark.parametrize("replacement", [True, False])
@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize(("loss", "hessians"), list(quadratics()))
def test_max_stable_eta_is_where_the_mean_square_starts_to_grow(loss, hessians, size, replacement):
    bound = loss.max_stable_eta(size, "with_replacement" if replacement else "without_replacement")
    assert loss.quadratic
    assert growth(hessians, bound * (1 - 1e-6), size, replacement) < 1
    assert growth(hessians, bound, size, replacement) == pytest.approx(1, abs=1e-9)
    assert growth(hessians, bound * (1 + 1e-6), size, replacement) > 1


@pytest.mark.parametrize("discrete", [True, False])
def test_the_bound_of_curvatures_that_differ_by_a_number_is_a_quotient(discrete):
    """A_k = H +- 3: S to 9 S, so that each entry of S grows by itself; the SDE has no H S H."""
    h, share = np.array([0.5, 1.0, 4.0]), 0.25
    grown = share * 9 + discrete * h[:, None] * h
    found = mean_square_bound(h, lambda s: 9 * s, share, discrete=discrete)
    assert 1 / found == pytest.approx((grown / (h[:, None] + h)).max(), rel=1e-9)


def test_max_stable_eta_with_the_full_batch_is_that_of_gradient_descent():
    for loss, hessians in quadratics():
        bound = loss.max_stable_eta(loss.n, "without_replacement")
        assert bound == pytest.approx(2 / np.linalg.eigvalsh(hessians.mean(axis=0))[-1])


def test_max_stable_eta_of_many_features_and_flat_directions():
    rng = np.random.default_rng(10)
    x = rng.standard_normal((200, 40))
    bound = LeastSquares(x, x[:, 0]).max_stable_eta()
    assert bound == LeastSquares(x, x[:, 0]).max_stable_eta()  # no draw in it
    flat = np.hstack([x, np.zeros((200, 2))])
    assert LeastSquares(flat, x[:, 0]).max_stable_eta() == pytest.approx(bound, rel=1e-9)


def test_max_stable_eta_of_reshuffled_epochs_is_not_known_where_noise_multiplies_the_state():
    h = np.array([0.5, 1.5])
    assert ScalarQuadratic(h, h).max_stable_eta(1, "reshuffled") is None
    assert ScalarQuadratic(h, h).max_stable_eta(2, "reshuffled") == 2.0
    assert ScalarQuadratic([1.0, 1.0], h).max_stable_eta(1, "reshuffled") == 2.0
    assert LeastSquares(X, Y).max_stable_eta(3, "reshuffled") is None
    top = np.linalg.eigvalsh(LeastSquares(X, Y).hessian(X[0]))[-1]
    assert LeastSquares(X, Y).max_stable_eta(12, "reshuffled") == pytest.approx(2 / top)
    # An epoch of two examples multiplies by (1 - eta/2)(1 - 3 eta/2) in either order: below 1 in size up to eta = 8/3,
    # though independent draws are unstable from 2/(1 + 1/4) = 1.6 on.
    eta = 2.6
    assert abs((1 - eta * h[0]) * (1 - eta * h[1])) < 1
    assert eta > ScalarQuadratic(h, h).max_stable_eta(1) == pytest.approx(1.6)


def test_separable_classes_have_no_minimiser_without_a_ridge():
    x = np.array([[-2.0, 1.0], [-1.0, 1.0], [1.0, 1.0], [2.0, 1.0]])
    assert LogisticRegression(x, [0, 0, 1, 1]).minimiser is None
    assert SoftmaxRegression(x, [0, 0, 1, 1]).minimiser is None
    assert LogisticRegression(x, [0, 0, 1, 1], ridge=1e-3).minimiser is not None
    assert LogisticRegression(x, [0, 1, 0, 1]).minimiser is not None
    assert LogisticRegression(x * [100.0, 0.01], [0, 1, 0, 1]).minimiser is not None


def test_quasi_separable_classes_have_no_minimiser():
    x = np.array([[-2.0, 1.0], [-1.0, 1.0], [0.0, 1.0], [0.0, 1.0], [1.0, 1.0], [2.0, 1.0]])
    assert LogisticRegression(x, [0, 0, 0, 1, 1, 1]).minimiser is None


def test_flat_directions_take_the_smallest_minimiser():
    doubled = np.hstack([X, X])
    assert np.allclose(LeastSquares(doubled, Y).minimiser, np.tile(LeastSquares(X, Y).minimiser, 2) / 2)
    w = SoftmaxRegression(X, CLASSES).minimiser.reshape(3, 3)
    assert np.allclose(w.sum(axis=0), 0, atol=1e-12)


def test_of_two_copies_of_a_feature_the_larger_takes_the_larger_weight():
    """Of all a + 2 b = w the smallest (a, b) is (w, 2 w) / 5, whatever the units in which it was found."""
    both, w = np.hstack([X, 2 * X]), LeastSquares(X, Y).minimiser
    np.testing.assert_allclose(LeastSquares(both, Y).minimiser, np.concatenate([w, 2 * w]) / 5, rtol=1e-10)
    labels = [0, 1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 0]
    w = LogisticRegression(X, labels).minimiser
    np.testing.assert_allclose(LogisticRegression(both, labels).minimiser, np.concatenate([w, 2 * w]) / 5, rtol=1e-9)


def test_eighteen_orders_of_magnitude_between_features():
    unit = np.array([1e-9, 1.0, 1e9])
    np.testing.assert_allclose(LeastSquares(X * unit, Y).minimiser * unit, LeastSquares(X, Y).minimiser, rtol=1e-10)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_ridge_and_a_feature_too_small_to_matter(n_classes):
    """The ridge leaves no weight on a feature in units of 1e9: what is left is the minimiser without it."""
    small = X * [1.0, 1e-9, 1.0]
    whole = SoftmaxRegression(small, CLASSES % n_classes, ridge=0.1).minimiser.reshape(n_classes, 3)
    rest = SoftmaxRegression(X[:, [0, 2]], CLASSES % n_classes, ridge=0.1).minimiser.reshape(n_classes, 2)
    np.testing.assert_allclose(whole[:, [0, 2]], rest, rtol=1e-7)
    assert np.abs(whole[:, 1]).max() < 1e-7
