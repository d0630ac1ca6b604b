"""What a loss is: an average of n examples' losses, each with a gradient of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from sgdsde_helpers.checks import Array, array, count, refuse
from sgdsde_helpers.losses._batches import BatchGradient
from sgdsde_helpers.sampling import minibatch_factor


class Loss(ABC):
    r"""The loss :math:`L(\Phi) = \frac1n \sum_{k=1}^n L_k(\Phi)` of n training examples.

    A subclass gives `loss` and `per_example_gradients`, and sets `n` and `shape`; all else follows from these two, slowly
    and plainly. Where speed matters a subclass overrides the rest, and the tests hold it to the versions below.

    Attributes
    ----------
    n : int
        Number of training examples.
    shape : tuple of int
        Shape of the parameter: ``()`` for a scalar problem, ``(d,)`` for a vector. Written ``*shape`` below.
    minimiser : ndarray or None
        The minimiser of L, of that shape; along flat directions, the one of smallest norm. None where there is none, or
        several apart from each other.
    quadratic : bool
        Whether every L_k is quadratic, so that `max_stable_eta` is exact and no smaller bound is needed.

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> loss = MeanEstimation([1.0, -1.0])
    >>> isinstance(loss, Loss), loss.n, loss.shape, float(loss.minimiser)
    (True, 2, (), 0.0)
    """

    n: int
    shape: tuple[int, ...]
    minimiser: Array | None = None
    quadratic = False

    def __init_subclass__(cls, **options):
        """A class that defines gradients anew does not inherit quick ways to others."""
        super().__init_subclass__(**options)
        own, plain = vars(cls), set()
        if "per_example_gradients" in own:
            plain = {"minibatch_gradient", "batch_gradient", "weighted_gradient"}
        elif "minibatch_gradient" in own:
            plain = {"batch_gradient"}
        if "batch_gradient" in own and "minibatch_gradient" not in own:
            cls.minibatch_gradient = _once(own["batch_gradient"])
        for name in plain - own.keys():
            setattr(cls, name, getattr(Loss, name))

    @abstractmethod
    def loss(self, phi: Array) -> Array:
        """L at the parameters `phi`, of shape (..., *shape); the value has shape (...)."""

    @abstractmethod
    def per_example_gradients(self, phi: Array) -> Array:
        """Gradients of L_1, ..., L_n at `phi` (..., *shape); the value has shape (..., n, *shape)."""

    def gradient(self, phi: Array) -> Array:
        """Gradient g of L at `phi` (..., *shape); the value has the same shape."""
        return self.per_example_gradients(phi).mean(axis=self._example_axis)

    def gradient_blocks(self, phi: Array) -> Iterator[Array]:
        """The rows of `per_example_gradients` at one `phi` (d,), in order, as many at a time as memory is for: here all."""
        yield self.per_example_gradients(phi)

    def minibatch_gradient(self, phi: Array, index: Array) -> Array:
        r"""The minibatch gradient :math:`\hat g`: the mean gradient of each chain's own batch.

        This is the inner loop of SGD: `phi` and `index` are taken as they come, unchecked.

        Parameters
        ----------
        phi : ndarray of shape (m, *shape)
            One parameter for each of m chains.
        index : integer ndarray of shape (B, m)
            Column j holds the examples, 0 to n - 1, in the batch of chain j.

        Returns
        -------
        ndarray of shape (m, *shape)
        """
        gradients = self.per_example_gradients(phi)
        return gradients[np.arange(len(phi)), index].mean(axis=0)

    def batch_gradient(
        self, width: int, batch_size: int, independent: bool = False, scale: float = 1.0
    ) -> BatchGradient:
        """The minibatch gradient as a simulation asks for it: for many steps of one block of chains.

        A subclass overrides it where buffers that are used again make it quicker.

        Parameters
        ----------
        width, batch_size : int
            Chains in the block, and examples in a batch; the last batch of an epoch may be smaller.
        independent : bool
            Whether the draws of a batch are independent and uniform, so that one index may stand for several of them.
        scale : float
            A factor that the gradient may take in; if it does, `BatchGradient.scale` says so.

        Returns
        -------
        BatchGradient
        """
        return BatchGradient(self.minibatch_gradient, self.n, batch_size)

    def memory_order(self, batch_size: int) -> str:
        """How the states (m, d) of a block best lie in memory: chain by chain ("C") or coordinate by coordinate ("F")."""
        return "C"

    def weighted_gradient(self, phi: Array, weights: Array) -> Array:
        """The sum over all examples of weight times gradient; `phi` (m, *shape), `weights` (m, n), whose rows sum to 1."""
        return np.einsum("mn,mn...->m...", weights, self.per_example_gradients(phi))

    def hessian(self, phi: Array) -> Array:
        """Hessian of L at `phi` (..., *shape); the value has shape (..., *shape, *shape).

        Here by central differences of the gradient, good to about nine digits. A step is in proportion to its parameter, or to
        1 where that is more, and shorter where it would change the gradient by a thousandth of one example's.
        """
        phi = self._parameter(phi)
        size = np.sqrt((np.abs(self.per_example_gradients(phi)) ** 2).mean(axis=self._example_axis))
        size, least = np.where(size > 0, size, np.inf), 1e-9 * np.abs(phi)  # below `least` steps are lost in rounding
        step = 6e-6 * np.maximum(1.0, np.abs(phi))  # the cube root of rounding balances rounding and curvature
        for _ in range(10):
            h = self._differences(phi, step)
            change = (
                np.abs(h) * step / size
                if not self.shape
                else (np.abs(h) * step[..., None] / size[..., None, :]).max(-1)
            )
            long = ~(change < 1e-3) & (step > least)
            if not long.any():
                break
            step = np.where(long, np.maximum(step * np.clip(1e-5 / change, 1e-4, 1.0), least), step)
        return (h + np.swapaxes(h, -1, -2)) / 2 if self.shape else h

    def _differences(self, phi: Array, step: Array) -> Array:
        """Central differences of the gradient, a row for each parameter that is moved by its step."""
        if not self.shape:
            return (self.gradient(phi + step) - self.gradient(phi - step)) / ((phi + step) - (phi - step))
        up, down = (phi[..., None, :] + sign * step[..., None, :] * np.eye(self.shape[0]) for sign in (1, -1))
        return (self.gradient(up) - self.gradient(down)) / np.diagonal(up - down, axis1=-2, axis2=-1)[..., None]

    def covariance(self, phi: Array) -> Array:
        r"""Covariance :math:`\Sigma(\Phi)` of one example's gradient (batch size 1, population: 1/n, not 1/(n-1)).

        Parameters
        ----------
        phi : ndarray of shape (..., *shape)

        Returns
        -------
        ndarray of shape (..., *shape, *shape)
        """
        gradients = self.per_example_gradients(phi)
        noise = gradients - gradients.mean(axis=self._example_axis, keepdims=True)
        if not self.shape:
            return (noise**2).mean(axis=-1)
        return np.swapaxes(noise, -1, -2) @ noise / self.n

    def max_stable_eta(self, batch_size: int = 1, sampling: str = "with_replacement") -> float | None:
        r"""The learning rate from which on SGD is not stable.

        For a loss that is not quadratic this is :math:`2 / \lambda_{\max}` of the Hessian at the minimiser: beyond it
        even gradient descent leaves the minimiser, and below it noise may still carry SGD away. A warning, not a proof.

        Parameters
        ----------
        batch_size : int
            The batch size B.
        sampling : str
            "with_replacement", "without_replacement" or "reshuffled".

        Returns
        -------
        float or None
            None where nothing is known.
        """
        self._excess(batch_size, sampling)
        if self.minimiser is None:
            return None
        curvature = np.linalg.eigvalsh(np.atleast_2d(self.hessian(self.minimiser)))[-1]
        return 2.0 / float(curvature) if curvature > 0 else None

    @property
    def _example_axis(self) -> int:
        return -1 - len(self.shape)

    def _parameter(self, phi: Array) -> Array:
        """`phi` as an array of floats whose last axes are the parameter's."""
        phi = np.asarray(phi)
        if phi.dtype.kind not in "fc":
            phi = (
                phi.astype(np.float64)
                if phi.dtype.kind in "iu"
                else refuse("phi", phi, "an array of numbers", TypeError)
            )
        if self.shape and phi.shape[-1:] != self.shape:
            raise ValueError(f"phi of shape {phi.shape} is not allowed: its last axis must have length {self.shape[0]}")
        return phi

    def _excess(self, size: int, sampling: str) -> float:
        """How much of Sigma is left in a batch of this size."""
        return minibatch_factor(self.n, size, sampling, independent=False)


def a_loss(loss: Any) -> Loss:
    """Return `loss`; raise unless it is a `Loss`."""
    return loss if isinstance(loss, Loss) else refuse("loss", loss, "a Loss", TypeError)


def _once(batch_gradient: Callable) -> Callable:
    """The `minibatch_gradient` of a class with this `batch_gradient`: its value for one batch."""

    def minibatch_gradient(self: Loss, phi: Array, index: Array) -> Array:
        """The mean gradient of each chain's own batch; `phi` (m, *shape), `index` (B, m)."""
        with np.errstate(over="ignore"):
            return batch_gradient(self, len(phi), len(index))(phi, index)

    return minibatch_gradient


class FunctionLoss(Loss):
    r"""A reader's own loss, from plain functions of the parameter.

    Parameters
    ----------
    loss : callable or None
        :math:`L`: `phi` of shape (..., *shape) to an array of shape (...). None where the gradients are those of no loss
        that is written down, a field that turns for instance; then they are not checked against one.
    per_example_gradients : callable
        Gradients of the examples' losses: `phi` of shape (..., *shape) to an array of shape (..., n, *shape).
    n : int
        Number of training examples.
    shape : tuple
        ``()`` or ``(d,)``.
    hessian : callable, optional
        `phi` to the Hessian of L, of shape (..., *shape, *shape); without it, central differences.
    minimiser : array_like, optional
        The minimiser of L, if there is just one.

    Raises
    ------
    ValueError
        If a function does not return the shape stated above, the gradients are not finite, or their mean is not that of
        the loss.

    Examples
    --------
    >>> loss = FunctionLoss(np.cosh, lambda phi: np.sinh(phi)[..., None] + np.array([1.0, -1.0]), 2, ())
    >>> round(float(loss.gradient(1.0)), 4), round(float(loss.covariance(1.0)), 4)
    (1.1752, 1.0)
    """

    def __init__(
        self,
        loss: Callable[[Array], Array] | None,
        per_example_gradients: Callable[[Array], Array],
        n: int,
        shape: tuple[int, ...],
        hessian: Callable[[Array], Array] | None = None,
        minimiser: Array | None = None,
    ):
        self.n = count("n", n)
        if not isinstance(shape, tuple) or len(shape) > 1:
            refuse("shape", shape, "() for a scalar parameter or (d,) for a vector")
        self.shape = tuple(count("d in shape", k) for k in shape)
        self.minimiser = None if minimiser is None else array("minimiser", minimiser, self.shape)
        self._functions = {"loss": loss, "per_example_gradients": per_example_gradients, "hessian": hessian}
        for name, value in self._functions.items():
            if not (callable(value) or (name != "per_example_gradients" and value is None)):
                refuse(name, value, "a function of phi", TypeError)
        # Two chains at different places show whether the functions broadcast over the leading axes.
        probe = np.linspace(0.1, 0.2, 2 * int(np.prod(self.shape))).reshape(2, *self.shape)
        for name, value in self._functions.items():
            if value is not None:
                array(name, getattr(self, name)(probe))
        if loss is not None:
            _check_gradient(self, probe)

    def loss(self, phi: Array) -> Array:
        """L at `phi`, as the reader's function gives it."""
        if self._functions["loss"] is None:
            refuse("loss", None, "a function of phi for L to have values", TypeError)
        return self._call("loss", phi, ())

    def per_example_gradients(self, phi: Array) -> Array:
        """The examples' gradients at `phi`, as the reader's function gives them."""
        return self._call("per_example_gradients", phi, (self.n, *self.shape))

    def hessian(self, phi: Array) -> Array:
        """Hessian of L at `phi`: the reader's, or central differences of the gradient."""
        if self._functions["hessian"] is None:
            return super().hessian(phi)
        return self._call("hessian", phi, (*self.shape, *self.shape))

    def _call(self, name: str, phi: Array, tail: tuple[int, ...]) -> Array:
        phi = self._parameter(phi)
        wanted = phi.shape[: phi.ndim - len(self.shape)] + tail
        value = np.asarray(self._functions[name](phi.copy()))  # which it may spoil
        if value.shape != wanted:
            raise ValueError(
                f"{name}(phi) of shape {value.shape} is not allowed: for phi of shape {phi.shape} it must have shape {wanted}"
            )
        return value


def _check_gradient(loss: Loss, phi: Array) -> None:
    """Raise unless the mean of the examples' gradients at `phi` (m, *shape) is the slope of the loss along some direction.

    Among many steps of the difference quotient one suits the loss's own units; a wrong gradient agrees with none.
    """
    direction = np.cos(np.arange(1.0, 1.0 + phi[0].size)).reshape(loss.shape)
    slope = (loss.gradient(phi) * direction).reshape(len(phi), -1).sum(axis=1)
    refused = None
    with np.errstate(all="ignore"):
        for step in 10.0 ** -np.arange(1, 13):
            ahead, behind = loss.loss(phi + step * direction), loss.loss(phi - step * direction)
            quotient, rounding = (ahead - behind) / (2 * step), np.finfo(float).eps * np.abs(ahead) / step
            if (np.abs(quotient - slope) <= 1e-4 * np.abs(slope)).all():
                return
            if (rounding < 1e-4 * np.maximum(np.abs(slope), np.abs(quotient))).all():
                refused = quotient[0]
    if refused is not None:
        raise ValueError(
            f"per_example_gradients of mean slope {slope[0]:.6g} is not allowed: along the same direction loss has {refused:.6g}"
        )
