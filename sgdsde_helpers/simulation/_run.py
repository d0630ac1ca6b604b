"""Runs an ensemble: block by block, on one thread or several, recording as it goes and watching for divergence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np

from sgdsde_helpers.checks import Array, array, count
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.simulation._divergence import Report, look
from sgdsde_helpers.simulation._memory import aligned_copy
from sgdsde_helpers.simulation._recording import Moments, Paths, recorder
from sgdsde_helpers.simulation._streams import block_width, blocks, streams

WATCH = 64  # steps between two looks for divergence

Steps = Callable[[Array, np.random.Generator], Iterator[None]]


@dataclass(frozen=True)
class Plan:
    """How long to run, what to keep, and with which streams; the arguments that all simulations share.

    Attributes
    ----------
    dt : float
        Time of one step.
    n_steps, burn_in : int
        Steps recorded, and steps before them.
    record : str or int
        "final", "all", a number k (every k-th step) or "moments".
    seed, threads
        As in `sgd`.
    """

    dt: float
    n_steps: int
    burn_in: int
    record: str | int
    seed: int | np.random.Generator
    threads: int

    def __post_init__(self):
        count("n_steps", self.n_steps, 0)
        count("burn_in", self.burn_in, 0)
        count("threads", self.threads)


def run(
    steps: Steps, start: Array, plan: Plan, report: Report, width: int | None = None, order: str = "C"
) -> Paths | Moments:
    """Advance an ensemble and keep what is asked for.

    Parameters
    ----------
    steps : callable
        ``steps(phi, rng)`` is an iterator: each ``next`` moves the block of states `phi` (w, *shape) by one step, in place.
    start : ndarray of shape (m, *shape)
        Starting states.
    plan : Plan
    report : callable
        Says what is to be said when the run diverges by a step.
    width : int, optional
        Chains in a block; `block_width` of the state where it is not given.
    order : str
        How a block's states lie in memory: "C" or "F" (an array's order), or "K", as in `start`.

    Returns
    -------
    Paths or Moments

    Raises
    ------
    DivergenceError
        If a state stops being finite, or grows beyond 1e100.
    """
    keep = recorder(plan.record, start, plan.n_steps, plan.burn_in, plan.dt)
    chains = blocks(len(start), width or block_width(start[0].size))
    last = plan.burn_in + plan.n_steps

    def run_block(these: slice, rng: np.random.Generator) -> None:
        phi = aligned_copy(start[these], order)
        store = keep.block(these)
        advance = steps(phi, rng)
        done = 0
        with np.errstate(over="ignore", invalid="ignore"):  # a state that overflows is caught by the look at it
            for row, step in enumerate(keep.steps):
                done = _advance(advance, phi, done, int(step), report)
                store(row, phi)
            _advance(advance, phi, done, last, report)
            look(phi, last, report)
        keep.final[these] = phi

    work = list(zip(chains, streams(plan.seed, len(chains))))
    if plan.threads == 1:
        for these, rng in work:
            run_block(these, rng)
    else:
        with ThreadPoolExecutor(plan.threads) as pool:
            list(pool.map(lambda job: run_block(*job), work))
    return keep.result()


def starting_states(start: Array | float, shape: tuple[int, ...], n_chains: int, name: str = "n_chains") -> Array:
    """The starting states (m, *shape): one state for all the chains, or one for each.

    Parameters
    ----------
    start : array_like of shape (*shape) or (m, *shape)
        Where the chains start.
    shape : tuple
        Shape of one state.
    n_chains : int
        m; where it is 1 it follows from a `start` of shape (m, *shape).
    name : str
        What the caller calls this number.
    """
    m = count(name, n_chains)
    start = array("start", start)
    if start.shape == shape:
        return np.broadcast_to(start, (m, *shape))
    if start.ndim == len(shape) + 1 and start.shape[1:] == shape and (m == 1 or len(start) == m):
        return start
    many = (m if m > 1 else name, *shape)
    raise ValueError(
        f"start of shape {start.shape} is not allowed: its shape must be {shape} or {many}".replace("'", "")
    )


def start_or_minimiser(loss: Loss, start: Array | float | None) -> Array | float:
    """The start that was asked for, or the loss's minimiser, or zeros."""
    if start is None:
        start = loss.minimiser
    return np.zeros(loss.shape) if start is None else start


def _advance(advance: Iterator[None], phi: Array, done: int, step: int, report: Report) -> int:
    """Move on to `step`, with a look at every WATCH-th step on the way."""
    while done < step:
        stop = min(step, (done // WATCH + 1) * WATCH)
        for _ in islice(advance, stop - done):
            pass
        done = stop
        if done % WATCH == 0:
            look(phi, done, report)
    return done
