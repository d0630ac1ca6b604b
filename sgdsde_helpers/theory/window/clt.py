"""How far a sum of N independent terms is from Gaussian: Kolmogorov-Smirnov distances and the constants of their 1/sqrt(N).

Esseen (1945): for terms of variance sigma^2, skewness gamma and lattice span h (0 where there is no lattice),
sup |F_N - Phi| = (|gamma|/6 + h/(2 sigma)) / sqrt(2 pi N) + o(1/sqrt(N)).
"""

from __future__ import annotations

import numpy as np
from scipy.special import bdtr, gammainc, ndtr

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array
from sgdsde_helpers.measure import skewness

__all__ = [
    "binomial_cdf",
    "binomial_ks",
    "binomial_worst_point",
    "characteristic_width",
    "edgeworth_cdf",
    "esseen_ks",
    "exponential_cdf",
    "gaussian_ks",
    "lattice_constant",
    "lattice_half_step",
    "lattice_span",
    "skew_constant",
    "stable_width",
]

_PEAK = 1 / np.sqrt(2 * np.pi)  # the standard Gaussian density at zero


def lattice_span(values: Array) -> float:
    """Span h of the lattice a + h Z that holds all `values`, shape (n,); 0.0 where they lie on none.

    Euclid's algorithm on the differences; a span below 1e-4 of the range counts as none.

    Examples
    --------
    >>> lattice_span([0.0, 1.5, 4.5])
    1.5
    """
    x = np.unique(checks.array("values", values, ndim=1))
    reach = x[-1] - x[0]
    span = 0.0
    for difference in np.diff(x):
        a, b = difference, span
        while b > 1e-9 * reach:  # a remainder this small is rounding
            a, b = b, min(a % b, b - a % b)
        span = a
    return float(span) if span > 1e-4 * reach else 0.0


def skew_constant(gamma: float) -> float:
    """Coefficient |gamma| / (6 sqrt(2 pi)) of 1/sqrt(N) from the skewness gamma of one term.

    Examples
    --------
    >>> round(float(skew_constant(2.0)), 6)
    0.132981
    """
    return abs(checks.number("gamma", gamma)) * _PEAK / 6


def lattice_constant(span: float, standard_deviation: float) -> float:
    """Coefficient h / (2 sigma sqrt(2 pi)) of 1/sqrt(N) from a lattice of span h: half the largest step of F_N.

    Examples
    --------
    >>> round(float(lattice_constant(span=2.0, standard_deviation=1.0)), 6)
    0.398942
    """
    return checks.non_negative("span", span) * _PEAK / (2 * checks.positive("standard_deviation", standard_deviation))


def lattice_half_step(z: Array | float, span: float, standard_deviation: float) -> Array:
    """Half a step of sqrt(N) F_N at the standardised points `z`, h phi(z) / (2 sigma), for terms on a lattice of span h.

    Examples
    --------
    >>> lattice_half_step([0.0, 1.0], span=2.0, standard_deviation=1.0).round(6)
    array([0.398942, 0.241971])
    """
    return lattice_constant(span, standard_deviation) * np.exp(-(checks.array("z", z) ** 2) / 2)


def stable_width(n: Array | int, width: float, alpha: float) -> Array:
    """Characteristic width n^(1/alpha) w of a sum of n terms of a symmetric stable law of exponent alpha and width w.

    Examples
    --------
    >>> stable_width([4, 16], width=1.0, alpha=2.0).round(6)
    array([2., 4.])
    """
    return checks.positive("width", width) * checks.lengths("n", n) ** (1 / checks.positive("alpha", alpha))


def esseen_ks(values: Array, n: Array | int) -> float | Array:
    """Predicted distance of a standardised sum of n draws from `values`: (skew + lattice constant) / sqrt(n).

    Parameters
    ----------
    values : ndarray of shape (k,)
        One draw is uniform on these.
    n : int or array of int
        Number of terms.

    Returns
    -------
    float or array

    Examples
    --------
    >>> round(float(esseen_ks([-1.0, 1.0], 100)), 6)
    0.039894
    """
    x = checks.array("values", values, ndim=1)
    return (skew_constant(skewness(x)) + lattice_constant(lattice_span(x), x.std())) / np.sqrt(checks.lengths("n", n))


def edgeworth_cdf(z: Array | float, gamma: float, n: int) -> float | Array:
    """Edgeworth's first correction Phi(z) - gamma (z^2 - 1) phi(z) / (6 sqrt(n)) for a sum of n terms of skewness gamma.

    Parameters
    ----------
    z : float or array
        Standardised values.
    gamma : float
        Skewness of one term.
    n : int
        Number of terms.

    Returns
    -------
    float or array

    Examples
    --------
    >>> edgeworth_cdf([0.0, 1.0], gamma=2.0, n=100).round(6)
    array([0.513298, 0.841345])
    """
    z = checks.array("z", z)
    density = _PEAK * np.exp(-(z**2) / 2)
    correction = checks.number("gamma", gamma) * (z**2 - 1) * density / (6 * np.sqrt(checks.count("n", n)))
    return ndtr(z) - correction


def exponential_cdf(z: Array | float, n: int) -> Array:
    """Distribution function of the standardised sum of n exponential variables at the points `z`.

    Examples
    --------
    >>> exponential_cdf([-2.0, 0.0, 2.0], n=4).round(6)
    array([0.     , 0.56653, 0.95762])
    """
    n = checks.count("n", n)
    return gammainc(n, np.maximum(n + np.sqrt(n) * checks.array("z", z), 0.0))


def binomial_cdf(z: Array | float, p: float, n: int) -> Array:
    """Distribution function of the standardised binomial law, n trials of probability p, at the points `z`.

    Examples
    --------
    >>> binomial_cdf([-0.9, 0.1, 1.1], p=0.5, n=4).round(6)
    array([0.3125, 0.6875, 0.9375])
    """
    n, p = checks.count("n", n), _probability(p)
    k = np.floor(n * p + checks.array("z", z) * np.sqrt(n * p * (1 - p)))
    return np.where(k < 0, 0.0, bdtr(np.clip(k, 0, n), n, p))


def binomial_worst_point(p: float, n: int) -> tuple[float, float, float]:
    """Where the standardised binomial law lies farthest from the Gaussian: the point z, and F_n(z) less the Gaussian.

    The supremum sits at a step of F: both its sides are looked at. A point between two steps stands for the whole flat
    piece between them, so z is moved half a step away from the jump, to the side of the limit: no rounding can matter there.

    Parameters
    ----------
    p : float
        Probability of success, in (0, 1).
    n : int
        Number of trials.

    Returns
    -------
    z, level, gap : float
        F_n(z) is `level` + `gap`, and `level` the Gaussian's distribution function at the jump itself.

    Examples
    --------
    >>> [round(float(number), 4) for number in binomial_worst_point(p=0.3, n=10)]
    [0.345, 0.5, 0.1496]
    """
    n, p = checks.count("n", n), _probability(p)
    step = 1 / np.sqrt(n * p * (1 - p))
    jumps = (np.arange(n + 1) - n * p) * step
    after = bdtr(np.arange(n + 1), n, p)
    gaps = np.array([after, np.concatenate([[0.0], after[:-1]])]) - ndtr(jumps)
    side, worst = np.unravel_index(np.abs(gaps).argmax(), gaps.shape)
    z = jumps[worst] + (step / 2 if side == 0 else -step / 2)
    return float(z), float(ndtr(jumps[worst])), float(gaps[side, worst])


def binomial_ks(p: float, n: int) -> float:
    """Exact distance between the standardised binomial law with n trials of probability p and the Gaussian.

    Parameters and the reason as in `binomial_worst_point`.

    Examples
    --------
    >>> round(float(binomial_ks(p=0.3, n=10)), 6)
    0.149611
    """
    return abs(binomial_worst_point(p, n)[2])


def characteristic_width(values: Array, n: int = 1) -> float:
    """Width w of a sum S of n draws from `values` about its mean: the largest w with |E exp(iS/w)| = exp(-1/2).

    For a Gaussian law w is the standard deviation; unlike it, w needs no moment to be finite. The characteristic function
    of the sum is the n-th power of that of one draw, so nothing is approximated.

    Parameters
    ----------
    values : ndarray of shape (k,)
        One draw is uniform on these.
    n : int
        Number of terms.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the values are all equal, or |E exp(iS/w)| stays above exp(-1/2), as it does where S is nearly always the same.

    Examples
    --------
    >>> round(float(characteristic_width([-1.0, 1.0], n=100)), 4)
    10.0083
    """
    from scipy.optimize import brentq  # imported late: it takes longer than all the rest

    x = checks.array("values", values, ndim=1)
    x = x - x.mean()
    deviation = checks.positive("standard deviation of values", x.std())
    target = -0.5 / checks.count("n", n)

    def excess(log_width: float) -> float:
        angle = x * np.exp(-log_width)
        return np.log(np.hypot(np.cos(angle).mean(), np.sin(angle).mean()) + 1e-300) - target

    high = np.log(deviation * np.sqrt(n)) + 1.0  # wider than this no law is: |E exp(iS/w)| >= 1 - Var S / (2 w^2)
    low = high - 0.05
    while excess(low) > 0:  # downwards in small steps, so that the largest root is the one found
        if low < high - 20:
            raise ValueError(
                "values of this law are not allowed: |E exp(iS/w)| stays above exp(-1/2), so it has no width"
            )
        low -= 0.05
    return float(np.exp(brentq(excess, low, low + 0.05, xtol=1e-13)))


def gaussian_ks(mean: float, variance: float, other_mean: float = 0.0, other_variance: float = 1.0) -> float:
    """Exact distance between two Gaussian laws: their distribution functions differ most where the densities cross.

    Parameters
    ----------
    mean, variance, other_mean, other_variance : float
        The two laws.

    Returns
    -------
    float

    Examples
    --------
    >>> round(gaussian_ks(0.0, 1.1), 6)
    0.011529
    """
    s2 = checks.positive("variance", variance) / checks.positive("other_variance", other_variance)
    m = (checks.number("mean", mean) - checks.number("other_mean", other_mean)) / np.sqrt(other_variance)
    # (z - m)^2 / s2 + log s2 = z^2, solved without cancellation where s2 is close to one
    a, b, c = 1 - s2, -2 * m, m**2 + s2 * np.log(s2)
    root = np.sqrt(max(b**2 - 4 * a * c, 0.0))
    q = -(b + np.copysign(root, b)) / 2
    crossings = [c / q if q else 0.0] + ([q / a] if a else [])
    return float(max(abs(ndtr((z - m) / np.sqrt(s2)) - ndtr(z)) for z in crossings))


def _probability(p) -> float:
    if checks.positive("p", p) >= 1:
        checks.refuse("p", p, "a number in (0, 1)")
    return float(p)
