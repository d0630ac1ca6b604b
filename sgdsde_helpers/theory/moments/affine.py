"""Losses whose per-example gradients are affine, g_k(phi) = A_k phi - c_k: quadratics, least squares, mean estimation.

For these the moments of SGD close: the mean at step i + 1 needs only the mean at step i, the covariance only mean and
covariance. Everything exact in this package starts from the A_k and c_k, read off the gradients themselves, so that no
formula of a loss is written twice. Where every A_k is s_k x_k x_k' (least squares) only the s_k and x_k are kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.sampling import minibatch_factor
from sgdsde_helpers.theory._loss import a_loss, one_parameter

__all__ = ["AffineGradients", "affine_gradients", "minibatch_factor"]

_FAR = 2.0**170  # so far out that A_k phi is free of c_k, in whatever units; a power of 2, so that nothing is rounded
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class AffineGradients:
    """Per-example gradients g_k(phi) = A_k phi - c_k of a loss with parameter shape (d,), or () taken as d = 1.

    Attributes
    ----------
    hessian : ndarray of shape (d, d)
        H, the mean of the A_k.
    constants : ndarray of shape (n, d)
        The c_k.
    scalar : bool
        True where the loss has parameter shape ().
    signs, rows : ndarrays of shape (n,) and (n, d)
        s_k and x_k where every A_k is s_k x_k x_k', else None.
    matrices : ndarray of shape (n, d, d)
        The A_k where they are not, else None.

    Examples
    --------
    >>> problem = AffineGradients(np.eye(1), np.array([[0.0], [1.0]]), True, matrices=np.ones((2, 1, 1)))
    >>> problem.minimiser.tolist(), problem.covariance_at_minimiser.tolist()
    ([0.5], [[0.25]])
    """

    hessian: Array
    constants: Array
    scalar: bool
    signs: Array | None = None
    rows: Array | None = None
    matrices: Array | None = None

    @property
    def curvatures(self) -> Array:
        """The A_k, shape (n, d, d)."""
        if self.matrices is not None:
            return self.matrices
        return (self.signs[:, None] * self.rows)[:, :, None] * self.rows[:, None, :]

    @property
    def equal(self) -> bool:
        """Whether all A_k are the same, so that the noise does not depend on the state."""
        return self.matrices is not None and self.matrices.strides[0] == 0

    @property
    def minimiser(self) -> Array:
        """phi* with H phi* = mean c_k, shape (d,); raises where H is not positive definite."""
        diagonal = np.diag(self.hessian)
        scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))  # each parameter in its own unit
        hessian = checks.positive_definite("Hessian of the loss", scale[:, None] * self.hessian * scale)
        return scale * np.linalg.solve(hessian, scale * self.constants.mean(axis=0))

    @property
    def covariance_at_minimiser(self) -> Array:
        """Sigma(phi*), the covariance of the g_k(phi*) at batch size 1, population 1/n, shape (d, d)."""
        gradients = self.products(self.minimiser) - self.constants
        return gradients.T @ gradients / len(gradients)

    def products(self, phi: Array) -> Array:
        """A_k phi for a phi of shape (d,), shape (n, d)."""
        return self.matrices @ phi if self.rows is None else (self.signs * (self.rows @ phi))[:, None] * self.rows

    def turned(self, basis: Array) -> AffineGradients:
        """The same in the coordinates psi of phi = `basis` psi, an orthogonal matrix."""
        rows = None if self.rows is None else self.rows @ basis
        matrices = self.matrices if rows is not None or self.equal else basis.T @ self.matrices @ basis
        hessian = basis.T @ self.hessian @ basis
        if self.equal:
            matrices = np.broadcast_to(hessian, self.matrices.shape)
        return AffineGradients(hessian, self.constants @ basis, self.scalar, self.signs, rows, matrices)

    def curvature_noise(self, s: Array) -> Array:
        """E[(A_k - H) S (A_k - H)] for a matrix S, shape (d, d); n d^2 operations where the A_k have rank one."""
        if self.equal:
            return np.zeros_like(s)
        if self.rows is None:
            deviations = self.matrices - self.hessian
            return (deviations @ s @ deviations).mean(axis=0)
        weights = np.einsum("ki,ki->k", self.rows @ s, self.rows) / len(self.rows)
        return (self.rows.T * weights) @ self.rows - self.hessian @ s @ self.hessian


@np.errstate(over="ignore", invalid="ignore")  # a gradient that is not affine may overflow far out
def affine_gradients(loss: Loss) -> AffineGradients:
    """Read A_k and c_k off the per-example gradients of a loss.

    Parameters
    ----------
    loss : Loss
        Any loss with parameter shape () or (d,).

    Returns
    -------
    AffineGradients

    Raises
    ------
    ValueError
        If the per-example gradients are not affine in phi.

    Examples
    --------
    >>> from sgdsde_helpers.losses import ScalarQuadratic
    >>> problem = affine_gradients(ScalarQuadratic([1.0, 2.0], [1.0, 2.0]))
    >>> problem.hessian.round(6).tolist(), problem.constants.round(6).tolist()
    ([[1.5]], [[1.0], [4.0]])
    """
    d = a_loss(loss).shape[0] if a_loss(loss).shape else 1

    def gradients(phi: Array) -> Array:
        return np.reshape(loss.per_example_gradients(phi.reshape(loss.shape)), (loss.n, d))

    def column(j: int) -> Array:
        """A_k e_j, shape (n, d)."""
        return (gradients(_FAR * np.eye(d)[j]) + constants) / _FAR

    constants = -gradients(np.zeros(d))
    hessian, equal = np.empty((d, d)), True
    signs, rows, pivot = np.ones(loss.n), np.zeros((loss.n, d)), np.zeros(loss.n)
    for j in range(d):
        a = column(j)
        hessian[:, j] = a.mean(axis=0)
        equal = equal and bool(np.ptp(a, axis=0).max() <= 1e-12 * np.abs(a).max())
        # Were A_k = s x x', its column j would be s x_j x: the largest x_j, each in its own unit, is the one to divide by.
        size = np.abs(a[:, j]) / max(abs(hessian[j, j]), np.finfo(float).tiny)
        better = size > pivot
        pivot[better], signs[better] = size[better], np.sign(a[better, j])
        rows[better] = signs[better, None] * a[better] / np.sqrt(np.abs(a[better, j]))[:, None]
    hessian = (hessian + hessian.T) / 2
    problem = AffineGradients(hessian, constants, not loss.shape, signs=signs, rows=rows)
    if equal:
        problem = replace(problem, rows=None, matrices=np.broadcast_to(hessian, (loss.n, d, d)))
    elif d == 1 or not _reproduces(problem, gradients):
        problem = replace(problem, rows=None, matrices=np.stack([column(j) for j in range(d)], axis=-1))
    if not _reproduces(problem, gradients):
        raise ValueError(
            f"loss = {type(loss).__name__} is not allowed: its per-example gradients must be affine in phi"
        )
    return problem


def one_parabola(loss: Loss) -> tuple[float, Array]:
    """Of a loss with one parameter whose examples share their curvature: that, and their gradients at the minimiser."""
    problem = affine_gradients(one_parameter(loss))
    if not problem.equal:
        checks.refuse("loss", type(loss).__name__, "one whose examples have one curvature")
    return float(problem.hessian[0, 0]), -(problem.constants.ravel() - problem.constants.mean())


def _reproduces(problem: AffineGradients, gradients) -> bool:
    """Whether A_k phi - c_k are the gradients: at places of order 1, and of the order of the examples' own minimisers."""
    curvature, constants = np.abs(np.diag(problem.hessian)), np.abs(problem.constants).max(axis=0)
    own = constants / np.maximum(curvature, np.finfo(float).tiny)
    generic = np.cos(1.0 + np.arange(len(own)))
    for place in (generic, generic * np.minimum(own, _FAR), -0.7 * generic * np.minimum(own, _FAR)):
        expected, found = problem.products(place), gradients(place)
        allowed = _TOLERANCE * (np.abs(expected).max(axis=0) + constants)
        if not np.all(np.abs(found - (expected - problem.constants)) <= allowed):
            return False
    return True
