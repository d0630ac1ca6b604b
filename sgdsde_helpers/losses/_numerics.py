"""The two numerical solutions behind the losses: a stability bound and a minimiser."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from sgdsde_helpers.checks import Array

if TYPE_CHECKING:
    from sgdsde_helpers.losses._base import Loss


def mean_square_bound(X: Array, hessian: Array, c: float) -> float:
    """The learning rate at which the covariance of SGD on least squares starts to grow, as `LeastSquares` derives it.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Features.
    hessian : ndarray of shape (d, d)
        X'X/n.
    c : float
        The share of one example's noise that is left in a batch: 1/B with replacement.

    Returns
    -------
    float
    """
    values, vectors = np.linalg.eigh(hessian)
    kept = values > 1e-12 * values[-1]  # in a flat direction nothing moves
    values, z = values[kept], X @ vectors[:, kept]
    d = len(values)
    if not d:
        raise ValueError("X of zeros is not allowed: it must have a column that is not zero")
    root = np.sqrt(values[:, None] + values)  # of A, which is diagonal in the eigenbasis of H

    def product(flat: Array) -> Array:
        m = flat.reshape(d, d) / root
        fourth = (z.T * ((z @ m) * z).sum(axis=1)) @ z / len(z)
        return (((1 - c) * values[:, None] * m * values + c * fourth) / root).ravel()

    return 1.0 / largest_eigenvalue(product, d)


def largest_eigenvalue(product: Callable[[Array], Array], d: int) -> float:
    """Of a self-adjoint operator on (d, d) matrices, given on flat ones, that keeps the positive semidefinite ones so."""
    from scipy.sparse.linalg import LinearOperator, eigsh

    if d <= 3:  # Lanczos wants room
        dense = np.column_stack([product(e) for e in np.eye(d * d)])
        return float(np.linalg.eigvalsh((dense + dense.T) / 2)[-1])
    operator = LinearOperator((d * d, d * d), matvec=product, dtype=float)
    start = np.eye(d).ravel()  # a positive matrix is never orthogonal to the leading eigenvector, and it is no draw
    return float(eigsh(operator, k=1, which="LA", v0=start, return_eigenvectors=False)[0])


def newton_minimiser(loss: Loss, steps: int = 30) -> Array | None:
    """The minimiser of a convex loss from 0, or None if the steps do not die out (the data can be separated).

    Where the data can be separated every step moves the margins by about one, for ever; 30 such steps stay clear of
    rounding, and a minimum that exists is found in far fewer.
    """
    phi = np.zeros(loss.shape)
    for _ in range(steps):
        step = np.linalg.lstsq(loss.hessian(phi), loss.gradient(phi))[0]
        slope, size = loss.gradient(phi) @ step, 1.0
        while size > 1e-10 and loss.loss(phi - size * step) > loss.loss(phi) - 0.1 * size * slope + 1e-15:
            size /= 2
        phi = phi - size * step
        if np.linalg.norm(step) <= 1e-9 * (1 + np.linalg.norm(phi)):
            return phi
    return None
