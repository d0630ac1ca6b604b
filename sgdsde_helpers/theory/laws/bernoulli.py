r"""The stationary law of SGD on two data points, exactly: an infinite Bernoulli convolution.

With :math:`x = \pm 1`, :math:`L_k = (\phi - x_k)^2/2` and batch size B a step is :math:`\phi' = r\phi + \eta\xi` with
:math:`r = 1 - \eta` and :math:`\xi` the mean of B fair signs. The stationary law is that of
:math:`\eta\sum_k r^k \xi_k`, and its distribution function solves the self-similarity equation
:math:`F(x) = E\,F((x - \eta\xi)/r)`. Everything here follows from these two lines; nothing is sampled.
Peres, Schlag and Solomyak (2000) tell the story of these laws at batch size 1.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np
from scipy.special import binom, ndtr

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array
from sgdsde_helpers.theory.laws.density import gaussian_density

__all__ = [
    "gap_threshold",
    "information_dimension",
    "similarity_dimension",
    "two_point_cdf",
    "two_point_characteristic_function",
    "two_point_density",
    "two_point_ks",
    "two_point_ks_constants",
    "two_point_moments",
]

_SMALL = 3e-3  # eta below which Edgeworth's first term, with an error of eta^2 / 40, is better than any unfolding
_ACTIVE = 1 << 13  # branches the recursion may follow at once; leaves errors of 2e-6 at most, in some 10 ms
_NEGLIGIBLE = 1e-12  # mass that is no longer followed


def _maps(eta: float, batch_size: int) -> tuple[float, Array, Array]:
    """r, the shifts eta*xi and their probabilities."""
    eta = checks.positive("eta", eta)
    if eta >= 1:
        checks.refuse("eta", eta, "a number in (0, 1), where the steps contract without changing sign")
    heads = np.arange(checks.batch_size(batch_size) + 1)
    return 1 - eta, eta * (2 * heads / batch_size - 1), binom(batch_size, heads) * 0.5**batch_size


def two_point_moments(eta: float, batch_size: int = 1) -> tuple[float, float]:
    r"""Variance and excess kurtosis of the stationary law.

    Cumulants of independent terms add: :math:`\kappa_m = \eta^m\kappa_m(\xi)/(1 - r^m)`, with :math:`\kappa_2(\xi) = 1/B`
    and :math:`\kappa_4(\xi) = -2/B^3`.

    Parameters
    ----------
    eta : float in (0, 1)
    batch_size : int

    Returns
    -------
    variance, excess_kurtosis : floats

    Examples
    --------
    >>> variance, kurtosis = two_point_moments(eta=0.5)
    >>> round(variance, 6), round(kurtosis, 6)
    (0.333333, -1.2)
    """
    r, _, _ = _maps(eta, batch_size)
    variance = eta**2 / (1 - r**2) / batch_size
    return variance, -2 * eta**4 / (1 - r**4) / batch_size**3 / variance**2


def two_point_characteristic_function(t: Array, eta: float, batch_size: int = 1) -> Array:
    r""":math:`E e^{it\phi} = \prod_k \cos(\eta r^k t/B)^B`, real because the law is symmetric.

    Parameters
    ----------
    t : ndarray of shape (k,)
    eta : float in (0, 1)
    batch_size : int

    Returns
    -------
    ndarray of shape (k,)

    Examples
    --------
    >>> two_point_characteristic_function([0.0, 1.0], eta=0.5).round(6)
    array([1.      , 0.841471])
    """
    r, _, _ = _maps(eta, batch_size)
    t = checks.array("t", t)
    product, angle = np.ones_like(t), eta * t / batch_size
    while np.abs(angle).max(initial=0.0) > 1e-9:  # beyond, all further factors differ from 1 by less than rounding
        product = product * np.cos(angle) ** batch_size
        angle = r * angle
    return product


def two_point_cdf(x: Array, eta: float, batch_size: int = 1) -> Array:
    r"""Distribution function of the stationary law.

    The equation :math:`F(x) = \sum_j p_j F((x - \eta\xi_j)/r)` is unfolded at each x until every branch has left [-1, 1],
    where F is 0 or 1, or carries less than 1e-12 of the mass. Where the branches overlap (small eta) they become many;
    then the rest is read from the fixed point of the same equation on a grid, whose error the unfolding has averaged.
    For eta below 0.003 it is the Gaussian of `two_point_moments` with Edgeworth's term of the excess kurtosis.

    Parameters
    ----------
    x : array
    eta : float in (0, 1)
    batch_size : int

    Returns
    -------
    array of the shape of x

    Examples
    --------
    >>> two_point_cdf([-0.5, 0.0, 0.5], eta=0.5).round(6)
    array([0.25, 0.5 , 0.75])
    """
    r, shifts, mass = _maps(eta, batch_size)
    x = checks.array("x", x)
    if eta < _SMALL:
        variance, excess = two_point_moments(eta, batch_size)
        z = np.clip(x, -1, 1) / np.sqrt(variance)
        return ndtr(z) - excess / 24 * (z**3 - 3 * z) * gaussian_density(z)
    value = np.zeros(x.size)
    point, y, weight = np.arange(x.size), x.ravel(), np.ones(x.size)
    while True:
        above = y >= 1
        np.add.at(value, point[above], weight[above])
        inside = (np.abs(y) < 1) & (weight > _NEGLIGIBLE)
        point, y, weight = point[inside], y[inside], weight[inside]
        if not y.size:
            return value.reshape(x.shape)
        if y.size > max(_ACTIVE, 2 * x.size):
            np.add.at(value, point, weight * _grid_cdf(eta, batch_size)(y))
            return value.reshape(x.shape)
        point, weight = np.repeat(point, len(shifts)), (weight[:, None] * mass).ravel()
        y = ((y[:, None] - shifts) / r).ravel()


@lru_cache(maxsize=1)  # density, distance and sample of one law are read after one another
def _grid_cdf(eta: float, batch_size: int) -> Callable[[Array], Array]:
    """F from the fixed point of the self-similarity equation on a grid."""
    from scipy.interpolate import CubicSpline  # imported late: it takes longer than all the rest

    r, shifts, mass = _maps(eta, batch_size)
    smooth = r > 0.75  # then F has a continuous density, and splines pay; below, straight lines keep it increasing
    grid = np.linspace(-1, 1, 2049 if smooth else 4097)
    f = ndtr(grid / np.sqrt(mass @ shifts**2 / (1 - r**2)))  # already within O(eta) of F
    branches = np.clip((grid - shifts[:, None]) / r, -1, 1)
    f[0], f[-1], change = 0.0, 1.0, 1.0
    while change > 1e-7 * (1 - r):  # what is left to change is at most change / (1 - r)
        read = CubicSpline(grid, f) if smooth else partial(np.interp, xp=grid, fp=f)
        new = mass @ read(branches)
        change, f = np.abs(new - f).max(), new
    return CubicSpline(grid, f) if smooth else partial(np.interp, xp=grid, fp=f)


def two_point_density(edges: Array, eta: float, batch_size: int = 1) -> Array:
    """Mass of each bin over its width: the best histogram an infinite ensemble could give.

    Parameters
    ----------
    edges : (k+1,) increasing
    eta : float in (0, 1)
    batch_size : int

    Returns
    -------
    ndarray of shape (k,). Where the law has no density this grows without bound as the bins shrink.

    Examples
    --------
    >>> two_point_density([-1.0, 0.0, 0.5], eta=0.5).round(6)
    array([0.5, 0.5])
    """
    edges = checks.array("edges", edges, ndim=1)
    if len(edges) < 2 or np.diff(edges).min() <= 0:
        checks.refuse("edges", edges, "an increasing array of at least 2 points")
    return np.diff(two_point_cdf(edges, eta, batch_size)) / np.diff(edges)


def two_point_ks(eta: float, batch_size: int = 1, variance: float | None = None, points: int = 4001) -> float:
    r"""Kolmogorov-Smirnov distance of the stationary law from a centred Gaussian.

    Parameters
    ----------
    eta : float in (0, 1)
    batch_size : int
    variance : float, optional
        Of the Gaussian; by default eta/(2B), which is the SDE's.
    points : int
        Grid points at which the two are compared.

    Returns
    -------
    float, to leading order in eta the first of `two_point_ks_constants` times eta.

    Examples
    --------
    >>> round(float(two_point_ks(eta=0.5)), 4)
    0.0915
    """
    _maps(eta, batch_size)  # refuses what is out of range
    variance = eta / (2 * batch_size) if variance is None else checks.positive("variance", variance)
    x = np.linspace(-1, 1, checks.count("points", points, 2))
    return float(np.abs(two_point_cdf(x, eta, batch_size) - ndtr(x / np.sqrt(variance))).max())


def two_point_ks_constants(batch_size: int = 1) -> tuple[float, float, float]:
    r"""Coefficients of eta, as eta goes to 0, in three KS distances: SGD to SDE, SGD to Gaussian SGD, Gaussian SGD to SDE.

    From the first Edgeworth terms of :math:`F(x\sqrt{\eta/2B})` about the Gaussian: the variance is larger than the SDE's
    by a factor :math:`1 + \eta/2`, the excess kurtosis is :math:`-2\eta/B`.

    Parameters
    ----------
    batch_size : int

    Returns
    -------
    three floats; the first is at most the sum of the other two.

    Examples
    --------
    >>> [round(float(constant), 4) for constant in two_point_ks_constants()]
    [0.1039, 0.0459, 0.0605]
    """
    x = np.linspace(0, 4, 40001)
    density = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    variance, kurtosis = -x / 4 * density, (x**3 - 3 * x) / (12 * checks.batch_size(batch_size)) * density
    return tuple(float(np.abs(term).max()) for term in (variance + kurtosis, kurtosis, variance))


def gap_threshold(batch_size: int = 1) -> float:
    """The eta above which the law lives on a Cantor set: the B + 1 images of [-1, 1] no longer touch.

    Images have length 2r and stand 2 eta/B apart, so gaps open where eta/B > 1 - eta, that is eta > B/(B+1).

    Examples
    --------
    >>> round(gap_threshold(2), 6)
    0.666667
    """
    b = checks.batch_size(batch_size)
    return b / (b + 1)


def similarity_dimension(eta: float, batch_size: int = 1) -> float:
    """Entropy of a step over log(1/r), at most 1: the dimension of the law where gaps are open, an upper bound elsewhere.

    Parameters
    ----------
    eta : float in (0, 1)
    batch_size : int

    Returns
    -------
    float in (0, 1]

    Examples
    --------
    >>> round(float(similarity_dimension(eta=0.75)), 6)
    0.5
    """
    r, _, mass = _maps(eta, batch_size)
    return float(min(1.0, -(mass @ np.log(mass)) / np.log(1 / r)))


def information_dimension(eta: float, batch_size: int = 1, finest: int = 12, coarsest: int = 7) -> float:
    """Slope of the entropy of the bins' masses against log(1/width), between 2^coarsest and 2^finest bins of [-1, 1].

    An estimate from exact masses, to about 0.01; it knows nothing of the construction, so it checks `similarity_dimension`.

    Examples
    --------
    >>> round(information_dimension(eta=0.5, finest=8, coarsest=5), 4)
    1.0
    """
    coarsest = checks.count("coarsest", coarsest)
    levels = np.arange(coarsest, checks.count("finest", finest, coarsest + 1) + 1)
    f = two_point_cdf(np.linspace(-1, 1, 2**finest + 1), eta, batch_size)
    entropies = []
    for level in levels:
        mass = np.diff(f[:: 2 ** (finest - level)])
        mass = mass[mass > 0]
        entropies.append(-(mass @ np.log2(mass)))
    return float(np.polyfit(levels, entropies, 1)[0])
