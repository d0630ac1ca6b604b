"""Adam on a parabola: its stationary variance where its averages are long."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from sgdsde_helpers.checks import batch_size as checked_batch_size
from sgdsde_helpers.checks import number, positive, refuse
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.theory.moments.affine import one_parabola

__all__ = ["adam_stationary_variance"]


def adam_stationary_variance(loss: Loss, eta: float, batch_size: int = 1, *, b1: float = 0.9) -> float:
    r"""Stationary variance of Adam on a scalar quadratic with constant noise, in the limit :math:`b_2 \to 1`.

    The mean square is then a number, :math:`s^2 + h^2 v` with :math:`s = \sigma/\sqrt B`, and Adam is heavy ball of momentum b1 with
    the learning rate :math:`(1 - b_1)\alpha`, :math:`\alpha = \eta / \sqrt{s^2 + h^2 v}`. Its variance v must be the v that is in alpha.

    Parameters
    ----------
    loss : Loss
        With one parameter; each example's loss a parabola of the same curvature h, their minimisers not all one.
    eta : float
        Adam's learning rate.
    batch_size : int
        B.
    b1 : float
        Decay of the mean, 0 <= b1 < 1.

    Returns
    -------
    float
        v; for small eta h / s it is eta s / (2 h).

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> round(adam_stationary_variance(MeanEstimation([-1.0, 1.0]), 0.001), 6)
    0.0005
    """
    (h, gradients), eta = one_parabola(loss), positive("eta", eta)
    h = positive("curvature of the loss", h)
    s = np.sqrt(positive("variance of the loss's gradients", np.mean(gradients**2)) / checked_batch_size(batch_size))
    b1 = number("b1", b1)
    if not 0 <= b1 < 1:
        refuse("b1", b1, "a number >= 0 and < 1")
    lag = (1 - b1) / (1 + b1)

    def mismatch(v: float) -> float:
        alpha = eta / np.sqrt(s**2 + h**2 * v)
        return v * h * (2 - lag * alpha * h) - alpha * s**2

    # Below `low` the bracket 2 - lag alpha h is not positive, and heavy ball not stable; far above, v h outgrows all else.
    low = max(0.0, ((lag * eta * h / 2) ** 2 - s**2) / h**2)
    high = low + (eta * s + (eta * h) ** 2 + s**2) / h**2 + 1e-300
    while mismatch(high) < 0:
        high *= 2
    return float(brentq(mismatch, low, high, xtol=1e-15 * high, rtol=1e-13))
