"""A sweep over eta and B on common draws: each setting is SGD by itself, and the settings are coupled."""

from itertools import islice

import numpy as np
import pytest
from simulation_checks import assert_covariance, assert_mean

from sgdsde_helpers.checks import DivergenceError
from sgdsde_helpers.losses import DoubleWell, LeastSquares, LogisticRegression, Loss, MeanEstimation, ScalarQuadratic
from sgdsde_helpers.sampling import scheme
from sgdsde_helpers.simulation import sgd, sgd_sweep, streams
from sgdsde_helpers.theory import sgd_moments

X = np.random.default_rng(1).normal(size=(30, 3))
LOSSES = {
    "scalar quadratic": ScalarQuadratic(0.5 + np.abs(X[:, 1]), X[:, 0]),
    "mean, scalar": MeanEstimation(X[:, 0]),
    "mean, vector": MeanEstimation(X),
    "least squares": LeastSquares(X, X[:, 0] ** 2),
    "logistic, many features": LogisticRegression(np.tile(X, 6) / 3, X[:, 0] > 0),
    "double well": DoubleWell(0.3, 0.1),
}
ETAS, SIZES = [0.05, 0.1, 0.2], [1, 3, 7]


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
def test_every_setting_is_the_plain_loop_on_nested_batches(loss):
    m, n_steps = 40, 15
    start = np.full(loss.shape, 0.5)
    final = sgd_sweep(loss, ETAS, SIZES, n_steps=n_steps, n_chains=m, start=start, seed=3)
    assert final.shape == (3, 3, m, *loss.shape)
    for i, eta in enumerate(ETAS):
        for j, size in enumerate(SIZES):
            phi = np.tile(start, (m,) + (1,) * len(loss.shape))
            draws = scheme("with_replacement").draw(streams(3, 1)[0], loss.n, max(SIZES), m, "C")
            for index in islice(draws, n_steps):
                phi = phi - eta * Loss.minibatch_gradient(loss, phi, index[:size])
            np.testing.assert_allclose(final[i, j], phi, rtol=1e-11, atol=1e-12)


def test_the_largest_batch_is_sgd_with_the_same_seed():
    loss = LOSSES["scalar quadratic"]
    sweep = sgd_sweep(loss, ETAS, SIZES, n_steps=20, n_chains=100, seed=4)
    for i, eta in enumerate(ETAS):
        alone = sgd(loss, eta, batch_size=7, n_steps=20, n_chains=100, seed=4).final
        np.testing.assert_allclose(sweep[i, 2], alone, rtol=1e-11)


def test_every_setting_has_the_exact_moments_and_settings_are_coupled():
    loss = LOSSES["scalar quadratic"]
    final = sgd_sweep(loss, ETAS, SIZES, n_steps=12, n_chains=20000, start=1.0, seed=5)
    for i, eta in enumerate(ETAS):
        for j, size in enumerate(SIZES):
            mean, second = sgd_moments(loss, eta, 12, 1.0, size)
            assert_mean(final[i, j], mean)
            assert_covariance(final[i, j], mean, second - mean**2)
    assert np.corrcoef(final[0, 1], final[1, 1])[0, 1] > 0.9  # neighbouring eta
    assert np.corrcoef(final[1, 1], final[1, 2])[0, 1] == pytest.approx(np.sqrt(3 / 7), abs=0.05)  # 3 draws shared of 7


def test_seeds():
    k = {"n_steps": 5, "n_chains": 9000}
    one, again, other = (sgd_sweep(LOSSES["mean, scalar"], ETAS, SIZES, seed=s, **k) for s in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).mean() > 0.9


def test_every_setting_has_the_bound_of_its_own_batch_size():
    loss, k = LOSSES["scalar quadratic"], {"n_steps": 3, "n_chains": 2, "seed": 1}
    one, seven = loss.max_stable_eta(1), loss.max_stable_eta(7)
    assert one < 0.99 * seven
    sgd_sweep(loss, [0.99 * seven], [7], **k)
    for eta, sizes, bound in ((0.99 * seven, [1, 7], one), (seven, [7], seven)):
        with pytest.raises(DivergenceError) as caught:
            sgd_sweep(loss, [0.1, eta], sizes, **k)
        assert caught.value.report.eta_bound == bound


def test_bad_settings_are_named():
    loss = LOSSES["mean, scalar"]
    k = {"n_steps": 5, "n_chains": 3, "seed": 1}
    with pytest.raises(DivergenceError, match=r"eta = 2.5 makes the run diverge: it must be < 2"):
        sgd_sweep(loss, [0.1, 2.5], [1, 2], **k)
    with pytest.raises(ValueError, match="eta = -0.1 is not allowed"):
        sgd_sweep(loss, [0.1, -0.1], [1], **k)
    with pytest.raises(ValueError, match="batch_size = 0 is not allowed"):
        sgd_sweep(loss, [0.1], [1, 0], **k)
    for name, settings in (
        ("etas", ([], [1])),
        ("etas", (0.1, [1])),
        ("batch_sizes", ([0.1], [])),
        ("batch_sizes", ([0.1], 3)),
    ):
        with pytest.raises(
            ValueError, match=f"{name} = .* is not allowed: it must be a sequence of one number or more"
        ):
            sgd_sweep(loss, *settings, **k)
    with pytest.raises(DivergenceError, match="eta = 1.5 made the run diverge by step 64"):
        sgd_sweep(DoubleWell(0.3), [0.1, 1.5], [1], start=4.0, **(k | {"n_steps": 100}))
