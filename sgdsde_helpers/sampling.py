"""How the examples of a batch are drawn: one row for each scheme, which losses, simulations and theory all read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from sgdsde_helpers.checks import Array, batch_size, count, one_of

DRAW = 2**14  # random numbers in one draw: 128 KB
SCRATCH = 2**20  # indices in the scratch space of subsets, whatever n and the number of chains
EPOCH = 2**22  # indices in the orders of a block of reshuffled chains

Draw = Callable[[np.random.Generator, int, int, int, str], Iterator[Array]]


@dataclass(frozen=True)
class Scheme:
    """A way to draw batches.

    Attributes
    ----------
    share : callable
        (n, B) to the covariance of the minibatch gradient in units of Sigma.
    distinct : bool
        Whether the examples of a batch are distinct, so that B <= n is needed.
    independent : bool
        Whether batches are independent of each other.
    draw : callable
        (rng, n, B, width, order) to the batches of a block of `width` chains, step by step, without end: integer arrays of
        shape (B, width), each good until the next is asked for, draw by draw in memory ("C") or chain by chain ("F").

    Examples
    --------
    >>> subset = SAMPLING["without_replacement"]
    >>> subset.distinct, subset.independent, round(subset.share(5, 2), 4)
    (True, True, 0.375)
    """

    share: Callable[[int, int], float]
    distinct: bool
    independent: bool
    draw: Draw

    def widest(self, n: int) -> int:
        """Chains in a block at most: a chain that depends on its past batches holds an order of all the examples."""
        return EPOCH if self.independent else max(1, EPOCH // n)


def scheme(sampling: str, *, independent: bool = False) -> Scheme:
    """The row of the table that `sampling` names; with `independent`, only schemes whose batches are independent.

    Examples
    --------
    >>> scheme("reshuffled").independent
    False
    """
    return SAMPLING[
        one_of("sampling", sampling, [name for name, row in SAMPLING.items() if row.independent or not independent])
    ]


def minibatch_factor(n: int, size: int, sampling: str = "with_replacement", *, independent: bool = True) -> float:
    """Covariance of the minibatch gradient in units of Sigma: 1/B, or (n-B)/(B(n-1)) without replacement.

    Without replacement two distinct draws have covariance -Sigma/(n-1), so that the mean of B draws has covariance
    (1/B) Sigma - ((B-1)/B) Sigma/(n-1).

    Parameters
    ----------
    n : int
        Number of training examples.
    size : int
        The batch size B; at most n without replacement.
    sampling : str
        "with_replacement", "without_replacement" or "reshuffled".
    independent : bool
        Refuse "reshuffled", whose batches are not independent of each other.

    Returns
    -------
    float

    Examples
    --------
    >>> round(minibatch_factor(5, 2, "without_replacement"), 6)
    0.375
    """
    row, n = scheme(sampling, independent=independent), count("n", n)
    return row.share(n, batch_size(size, n if row.distinct else None))


def _with_replacement(rng: np.random.Generator, n: int, size: int, width: int, order: str) -> Iterator[Array]:
    """Independent uniform draws, those of several steps at once where a step needs few."""
    steps = max(1, DRAW // (size * width))
    index = np.empty((steps, width, size) if order == "F" else (steps, size, width), dtype=np.int64)
    batches = index.transpose(0, 2, 1) if order == "F" else index
    while True:
        uniform_integers(rng, n, index)
        yield from batches


def _without_replacement(rng: np.random.Generator, n: int, size: int, width: int, order: str) -> Iterator[Array]:
    """A fresh uniform subset a step: the first `size` moves of a Fisher-Yates shuffle.

    A shuffle may start from any order, so what the last one left behind serves the next step and the next group of chains.
    """
    batch = np.empty((size, width), dtype=_index_type(n), order=order)
    group = min(width, max(1, SCRATCH // n))
    deck = np.tile(np.arange(n, dtype=_index_type(n)), group)  # the examples of a group of chains, end to end
    while True:
        for first in range(0, width, group):
            begin = n * np.arange(min(group, width - first))
            for j in range(size):
                here, there = begin + j, begin + rng.integers(j, n, size=begin.size, dtype=_index_type(n))
                chosen = deck[there]
                deck[there] = deck[here]
                deck[here] = chosen
                batch[j, first : first + begin.size] = chosen
        yield batch


def _reshuffled(rng: np.random.Generator, n: int, size: int, width: int, order: str) -> Iterator[Array]:
    """Each chain runs through its own random order of the examples, and takes a new order after each epoch.

    An epoch has ceil(n / size) steps; where `size` does not divide n its last batch is the smaller rest.
    """
    decks = np.tile(np.arange(n, dtype=_index_type(n)), (width, 1))
    while True:
        rng.permuted(decks, axis=1, out=decks)
        by_draw = np.array(decks.T, order=order)
        for first in range(0, n, size):
            yield by_draw[first : first + size]


def uniform_integers(rng: np.random.Generator, below: int, out: Array) -> None:
    """Fill `out`, an int64 array, with integers 0, ..., below - 1, exactly uniform; two come from each word of the stream.

    Lemire's method (ACM Transactions on Modeling and Computer Simulation 29, 2019), for many numbers at once: the upper half of
    32 random bits times `below` is uniform but for an uneven rest, the lower halves under 2^32 mod `below`, drawn again.

    Examples
    --------
    >>> index = np.empty((2, 500), dtype=np.int64)
    >>> uniform_integers(np.random.default_rng(1), 3, index)
    >>> int(index.min()), int(index.max())
    (0, 2)
    """
    numbers = out.reshape(-1).view(np.uint64)
    for first in range(0, numbers.size, DRAW):
        part = numbers[first : first + DRAW]
        bits = rng.bit_generator.random_raw(-(-part.size // 2)).view(np.uint32)[: part.size]
        part[...] = bits
        part *= np.uint64(below)
        part >>= np.uint64(32)
        lower = bits * np.uint32(below)
        if lower.min() < 2**32 % below:
            uneven = np.flatnonzero(lower < 2**32 % below)
            part[uneven] = rng.integers(0, below, size=uneven.size)


def _index_type(n: int) -> type[np.unsignedinteger]:
    """A small integer type for the examples 0, ..., n - 1: 16 bits where they suffice, the quickest to draw."""
    return np.uint16 if n <= 2**16 else np.uint32


def _share_of_subset(n: int, size: int) -> float:
    return (n - size) / (size * (n - 1)) if n > 1 else 0.0


SAMPLING = {
    "with_replacement": Scheme(lambda n, size: 1 / size, distinct=False, independent=True, draw=_with_replacement),
    "without_replacement": Scheme(_share_of_subset, distinct=True, independent=True, draw=_without_replacement),
    "reshuffled": Scheme(_share_of_subset, distinct=True, independent=False, draw=_reshuffled),
}
