"""Same seed, same numbers: whatever the processes, the number of steps, and what is recorded."""

import inspect
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context

import numpy as np
import pytest

from sgdsde_helpers import simulation
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
    stratonovich_heun,
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


DRIFT, NOISE = sgd_sde(LINE, 0.1)
SIMULATIONS = {  # every simulation, on scalar and vector problems: what it runs, and for how many chains of each M
    "sgd": (lambda m, **k: sgd(POINTS, 0.3, n_chains=m, **k), 1),
    "sgd, subsets": (
        lambda m, **k: sgd(POINTS, 0.3, n_chains=m, batch_size=7, sampling="without_replacement", **k),
        1,
    ),
    "sgd, reshuffled": (lambda m, **k: sgd(POINTS, 0.3, n_chains=m, batch_size=7, sampling="reshuffled", **k), 1),
    "sgd, vector": (lambda m, **k: sgd(LINE, 0.1, n_chains=m, batch_size=3, **k), 3),
    "gaussian_sgd": (lambda m, **k: gaussian_sgd(POINTS, 0.3, n_chains=m, **k), 1),
    "gaussian_sgd, frozen": (lambda m, **k: gaussian_sgd(LINE, 0.1, n_chains=m, noise="frozen", **k), 3),
    "gaussian_weight_sgd": (lambda m, **k: gaussian_weight_sgd(LINE, 0.1, n_chains=m, **k), 20),
    "streaming_sgd": (lambda m, **k: streaming_sgd(0.1, batch_size=2, n_chains=m, **k), 2),
    "streaming_sgd, vector": (lambda m, **k: streaming_sgd(0.1, n_chains=m, start=np.zeros(3), **k), 3),
    "momentum": (lambda m, **k: momentum(LINE, 0.02, 0.9, n_chains=m, **k), 3),
    "svag": (lambda m, **k: svag(LINE, 0.1, 2, n_chains=m, **k), 3),
    "adam": (lambda m, **k: adam(LINE, 0.01, n_chains=m, **k), 3),
    "euler_maruyama": (lambda m, **k: euler_maruyama(DRIFT, NOISE, dt=0.1, start=np.zeros(3), n_paths=m, **k), 3),
    "weak_second_order": (lambda m, **k: weak_second_order(np.negative, 1.0, dt=0.1, start=0.5, n_paths=m, **k), 1),
    "stratonovich_heun": (lambda m, **k: stratonovich_heun(np.negative, np.cos, dt=0.1, start=0.5, n_paths=m, **k), 1),
    "ornstein_uhlenbeck": (
        lambda m, **k: ornstein_uhlenbeck(np.eye(3), np.eye(3), dt=0.1, start=np.zeros(3), n_paths=m, **k),
        3,
    ),
    "brownian_motion": (lambda m, **k: brownian_motion(1.0, dt=0.1, n_paths=m, **k), 1),
    "langevin": (lambda m, **k: langevin(LINE, 0.5, step=0.1, n_chains=m, **k), 3),
    "mala": (lambda m, **k: mala(POINTS, 0.5, step=0.1, n_chains=m, **k)[0], 1),
}
every_simulation = pytest.mark.parametrize(("simulate", "share"), SIMULATIONS.values(), ids=SIMULATIONS.keys())


def test_the_table_holds_every_simulation():
    public = {f.__name__: inspect.signature(f).parameters for f in vars(simulation).values() if inspect.isfunction(f)}
    planned = {name for name, arguments in public.items() if {"n_steps", "record"} <= set(arguments)}
    assert {name.split(",")[0] for name in SIMULATIONS} == planned


@every_simulation
def test_the_same_seed_gives_the_same_numbers_and_another_seed_does_not(simulate, share):
    once, again, other = (simulate(M // share, n_steps=70, seed=seed).final for seed in (5, 5, 6))
    np.testing.assert_array_equal(once, again)
    assert (once != other).mean() > 0.9


@every_simulation
def test_what_is_recorded_does_not_change_the_chains(simulate, share):
    final = simulate(M // share, n_steps=70, seed=5).final
    for record in ("all", 7, "moments"):
        np.testing.assert_array_equal(simulate(M // share, n_steps=70, record=record, seed=5).final, final)


@every_simulation
def test_a_longer_run_begins_like_a_shorter_one(simulate, share):
    short, long = (simulate(99 // share, n_steps=steps, record="all", seed=5).states for steps in (50, 131))
    np.testing.assert_array_equal(short, long[:51])


@every_simulation
def test_burn_in_only_hides_steps(simulate, share):
    whole = simulate(99 // share, n_steps=75, record="all", seed=1)
    late = simulate(99 // share, n_steps=70, burn_in=5, record="all", seed=1)
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
        for seed, found in zip((1, 2, 3), pool.map(final_in_a_process, (1, 2, 3)), strict=True):
            np.testing.assert_array_equal(found, final_in_a_process(seed))


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
