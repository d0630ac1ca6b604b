"""The edge of stability: the leading eigenvalue against every batch enumerated, and its bounds."""

import itertools

import numpy as np
import pytest

from sgdsde_helpers.losses import LeastSquares, ScalarQuadratic, TanhNetwork
from sgdsde_helpers.theory import (
    edge_bounds,
    gauss_newton_edge,
    mean_square_edge,
    momentum_stability_bound,
)

RNG = np.random.default_rng(3)
FACTORS = RNG.normal(size=(6, 2, 4)) * [2.0, 1.0, 0.7, 0.4]
POSITIVE = FACTORS.transpose(0, 2, 1) @ FACTORS + 0.1 * np.eye(4)
SWING = np.array([m + m.T for m in RNG.normal(size=(6, 4, 4))])
INDEFINITE = POSITIVE + SWING - SWING.mean(axis=0)
assert np.linalg.eigvalsh(INDEFINITE)[:, 0].min() < -0.5
LINE = ScalarQuadratic([0.5, 1.0, 2.5], [0.0, 1.0, 3.5])
REGRESSION = LeastSquares(RNG.normal(size=(7, 3)) * [3.0, 1.0, 0.3], RNG.normal(size=7))


def growth(curvatures, eta, size, mu, sampling):
    """Spectral radius of the second moment of (phi, v) over a step, every batch enumerated."""
    n, d = curvatures.shape[:2]
    draws = itertools.product if sampling == "with_replacement" else lambda n, repeat: itertools.combinations(n, repeat)
    total, one, count = 0.0, np.eye(d), 0
    for batch in draws(range(n), repeat=size):
        a = eta * curvatures[list(batch)].mean(axis=0)
        step = np.block([[one - a, mu * one], [-a, mu * one]]) if mu else one - a
        total, count = total + np.kron(step, step), count + 1
    return np.abs(np.linalg.eigvals(total / count)).max()


@pytest.mark.parametrize("curvatures", [POSITIVE, INDEFINITE], ids=["positive", "indefinite"])
@pytest.mark.parametrize("mu", [0.0, 0.5])
@pytest.mark.parametrize(
    "size, sampling", [(1, "with_replacement"), (3, "with_replacement"), (2, "without_replacement")]
)
def test_the_edge_is_where_the_second_moment_starts_to_grow(curvatures, mu, size, sampling):
    edge = mean_square_edge(curvatures, size, mu=mu, sampling=sampling)
    assert growth(curvatures, edge * (1 - 1e-4), size, mu, sampling) < 1
    assert growth(curvatures, edge * (1 + 1e-4), size, mu, sampling) > 1


@pytest.mark.parametrize("size", [1, 2, 30])
@pytest.mark.parametrize("mu", [0.0, 0.9])
def test_factors_give_the_edge_of_their_matrices(size, mu):
    expected = mean_square_edge(POSITIVE, size, mu=mu)
    assert gauss_newton_edge(FACTORS, size, decay=0.1, mu=mu) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("sampling", ["with_replacement", "without_replacement"])
@pytest.mark.parametrize("loss", [LINE, REGRESSION], ids=["line", "regression"])
def test_losses_know_the_same_edge(loss, sampling):
    a = np.reshape(loss.h, (-1, 1, 1)) if loss is LINE else loss.X[:, :, None] * loss.X[:, None, :]
    for size in (1, 2, 3):
        edge = mean_square_edge(a, size, sampling=sampling)
        assert edge == pytest.approx(loss.max_stable_eta(size, sampling), rel=1e-9)
        edge = mean_square_edge(a, size, mu=0.5, sampling=sampling)
        assert edge == pytest.approx(momentum_stability_bound(loss, size, mu=0.5, sampling=sampling), rel=1e-9)


@pytest.mark.parametrize("curvatures", [POSITIVE, INDEFINITE], ids=["positive", "indefinite"])
@pytest.mark.parametrize("size", [1, 4, 50])
def test_bounds_and_compressions_are_on_their_sides(curvatures, size):
    edge = mean_square_edge(curvatures, size)
    lower, upper = edge_bounds(curvatures, size)
    assert lower < edge < upper
    basis = np.linalg.eigh(curvatures.mean(axis=0))[1][:, ::-1]
    bounds = [mean_square_edge(basis[:, :k].T @ curvatures @ basis[:, :k], size) for k in (1, 2, 3, 4)]
    assert (np.diff(bounds) <= 1e-12).all()
    assert bounds[-1] == pytest.approx(edge, rel=1e-9)
    assert upper <= bounds[0] * (1 + 1e-12)


def test_large_batches_have_the_edge_of_gradient_descent():
    plain = 2 / np.linalg.eigvalsh(POSITIVE.mean(axis=0))[-1]
    assert mean_square_edge(POSITIVE, 10**7) == pytest.approx(plain, rel=1e-6)
    assert mean_square_edge(POSITIVE, 10**7, mu=0.5) == pytest.approx(1.5 * plain, rel=1e-5)
    assert mean_square_edge(POSITIVE, 6, sampling="without_replacement") == pytest.approx(plain, rel=1e-12)


def test_momentum_leaves_the_noise_s_part_of_the_edge():
    """At B = 1, where noise alone decides, eta/(1 - mu) at the edge moves little; at large B by (1 + mu)/(1 - mu)."""
    noisy = np.array([[[0.02]], [[1.98]]])
    a = noisy[:, 0, 0]
    for mu in (0.5, 0.9):  # K r / B = 1 for one parameter
        r, edge = a.var(), mean_square_edge(noisy, 1, mu=mu)
        h = a.mean()
        assert edge * (1 + mu) * r / (h * (1 - mu) * (2 * (1 + mu) - edge * h)) == pytest.approx(1, rel=1e-9)


def test_factors_of_a_network_against_labels_drawn_from_its_own_law():
    """E over labels of g g' is the Gauss-Newton matrix of a cross-entropy."""
    x = RNG.normal(size=(5, 3))
    phi = RNG.normal(size=4 * 3 + 3 * 4)
    networks = [TanhNetwork(x, np.full(5, c), hidden=3, n_classes=3) for c in range(3)]
    expected = 0.0
    for network in networks:
        g = network.per_example_gradients(phi)
        residual = g[:, -3:].copy()
        residual[:, network.y[0].astype(int)] += 1  # the scores' derivative is p less the label
        expected = expected + residual[:, int(network.y[0]), None, None] * g[:, :, None] * g[:, None, :]
    f = networks[0].curvature_factors(phi, np.eye(len(phi)))
    np.testing.assert_allclose(f.transpose(0, 2, 1) @ f, expected, atol=1e-12)
    some = RNG.normal(size=(len(phi), 4))
    np.testing.assert_allclose(networks[0].curvature_factors(phi, some), f @ some, atol=1e-12)


@pytest.mark.parametrize("bad", [[[[1.0, 2.0], [0.0, 1.0]]], [[[1.0, 0.0]]], [[[-1.0]]], [[1.0]]])
def test_matrices_that_are_none_are_refused(bad):
    for function in (mean_square_edge, edge_bounds):
        with pytest.raises(ValueError, match="curvatures"):
            function(bad)
