"""A loss with two wells and the smallest possible data set: two examples."""

from __future__ import annotations

import numpy as np

from sgdsde_helpers.checks import Array, number, positive
from sgdsde_helpers.losses._base import Loss


class DoubleWell(Loss):
    r"""A double well with two-valued gradient noise: :math:`L(\Phi) = (\Phi^2 - 1)^2 / 4`.

    The two examples are :math:`L_\pm = L \pm (\nu \Phi + \tau \Phi^2 / 2)`, so that the noise of one example's gradient is
    :math:`\pm(\nu + \tau \Phi)`, of variance :math:`\sigma^2(\Phi) = (\nu + \tau \Phi)^2`. The minima are at -1 and +1,
    with curvature 2; the barrier between them is 1/4 high and its steepest slope is :math:`2 / (3 \sqrt 3) = 0.385`.

    Parameters
    ----------
    noise : float
        :math:`\nu`, > 0.
    tilt : float
        :math:`\tau`; 0 makes the noise the same everywhere.

    Examples
    --------
    >>> loss = DoubleWell(0.5)
    >>> loss.loss(np.array([-1.0, 0.0, 1.0])).tolist(), float(loss.covariance(0.0))
    ([0.0, 0.25, 0.0], 0.25)
    """

    n, shape, minimiser = 2, (), None

    def __init__(self, noise: float, tilt: float = 0.0):
        self.noise = positive("noise", noise)
        self.tilt = number("tilt", tilt)

    def loss(self, phi: Array) -> Array:
        """L at `phi` (...)."""
        phi = self._parameter(phi)
        return (phi * phi - 1) ** 2 / 4

    def gradient(self, phi: Array) -> Array:
        """Gradient of L: phi^3 - phi."""
        phi = self._parameter(phi)
        return (phi * phi - 1) * phi

    def per_example_gradients(self, phi: Array) -> Array:
        """Gradients of the two examples, the one with + first; of shape (..., 2)."""
        phi = self._parameter(phi)
        return (self.gradient(phi))[..., None] + (self.noise + self.tilt * phi)[..., None] * np.array([1.0, -1.0])

    def minibatch_gradient(self, phi: Array, index: Array) -> Array:
        """The gradient plus the mean sign of each chain's batch times the noise; `phi` (m,), `index` (B, m)."""
        sign = 1.0 - 2.0 * index.mean(axis=0)
        return (phi * phi - 1) * phi + sign * (self.noise + self.tilt * phi)

    def hessian(self, phi: Array) -> Array:
        """3 phi^2 - 1."""
        phi = self._parameter(phi)
        return 3 * phi * phi - 1

    def covariance(self, phi: Array) -> Array:
        """(noise + tilt * phi)^2, of the shape of `phi`."""
        return (self.noise + self.tilt * self._parameter(phi)) ** 2

    def max_stable_eta(self, batch_size: int = 1, sampling: str = "with_replacement") -> float:
        """1: at either minimum the curvature is 2. A warning; far out, where L is quartic, any eta diverges."""
        self._excess(batch_size, sampling)
        return 1.0
