"""A reader's own model as a loss, when its gradients come for a few examples at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from sgdsde_helpers.checks import Array, array, count, function
from sgdsde_helpers.losses._base import Loss

BLOCK = 2**22  # numbers in a block of gradients: 32 MB


class ExamplesLoss(Loss):
    r"""A loss from a function that gives the gradients of any few examples: a thin wrap around another library.

    No array of n d numbers is ever made by its own methods but `per_example_gradients`, so d may be :math:`10^5`.

    Parameters
    ----------
    loss : callable
        `phi` of shape (d,) to L, a number.
    gradients : callable
        (phi, index) to the gradients of these examples' losses at phi, of shape (len(index), d).
    n, d : int
        Numbers of examples and of parameters.

    Raises
    ------
    ValueError
        If `gradients` does not return that shape, or what it returns is not finite.

    Examples
    --------
    >>> x = np.array([[1.0, 0.0], [0.0, 2.0]])
    >>> loss = ExamplesLoss(lambda phi: ((x @ phi) ** 2).mean() / 2, lambda phi, i: (x[i] @ phi)[:, None] * x[i], 2, 2)
    >>> loss.gradient(np.ones(2)).tolist()
    [0.5, 2.0]
    """

    def __init__(self, loss: Callable[[Array], float], gradients: Callable[[Array, Array], Array], n: int, d: int):
        self.n, self.shape = count("n", n), (count("d", d),)
        self._loss, self._gradients = function("loss", loss), function("gradients", gradients)
        array("gradients", self._rows(np.zeros(d), np.arange(min(2, n))))

    def loss(self, phi: Array) -> Array:
        """L at `phi` (..., d), one parameter after another."""
        phi = self._parameter(phi)
        return np.array([float(self._loss(p)) for p in phi.reshape(-1, *self.shape)]).reshape(phi.shape[:-1])

    def per_example_gradients(self, phi: Array) -> Array:
        """Gradients of all the examples' losses, of shape (..., n, d)."""
        phi = self._parameter(phi)
        rows = [self._rows(p, np.arange(self.n)) for p in phi.reshape(-1, *self.shape)]
        return np.reshape(rows, (*phi.shape[:-1], self.n, *self.shape))

    def gradient_blocks(self, phi: Array) -> Iterator[Array]:
        """Gradients of a few examples after another, at one `phi` (d,)."""
        size = max(1, BLOCK // self.shape[0])
        for first in range(0, self.n, size):
            yield self._rows(phi, np.arange(first, min(first + size, self.n)))

    def gradient(self, phi: Array) -> Array:
        """Gradient of L at `phi` (..., d)."""
        phi = self._parameter(phi)
        total = [sum(block.sum(axis=0) for block in self.gradient_blocks(p)) for p in phi.reshape(-1, *self.shape)]
        return np.reshape(total, phi.shape) / self.n

    def minibatch_gradient(self, phi: Array, index: Array) -> Array:
        """Mean gradient of each chain's batch; `phi` (m, d), `index` (B, m)."""
        return np.array([self._rows(p, batch).mean(axis=0) for p, batch in zip(phi, index.T, strict=True)])

    def _rows(self, phi: Array, index: Array) -> Array:
        rows = np.asarray(self._gradients(phi, index), dtype=float)
        if rows.shape != (len(index), *self.shape):
            raise ValueError(
                f"gradients(phi, index) of shape {rows.shape} is not allowed: it must have shape {(len(index), *self.shape)}"
            )
        return rows
