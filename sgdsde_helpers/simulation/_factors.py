"""Factors G of a noise covariance G G', for one covariance or one for each chain."""

from __future__ import annotations

import numpy as np

from sgdsde_helpers.checks import Array


def factor(covariance: Array) -> Array:
    """A factor G with G G' = `covariance`.

    Parameters
    ----------
    covariance : ndarray of shape () or (m,), variances, or (d, d) or (m, d, d), matrices; positive semidefinite
        One, or one for each of m chains.

    Returns
    -------
    ndarray of the same shape, or (d, d) where the m matrices are one and the same (a broadcast array)
        The standard deviation; the Cholesky factor, or, for a singular matrix, eigenvectors times roots of eigenvalues.
    """
    if covariance.ndim < 2:
        return np.sqrt(covariance)
    if covariance.ndim == 3 and covariance.strides[0] == 0:
        covariance = covariance[0]
    try:
        return np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(covariance)
        return vectors * np.sqrt(np.maximum(values, 0.0))[..., None, :]


def apply(root: Array, normal: Array) -> Array:
    """The noise G z of each chain.

    Parameters
    ----------
    root : float, or ndarray of shape (), (m,), (d, d) or (m, d, d)
        Factors, as `factor` gives them; a number for a vector problem stands for that multiple of the identity.
    normal : ndarray of shape (m,) or (m, d)
        Standard normal numbers z.
    """
    root = np.asarray(root)
    if root.ndim == 2:
        return normal @ root.T
    if root.ndim == 3:
        return (root @ normal[..., None])[..., 0]
    return root[:, None] * normal if root.ndim == 1 and normal.ndim == 2 else root * normal
