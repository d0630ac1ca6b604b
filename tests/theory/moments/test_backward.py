"""Means along SGD and its SDE by their backward operators: exact moments, sampled means, orders and the leading error."""

import numpy as np
import pytest

from sgdsde_helpers.comparison import compare
from sgdsde_helpers.losses import FunctionLoss, MeanEstimation, ScalarQuadratic
from sgdsde_helpers.measure import fitted_order, mean_and_error
from sgdsde_helpers.simulation import gradient_flow, sgd
from sgdsde_helpers.theory import (
    backward_mean_sde,
    backward_mean_sgd,
    modified_sde_moments,
    sde_moments,
    sgd_moments,
)

X = np.array([-1.0, 0.0, 2.0])
ROBUST = FunctionLoss(
    lambda phi: np.log(np.cosh(phi[..., None] - X)).mean(axis=-1),
    lambda phi: np.tanh(phi[..., None] - X),
    n=3,
    shape=(),
)
WIDE = (-3.0, 4.5)


@pytest.mark.parametrize("batch_size", [1, 2])
@pytest.mark.parametrize("sampling", ["with_replacement", "without_replacement"])
def test_sgd_on_a_quadratic_has_its_exact_second_moment(batch_size, sampling):
    loss = ScalarQuadratic(h=[0.5, 1.0, 1.5], x=[-1.0, 0.0, 2.0])
    found = backward_mean_sgd(loss, 0.2, 5, np.square, 1.7, (-1.5, 2.5), batch_size, sampling=sampling)
    assert found == pytest.approx(sgd_moments(loss, 0.2, 5, 1.7, batch_size, sampling=sampling)[1], rel=1e-10)


@pytest.mark.parametrize(("modified", "moments"), [(False, sde_moments), (True, modified_sde_moments)])
@pytest.mark.parametrize("batch_size", [1, 4])
def test_both_sdes_on_a_quadratic_have_their_exact_second_moments(batch_size, modified, moments):
    loss = MeanEstimation([-1.0, 0.0, 2.5])
    found = backward_mean_sde(loss, 0.01, 0.7, np.square, 2.0, (-3.0, 4.0), batch_size, modified=modified, nodes=30)
    assert found == pytest.approx(moments(loss, 0.01, 0.7, 2.0, batch_size)[1], rel=1e-7)


def test_sgd_on_another_loss_has_the_mean_of_its_chains():
    final = sgd(ROBUST, 0.5, n_steps=4, n_chains=40_000, batch_size=2, start=3.0, seed=1).final
    predicted = backward_mean_sgd(ROBUST, 0.5, 4, np.sin, 3.0, WIDE, 2)
    one = backward_mean_sgd(ROBUST, 0.5, 4, np.sin, 3.0, WIDE, 1)
    compare("mean of sin", predicted, *mean_and_error(np.sin(final)), rival=("batches of one", one))


def test_orders_one_and_two_and_the_leading_error_on_another_loss():
    r"""SGD less the SDE is -eta/2 f'(\varphi_t) g(\varphi_t) log(g(\varphi_0)/g(\varphi_t)), along gradient flow."""
    etas, t = 2.0 ** -np.arange(4, 9), 1.0
    chain = np.array([backward_mean_sgd(ROBUST, eta, round(t / eta), np.sin, 3.0, WIDE) for eta in etas])
    errors = {}
    for modified in (False, True):
        means = [backward_mean_sde(ROBUST, eta, t, np.sin, 3.0, WIDE, modified=modified) for eta in etas]
        errors[modified] = chain - means
    assert fitted_order(etas, np.abs(errors[False])) == pytest.approx(1.0, abs=0.02)
    assert fitted_order(etas, np.abs(errors[True])) == pytest.approx(2.0, abs=0.05)
    end = float(gradient_flow(ROBUST, start=3.0, times=np.array([0.0, t]))[-1])
    first, last = (float(ROBUST.gradient(np.array(place))) for place in (3.0, end))
    leading = -np.cos(end) * last * np.log(first / last) / 2
    assert errors[False][-1] / etas[-1] == pytest.approx(leading, rel=0.01)


def test_what_a_grid_cannot_carry_is_refused():
    with pytest.raises(ValueError, match="a batch leads from it"):
        backward_mean_sgd(MeanEstimation(X), 0.5, 3, np.sin, 0.0, (-0.5, 0.5))
    with pytest.raises(ValueError, match="inwards"):
        backward_mean_sde(ROBUST, 0.1, 1.0, np.sin, 3.0, (2.0, 4.0))
    with pytest.raises(ValueError, match="coarser twin"):
        backward_mean_sgd(ROBUST, 0.1, 10, lambda phi: np.sin(40 * phi), 3.0, WIDE, nodes=24)
    with pytest.raises(ValueError, match="a state in the interval"):
        backward_mean_sde(ROBUST, 0.1, 1.0, np.sin, 5.0, WIDE)
