"""A grid of learning rates and batch sizes in one run, with common random numbers and nested batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from sgdsde_helpers.checks import Array, positive, refuse
from sgdsde_helpers.checks import batch_size as checked_batch_size
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.losses._batches import BatchGradient
from sgdsde_helpers.sampling import scheme
from sgdsde_helpers.simulation._divergence import stable
from sgdsde_helpers.simulation._run import run, states_of_loss

STATES = 2**16  # numbers in the states of a block: its chains at all settings


def sgd_sweep(
    loss: Loss,
    etas: Sequence[float],
    batch_sizes: Sequence[int],
    *,
    n_steps: int,
    n_chains: int,
    start: Array | float | None = None,
    seed: int | np.random.Generator,
) -> Array:
    """Final states of SGD at every pair of a learning rate and a batch size, on the same draws.

    At each step chain j draws one batch of the largest size; setting (eta, B) takes its first B examples. Each setting by
    itself is `sgd` with replacement; between settings the chains are coupled, so that differences along the grid are seen
    with little noise, and the draws are paid for once.

    Parameters
    ----------
    loss : Loss
    etas : sequence of float
        Learning rates.
    batch_sizes : sequence of int
        Batch sizes.
    n_steps, n_chains, start, seed
        As in `sgd`.

    Returns
    -------
    ndarray of shape (len(etas), len(batch_sizes), n_chains, *shape)

    Raises
    ------
    DivergenceError
        If a setting is beyond the exact bound of a quadratic loss (before any step), or a chain overflows.
    ValueError, TypeError
        If an argument is not allowed.

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> sgd_sweep(MeanEstimation([1.0, -1.0]), [0.1, 0.2], [1, 2, 4], n_steps=5, n_chains=7, seed=1).shape
    (2, 3, 7)
    """
    for name, several in (("etas", etas), ("batch_sizes", batch_sizes)):
        if np.ndim(several) != 1 or not len(several):
            refuse(name, several, "a sequence of one number or more")
    etas = [positive("eta", eta) for eta in etas]
    batch_sizes = [checked_batch_size(size) for size in batch_sizes]
    states = states_of_loss(loss, start, n_chains)
    reports = [stable(loss, eta, size) for eta, size in product(etas, batch_sizes)]
    # Chains come first for the run, and lie side by side in memory for the arithmetic.
    settings = np.empty((len(batch_sizes), len(etas), *states.shape))
    settings[...] = states
    settings = np.moveaxis(settings, 2, 0)
    eta = np.reshape(etas, (-1, 1) + (1,) * len(loss.shape))

    def steps(phi: Array, rng: np.random.Generator) -> Iterator[None]:
        phi = np.moveaxis(phi, 0, 2)
        gradients = [loss.batch_gradient(phi.shape[2], size) for size in batch_sizes]
        for index in scheme("with_replacement").draw(rng, loss.n, max(batch_sizes), phi.shape[2], "C"):
            for phi_of_size, size, gradient in zip(phi, batch_sizes, gradients):
                phi_of_size -= eta * _for_each_eta(gradient, phi_of_size, index[:size])
            yield

    width = max(1, STATES // settings[0].size)
    run_of_all = run(steps, settings, 1.0, reports[-1], width=width, order="K", n_steps=n_steps, seed=seed)
    return np.moveaxis(run_of_all.final, (0, 1, 2), (2, 1, 0))


def _for_each_eta(gradient: BatchGradient, phi: Array, index: Array) -> Array:
    """The gradients at the states of every eta, (etas, m, *shape), on the same batches."""
    if gradient.broadcasts:
        return gradient(phi, index)
    gradients = np.empty_like(phi)
    for one, phi_of_eta in zip(gradients, phi):
        one[...] = gradient(phi_of_eta, index)
    return gradients
