"""Exact moments of SGD by enumeration, of the SDEs by integrating their equations, and the weak orders 1 and 2."""

import numpy as np
import pytest
from enumerated import batches
from scipy.integrate import solve_ivp

from sgdsde_helpers.checks import DivergenceError
from sgdsde_helpers.losses import LeastSquares, MeanEstimation, ScalarQuadratic
from sgdsde_helpers.measure import fitted_order
from sgdsde_helpers.theory import (
    modified_sde_moments,
    sde_moments,
    sde_stationary_moments,
    sgd_moments,
    sgd_stationary_moments,
    weak_errors,
)

LOSS = ScalarQuadratic([1.0, 2.0, 3.0], [0.5, 1.0, -1.0])
ETAS = np.array([0.02, 0.01, 0.005, 0.0025])


@pytest.mark.parametrize(
    "size, sampling", [(1, "with_replacement"), (2, "with_replacement"), (2, "without_replacement")]
)
def test_sgd_moments_by_enumerating_all_batches(size, sampling):
    every = batches(3, size, sampling)
    states = np.array([2.0])
    for _ in range(4):
        states = np.concatenate(
            [states - 0.2 * LOSS.per_example_gradients(states)[:, list(b)].mean(axis=1) for b in every]
        )
    expected = states.mean(), np.mean(states**2)
    assert sgd_moments(LOSS, 0.2, 4, 2.0, size, sampling=sampling) == pytest.approx(expected, rel=1e-12)


def moment_flow(loss, drift_of, eta, size):
    """d E[phi]/dt and d E[phi^2]/dt by Gauss-Hermite quadrature over a law with these two moments."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(5)  # exact: the integrands are quadratic in phi
    weights = weights / weights.sum()

    def flow(_, moments):
        phi = moments[0] + np.sqrt(max(moments[1] - moments[0] ** 2, 0.0)) * nodes
        drift = drift_of(phi)
        return [weights @ drift, weights @ (2 * phi * drift + eta / size * loss.covariance(phi))]

    return flow


@pytest.mark.parametrize("size", [1, 3])
def test_sde_moments_by_integrating_itos_formula(size):
    eta, start, t = 0.3, 2.0, 1.5

    def modified_loss(phi):
        return LOSS.loss(phi) + eta / 4 * LOSS.gradient(phi) ** 2

    drifts = {
        sde_moments: lambda phi: -LOSS.gradient(phi),
        modified_sde_moments: lambda phi: -(modified_loss(phi + 1e-4) - modified_loss(phi - 1e-4)) / 2e-4,
    }
    for moments, drift in drifts.items():
        flow = solve_ivp(moment_flow(LOSS, drift, eta, size), (0, t), [start, start**2], rtol=1e-10, atol=1e-12)
        assert moments(LOSS, eta, t, start, size) == pytest.approx(flow.y[:, -1], rel=1e-8)


@pytest.mark.parametrize("size", [1, 4])
def test_weak_orders_are_one_and_two(size):
    errors = weak_errors(LOSS, ETAS, 1.0, 2.0, size)
    for first, second in zip(errors["SDE"], errors["modified SDE"]):
        assert fitted_order(ETAS, first) == pytest.approx(1, abs=0.08)
        assert fitted_order(ETAS, second) == pytest.approx(2, abs=0.08)


def test_a_long_run_forgets_its_start():
    mean, variance = sgd_stationary_moments(LOSS, 0.1, 2)
    assert sgd_moments(LOSS, 0.1, 2000, 3.0, 2) == pytest.approx((mean, variance + mean**2), rel=1e-10)
    mean, variance = sde_stationary_moments(LOSS, 0.1, 2)
    assert sde_moments(LOSS, 0.1, 200.0, 3.0, 2) == pytest.approx((mean, variance + mean**2), rel=1e-10)


def test_no_steps_and_no_time_change_nothing():
    assert sgd_moments(LOSS, 0.1, 0, 3.0) == (3.0, 9.0)
    assert modified_sde_moments(LOSS, 0.1, 0.0, 3.0) == (3.0, 9.0)


def test_fitted_order_of_a_power():
    assert fitted_order(ETAS, 7 * ETAS**1.5) == pytest.approx(1.5)


def test_bad_input_is_refused():
    with pytest.raises(DivergenceError, match="overflows"):
        sgd_moments(MeanEstimation([-1.0, 1.0]), 5.0, 10**6, 1.0)
    with pytest.raises(ValueError, match="whole multiple"):
        weak_errors(LOSS, [0.3], 1.0, 2.0)
    with pytest.raises(ValueError, match="it must be scalar"):
        sgd_moments(LeastSquares(np.eye(2), [1.0, 2.0]), 0.1, 3, 0.0)
    with pytest.raises(ValueError, match="t = -1"):
        sde_moments(LOSS, 0.1, -1.0, 0.0)
