"""Stationary law and probability current of an SDE in the plane with constant noise, by finite volumes.

dPhi = f dt + noise of covariance Q = 2D per unit time (Q = eta Sigma/B for SGD). On a grid with spacings in the ratio
sqrt(D11) : sqrt(D22) the matrix D is a sum of steps s s^T with coefficients that are not negative: along both axes and along
one diagonal. Each step's rates follow Scharfetter and Gummel with w = D^-1 f . s, so that mass and positivity are kept, and
a law in detailed balance is met at the points.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array
from scipy.sparse.linalg import splu

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array
from sgdsde_helpers.theory.laws.density import DomainTooSmallError, refuse_coarse_grid
from sgdsde_helpers.theory.laws.fokker_planck import EDGE_MASS, bernoulli_function

__all__ = ["PlaneLaw", "fokker_planck_plane"]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(3)


@dataclass(frozen=True)
class PlaneLaw:
    """Stationary law on a grid of the plane.

    Attributes
    ----------
    x, y : (nx,), ndarrays of shape (ny,)
        The grid.
    density : ndarray of shape (nx, ny)
        Probability per area; entry [i, j] belongs to the point (x[i], y[j]).
    current : ndarray of shape (nx, ny, 2)
        The probability current J: drift times density minus D grad p.

    Examples
    --------
    >>> import numpy as np
    >>> law = PlaneLaw(np.arange(3.0), np.arange(3.0), np.full((3, 3), 1 / 9), np.zeros((3, 3, 2)))
    >>> law.mean().round(4)
    array([1., 1.])
    """

    x: Array
    y: Array
    density: Array
    current: Array

    @property
    def cell(self) -> float:
        """Area of a cell."""
        return float((self.x[1] - self.x[0]) * (self.y[1] - self.y[0]))

    def mean(self) -> Array:
        """Mean, shape (2,)."""
        return np.array([self.x @ self.density.sum(axis=1), self.y @ self.density.sum(axis=0)]) * self.cell

    def covariance(self) -> Array:
        """Covariance, shape (2, 2)."""
        x, y = self.x - self.mean()[0], self.y - self.mean()[1]
        cross = x @ self.density @ y
        xx, yy = x**2 @ self.density.sum(axis=1), y**2 @ self.density.sum(axis=0)
        return np.array([[xx, cross], [cross, yy]]) * self.cell

    def rotation(self) -> float:
        """E[phi1 dphi2 - phi2 dphi1]/dt: the moment of the current about the mean."""
        x, y = self.x - self.mean()[0], self.y - self.mean()[1]
        return float((x @ self.current[..., 1]).sum() - (self.current[..., 0] @ y).sum()) * self.cell


def fokker_planck_plane(
    drift: Callable[[Array], Array],
    noise_covariance: Array,
    half_widths: Array,
    *,
    center: Array = (0.0, 0.0),
    points: int = 101,
) -> PlaneLaw:
    """Solve for the stationary law of dPhi = drift dt + noise in a rectangle with walls.

    Parameters
    ----------
    drift : callable
        Takes and gives arrays (..., 2).
    noise_covariance : ndarray of shape (2, 2)
        Q = 2D, positive definite, per unit time.
    half_widths : ndarray of shape (2,)
        Least half widths of the rectangle; one of them is enlarged so that the spacings have the ratio the noise asks for.
    center : ndarray of shape (2,)
        Middle of the rectangle.
    points : int
        Number of points along the side that has fewer; the other side has more.

    Returns
    -------
    PlaneLaw

    Raises
    ------
    ValueError
        If the noise covariance is not positive definite.
    DomainTooSmallError
        If the law leans on a wall.

    Examples
    --------
    >>> law = fokker_planck_plane(lambda p: -p, [[2.0, 0.0], [0.0, 2.0]], [5.0, 5.0], points=21)
    >>> abs(law.mean().round(4)), round(float(law.density.max()), 3)
    (array([0., 0.]), 0.159)
    """
    d = checks.positive_definite("noise_covariance", noise_covariance, 2) / 2
    x, y = _axes(d, checks.array("half_widths", half_widths, (2,)), checks.array("center", center, (2,)), points)
    checks.function("drift", drift)
    steps, coefficients = _steps(d, x[1] - x[0], y[1] - y[0])
    index = np.arange(len(x) * len(y)).reshape(len(x), len(y))
    edges = []
    for (i, j), coefficient in zip(steps, coefficients):
        tail, head = _ends(index, i, j)
        forward, backward = _rates(drift, d, coefficient, x, y, tail, head)
        edges.append((tail, head, forward, backward))
    mass = _balance(edges, index.size)
    for points_of, axis in ((x, 1), (y, 0)):
        refuse_coarse_grid(mass.reshape(index.shape).sum(axis=axis), points_of)
    _refuse_mass_at_walls(mass.reshape(index.shape), x, y)
    current = np.zeros((index.size, 2))
    for (i, j), (tail, head, forward, backward) in zip(steps, edges):
        flow = (mass[tail] * forward - mass[head] * backward) / 2  # half of each edge's flow to either end
        for end in (tail, head):
            np.add.at(current, end, flow[:, None] * [i * (x[1] - x[0]), j * (y[1] - y[0])])
    cell = (x[1] - x[0]) * (y[1] - y[0])
    return PlaneLaw(x, y, mass.reshape(index.shape) / cell, current.reshape(*index.shape, 2) / cell)


def _axes(d: Array, half_widths: Array, center: Array, points: int) -> tuple[Array, Array]:
    scales = np.sqrt(np.diag(d))
    if half_widths.min() <= 0:
        checks.refuse("half_widths", half_widths, "two numbers > 0")
    spacing = (half_widths / scales).min() / ((checks.count("points", points, minimum=11) - 1) / 2)
    counts = np.ceil(half_widths / scales / spacing - 1e-9).astype(int)
    return tuple(c + s * spacing * np.arange(-k, k + 1) for c, s, k in zip(center, scales, counts))


def _steps(d: Array, dx: float, dy: float) -> tuple[list[tuple[int, int]], list[float]]:
    """Steps in cells and the coefficients c with D = sum of c s s^T, s the step's displacement."""
    diagonal = abs(d[0, 1]) / (dx * dy)
    return [(1, 0), (0, 1), (1, 1 if d[0, 1] >= 0 else -1)], [
        d[0, 0] / dx**2 - diagonal,
        d[1, 1] / dy**2 - diagonal,
        diagonal,
    ]


def _ends(index: Array, i: int, j: int) -> tuple[Array, Array]:
    """Cells at both ends of every edge that steps by (i, j)."""
    nx, ny = index.shape
    low, high = max(0, -j), ny - max(0, j)
    return index[: nx - i, low:high].ravel(), index[i:, low + j : high + j].ravel()


def _rates(drift, d: Array, coefficient: float, x: Array, y: Array, tail: Array, head: Array) -> tuple[Array, Array]:
    places = np.stack([np.repeat(x, len(y)), np.tile(y, len(x))], axis=-1)
    step = places[head] - places[tail]
    nodes = places[tail] + (1 + _NODES[:, None, None]) / 2 * step
    force = np.linalg.solve(d, np.moveaxis(drift(nodes), -1, 0).reshape(2, -1)).reshape(2, len(_NODES), -1)
    exponent = np.einsum("cqe,ec,q->e", force, step, _WEIGHTS / 2)
    return coefficient * bernoulli_function(-exponent), coefficient * bernoulli_function(exponent)


def _balance(edges, size: int) -> Array:
    """Masses at which every cell gains what it loses: one cell is held at one, the others follow."""
    tail, head, forward, backward = (np.concatenate(part) for part in zip(*edges))
    rows, columns = np.concatenate([head, tail]), np.concatenate([tail, head])
    rates = np.concatenate([forward, backward])
    leaving = np.bincount(columns, rates, size)
    generator = csc_array((rates, (rows, columns)), shape=(size, size))
    held = size // 2
    others = np.delete(np.arange(size), held)
    losses = csc_array((leaving[others], (np.arange(size - 1), np.arange(size - 1))))
    mass = np.ones(size)
    mass[others] = splu((losses - generator[others][:, others]).tocsc()).solve(
        generator[others][:, [held]].toarray()[:, 0]
    )
    return mass / mass.sum()


def _refuse_mass_at_walls(mass: Array, x: Array, y: Array) -> None:
    strips = {"left": mass[0], "right": mass[-1], "lower": mass[:, 0], "upper": mass[:, -1]}
    side = max(strips, key=lambda name: strips[name].sum())
    found = float(strips[side].sum())
    if not found <= EDGE_MASS:
        raise DomainTooSmallError(
            f"rectangle from ({x[0]:.3g}, {y[0]:.3g}) to ({x[-1]:.3g}, {y[-1]:.3g}) is not allowed: {found:.3g} of the mass "
            f"leans on its {side} wall, and at most {EDGE_MASS:g} may",
            found,
        )
