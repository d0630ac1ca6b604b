"""The law of SGD with Gaussian noise in one dimension without simulation: the second arm's transfer operator.

From phi the chain goes to a Gaussian place of mean phi - eta g(phi) and variance eta^2 sigma^2(phi)/B. On a grid it goes to
each cell with the probability of that cell; the cells at both ends keep what passes them.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.theory._loss import one_parameter
from sgdsde_helpers.theory.laws.density import DomainTooSmallError, GridLaw, GridTooCoarseError, increasing_grid
from sgdsde_helpers.theory.laws.fokker_planck import EDGE_MASS
from sgdsde_helpers.theory.laws.transfer import solved_fixed_point

__all__ = ["gaussian_chain_law"]

LEAST_STEP = 0.5  # standard deviations of a step, in cells of the grid


def gaussian_chain_law(
    loss: Loss, eta: float, batch_size: int = 1, *, grid: Array, start: float | None = None, n_steps: int | None = None
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
    grid : ndarray of shape (M,)
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
        If only one of `start` and `n_steps` is given, the start is not inside the grid, or the chain goes so seldom from one
        well to another that rounding decides which is the fuller.
    GridTooCoarseError
        If somewhere a step's standard deviation is less than half a cell.
    DomainTooSmallError
        If the stationary law leans on an end of the grid.

    Examples
    --------
    >>> import numpy as np
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> law = gaussian_chain_law(MeanEstimation([-1.0, 1.0]), eta=0.5, grid=np.linspace(-5.0, 5.0, 101))
    >>> round(law.variance, 2)
    0.33
    """
    eta, size = checks.positive("eta", eta), checks.batch_size(batch_size)
    nodes = increasing_grid(grid)
    loss = one_parameter(loss)
    if (start is None) != (n_steps is None):
        raise ValueError("start and n_steps are not allowed one without the other")
    edges = np.concatenate([[-np.inf], (nodes[1:] + nodes[:-1]) / 2, [np.inf]])
    deviation = eta * np.sqrt(loss.covariance(nodes) / size)
    _refuse_coarse_steps(deviation, nodes)
    transfer = np.diff(ndtr((edges[:, None] - (nodes - eta * loss.gradient(nodes))) / deviation), axis=0)
    if n_steps is None:
        mass = solved_fixed_point(transfer)
        _refuse_mass_at_ends(mass, nodes)
        return GridLaw(nodes, mass)
    if not nodes[0] <= checks.number("start", start) <= nodes[-1]:
        checks.refuse("start", start, f"a point of the grid, between {nodes[0]:g} and {nodes[-1]:g}")
    mass = (np.arange(len(nodes)) == np.abs(nodes - start).argmin()).astype(float)
    for _ in range(checks.count("n_steps", n_steps)):
        mass = transfer @ mass
    return GridLaw(nodes, mass)


def _refuse_coarse_steps(deviation: Array, nodes: Array) -> None:
    """Raise where a step is shorter than its cell: then the chain on the grid stays where the chain on the line moves."""
    cells = deviation / np.gradient(nodes)
    if not cells.min() >= LEAST_STEP:
        place = int(np.argmin(cells))
        raise GridTooCoarseError(
            f"grid is not allowed: at phi = {nodes[place]:.4g} a step's standard deviation, {deviation[place]:.3g}, is "
            f"{cells[place]:.3g} of a cell, and must be at least {LEAST_STEP:g}",
            float(cells[place]),
        )


def _refuse_mass_at_ends(mass: Array, nodes: Array) -> None:
    """Raise where an end cell, which keeps what passes it, holds mass: the law lies outside, or there is none."""
    for side, end in (("left", 0), ("right", -1)):
        if mass[end] > EDGE_MASS:
            raise DomainTooSmallError(
                f"grid from {nodes[0]:g} to {nodes[-1]:g} is not allowed: {mass[end]:.3g} of the mass leans on its {side} end, "
                f"and at most {EDGE_MASS:g} may; where eta is past the edge of stability no grid is wide enough",
                float(mass[end]),
            )
