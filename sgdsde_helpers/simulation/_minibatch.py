"""Which examples go into each batch: with replacement, without, or by reshuffled epochs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sgdsde_helpers.checks import Array
from sgdsde_helpers.simulation._streams import DRAW, uniform_integers

SCRATCH = 2**20  # indices in the scratch space of subsets, whatever n and the number of chains
EPOCH = 2**22  # indices in the orders of a block of reshuffled chains


def minibatches(
    rng: np.random.Generator, sampling: str, n: int, batch_size: int, width: int, order: str = "C"
) -> Iterator[Array]:
    """The batches of a block of chains, step by step, without end.

    Parameters
    ----------
    rng : numpy.random.Generator
        The block's stream.
    sampling : str
        "with_replacement": every draw is uniform on the n examples.
        "without_replacement": every step takes a fresh uniform subset of `batch_size` examples.
        "reshuffled": each chain runs through its own random order of the examples, and takes a new order after each epoch.
        An epoch has ceil(n / batch_size) steps; where batch_size does not divide n its last batch is the smaller rest.
    n, batch_size : int
        Numbers of examples, and of draws in a batch.
    width : int
        Chains in the block.
    order : str
        How a batch lies in memory: "C" draw by draw, "F" chain by chain.

    Yields
    ------
    integer ndarray of shape (batch_size, width)
        Column j holds the batch of chain j; good until the next is asked for.
    """
    draw = {
        "with_replacement": with_replacement,
        "without_replacement": without_replacement,
        "reshuffled": reshuffled,
    }[sampling]
    return draw(rng, n, batch_size, width, order)


def with_replacement(rng: np.random.Generator, n: int, batch_size: int, width: int, order: str) -> Iterator[Array]:
    """Independent uniform draws, those of several steps at once where a step needs few."""
    steps = max(1, DRAW // (batch_size * width))
    index = np.empty((steps, width, batch_size) if order == "F" else (steps, batch_size, width), dtype=np.int64)
    batches = index.transpose(0, 2, 1) if order == "F" else index
    while True:
        uniform_integers(rng, n, index)
        yield from batches


def without_replacement(rng: np.random.Generator, n: int, batch_size: int, width: int, order: str) -> Iterator[Array]:
    """A fresh uniform subset a step: the first `batch_size` moves of a Fisher-Yates shuffle.

    A shuffle may start from any order, so what the last one left behind serves the next step and the next group of chains.
    """
    batch = np.empty((batch_size, width), dtype=index_type(n), order=order)
    group = min(width, max(1, SCRATCH // n))
    deck = np.tile(np.arange(n, dtype=index_type(n)), group)  # the examples of a group of chains, end to end
    while True:
        for first in range(0, width, group):
            begin = n * np.arange(min(group, width - first))
            for j in range(batch_size):
                here, there = begin + j, begin + rng.integers(j, n, size=begin.size, dtype=index_type(n))
                chosen = deck[there]
                deck[there] = deck[here]
                deck[here] = chosen
                batch[j, first : first + begin.size] = chosen
        yield batch


def reshuffled(rng: np.random.Generator, n: int, batch_size: int, width: int, order: str) -> Iterator[Array]:
    """Batches cut from a random order of all the examples, one order for each chain and epoch."""
    decks = np.tile(np.arange(n, dtype=index_type(n)), (width, 1))
    while True:
        rng.permuted(decks, axis=1, out=decks)
        by_draw = np.array(decks.T, order=order)
        for first in range(0, n, batch_size):
            yield by_draw[first : first + batch_size]


def epoch_width(n: int) -> int:
    """Chains in a block of reshuffled chains at most: each holds an order of all the examples."""
    return max(1, EPOCH // n)


def index_type(n: int) -> type[np.unsignedinteger]:
    """A small integer type for the examples 0, ..., n - 1: 16 bits where they suffice, the quickest to draw."""
    return np.uint16 if n <= 2**16 else np.uint32
