"""Data in other units, or measured from another place, give the same answer in those units: every function that takes data.

Each entry of `ANSWERS` computes from a loss on moved data x -> s x + a; its answer is undone with the powers of s beside it.
"""

import numpy as np
import pytest

from sgdsde_helpers import theory
from sgdsde_helpers.losses import LeastSquares, MeanEstimation, ScalarQuadratic
from sgdsde_helpers.measure import covariance_and_error, mean_and_error, skewness, variance_and_error

X = np.array([0.0, 0.3, 1.0, 2.9])
H = np.array([0.5, 1.0, 2.0, 1.5])
MOVES = [(1e-9, 0.0), (1e9, 0.0), (1.0, 1e6), (1e-4, -7.0), (-2.0, 3.0)]


def place(value, s, a):
    return (np.asarray(value) - a) / s


def power(k):
    return lambda value, s, a: np.asarray(value) / s**k if k % 2 == 0 else np.asarray(value) / abs(s) ** k


def law(found, s, a):
    return np.array([place(found.mean, s, a), found.variance / s**2])


def moments(found, s, a):
    return np.array([place(found[0], s, a), found[1] / s**2])


def line(s, a, low=-1.0, high=4.0, points=301):
    return np.sort(s * np.linspace(low, high, points) + a)


def density(found, s, a):
    return (found if s > 0 else found[::-1]) * abs(s)


EQUAL = {  # MeanEstimation
    "reshuffled_variance": (lambda l, s, a: theory.reshuffled_variance(l, 0.1, 2), power(2)),
    "arms_stationary_cumulants": (
        lambda l, s, a: np.array(theory.arms_stationary_cumulants(l, 0.1, 2)["SGD"]) / [s**2, s**3],
        power(0),
    ),
    "window_law": (lambda l, s, a: theory.window_law(l, 0.1, 5, s + a, 2)[:2], moments),
    "window_gaussian": (lambda l, s, a: theory.window_gaussian(l, 0.1, 5, s + a, 2), moments),
    "exact_window_ks": (lambda l, s, a: theory.exact_window_ks(l, 0.1, 5, s + a, 2), power(0)),
    "predicted_window_ks": (lambda l, s, a: theory.predicted_window_ks(l, 0.1, [5], s + a, 2), power(0)),
    "window_bottom": (lambda l, s, a: theory.window_bottom(l, 0.02, s + a, 2), power(0)),
    "window_sides": (lambda l, s, a: theory.window_sides(l, 0.02, [3, 9], s + a, 2), power(0)),
    "window_distances": (lambda l, s, a: theory.window_distances(l, 0.1, [9], s + a, 2)["SGD"], power(0)),
}
UNEVEN = {  # ScalarQuadratic: the curvatures stay
    "increment_first_order": (lambda l, s, a: theory.increment_first_order(l, 0.2, [3, 9], s + a, 2), power(2)),
    "sgd_stationary_moments": (lambda l, s, a: theory.sgd_stationary_moments(l, 0.2, 2), moments),
    "sde_stationary_moments": (lambda l, s, a: theory.sde_stationary_moments(l, 0.2, 2), moments),
    "stratonovich": (lambda l, s, a: theory.stratonovich_stationary_moments(l, 0.2, 2), moments),
    "sgld_stationary_moments": (lambda l, s, a: theory.sgld_stationary_moments(l, 0.1 * s**2, 0.2, 2), moments),
    "momentum": (lambda l, s, a: theory.momentum_stationary_moments(l, 0.2, 2, mu=0.5), moments),
    "stationary_loss": (lambda l, s, a: theory.stationary_loss(l, 0.2, 2), power(2)),
    "fluctuation_dissipation": (lambda l, s, a: theory.fluctuation_dissipation(l, 0.2, 2), power(2)),
    "heat_capacity": (lambda l, s, a: theory.heat_capacity(l, 2), power(2)),
    "sgd_moments": (lambda l, s, a: theory.sgd_moments(l, 0.2, 3, s + a, 2)[0], place),
    "sde_moments": (lambda l, s, a: theory.sde_moments(l, 0.2, 0.6, s + a, 2)[0], place),
    "flow": (lambda l, s, a: theory.flow_fluctuation(l, start=s + a, times=[0.5, 1.0], batch_size=2)[0], place),
    "fluctuation": (lambda l, s, a: theory.flow_fluctuation(l, start=s + a, times=[0.5, 1], batch_size=2)[1], power(2)),
    "chain_stationary_law": (lambda l, s, a: theory.chain_stationary_law(l, 0.2, 2, nodes=400), law),
    "chain_reach": (lambda l, s, a: theory.chain_stationary_law(l, 0.2, 2, nodes=400, reach=50 * abs(s)), law),
    "chain_law": (lambda l, s, a: theory.chain_law(l, 0.2, 2, start=s + a, n_steps=3, nodes=400), law),
    "gaussian_chain_law": (lambda l, s, a: theory.gaussian_chain_law(l, 0.3, 2, grid=line(s, a, -6, 8)), law),
    "trapped_interval": (lambda l, s, a: np.sort(place(theory.trapped_interval(l, 0.2, s + a), s, a)), power(0)),
    "tilt": (lambda l, s, a: s * theory.tilt(l, np.array([0.7, 1.4]) * s + a, 2), power(0)),
    "quasi_potential": (lambda l, s, a: np.ptp(theory.quasi_potential(l, line(s, a, 0.2, 1.4), 2)), power(0)),
    "sde_density": (lambda l, s, a: theory.sde_stationary_density(l, 0.2, 2, grid=line(s, a, -60, 62, 2001)), density),
    "gibbs_density": (lambda l, s, a: theory.gibbs_density(l, 0.1 * s**2, line(s, a)), density),
    "kesten_exponent": (lambda l, s, a: theory.kesten_exponent(l, 1.0, 2), power(0)),
}
VALUES = {
    "skewness": (lambda x, s, a: skewness(x) * np.sign(s), power(0)),
    "esseen_ks": (lambda x, s, a: theory.esseen_ks(x, 7), power(0)),
    "lattice_span": (lambda x, s, a: theory.lattice_span(x), power(1)),
    "characteristic_width": (lambda x, s, a: theory.characteristic_width(x, 3), power(1)),
    "mean_and_error": (lambda x, s, a: mean_and_error(x)[0], place),
    "errors": (lambda x, s, a: mean_and_error(x)[1], power(1)),
    "variance_and_error": (lambda x, s, a: variance_and_error(x), power(2)),
    "covariance_and_error": (lambda x, s, a: covariance_and_error(x[:, None])[1], power(2)),
}
CASES = [
    *((name, lambda s, a: MeanEstimation(s * X + a), *rest) for name, rest in EQUAL.items()),
    *((name, lambda s, a: ScalarQuadratic(H, s * X + a), *rest) for name, rest in UNEVEN.items()),
    *((name, lambda s, a: s * X + a, *rest) for name, rest in VALUES.items()),
]


@pytest.mark.parametrize(("s", "a"), MOVES)
@pytest.mark.parametrize(("name", "data", "answer", "undo"), CASES, ids=[case[0] for case in CASES])
def test_answers_move_with_the_data(name, data, answer, undo, s, a):
    expected = undo(answer(data(1.0, 0.0), 1.0, 0.0), 1.0, 0.0)
    found = undo(answer(data(s, a), s, a), s, a)
    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=2e-6 * np.abs(expected).max())


@pytest.mark.parametrize("target", [1e-9, 4e8])
@pytest.mark.parametrize("feature", [1e-9, 1.0, 1e9])
def test_regression_moves_with_its_features_and_targets(feature, target):
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(9, 3)) + [1.0, 0.0, 0.0], rng.normal(size=9)
    for moments_of in (theory.sgd_stationary_moments, theory.sde_stationary_moments):
        mean, covariance = moments_of(LeastSquares(x, y), 0.1, 2)
        moved_mean, moved = moments_of(LeastSquares(feature * x, target * y), 0.1 / feature**2, 2)
        unit = target / feature
        np.testing.assert_allclose(moved_mean, unit * mean, rtol=1e-9)
        np.testing.assert_allclose(moved, unit**2 * covariance, rtol=1e-9)
    mean, covariance = theory.linear_regression_posterior(x, y, 0.5, 2.0)
    unit = target / feature
    moved_mean, moved = theory.linear_regression_posterior(feature * x, target * y, 0.5 * target**2, 2.0 * unit**2)
    np.testing.assert_allclose(moved_mean, unit * mean, rtol=1e-9)
    np.testing.assert_allclose(moved, unit**2 * covariance, rtol=1e-9)


def test_columns_in_units_of_their_own():
    """An intercept of 1e8 beside a normal feature: the gradients' own minimiser is that of the columns in equal units."""
    rng = np.random.default_rng(4)
    x, y, units = rng.normal(size=(30, 2)) + [1.0, 0.0], rng.normal(size=30), np.array([1e8, 1.0])
    plain, moved = theory.affine_gradients(LeastSquares(x, y)), theory.affine_gradients(LeastSquares(x * units, y))
    np.testing.assert_allclose(moved.minimiser * units, plain.minimiser, rtol=1e-9)


@pytest.mark.parametrize("c", [1e-9, 1e9])
def test_curvatures_against_the_learning_rate(c):
    h = np.array([-0.5, 1.0, 3.0])
    for size in (1, 3):
        assert theory.kesten_exponent(c * h, 0.3 / c, size) == pytest.approx(theory.kesten_exponent(h, 0.3, size))
        assert c * theory.kesten_limit(c * h, size) == pytest.approx(theory.kesten_limit(h, size))
        assert theory.sde_tail_exponent(c * h, 0.3 / c, size) == pytest.approx(theory.sde_tail_exponent(h, 0.3, size))


@pytest.mark.parametrize("c", [1e-9, 1e9])
def test_matrices_in_other_units_of_time_and_length(c):
    h, q = np.array([[2.0, 0.6], [0.6, 1.0]]), np.array([[0.3, -0.2], [-0.2, 0.5]])
    for covariance in (theory.sgd_stationary_covariance, theory.sde_stationary_covariance):
        np.testing.assert_allclose(covariance(c * h, c**2 * q, 0.1 / c), covariance(h, q, 0.1), rtol=1e-9)
    np.testing.assert_allclose(theory.ou_covariance(3.0 / c, c * h, c * q), theory.ou_covariance(3.0, h, q), rtol=1e-9)
    np.testing.assert_allclose(theory.circulation(c * h, c * q), c * theory.circulation(h, q), rtol=1e-9)
    assert theory.entropy_production(c * h, c * q) == pytest.approx(c * theory.entropy_production(h, q))
    assert theory.sgd_stationary_covariance(1e-9, 1.0, 1e-8) == pytest.approx(5.0, rel=1e-12)
