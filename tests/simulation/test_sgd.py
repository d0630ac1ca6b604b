"""SGD and Gaussian SGD: the plain loop on the same draws, exact moments by enumeration, and where the arms agree."""

from copy import copy
from itertools import islice, permutations, product

import numpy as np
import pytest
from simulation_checks import assert_covariance, assert_frequencies, assert_mean

from sgdsde_helpers.checks import DivergenceError
from sgdsde_helpers.losses import (
    DoubleWell,
    FunctionLoss,
    LeastSquares,
    LogisticRegression,
    Loss,
    MeanEstimation,
    ScalarQuadratic,
    SoftmaxRegression,
)
from sgdsde_helpers.simulation import euler_maruyama, gaussian_sgd, sgd, sgd_sde, streams
from sgdsde_helpers.simulation._run import Minibatches
from sgdsde_helpers.simulation._streams import block_width, blocks, gaussians

RNG = np.random.default_rng(8)
X = RNG.normal(size=(30, 4))
WIDE = RNG.normal(size=(30, 20)) / 3
LOSSES = {
    "mean, scalar": MeanEstimation(X[:, 0]),
    "mean, vector": MeanEstimation(X),
    "scalar quadratic": ScalarQuadratic(RNG.uniform(0.5, 1.5, 30), X[:, 0]),
    "least squares": LeastSquares(X, X @ [1, -1, 0.5, 2] + X[:, 0] ** 2),
    "logistic": LogisticRegression(X, (X[:, 0] > 0.3) * 1.0, ridge=0.1),
    "least squares, many features": LeastSquares(WIDE, X[:, 0]),
    "logistic, many features": LogisticRegression(WIDE, (X[:, 0] > 0.3) * 1.0, ridge=0.1),
    "softmax": SoftmaxRegression(X, np.digitize(X[:, 1], [-0.5, 0.5]), ridge=0.1),
    "double well": DoubleWell(0.3, 0.1),
    "a reader's own": FunctionLoss(lambda p: p**2 / 2, lambda p: p[..., None] - np.array([1.0, -1.0]), 2, ()),
}
SMALL = ScalarQuadratic([0.4, 1.0, 1.9], [1.0, -0.5, 0.7])
PLANE = LeastSquares([[1.0, 0.2], [-0.3, 0.8], [0.5, -1.0], [0.1, 0.4]], [1.0, 0.0, 2.0, -1.0])


def plain_sgd(loss, eta, start, n_steps, batch_size, sampling, seed):
    """The chains of `sgd`, one line a step, with the mean of the examples' gradients as the losses define them."""
    final = np.array(start)
    chains = blocks(len(final), block_width(final[0].size))
    for these, rng in zip(chains, streams(seed, len(chains))):
        phi = final[these]
        batches, quick = Minibatches(loss, batch_size, sampling).of_block(rng, len(phi))
        together = batch_size // quick.draws
        for index in islice(batches, n_steps):
            examples = np.concatenate([index // loss.n**k % loss.n for k in range(together)])  # the digits in base n
            phi -= eta * Loss.minibatch_gradient(loss, phi, examples)
    return final


@pytest.mark.parametrize("sampling", ["with_replacement", "without_replacement", "reshuffled"])
@pytest.mark.parametrize("batch_size", [1, 2, 5, 6])
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
def test_sgd_is_the_plain_loop_on_the_same_draws(loss, batch_size, sampling):
    batch_size = min(batch_size, loss.n)
    start = 0.2 * np.random.default_rng(1).normal(size=(50, *loss.shape))
    fast = sgd(loss, 0.05, n_steps=40, batch_size=batch_size, n_chains=50, start=start, sampling=sampling, seed=3).final
    plain = plain_sgd(loss, 0.05, start, 40, batch_size, sampling, 3)
    np.testing.assert_allclose(fast, plain, rtol=1e-12, atol=1e-13)


def test_sgd_is_the_plain_loop_over_several_blocks():
    for name, m in (("scalar quadratic", 20000), ("logistic", 9000), ("logistic, many features", 2000)):
        loss = LOSSES[name]
        assert m > block_width(max(1, np.size(loss.minimiser)))
        start = np.full((m, *loss.shape), 0.1)
        fast = sgd(loss, 0.1, n_steps=12, batch_size=9, n_chains=m, start=start[0], seed=4).final
        np.testing.assert_allclose(
            fast, plain_sgd(loss, 0.1, start, 12, 9, "with_replacement", 4), rtol=1e-12, atol=1e-13
        )


@pytest.mark.parametrize("batch_size", [1, 3, 8, 300, 1000])
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
def test_quick_gradients_are_the_losses_own(loss, batch_size):
    width = 70  # with the large batches, more than the buffers hold at once
    phi = RNG.normal(size=(width, *loss.shape))
    index = RNG.integers(0, loss.n, size=(batch_size, width), dtype=np.uint16)
    gradient = loss.batch_gradient(width, batch_size, scale=0.3)
    for part in (index, index[: batch_size - 1], index):  # a smaller last batch of an epoch in between
        if len(part):
            expected = gradient.scale * Loss.minibatch_gradient(loss, phi, part)
            np.testing.assert_allclose(gradient(phi, part), expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("batch_size", [1, 20])
@pytest.mark.parametrize("name", ["logistic", "logistic, many features"])
def test_a_quick_logistic_gradient_far_out(name, batch_size):
    loss = LOSSES[name]
    phi = np.outer([-1e4, 1e4], loss.X[0])  # the exponential of x . phi is 0 or overflows
    index = np.zeros((batch_size, 2), dtype=int)
    with np.errstate(over="ignore"):  # as in a run
        quick = loss.batch_gradient(2, batch_size)(phi, index)
    np.testing.assert_allclose(quick, Loss.minibatch_gradient(loss, phi, index), rtol=1e-13)


@pytest.mark.parametrize("name", ["mean, scalar", "scalar quadratic", "least squares", "logistic, many features"])
def test_a_subclass_keeps_its_own_gradient(name):
    loss = LOSSES[name]

    class Doubled(type(loss)):
        def minibatch_gradient(self, phi, index):
            return 2 * super().minibatch_gradient(phi, index)

    doubled = copy(loss)
    doubled.__class__ = Doubled
    k = {"n_steps": 20, "n_chains": 9, "start": np.ones(loss.shape), "seed": 1}
    np.testing.assert_allclose(sgd(doubled, 0.05, **k).final, sgd(loss, 0.1, **k).final)


def enumerated(loss, eta, n_steps, start, batch_size, sampling):
    """All equally likely states after n_steps of independent batches; of shape (many, *shape)."""
    draws = {"with_replacement": product, "without_replacement": lambda k, repeat: permutations(k, repeat)}[sampling]
    every = [list(batch) for batch in draws(range(loss.n), repeat=batch_size)]
    states = np.array(start, dtype=float)[None]
    for _ in range(n_steps):
        gradients = loss.per_example_gradients(states)
        states = np.concatenate([states - eta * gradients[:, batch].mean(axis=1) for batch in every])
    return states


CASES = [
    (SMALL, 0.3, 6, 2.0, 1, "with_replacement"),
    (SMALL, 0.3, 3, 2.0, 3, "with_replacement"),
    (SMALL, 0.6, 6, 2.0, 2, "without_replacement"),
    (PLANE, 0.3, 5, [1.0, -1.0], 1, "with_replacement"),
    (PLANE, 0.5, 2, [1.0, -1.0], 3, "with_replacement"),
    (PLANE, 0.5, 3, [1.0, -1.0], 3, "without_replacement"),
]


@pytest.mark.parametrize("loss, eta, n_steps, start, batch_size, sampling", CASES)
def test_moments_of_sgd_by_enumerating_all_batches(loss, eta, n_steps, start, batch_size, sampling):
    exact = enumerated(loss, eta, n_steps, start, batch_size, sampling)
    mean, covariance = exact.mean(axis=0), np.cov(exact.T, bias=True)
    k = {"n_steps": n_steps, "n_chains": 40000, "start": start, "batch_size": batch_size}
    final = sgd(loss, eta, sampling=sampling, seed=5, **k).final
    assert_mean(final, mean)
    assert_covariance(final, mean, covariance)
    if (
        sampling == "with_replacement"
    ):  # for quadratic losses equal covariances of the noise give equal first two moments
        final = gaussian_sgd(loss, eta, seed=6, **k).final
        assert_mean(final, mean)
        assert_covariance(final, mean, covariance)


def test_the_law_of_two_epochs_of_reshuffled_sgd_by_enumeration():
    def epoch(phi, order):
        for k in order:
            phi = phi - 0.5 * SMALL.h[k] * (phi - SMALL.x[k])
        return phi

    orders = list(permutations(range(3)))
    exact = np.array([epoch(epoch(2.0, first), second) for first in orders for second in orders])
    final = sgd(SMALL, 0.5, n_steps=6, n_chains=20000, start=2.0, sampling="reshuffled", seed=7).final
    nearest = np.abs(final[:, None] - exact).argmin(axis=1)
    assert np.abs(final - exact[nearest]).max() < 1e-12
    values, place = np.unique(exact.round(10), return_inverse=True)
    counts = np.bincount(place[nearest], minlength=len(values))
    assert_frequencies(counts, np.bincount(place) / 36)


def test_a_reshuffled_epoch_ends_with_a_smaller_batch():
    loss = MeanEstimation([1.0, 2.0, 6.0])
    after = sgd(loss, 1.0, n_steps=2, batch_size=2, n_chains=500, sampling="reshuffled", seed=1).final
    np.testing.assert_array_equal(np.unique(after), loss.x)  # at eta = 1 the state is the mean of the last batch


def test_gaussian_sgd_has_gaussian_noise_and_sgd_has_the_data():
    loss = MeanEstimation([-1.0, 1.0])
    k = {"n_steps": 1, "n_chains": 100000, "start": 0.0}
    assert set(sgd(loss, 0.5, seed=1, **k).final) == {-0.5, 0.5}
    scaled = gaussian_sgd(loss, 0.5, seed=1, **k).final / 0.5
    for power, moment in enumerate([0, 1, 0, 3, 0, 15], start=1):
        assert_mean(scaled**power, moment)


def test_frozen_noise_is_that_of_the_minimiser():
    k = {"n_steps": 1, "n_chains": 50000, "start": 3.0, "batch_size": 4}
    for noise, where in (("frozen", SMALL.minimiser), ("state_dependent", 3.0)):
        final = gaussian_sgd(SMALL, 0.3, noise=noise, seed=2, **k).final
        mean = 3.0 - 0.3 * SMALL.gradient(3.0)
        assert_mean(final, mean)
        assert_covariance(final, mean, 0.3**2 * SMALL.covariance(where) / 4)
    assert SMALL.covariance(3.0) > 1.5 * SMALL.covariance(SMALL.minimiser)


def test_frozen_noise_of_a_loss_without_minimiser_is_that_of_each_start():
    start = np.repeat([-1.0, 1.0], 40000)
    final = gaussian_sgd(
        DoubleWell(0.3, 0.2), 0.1, noise="frozen", n_steps=1, n_chains=80000, start=start, seed=2
    ).final
    assert_covariance(final[:40000], -1.0, 0.1**2 * 0.1**2)
    assert_covariance(final[40000:], 1.0, 0.1**2 * 0.5**2)


def test_gaussian_sgd_takes_a_singular_covariance():
    line = np.array([[1.0, 2.0], [-1.0, -2.0]])
    final = gaussian_sgd(MeanEstimation(line), 0.5, n_steps=4, n_chains=1000, seed=3).final
    np.testing.assert_allclose(final[:, 1], 2 * final[:, 0], rtol=1e-9, atol=1e-9)
    assert final[:, 0].std() > 0.1


@pytest.mark.parametrize("name", ["scalar quadratic", "least squares", "logistic", "double well"])
def test_gaussian_sgd_is_euler_maruyama_at_dt_equal_eta(name):
    loss, start = LOSSES[name], np.full(LOSSES[name].shape, 0.3)
    gaussian = gaussian_sgd(loss, 0.05, n_steps=30, batch_size=3, n_chains=200, start=start, seed=4).final
    drift, noise = sgd_sde(loss, 0.05, 3)
    euler = euler_maruyama(drift, noise, dt=0.05, n_steps=30, start=start, n_paths=200, seed=4).final
    np.testing.assert_allclose(gaussian, euler, rtol=1e-10, atol=1e-12)


def test_where_chains_start():
    k = {"n_steps": 0, "seed": 1}
    np.testing.assert_array_equal(sgd(SMALL, 0.1, **k).final, [SMALL.minimiser])
    np.testing.assert_array_equal(sgd(DoubleWell(0.3), 0.1, n_chains=2, **k).final, [0.0, 0.0])
    np.testing.assert_array_equal(sgd(PLANE, 0.1, start=[1, 2], n_chains=2, **k).final, [[1, 2], [1, 2]])
    np.testing.assert_array_equal(sgd(PLANE, 0.1, start=[[1, 2], [3, 4]], **k).final, [[1, 2], [3, 4]])
    start = np.array([1.0, 2.0])
    sgd(SMALL, 0.1, n_steps=5, start=start, seed=1)
    np.testing.assert_array_equal(start, [1.0, 2.0])  # the caller's array is left alone


@pytest.mark.parametrize(
    "loss, batch_size, sampling", [(SMALL, 1, "with_replacement"), (PLANE, 2, "without_replacement")]
)
def test_an_unstable_learning_rate_is_refused_before_any_step(loss, batch_size, sampling):
    bound = loss.max_stable_eta(batch_size, sampling)
    k = {"n_steps": 10**5, "batch_size": batch_size, "sampling": sampling, "seed": 1}
    with pytest.raises(DivergenceError, match="must be < ") as caught:
        sgd(loss, 1.001 * bound, **k)
    assert caught.value.report.eta_bound == bound and caught.value.report.step is None
    sgd(loss, 0.999 * bound, **(k | {"n_steps": 5}))


def test_frozen_noise_has_the_bound_of_gradient_descent():
    bound = 2 / SMALL.mean_h
    assert SMALL.max_stable_eta() < 0.99 * bound
    gaussian_sgd(SMALL, 0.99 * bound, noise="frozen", n_steps=3, seed=1)
    for noise, eta in (("frozen", bound), ("state_dependent", 0.99 * bound)):
        with pytest.raises(DivergenceError):
            gaussian_sgd(SMALL, eta, noise=noise, n_steps=3, seed=1)


def test_state_dependent_noise_has_the_bound_of_its_batch_size():
    bound = SMALL.max_stable_eta(3)
    assert SMALL.max_stable_eta() < 0.99 * bound
    gaussian_sgd(SMALL, 0.99 * bound, batch_size=3, n_steps=3, seed=1)
    with pytest.raises(DivergenceError):
        gaussian_sgd(SMALL, bound, batch_size=3, n_steps=3, seed=1)


def test_a_run_that_diverges_is_stopped_and_reported():
    well = DoubleWell(0.3)
    for record in ("final", "all", "moments", 9):
        with pytest.raises(DivergenceError) as caught:
            sgd(well, 1.5, n_steps=300, start=4.0, n_chains=3, record=record, seed=1)
        report = caught.value.report
        assert report.step == 64 and report.eta_bound == 1.0 and "eta = 1.5" in report.message
    with pytest.raises(DivergenceError, match="by step 64"):
        gaussian_sgd(well, 1.5, n_steps=300, start=4.0, seed=1)
    with pytest.raises(DivergenceError, match="by step 64"):
        sgd(well, 1.5, n_steps=300, start=4.0, n_chains=20000, seed=1)
    with pytest.raises(DivergenceError, match="by step 30"):
        sgd(well, 1.5, n_steps=30, start=4.0, seed=1)


BAD = [
    ({"eta": 0.0}, "eta = 0.0 is not allowed"),
    ({"eta": np.nan}, "eta = nan is not allowed"),
    ({"n_steps": -1}, "n_steps = -1 is not allowed"),
    ({"n_steps": 2.5}, "n_steps = 2.5 is not allowed"),
    ({"burn_in": -2}, "burn_in = -2 is not allowed"),
    ({"batch_size": 0}, "batch_size = 0 is not allowed"),
    ({"batch_size": 4, "sampling": "without_replacement"}, "from 1 to n = 3"),
    ({"batch_size": 4, "sampling": "reshuffled"}, "from 1 to n = 3"),
    ({"n_chains": 0}, "n_chains = 0 is not allowed"),
    ({"threads": 2}, "threads"),
    ({"start": np.inf}, "start = inf is not allowed"),
    ({"start": [[1.0, 2.0]]}, r"start of shape \(1, 2\) is not allowed"),
    ({"start": [1.0, 2.0], "n_chains": 3}, r"its shape must be \(\) or \(3,\)"),
    ({"start": [1.0, 2.0, 3.0], "n_chains": 2}, r"its shape must be \(\) or \(2,\)"),
    ({"sampling": "bootstrap"}, "sampling = 'bootstrap' is not allowed"),
    ({"record": "some"}, "record = 'some' is not allowed"),
    ({"record": 0}, "record = 0 is not allowed"),
    ({"record": "moments", "n_steps": 0}, "n_steps = 0 is not allowed"),
    ({"n_step": 3}, "gd: got an unexpected keyword argument 'n_step'"),
    ({"seed": None}, "seed = None is not allowed"),
]


@pytest.mark.parametrize("change, message", BAD)
def test_bad_arguments_are_named(change, message):
    good = {"eta": 0.1, "n_steps": 3, "seed": 1}
    with pytest.raises((ValueError, TypeError), match=message):
        sgd(SMALL, **(good | change))
    if "sampling" not in change:
        with pytest.raises((ValueError, TypeError), match=message):
            gaussian_sgd(SMALL, **(good | change))


def test_a_bad_noise_is_named():
    with pytest.raises(ValueError, match="noise = 'white' is not allowed"):
        gaussian_sgd(SMALL, 0.1, noise="white", n_steps=1, seed=1)


def test_gaussian_sgd_is_the_plain_loop_on_the_same_draws():
    loss, eta, batch, m = LOSSES["scalar quadratic"], 0.1, 3, 50
    phi = np.linspace(-1, 1, m)
    for z in islice(gaussians(streams(9, 1)[0], (m,)), 25):
        phi = phi - eta * (loss.gradient(phi) - np.sqrt(loss.covariance(phi) / batch) * z)
    fast = gaussian_sgd(loss, eta, n_steps=25, batch_size=batch, start=np.linspace(-1, 1, m), seed=9).final
    np.testing.assert_allclose(fast, phi, rtol=1e-12)
