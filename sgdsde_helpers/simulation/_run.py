"""Runs an ensemble: block by block, recording as it goes and watching for divergence."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import wraps
from itertools import islice
from math import prod
from typing import Required, TypedDict, TypeVar

import numpy as np

from sgdsde_helpers.checks import Array, array, count
from sgdsde_helpers.checks import batch_size as checked_batch_size
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.losses._base import a_loss
from sgdsde_helpers.losses._batches import BatchGradient, Folded
from sgdsde_helpers.losses._memory import aligned_copy
from sgdsde_helpers.sampling import scheme
from sgdsde_helpers.simulation._divergence import Report, look
from sgdsde_helpers.simulation._recording import Moments, Paths, recorder
from sgdsde_helpers.simulation._streams import block_width, blocks, streams

WATCH = 64  # steps between two looks for divergence

Steps = Callable[[Array, np.random.Generator], Iterator[None]]


class Plan(TypedDict, total=False):
    """What every simulation takes beside its equation and hands on to `run`."""

    n_steps: Required[int]
    record: str | int
    burn_in: int
    seed: Required[int | np.random.Generator]


F = TypeVar("F", bound=Callable)


def simulation(function: F) -> F:
    """A simulation shows the arguments of its plan, and says at once when one is missing or unknown."""
    own = inspect.signature(function)
    named = [p for p in own.parameters.values() if p.kind is not p.VAR_KEYWORD]
    plan = [p for name, p in inspect.signature(run).parameters.items() if name in Plan.__annotations__]
    shown = own.replace(parameters=[*named, *(p for p in plan if p.name not in own.parameters)])

    @wraps(function)
    def checked(*args, **kwargs):
        try:
            shown.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{function.__name__}: {error}") from None
        return function(*args, **kwargs)

    vars(checked)["__signature__"] = shown
    return checked


def run(
    steps: Steps,
    start: Array,
    dt: float,
    report: Report,
    *,
    width: int | None = None,
    order: str = "C",
    n_steps: int,
    record: str | int = "final",
    burn_in: int = 0,
    seed: int | np.random.Generator,
) -> Paths | Moments:
    """Advance an ensemble and keep what is asked for.

    Parameters
    ----------
    steps : callable
        ``steps(phi, rng)`` is an iterator: each ``next`` moves the block of states `phi` (w, *shape) by one step, in place.
    start : ndarray of shape (m, *shape)
        Starting states.
    dt : float
        Time of one step.
    report : callable
        Says what is to be said when the run diverges by a step.
    width : int, optional
        Chains in a block; `block_width` of the state where it is not given.
    order : str
        How a block's states lie in memory: "C" or "F" (an array's order), or "K", as in `start`.
    n_steps, record, burn_in, seed
        As in `sgd`.

    Returns
    -------
    Paths or Moments

    Raises
    ------
    DivergenceError
        If a state stops being finite, or grows beyond 1e100.
    """
    last = count("burn_in", burn_in, 0) + count("n_steps", n_steps, 0)
    keep = recorder(record, start, n_steps, burn_in, dt)
    chains = blocks(len(start), width or block_width(start[0].size))
    for these, rng in zip(chains, streams(seed, len(chains))):
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
    return keep.result()


class Minibatches:
    """The batches of an ensemble of SGD and the gradient that reads them.

    Parameters
    ----------
    loss, batch_size, sampling
        As in `sgd`.

    Attributes
    ----------
    width, order
        The block of chains that suits them, for `run`.
    """

    def __init__(self, loss: Loss, batch_size: int, sampling: str = "with_replacement"):
        self.loss, self.scheme = a_loss(loss), scheme(sampling)
        self.size = checked_batch_size(batch_size, loss.n if self.scheme.distinct else None)
        self.width = min(block_width(prod(loss.shape)), self.scheme.widest(loss.n))
        self.order = loss.memory_order(self.size)

    def of_block(
        self, rng: np.random.Generator, width: int, scale: float = 1.0
    ) -> tuple[Iterator[Array], BatchGradient]:
        """The batches of a block of chains, step by step without end, and the function (phi, batch) to the gradient."""
        gradient = self.loss.batch_gradient(width, self.size, not self.scheme.distinct, scale)
        return self.scheme.draw(rng, gradient.n, gradient.draws, width, gradient.order), gradient

    def with_rate(
        self, eta: float, rng: np.random.Generator, width: int
    ) -> tuple[float, Iterator[Array], BatchGradient]:
        """The rate, the batches and the gradient; a loss whose gradient takes the rate in gets it, and it is `Folded`."""
        batches, gradient = self.of_block(rng, width, eta)
        return Folded(eta) if gradient.scale == eta else eta, batches, gradient


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


def states_of_loss(loss: Loss, start: Array | float | None, n_chains: int) -> Array:
    """Starting states (m, *shape) for a loss: where it was asked for, or at the minimiser, or at zero."""
    if a_loss(loss) and start is None:
        start = np.zeros(loss.shape) if loss.minimiser is None else loss.minimiser
    return starting_states(start, loss.shape, n_chains)


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
