"""The law of SGD with Gaussian noise in one dimension without simulation: the second arm's transfer operator.

From phi the chain goes to a Gaussian place of mean phi - eta g(phi) and variance eta^2 sigma^2(phi)/B. On a grid it goes to
each cell with the probability of that cell; the cells at both ends keep what passes them.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from sgdsde_helpers import checks
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.theory.laws.density import GridLaw, increasing_grid

__all__ = ["gaussian_chain_law"]


def gaussian_chain_law(
    loss: Loss, eta: float, batch_size: int = 1, *, grid, start: float | None = None, n_steps: int | None = None
) -> GridLaw:
    """The law of Gaussian SGD (noise of the covariance at the state) on a scalar loss: stationary, or after some steps.

    Parameters
    ----------
    loss : Loss
        Of parameter shape ().
    eta : float
        Learning rate.
    batch_size : int
        B.
    grid : (M,) array
        Increasing points, closer together than a step's standard deviation is long; the matrix has M^2 entries.
    start : float, optional
        Where the chain starts; with `n_steps`.
    n_steps : int, optional
        Number of steps; without it, the stationary law.

    Returns
    -------
    GridLaw

    Raises
    ------
    ValueError
        If the loss is not scalar, only one of `start` and `n_steps` is given, or the start is not inside the grid.
    """
    eta, size = checks.positive("eta", eta), checks.batch_size(batch_size)
    nodes = increasing_grid(grid)
    if loss.shape:
        raise ValueError(f"a loss of parameter shape {loss.shape} is not allowed: it must be scalar, of shape ()")
    if (start is None) != (n_steps is None):
        raise ValueError("start and n_steps are not allowed one without the other")
    edges = np.concatenate([[-np.inf], (nodes[1:] + nodes[:-1]) / 2, [np.inf]])
    deviation = eta * np.sqrt(loss.covariance(nodes) / size)
    transfer = np.diff(ndtr((edges[:, None] - (nodes - eta * loss.gradient(nodes))) / deviation), axis=0)
    if n_steps is None:
        return GridLaw(nodes, _stationary(transfer))
    if not nodes[0] <= checks.number("start", start) <= nodes[-1]:
        checks.refuse("start", start, f"a point of the grid, between {nodes[0]:g} and {nodes[-1]:g}")
    mass = (np.arange(len(nodes)) == np.abs(nodes - start).argmin()).astype(float)
    for _ in range(checks.count("n_steps", n_steps)):
        mass = transfer @ mass
    return GridLaw(nodes, mass)


def _stationary(transfer):
    """The masses that the matrix leaves alone: its equations, one of them replaced by a total mass of 1."""
    equations = transfer - np.eye(len(transfer))
    equations[-1] = 1.0
    mass = np.linalg.solve(equations, np.append(np.zeros(len(transfer) - 1), 1.0))
    return np.maximum(mass, 0.0) / np.maximum(mass, 0.0).sum()  # rounding leaves negative masses of 1e-17
