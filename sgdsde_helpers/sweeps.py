"""Many settings of one function, on any executor: the same numbers on each, failures reported, and nothing done twice."""

from __future__ import annotations

import json
import math
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, as_completed
from contextlib import nullcontext
from dataclasses import dataclass
from hashlib import sha256
from itertools import product
from pathlib import Path
from time import perf_counter, time_ns
from typing import Any

import numpy as np

from sgdsde_helpers.checks import Array, count, refuse
from sgdsde_helpers.checks import function as checked_function

__all__ = ["Outcome", "Sweep", "grid", "sweep"]

Setting = Mapping[str, Any]
Value = Array | dict[str, Array]
Job = tuple[dict[str, Any], int]  # a setting and its seed


@dataclass(frozen=True)
class Outcome:
    """What became of one setting.

    Attributes
    ----------
    setting : dict
        The setting.
    seed : int
        The seed that it was run with; `function(**setting, seed=seed)` makes the value again.
    value : ndarray, dict of ndarrays, or None
        What the function returned; None where it failed.
    error : str or None
        Why it failed; None where it did not.
    seconds : float
        How long the function took, when it was run.
    stored : bool
        Whether the value was found in the store, and the function was not run.

    Examples
    --------
    >>> outcome = sweep(np.random.default_rng, [{}], seed=1).outcomes[0]
    >>> outcome.value is None, outcome.error
    (True, 'TypeError: it returned a Generator: only numbers, arrays of numbers and dictionaries of these are kept')
    """

    setting: dict[str, Any]
    seed: int
    value: Value | None
    error: str | None
    seconds: float
    stored: bool = False


@dataclass(frozen=True)
class Sweep:
    """The outcomes of a sweep, in the order of the settings.

    Attributes
    ----------
    outcomes : tuple of Outcome
        One for each setting.

    Examples
    --------
    >>> result = sweep(lambda x, seed: 1 / x, grid(x=[4, 2, 0]), seed=1)
    >>> print(result)
    2 of 3 settings done: 2 run, 0 found in the store
    failed: x = 0: ZeroDivisionError: division by zero
    >>> [float(outcome.value) for outcome in result.outcomes if outcome.error is None]
    [0.25, 0.5]
    """

    outcomes: tuple[Outcome, ...]

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The outcomes without a value."""
        return tuple(outcome for outcome in self.outcomes if outcome.error is not None)

    @property
    def values(self) -> list[Value]:
        """The values, in the order of the settings; raises a RuntimeError with the report if a setting failed."""
        if self.failed:
            raise RuntimeError(str(self))
        return [outcome.value for outcome in self.outcomes]

    def __str__(self) -> str:
        done = len(self.outcomes) - len(self.failed)
        found = sum(outcome.stored for outcome in self.outcomes)
        report = f"{done} of {len(self.outcomes)} settings done: {done - found} run, {found} found in the store"
        return "\n".join([report, *(f"failed: {_in_words(each.setting)}: {each.error}" for each in self.failed)])


def grid(**values: Sequence) -> list[dict[str, Any]]:
    """All combinations of some values for each name, the last name's values running fastest.

    Parameters
    ----------
    **values : sequences

    Returns
    -------
    list of dict

    Raises
    ------
    TypeError, ValueError
        If there is no name; if a name's values are not a sequence of one or more.

    Examples
    --------
    >>> grid(eta=[0.1, 0.2], batch_size=[1])
    [{'eta': 0.1, 'batch_size': 1}, {'eta': 0.2, 'batch_size': 1}]
    """
    if not values:
        raise TypeError("values are missing: name at least one argument, as in grid(eta=[0.1, 0.2])")
    for name, several in values.items():
        if isinstance(several, str) or np.ndim(several) != 1 or not len(several):
            refuse(name, several, "a sequence of one value or more")
    return [dict(zip(values, chosen, strict=True)) for chosen in product(*values.values())]


def sweep(
    function: Callable[..., Any],
    settings: Sequence[Setting],
    *,
    seed: int,
    executor: Executor | None = None,
    store: str | Path | None = None,
    progress: bool = False,
) -> Sweep:
    """`function(**setting, seed=...)` for every setting, each with a seed of its own.

    A setting's seed is spawned from `seed` by what the setting says. So its value depends neither on the executor, nor on the
    order, nor on which settings are beside it or were stored before.

    Parameters
    ----------
    function : callable
        Returns a number, an array of numbers, or a dictionary of these. For another process it must be one that can be sent
        there: defined at the top of a module.
    settings : sequence of dict
        Arguments by name, made of numbers, words, None, and lists of these; no two alike. `grid` makes them.
    seed : int
        The sweep's seed.
    executor : concurrent.futures.Executor, optional
        Where the settings run, as many at a time as it has workers: a `ProcessPoolExecutor`, or `Client.get_executor()` of
        dask.distributed. By default here, one after another.
    store : path of a folder, optional
        Each value is stored there when it is there, under its setting, the seed, and the function's module and name. A value
        that is stored is not computed again. That the function's code has changed is not seen: then take another folder.
    progress : bool
        Show a bar; needs tqdm.

    Returns
    -------
    Sweep
        A setting whose function raises, or whose worker is killed, is reported there and does not stop the others that can
        still run. It is not stored, so the next call tries it again.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; if two settings are alike; if there is a store and the function has no name of its own.
    ImportError
        If a bar is asked for and tqdm is not installed.

    Examples
    --------
    >>> def mean(n, seed):
    ...     return np.random.default_rng(seed).normal(size=n).mean()
    >>> forth, back = sweep(mean, grid(n=[10, 1000]), seed=1), sweep(mean, grid(n=[1000, 10]), seed=1)
    >>> print(forth)
    2 of 2 settings done: 2 run, 0 found in the store
    >>> forth.values == back.values[::-1]
    True
    """
    checked_function("function", function)
    seed = count("seed", seed, minimum=0)
    if executor is not None and not isinstance(executor, Executor):
        refuse("executor", executor, "a concurrent.futures.Executor or None", TypeError)
    settings = _checked_settings(settings)
    jobs = {place: (setting, _seed_of(setting, seed)) for place, setting in enumerate(settings)}
    files = {}
    if store is not None:
        folder, name = _folder(store), _name(function)
        files = {place: folder / f"{_digest([name, setting, seed])}.npz" for place, setting in enumerate(settings)}
    found = {place: outcome for place, path in files.items() if (outcome := _load(path, *jobs[place]))}
    missing = {place: job for place, job in jobs.items() if place not in found}
    with _bar(progress, total=len(jobs), initial=len(found)) as bar:
        for place, outcome in _run(function, missing, executor):
            if files and outcome.error is None:
                _save(files[place], outcome)
            found[place] = outcome
            if bar is not None:
                bar.update()
    return Sweep(tuple(found[place] for place in jobs))


def _run(function: Callable, jobs: dict[int, Job], executor: Executor | None) -> Iterator[tuple[int, Outcome]]:
    """The places and outcomes of the jobs, as they come."""
    if executor is None:
        for place, job in jobs.items():
            yield place, _attempt(function, *job)
        return
    waiting: dict[Future, int] = {}
    call = time_ns()
    for place, job in jobs.items():
        try:
            waiting[executor.submit(_attempt, function, *job, call)] = place
        except RuntimeError as error:  # a pool whose worker was killed takes no more
            yield place, _lost(*job, error)
    try:
        for future in as_completed(waiting):
            place = waiting[future]
            try:
                outcome = future.result()
            except Exception as error:  # noqa: BLE001  each executor has its own words for a worker that is gone
                outcome = _lost(*jobs[place], error)
            yield place, outcome
    finally:
        for future in waiting:  # where the caller is interrupted, what has not begun does not begin
            future.cancel()


def _attempt(function: Callable, setting: dict[str, Any], seed: int, call: int = 0) -> Outcome:
    """Run one setting. An error becomes words here, since not every exception can be sent between processes.

    Dask takes two submissions of the same words for one, and would give a failure again; `call` tells them apart.
    """
    start = perf_counter()
    try:
        value, error = _arrays(function(**setting, seed=seed)), None
    except Exception as raised:  # noqa: BLE001  the others go on, whatever this one meets
        value, error = None, _words(raised)
    return Outcome(setting, seed, value, error, perf_counter() - start)


def _lost(setting: dict[str, Any], seed: int, error: Exception) -> Outcome:
    return Outcome(setting, seed, None, _words(error), 0.0)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _arrays(value: Any) -> Value:
    """A value as it is stored, so that what is fresh and what was stored are the same."""
    if isinstance(value, Mapping):
        return {str(name): _array(each) for name, each in value.items()}
    return _array(value)


def _array(value: Any) -> Array:
    array = np.asarray(value)
    if array.dtype.kind not in "biufc":
        kept = "only numbers, arrays of numbers and dictionaries of these are kept"
        raise TypeError(f"it returned a {type(value).__name__}: {kept}")
    return array


def _checked_settings(settings: Any) -> list[dict[str, Any]]:
    if isinstance(settings, (Mapping, str)) or not all(isinstance(each, Mapping) for each in _items(settings)):
        refuse("settings", settings, "a sequence of dictionaries", TypeError)
    checked = [dict(each) for each in settings]
    seen = set()
    for setting in checked:
        if "seed" in setting or not all(isinstance(name, str) for name in setting):
            refuse("settings", setting, "dictionaries from names to values, without a seed, which the sweep gives")
        try:
            key = _digest(setting)
        except (TypeError, ValueError):
            refuse("settings", setting, "made of finite numbers, words, None, and lists of these", TypeError)
        if key in seen:  # they would be one random experiment, counted twice
            refuse("settings", setting, "said once: no two settings may be alike")
        seen.add(key)
    return checked


def _items(settings: Any) -> list:
    try:
        return list(settings)
    except TypeError:
        return refuse("settings", settings, "a sequence of dictionaries", TypeError)


def _plain(value: Any) -> Any:
    """A setting's value in JSON's terms; numbers that are equal become the same text."""
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return int(value) if isinstance(value, float) and math.isfinite(value) and value == int(value) else value


def _digest(value: Any) -> str:
    return sha256(json.dumps(_plain(value), sort_keys=True, allow_nan=False).encode()).hexdigest()


def _seed_of(setting: dict[str, Any], seed: int) -> int:
    """The seed of a setting: the child of the sweep's seed whose number is the digest of the setting."""
    digest = _digest(setting)
    words = tuple(int(digest[i : i + 8], 16) for i in range(0, len(digest), 8))
    low, high = np.random.SeedSequence(seed, spawn_key=words).generate_state(2, np.uint64)
    return int(low) + (int(high) << 64)


def _name(function: Callable) -> str:
    name = f"{getattr(function, '__module__', None)}.{getattr(function, '__qualname__', '<no name>')}"
    if "<" in name:  # a lambda, a function within a function, a partial
        refuse("function", function, "defined at the top of a module, where its values are stored under its name")
    return name


def _folder(store: Any) -> Path:
    if not isinstance(store, (str, Path)):
        refuse("store", store, "the path of a folder, or None", TypeError)
    folder = Path(store)
    if folder.exists() and not folder.is_dir():
        refuse("store", str(store), "the path of a folder")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _save(path: Path, outcome: Outcome) -> None:
    """Write what another process sees whole or not at all."""
    said = {"setting": _plain(outcome.setting), "seed": str(outcome.seed), "seconds": outcome.seconds}
    several = outcome.value if isinstance(outcome.value, dict) else {}
    arrays = {f"value/{name}": value for name, value in several.items()} or {"value": outcome.value}
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        np.savez(file, meta=json.dumps(said), **arrays)
    os.replace(file.name, path)


def _load(path: Path, setting: dict[str, Any], seed: int) -> Outcome | None:
    """The stored outcome; None where the file is missing, broken, or about something else."""
    try:
        with np.load(path) as data:
            said = json.loads(str(data["meta"]))
            values = {name.removeprefix("value/"): data[name] for name in data.files if name.startswith("value/")}
            value = data["value"] if "value" in data.files else values
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    if said["setting"] != _plain(setting) or said["seed"] != str(seed):
        return None
    return Outcome(setting, seed, value, None, said["seconds"], stored=True)


def _bar(shown: bool, **size: int):
    """A bar of tqdm's, or nothing."""
    if not isinstance(shown, bool):
        refuse("progress", shown, "True or False", TypeError)
    if not shown:
        return nullcontext()
    try:
        from tqdm.auto import tqdm
    except ImportError as error:
        raise ImportError("the bar is tqdm's: pip install tqdm") from error
    return tqdm(**size, unit="setting")


def _in_words(setting: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in setting.items())
