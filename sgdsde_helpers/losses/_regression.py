"""Regression: least squares, logistic, softmax."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np

from sgdsde_helpers.checks import Array, array, classes, non_negative, refuse
from sgdsde_helpers.losses._base import Loss
from sgdsde_helpers.losses._batches import BatchGradient, by_matrices, linear_model
from sgdsde_helpers.losses._numerics import AtScores, mean_square_bound, newton_minimiser, orthonormal


class _LinearModel(Loss):
    """A loss that depends on the parameter through the products of the features with it."""

    def __init__(self, X: Array, y: Array):
        self.X = array("X", X, (None, None), booleans=True)
        self.n, self.d = self.X.shape
        self.y = array("y", y, (self.n,), booleans=True)


class _ProductModel(_LinearModel):
    """A linear model with one product x_k . phi for each example."""

    def __init__(self, X: Array, y: Array):
        super().__init__(X, y)
        self.shape = (self.d,)

    def memory_order(self, batch_size: int) -> str:
        """Coordinate by coordinate where features and draws are few."""
        return "C" if by_matrices(self.d, batch_size) else "F"


class LeastSquares(_ProductModel):
    r"""Linear least squares: :math:`L_k(\Phi) = (x_k \cdot \Phi - y_k)^2 / 2`.

    Parameters
    ----------
    X : array_like of shape (n, d)
        Features, one example a row.
    y : array_like of shape (n,)
        Targets.

    Examples
    --------
    >>> loss = LeastSquares([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], [1.0, 2.0, 3.0])
    >>> loss.minimiser.round(4).tolist(), round(loss.max_stable_eta(), 4)
    ([1.0, 2.0], 1.2679)
    """

    quadratic = True

    def __init__(self, X: Array, y: Array):
        super().__init__(X, y)
        self._hessian = self.X.T @ self.X / self.n
        self._root = np.linalg.qr(self.X / np.sqrt(self.n))[1]  # the loss through H would lose twice the digits
        away, features = orthonormal(self.X)
        self.minimiser = away @ (features.T @ self.y) / self.n
        self._floor = (self._residual(self.minimiser) ** 2).mean() / 2
        self._bounds: dict[float, float] = {}

    def loss(self, phi: Array) -> Array:
        """L at `phi` (..., d): a parabola about the minimiser, at a cost that does not grow with n."""
        scores = (self._parameter(phi) - self.minimiser) @ self._root.T
        return (scores * scores).sum(axis=-1) / 2 + self._floor

    def gradient(self, phi: Array) -> Array:
        """Gradient of L at `phi` (..., d): the Hessian times the distance from the minimiser."""
        return (self._parameter(phi) - self.minimiser) @ self._hessian

    def per_example_gradients(self, phi: Array) -> Array:
        """Gradients (x_k . phi - y_k) x_k, of shape (..., n, d)."""
        return self._residual(phi)[..., None] * self.X

    def batch_gradient(
        self, width: int, batch_size: int, independent: bool = False, scale: float = 1.0
    ) -> BatchGradient:
        """Mean of residual times features over each chain's batch: a root of what multiplies it goes into both."""
        root = np.sqrt(scale / batch_size)
        return linear_model(root * self.X, [root * self.y], np.subtract, width, batch_size, scale)

    def weighted_gradient(self, phi: Array, weights: Array) -> Array:
        """Sum over all examples of weight times residual times features; `phi` (m, d), `weights` (m, n)."""
        return (weights * self._residual(phi)) @ self.X

    def hessian(self, phi: Array) -> Array:
        """X'X/n, everywhere; of shape (..., d, d)."""
        return np.broadcast_to(self._hessian, self._parameter(phi).shape[:-1] + (self.d, self.d))

    def covariance(self, phi: Array) -> Array:
        """Covariance of residual times features (population), of shape (..., d, d)."""
        residual = self._residual(phi)
        return _weighted_covariance(self.X, residual, self.gradient(phi))

    def max_stable_eta(self, batch_size: int = 1, sampling: str = "with_replacement") -> float | None:
        r"""The mean-square bound: beyond it the covariance of SGD grows without bound.

        With the batch's Hessian :math:`h`, the covariance M of two chains' distance goes to
        :math:`\mathbb E[(1 - \eta h) M (1 - \eta h)] = M - \eta\,\mathcal A M + \eta^2 \mathcal B M`, where
        :math:`\mathcal A M = HM + MH` and :math:`\mathcal B M = (1-c) HMH + c\,\mathbb E_k[x_k x_k^T M x_k x_k^T]`, with
        c = 1/B with replacement and (n-B)/(B(n-1)) without. The map keeps the cone of positive matrices and is
        self-adjoint, so M dies out if and only if :math:`\mathcal A - \eta \mathcal B` is positive definite: the bound is
        one over the largest eigenvalue of :math:`\mathcal A^{-1/2} \mathcal B \mathcal A^{-1/2}`, by Lanczos iteration
        at a cost of n d^2 a product. Exact, since batches are independent; in reshuffled epochs they are not, and the
        bound is not known (None) below the full batch. Compare
        Mulayoff and Michaeli, Exact Mean Square Linear Stability Analysis for SGD, arXiv 2306.07850.
        """
        c = self._excess(batch_size, sampling)
        if sampling == "reshuffled" and c > 0:
            return None
        if c not in self._bounds:
            self._bounds[c] = self._mean_square_bound(c)
        return self._bounds[c]

    def _mean_square_bound(self, share: float) -> float:
        values, vectors = np.linalg.eigh(self._hessian)
        kept = values > 1e-12 * values[-1]  # in a flat direction nothing moves
        if not kept.any():
            raise ValueError("X of zeros is not allowed: it must have a column that is not zero")
        values, z = values[kept], self.X @ vectors[:, kept]

        def noise(s: Array) -> Array:
            return (z.T * ((z @ s) * z).sum(axis=1)) @ z / len(z) - values[:, None] * s * values

        return mean_square_bound(values, noise, share)

    def _residual(self, phi: Array) -> Array:
        return self._parameter(phi) @ self.X.T - self.y


class LogisticRegression(_ProductModel):
    r"""Logistic regression: :math:`L_k(\Phi) = \log(1 + e^{z_k}) - y_k z_k + \rho |\Phi|^2 / 2`, with :math:`z_k = x_k \cdot \Phi`.

    Parameters
    ----------
    X : array_like of shape (n, d)
        Features, one example a row; add a column of ones for an intercept.
    y : array_like of shape (n,)
        Labels, each 0 or 1.
    ridge : float
        :math:`\rho \ge 0`; it adds to every example's gradient alike, so it adds no noise.

    Examples
    --------
    >>> loss = LogisticRegression([[1.0], [2.0], [-1.0]], [1, 1, 0], ridge=0.1)
    >>> loss.minimiser.round(4).tolist(), round(float(loss.loss(loss.minimiser)), 4)
    ([1.5125], 0.263)
    """

    def __init__(self, X: Array, y: Array, ridge: float = 0.0):
        super().__init__(X, y)
        self.ridge = non_negative("ridge", ridge)
        if not np.isin(self.y, (0.0, 1.0)).all():
            refuse("y", self.y[~np.isin(self.y, (0.0, 1.0))][0], "0 or 1 in every entry")

    @cached_property
    def minimiser(self) -> Array | None:
        """The minimiser of L by Newton's method; None where the classes can be separated, so that L has none."""
        best = newton_minimiser(self.X, 1, self.ridge, self._at_scores)
        return None if best is None else best[0]

    def loss(self, phi: Array) -> Array:
        """L at `phi` (..., d)."""
        z = self._parameter(phi) @ self.X.T
        return (np.logaddexp(0.0, z) - self.y * z).mean(axis=-1) + self.ridge * (phi * phi).sum(axis=-1) / 2

    def gradient(self, phi: Array) -> Array:
        """Gradient of L at `phi` (..., d)."""
        phi = self._parameter(phi)
        return self._residual(phi) @ self.X / self.n + self.ridge * phi

    def per_example_gradients(self, phi: Array) -> Array:
        """Gradients (p_k - y_k) x_k + ridge phi, of shape (..., n, d)."""
        phi = self._parameter(phi)
        return self._residual(phi)[..., None] * self.X + self.ridge * phi[..., None, :]

    def batch_gradient(
        self, width: int, batch_size: int, independent: bool = False, scale: float = 1.0
    ) -> BatchGradient:
        """Mean gradient of each chain's batch.

        An example with label 1 has the gradient -x / (1 + exp(x . phi)), and one with label 0 that of -x with label 1: so
        the label goes into the sign of x.
        """
        share = np.array(-scale / batch_size)

        def residual(z: Array, out: Array) -> None:  # where exp overflows the quotient is 0, as it should be
            np.exp(z, out=out)
            out += 1.0
            np.divide(share, out, out=out)

        signed = (2 * self.y - 1)[:, None] * self.X
        data = linear_model(signed, [], residual, width, batch_size, scale)
        if self.ridge == 0:
            return data
        return replace(data, gradient=lambda phi, index: data(phi, index) + scale * self.ridge * phi)

    def weighted_gradient(self, phi: Array, weights: Array) -> Array:
        """Sum over all examples of weight times gradient; `phi` (m, d), `weights` (m, n), whose rows sum to 1."""
        return (weights * self._residual(phi)) @ self.X + self.ridge * phi

    def hessian(self, phi: Array) -> Array:
        """Mean of p_k (1 - p_k) x_k x_k' plus ridge times the identity, of shape (..., d, d)."""
        p = _sigmoid(self._parameter(phi) @ self.X.T)
        return ((p * (1 - p))[..., None, :] * self.X.T) @ self.X / self.n + self.ridge * np.eye(self.d)

    def covariance(self, phi: Array) -> Array:
        """Covariance of the examples' gradients (population), of shape (..., d, d)."""
        residual = self._residual(self._parameter(phi))
        return _weighted_covariance(self.X, residual, residual @ self.X / self.n)

    def _residual(self, phi: Array) -> Array:
        return _sigmoid(phi @ self.X.T) - self.y

    def _at_scores(self, z: Array) -> AtScores:
        p, y = _sigmoid(z), self.y[:, None]
        loss = (np.logaddexp(0.0, z) - y * z).mean()
        return AtScores(loss, p - y, lambda v: p * (1 - p) * v, bool(((2 * y - 1) * z > 0).all()))


class SoftmaxRegression(_LinearModel):
    r"""Softmax regression: :math:`L_k(\Phi) = -\log p_{y_k}(x_k) + \rho |\Phi|^2 / 2`, with :math:`p(x) = \mathrm{softmax}(W x)`.

    The parameter is the matrix W of shape (K, d), row by row in one vector of length K d.

    Parameters
    ----------
    X : array_like of shape (n, d)
        Features, one example a row; add a column of ones for an intercept.
    y : array_like of shape (n,)
        Classes, whole numbers from 0 to K - 1.
    n_classes : int, optional
        K; by default one more than the largest label.
    ridge : float
        :math:`\rho \ge 0`. Without it adding the same vector to every row of W changes nothing, and `minimiser` is the
        one whose rows sum to zero.

    Examples
    --------
    >>> loss = SoftmaxRegression([[1.0], [2.0], [-1.0]], [0, 1, 2], ridge=0.1)
    >>> loss.shape, round(float(loss.loss(np.zeros(3))), 4)
    ((3,), 1.0986)
    """

    def __init__(self, X: Array, y: Array, n_classes: int | None = None, ridge: float = 0.0):
        super().__init__(X, y)
        self._one_hot = classes("y", self.y, n_classes)
        self.n_classes = self._one_hot.shape[1]
        self.ridge = non_negative("ridge", ridge)
        self.shape = (self.n_classes * self.d,)

    @cached_property
    def minimiser(self) -> Array | None:
        """The minimiser of L by Newton's method; None where the classes can be separated, so that L has none."""
        best = newton_minimiser(self.X, self.n_classes, self.ridge, self._at_scores)
        return None if best is None else best.ravel()

    def loss(self, phi: Array) -> Array:
        """L at `phi` (..., K d)."""
        phi = self._parameter(phi)
        return self._cross_entropy(self._scores(phi)) + self.ridge * (phi * phi).sum(axis=-1) / 2

    def gradient(self, phi: Array) -> Array:
        """Gradient of L at `phi` (..., K d)."""
        phi = self._parameter(phi)
        residual = _softmax(self._scores(phi)) - self._one_hot
        return (np.swapaxes(residual, -1, -2) @ self.X / self.n).reshape(phi.shape) + self.ridge * phi

    def per_example_gradients(self, phi: Array) -> Array:
        """Gradients of the examples' losses, of shape (..., n, K d)."""
        phi = self._parameter(phi)
        residual = _softmax(self._scores(phi)) - self._one_hot
        gradients = residual[..., :, None] * self.X[:, None, :]
        return gradients.reshape(*gradients.shape[:-2], *self.shape) + self.ridge * phi[..., None, :]

    def minibatch_gradient(self, phi: Array, index: Array) -> Array:
        """Mean gradient of each chain's batch; `phi` (m, K d), `index` (B, m)."""
        x = self.X.take(index, axis=0)
        w = phi.reshape(len(phi), self.n_classes, self.d)
        residual = _softmax(np.einsum("bmd,mkd->bmk", x, w)) - self._one_hot.take(index, axis=0)
        return np.einsum("bmk,bmd->mkd", residual, x).reshape(phi.shape) / len(index) + self.ridge * phi

    def hessian(self, phi: Array) -> Array:
        """Hessian of L, of shape (..., K d, K d)."""
        phi = self._parameter(phi)
        p = _softmax(self._scores(phi))
        spread = p[..., :, None] * np.eye(self.n_classes) - p[..., :, None] * p[..., None, :]
        h = np.einsum("...nkl,ni,nj->...kilj", spread, self.X, self.X, optimize=True) / self.n
        return h.reshape(*phi.shape, *self.shape) + self.ridge * np.eye(*self.shape)

    def _scores(self, phi: Array) -> Array:
        w = phi.reshape(*phi.shape[:-1], self.n_classes, self.d)
        return np.swapaxes(w @ self.X.T, -1, -2)

    def _cross_entropy(self, z: Array) -> Array:
        top = z.max(axis=-1)
        log_sum = top + np.log(np.exp(z - top[..., None]).sum(axis=-1))
        return (log_sum - (self._one_hot * z).sum(axis=-1)).mean(axis=-1)

    def _at_scores(self, z: Array) -> AtScores:
        p, own = _softmax(z), self._one_hot > 0
        separated = (z[own] > np.where(own, -np.inf, z).max(axis=1)).all()
        curve = lambda v: p * (v - (p * v).sum(axis=1, keepdims=True))
        return AtScores(self._cross_entropy(z), p - self._one_hot, curve, bool(separated))


def _sigmoid(z: Array) -> Array:
    return 0.5 + 0.5 * np.tanh(0.5 * z)  # never overflows


def _softmax(z: Array) -> Array:
    e = np.exp(z - z.real.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _weighted_covariance(X: Array, weight: Array, mean: Array) -> Array:
    """Covariance of weight_k x_k over the examples, whose mean is `mean` (..., d); `weight` (..., n)."""
    second = ((weight * weight)[..., None, :] * X.T) @ X / len(X)
    return second - mean[..., :, None] * mean[..., None, :]
