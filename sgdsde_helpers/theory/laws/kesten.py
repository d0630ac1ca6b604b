"""Power-law tails of SGD where the noise multiplies the state: Kesten's exponent, and the SDE's.

Far from the minimiser one step is phi' = (1 - eta h_b) phi with a random curvature h_b. A law with P(|phi| > r) ~ r^-alpha
keeps its tail if E|1 - eta h_b|^alpha = 1 (Kesten 1973). The SDE's noise variance eta Var(h) phi^2 / B gives the density a
tail of exponent alpha + 1 with alpha = 1 + 2 B E[h] / (eta Var h).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import logsumexp

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.theory._loss import one_parameter
from sgdsde_helpers.theory.moments.affine import affine_gradients

__all__ = ["batch_mean_law", "kesten_exponent", "kesten_limit", "plane_kesten_exponent", "sde_tail_exponent"]


def batch_mean_law(curvatures: Array | Loss, batch_size: int, weights: Array | None = None) -> tuple[Array, Array]:
    """Values and probabilities of the mean of B independent draws.

    Parameters
    ----------
    curvatures : ndarray of shape (n,)
        Values of one draw.
    batch_size : int
        B.
    weights : ndarray of shape (n,), optional
        Their probabilities; equal by default.

    Returns
    -------
    values, weights : ndarrays of shape (k,)

    Raises
    ------
    ValueError
        If there are more than a million distinct means.

    Examples
    --------
    >>> values, probability = batch_mean_law([1.0, 3.0], batch_size=2)
    >>> values.round(4), probability.round(4)
    (array([1., 2., 3.]), array([0.25, 0.5 , 0.25]))
    """
    h, w = _law(curvatures, weights)
    size = checks.batch_size(batch_size)
    sums, probability, unit = h, w, 2.0 ** np.floor(np.log2(np.abs(h).max()))  # a power of 2, that rounds nothing
    for _ in range(size - 1):
        if len(sums) * len(h) > 10**6:
            raise ValueError(f"batch_size = {size} is not allowed: the mean of so many draws takes over 10^6 values")
        every = np.round((sums[:, None] + h).ravel() / unit, 12)  # equal sums, added in another order, are one
        sums, place = np.unique(every, return_inverse=True)
        sums = sums * unit
        probability = np.bincount(place, (probability[:, None] * w).ravel())
    return sums / size, probability


def kesten_exponent(curvatures: Array | Loss, eta: float, batch_size: int = 1, weights: Array | None = None) -> float:
    """The alpha > 0 with E|1 - eta h_b|^alpha = 1: P(|phi| > r) falls like r^-alpha, and moments exist below alpha.

    Parameters
    ----------
    curvatures : array_like of shape (n,), or Loss
        h_k; in one-dimensional least squares x_k^2. Their mean must be positive. Of a loss, those of its examples.
    eta : float
        Learning rate.
    batch_size : int
        B, drawn with replacement.
    weights : ndarray of shape (n,), optional
        Probabilities of the curvatures, for a quadrature of a continuous law; equal by default.

    Returns
    -------
    float
        Infinity where no step ever expands: then the law is bounded.

    Raises
    ------
    DivergenceError
        If E log|1 - eta h_b| >= 0: then there is no stationary law.

    Examples
    --------
    >>> round(kesten_exponent([6.0, 1.0, 1.0, 1.0], eta=0.5), 6)
    1.584963
    """
    h, w = batch_mean_law(curvatures, batch_size, weights)
    eta = checks.positive("eta", eta)
    with np.errstate(divide="ignore"):
        growth = np.log(np.abs(1 - eta * h))
    mean = float(np.sum(w * growth))
    if mean >= 0:
        checks.diverges(eta, None, f"E log|1 - eta h| = {mean:.4g}, and a stationary law needs it < 0")
    return _root(growth, w)


def kesten_limit(curvatures: Array | Loss, batch_size: int = 1, weights: Array | None = None) -> float:
    """The limit c of eta alpha as eta goes to 0 at fixed curvatures: E exp(-c h / B) = 1.

    |1 - eta h_b|^(c/eta) tends to exp(-c h_b), whose mean over a batch is the B-th power of the mean of exp(-c h / B). The
    SDE keeps only two cumulants and has 2 B E[h] / Var h instead. Finite only where some curvatures are negative.

    Parameters
    ----------
    curvatures, batch_size, weights
        As in `kesten_exponent`.

    Returns
    -------
    float
        Infinity where no curvature is negative.

    Examples
    --------
    >>> round(float(kesten_limit([-0.5, 1.0, 4.0])), 4)
    2.115
    """
    h, w = _law(curvatures, weights)
    return checks.batch_size(batch_size) * _root(-h, w)


def plane_kesten_exponent(matrices: Array, weights: Array | None = None, points: int = 720) -> float:
    r"""The tail exponent of phi' = A phi + q in the plane, with a random matrix A: momentum's state has two numbers.

    The norm of a product of matrices depends on their order, so no single step decides. But E|A_n ... A_1 u|^a grows like
    rho^n with rho the largest eigenvalue of f(u) -> E |A u|^a f(direction of A u), a positive operator on the directions of the
    plane; alpha is where rho = 1 (Kesten 1973). Here on a grid of directions, with f interpolated between them.

    Parameters
    ----------
    matrices : ndarray of shape (k, 2, 2)
        Values of A. They must not all keep one line, or a finite set of lines, fixed.
    weights : ndarray of shape (k,), optional
        Their probabilities; equal by default.
    points : int
        Directions; the error falls like one over their square.

    Returns
    -------
    float
        Infinity where it is above 100, as where no product expands.

    Raises
    ------
    ValueError
        If long products grow, so that there is no stationary law.

    Examples
    --------
    >>> turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    >>> round(plane_kesten_exponent([0.5 * turn, 2.0 * turn], weights=[0.8, 0.2]), 4)
    2.0
    """
    from scipy.sparse import csr_array

    a = checks.array("matrices", matrices, (None, 2, 2))
    w = _probabilities(weights, len(a))
    n = checks.count("points", points, minimum=8)
    angle = np.pi * np.arange(n) / n
    image = a @ np.stack([np.cos(angle), np.sin(angle)])  # (k, 2, n)
    with np.errstate(divide="ignore"):
        growth = np.log(np.hypot(image[:, 0], image[:, 1]))
    place = np.arctan2(image[:, 1], image[:, 0]) % np.pi * n / np.pi
    below = np.floor(place).astype(int)
    row = np.broadcast_to(np.arange(n), below.shape).ravel()

    def log_moment(power: float) -> float:
        top = growth.max() * power
        size = w[:, None] * np.exp(power * growth - top)
        entries = np.concatenate([(size * (1 - place + below)).ravel(), (size * (place - below)).ravel()])
        columns = np.concatenate([below.ravel() % n, (below.ravel() + 1) % n])
        operator = csr_array((entries, (np.tile(row, 2), columns)), shape=(n, n))
        f, before = np.ones(n), 0.0
        for _ in range(1000):  # the power method: all entries are >= 0
            f = operator @ f
            size = f.max()
            if abs(size - before) <= 1e-13 * size:
                break
            f, before = f / size, size
        return float(top + np.log(size))

    if log_moment(1e-4) >= 0:
        checks.refuse("matrices", matrices, "such that long products shrink: else there is no stationary law")
    return moment_root(log_moment) if log_moment(100.0) > 0 else np.inf


def sde_tail_exponent(curvatures: Array | Loss, eta: float, batch_size: int = 1, weights: Array | None = None) -> float:
    """The SDE's alpha = 1 + 2 B E[h] / (eta Var h): P(|phi| > r) falls like r^-alpha. Arguments as in `kesten_exponent`.

    Its stationary density is proportional to v^-1 exp(-integral 2 h phi/v) with v ~ eta Var(h) phi^2 / B far out.

    Examples
    --------
    >>> round(float(sde_tail_exponent([1.0, 2.0, 4.0], eta=0.1)), 4)
    31.0
    """
    h, w = _law(curvatures, weights)
    mean = np.sum(w * h)
    variance = np.sum(w * (h - mean) ** 2)
    noise = checks.positive("eta", eta) * variance / checks.batch_size(batch_size)
    return float(1 + 2 * mean / noise) if noise else np.inf


def _law(curvatures: Array | Loss, weights: Array | None) -> tuple[Array, Array]:
    if isinstance(curvatures, Loss):
        curvatures = affine_gradients(one_parameter(curvatures)).curvatures.ravel()
    h = checks.array("curvatures", curvatures, ndim=1)
    w = _probabilities(weights, len(h))
    if np.sum(w * h) <= 0:
        checks.refuse("curvatures", curvatures, "an array of positive mean")
    return h, w


def _probabilities(weights: Array | None, n: int) -> Array:
    w = np.full(n, 1 / n) if weights is None else checks.array("weights", weights, (n,))
    if w.min() < 0 or w.sum() <= 0:
        checks.refuse("weights", weights, "an array of numbers >= 0 that are not all 0")
    return w / w.sum()


def _root(growth: Array, w: Array) -> float:
    """The positive zero of log E exp(a growth)."""
    if growth[w > 0].max() <= 0:
        return np.inf
    return moment_root(lambda a: float(logsumexp(a * growth, b=w)))


def moment_root(log_moment: Callable[[float], float]) -> float:
    """The positive zero of a convex function of a that is 0 at 0, falls there and grows without bound."""
    from scipy.optimize import brentq  # imported late: it takes longer than all the rest

    high = 1.0
    while log_moment(high) <= 0:
        high *= 2
    low = high / 2
    while log_moment(low) >= 0:
        low /= 2
    return float(brentq(log_moment, low, high, xtol=1e-14, rtol=1e-13))
