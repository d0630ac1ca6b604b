"""The edge of stability at batch size B: the learning rate from which on the second moment of SGD grows without bound.

Near a minimum example k has the gradient A_k phi + c_k. One step takes the second moment S of the difference of two chains to
S - eta (H S + S H) + eta^2 (H S H + f E[(A_k - H) S (A_k - H)]), with H the mean of the A_k and f the minibatch factor. Write
L S = H S + S H and M S for the last bracket. Both keep the cone of positive matrices (L: its inverse), so the map contracts
if and only if some S > 0 has L S > eta M S, that is if eta rho(M against L) < 1: one leading eigenvalue, and no search in eta.

Both are self-adjoint too: 1/eta* is the maximum of <S, M S>/<S, L S>, and every S bounds eta* from above. If S = V s V' for an
orthonormal V, the quotient is that of the compressions V'A_kV. So the edge of a large problem is bounded from above by that
of its compression to a few directions, and the bound falls with their number.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.linalg import eigh

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array
from sgdsde_helpers.theory.moments.affine import minibatch_factor
from sgdsde_helpers.theory.moments.momentum import heavy_ball_bound

__all__ = ["edge_bounds", "gauss_newton_edge", "mean_square_edge"]


def mean_square_edge(
    curvatures: Array, batch_size: int = 1, *, mu: float = 0.0, sampling: str = "with_replacement"
) -> float:
    """Edge of stability at batch size B from the Hessians of the examples, all of them or compressed to a few directions.

    Parameters
    ----------
    curvatures : ndarray of shape (n, d, d)
        A_k, symmetric, of positive definite mean; or V'A_kV for an orthonormal V, and then the result is an upper bound.
    batch_size : int
        B.
    mu : float
        Momentum, in [0, 1): the edge of heavy ball, as `momentum_stability_bound` has it.
    sampling : {"with_replacement", "without_replacement"}
        How one batch is drawn; batches are independent.

    Returns
    -------
    float

    Notes
    -----
    Past the edge the second moment of the linear model is infinite, yet a path may still converge: it is where the tail exponent
    of the stationary law is 2, not where SGD diverges. Mulayoff and Michaeli 2024 have the same threshold. The cost is some
    twenty products of n d^3 operations; at mu > 0 a search in eta multiplies it by about ten.

    Examples
    --------
    >>> round(mean_square_edge([[[1.0]], [[2.0]]]), 6)
    1.2
    """
    a = _symmetric(curvatures)
    values, basis = _eigenbasis(a.mean(axis=0))
    deviations = basis.T @ a @ basis - np.diag(values)
    side_by_side = np.ascontiguousarray(deviations.transpose(1, 0, 2)).reshape(len(values), -1)

    def noise(s: Array) -> Array:
        return side_by_side @ (s @ deviations).reshape(-1, len(s)) / len(a)

    return _edge(values, noise, len(a), batch_size, mu, sampling)


def gauss_newton_edge(
    factors: Array, batch_size: int = 1, *, decay: float = 0.0, mu: float = 0.0, sampling: str = "with_replacement"
) -> float:
    """The same for A_k = F_k' F_k + decay I, from the factors F_k of a Gauss-Newton matrix: n c d (c + d) operations a product.

    Parameters
    ----------
    factors : ndarray of shape (n, c, d)
        F_k; or F_k V for an orthonormal V, and then the result is an upper bound.
    batch_size, mu, sampling
        As in `mean_square_edge`.
    decay : float
        Weight decay, which is in every A_k.

    Returns
    -------
    float

    Examples
    --------
    >>> round(gauss_newton_edge([[[1.0]], [[np.sqrt(2.0)]]]), 6)
    1.2
    """
    f = checks.array("factors", factors, (None, None, None))
    n, c, d = f.shape
    flat = f.reshape(-1, d)
    h = flat.T @ flat / n + checks.non_negative("decay", decay) * np.eye(d)
    values, basis = _eigenbasis(h, "factors")
    turned = flat @ basis
    each, own = turned.reshape(n, c, d), values - decay

    def noise(s: Array) -> Array:
        inner = (turned @ s).reshape(n, c, d) @ each.transpose(0, 2, 1)
        return turned.T @ (inner @ each).reshape(-1, d) / n - own[:, None] * s * own

    return _edge(values, noise, n, batch_size, mu, sampling)


def edge_bounds(curvatures: Array, batch_size: int = 1, *, sampling: str = "with_replacement") -> tuple[float, float]:
    """Bounds on `mean_square_edge` that need no iteration: S = I from both sides, and S = u u' from above.

    M I <= r L I for the matrices makes r an upper bound of the leading eigenvalue, as M and the inverse of L keep the positive
    cone; so with p the minibatch factor the edge is at least 2 over the largest eigenvalue of p E A^2 + (1 - p) H^2 against H.
    It is at most 2 tr H/(p E tr A^2 + (1 - p) tr H^2), and 2/(h + p Var(u.A u)/h) for an eigenvector u of H, H u = h u.

    Parameters
    ----------
    curvatures, batch_size, sampling
        As in `mean_square_edge`.

    Returns
    -------
    lower, upper : float

    Examples
    --------
    >>> [round(bound, 6) for bound in edge_bounds([[[1.0]], [[2.0]]])]
    [1.2, 1.2]
    """
    a = _symmetric(curvatures)
    share = minibatch_factor(len(a), batch_size, sampling)
    h = a.mean(axis=0)
    values, basis = _eigenbasis(h)
    square = share * (a @ a).mean(axis=0) + (1 - share) * h @ h
    along = np.einsum("ia,kij,ja->ka", basis, a, basis, optimize=True).var(axis=0)
    above = [2 * np.trace(h) / np.trace(square), *(2 / (values + share * along / values))]
    return float(2 / eigh(square, h, eigvals_only=True)[-1]), float(min(above))


def _edge(values: Array, noise: Callable[[Array], Array], n: int, batch_size: int, mu: float, sampling: str) -> float:
    return heavy_ball_bound(values, noise, minibatch_factor(n, batch_size, sampling), checks.fraction("mu", mu))


def _symmetric(curvatures: Array) -> Array:
    a = checks.array("curvatures", curvatures, (None, None, None))
    if a.shape[1] != a.shape[2] or np.abs(a - a.transpose(0, 2, 1)).max() > 1e-6 * np.abs(a).max():
        raise ValueError(f"curvatures of shape {a.shape} is not allowed: it must hold n symmetric matrices")
    return (a + a.transpose(0, 2, 1)) / 2


def _eigenbasis(h: Array, name: str = "curvatures") -> tuple[Array, Array]:
    return np.linalg.eigh(checks.positive_definite(f"mean of the {name}", h))
