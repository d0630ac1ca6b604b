"""The increment of SGD over a short window: the Gaussian of the lecture, and how its variance falls short to first order."""

from __future__ import annotations

import numpy as np

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.theory._loss import a_loss, one_parameter

__all__ = ["increment_first_order", "increment_gaussian"]


def increment_gaussian(
    loss: Loss, eta: float, t: Array | float, start: Array | float, batch_size: int = 1
) -> tuple[Array, Array]:
    """Mean phi_0 - g t and covariance eta Sigma t / B after a time t in which neither g nor Sigma has changed.

    Parameters
    ----------
    loss : Loss
        Gives g and Sigma at `start`.
    eta : float
        Learning rate.
    t : float or ndarray of shape (T,)
        Times since the start of the window, N eta after N steps.
    start : float or ndarray of shape (d,)
        phi_0.
    batch_size : int
        B, drawn with replacement.

    Returns
    -------
    mean, covariance : arrays
        Shape of `t` followed by () or (d,), and by () or (d, d).

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> mean, variance = increment_gaussian(MeanEstimation([-1.0, 1.0]), eta=0.1, t=[0.0, 1.0], start=1.0)
    >>> mean.round(4), variance.round(4)
    (array([1., 0.]), array([0. , 0.1]))
    """
    eta, size, times = checks.positive("eta", eta), checks.batch_size(batch_size), checks.lengths("t", t, 0.0)
    start = checks.array("start", start, a_loss(loss).shape)
    drift, sigma = -loss.gradient(start), loss.covariance(start)
    return start + np.multiply.outer(times, drift), np.multiply.outer(eta * times / size, sigma)


def increment_first_order(loss: Loss, eta: float, n_steps: Array | int, start: float, batch_size: int = 1) -> Array:
    """Variance of the increment of SGD over N steps to first order in the window's length, on a scalar quadratic loss.

    (eta sigma^2 Dt / B)(1 - h (Dt - eta)(1 + u (sigma^2)'/(2 sigma^2))), Dt = N eta, with u the distance from the minimiser
    and sigma^2 and its derivative at the start: early noise has been contracted, late noise was made elsewhere.

    Parameters
    ----------
    loss : Loss
        With one parameter and quadratic: its noise variance is a parabola in phi, a central difference its derivative.
    eta : float
        Learning rate.
    n_steps : int or array of int
        N.
    start : float
        phi_0.
    batch_size : int
        B.

    Notes
    -----
    Chapter 5, equation eq-noise-correction.

    Examples
    --------
    >>> from sgdsde_helpers.losses import ScalarQuadratic
    >>> loss = ScalarQuadratic([1.0, 1.0, 1.0], [0.0, 1.0, 3.5])
    >>> increment_first_order(loss, eta=0.1, n_steps=[1, 2], start=1.0).round(6)
    array([0.021667, 0.039   ])
    """
    t, start = checks.positive("eta", eta) * checks.lengths("n_steps", n_steps), checks.number("start", start)
    loss = one_parameter(loss)
    if not loss.quadratic:
        checks.refuse("loss", type(loss).__name__, "quadratic")
    u, plain = start - loss.minimiser, increment_gaussian(loss, eta, t, start, batch_size)[1]
    slope = (loss.covariance(start + 1.0) - loss.covariance(start - 1.0)) / 2
    return plain * (1 - loss.hessian(start) * (t - eta) * (1 + u * slope / (2 * loss.covariance(start))))
