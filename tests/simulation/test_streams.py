"""Same seed, same numbers: whatever the processes, the number of steps, and what is recorded."""

from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context

import numpy as np
import pytest

from sgdsde_helpers.losses import LeastSquares, MeanEstimation
from sgdsde_helpers.simulation import (
    adam,
    brownian_motion,
    euler_maruyama,
    gaussian_sgd,
    gaussian_weight_sgd,
    langevin,
    mala,
    momentum,
    ornstein_uhlenbeck,
    sgd,
    sgd_sde,
    streaming_sgd,
    streams,
    svag,
    weak_second_order,
)
from sgdsde_helpers.simulation._streams import block_width, blocks, gaussians

DATA = np.random.default_rng(0).normal(size=(40, 3))
LINE = LeastSquares(DATA, DATA @ [1.0, 2.0, -1.0] + DATA[:, 0] ** 2)
POINTS = MeanEstimation(DATA[:, 0])
M = 40000  # three blocks of chains with one parameter, two of chains with three, the last one partly filled


def all_simulations(m=M, **arguments):
    """One run of every simulation, on scalar and vector problems."""
    k = {"n_steps": 70, "seed": 5} | arguments
    drift, noise = sgd_sde(LINE, 0.1)
    return [
        sgd(POINTS, 0.3, n_chains=m, **k),
        sgd(POINTS, 0.3, n_chains=m, batch_size=7, sampling="without_replacement", **k),
        sgd(POINTS, 0.3, n_chains=m, batch_size=7, sampling="reshuffled", **k),
        sgd(LINE, 0.1, n_chains=m // 3, batch_size=3, **k),
        gaussian_sgd(POINTS, 0.3, n_chains=m, **k),
        gaussian_sgd(LINE, 0.1, n_chains=m // 3, noise="frozen", **k),
        gaussian_weight_sgd(LINE, 0.1, n_chains=m // 20, **k),
        streaming_sgd(0.1, batch_size=2, n_chains=m // 2, **k),
        streaming_sgd(0.1, n_chains=m // 3, start=np.zeros(3), **k),
        momentum(LINE, 0.02, 0.9, n_chains=m // 3, **k),
        svag(LINE, 0.1, 2, n_chains=m // 3, **k),
        adam(LINE, 0.01, n_chains=m // 3, **k),
        euler_maruyama(drift, noise, dt=0.1, start=np.zeros(3), n_paths=m // 3, **k),
        ornstein_uhlenbeck(np.eye(3), np.eye(3), dt=0.1, start=np.zeros(3), n_paths=m // 3, **k),
        brownian_motion(1.0, dt=0.1, n_paths=m, **k),
        weak_second_order(np.negative, 1.0, dt=0.1, start=0.5, n_paths=m, **k),
    ]


def finals(**arguments):
    return [run.final for run in all_simulations(**arguments)]


def assert_all_equal(first, second):
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_same_seed_gives_the_same_numbers_and_another_seed_does_not():
    once, again, other = finals(), finals(), finals(seed=6)
    assert_all_equal(once, again)
    for a, b in zip(once, other):
        assert (a != b).mean() > 0.9


def test_what_is_recorded_does_not_change_the_chains():
    final = finals(record="final")
    for record in ("all", 7, "moments"):
        assert_all_equal(final, finals(record=record))


def test_a_longer_run_begins_like_a_shorter_one():
    short = all_simulations(m=99, n_steps=50, record="all")
    long = all_simulations(m=99, n_steps=131, record="all")
    for a, b in zip(short, long):
        np.testing.assert_array_equal(a.states, b.states[:51])


WITH_BURN_IN = {
    "sgd": lambda **k: sgd(POINTS, 0.3, n_chains=99, **k),
    "streaming_sgd": lambda **k: streaming_sgd(0.3, n_chains=99, **k),
    "momentum": lambda **k: momentum(POINTS, 0.1, 0.9, n_chains=99, **k),
    "svag": lambda **k: svag(POINTS, 0.1, 3, n_chains=99, **k),
    "adam": lambda **k: adam(POINTS, 0.1, n_chains=99, **k),
    "gaussian_weight_sgd": lambda **k: gaussian_weight_sgd(POINTS, 0.1, n_chains=99, **k),
    "gaussian_sgd": lambda **k: gaussian_sgd(POINTS, 0.3, n_chains=99, **k),
    "euler_maruyama": lambda **k: euler_maruyama(np.negative, 1.0, dt=0.1, start=0.5, n_paths=99, **k),
    "weak_second_order": lambda **k: weak_second_order(np.negative, 1.0, dt=0.1, start=0.5, n_paths=99, **k),
    "ornstein_uhlenbeck": lambda **k: ornstein_uhlenbeck(1.0, 1.0, dt=0.1, start=0.5, n_paths=99, **k),
    "langevin": lambda **k: langevin(POINTS, 0.5, step=0.1, n_chains=99, **k),
    "mala": lambda **k: mala(POINTS, 0.5, step=0.1, n_chains=99, **k)[0],
}


@pytest.mark.parametrize("simulate", [WITH_BURN_IN["langevin"], WITH_BURN_IN["mala"]], ids=["langevin", "mala"])
def test_what_is_recorded_does_not_change_the_samplers(simulate):
    final = simulate(n_steps=75, seed=1).final
    for record in ("all", 7, "moments"):
        np.testing.assert_array_equal(simulate(n_steps=75, record=record, seed=1).final, final)


@pytest.mark.parametrize("simulate", WITH_BURN_IN.values(), ids=WITH_BURN_IN.keys())
def test_burn_in_only_hides_steps(simulate):
    whole = simulate(n_steps=75, record="all", seed=1)
    late = simulate(n_steps=70, burn_in=5, record="all", seed=1)
    np.testing.assert_array_equal(whole.states[5:], late.states)
    np.testing.assert_array_equal(whole.t[5:], late.t)


def test_chains_of_full_blocks_do_not_depend_on_how_many_follow():
    width = block_width(1)
    few = sgd(POINTS, 0.3, n_steps=9, n_chains=width, seed=1).final
    many = sgd(POINTS, 0.3, n_steps=9, n_chains=2 * width + 1, seed=1).final
    np.testing.assert_array_equal(few, many[:width])
    assert (many[:width] != many[width : 2 * width]).mean() > 0.9


def final_in_a_process(seed):
    return sgd(LINE, 0.1, n_steps=30, n_chains=50, seed=seed).final


def test_a_process_pool_gives_what_the_process_itself_gives():
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as pool:
        assert_all_equal(pool.map(final_in_a_process, [1, 2, 3]), [final_in_a_process(seed) for seed in (1, 2, 3)])


def test_a_generator_moves_on():
    rng = np.random.default_rng(3)
    first = sgd(POINTS, 0.3, n_steps=9, n_chains=50, seed=rng).final
    second = sgd(POINTS, 0.3, n_steps=9, n_chains=50, seed=rng).final
    again = sgd(POINTS, 0.3, n_steps=9, n_chains=50, seed=np.random.default_rng(3)).final
    assert (first != second).any()
    np.testing.assert_array_equal(first, again)


def test_streams_are_sfc64_and_differ():
    first, second = streams(11, 2)
    assert isinstance(first.bit_generator, np.random.SFC64)
    assert streams(11, 5)[0].random() == first.random() != second.random()


@pytest.mark.parametrize(
    "seed, error", [(None, TypeError), (1.5, TypeError), (True, TypeError), ("7", TypeError), (-1, ValueError)]
)
def test_a_bad_seed_is_named(seed, error):
    with pytest.raises(error, match="seed = .* is not allowed: it must be an integer >= 0 or a numpy.random.Generator"):
        streams(seed, 1)


def test_normals_continue_one_stream_in_order():
    for shape in ((3,), (5, 2), (5000,), (9000, 2)):
        k = 5
        drawn = np.array([z.copy() for z in islice(gaussians(streams(1, 1)[0], shape, 0.5), k)])
        np.testing.assert_array_equal(drawn, 0.5 * streams(1, 1)[0].standard_normal((k, *shape)))


def test_normals_with_a_mean_and_a_factor():
    root, mean = np.array([[2.0, 0.0], [1.0, 3.0]]), np.array([5.0, -7.0])
    (drawn,) = islice(gaussians(streams(1, 1)[0], (9, 2), root, mean=mean), 1)
    np.testing.assert_allclose(drawn, mean + streams(1, 1)[0].standard_normal((9, 2)) @ root.T, rtol=1e-13)


def test_blocks_cover_the_chains_once():
    for m, width in ((1, 8), (8, 8), (9, 8), (100, 7)):
        covered = np.concatenate([np.arange(m)[b] for b in blocks(m, width)])
        np.testing.assert_array_equal(covered, np.arange(m))
        assert max(b.stop - b.start for b in blocks(m, width)) <= width
