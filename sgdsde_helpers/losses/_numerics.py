"""The two numerical solutions behind the losses: a stability bound and a minimiser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sgdsde_helpers.checks import Array

NEWTON_STEPS = 30  # where there is no minimum margins grow by about one a step: 30 stay clear of rounding


def mean_square_bound(
    values: Array, noise: Callable[[Array], Array] | None, share: float, *, discrete: bool = True
) -> float:
    """The learning rate from which on the second moment of SGD grows, in the eigenbasis of the Hessian H.

    There a positive S is kept by the noise-free step: H S + S H = eta (H S H + share E[(A_k - H) S (A_k - H)]), for the SDE
    without H S H. Both sides' operators are self-adjoint and the right one keeps the positive cone, so that 1/eta is the
    largest eigenvalue of the right one between inverse roots of the left one, which is diagonal.

    Parameters
    ----------
    values : ndarray of shape (d,)
        Eigenvalues of H, positive.
    noise : callable or None
        S to E[(A_k - H) S (A_k - H)], the A_k the examples' Hessians, all in that basis; None where the A_k are equal.
    share : float
        The share of one example's noise that is left in a batch: 1/B with replacement.
    discrete : bool
        False for the SDE.

    Returns
    -------
    float
        Infinite for an SDE without such noise.
    """
    d, total, product = len(values), values[:, None] + values, discrete * values[:, None] * values
    root = np.sqrt(total)

    def feedback(flat: Array) -> Array:
        s = flat.reshape(d, d) / root
        return ((product * s + share * noise(s)) / root).ravel()

    largest = product.max() / total.max() if noise is None else largest_eigenvalue(feedback, d)
    return float(1 / largest) if largest > 0 else np.inf


def largest_eigenvalue(product: Callable[[Array], Array], d: int) -> float:
    """Of a self-adjoint operator on (d, d) matrices, given on flat ones, that keeps the positive semidefinite ones so."""
    from scipy.sparse.linalg import LinearOperator, eigsh

    if d <= 3:  # Lanczos wants room
        dense = np.column_stack([product(e) for e in np.eye(d * d)])
        return float(np.linalg.eigvalsh((dense + dense.T) / 2)[-1])
    operator = LinearOperator((d * d, d * d), matvec=product, dtype=float)
    start = np.eye(d).ravel()  # a positive matrix is never orthogonal to the leading eigenvector, and it is no draw
    # an eigenvalue errs as the square of its vector
    return float(eigsh(operator, k=1, which="LA", v0=start, tol=1e-8, return_eigenvectors=False)[0])


@dataclass(frozen=True)
class AtScores:
    """What a linear model is at the scores z (n, K) of its examples.

    Attributes
    ----------
    loss : float
        Mean loss.
    residual : ndarray of shape (n, K)
        Derivatives of each example's loss by its scores.
    curve : callable
        Directions (n, K) to the second derivatives of each example's loss along them.
    separated : bool
        Whether every example is on its right side, so that larger scores are always better.
    """

    loss: float
    residual: Array
    curve: Callable[[Array], Array]
    separated: bool


def newton_minimiser(X: Array, outputs: int, ridge: float, at: Callable[[Array], AtScores]) -> Array | None:
    """The minimiser W (outputs, d), of smallest norm, of the mean loss at the scores X W' plus ridge |W|^2 / 2; or None.

    Newton's method from 0 in coordinates in which the features are orthonormal, so that neither the units of the features nor
    their origin matter; each step by conjugate gradients. There is none where the data can be separated; then either a step
    separates them, or, with examples on the border, steps of about one in the scores do not die out.
    """
    away, features = orthonormal(X, ridge)
    penalty = ridge * away.T @ away
    psi = np.zeros((away.shape[1], outputs))

    def value(psi: Array) -> float:
        return at(features @ psi).loss + (psi * (penalty @ psi)).sum() / 2

    def back(scores: Array, psi: Array) -> Array:
        """From derivatives by the scores to those by psi; a sum over several outputs is 0 but for rounding, which it loses."""
        g = features.T @ scores / len(X) + penalty @ psi
        return g - g.mean(axis=1, keepdims=True) if outputs > 1 else g

    for _ in range(NEWTON_STEPS):
        here = at(features @ psi)
        if here.separated and ridge == 0:
            return None
        gradient = back(here.residual, psi)

        def product(v: Array, here: AtScores = here) -> Array:
            return back(here.curve(features @ v), v)

        step = conjugate_gradients(product, gradient, min(0.1, float(np.linalg.norm(gradient))))
        slope, size, now = (gradient * step).sum(), 1.0, value(psi)
        while size > 1e-10 and value(psi - size * step) > now - 0.1 * size * slope + 1e-15 * (1 + abs(now)):
            size /= 2
        psi = psi - size * step
        if np.linalg.norm(step) <= 1e-9 * (1 + np.linalg.norm(psi)):
            return (away @ psi).T
    return None


def orthonormal(X: Array, ridge: float = 0.0) -> tuple[Array, Array]:
    """Coordinates psi of phi = A psi in which the features, with the ridge's as further examples, are orthonormal.

    Returns
    -------
    A : ndarray of shape (d, r)
        Its columns are in the span of the examples, so that phi has the smallest norm of all that give its scores.
    ndarray of shape (n, r)
        X A.
    """
    n, d = X.shape
    rows = np.vstack([X, np.sqrt(n * ridge) * np.eye(d)]) if ridge else X
    unit = np.sqrt((rows**2).mean(axis=0))
    unit[unit == 0] = 1.0
    u, s, vt = np.linalg.svd(rows / unit, full_matrices=False)
    kept = s > max(rows.shape) * np.finfo(float).eps * s[0]
    u, s, vt = u[:n, kept] * np.sqrt(n), s[kept] / np.sqrt(n), vt[kept]
    away = vt.T / s / unit[:, None]
    if len(vt) < d:
        span = np.linalg.qr((vt * unit).T)[0]
        away = span @ (span.T @ away)
    return away, u


def conjugate_gradients(product: Callable[[Array], Array], b: Array, tolerance: float) -> Array:
    """x with product(x) = b, for a positive semidefinite product whose range b lies in, to a relative `tolerance`."""
    x, r = np.zeros_like(b), b.copy()
    p, square = r, (r * r).sum()
    goal = square * max(tolerance, 1e-14) ** 2
    for _ in range(b.size):
        if square <= goal:
            break
        image = product(p)
        a = square / (p * image).sum()
        x, r = x + a * p, r - a * image
        before, square = square, (r * r).sum()
        p = r + square / before * p
    return x
