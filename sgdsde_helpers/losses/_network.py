"""A network with one hidden layer of tanh units: the smallest loss that is a network's."""

from __future__ import annotations

import numpy as np
from scipy.special import log_softmax

from sgdsde_helpers.checks import Array, array, classes, count, non_negative
from sgdsde_helpers.losses._base import Loss


class TanhNetwork(Loss):
    r"""Cross-entropy of a tanh network: :math:`L_k(\Phi) = -\log p_{y_k}(x_k) + \rho |\Phi|^2 / 2`, with decay :math:`\rho`.

    The scores are :math:`W_2^T \tanh(W_1^T x + b_1) + b_2`, and p is their softmax. The parameter is one vector: W1 (p, h) row
    by row, b1 (h,), W2 (h, K) row by row, b2 (K,); d = h (p + 1) + K (h + 1). The decay is part of every example's loss, so it
    is in L, in g and in every minibatch gradient, and adds no noise. A gradient costs O(n d) a chain, `covariance` O(n d^2).

    Parameters
    ----------
    X : array_like of shape (n, p)
        Features, one example a row.
    y : array_like of shape (n,)
        Classes, whole numbers from 0 to K - 1.
    hidden : int
        h, the number of hidden units.
    n_classes : int, optional
        K; by default one more than the largest label.
    decay : float
        :math:`\rho \ge 0`.

    Raises
    ------
    ValueError, TypeError
        If an argument is not allowed; a label that is not a class is named.

    Examples
    --------
    >>> network = TanhNetwork([[0.0, 1.0], [1.0, 0.0]], [0, 1], hidden=3)
    >>> network.shape, float(network.loss(np.zeros(17)).round(4))
    ((17,), 0.6931)
    """

    def __init__(self, X: Array, y: Array, *, hidden: int, n_classes: int | None = None, decay: float = 0.0):
        self.X = array("X", X, (None, None), booleans=True)
        self.y = array("y", y, (len(self.X),), booleans=True)
        self.n, self.p = self.X.shape
        self.hidden = count("hidden", hidden)
        self._one_hot = classes("y", self.y, n_classes)
        self.n_classes = self._one_hot.shape[1]
        self.decay = non_negative("decay", decay)
        self._ends = np.cumsum([self.p * hidden, hidden, hidden * self.n_classes, self.n_classes])
        self.shape = (int(self._ends[-1]),)

    def loss(self, phi: Array) -> Array:
        """L at `phi` (..., d), the decay included."""
        phi = self._parameter(phi)
        return self.cross_entropy(phi) + self.decay * (phi * phi).sum(axis=-1) / 2

    def cross_entropy(self, phi: Array) -> Array:
        """L at `phi` (..., d) without the decay: what is usually logged as the training loss."""
        _, log_p = self._forward(self._parameter(phi), self.X)
        return -(log_p * self._one_hot).sum(axis=-1).mean(axis=-1)

    def gradient(self, phi: Array) -> Array:
        """Gradient of L at `phi` (..., d)."""
        phi = self._parameter(phi)
        return self.weighted_gradient(phi, np.full(self.n, 1 / self.n))

    def weighted_gradient(self, phi: Array, weights: Array) -> Array:
        r""":math:`\sum_k w_k \nabla(L_k - \rho|\Phi|^2/2) + \rho \Phi` at `phi` (..., d), for weights w (n,) or (..., n).

        With Gaussian weights of mean 1/n this is a gradient with Gaussian noise, at the cost of one gradient of L.
        """
        phi = self._parameter(phi)
        return self._backward(phi, self.X, self._one_hot, weights) + self.decay * phi

    def per_example_gradients(self, phi: Array) -> Array:
        """Gradients of the examples' losses, of shape (..., n, d)."""
        phi = self._parameter(phi)
        a, ds, da = self._errors(phi, self.X, self._one_hot)
        first = self.X[:, :, None] * da[..., None, :]
        second = a[..., :, None] * ds[..., None, :]
        parts = (first, da, second, ds)
        flat = [part.reshape(*a.shape[:-1], -1) for part in parts]
        return np.concatenate(flat, axis=-1) + self.decay * phi[..., None, :]

    def minibatch_gradient(self, phi: Array, index: Array) -> Array:
        """Mean gradient of each chain's batch; `phi` (m, d), `index` (B, m)."""
        which = index.T
        batch = self._backward(phi, self.X[which], self._one_hot[which], np.full(len(index), 1 / len(index)))
        return batch + self.decay * phi

    def squared_norms(self, phi: Array) -> Array:
        r"""The mean over examples of :math:`|\nabla L_k|^2` without the decay, at `phi` (..., d), in O(n d) and no (n, d) array.

        A layer's gradient is an outer product, whose squared norm is the product of two squared norms. Less
        :math:`|g - \rho\Phi|^2` it is tr Sigma.
        """
        a, ds, da = self._errors(self._parameter(phi), self.X, self._one_hot)
        layers = (da**2).sum(axis=-1) * ((self.X**2).sum(axis=-1) + 1) + (ds**2).sum(axis=-1) * (
            (a**2).sum(axis=-1) + 1
        )
        return layers.mean(axis=-1)

    def curvature_factors(self, phi: Array, directions: Array) -> Array:
        """Factors of the examples' Gauss-Newton matrices along k directions: F_k' F_k is J' (diag p - p p') J, J of the scores.

        It is the Hessian of an example's cross-entropy less the part in which the scores' own second derivatives stand, and
        it is positive. The decay is not in it.

        Parameters
        ----------
        phi : ndarray of shape (d,)
        directions : ndarray of shape (d, k)

        Returns
        -------
        ndarray of shape (n, K, k)
        """
        phi, along = self._parameter(phi), array("directions", directions, (*self.shape, None))
        w1, b1, w2, b2 = self._layers(along.T)
        a, log_p = self._forward(phi, self.X)
        hidden = (self.X @ w1 + b1[:, None, :]) * (1 - a * a)
        scores = hidden @ self._layers(phi)[2] + a @ w2 + b2[:, None, :]  # (k, n, K), derivatives along each direction
        p = np.exp(log_p)
        return (np.sqrt(p) * (scores - (p * scores).sum(axis=-1, keepdims=True))).transpose(1, 2, 0)

    def _layers(self, phi: Array) -> tuple[Array, Array, Array, Array]:
        w1, b1, w2, b2 = np.split(phi, self._ends[:-1], axis=-1)
        lead = phi.shape[:-1]
        return w1.reshape(*lead, self.p, self.hidden), b1, w2.reshape(*lead, self.hidden, self.n_classes), b2

    def _forward(self, phi: Array, x: Array) -> tuple[Array, Array]:
        w1, b1, w2, b2 = self._layers(phi)
        a = np.tanh(x @ w1 + b1[..., None, :])
        return a, log_softmax(a @ w2 + b2[..., None, :], axis=-1)

    def _errors(self, phi: Array, x: Array, one_hot: Array) -> tuple[Array, Array, Array]:
        """Hidden units a, and the derivatives of each example's loss by its scores and by what goes into the tanh."""
        a, log_p = self._forward(phi, x)
        ds = np.exp(log_p) - one_hot
        da = (ds @ np.swapaxes(self._layers(phi)[2], -1, -2)) * (1 - a * a)
        return a, ds, da

    def _backward(self, phi: Array, x: Array, one_hot: Array, weights: Array) -> Array:
        a, ds, da = self._errors(phi, x, one_hot)
        ds, da = ds * weights[..., None], da * weights[..., None]
        parts = (np.swapaxes(x, -1, -2) @ da, da.sum(axis=-2), np.swapaxes(a, -1, -2) @ ds, ds.sum(axis=-2))
        return np.concatenate([part.reshape(*phi.shape[:-1], -1) for part in parts], axis=-1)
