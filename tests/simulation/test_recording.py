"""What is recorded: times, rows, running moments against recorded states, and the memory it takes."""

import tracemalloc

import numpy as np
import pytest
from simulation_checks import BOUND

from sgdsde_helpers.losses import LeastSquares, MeanEstimation
from sgdsde_helpers.simulation import Moments, ornstein_uhlenbeck, sgd

DATA = np.random.default_rng(0).normal(size=(40, 3))
LINE = LeastSquares(DATA, DATA @ [1.0, 2.0, -1.0] + DATA[:, 0] ** 2)
LONG = MeanEstimation(np.random.default_rng(1).normal(size=(9, 20)))  # more coordinates than are taken one by one
POINTS = MeanEstimation(DATA[:, 0])


@pytest.mark.parametrize("loss", [POINTS, LINE])
def test_rows_and_times(loss):
    k = {"n_steps": 23, "burn_in": 4, "n_chains": 50, "seed": 1}
    every, fifth, last = (sgd(loss, 0.1, record=record, **k) for record in ("all", 5, "final"))
    assert every.states.shape == (24, 50, *loss.shape)
    np.testing.assert_allclose(every.t, 0.1 * np.arange(4, 28))
    np.testing.assert_array_equal(fifth.states, every.states[::5])
    np.testing.assert_array_equal(fifth.t, every.t[::5])
    for run in (every, fifth, last):
        np.testing.assert_array_equal(run.final, every.states[-1])
    np.testing.assert_array_equal(last.states, every.states[-1:])
    np.testing.assert_array_equal(last.t, every.t[-1:])


@pytest.mark.parametrize("n_steps", [1, 31, 32, 33, 100])
@pytest.mark.parametrize("loss", [POINTS, LINE, LONG])
def test_moments_are_those_of_the_recorded_states(loss, n_steps):
    k = {"n_steps": n_steps, "burn_in": 3, "n_chains": 20, "seed": 2}
    moments, states = sgd(loss, 0.1, record="moments", **k), sgd(loss, 0.1, record="all", **k).states[1:]
    np.testing.assert_allclose(moments.mean, states.mean(axis=0), rtol=1e-12, atol=1e-14)
    away = states - states.mean(axis=0)
    second = np.einsum("tm...i,tm...j->m...ij" if loss.shape else "tm,tm->m", away, away) / n_steps
    np.testing.assert_allclose(moments.second, second, rtol=1e-10, atol=1e-14)
    np.testing.assert_array_equal(moments.final, states[-1])


def test_moments_of_chains_far_from_zero_lose_no_digits():
    near = sgd(POINTS, 0.1, n_steps=500, n_chains=4, record="moments", seed=3)
    far = sgd(MeanEstimation(POINTS.x + 2.0**24), 0.1, n_steps=500, n_chains=4, record="moments", seed=3)
    np.testing.assert_allclose(far.second, near.second, rtol=1e-6)  # squares of 2^24 alone would leave no digit
    np.testing.assert_allclose(far.mean - 2.0**24, near.mean, atol=1e-7)


def test_estimates_from_moments():
    mean = np.array([[1.0, 2.0], [3.0, 0.0], [2.0, 1.0]])
    second = np.array([np.eye(2), 2 * np.eye(2), 3 * np.eye(2)])
    run = Moments(mean, second, mean)
    estimate, error = run.mean_and_error()
    np.testing.assert_allclose(estimate, [2.0, 1.0])
    np.testing.assert_allclose(error, [1 / np.sqrt(3), 1 / np.sqrt(3)])
    covariance, error = run.covariance_and_error()
    spread = np.cov(mean.T, bias=True)
    np.testing.assert_allclose(covariance, 2 * np.eye(2) + spread + np.cov(mean.T) / 3)
    away = mean - [2.0, 1.0]
    each = second + away[:, :, None] * away[:, None, :]
    np.testing.assert_allclose(error, each.std(axis=0, ddof=1) / np.sqrt(3))


def test_estimates_from_moments_have_no_bias_and_honest_errors():
    # 400 ensembles of 8 short, correlated chains from the stationary law: each z has mean 0; its spread is Student's.
    h, c = 0.7, 0.6
    starts = np.random.default_rng(4).normal(0.0, np.sqrt(c / (2 * h)), (400, 8))
    runs = [
        ornstein_uhlenbeck(h, c, dt=0.3, n_steps=20, start=start, n_paths=8, record="moments", seed=k)
        for k, start in enumerate(starts)
    ]
    means = np.array([run.mean_and_error() for run in runs])
    covariances = np.array([run.covariance_and_error() for run in runs])
    for estimates, exact in ((means, 0.0), (covariances, c / (2 * h))):
        value, error = estimates.T
        assert abs(value.mean() - exact) < BOUND * value.std(ddof=1) / np.sqrt(400)
        assert value.std() == pytest.approx(
            np.sqrt((error**2).mean()), rel=0.2
        )  # 5.2 standard errors of a spread of 400


def test_one_chain_gives_no_standard_error():
    run = sgd(POINTS, 0.1, n_steps=5, record="moments", seed=1)
    for estimate in (run.mean_and_error, run.covariance_and_error):
        with pytest.raises(ValueError, match="n_chains >= 2"):
            estimate()


def peak_memory(loss=POINTS, **arguments):
    tracemalloc.start()
    sgd(loss, 0.1, seed=1, **arguments)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.parametrize("record", ["final", "moments"])
def test_memory_does_not_grow_with_steps(record):
    sgd(POINTS, 0.1, n_steps=1, seed=1)  # what is allocated once
    short, long = (peak_memory(n_steps=n, n_chains=5000, record=record) for n in (40, 400))
    assert long < 1.02 * short


def test_memory_of_a_thinned_run_is_that_of_its_records():
    peaks = [peak_memory(n_steps=400, n_chains=5000, record=k) for k in (400, 10)]
    assert peaks[1] - peaks[0] < 1.1 * 39 * 5000 * 8


def test_memory_of_reshuffled_chains_does_not_grow_with_chains():
    many = MeanEstimation(np.zeros(2**18))  # of which the orders of 16 chains fill a block
    few, more = (peak_memory(many, n_steps=1, n_chains=m, sampling="reshuffled") for m in (16, 32))
    assert more < 1.1 * few
