"""Fluctuations about gradient flow at a small learning rate: the linear noise approximation, in one dimension."""

from __future__ import annotations

import numpy as np

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.theory._loss import one_parameter

__all__ = ["contraction", "flow_deviation", "flow_fluctuation"]


def flow_fluctuation(loss: Loss, *, start: float, times: Array, batch_size: int = 1) -> tuple[Array, Array]:
    """Gradient flow, and the variance about it divided by eta, in the limit of a small learning rate.

    The flow solves phi' = -g(phi). SGD at time t = i eta stays near it, with Var = eta C(t) + O(eta^2), where
    C' = -2 L''(phi) C + sigma^2(phi) / B and C(0) = 0.

    Parameters
    ----------
    loss : Loss
        In one dimension.
    start : float
        Place at time 0.
    times : ndarray of shape (T,)
        Times >= 0, in increasing order.
    batch_size : int
        B.

    Returns
    -------
    flow, fluctuation : ndarrays of shape (T,)
        phi(t) and C(t), to about ten digits.

    Raises
    ------
    ValueError
        If the loss is not one-dimensional, or the times are negative or not in order.

    Notes
    -----
    Chapter 2, equation eq-clock-variance.

    Examples
    --------
    >>> from sgdsde_helpers.losses import ScalarQuadratic
    >>> loss = ScalarQuadratic([1.0, 2.0], [0.0, 1.0])
    >>> np.round(flow_fluctuation(loss, start=1.0, times=[0.0, 1.0]), 4).tolist()
    [[1.0, 0.741], [0.0, 0.1165]]
    """
    from scipy.integrate import solve_ivp  # imported late: it takes longer than all the rest

    loss, size = one_parameter(loss), checks.batch_size(batch_size)
    times = checks.increasing("times", times, 0.0)

    def field(_t: float, state: Array) -> list[float]:
        phi, c = begin + state[0], state[1]
        return [-float(loss.gradient(phi)), float(-2 * loss.hessian(phi) * c + loss.covariance(phi) / size)]

    begin = checks.number("start", start)
    if times[-1] == 0:
        return np.full(len(times), begin), np.zeros(len(times))
    # The way from the start, not the place, and each in the problem's own units: data may be far from 0, and of any size.
    sizes = times[-1] * np.abs(field(0.0, np.zeros(2)))
    with np.errstate(under="ignore"):
        way, c = solve_ivp(
            field, (0.0, times[-1]), np.zeros(2), method="DOP853", t_eval=times, rtol=1e-10, atol=1e-12 * sizes + 1e-300
        ).y
    return begin + way, c


def flow_deviation(fluctuation: Array | float, eta: Array | float) -> Array:
    """Standard deviation sqrt(eta C) of SGD about gradient flow, with C from `flow_fluctuation`, which holds the 1/B.

    Examples
    --------
    >>> np.round(flow_deviation(4.0, [0.01, 0.1]), 6).tolist()
    [0.2, 0.632456]
    """
    rate, c = checks.array("eta", eta), checks.array("fluctuation", fluctuation)
    if min(rate.min(), c.min()) < 0:
        checks.refuse(
            "eta" if rate.min() < 0 else "fluctuation", eta if rate.min() < 0 else fluctuation, "numbers >= 0"
        )
    return np.sqrt(rate * c)


def contraction(eta: float, n_steps: Array | int, gap: float, curvature: float = 1.0) -> Array:
    """Distance |1 - eta h|^i |gap| after i steps of two chains of one curvature h that draw the same batches.

    Where only the start differs it is the Wasserstein distance of the two laws too, since one is the other one shifted.

    Parameters
    ----------
    eta, curvature : float
        Learning rate, and h.
    n_steps : int or array of int
        i.
    gap : float
        Distance of the two starts.

    Examples
    --------
    >>> np.round(contraction(0.1, [1, 10], gap=0.5), 6).tolist()
    [0.45, 0.174339]
    """
    factor = abs(1 - checks.positive("eta", eta) * checks.positive("curvature", curvature))
    return abs(checks.number("gap", gap)) * factor ** checks.lengths("n_steps", n_steps, 0.0)
