"""A reader's own model as a loss, when its gradients come for a few examples at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from sgdsde_helpers.checks import Array, array, count, function
from sgdsde_helpers.losses._base import Loss

BLOCK = 2**19  # numbers in a block of gradients, 4 MB: larger ones leave the cache, and are new pages each time


class ExamplesLoss(Loss):
    r"""A loss from a function that gives the gradients of any few examples: a thin wrap around another library.

    Its own methods but `per_example_gradients` never hold more than a block of the n d numbers, so d may be :math:`10^5`.
    Each gradient of L takes a pass over all of them, a time of order n d, unless `gradient` has a quicker way.

    Parameters
    ----------
    loss : callable
        `phi` of shape (d,) to L, a number.
    gradients : callable
        (phi, index) to the gradients of these examples' losses at phi, of shape (len(index), d).
    n, d : int
        Numbers of examples and of parameters.
    gradient : callable, optional
        `phi` to the gradient of L, of shape (d,), as another library finds it with one sweep back through the mean loss.

    Raises
    ------
    ValueError
        If `gradients` does not return that shape, or what it returns is not finite; if `gradient` is not their mean.

    Examples
    --------
    >>> x = np.array([[1.0, 0.0], [0.0, 2.0]])
    >>> loss = ExamplesLoss(lambda phi: ((x @ phi) ** 2).mean() / 2, lambda phi, i: (x[i] @ phi)[:, None] * x[i], 2, 2)
    >>> loss.gradient(np.ones(2)).tolist()
    [0.5, 2.0]
    """

    def __init__(
        self,
        loss: Callable[[Array], float],
        gradients: Callable[[Array, Array], Array],
        n: int,
        d: int,
        gradient: Callable[[Array], Array] | None = None,
    ):
        self.n, self.shape = count("n", n), (count("d", d),)
        self._loss, self._gradients = function("loss", loss), function("gradients", gradients)
        array("gradients", self._rows(np.zeros(d), np.arange(min(2, n))))
        self._whole = self._mean if gradient is None else function("gradient", gradient)
        if gradient is not None:
            probe = np.cos(np.arange(1.0, 1.0 + d)) / np.sqrt(d)
            given, mean = array("gradient", self.gradient(probe)), self._mean(probe)
            if np.linalg.norm(given - mean) > 1e-5 * np.linalg.norm(mean):
                raise ValueError(
                    f"gradient of norm {np.linalg.norm(given):.6g} is not allowed: the mean of gradients has another, "
                    f"of norm {np.linalg.norm(mean):.6g}"
                )

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
        found = [np.asarray(self._whole(p), dtype=float) for p in phi.reshape(-1, *self.shape)]
        if found and found[0].shape != self.shape:
            raise ValueError(f"gradient(phi) of shape {found[0].shape} is not allowed: it must have shape {self.shape}")
        return np.reshape(found, phi.shape)

    def minibatch_gradient(self, phi: Array, index: Array) -> Array:
        """Mean gradient of each chain's batch; `phi` (m, d), `index` (B, m)."""
        return np.array([self._rows(p, batch).mean(axis=0) for p, batch in zip(phi, index.T, strict=True)])

    def _mean(self, phi: Array) -> Array:
        return sum(block.sum(axis=0) for block in self.gradient_blocks(phi)) / self.n

    def _rows(self, phi: Array, index: Array) -> Array:
        rows = np.asarray(self._gradients(phi, index), dtype=float)
        if rows.shape != (len(index), *self.shape):
            raise ValueError(
                f"gradients(phi, index) of shape {rows.shape} is not allowed: it must have shape {(len(index), *self.shape)}"
            )
        return rows
