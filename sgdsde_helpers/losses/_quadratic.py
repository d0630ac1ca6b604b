"""Losses whose every example is a parabola: what the book can compute exactly."""

from __future__ import annotations

import numpy as np

from sgdsde_helpers.checks import Array, array, positive_definite
from sgdsde_helpers.losses._base import Loss
from sgdsde_helpers.losses._batches import BatchGradient, gradient_from_mean


class MeanEstimation(Loss):
    r"""Estimating a mean: :math:`L_k(\Phi) = |\Phi - x_k|^2 / 2`.

    The Hessian is the identity, the minimiser is the mean of the data, and the gradient noise is the same everywhere:
    :math:`\Sigma` is the population covariance of the data.

    Parameters
    ----------
    x : array_like of shape (n,) or (n, d)
        The data.

    Examples
    --------
    >>> loss = MeanEstimation([1.0, 2.0, 6.0])
    >>> float(loss.minimiser), round(float(loss.covariance(0.0)), 4)
    (3.0, 4.6667)
    """

    quadratic = True

    def __init__(self, x: Array):
        self.x = array("x", x)
        if self.x.ndim > 2:
            raise ValueError(f"x of shape {self.x.shape} is not allowed: its shape must be (n,) or (n, d)")
        self.n, self.shape = len(self.x) if self.x.ndim else 0, self.x.shape[1:]
        if not self.n:
            raise ValueError("x of shape () is not allowed: its shape must be (n,) or (n, d)")
        self.minimiser = self.x.mean(axis=0)
        noise = self.x - self.minimiser
        self._sigma = noise.T @ noise / self.n if self.shape else np.asarray((noise**2).mean())
        # L is a parabola about the mean; what is left at its bottom is half the data's total variance.
        self._floor = np.trace(np.atleast_2d(self._sigma)) / 2

    def loss(self, phi: Array) -> Array:
        """L at `phi` (..., *shape): a parabola about the mean of the data."""
        u = self._parameter(phi) - self.minimiser
        return ((u * u).sum(axis=-1) if self.shape else u * u) / 2 + self._floor

    def gradient(self, phi: Array) -> Array:
        """Gradient of L: `phi` minus the mean of the data."""
        return self._parameter(phi) - self.minimiser

    def per_example_gradients(self, phi: Array) -> Array:
        """Gradients phi - x_k, of shape (..., n, *shape)."""
        phi = self._parameter(phi)
        return np.expand_dims(phi, self._example_axis if self.shape else -1) - self.x

    def batch_gradient(
        self, width: int, batch_size: int, independent: bool = False, scale: float = 1.0
    ) -> BatchGradient:
        """`phi` minus the mean of each chain's batch."""
        from_mean = np.subtract if scale == 1 else lambda phi, mean: scale * phi - mean
        return gradient_from_mean(self.x, from_mean, width, batch_size, independent, scale)

    def hessian(self, phi: Array) -> Array:
        """The identity, everywhere."""
        return self._everywhere(np.eye(self.shape[0]) if self.shape else np.ones(()), phi)

    def covariance(self, phi: Array) -> Array:
        """The population covariance of the data, everywhere."""
        return self._everywhere(self._sigma, phi)

    def max_stable_eta(self, batch_size: int = 1, sampling: str = "with_replacement") -> float:
        """2, exactly, at every batch size: the noise does not multiply the state."""
        self._excess(batch_size, sampling)
        return 2.0

    def _everywhere(self, value: Array, phi: Array) -> Array:
        leading = self._parameter(phi).shape[: np.ndim(phi) - len(self.shape)]
        return np.broadcast_to(value, leading + value.shape)


class TiltedQuadratic(Loss):
    r"""One bowl, tilted by each example: :math:`L_k(\Phi) = \frac12 \Phi^T H \Phi - b_k \cdot \Phi`.

    The gradient noise is the same everywhere, and :math:`\Sigma`, the population covariance of the tilts, has nothing to do
    with :math:`H`: the plainest loss in which the two need not commute.

    Parameters
    ----------
    hessian : array_like of shape (d, d)
        H, symmetric positive definite.
    b : array_like of shape (n, d)
        The tilts.

    Examples
    --------
    >>> loss = TiltedQuadratic([[2.0, 0.0], [0.0, 1.0]], [[3.0, 1.0], [1.0, 1.0]])
    >>> loss.minimiser.tolist(), round(loss.max_stable_eta(), 4)
    ([1.0, 1.0], 1.0)
    """

    quadratic = True

    def __init__(self, hessian: Array, b: Array):
        self.H = positive_definite("hessian", array("hessian", hessian, ndim=2))
        self.b = array("b", b, (None, len(self.H)))
        self.n, self.shape = len(self.b), (len(self.H),)
        self.minimiser = np.linalg.solve(self.H, self.b.mean(axis=0))
        self._sigma = np.cov(self.b.T, bias=True).reshape(self.H.shape)

    def loss(self, phi: Array) -> Array:
        """L at `phi` (..., d); it is 0 at the origin, so negative at the minimiser."""
        phi = self._parameter(phi)
        return (phi * (phi @ self.H / 2 - self.b.mean(axis=0))).sum(axis=-1)

    def gradient(self, phi: Array) -> Array:
        """Gradient H (phi - minimiser), of the shape of `phi` (..., d)."""
        return (self._parameter(phi) - self.minimiser) @ self.H

    def per_example_gradients(self, phi: Array) -> Array:
        """Gradients H phi - b_k, of shape (..., n, d)."""
        return (self._parameter(phi) @ self.H)[..., None, :] - self.b

    def minibatch_gradient(self, phi: Array, index: Array) -> Array:
        """H phi minus the mean tilt of each chain's batch; `phi` (m, d), `index` (B, m)."""
        return phi @ self.H - self.b.take(index, axis=0).mean(axis=0)

    def hessian(self, phi: Array) -> Array:
        """H, everywhere."""
        return np.broadcast_to(self.H, (*np.shape(phi)[:-1], *self.H.shape))

    def covariance(self, phi: Array) -> Array:
        """The population covariance of the tilts, everywhere."""
        return np.broadcast_to(self._sigma, (*np.shape(phi)[:-1], *self.H.shape))

    def max_stable_eta(self, batch_size: int = 1, sampling: str = "with_replacement") -> float:
        """2 / lambda_max, exactly, at every batch size: the noise does not multiply the state."""
        self._excess(batch_size, sampling)
        return 2.0 / float(np.linalg.eigvalsh(self.H)[-1])


class ScalarQuadratic(Loss):
    r"""Parabolas of unequal curvature in one dimension: :math:`L_k(\Phi) = h_k (\Phi - x_k)^2 / 2`.

    The gradient noise depends on the state: with :math:`u = \Phi - \Phi^*` and :math:`r_k = h_k (\Phi^* - x_k)`,
    example k has gradient :math:`h_k u + r_k`, so
    :math:`\sigma^2(\Phi) = \mathrm{var}(h) u^2 + 2\,\mathrm{cov}(h, r) u + \mathrm{var}(r)`.

    Parameters
    ----------
    h : array_like of shape (n,)
        Curvatures; some may be negative, their mean must be > 0.
    x : array_like of shape (n,)
        Where each parabola has its vertex.

    Examples
    --------
    >>> loss = ScalarQuadratic([1.0, 3.0], [1.0, -1.0])
    >>> float(loss.minimiser), float(loss.covariance(0.0)), round(float(loss.max_stable_eta()), 4)
    (-0.5, 4.0, 0.8)
    """

    quadratic = True
    shape = ()

    def __init__(self, h: Array, x: Array):
        self.h = array("h", h, (None,))
        self.x = array("x", x, (len(self.h),))
        self.n = len(self.h)
        self.mean_h = self.h.mean()
        if not self.mean_h > 0:
            raise ValueError(
                f"h of mean {self.mean_h:.4g} is not allowed: its mean must be > 0 for L to have a minimum"
            )
        self._hx = self.h * self.x
        self.minimiser = np.asarray(self._hx.mean() / self.mean_h)
        residual = self.h * (self.minimiser - self.x)
        self.var_h, self.cov_hr, self.var_r = self.h.var(), ((self.h - self.mean_h) * residual).mean(), residual.var()
        self._floor = (self.h * (self.minimiser - self.x) ** 2).mean() / 2

    def loss(self, phi: Array) -> Array:
        """L at `phi` (...): a parabola of curvature mean(h) about the minimiser."""
        return self.mean_h * (self._parameter(phi) - self.minimiser) ** 2 / 2 + self._floor

    def gradient(self, phi: Array) -> Array:
        """Gradient of L: mean(h) times the distance from the minimiser."""
        return self.mean_h * (self._parameter(phi) - self.minimiser)

    def per_example_gradients(self, phi: Array) -> Array:
        """Gradients h_k (phi - x_k), of shape (..., n)."""
        return self.h * (self._parameter(phi)[..., None] - self.x)

    def batch_gradient(
        self, width: int, batch_size: int, independent: bool = False, scale: float = 1.0
    ) -> BatchGradient:
        """Mean of h_k phi - h_k x_k over each chain's batch; a complex number carries both, so that one gather fetches them."""
        table = self.h + 1j * self._hx
        from_mean = lambda phi, mean: mean.real * phi - mean.imag
        return gradient_from_mean(table, from_mean, width, batch_size, independent, scale)

    def hessian(self, phi: Array) -> Array:
        """mean(h), everywhere."""
        return np.full(np.shape(phi), self.mean_h)

    def covariance(self, phi: Array) -> Array:
        """The variance of h_k (phi - x_k) over the examples (population), of the shape of `phi`."""
        u = self._parameter(phi) - self.minimiser
        return np.maximum(
            (self.var_h * u + 2 * self.cov_hr) * u + self.var_r, 0.0
        )  # rounding must not turn it negative

    def max_stable_eta(self, batch_size: int = 1, sampling: str = "with_replacement") -> float | None:
        r"""The mean-square bound: beyond it the variance of SGD grows without bound.

        One step multiplies the distance of two chains that see the same batches by :math:`1 - \eta \bar h_B`, whose mean
        square is below 1 if and only if :math:`\eta < 2 \bar h / (\bar h^2 + \mathrm{var}(h) c)`, with c = 1/B with
        replacement and (n-B)/(B(n-1)) without. Exact, since batches are independent; in reshuffled epochs they are not,
        and the bound is not known (None) unless all curvatures are equal.
        """
        spread = self.var_h * self._excess(batch_size, sampling)
        if sampling == "reshuffled" and spread > 0:
            return None
        return 2 * self.mean_h / (self.mean_h**2 + spread)
