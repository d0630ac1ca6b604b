"""Estimates from samples and runs: means and covariances with their standard errors, distances, orders, rotation.

No theory is in them. `scipy.stats` has a skewness and a Kolmogorov-Smirnov test too; it takes longer to import than all
the rest of the package, and its test computes a probability that nobody here asks for.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array, array, count

__all__ = [
    "batch_means",
    "covariance_and_error",
    "extrapolated_hill",
    "fitted_order",
    "hill",
    "ks_distance",
    "mean_and_error",
    "measured_rotation",
    "skewness",
    "variance_and_error",
]


def mean_and_error(values: Array) -> tuple[Array, Array]:
    """Mean over independent chains and its standard error.

    Parameters
    ----------
    values : array_like of shape (m, ...)
        One value, or array, for each of m >= 2 independent chains.

    Returns
    -------
    estimate, standard_error : ndarrays of shape (...)

    Examples
    --------
    >>> mean, error = mean_and_error([1.0, 3.0, 5.0])
    >>> round(float(mean), 3), round(float(error), 3)
    (3.0, 1.155)
    """
    x = _chains(values)
    return x.mean(axis=0), x.std(axis=0, ddof=1) / np.sqrt(len(x))


def variance_and_error(values: Array) -> tuple[Array, Array]:
    r"""Variance over independent chains (unbiased) and its standard error.

    The standard error comes from the fourth moment, so it holds for values that are not Gaussian:
    :math:`\mathrm{Var}(s^2) = (\mu_4 - \sigma^4 (m-3)/(m-1)) / m`.

    Parameters
    ----------
    values : array_like of shape (m, ...)
        One value, or array, for each of m >= 4 independent chains.

    Returns
    -------
    estimate, standard_error : ndarrays of shape (...)

    Examples
    --------
    >>> variance, error = variance_and_error([0.0, 1.0, 2.0, 3.0, 4.0])
    >>> round(float(variance), 3), round(float(error), 3)
    (2.5, 0.857)
    """
    x = _chains(values, 4)
    m = len(x)
    noise = x - x.mean(axis=0)
    variance = (noise**2).sum(axis=0) / (m - 1)
    spread = (noise**4).mean(axis=0) - variance**2 * (m - 3) / (m - 1)
    return variance, np.sqrt(np.maximum(spread, 0.0) / m)


def covariance_and_error(values: Array) -> tuple[Array, Array]:
    """Covariance matrix over independent chains (unbiased) and the standard error of each entry.

    Parameters
    ----------
    values : array_like of shape (m, d)
        One vector for each of m >= 4 independent chains.

    Returns
    -------
    estimate, standard_error : ndarrays of shape (d, d)

    Examples
    --------
    >>> covariance, error = covariance_and_error([[0.0, 0.0], [1.0, 2.0], [2.0, 4.0], [3.0, 6.0]])
    >>> covariance.round(3).tolist()
    [[1.667, 3.333], [3.333, 6.667]]
    """
    x = _chains(values, 4)
    if x.ndim != 2:
        raise ValueError(f"values of shape {x.shape} is not allowed: its shape must be (m, d)")
    m = len(x)
    noise = x - x.mean(axis=0)
    covariance = noise.T @ noise / (m - 1)
    # The mean square of the products gives their variance without an (m, d, d) array.
    spread = (noise**2).T @ (noise**2) / m - (covariance * (m - 1) / m) ** 2
    return covariance, np.sqrt(np.maximum(spread, 0.0) / (m - 1))


def batch_means(series: Array, n_batches: int = 32) -> tuple[Array, Array]:
    """Mean over time and its standard error, for values that are correlated in time.

    The series is cut into batches; where a batch is much longer than the correlation time, their means are as good as
    independent. Too short a batch gives too small an error: allow at least ten correlation times to a batch.

    Parameters
    ----------
    series : array_like of shape (R, ...)
        A stationary series, time along the first axis. R modulo `n_batches` first entries are left out.
    n_batches : int
        Number of batches, >= 2.

    Returns
    -------
    estimate, standard_error : ndarrays of shape (...)

    Examples
    --------
    >>> mean, error = batch_means([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], n_batches=3)
    >>> round(float(mean), 3), round(float(error), 3)
    (3.5, 1.155)
    """
    n_batches = count("n_batches", n_batches, minimum=2)
    x = array("series", series)
    if x.ndim == 0 or len(x) < n_batches:
        raise ValueError(
            f"series of shape {x.shape} is not allowed: it must have at least n_batches = {n_batches} times"
        )
    x = x[len(x) % n_batches :]
    return mean_and_error(x.reshape(n_batches, -1, *x.shape[1:]).mean(axis=1))


def ks_distance(sample: Array, cdf: Callable[[Array], Array]) -> float:
    """Kolmogorov-Smirnov distance sup |F_m - F| between a sample's distribution function and a continuous one.

    Parameters
    ----------
    sample : ndarray of shape (m,)
        Independent draws.
    cdf : callable
        F, takes and gives arrays.

    Returns
    -------
    float
        For a sample from F itself about 0.87/sqrt(m).

    Examples
    --------
    >>> round(ks_distance([0.1, 0.5, 0.6], lambda x: x), 4)
    0.4
    """
    x = np.sort(checks.array("sample", sample, ndim=1))
    f = checks.function("cdf", cdf)(x)
    after, before = np.arange(1, len(x) + 1) / len(x), np.arange(len(x)) / len(x)
    return float(max((after - f).max(), (f - before).max()))


def skewness(values: Array) -> float:
    """Skewness E(x - mean)^3 / sigma^3 of the uniform law on `values`, shape (n,).

    Examples
    --------
    >>> round(skewness([0.0, 0.0, 0.0, 1.0]), 4)
    1.1547
    """
    x = checks.array("values", values, ndim=1)
    centred = x - x.mean()
    return float(np.mean(centred**3) / checks.positive("standard deviation of values", x.std()) ** 3)


def fitted_order(sizes: Array, errors: Array) -> float:
    """Slope of log(error) against log(size) by least squares: the order of convergence.

    Parameters
    ----------
    sizes, errors : ndarrays of shape (K,)
        Step sizes and positive errors.

    Returns
    -------
    float

    Examples
    --------
    >>> round(fitted_order([0.1, 0.2, 0.4], [0.01, 0.04, 0.16]), 6)
    2.0
    """
    x = checks.array("sizes", sizes, ndim=1)
    y = checks.array("errors", errors, x.shape)
    if len(np.unique(x)) < 2:
        checks.refuse("sizes", sizes, "two different sizes or more")
    if min(x.min(), y.min()) <= 0:
        checks.refuse("errors", errors, "an array of positive numbers, as must sizes")
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def hill(sample: Array, k: int) -> tuple[float, float]:
    r"""Hill's estimate of a tail exponent from the k largest values, and its standard error.

    With S the sum of log(X_(i) / X_(k+1)) over the k largest it is (k-1)/S: of a law that is a pure power beyond X_(k+1), S has
    the law Gamma(k, 1/alpha), for which (k-1)/S has mean alpha and standard deviation alpha/sqrt(k-2); k/S is too large by k/(k-1).
    Of other laws it has a bias that this error does not hold: `theory.hill_limit`.

    Parameters
    ----------
    sample : ndarray of shape (m,)
        Independent values: one for each chain. Their absolute values count.
    k : int
        How many of the largest, 3 to m - 1; to be chosen before looking.

    Returns
    -------
    estimate, standard_error : float

    Examples
    --------
    >>> exponent, error = hill(1 / np.linspace(0.01, 1.0, 100) ** 0.5, k=20)
    >>> round(exponent, 2), round(error, 2)
    (2.05, 0.48)
    """
    return _hill(_largest_first(sample), k)


def extrapolated_hill(sample: Array, k: int, delta: float, ratio: int = 8) -> tuple[float, float]:
    """Hill's estimate with the first-order bias removed, from two thresholds, and its standard error.

    Above the threshold u the bias is const u^-delta to first order; the estimates from the k and the `ratio` k largest values have
    different thresholds, and together give the one without. Its error is larger, and what is left of the bias is of second order.

    Parameters
    ----------
    sample : ndarray of shape (m,)
        As in `hill`.
    k : int
        Values above the higher threshold.
    delta : float
        The power with which the bias falls off, > 0; 2 as a rule for smooth laws that are symmetric.
    ratio : int
        How many times more are above the lower threshold, >= 2.

    Returns
    -------
    estimate, standard_error : float

    Examples
    --------
    >>> t = np.random.default_rng(1).standard_t(3, size=10**5)
    >>> estimate, error = extrapolated_hill(t, k=500, delta=2.0)
    >>> abs(estimate - 3) < 4 * error
    True
    """
    ratio = count("ratio", ratio, minimum=2)
    x = _largest_first(sample)
    (high, error), (low, error_low) = _hill(x, k), _hill(x, ratio * k)
    share = 1 / ((x[k] / x[ratio * k]) ** checks.positive("delta", delta) - 1)
    # The values above the higher threshold are in both: the covariance of the two is the variance of the lower one's.
    variance = (1 + share) ** 2 * error**2 - share * (2 + share) * error_low**2
    return float(high + share * (high - low)), float(np.sqrt(variance))


def measured_rotation(states: Array, dt: float, center: Array | float = 0.0) -> Array:
    """Rotation rate of each chain in the plane: the time average of (phi_1 phi'_2 - phi_2 phi'_1)/dt over its steps.

    Parameters
    ----------
    states : ndarray of shape (R, m, 2)
        R states of m chains, every step recorded, at stationarity.
    dt : float
        Time between states: eta for SGD.
    center : ndarray of shape (2,)
        Where to measure from; the mean does not depend on it, the scatter does.

    Returns
    -------
    ndarray of shape (m,)
        One value for each chain, to be compared with entry [0, 1] of `rotation_rate`.

    Examples
    --------
    >>> circle = np.array([[[1.0, 0.0]], [[0.0, 1.0]], [[-1.0, 0.0]]])
    >>> measured_rotation(circle, 0.5).tolist()
    [2.0]
    """
    x = checks.array("states", states, (None, None, 2)) - checks.array("center", center)
    before, after = x[:-1], x[1:]
    return (before[..., 0] * after[..., 1] - before[..., 1] * after[..., 0]).mean(axis=0) / checks.positive("dt", dt)


def _chains(values: Array, least: int = 2) -> Array:
    x = array("values", values, booleans=True)  # whose mean is a share
    if x.ndim == 0 or len(x) < least:
        raise ValueError(f"values of shape {x.shape} is not allowed: it must have at least {least} chains on axis 0")
    return x


def _largest_first(sample: Array) -> Array:
    return np.sort(np.abs(checks.array("sample", sample, ndim=1)))[::-1]


def _hill(x: Array, k: int) -> tuple[float, float]:
    k = count("k", k, minimum=3, maximum=len(x) - 1)
    estimate = float((k - 1) / np.log(x[:k] / checks.positive("value k + 1 of sample", x[k])).sum())
    return estimate, estimate / float(np.sqrt(k - 2))
