"""Places where SGD is seldom found: how fast its law falls off there as eta goes to 0, and places it never reaches.

Put p = exp(-W/eta) into the equation of a stationary law, p(phi) = E p(phi + eta g_b) to leading order, g_b the gradient of a
batch. Then E exp(-W' g_b) = 1. The SDE keeps two cumulants of g_b and has W' = 2 B g / sigma^2 instead.
"""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.theory._loss import one_parameter
from sgdsde_helpers.theory.laws.density import increasing_grid
from sgdsde_helpers.theory.laws.transfer import batch_images, invariant_interval

__all__ = ["quasi_potential", "tilt", "trapped_interval"]


def tilt(loss: Loss, phi: Array, batch_size: int = 1) -> Array:
    """The theta other than 0 with E exp(-theta g_b) = 1, the rate W' at which SGD's law falls off at phi.

    log E exp(-theta g_b) is convex in theta, 0 at 0, and falls there in the direction of g. It comes back to 0 if and only if
    some example's gradient has the sign opposite to g. For a batch of B draws the root is B times that of one.

    Parameters
    ----------
    loss : Loss
        Of parameter shape ().
    phi : ndarray of shape (K,)
        Places.
    batch_size : int
        B, drawn with replacement.

    Returns
    -------
    ndarray of shape (K,)
        Of the sign of g; infinite where all examples' gradients point the same way.

    Examples
    --------
    >>> from sgdsde_helpers.losses import ScalarQuadratic
    >>> tilt(ScalarQuadratic([1.0, 1.0, 1.0], [0.0, 1.0, 3.5]), [1.0, 2.0]).round(4)
    array([-0.5624,  0.4444])
    """
    gradients = one_parameter(loss).per_example_gradients(checks.array("phi", phi))
    sign = np.where(gradients.mean(axis=-1) < 0, -1.0, 1.0)
    gradients = gradients * sign[..., None]
    against = -gradients.min(axis=-1)
    # At `high` the one example against g already makes the mean at least 1; between, the mean over theta rises.
    high = np.where(against > 0, np.log(loss.n) / np.where(against > 0, against, 1.0), 0.0)
    low = np.zeros_like(high)
    for _ in range(60):
        middle = (low + high) / 2
        below = logsumexp(-middle[..., None] * gradients, axis=-1) < np.log(loss.n)
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return checks.batch_size(batch_size) * sign * np.where(against > 0, high, np.inf)


def quasi_potential(loss: Loss, grid: Array, batch_size: int = 1) -> Array:
    """W = integral of `tilt`, 0 where it is least: SGD's stationary law is exp(-W/eta) up to factors of order 1.

    Parameters
    ----------
    loss, batch_size
        As in `tilt`.
    grid : ndarray of shape (M,)
        Increasing points.

    Returns
    -------
    ndarray of shape (M,)

    Raises
    ------
    ValueError
        If at some point of the grid all examples' gradients point the same way: SGD does not pass there.

    Examples
    --------
    >>> from sgdsde_helpers.losses import ScalarQuadratic
    >>> loss = ScalarQuadratic([1.0, 1.0, 1.0], [0.0, 1.0, 3.5])
    >>> quasi_potential(loss, [1.0, 1.5, 2.0]).round(4)
    array([0.1406, 0.    , 0.1111])
    """
    from scipy.integrate import cumulative_trapezoid  # imported late: it takes longer than all the rest

    points = increasing_grid(grid)
    theta = tilt(loss, points, batch_size)
    if not np.all(np.isfinite(theta)):
        place = points[np.argmax(~np.isfinite(theta))]
        raise ValueError(f"phi = {place:g} is not allowed: all examples' gradients point the same way there")
    potential = cumulative_trapezoid(theta, points, initial=0.0)
    return potential - potential.min()


def trapped_interval(loss: Loss, eta: float, start: float) -> tuple[float, float]:
    """The smallest interval around a starting point that SGD never leaves, whatever its batches.

    A batch's gradient lies between those of single examples, so the interval is that of batch size 1.

    Parameters
    ----------
    loss : Loss
        Of parameter shape ().
    eta : float
        Learning rate.
    start : float
        A state of the chain.

    Returns
    -------
    low, high : float

    Raises
    ------
    ValueError
        If no bounded interval holds the chain.

    Examples
    --------
    >>> from sgdsde_helpers.losses import DoubleWell
    >>> low, high = trapped_interval(DoubleWell(noise=0.3), eta=0.1, start=1.0)
    >>> round(low, 3), round(high, 3)
    (0.786, 1.125)
    """
    images, _ = batch_images(loss, eta, 1, "with_replacement")
    return invariant_interval(images, checks.number("start", start))
