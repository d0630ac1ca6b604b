"""Densities on a grid: normalising them with what lies outside, their moments and distribution function.

A grid sees only part of the line. Before a density is normalised its tails are followed outwards, far past the grid's
edges: a tail that falls no faster than 1/|phi| has no integral, and mass outside the grid would be missing from every
number computed on it. Both are errors that name the number which decides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array

__all__ = [
    "DomainTooSmallError",
    "GridLaw",
    "GridTooCoarseError",
    "NotNormalisableError",
    "density_cdf",
    "density_moments",
    "gaussian_density",
    "increasing_grid",
    "normalised_density",
]

OUTSIDE = 1e-3  # largest mass allowed outside a grid
MOST_IN_A_CELL = 0.5  # largest mass allowed in one of its cells
_REACH = 2.0 ** (np.arange(1, 241) / 8)  # the tails are followed to 2^30 half-widths of the grid
_NOTHING = -700.0  # log of a density, against its peak, that counts as zero


class NotNormalisableError(ValueError):
    """A density whose integral over the line is infinite; `exponent` is a with p ~ |phi|^-a far out (a <= 1).

    Examples
    --------
    >>> import numpy as np
    >>> try:
    ...     normalised_density(lambda x: -np.log1p(x**2) / 4, [-1.0, -0.5, 0.0, 0.5, 1.0])
    ... except NotNormalisableError as error:
    ...     print(round(error.exponent, 3))
    0.5
    """

    def __init__(self, message: str, exponent: float):
        super().__init__(message)
        self.exponent = exponent


class DomainTooSmallError(ValueError):
    """A grid that misses part of the law; `mass` is the probability found outside it, or at its edges.

    Examples
    --------
    >>> import numpy as np
    >>> try:
    ...     normalised_density(lambda x: -(x**2) / 2, np.linspace(-1.0, 1.0, 201))
    ... except DomainTooSmallError as error:
    ...     print(round(float(error.mass), 2))
    0.32
    """

    def __init__(self, message: str, mass: float):
        super().__init__(message)
        self.mass = mass


class GridTooCoarseError(ValueError):
    """A grid whose cells are longer than what is to be seen on it; `share` is what one of them holds, or spans.

    Examples
    --------
    >>> try:
    ...     normalised_density(lambda x: -(x**2) / 2, [-40.0, 0.0, 40.0])
    ... except GridTooCoarseError as error:
    ...     print(round(error.share, 3))
    1.0
    """

    def __init__(self, message: str, share: float):
        super().__init__(message)
        self.share = share


@dataclass(frozen=True)
class GridLaw:
    """A law on the line as masses on increasing nodes; the cells of the nodes meet halfway between them.

    Attributes
    ----------
    nodes : ndarray of shape (K,)
        Where the masses sit.
    mass : ndarray of shape (K,)
        The masses; they sum to 1.

    Examples
    --------
    >>> import numpy as np
    >>> law = GridLaw(np.array([0.0, 1.0, 2.0]), np.array([0.25, 0.5, 0.25]))
    >>> law.mean, law.variance
    (1.0, 0.5)
    """

    nodes: Array
    mass: Array

    @property
    def mean(self) -> float:
        """The mean."""
        return float(self.mass @ self.nodes)

    @property
    def variance(self) -> float:
        """The variance."""
        return float(self.mass @ (self.nodes - self.mean) ** 2)

    @property
    def edges(self) -> Array:
        """The ends of the cells, of shape (K + 1,)."""
        middle = (self.nodes[1:] + self.nodes[:-1]) / 2
        return np.concatenate([[2 * self.nodes[0] - middle[0]], middle, [2 * self.nodes[-1] - middle[-1]]])

    def cdf(self, x: Array) -> Array:
        """The distribution function: each node's mass is spread evenly over its cell."""
        return np.interp(x, self.edges, np.append(0.0, np.cumsum(self.mass)))

    def density(self) -> Array:
        """The mean density in the cell of each node, of shape (K,)."""
        return self.mass / np.diff(self.edges)


def increasing_grid(grid: Array) -> Array:
    """Return the grid as an array; raise unless it has at least three points in increasing order.

    Examples
    --------
    >>> increasing_grid([0, 1, 3])
    array([0., 1., 3.])
    """
    points = checks.array("grid", grid, ndim=1)
    if len(points) < 3 or np.diff(points).min() <= 0:
        checks.refuse("grid", grid, "an increasing array of at least 3 points")
    return points


def refuse_coarse_grid(mass: Array, grid: Array) -> None:
    """Raise if one cell of the grid holds more than half of the mass, of which there must be some."""
    share = float(mass.max() / mass.sum()) if mass.sum() > 0 else 1.0
    if not share <= MOST_IN_A_CELL:
        place = grid[int(np.argmax(mass))]
        raise GridTooCoarseError(
            f"grid of {len(grid)} points is not allowed: the cell at {place:.4g} holds {share:.3g} of the mass, and at most "
            f"{MOST_IN_A_CELL:g} may; its points must lie closer together there",
            share,
        )


def normalised_density(log_density: Callable[[Array], Array], grid: Array) -> Array:
    """Normalise exp(log_density) over the whole line and return it on the grid.

    Parameters
    ----------
    log_density : callable
        Takes increasing points (K,) and gives the logarithm of the density at them, up to one additive constant.
    grid : ndarray of shape (M,)
        Increasing points, wide enough to hold all but 1e-3 of the law.

    Returns
    -------
    ndarray of shape (M,)
        The density. Its integral over the grid is one minus the mass outside.

    Raises
    ------
    NotNormalisableError
        If a tail falls no faster than 1/|phi|.
    DomainTooSmallError
        If more than 1e-3 of the mass lies outside the grid.
    GridTooCoarseError
        If one cell of the grid holds most of the law.

    Examples
    --------
    >>> import numpy as np
    >>> density = normalised_density(lambda x: -(x**2) / 2, np.linspace(-6.0, 6.0, 121))
    >>> round(float(density.max()), 4)
    0.3989
    """
    grid, log_density = increasing_grid(grid), checks.function("log_density", log_density)
    half, centre, reach = (grid[-1] - grid[0]) / 2, (grid[-1] + grid[0]) / 2, len(_REACH)
    points = np.concatenate([centre - half * _REACH[::-1], grid, centre + half * _REACH])
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        log_p = np.asarray(log_density(points), dtype=float)
    inside = log_p[reach:-reach]
    if not np.isfinite(inside.max()):
        raise ValueError("log_density is not allowed: it must be finite on the grid")
    log_p = log_p - inside.max()
    radii = half * np.concatenate([[1.0], _REACH])
    left = _tail("left", radii, log_p[reach::-1])
    right = _tail("right", radii, log_p[-reach - 1 :])
    density = np.exp(log_p[reach:-reach])
    refuse_coarse_grid(density * np.gradient(grid), grid)
    total = np.trapezoid(density, grid) + left + right
    if (left + right) / total > OUTSIDE:
        mass = (left + right) / total
        raise DomainTooSmallError(
            f"grid from {grid[0]:g} to {grid[-1]:g} is not allowed: {mass:.3g} of the mass lies outside it, "
            f"and at most {OUTSIDE:g} may",
            mass,
        )
    return density / total


def density_moments(grid: Array, density: Array) -> tuple[float, float]:
    """Mean and variance of a density given on a grid, by the trapezoid rule.

    Parameters
    ----------
    grid, density : ndarrays of shape (M,)
        Points and density; the density is normalised on the grid first.

    Returns
    -------
    mean, variance : float

    Examples
    --------
    >>> import numpy as np
    >>> x = np.linspace(-6.0, 8.0, 141)
    >>> mean, variance = density_moments(x, gaussian_density(x, mean=1.0))
    >>> round(mean, 4), round(variance, 4)
    (1.0, 1.0)
    """
    grid = increasing_grid(grid)
    density = _on_grid(density, grid)
    density = density / np.trapezoid(density, grid)
    mean = np.trapezoid(grid * density, grid)
    return float(mean), float(np.trapezoid((grid - mean) ** 2 * density, grid))


def gaussian_density(x: Array | float, mean: float = 0.0, variance: float = 1.0) -> Array:
    """Density of the Gaussian law at the points `x`, of any shape; the variance is > 0.

    Examples
    --------
    >>> gaussian_density([0.0, 1.0]).round(4)
    array([0.3989, 0.242 ])
    """
    variance = checks.positive("variance", variance)
    away = checks.array("x", x) - checks.number("mean", mean)
    return np.exp(-(away**2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)


def density_cdf(grid: Array, density: Array) -> Callable[[Array], Array]:
    """Distribution function of a density on a grid, as a callable for `ks_distance`.

    Parameters
    ----------
    grid, density : ndarrays of shape (M,)
        Points and density; the density is normalised on the grid first.

    Returns
    -------
    callable
        Takes points of any shape; zero left of the grid, one right of it.

    Examples
    --------
    >>> cdf = density_cdf([0.0, 1.0, 2.0], [1.0, 1.0, 1.0])
    >>> cdf([-1.0, 0.5, 1.5]).round(4)
    array([0.  , 0.25, 0.75])
    """
    from scipy.integrate import cumulative_trapezoid  # imported late: it takes longer than all the rest

    grid = increasing_grid(grid)
    cumulative = cumulative_trapezoid(_on_grid(density, grid), grid, initial=0.0)
    cumulative = cumulative / cumulative[-1]
    return lambda points: np.interp(points, grid, cumulative, left=0.0, right=1.0)


def _on_grid(density: Array, grid: Array) -> Array:
    p = checks.array("density", density, grid.shape)
    if p.min() < 0 or p.max() <= 0:
        checks.refuse("density", density, "an array of numbers >= 0 that are not all 0")
    return p


def _tail(side: str, radii: Array, log_p: Array) -> float:
    """Mass of a tail from log p at growing distances from the centre, relative to a peak of one."""
    gone = ~(log_p > _NOTHING)  # also where it is not a number: exp or a power has overflowed
    seen = int(np.argmax(gone)) if gone.any() else len(log_p)
    if seen < len(log_p):
        log_p = np.concatenate([log_p[:seen], [_NOTHING]])
    log_r = np.log(radii[: len(log_p)])
    if seen == len(radii):
        exponent = -(log_p[-1] - log_p[-9]) / (log_r[-1] - log_r[-9])
        if exponent <= 1 + 1e-3:
            raise NotNormalisableError(
                f"the density cannot be normalised: its {side} tail goes like |phi|^{0.0 - exponent:.3g}, "
                "and it must fall faster than |phi|^-1",
                float(exponent),
            )
    log_f = log_p + log_r
    ends = np.maximum(log_f[:-1], log_f[1:])
    slope = np.abs(np.diff(log_f))
    cells = np.exp(ends) * np.where(slope > 1e-9, -np.expm1(-slope) / np.maximum(slope, 1e-9), 1.0)
    beyond = np.exp(log_f[-1]) / (exponent - 1) if seen == len(radii) else 0.0
    return float(np.sum(cells * np.diff(log_r)) + beyond)
