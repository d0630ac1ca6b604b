"""Minibatch gradients of a block of chains, in buffers that are used again at every step.

They give what `Loss.minibatch_gradient` does (to rounding) sooner: the examples of a few draws, or of a few chains, are
gathered at a time into a buffer that stays in the cache, and what a gradient needs of one example comes in one gather.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log2

import numpy as np

from sgdsde_helpers.checks import Array
from sgdsde_helpers.losses._memory import aligned_copy, aligned_empty

GATHERED = 2**18  # numbers in the buffer of gathered examples: 2 MB, a share of the third-level cache
SUMMED = 2**16  # where examples are only added up: at most 1 MB, if complex, a share of the second-level cache
TUPLES = 2**14  # numbers in a table of the means of all pairs, triples, ... of examples
FEW = 16  # features and draws, up to which the features are gathered one by one

Gradient = Callable[[Array, Array], Array]


@dataclass(frozen=True)
class BatchGradient:
    """The minibatch gradient of a block of chains, a function of (phi, index), and the indices that it reads.

    Attributes
    ----------
    gradient : callable
        States (width, *shape) and an index (draws, width) to gradients (width, *shape), good until the next call.
    n, draws : int
        An index counts from 0 to n - 1, and a batch has so many; those of the loss, unless an index stands for a tuple.
    order : str
        How an index best lies in memory: draw by draw ("C") or chain by chain ("F").
    broadcasts : bool
        Whether the states may have further axes in front, (settings, width), all on the same batches.
    scale : float
        A factor that stands in the gradient already.
    """

    gradient: Gradient
    n: int
    draws: int
    order: str = "C"
    broadcasts: bool = False
    scale: float = 1.0

    def __call__(self, phi: Array, index: Array) -> Array:
        return self.gradient(phi, index)


class Folded(float):
    """A learning rate that stands in the numbers that make a gradient already, so that times it changes nothing.

    There it costs nothing; by itself it would be one more pass over the states, up to a fifth of a step.
    """

    def __mul__(self, gradient):
        return gradient


def gradient_from_mean(
    table: Array, from_mean: Gradient, width: int, batch_size: int, independent: bool, scale: float
) -> BatchGradient:
    """`scale` times the gradient where that is from_mean(phi, mean of `scale` times `table` (n, ...) over the batch).

    A batch of B independent draws from n examples is a batch of B/k draws from the k-tuples of examples.
    """
    k = tuple_size(len(table), table[0].size, batch_size) if independent else 1
    batch_mean = batch_mean_of(means_of_tuples(scale * table, k), width, batch_size // k)
    return BatchGradient(
        lambda phi, index: from_mean(phi, batch_mean(index)),
        n=len(table) ** k,
        draws=batch_size // k,
        broadcasts=table.ndim == 1,
        scale=scale,
    )


def tuple_size(n: int, numbers: int, batch_size: int) -> int:
    """How many of n examples of so many `numbers` one index can stand for: a divisor of B whose table stays small."""
    fits = log2(max(1, TUPLES // numbers))
    return max(k for k in range(1, batch_size + 1) if batch_size % k == 0 and (k == 1 or k * log2(n) <= fits))


def means_of_tuples(table: Array, together: int) -> Array:
    """The means of all n^together ordered tuples of rows of `table` (n, ...); tuple k is the digits of k in base n."""
    sums = table
    for _ in range(together - 1):
        sums = (sums[:, None] + table).reshape(-1, *table.shape[1:])
    return sums / together


def batch_mean_of(table: Array, width: int, n_draws: int) -> Callable[[Array], Array]:
    """A function from the index (B, width) of a step, B mostly `n_draws`, to the mean of `table` (n, ...) over each chain's batch.

    The sum runs over a few draws at a time.
    """
    shares = np.ascontiguousarray(table / n_draws)  # `take` would copy the whole of another table, at each step
    draws = min(n_draws, max(1, SUMMED // (width * table[0].size)))
    gathered = np.empty((draws, width, *table.shape[1:]), table.dtype)
    total = np.empty(gathered.shape[1:], table.dtype)

    def batch_mean(index: Array) -> Array:
        if n_draws == 1:
            return shares.take(index[0], axis=0, out=total, mode="clip")
        for first in range(0, len(index), draws):
            part = index[first : first + draws]
            # "clip" does not clip here: it spares a copy that "raise" would make of the buffer.
            examples = shares.take(part, axis=0, out=gathered[: len(part)], mode="clip")
            if first == 0:
                np.add.reduce(examples, axis=0, out=total)
            else:
                np.add(total, np.add.reduce(examples, axis=0), out=total)
        return total if len(index) == n_draws else np.multiply(total, n_draws / len(index), out=total)

    return batch_mean


def by_matrices(d: int, batch_size: int) -> bool:
    """Whether a chain's batch is large enough for products of matrices; its draws then lie side by side in memory."""
    return d > FEW or batch_size > FEW


def linear_model(
    x: Array, labels: list[Array], residual: Callable, width: int, batch_size: int, scale: float
) -> BatchGradient:
    """`scale` times the gradient of a linear model, where that is the sum over a batch of residual(x_k . phi, label_k) x_k.

    Parameters
    ----------
    x : ndarray of shape (n, d)
        The examples, with all in them that can be done beforehand.
    labels : list of one ndarray of shape (n,), or of none
        What else the residual takes of an example.
    residual : callable
        (z, *labels, out) writes the residuals.
    width, batch_size : int
        Chains in the block, and draws in a batch; where there are fewer, the sum is scaled up.
    """
    if not by_matrices(x.shape[1], batch_size):
        of_batch, order = by_features(x, labels, residual, width, batch_size), "C"
    else:
        kind = by_example if batch_size == 1 else by_chains
        of_batch, order = kind(x, labels, residual, width, batch_size), "F"

    def gradient(phi: Array, index: Array) -> Array:
        total = of_batch(phi, index)
        if len(index) < batch_size:
            total *= batch_size / len(index)
        return total

    return BatchGradient(gradient, len(x), batch_size, order, scale=scale)


def by_features(x: Array, labels: list[Array], residual: Callable, width: int, batch_size: int) -> Gradient:
    """For few features and draws: each sum runs over a few long arrays, in which the chains lie side by side."""
    d = x.shape[1]
    columns = np.array([*x.T, *labels])  # one gather fetches features and label
    group = min(width, max(1, GATHERED // (batch_size * len(columns))))
    gathered = np.empty(group * batch_size * len(columns))
    total = np.empty((d, width))

    def gradient(phi: Array, index: Array) -> Array:
        for first in range(0, width, group):
            which = index[:, first : first + group]
            examples = gathered[: len(columns) * which.size].reshape(-1, *which.shape)
            columns.take(which, axis=1, out=examples, mode="clip")
            r = np.einsum("dbm,dm->bm", examples[:d], phi.T[:, first : first + group])
            residual(r, *examples[d:], out=r)
            np.einsum("bm,dbm->dm", r, examples[:d], out=total[:, first : first + group])
        return total.T

    return gradient


def by_chains(x: Array, labels: list[Array], residual: Callable, width: int, batch_size: int) -> Gradient:
    """For many features or draws: a few chains at a time, and for each of them products of its batch's matrix."""
    x, d = aligned_copy(x), x.shape[1]
    group = min(width, max(1, GATHERED // (batch_size * d)))
    gathered = aligned_empty(group * batch_size * d)
    total = aligned_empty((width, d))

    def gradient(phi: Array, index: Array) -> Array:
        for first in range(0, width, group):
            chains = slice(first, first + group)
            which = index.T[chains]
            examples = x.take(which, axis=0, out=gathered[: which.size * d].reshape(*which.shape, d), mode="clip")
            r = np.matvec(examples, phi[chains])
            residual(r, *(y.take(which) for y in labels), out=r)
            np.vecmat(r, examples, out=total[chains])
        return total

    return gradient


def by_example(x: Array, labels: list[Array], residual: Callable, width: int, batch_size: int = 1) -> Gradient:
    """For many features and one draw, where a product of matrices has nothing to sum."""
    x, examples = aligned_copy(x), aligned_empty((width, x.shape[1]))

    def gradient(phi: Array, index: Array) -> Array:
        x.take(index[0], axis=0, out=examples, mode="clip")
        r = np.vecdot(examples, phi)
        residual(r, *(y.take(index[0]) for y in labels), out=r)
        return np.multiply(r[:, None], examples, out=examples)

    return gradient
