"""Power-law tails with Gaussian features, and what Hill's estimator reads of a tail.

Least squares with features x ~ N(0, I) in d dimensions, fresh at every step. Far out a step is phi' = A phi with
A = I - (eta/B) sum x x'. The law of x is the same in all directions, so |A u| has one law for all unit vectors u and is
independent of where A u points: the norm of phi is multiplied by independent factors, and Kesten's equation E|A u|^alpha = 1
is one of numbers. With s = chi^2_B / B, the square of the projection on u averaged over the batch, and w = chi^2_{d-1}

    |A u|^2 = (1 - eta s)^2 + eta^2 s w / B                         SGD,
    |A u|^2 = (1 - eta + eta sqrt(2/B) z)^2 + eta^2 w / B           Gaussian SGD, z normal.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import numpy as np
from scipy.special import gammaln, lambertw, logsumexp, stdtr

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array
from sgdsde_helpers.theory.laws.density import increasing_grid
from sgdsde_helpers.theory.laws.kesten import moment_root

__all__ = [
    "gaussian_features_exponent",
    "gaussian_features_limit",
    "gaussian_features_sde_survival",
    "hall_bias",
    "hill_limit",
]

_ARMS = ("SGD", "Gaussian SGD", "SDE")


def gaussian_features_exponent(eta: float, batch_size: int = 1, d: int = 1, arm: str = "SGD") -> float:
    r"""The tail exponent alpha of least squares with Gaussian features: :math:`P(|\Phi| > r)` falls like r^-alpha.

    The SDE has noise of covariance (eta/B) (|phi|^2 I + phi phi') far out. Its generator takes |phi|^a to
    a (-1 + (eta/B)(a - 1) + (eta/B)(d - 1)/2) |phi|^a, which is 0 at alpha = B/eta + (3 - d)/2.

    Parameters
    ----------
    eta : float
        Learning rate; the features have variance 1 in every direction.
    batch_size : int
        B.
    d : int
        Number of parameters.
    arm : str
        "SGD", "Gaussian SGD" or "SDE".

    Returns
    -------
    float

    Raises
    ------
    DivergenceError
        If there is no stationary law.

    Examples
    --------
    >>> round(gaussian_features_exponent(2 / 3), 6), gaussian_features_exponent(2 / 3, arm="SDE")
    (2.0, 2.5)
    """
    eta, size, d = checks.positive("eta", eta), checks.batch_size(batch_size), checks.count("d", d)
    if checks.one_of("arm", arm, _ARMS) == "SDE":
        alpha = size / eta + (3 - d) / 2
        if alpha <= 0:
            checks.diverges(eta, 2 * size / (d - 3), "the SDE has no stationary law")
        return alpha
    log_moment = partial(_log_moment, eta=eta, size=size, d=d, arm=arm)
    if log_moment(1e-6) >= 0:
        checks.diverges(eta, None, "E log|A u| is not negative, and a stationary law needs it to be")
    return moment_root(log_moment)


def gaussian_features_limit(batch_size: int = 1, arm: str = "SGD") -> float:
    r"""The limit c of eta alpha as eta goes to 0 with Gaussian features, in any number of dimensions.

    Steps of ordinary size shrink the state; |1 - eta s|^(c/eta) with s = y/eta, of density about exp(-B y / (2 eta)), is what
    brings the mean back to 1: a batch whose curvature is y/eta. To leading order max over y of c log(y - 1) - B y/2 is 0, at
    y = 1 + 2c/B: with u = 2c/B that is u (log u - 1) = 1. Gaussian noise has no such batches, and c = B.

    Parameters
    ----------
    batch_size, arm
        As in `gaussian_features_exponent`.

    Returns
    -------
    float

    Examples
    --------
    >>> round(gaussian_features_limit(), 4), gaussian_features_limit(arm="SDE")
    (1.7956, 1.0)
    """
    size = checks.batch_size(batch_size)
    if checks.one_of("arm", arm, _ARMS) != "SGD":
        return float(size)
    return float(size * np.exp(1 + lambertw(np.exp(-1.0)).real) / 2)


def gaussian_features_sde_survival(r: Array, eta: float, batch_size: int = 1, noise: float = 1.0) -> Array:
    r"""P(|Phi| > r) under the SDE of one Gaussian feature, whose labels have standard deviation `noise`.

    Its noise per unit of time is (eta/B)(noise^2 + 2 phi^2), so its density is (noise^2 + 2 phi^2)^(-1 - B/(2 eta)): with
    nu = 1 + B/eta the variable phi sqrt(2 nu)/noise has Student's law of nu degrees of freedom.

    Parameters
    ----------
    r : array
        Distances >= 0 from the minimiser.
    eta, batch_size
        As in `gaussian_features_exponent`.
    noise : float
        Standard deviation of the labels, > 0.

    Returns
    -------
    ndarray of the shape of `r`

    Examples
    --------
    >>> gaussian_features_sde_survival([0.0, 0.5, 1.0], eta=0.5, batch_size=2).round(4)
    array([1.    , 0.1747, 0.025 ])
    """
    distance = checks.array("r", r)
    if distance.min() < 0:
        checks.refuse("r", r, "an array of numbers >= 0")
    nu = gaussian_features_exponent(eta, batch_size, arm="SDE")
    return 2 * stdtr(nu, -distance * np.sqrt(2 * nu) / checks.positive("noise", noise))


def hill_limit(grid: Array, survival: Array, alpha: float) -> Array:
    r"""What Hill's estimator reads above each threshold, of a known law: :math:`G(u) / \int_u^\infty G(x)\,dx/x`.

    The mean of log(X/u) over X > u is that integral over G(u); Hill's estimator is one over it, and alpha only for a pure power.

    Parameters
    ----------
    grid : ndarray of shape (K,)
        Thresholds > 0, increasing, dense enough for the trapezium rule in log x.
    survival : ndarray of shape (K,)
        G = P(X > x) there, > 0.
    alpha : float
        The exponent, for the part of the integral beyond the last threshold.

    Returns
    -------
    ndarray of shape (K,)

    Examples
    --------
    >>> x = np.geomspace(1.0, 1e4, 2001)
    >>> hill_limit(x, x**-3.0, alpha=3.0)[[0, -1]].round(4)
    array([3., 3.])
    """
    x, tail = increasing_grid(grid), checks.array("survival", survival, ndim=1)
    if x[0] <= 0:
        checks.refuse("grid", grid, "an array of numbers > 0")
    if tail.shape != x.shape or tail.min() <= 0:
        checks.refuse("survival", survival, f"{len(x)} numbers > 0, one for each of the grid")
    parts = np.diff(np.log(x)) * (tail[1:] + tail[:-1]) / 2
    beyond = tail[-1] / checks.positive("alpha", alpha)
    return tail / (beyond + np.append(np.cumsum(parts[::-1])[::-1], 0.0))


def hall_bias(u: Array, alpha: float, coefficient: float, delta: float) -> Array:
    r"""Bias of Hill's estimator above the threshold u to first order: alpha D delta u^-delta / (alpha + delta).

    For :math:`P(X > x) = C x^{-\alpha} (1 + D x^{-\delta} + \dots)` the mean of log(X/u) over X > u is
    (1 - D delta u^-delta / (alpha + delta)) / alpha (Hall 1982). D < 0 makes Hill read low.

    Parameters
    ----------
    u : array
        Thresholds > 0.
    alpha : float
        The exponent.
    coefficient : float
        D.
    delta : float
        How the correction to the power falls off, > 0.

    Returns
    -------
    ndarray of the shape of `u`

    Examples
    --------
    >>> hall_bias([10.0, 20.0], alpha=3.0, coefficient=-1.0, delta=2.0).round(4)
    array([-0.012, -0.003])
    """
    thresholds = checks.array("u", u)
    if thresholds.min() <= 0:
        checks.refuse("u", u, "an array of numbers > 0")
    a, power = checks.positive("alpha", alpha), checks.positive("delta", delta)
    return a * checks.number("coefficient", coefficient) * power * thresholds**-power / (a + power)


def _log_moment(a: float, eta: float, size: int, d: int, arm: str) -> float:
    """log E|A u|^a."""
    reach = np.sqrt(2 * a + d) + 12.0  # beyond the peaks, which are bells of width about 1
    if arm == "SGD":
        root, log_weight = _split(0.0, np.sqrt(size / eta), np.sqrt(2 * a + size / eta + size) + 12.0)
        log_weight = log_weight + _log_chi(root, size)
        along, across = 1 - eta * root**2 / size, eta**2 * root**2 / size**2
    else:
        slope = eta * np.sqrt(2 / size)
        z, log_weight = _split(-reach, -(1 - eta) / slope, reach)
        log_weight = log_weight - z**2 / 2 - np.log(2 * np.pi) / 2
        along, across = 1 - eta + slope * z, np.full_like(z, eta**2 / size)
    with np.errstate(divide="ignore"):
        if d == 1:
            return float(logsumexp(log_weight + a * np.log(np.abs(along))))
        side, log_side = _split(0.0, 0.0, reach)
        log_side = log_side + _log_chi(side, d - 1)
        growth = np.log(along[:, None] ** 2 + across[:, None] * side**2) / 2
    return float(logsumexp(log_weight[:, None] + log_side + a * growth))


def _split(low: float, corner: float, high: float) -> tuple[Array, Array]:
    """Places and log weights of a quadrature from low to high, with the integrand's corner as an end of its two parts."""
    ends = [low, *([corner] if low < corner < high else []), high]
    parts = [_tanh_sinh(a, b) for a, b in pairwise(ends)]
    return np.concatenate([places for places, _ in parts]), np.log(np.concatenate([weights for _, weights in parts]))


def _tanh_sinh(a: float, b: float) -> tuple[Array, Array]:
    """Places and weights on (a, b), a fourth apart or less; a power's corner at an end costs no accuracy."""
    t, dt = np.linspace(-3, 3, 200 + int(20 * (b - a)), retstep=True)
    share = 1 / (1 + np.exp(-np.pi * np.sinh(t)))
    return a + (b - a) * share, (b - a) * dt * np.pi * np.cosh(t) * share * share[::-1]


def _log_chi(x: Array, k: int) -> Array:
    """Log density of the root of chi^2 with k degrees of freedom, at x > 0."""
    return (k - 1) * np.log(x) - x**2 / 2 - (k / 2 - 1) * np.log(2.0) - gammaln(k / 2)
