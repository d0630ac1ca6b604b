"""Losses as arguments of theory: any loss, or one with a single parameter."""

from __future__ import annotations

from typing import Any

import numpy as np

from sgdsde_helpers.checks import Array
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.losses._base import a_loss


def one_parameter(loss: Any) -> Loss:
    """The loss as one of parameter shape (): itself, or a view of one with a parameter of shape (1,)."""
    if a_loss(loss).shape not in ((), (1,)):
        raise ValueError(f"loss of parameter shape {loss.shape} is not allowed: it must be scalar, of shape () or (1,)")
    return OneColumn(loss) if loss.shape else loss


class OneColumn(Loss):
    """A loss with one parameter in an array of shape (1,), seen as one whose parameter is a number."""

    def __init__(self, loss: Loss):
        self.inner, self.n, self.shape, self.quadratic = loss, loss.n, (), loss.quadratic
        self.minimiser = None if loss.minimiser is None else loss.minimiser[0]

    def loss(self, phi: Array) -> Array:
        """L at `phi`."""
        return self.inner.loss(np.asarray(phi, dtype=float)[..., None])

    def per_example_gradients(self, phi: Array) -> Array:
        """The examples' derivatives at `phi`, on a last axis."""
        return self.inner.per_example_gradients(np.asarray(phi, dtype=float)[..., None])[..., 0]

    def hessian(self, phi: Array) -> Array:
        """The second derivative at `phi`."""
        return self.inner.hessian(np.asarray(phi, dtype=float)[..., None])[..., 0, 0]
