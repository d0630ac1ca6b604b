"""The stationary law of SGD in one dimension without simulation: the fixed point of its transfer operator.

A batch moves the chain by a map f_b(Phi) = Phi - eta (mean gradient of the batch). The law p of the state goes to the average
over batches of its images under these maps, and the stationary law is what this transfer operator leaves alone. Here laws are
masses on a grid; the image of a node is shared between its two neighbours so that the mean is exact, and the variance is too
large by at most h^2/4 a step, h being the distance of nodes. For a law with heavy tails the nodes are evenly spaced in
asinh(Phi), so that a few thousand of them reach out to millions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import combinations, combinations_with_replacement
from math import comb, factorial, prod

import numpy as np
from scipy.linalg import lu_factor, lu_solve

from sgdsde_helpers.checks import Array, array, count, one_of, positive, refuse
from sgdsde_helpers.checks import batch_size as checked_batch_size
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.sampling import scheme
from sgdsde_helpers.theory._loss import one_parameter
from sgdsde_helpers.theory.laws.density import GridLaw

__all__ = ["chain_law", "chain_stationary_law"]

MOST_BATCHES = 2000  # different batches that are enumerated
MOST_STEPS = 20000  # of the chain, until its start is forgotten
# Rounding errs by about 1e-18 for each step of the way.
LONGEST_WAY = 1e13  # steps from one well to another that elimination allows


def chain_stationary_law(
    loss: Loss,
    eta: float,
    batch_size: int = 1,
    *,
    sampling: str = "with_replacement",
    nodes: int = 2000,
    reach: float | None = None,
    method: str = "steps",
) -> GridLaw:
    """The stationary law of SGD on a scalar loss, by its transfer operator.

    Parameters
    ----------
    loss : Loss
        Of parameter shape (); without `reach`, one whose chain stays in a bounded interval.
    eta : float
        Learning rate.
    batch_size : int
        B; all different batches are enumerated, at most 2,000.
    sampling : str
        "with_replacement" or "without_replacement".
    nodes : int
        Nodes of the grid. The errors fall with the square of their distance where the law has a density.
    reach : float, optional
        For chains without bounds: how far from the minimiser (or from 0) the nodes go on either side, evenly spaced in
        asinh of the distance over the spread of the examples' own minima. Mass that would pass the last node stays there.
    method : str
        "steps" applies the operator until the start is forgotten. "solve" solves for its fixed point, which also finds
        the law where the chain needs millions of steps from one well to the other.

    Returns
    -------
    GridLaw

    Raises
    ------
    ValueError
        If the loss is not scalar, there are too many batches, the chain's states are not bounded, or there is no single
        law: for "steps", if the start is not forgotten in 20,000 of them (as in two wells that the chain hardly ever
        leaves); for "solve", if it leaves neither of two wells at all, or so seldom that rounding decides which is the fuller.

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> law = chain_stationary_law(MeanEstimation([-1.0, 1.0]), eta=0.5)
    >>> round(law.variance, 4)
    0.3333
    """
    nodes = count("nodes", nodes, 10)
    images, probability = batch_images(loss, eta, batch_size, sampling)
    stationary = {"steps": fixed_point, "solve": solved_fixed_point}[one_of("method", method, ("steps", "solve"))]
    loss = one_parameter(loss)
    centre = 0.0 if loss.minimiser is None else float(loss.minimiser)
    if reach is None:
        grid = np.linspace(*invariant_interval(images, centre), nodes)
        if method == "solve":
            refuse_two_traps(images, *grid[[0, -1]])
        return GridLaw(grid, stationary(transfer_matrix(images(grid), probability, grid)))
    spread, curvature = np.sqrt(float(loss.covariance(centre))), abs(float(loss.hessian(centre)))
    unit = spread / curvature if spread * curvature > 0 else 1.0  # how far apart the examples' own minima are
    even = np.linspace(-1.0, 1.0, nodes) * np.arcsinh(positive("reach", reach) / unit)
    grid = centre + unit * np.sinh(even)
    return GridLaw(grid, stationary(transfer_matrix(np.arcsinh((images(grid) - centre) / unit), probability, even)))


def chain_law(
    loss: Loss,
    eta: float,
    batch_size: int = 1,
    *,
    start: Array | float,
    n_steps: int,
    sampling: str = "with_replacement",
    nodes: int = 2000,
) -> GridLaw:
    """The law of SGD on a scalar loss after some steps, by its transfer operator.

    Parameters
    ----------
    loss, eta, batch_size, sampling, nodes
        As in `chain_stationary_law`; the chain must stay in a bounded interval.
    start : float or ndarray of shape (k,)
        Where the chain starts, or k places that are equally likely.
    n_steps : int
        Number of steps, >= 0.

    Returns
    -------
    GridLaw

    Raises
    ------
    ValueError
        If the loss is not scalar, there are too many batches, or the chain's states are not bounded.

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> law = chain_law(MeanEstimation([-1.0, 1.0]), eta=0.5, start=0.0, n_steps=2)
    >>> round(law.variance, 4)
    0.3125
    """
    images, probability = batch_images(loss, eta, batch_size, sampling)
    starts = array("start", start).ravel()
    ends = [invariant_interval(images, place) for place in (starts.min(), starts.max())]
    grid = np.linspace(min(ends)[0], max(high for _, high in ends), count("nodes", nodes, 10))
    transfer = transfer_matrix(images(grid), probability, grid)
    mass = np.bincount(np.abs(grid - starts[:, None]).argmin(axis=1), minlength=nodes) / len(starts)
    for _ in range(count("n_steps", n_steps, 0)):
        mass = transfer @ mass
    return GridLaw(grid, mass)


def batch_images(loss: Loss, eta: float, batch_size: int, sampling: str) -> tuple[Callable[[Array], Array], Array]:
    """A function from states (K,) to where each batch takes them, (K, batches), and the batches' probabilities."""
    eta = positive("eta", eta)
    loss = one_parameter(loss)
    batches, probability = all_batches(loss.n, checked_batch_size(batch_size), sampling)

    def images(phi: Array) -> Array:
        return phi[:, None] - eta * loss.per_example_gradients(phi)[:, batches].mean(axis=-1)

    return images, probability


def all_batches(n: int, batch_size: int, sampling: str) -> tuple[Array, Array]:
    """The examples of every different batch, (batches, B), and the batch's probability, (batches,)."""
    replace = not scheme(sampling, independent=True).distinct
    many = comb(n + batch_size - 1, batch_size) if replace else comb(n, checked_batch_size(batch_size, n))
    if many > MOST_BATCHES:
        refuse("batch_size", batch_size, f"smaller: {n} examples make {many} different batches, over {MOST_BATCHES}")
    batches = list((combinations_with_replacement if replace else combinations)(range(n), batch_size))
    if not replace:
        return np.array(batches), np.full(many, 1 / many)
    orders = [factorial(batch_size) / prod(factorial(k) for k in Counter(batch).values()) for batch in batches]
    return np.array(batches), np.array(orders) / float(n) ** batch_size


def invariant_interval(images: Callable[[Array], Array], start: float) -> tuple[float, float]:
    """The smallest interval around `start` that no batch leads out of (a hair wider, against rounding)."""
    low = high = start
    widest = 1e12 * np.ptp(images(np.array([start])))
    for _ in range(100000):
        reached = images(np.linspace(low, high, 65))
        new_low, new_high = min(low, reached.min()), max(high, reached.max())
        settled = new_high - new_low <= (high - low) * (1 + 1e-12)
        low, high = new_low, new_high
        if settled:
            margin = 1e-9 * (high - low) + 1e-15 * max(abs(low), abs(high)) + 1e-300
            return float(low - margin), float(high + margin)
        if not high - low <= max(widest, 1e12 * abs(start)):
            break
    raise ValueError("the chain's states are not bounded: a smaller eta may keep them in an interval")


def refuse_two_traps(images: Callable[[Array], Array], low: float, high: float) -> None:
    """Raise if the chain started at either end of an interval never comes to the other end: then there are two laws.

    On a grid the sharing between neighbours would leak from one to the other, so the fixed point there does not tell.
    """
    left, right = invariant_interval(images, low)[1], invariant_interval(images, high)[0]
    if left < right:
        raise ValueError(
            f"there is more than one stationary law: the chain stays below {left:.4g} or above {right:.4g}"
        )


def transfer_matrix(images: Array, probability: Array, grid: Array):
    """The transfer operator as a sparse matrix (K, K) that takes the masses of one step to those of the next."""
    from scipy.sparse import csr_array

    place = (images - grid[0]) / (grid[1] - grid[0])
    below = np.clip(np.floor(place), 0, len(grid) - 2).astype(np.int32)
    above = np.clip(place - below, 0.0, 1.0)  # the share of the upper neighbour
    source = np.broadcast_to(np.arange(len(grid), dtype=np.int32)[:, None], images.shape)
    target = np.stack([below, below + 1])
    share = np.stack([(1 - above) * probability, above * probability])
    shape = (len(grid), len(grid))
    return csr_array((share.ravel(), (target.ravel(), np.stack([source, source]).ravel())), shape=shape)


def fixed_point(transfer) -> Array:
    """The masses that `transfer` leaves alone, by applying it to all the mass at the left end and all at the right end.

    When the two have become one there is no other. Where the examples are symmetric the two are mirror images and forget
    their side before their distance, so that one more step must leave them alone, too.
    """
    mass = np.zeros((transfer.shape[0], 2))
    mass[0, 0] = mass[-1, 1] = 1.0
    for _ in range(MOST_STEPS // 20):
        for _ in range(20):
            before, mass = mass, transfer @ mass
        if max(np.abs(mass[:, 0] - mass[:, 1]).sum(), np.abs(mass - before).sum()) < 1e-11:
            return mass.mean(axis=1) / mass.sum() * 2
    raise ValueError(f"the chain does not forget its start in {MOST_STEPS} steps: no single stationary law is in reach")


def solved_fixed_point(transfer) -> Array:
    """The masses that `transfer`, sparse or dense, leaves alone, by elimination.

    The heaviest node of a short run is set to 1 and its equation left out. What remains is an M-matrix, so that masses of
    10^-9 come out as accurate as those of order 1.
    """
    from scipy.sparse import eye_array

    mass = np.full(transfer.shape[0], 1 / transfer.shape[0])
    for _ in range(100):
        mass = transfer @ mass
    heaviest = int(mass.argmax())
    others = np.delete(np.arange(len(mass)), heaviest)
    dense = isinstance(transfer, np.ndarray)
    rest = (np.eye if dense else eye_array)(len(mass)) - transfer
    solve = (_dense_solver if dense else _sparse_solver)(rest[others][:, others])
    ways = solve(np.ones(len(others)), 1)  # mean steps from each node to the heaviest one
    if not (ways.min() > 0 and ways.max() <= LONGEST_WAY):  # past 1e16 they come out negative
        raise ValueError(
            f"the chain takes more than {LONGEST_WAY:g} steps from one well to the other: rounding would decide "
            "which is the fuller one, so no stationary law is in reach; a larger eta or a smaller batch may help"
        )
    mass[others] = solve((transfer @ (np.arange(len(mass)) == heaviest))[others], 0)
    mass[heaviest] = 1.0
    return np.maximum(mass, 0.0) / np.maximum(mass, 0.0).sum()


def _sparse_solver(matrix) -> Callable[[Array, int], Array]:
    """Solve with the matrix (0) or with its transpose (1)."""
    from scipy.sparse.linalg import splu

    factors = splu(matrix.tocsc())
    return lambda right, transposed: factors.solve(right, "NT"[transposed])


def _dense_solver(matrix: Array) -> Callable[[Array, int], Array]:
    """Solve with the matrix (0) or with its transpose (1)."""
    factors = lu_factor(matrix)
    return lambda right, transposed: lu_solve(factors, right, transposed)
