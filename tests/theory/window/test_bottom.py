"""The window: its exact law by enumeration, its distance by two routes, and the powers of eta at the bottom of the U."""

import itertools

import numpy as np
import pytest
from scipy.special import ndtr

from sgdsde_helpers.checks import DivergenceError
from sgdsde_helpers.losses import MeanEstimation, ScalarQuadratic
from sgdsde_helpers.measure import fitted_order, ks_distance
from sgdsde_helpers.theory import (
    binomial_ks,
    exact_window_ks,
    predicted_window_ks,
    sgd_moments,
    window_bottom,
    window_gaussian,
    window_law,
    window_sides,
)

TWO = MeanEstimation([-1.0, 1.0])
SKEWED = ScalarQuadratic([2.0] * 4, [0.0, 0.0, 0.0, 1.0])


def enumerated(loss, eta, n, start, size):
    states = np.array([start])
    every = list(itertools.product(range(loss.n), repeat=size))
    for _ in range(n):
        states = np.concatenate(
            [states - eta * loss.per_example_gradients(states)[:, list(b)].mean(axis=1) for b in every]
        )
    return states


@pytest.mark.parametrize("loss, size, n", [(TWO, 1, 12), (TWO, 2, 5), (SKEWED, 1, 5)])
def test_law_and_distance_by_enumeration(loss, size, n):
    states = enumerated(loss, 0.05, n, 0.6, size)
    mean, variance, skew = window_law(loss, 0.05, n, 0.6, size)
    assert (mean, variance) == pytest.approx((states.mean(), states.var()), rel=1e-12)
    assert skew == pytest.approx(np.mean((states - mean) ** 3) / variance**1.5, abs=1e-12)
    centre, spread = window_gaussian(loss, 0.05, n, 0.6, size)
    expected = ks_distance(states, lambda x: ndtr((x - centre) / np.sqrt(spread)))
    assert exact_window_ks(loss, 0.05, n, 0.6, size)[0] == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("size", [1, 3])
def test_law_has_the_moments_of_the_recursion(size):
    mean, variance, _ = window_law(SKEWED, 0.03, 40, 0.6, size)
    assert (mean, variance + mean**2) == pytest.approx(sgd_moments(SKEWED, 0.03, 40, 0.6, size), rel=1e-12)


def test_window_gaussian_is_the_lectures():
    mean, variance = window_gaussian(SKEWED, 0.03, 40, 0.6, 2)
    dt = 0.03 * 40
    assert mean == pytest.approx(0.6 - float(SKEWED.gradient(0.6)) * dt)
    assert variance == pytest.approx(0.03 * float(SKEWED.covariance(0.6)) / 2 * dt)


@pytest.mark.parametrize("loss, start", [(TWO, 0.0), (TWO, 1.0), (SKEWED, 0.25), (SKEWED, 0.6)])
def test_prediction_is_near_the_exact_distance_on_both_sides(loss, start):
    steps = [10, 30, 100, 300]
    exact = exact_window_ks(loss, 0.005, steps, start)
    np.testing.assert_allclose(predicted_window_ks(loss, 0.005, steps, start), exact, rtol=0.1, atol=2e-3)


@pytest.mark.parametrize("size", [1, 4])
def test_left_side_is_the_binomial_distance(size):
    left, _ = window_sides(TWO, 1e-6, [100], 0.0, size)
    assert left[0] == pytest.approx(binomial_ks(0.5, 100 * size), rel=0.01)
    assert exact_window_ks(TWO, 1e-6, [100], 0.0, size)[0] == pytest.approx(binomial_ks(0.5, 100 * size), abs=1e-3)


def test_right_side_has_its_two_powers():
    steps, eta, peak = np.array([40, 160]), 1e-4, 1 / np.sqrt(2 * np.pi)
    _, at_rest = window_sides(TWO, eta, steps, 0.0, 3)
    np.testing.assert_allclose(at_rest, eta * steps * peak * np.exp(-0.5) / 2, rtol=0.03)
    _, far = window_sides(TWO, eta, steps, 5.0, 3)
    np.testing.assert_allclose(far, np.sqrt(3) * steps**1.5 * eta * 5 * peak / 2, rtol=0.05)


@pytest.mark.parametrize("start, n_power, ks_power", [(0.0, -2 / 3, 1 / 3), (1.0, -1 / 2, 1 / 4)])
def test_bottom_moves_with_eta_as_predicted(start, n_power, ks_power):
    loss, etas = MeanEstimation([-1.0, 1.0]), np.array([3e-3, 1e-3, 3e-4, 1e-4])
    bottoms = np.array([window_bottom(loss, eta, start) for eta in etas])
    assert fitted_order(etas, bottoms[:, 0]) == pytest.approx(n_power, abs=0.05)
    assert fitted_order(etas, bottoms[:, 1]) == pytest.approx(ks_power, abs=0.03)


def test_bottom_is_the_bottom_of_the_exact_curve():
    best, distance = window_bottom(TWO, 0.01, 0.0)
    around = exact_window_ks(TWO, 0.01, [best // 2, best, 2 * best], 0.0)
    assert around[1] < min(around[0], around[2])
    assert around[1] == pytest.approx(distance, rel=0.1)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="one curvature"):
        window_law(ScalarQuadratic([1.0, 2.0], [0.0, 1.0]), 0.1, 5, 0.0)
    with pytest.raises(DivergenceError) as info:
        window_law(SKEWED, 1.0, 5, 0.0)
    assert info.value.report.eta_bound == pytest.approx(1.0)


def test_data_off_any_lattice_by_enumeration():
    loss = MeanEstimation(np.sqrt([2.0, 3.0, 5.0, 7.0, 11.0, 40.0]))
    states = enumerated(loss, 0.05, 8, 1.0, 1)
    mean, variance = window_gaussian(loss, 0.05, 8, 1.0)
    expected = ks_distance(states, lambda x: ndtr((x - mean) / np.sqrt(variance)))
    assert exact_window_ks(loss, 0.05, 8, 1.0)[0] == pytest.approx(expected, abs=1e-3)


def test_the_skewness_of_a_window_of_batches_by_enumeration():
    eta, start, size, n = 0.2, 0.6, 2, 2
    states = np.array([start])
    for _ in range(n):
        batches = [
            SKEWED.per_example_gradients(states)[:, list(b)].mean(1) for b in itertools.product(range(4), repeat=size)
        ]
        states = np.concatenate([states - eta * gradient for gradient in batches])
    away = states - states.mean()
    assert window_law(SKEWED, eta, n, start, size)[2] == pytest.approx(np.mean(away**3) / states.std() ** 3, rel=1e-10)
