"""Losses whose per-example gradients are affine, g_k(phi) = A_k phi - c_k: quadratics, least squares, mean estimation.

For these the moments of SGD close: the mean at step i + 1 needs only the mean at step i, the covariance only mean and
covariance. Everything exact in this package starts from the A_k and c_k, read off the gradients themselves, so that no
formula of a loss is written twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array
from sgdsde_helpers.sampling import minibatch_factor

__all__ = ["AffineGradients", "affine_gradients", "minibatch_factor"]


@dataclass(frozen=True)
class AffineGradients:
    """Per-example gradients g_k(phi) = A_k phi - c_k of a loss with parameter shape (d,), or () taken as d = 1.

    Attributes
    ----------
    curvatures : (n, d, d) array
        The A_k.
    constants : (n, d) array
        The c_k.
    scalar : bool
        True where the loss has parameter shape ().
    """

    curvatures: Array
    constants: Array
    scalar: bool

    @property
    def hessian(self) -> Array:
        """H, the mean of the A_k, shape (d, d)."""
        return self.curvatures.mean(axis=0)

    @property
    def minimiser(self) -> Array:
        """phi* with H phi* = mean c_k, shape (d,); raises where H is not positive definite."""
        hessian = checks.positive_definite("Hessian of the loss", self.hessian)
        return np.linalg.solve(hessian, self.constants.mean(axis=0))

    @property
    def covariance_at_minimiser(self) -> Array:
        """Sigma(phi*), the covariance of the g_k(phi*) at batch size 1, population 1/n, shape (d, d)."""
        gradients = self.curvatures @ self.minimiser - self.constants
        return gradients.T @ gradients / len(gradients)

    @property
    def curvature_noise(self) -> Array:
        """The matrix of S -> E[(A_k - H) S (A_k - H)] on row-by-row vectors of S, shape (d*d, d*d)."""
        deviations = self.curvatures - self.hessian
        n, d, _ = deviations.shape
        return np.einsum("kij,klm->iljm", deviations, deviations).reshape(d * d, d * d) / n


def affine_gradients(loss) -> AffineGradients:
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
    """
    d = loss.shape[0] if loss.shape else 1
    points = np.concatenate([np.zeros((1, d)), np.eye(d), np.linspace(-1.5, 2.0, d)[None]])
    gradients = np.stack([loss.per_example_gradients(p.reshape(loss.shape)) for p in points])
    gradients = gradients.reshape(d + 2, -1, d)  # the points, the examples, the components
    curvatures = np.moveaxis(gradients[1:-1] - gradients[0], 0, -1)
    expected = gradients[0] + curvatures @ points[-1]
    if not np.allclose(gradients[-1], expected, rtol=1e-9, atol=1e-9 * np.abs(gradients).max()):
        raise ValueError(
            f"loss = {type(loss).__name__} is not allowed: its per-example gradients must be affine in phi"
        )
    return AffineGradients(curvatures, -gradients[0], scalar=not loss.shape)
