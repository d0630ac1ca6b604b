"""The Fokker-Planck equation in one dimension by finite volumes that keep mass and positivity.

Equation: dp/dt = -dJ/dphi with the flow J = drift p - (1/2) d(v p)/dphi (Ito), v the noise variance per unit time. Between
neighbouring points let u = v p / 2 and w the integral of 2 drift/v. The flow that is constant between them is
J = (b(-w) u_left - b(w) u_right)/spacing, b(w) = w/(exp(w) - 1) (Scharfetter and Gummel 1969; Chang and Cooper 1970). It is
zero for u_right = u_left exp(w), so that the stationary law is met at the points, not only in the limit of small spacing.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.linalg import solve_banded

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array
from sgdsde_helpers.theory.laws.density import DomainTooSmallError, increasing_grid, refuse_coarse_grid

__all__ = ["fokker_planck_density", "fokker_planck_evolution", "fokker_planck_generator", "probability_flows"]

EDGE_MASS = 1e-4  # largest mass allowed in the outermost hundredth of the domain, on either side
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(4)

Function = Callable[[Array], Array]


def fokker_planck_generator(drift: Function, noise_variance: Function, grid: Array) -> Array:
    """Rates of the jump process on the grid that stands for the SDE, with walls at both ends.

    Parameters
    ----------
    drift, noise_variance : callable
        Take and give arrays; the noise variance per unit time is eta sigma^2/B for SGD, and must be positive.
    grid : ndarray of shape (M,)
        Equally spaced points, each the centre of a cell.

    Returns
    -------
    ndarray of shape (3, M)
        Bands of the matrix A in d(mass)/dt = A mass, as `scipy.linalg.solve_banded` wants them: above, on and below the
        diagonal. Its columns sum to zero and its off-diagonal entries are not negative.

    Examples
    --------
    >>> fokker_planck_generator(lambda x: 0 * x, lambda x: 1 + 0 * x, [0.0, 1.0, 2.0]).round(4)
    array([[ 0. ,  0.5,  0.5],
           [-0.5, -1. , -0.5],
           [ 0.5,  0.5,  0. ]])
    """
    grid, spacing = _equal_grid(grid)
    exponent, half_noise = _exponents(drift, noise_variance, grid)
    rightwards = bernoulli_function(-exponent) * half_noise[:-1] / spacing**2
    leftwards = bernoulli_function(exponent) * half_noise[1:] / spacing**2
    bands = np.zeros((3, len(grid)))
    bands[0, 1:], bands[2, :-1] = leftwards, rightwards
    bands[1] = -bands[0] - bands[2]
    return bands


def fokker_planck_density(drift: Function, noise_variance: Function, grid: Array) -> Array:
    """Stationary density of the scheme, from the balance of the rates between neighbouring cells.

    Parameters
    ----------
    drift, noise_variance, grid
        As in `fokker_planck_generator`.

    Returns
    -------
    ndarray of shape (M,)
        The density; its sum times the spacing is one.

    Raises
    ------
    DomainTooSmallError
        If the law leans on a wall.
    GridTooCoarseError
        If one cell holds most of the law.

    Examples
    --------
    >>> import numpy as np
    >>> density = fokker_planck_density(lambda x: -x, lambda x: 2 + 0 * x, np.linspace(-6.0, 6.0, 121))
    >>> round(float(density.max()), 3)
    0.399
    """
    grid, spacing = _equal_grid(grid)
    exponent, half_noise = _exponents(drift, noise_variance, grid)
    log_mass = np.concatenate([[0.0], np.cumsum(exponent)]) - np.log(half_noise)
    mass = np.exp(log_mass - log_mass.max())
    mass /= mass.sum()
    refuse_coarse_grid(mass, grid)
    _refuse_mass_at_edges(mass, grid)
    return mass / spacing


def fokker_planck_evolution(
    drift: Function, noise_variance: Function, grid: Array, start: Array | float, times: Array, *, n_steps: int = 2000
) -> Array:
    """Density at several times, by implicit Euler: it keeps mass and positivity at every step size.

    Parameters
    ----------
    drift, noise_variance, grid
        As in `fokker_planck_generator`.
    start : float or ndarray of shape (M,)
        A point inside the grid, whose mass is shared by the two nearest cells so that its mean is kept, or a density.
    times : ndarray of shape (K,)
        Increasing times, >= 0.
    n_steps : int
        Number of implicit steps up to the last time; the error in time is of order times[-1]/n_steps.

    Returns
    -------
    ndarray of shape (K, M)
        Densities; the sum of each times the spacing is one.

    Raises
    ------
    DomainTooSmallError
        If the law leans on a wall at one of the times.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.linspace(-4.0, 4.0, 81)
    >>> densities = fokker_planck_evolution(lambda x: -x, lambda x: 0.2 + 0 * x, x, 1.0, [0.5, 1.0], n_steps=100)
    >>> (densities @ x * 0.1).round(3)
    array([0.613, 0.376])
    """
    points, spacing = _equal_grid(grid)
    moments = checks.increasing("times", times, 0.0)
    bands = fokker_planck_generator(drift, noise_variance, points)
    mass, now, densities = _start_mass(start, points, spacing), 0.0, []
    longest = moments[-1] / checks.count("n_steps", n_steps)
    for t in moments:
        steps = int(np.ceil((t - now) / longest * (1 - 1e-12))) if t > now else 0
        implicit = -bands * (t - now) / max(steps, 1)
        implicit[1] += 1
        for _ in range(steps):
            mass = solve_banded((1, 1), implicit, mass)
        _refuse_mass_at_edges(mass, points)
        if t > 0:
            refuse_coarse_grid(mass, points)
        densities.append(mass / spacing)
        now = t
    return np.array(densities)


def probability_flows(drift: Function, noise_variance: Function, grid: Array, density: Array) -> tuple[Array, Array]:
    """The two flows of probability, drift p and -(1/2) d(v p)/dphi; at stationarity they cancel.

    Parameters
    ----------
    drift, noise_variance : callable
        As in `fokker_planck_generator`.
    grid, density : ndarrays of shape (M,)
        Points and density; the derivative is taken by differences of second order.

    Returns
    -------
    drift_flow, diffusion_flow : ndarrays of shape (M,)
        Probability per unit time, positive to the right.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.linspace(-1.0, 1.0, 5)
    >>> drift, diffusion = probability_flows(lambda x: -x, lambda x: 1 + 0 * x, x, np.ones(5))
    >>> drift[:2].round(4)
    array([1. , 0.5])
    """
    grid = increasing_grid(grid)
    p = checks.array("density", density, grid.shape)
    diffusion = -np.gradient(_positive_noise(noise_variance, grid) * p, grid, edge_order=2) / 2
    return np.broadcast_to(checks.function("drift", drift)(grid), grid.shape) * p, diffusion


def bernoulli_function(w: Array) -> Array:
    """b(w) = w / (exp(w) - 1), with b(0) = 1."""
    small = np.abs(w) < 1e-5
    safe = np.where(small, 1.0, w)
    with np.errstate(over="ignore"):
        return np.where(small, 1 - w / 2 + w**2 / 12, safe / np.expm1(safe))


def _exponents(drift: Function, noise_variance: Function, grid: Array) -> tuple[Array, Array]:
    """The integral of 2 drift/v between neighbouring points, shape (M - 1,), and v/2 at the points."""
    checks.function("drift", drift)
    half = np.diff(grid)[:, None] / 2
    nodes = grid[:-1, None] + half * (1 + _NODES)
    half_noise = _positive_noise(noise_variance, grid) / 2
    return (2 * drift(nodes) / _positive_noise(noise_variance, nodes) * half) @ _WEIGHTS, half_noise


def _equal_grid(grid: Array) -> tuple[Array, float]:
    points = increasing_grid(grid)
    gaps = np.diff(points)
    if np.ptp(gaps) > 1e-6 * gaps.mean():
        checks.refuse("grid", grid, "an array of equally spaced points")
    return points, float(gaps.mean())


def _positive_noise(noise_variance: Function, points: Array) -> Array:
    v = np.broadcast_to(checks.function("noise_variance", noise_variance)(points), points.shape)
    if not np.all(v > 0):
        place = np.unravel_index(np.argmax(~(v > 0)), v.shape)
        raise ValueError(f"noise_variance = {v[place]:g} at phi = {points[place]:g} is not allowed: it must be > 0")
    return v


def _start_mass(start, grid: Array, spacing: float) -> Array:
    if checks.array("start", start).ndim:
        density = checks.array("start", start, grid.shape)
        if density.min() < 0 or np.trapezoid(density, grid) <= 0:
            checks.refuse("start", start, "a density: not negative, and somewhere positive")
        return density / density.sum()
    place = (checks.number("start", start) - grid[0]) / spacing
    if not 0 <= place <= len(grid) - 1:
        checks.refuse("start", start, f"a point of the grid, between {grid[0]:g} and {grid[-1]:g}")
    left = min(int(place), len(grid) - 2)
    mass = np.zeros(len(grid))
    mass[left], mass[left + 1] = 1 - (place - left), place - left
    return mass


def _refuse_mass_at_edges(mass: Array, grid) -> None:
    cells = -(-len(mass) // 100)
    for side, part in (("left", mass[:cells]), ("right", mass[-cells:])):
        found = part.sum() * len(mass) / (100 * cells)
        if found > EDGE_MASS:
            raise DomainTooSmallError(
                f"grid from {grid[0]:g} to {grid[-1]:g} is not allowed: {found:.3g} of the mass leans on its {side} wall, "
                f"and at most {EDGE_MASS:g} may",
                float(found),
            )
