"""The mean of a function along SGD and along its SDE, for a smooth scalar loss and without simulation.

Both move a function backwards: one step of SGD takes f to (P f)(phi) = E f(phi - eta g_batch(phi)), and the SDE takes it
along du/ds = A u with the generator A. Functions are their values at Chebyshev nodes of an interval. Where loss and f are
smooth the error falls exponentially with the number of nodes, so that weak errors can be followed over many orders. Every
mean is computed on two grids, and refused where they disagree.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.linalg import expm

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.theory._loss import one_parameter
from sgdsde_helpers.theory.laws.transfer import batch_images

__all__ = ["backward_mean_sde", "backward_mean_sgd"]


def backward_mean_sgd(
    loss: Loss,
    eta: float,
    n_steps: int,
    f: Callable[[Array], Array],
    start: float,
    interval: tuple[float, float],
    batch_size: int = 1,
    *,
    sampling: str = "with_replacement",
    nodes: int = 64,
) -> float:
    """E f(Phi_N) for SGD on a scalar loss, by its one-step operator on Chebyshev nodes.

    Parameters
    ----------
    loss : Loss
        Of parameter shape (), with smooth gradients.
    eta : float
        Learning rate.
    n_steps : int
        N, >= 0.
    f : callable
        From states (K,) to values (K,); smooth.
    start : float
        Phi_0, in the interval.
    interval : (low, high)
        One that no batch leads out of.
    batch_size : int
        B; all different batches are enumerated.
    sampling : {"with_replacement", "without_replacement"}
        How a batch is drawn.
    nodes : int
        Number of nodes, >= 24; two thirds of them must give the same.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If a batch leads out of the interval, or two grids do not give the same.

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> round(backward_mean_sgd(MeanEstimation([-1.0, 1.0]), 0.1, 10, np.square, 0.5, (-1.0, 1.0)), 6)
    0.076627
    """
    checks.function("f", f)
    images, probability = batch_images(loss, eta, batch_size, sampling)
    steps, start = checks.count("n_steps", n_steps, minimum=0), _inside(start, interval)

    def on(grid: Array) -> Array:
        ends = images(grid)
        if ends.min() < interval[0] or ends.max() > interval[1]:
            found = f"[{ends.min():.6g}, {ends.max():.6g}]"
            raise ValueError(f"interval = {interval} is not allowed: a batch leads from it to {found}; make it wider")
        step = np.einsum("b,kbj->kj", probability, _lagrange(grid, ends))
        return np.linalg.matrix_power(step, steps) @ f(grid)

    return _on_two_grids(on, start, interval, nodes)


def backward_mean_sde(
    loss: Loss,
    eta: float,
    t: float,
    f: Callable[[Array], Array],
    start: float,
    interval: tuple[float, float],
    batch_size: int = 1,
    *,
    modified: bool = False,
    nodes: int = 64,
) -> float:
    """E f(Phi(t)) for the SDE of SGD on a scalar loss, by its backward equation on Chebyshev nodes.

    There is no condition at the ends of the interval: the drift points inwards there, so that the backward equation carries
    nothing in from outside. The noise must be small beside the interval.

    Parameters
    ----------
    loss, eta, f, start, batch_size, nodes
        As in `backward_mean_sgd`.
    t : float
        Time, >= 0; N steps of SGD take N eta.
    interval : (low, high)
        Its drift must point inwards at both ends.
    modified : bool
        Take the drift -grad(L + (eta/4) |grad L|^2) of second order (Li et al. 2017) instead of -grad L.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the drift points outwards at an end, or two grids do not give the same.

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> round(backward_mean_sde(MeanEstimation([-1.0, 1.0]), 0.1, 1.0, np.square, 0.5, (-3.0, 3.0)), 4)
    0.0771
    """
    loss, f = one_parameter(loss), checks.function("f", f)
    eta, t = checks.positive("eta", eta), checks.non_negative("t", t)
    start, size = _inside(start, interval), checks.batch_size(batch_size)

    def on(grid: Array) -> Array:
        drift = -loss.gradient(grid) * (1 + eta / 2 * loss.hessian(grid) if modified else 1.0)
        if drift[0] <= 0 or drift[-1] >= 0:
            raise ValueError(f"interval = {interval} is not allowed: the drift must point inwards at both of its ends")
        first = _derivative(grid)
        diffusion = eta * loss.covariance(grid) / (2 * size)
        with np.errstate(over="ignore", invalid="ignore"):  # an unstable grid is refused by its twin
            return expm(t * (drift[:, None] * first + diffusion[:, None] * (first @ first))) @ f(grid)

    return _on_two_grids(on, start, interval, nodes)


def _on_two_grids(on: Callable[[Array], Array], start: float, interval: tuple[float, float], nodes: int) -> float:
    """What `on` gives at `start`, from all the nodes; two thirds of them must give the same."""
    grids = [_grid(interval, count) for count in (checks.count("nodes", nodes, minimum=24), 2 * nodes // 3)]
    full, coarse = (float(_lagrange(grid, np.array(start)) @ on(grid)) for grid in grids)
    if not abs(full - coarse) <= 1e-6 * max(1.0, abs(full)):
        checks.refuse(
            "nodes", nodes, f"more, or the interval smaller: the grid gives {full:.6g}, its coarser twin {coarse:.6g}"
        )
    return full


def _grid(interval: tuple[float, float], nodes: int) -> Array:
    low, high = (checks.number("interval", end) for end in interval)
    if not low < high:
        checks.refuse("interval", interval, "two numbers, the lower one first")
    angles = np.pi * np.arange(nodes) / (nodes - 1)
    return (low + high) / 2 - (high - low) / 2 * np.cos(angles)


def _inside(start: float, interval: tuple[float, float]) -> float:
    start = checks.number("start", start)
    if not interval[0] <= start <= interval[1]:
        checks.refuse("start", start, f"a state in the interval {interval}")
    return start


def _weights(count: int) -> Array:
    """Barycentric weights of Chebyshev nodes, the ends included."""
    weights = (-1.0) ** np.arange(count)
    weights[[0, -1]] /= 2
    return weights


def _lagrange(grid: Array, points: Array) -> Array:
    """Values at `points` (...) of the Lagrange polynomials of the nodes, (..., K)."""
    distance = points[..., None] - grid
    hit = np.abs(distance) < 1e-13 * (grid[-1] - grid[0])
    terms = _weights(len(grid)) / np.where(hit, 1.0, distance)
    plain = terms / terms.sum(axis=-1, keepdims=True)
    return np.where(hit.any(axis=-1, keepdims=True), hit.astype(float), plain)


def _derivative(grid: Array) -> Array:
    """The matrix that takes values at the nodes to the derivative there."""
    weights = _weights(len(grid))
    distance = grid[:, None] - grid + np.eye(len(grid))
    matrix = weights / weights[:, None] / distance
    np.fill_diagonal(matrix, 0.0)
    np.fill_diagonal(matrix, -matrix.sum(axis=1))
    return matrix
