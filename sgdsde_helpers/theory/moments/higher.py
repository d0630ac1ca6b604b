"""Moments of every order of the stationary law on one parameter with affine gradients: of SGD, and of three SDEs.

With u = phi - phi* a batch has the gradient h_b u - c_b, E c_b = 0. A step multiplies and adds, so E u'^p is a sum of
lower moments and of E u^p itself: the moments close, one after the other. So do those of an SDE with linear drift and
quadratic noise (Pearson's diffusions).
"""

from __future__ import annotations

from math import comb

import numpy as np

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.theory._loss import one_parameter
from sgdsde_helpers.theory.moments.affine import affine_gradients

__all__ = ["sde_higher_moments", "sgd_higher_moments"]


def sgd_higher_moments(loss: Loss, eta: float, batch_size: int = 1, *, order: int = 4) -> Array:
    """Central moments E (phi - phi*)^p of SGD's stationary law, p = 0, ..., order, exact at every eta.

    Batches are drawn with replacement. Cost: B order^4 operations, whatever n, after one pass over the data.

    Parameters
    ----------
    loss : Loss
        With one parameter and affine per-example gradients.
    eta : float
        Learning rate.
    batch_size : int
        B.
    order : int
        The highest p, >= 2.

    Returns
    -------
    ndarray of shape (order + 1,)

    Raises
    ------
    DivergenceError
        If one of the moments is infinite: E|1 - eta h_b|^p >= 1.

    Notes
    -----
    Chapter 22, equation eq-score-moments.

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> sgd_higher_moments(MeanEstimation([-1.0, 1.0]), eta=0.5).round(6).tolist()  # the uniform law on (-1, 1)
    [1.0, 0.0, 0.333333, 0.0, 0.2]
    """
    h, c = _centred(loss)
    eta, size, order = checks.positive("eta", eta), checks.batch_size(batch_size), _order(order)
    # joint[i, j] = E a^i b^j of one step u' = a u + b, a = 1 - eta h_b, b = eta c_b; those of a sum of B draws by convolution
    powers = np.arange(order + 1)
    one = np.array([[np.mean((1 - eta * h) ** i * (eta * c) ** j) for j in powers] for i in powers])
    total = one
    for _ in range(size - 1):
        total = _of_sum(total, one)
    joint = total / float(size) ** np.add.outer(powers, powers)
    rows = np.zeros((order + 1, order + 1))
    for p in powers:
        for k in range(p + 1):
            rows[p, k] = comb(p, k) * joint[k, p - k]
    return _solve(rows - np.eye(order + 1), eta, "E|1 - eta h_b|^p >= 1")


def sde_higher_moments(
    loss: Loss, eta: float, batch_size: int = 1, *, order: int = 4, equation: str = "first order"
) -> Array:
    """Central moments E (phi - phi*)^p of an SDE's stationary law, p = 0, ..., order.

    Parameters
    ----------
    loss, eta, batch_size, order
        As in `sgd_higher_moments`.
    equation : {"first order", "second order", "second order, noise too"}
        The SDE of SGD, with drift -h u and noise eta sigma^2(u)/B per unit time (Ito); the same with the drift
        -(h + eta h^2/2) u (Li, Tai, E 2017); and that with the noise times 1 + eta h, which has SGD's variance to second order.

    Returns
    -------
    ndarray of shape (order + 1,)

    Raises
    ------
    DivergenceError
        If one of the moments is infinite.

    Notes
    -----
    Chapter 22, equation eq-score-pearson.

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> sde_higher_moments(MeanEstimation([-1.0, 1.0]), eta=0.5).round(6).tolist()  # a Gaussian of variance 1/4
    [1.0, 0.0, 0.25, 0.0, 0.1875]
    """
    curvatures, constants = _centred(loss)
    eta, size, order = checks.positive("eta", eta), checks.batch_size(batch_size), _order(order)
    h = curvatures.mean()
    corrections = {"first order": (0, 0), "second order": (1, 0), "second order, noise too": (1, 1)}
    drift, noise = corrections[checks.one_of("equation", equation, tuple(corrections))]
    rate, strength = h + drift * eta * h**2 / 2, eta / size * (1 + noise * eta * h)
    s2, s1, s0 = curvatures.var(), -np.mean((curvatures - h) * constants), constants.var()
    rows = np.zeros((order + 1, order + 1))
    for p in range(1, order + 1):  # the generator of the SDE on u^p
        rows[p, p] = -rate * p
        for back, s in enumerate((s2, 2 * s1, s0)):
            if p >= max(back, 2):
                rows[p, p - back] += strength * p * (p - 1) / 2 * s
    return _solve(rows, eta, "the SDE's tail is too heavy")


def _centred(loss: Loss) -> tuple[Array, Array]:
    """h_k and c_k of the gradients h_k u - c_k, u the deviation from the minimiser; both of shape (n,)."""
    problem = affine_gradients(one_parameter(loss))
    h = problem.curvatures.ravel()
    c = problem.constants.ravel() - h * problem.minimiser[0]
    return h, c - c.mean()


def _order(order: int) -> int:
    return checks.count("order", order, minimum=2)


def _of_sum(first: Array, second: Array) -> Array:
    """Joint moments E x^i y^j of the sum of two independent pairs, from those of each."""
    total = np.zeros_like(first)
    size = len(first)
    for i in range(size):
        for j in range(size):
            binomials = np.outer([comb(i, k) for k in range(i + 1)], [comb(j, k) for k in range(j + 1)])
            total[i, j] = (binomials * first[: i + 1, : j + 1] * second[i::-1, j::-1]).sum()
    return total


def _solve(rows: Array, eta: float, trouble: str) -> Array:
    """Moments m with rows m = 0, m_0 = 1, for a lower triangular matrix whose diagonal is negative where they exist."""
    m = np.ones(len(rows))
    for p in range(1, len(rows)):
        if rows[p, p] >= 0:
            checks.diverges(eta, None, f"the stationary moment of order {p} is infinite ({trouble})")
        m[p] = -(rows[p, :p] @ m[:p]) / rows[p, p] + 0.0  # no minus zero
    return m
