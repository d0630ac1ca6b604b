"""Minibatch gradients of a block of chains, in buffers that are used again at every step.

`Loss.minibatch_gradient` says what is computed. What stands here for the package's own losses gives the same numbers (to
rounding) sooner: the examples of a few draws, or of a few chains, are gathered at a time into a buffer that stays in the
cache, what a gradient needs of one example comes in one gather, and the factor eta goes into numbers that are few.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import log2

import numpy as np

from sgdsde_helpers.checks import Array
from sgdsde_helpers.losses import LeastSquares, LogisticRegression, Loss, MeanEstimation, ScalarQuadratic
from sgdsde_helpers.simulation._memory import aligned_copy, aligned_empty
from sgdsde_helpers.simulation._minibatch import minibatches

GATHERED = 2**18  # numbers in the buffer of gathered examples: 2 MB, a share of the third-level cache
SUMMED = (
    2**16
)  # the same where the examples are only added up: at most 1 MB, if complex, a share of the second-level cache

TUPLES = 2**14  # numbers in a table of the means of all pairs, triples, ... of examples

LINEAR = (LeastSquares, LogisticRegression)
FEW = 16  # features and draws, up to which the features are gathered one by one

Gradient = Callable[[Array, Array], Array]


def batches_and_gradient(
    rng: np.random.Generator, loss: Loss, sampling: str, batch_size: int, width: int, eta: float
) -> tuple[Iterator[Array], Gradient]:
    """The batches of a block of chains, and the function that turns (phi, batch) into eta times the minibatch gradient.

    The function owns its buffers, so each thread needs its own; its value is good until the next call.

    Parameters
    ----------
    rng : numpy.random.Generator
        The block's stream.
    loss : Loss
        Any loss; one that has no quicker way here is asked itself.
    sampling, batch_size, width
        As in `minibatches`.
    eta : float
        Learning rate.
    """
    together = tuple_size(loss, batch_size) if sampling == "with_replacement" else 1
    order = "F" if product_of_matrices(loss, batch_size) else "C"
    batches = minibatches(rng, sampling, loss.n**together, batch_size // together, width, order)
    return batches, batch_gradient(loss, width, batch_size, eta, together)


def batch_gradient(loss: Loss, width: int, batch_size: int, eta: float = 1.0, together: int = 1) -> Gradient:
    """eta times ``loss.minibatch_gradient``, for a block of `width` chains, in buffers of its own.

    With `together` > 1 an index stands for that many examples: see `means_of_tuples`.
    """
    if (means := gradient_from_means(loss, eta)) is not None:
        table, from_mean = means
        batch_mean = batch_mean_of(means_of_tuples(table, together), width, batch_size // together)
        return lambda phi, index: from_mean(phi, batch_mean(index))
    if type(loss) in LINEAR:
        return linear_model(loss, width, batch_size, eta)
    return lambda phi, index: eta * loss.minibatch_gradient(phi, index)


def gradient_from_means(loss: Loss, eta: float = 1.0) -> tuple[Array, Gradient] | None:
    """A table (n, ...) whose mean over a batch is all that eta times the gradient needs of it, and that (phi, mean); or None.

    The type itself is asked for: a subclass may mean another gradient.
    """
    if type(loss) is MeanEstimation:
        return eta * loss.x, lambda phi, mean: eta * phi - mean
    if (
        type(loss) is ScalarQuadratic
    ):  # a complex number carries eta h_k and eta h_k x_k, so that one gather fetches both
        return eta * (loss.h + 1j * loss.h * loss.x), lambda phi, mean: mean.real * phi - mean.imag
    return None


def tuple_size(loss: Loss, batch_size: int) -> int:
    """How many examples one index can stand for: a divisor of the batch size for which the table of tuples stays small."""
    if (means := gradient_from_means(loss)) is None:
        return 1
    fits = max(1, TUPLES // means[0][0].size)
    return max(
        k for k in range(1, batch_size + 1) if batch_size % k == 0 and (k == 1 or k * log2(loss.n) <= log2(fits))
    )


def means_of_tuples(table: Array, together: int) -> Array:
    """The means of all n^together ordered tuples of rows of `table` (n, ...).

    A batch of B draws from n examples is a batch of B / together draws from the tuples: index k stands for the examples that
    are the digits of k in base n.
    """
    sums = table
    for _ in range(together - 1):
        sums = (sums[:, None] + table).reshape(-1, *table.shape[1:])
    return sums / together


def broadcasts(loss: Loss) -> bool:
    """Whether the gradient also takes states of shape (settings, m), all on the same batches (m chains)."""
    return gradient_from_means(loss) is not None and not loss.shape


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


def linear_model(loss: LeastSquares | LogisticRegression, width: int, batch_size: int, eta: float) -> Gradient:
    """eta times the minibatch gradient: a sum of residual(x_k . phi) x_k, and the ridge's part.

    What can be done to the examples beforehand is done to them, and not to each draw. For least squares sqrt(eta / B) goes into
    x and y. A logistic example with label 1 has the gradient -x / (1 + exp(x . phi)), and one with label 0 that of -x with label
    1: so the label goes into the sign of x.
    """
    if type(loss) is LeastSquares:
        scale = np.sqrt(eta / batch_size)
        x, labels, residual, ridge = scale * loss.X, [scale * loss.y], np.subtract, 0.0
    else:
        x, labels, ridge = (2 * loss.y - 1)[:, None] * loss.X, [], eta * loss.ridge
        share = np.array(-eta / batch_size)

        def residual(z: Array, out: Array) -> None:  # where exp overflows the quotient is 0, as it should be
            np.exp(z, out=out)
            out += 1.0
            np.divide(share, out, out=out)

    if not product_of_matrices(loss, batch_size):
        of_whole_batch = by_features(x, labels, residual, width, batch_size)
    elif batch_size == 1:
        of_whole_batch = by_example(x, labels, residual, width)
    else:
        of_whole_batch = by_chains(x, labels, residual, width, batch_size)

    def gradient(phi: Array, index: Array) -> Array:
        part = of_whole_batch(phi, index)
        if len(index) < batch_size:
            part *= batch_size / len(index)
        return part if ridge == 0 else part + ridge * phi

    return gradient


def product_of_matrices(loss: Loss, batch_size: int) -> bool:
    """Whether each chain's batch is large enough for products of matrices; its draws then lie side by side in memory."""
    return type(loss) in LINEAR and (loss.d > FEW or batch_size > FEW)


def memory_order(loss: Loss, batch_size: int) -> str:
    """How the states (m, d) of a block should lie in memory: "F", feature by feature, or "C", chain by chain."""
    return "F" if type(loss) in LINEAR and not product_of_matrices(loss, batch_size) else "C"


def by_features(x: Array, labels: list[Array], residual, width: int, batch_size: int) -> Gradient:
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


def by_chains(x: Array, labels: list[Array], residual, width: int, batch_size: int) -> Gradient:
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


def by_example(x: Array, labels: list[Array], residual, width: int) -> Gradient:
    """For many features and one draw, where a product of matrices has nothing to sum."""
    x, examples = aligned_copy(x), aligned_empty((width, x.shape[1]))

    def gradient(phi: Array, index: Array) -> Array:
        x.take(index[0], axis=0, out=examples, mode="clip")
        r = np.vecdot(examples, phi)
        residual(r, *(y.take(index[0]) for y in labels), out=r)
        return np.multiply(r[:, None], examples, out=examples)

    return gradient
