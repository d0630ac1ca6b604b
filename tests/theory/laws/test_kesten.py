"""Tail exponents: moments that diverge where the exponent says, the SDE's density, and the limit of small eta."""

import itertools

import numpy as np
import pytest

from sgdsde_helpers.checks import DivergenceError
from sgdsde_helpers.losses import ScalarQuadratic
from sgdsde_helpers.theory import (
    batch_mean_law,
    kesten_exponent,
    kesten_limit,
    momentum_stability_bound,
    plane_kesten_exponent,
    sde_tail_exponent,
    stationary_density,
)

CURVATURES = np.array([0.2, 0.5, 4.0])


def test_two_curvatures_in_closed_form():
    assert kesten_exponent([0.5, 3.0], 0.8) == pytest.approx(1.0)  # (0.6 + 1.4)/2 = 1


@pytest.mark.parametrize("size", [1, 2, 3])
def test_exponent_is_two_where_the_second_moment_diverges(size):
    eta = ScalarQuadratic(CURVATURES, [0.0, 1.0, 2.0]).max_stable_eta(size)
    assert kesten_exponent(CURVATURES, eta, size) == pytest.approx(2.0, rel=1e-9)
    assert kesten_exponent(CURVATURES, 0.95 * eta, size) > 2


def test_exponent_by_enumerating_batches():
    alpha = kesten_exponent(CURVATURES, 0.9, 3)
    means = [np.mean(b) for b in itertools.product(CURVATURES, repeat=3)]
    assert np.mean(np.abs(1 - 0.9 * np.array(means)) ** alpha) == pytest.approx(1, rel=1e-9)


def test_sde_exponent_is_two_where_its_second_moment_diverges():
    eta = 2 * CURVATURES.mean() / CURVATURES.var()
    assert sde_tail_exponent(CURVATURES, eta) == pytest.approx(2.0)
    assert sde_tail_exponent(CURVATURES, 3 * eta, 3) == pytest.approx(2.0)


def test_sde_exponent_is_that_of_its_stationary_density():
    loss, eta = ScalarQuadratic(CURVATURES, [0.0, 1.0, 2.0]), 0.8
    grid = np.linspace(-4000, 4000, 80001)
    density = stationary_density(lambda x: -loss.gradient(x), lambda x: eta * loss.covariance(x), grid)
    slope = np.log(density[-1] / density[-20001]) / np.log(grid[-1] / grid[-20001])
    assert -slope - 1 == pytest.approx(sde_tail_exponent(CURVATURES, eta), rel=0.01)


def test_exponent_of_a_long_run_is_seen_in_its_tail():
    h, eta, m = np.array([0.5, 3.0]), 0.8, 40000
    rng, phi = np.random.default_rng(4), np.zeros(40000)
    for _ in range(300):
        phi = phi - eta * rng.choice(h, size=m) * (phi - rng.choice([-1.0, 1.0], size=m))
    top = np.sort(np.abs(phi))[-1000:]
    hill = 1 / np.mean(
        np.log(top / top[0])
    )  # its relative standard error is 1/sqrt(1000), and six of these are allowed
    assert hill == pytest.approx(kesten_exponent(h, eta), rel=0.2)


def test_small_eta_limits_differ():
    for size in (1, 3):
        alpha = [kesten_exponent([-1.0, 3.0], eta, size) for eta in (1e-3, 5e-4)]
        extrapolated = 2 * 5e-4 * alpha[1] - 1e-3 * alpha[0]
        limit = kesten_limit([-1.0, 3.0], size)
        assert extrapolated == pytest.approx(limit, rel=1e-4)
        assert 0.5 * np.mean(np.exp([limit / size, -3 * limit / size])) * 2 == pytest.approx(1)
        assert 1e-3 * sde_tail_exponent([-1.0, 3.0], 1e-3, size) < 0.9 * limit


def test_steps_that_never_expand_have_no_tail():
    assert kesten_exponent(CURVATURES, 0.5) == np.inf
    assert kesten_limit(CURVATURES) == np.inf


def test_weights_stand_for_repetition():
    repeated = [0.2, 0.2, 0.2, 4.0]
    assert kesten_exponent([0.2, 4.0], 0.6, weights=[3, 1]) == pytest.approx(kesten_exponent(repeated, 0.6))
    values, weights = batch_mean_law([0.2, 4.0], 2, weights=[3, 1])
    np.testing.assert_allclose(values, [0.2, 2.1, 4.0])
    np.testing.assert_allclose(weights, [9 / 16, 6 / 16, 1 / 16])


def test_bad_input_is_refused():
    with pytest.raises(DivergenceError, match="stationary law"):
        kesten_exponent([1.0, 5.0], 2.0)
    with pytest.raises(ValueError, match="positive mean"):
        kesten_exponent([-3.0, 1.0], 0.1)
    with pytest.raises(ValueError, match="batch_size"):
        batch_mean_law(np.random.default_rng(0).normal(size=2000) + 5, 3)
    with pytest.raises(ValueError, match="weights"):
        kesten_exponent([1.0, 2.0], 0.1, weights=[1, -1])


def heavy_ball(eta, mu):
    return np.array([[[1 + mu - eta * h, -mu], [1.0, 0.0]] for h in CURVATURES])


@pytest.mark.parametrize("mu", [0.3, 0.8])
def test_momentum_has_exponent_two_at_its_mean_square_edge(mu):
    """There the second moments of the pair are just kept, by the exact map of covariances."""
    eta = momentum_stability_bound(ScalarQuadratic(CURVATURES, [0.0, 1.0, 2.0]), mu=mu)
    assert plane_kesten_exponent(heavy_ball(eta, mu), points=1440) == pytest.approx(2.0, abs=2e-3)


def test_without_momentum_or_with_turns_alone_the_plane_is_the_line():
    eta = 0.62
    alpha = kesten_exponent(CURVATURES, eta)
    turns = [np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]]) for t in (0.3, 1.7, 2.9)]
    factors = [(1 - eta * h) * turn for h, turn in zip(CURVATURES, turns)]
    assert plane_kesten_exponent(factors) == pytest.approx(alpha, rel=1e-6)
    assert plane_kesten_exponent(heavy_ball(eta, 0.0), points=1440) == pytest.approx(alpha, rel=2e-3)


def test_a_fourth_moment_of_products_is_kept_at_exponent_four():
    """E (A x A x A x A) has spectral radius 1 there, a matrix of 16 rows that knows nothing of directions."""
    mu = 0.5
    edge = momentum_stability_bound(ScalarQuadratic(CURVATURES, [0.0, 1.0, 2.0]), mu=mu)
    for eta in edge * np.array([0.85, 0.9, 0.95, 1.01]):
        a = heavy_ball(eta, mu)
        fourth = np.mean([np.kron(np.kron(m, m), np.kron(m, m)) for m in a], axis=0)
        radius = np.abs(np.linalg.eigvals(fourth)).max()
        assert (radius > 1) == (plane_kesten_exponent(a) < 4)


def test_products_that_grow_or_never_expand():
    assert plane_kesten_exponent([0.5 * np.eye(2), [[0.0, -0.9], [0.9, 0.0]]]) == np.inf
    with pytest.raises(ValueError, match="long products shrink"):
        plane_kesten_exponent([2.0 * np.eye(2), [[0.0, -0.9], [0.9, 0.0]]])
