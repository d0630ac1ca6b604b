"""Sweeps: one number whatever runs it, one seed a setting, failures reported, and nothing done twice."""

import logging
import os
import sys
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context

import numpy as np
import pytest
import sweep_jobs as jobs

from sgdsde_helpers.sweeps import Outcome, Sweep, grid, sweep

SETTINGS = grid(x=[3, 1, 0.5, 2])


@pytest.fixture(scope="module")
def processes():
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        yield pool


def numbers(result):
    return {outcome.setting["x"]: float(outcome.value) for outcome in result.outcomes if outcome.error is None}


def lines(path):
    return sorted(path.read_text().split())


def test_every_executor_gives_the_same_bits(processes, tmp_path):
    alone = sweep(jobs.normal, SETTINGS, seed=1)
    with ThreadPoolExecutor(3) as threads:
        others = [
            sweep(jobs.normal, SETTINGS, seed=1, executor=executor, store=store)
            for executor in (threads, processes)
            for store in (None, tmp_path / "new", tmp_path / "new")  # the third time all is found there
        ]
    assert all(numbers(other) == numbers(alone) for other in others)
    assert all(outcome.stored for outcome in others[2].outcomes)
    assert [outcome.setting for outcome in others[3].outcomes] == SETTINGS  # in their order, whoever came first


def test_a_value_does_not_depend_on_order_or_company():
    forth = numbers(sweep(jobs.normal, SETTINGS, seed=1))
    assert numbers(sweep(jobs.normal, SETTINGS[::-1], seed=1)) == forth
    assert all(numbers(sweep(jobs.normal, [one], seed=1)) == {one["x"]: forth[one["x"]]} for one in SETTINGS)


def test_every_setting_has_a_seed_of_its_own():
    """Planted: one seed for all settings. With it every draw would be the same."""
    result = sweep(jobs.normal, grid(x=range(200)), seed=1)
    assert len({float(value) for value in result.values}) == len({outcome.seed for outcome in result.outcomes}) == 200
    assert (
        len(set(numbers(result).values()) & set(numbers(sweep(jobs.normal, grid(x=range(200)), seed=2)).values())) == 0
    )
    assert all(outcome.value == jobs.normal(**outcome.setting, seed=outcome.seed) for outcome in result.outcomes)


def test_the_seeds_do_not_change_with_the_version():
    """A stored sweep must be found, and its numbers made again, for as long as the book lasts."""
    (outcome,) = sweep(jobs.normal, [{"x": 0.1}], seed=7).outcomes
    assert outcome.seed == 66552490367414815160370503332473387559


@pytest.mark.parametrize("same", [1.0, np.float64(1), np.int64(1), np.array(1)])
def test_equal_numbers_are_one_setting(same):
    assert sweep(jobs.normal, [{"x": same}], seed=1).values == sweep(jobs.normal, [{"x": 1}], seed=1).values
    with pytest.raises(ValueError, match="settings = {'x': .*no two settings may be alike"):
        sweep(jobs.normal, [{"x": 1}, {"x": same}], seed=1)


def test_what_is_stored_comes_back_as_it_was(tmp_path):
    fresh, found = (sweep(jobs.shifted, [{"x": 1.5}], seed=1, store=tmp_path).outcomes[0] for _ in range(2))
    assert (fresh.stored, found.stored) == (False, True)
    assert (fresh.setting, fresh.seed, fresh.seconds) == (found.setting, found.seed, found.seconds)
    assert list(fresh.value) == list(found.value) == ["value", "steps", "wave"]
    for name, value in fresh.value.items():
        assert value.dtype == found.value[name].dtype and np.array_equal(value, found.value[name])


def test_a_resumed_sweep_repeats_none(tmp_path):
    """Planted: a sweep that does a stored setting again, or takes the value of another seed or function for its own."""
    log, store = tmp_path / "log", tmp_path / "store"
    first = sweep(jobs.logged, grid(x=[1, 2], log=[str(log)]), seed=1, store=store)
    more = sweep(jobs.logged, grid(x=[3, 2, 1], log=[str(log)]), seed=1, store=store)
    assert lines(log) == ["1", "2", "3"]
    assert [outcome.stored for outcome in more.outcomes] == [False, True, True]
    assert str(more) == "3 of 3 settings done: 1 run, 2 found in the store"
    assert numbers(more) == numbers(first) | {3: numbers(more)[3]}
    other = sweep(jobs.logged, grid(x=[1, 2], log=[str(log)]), seed=2, store=store)
    assert lines(log) == ["1", "1", "2", "2", "3"] and set(numbers(other).values()).isdisjoint(numbers(more).values())
    both = [sweep(jobs.logged, grid(x=[1, 2], log=[str(log)]), seed=seed, store=store) for seed in (1, 2)]
    assert all(outcome.stored for result in both for outcome in result.outcomes)
    sweep(jobs.normal, [{"x": 1}], seed=1, store=store)
    assert not sweep(jobs.other_normal, [{"x": 1}], seed=1, store=store).outcomes[0].stored


@pytest.mark.parametrize("pool", ["here", "processes"])
def test_a_failed_setting_is_reported_and_tried_again(pool, processes, tmp_path):
    log, settings = tmp_path / "log", grid(x=[1, 0, 2], log=[str(tmp_path / "log")])
    k = {"seed": 1, "store": tmp_path / "store", "executor": processes if pool == "processes" else None}
    result = sweep(jobs.logged, settings, **k)
    (failed,) = result.failed
    assert failed == result.outcomes[1] and failed.value is None and failed.error == "Unsendable: x is 0"
    assert str(result).startswith("2 of 3 settings done: 2 run, 0 found in the store\nfailed: x = 0, log = ")
    with pytest.raises(RuntimeError, match="failed: x = 0"):
        _ = result.values
    assert len(list((tmp_path / "store").iterdir())) == 2
    (tmp_path / "cured").touch()
    again = sweep(jobs.logged, settings, **k)
    assert not again.failed and lines(log) == ["0", "0", "1", "2"]
    assert [outcome.stored for outcome in again.outcomes] == [True, False, True]


@pytest.mark.skipif(sys.platform == "win32", reason="processes are killed by a signal")
def test_a_killed_worker_is_reported_and_the_rest_is_kept(tmp_path):
    settings = grid(x=[1, 2, 0, *range(3, 9)], folder=[str(tmp_path)])
    k = {"seed": 1, "store": tmp_path / "store"}
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        result = sweep(jobs.deadly, settings, executor=pool, **k)
        after = sweep(jobs.deadly, settings, executor=pool, **k)  # the pool is broken, and takes no more
    assert numbers(result).keys() == {1, 2} and result.outcomes[2] in result.failed
    assert all("terminated abruptly" in outcome.error for outcome in (*result.failed, *after.failed))
    assert numbers(after) == numbers(result)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        resumed = sweep(jobs.deadly, settings, executor=pool, **k)
    assert [outcome.stored for outcome in resumed.outcomes] == [True, True] + [False] * 7
    assert numbers(resumed) == numbers(sweep(jobs.deadly, settings, seed=1))


@pytest.mark.parametrize("harm", ["cut", "empty", "not its own", "of another seed"])
def test_a_stored_file_that_is_broken_or_of_another_is_not_believed(harm, tmp_path):
    right = sweep(jobs.normal, [{"x": 1}], seed=1, store=tmp_path)
    (path,) = tmp_path.iterdir()
    if harm in ("cut", "empty"):
        path.write_bytes(path.read_bytes()[: 100 if harm == "cut" else 0])
    else:
        x, seed = (2, 1) if harm == "not its own" else (1, 2)
        sweep(jobs.normal, [{"x": x}], seed=seed, store=tmp_path / "other")
        os.replace(next((tmp_path / "other").iterdir()), path)
    again = sweep(jobs.normal, [{"x": 1}], seed=1, store=tmp_path)
    assert not again.outcomes[0].stored and numbers(again) == numbers(right)
    assert sweep(jobs.normal, [{"x": 1}], seed=1, store=tmp_path).outcomes[0].stored


def test_a_file_is_there_whole_or_not_at_all(tmp_path, monkeypatch):
    """Planted: a file written in place. An interruption at its end must leave nothing that is taken for a value."""

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sweep(jobs.normal, [{"x": 1}], seed=1, store=tmp_path)
    assert not list(tmp_path.glob("*.npz"))


class Interrupted(Executor):
    """The first job is interrupted, the others wait."""

    def __init__(self):
        self.futures = []

    def submit(self, *job):
        self.futures.append(Future())
        if len(self.futures) == 1:
            self.futures[0].set_exception(KeyboardInterrupt())
        return self.futures[-1]


def test_an_interruption_cancels_what_has_not_begun():
    executor = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        sweep(jobs.normal, SETTINGS, seed=1, executor=executor)
    assert [future.cancelled() for future in executor.futures] == [False, True, True, True]


def test_what_cannot_be_sent_or_kept_is_reported(processes):
    result = sweep(lambda x, seed: x, SETTINGS, seed=1, executor=processes)
    assert len(result.failed) == 4 and all("pickle" in outcome.error for outcome in result.failed)
    (outcome,) = sweep(jobs.words, [{"x": 1}], seed=1).outcomes
    assert outcome.error.startswith("TypeError: it returned a str: only numbers")


def test_the_grid_has_every_combination():
    assert grid(a=[1, 2], b=("x", "y")) == [{"a": a, "b": b} for a in (1, 2) for b in "xy"]


def test_the_report_of_a_sweep_without_failures():
    outcome = Outcome({"x": 1}, 2, np.array(3.0), None, 0.1)
    assert str(Sweep((outcome,))) == "1 of 1 settings done: 1 run, 0 found in the store"
    assert Sweep((outcome,)).values == [3.0] and Sweep((outcome,)).failed == ()


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"function": 3}, TypeError, "function = 3 is not allowed"),
        ({"seed": -1}, ValueError, "seed = -1 is not allowed"),
        ({"seed": None}, TypeError, "seed = None is not allowed"),
        ({"seed": 1.0}, TypeError, "seed = 1.0 is not allowed"),
        ({"executor": 2}, TypeError, "executor = 2 is not allowed"),
        ({"executor": ProcessPoolExecutor}, TypeError, "executor = .* is not allowed"),
        ({"settings": {"x": [1, 2]}}, TypeError, "settings = .* is not allowed: it must be a sequence of dictionaries"),
        ({"settings": "x"}, TypeError, "settings = 'x' is not allowed"),
        ({"settings": 3}, TypeError, "settings = 3 is not allowed"),
        ({"settings": [1, 2]}, TypeError, "settings = .* is not allowed"),
        ({"settings": [{"x": 1, "seed": 2}]}, ValueError, "settings = .* without a seed, which the sweep gives"),
        ({"settings": [{1: 1}]}, ValueError, "settings = .* dictionaries from names"),
        ({"settings": [{"x": np.nan}]}, TypeError, "settings = .* finite numbers"),
        ({"settings": [{"x": object()}]}, TypeError, "settings = .* finite numbers"),
        ({"store": 3}, TypeError, "store = 3 is not allowed"),
        ({"store": __file__}, ValueError, "store = .* it must be the path of a folder"),
        ({"progress": 1}, TypeError, "progress = 1 is not allowed"),
    ],
)
def test_bad_arguments_are_refused_by_name(change, error, words):
    with pytest.raises(error, match=words):
        sweep(**({"function": jobs.normal, "settings": SETTINGS, "seed": 1} | change))


@pytest.mark.parametrize("function", [lambda x, seed: x, partial(jobs.normal, 1)])
def test_a_store_wants_a_function_with_a_name(function, tmp_path):
    with pytest.raises(ValueError, match="function = .* defined at the top of a module"):
        sweep(function, SETTINGS, seed=1, store=tmp_path)


@pytest.mark.parametrize("values", [3, "ab", [], [[1], [2]], None])
def test_bad_values_of_a_grid_are_refused_by_name(values):
    with pytest.raises(ValueError, match="eta = .* is not allowed"):
        grid(eta=values)


def test_a_grid_of_nothing_is_refused():
    with pytest.raises(TypeError, match="at least one argument"):
        grid()


def test_the_bar_counts_what_was_stored(tmp_path, capsys):
    pytest.importorskip("tqdm", exc_type=ImportError)
    sweep(jobs.normal, SETTINGS[:1], seed=1, store=tmp_path)
    sweep(jobs.normal, SETTINGS, seed=1, store=tmp_path, progress=True)
    shown = capsys.readouterr().err.split("\r")
    assert "1/4" in shown[1] and "4/4" in shown[-1]


def test_without_tqdm_a_bar_is_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with pytest.raises(ImportError, match="pip install tqdm"):
        sweep(jobs.normal, SETTINGS, seed=1, progress=True)


@pytest.fixture(scope="module")
def client():
    distributed = pytest.importorskip("distributed", exc_type=ImportError)
    k = {"n_workers": 2, "threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": ":0"}
    with distributed.LocalCluster(**k, silence_logs=logging.CRITICAL) as cluster, distributed.Client(cluster) as client:
        yield client


def test_a_dask_cluster_gives_the_same_and_outlives_a_worker(client, tmp_path):
    settings = grid(x=[1, 0, 2], folder=[str(tmp_path)])
    result = sweep(jobs.deadly, settings, seed=1, executor=client.get_executor(), store=tmp_path / "store")
    assert (tmp_path / "killed").exists() and not result.failed  # the scheduler gave its task to another
    assert numbers(result) == numbers(sweep(jobs.deadly, settings, seed=1))


def test_a_dask_cluster_does_not_repeat_a_failure_that_is_mended(client, tmp_path):
    settings = grid(x=[1, 0], log=[str(tmp_path / "log")])
    with client.get_executor() as executor:
        assert len(sweep(jobs.logged, settings, seed=1, executor=executor).failed) == 1
        (tmp_path / "cured").touch()
        assert not sweep(jobs.logged, settings, seed=1, executor=executor).failed
