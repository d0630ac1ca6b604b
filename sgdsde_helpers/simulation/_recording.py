"""What a simulation keeps: the final states, states along the way, or running moments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sgdsde_helpers.checks import Array, count, refuse

SHORT = 16  # coordinates, up to which products of coordinates are taken one by one for all chains


@dataclass(frozen=True)
class Paths:
    """Recorded states of an ensemble.

    Attributes
    ----------
    t : ndarray of shape (R,)
        Times of the records: step i is at i eta for SGD, at i dt for an SDE, steps of the burn-in included.
    states : ndarray of shape (R, m, *shape)
        States of the m chains at these times.
    final : ndarray of shape (m, *shape)
        States after the last step.

    Examples
    --------
    >>> Paths(np.array([0.0, 0.1]), np.zeros((2, 3)), np.zeros(3)).states.shape
    (2, 3)
    """

    t: Array
    states: Array
    final: Array


@dataclass(frozen=True)
class Moments:
    """Time averages of every chain, over the steps after the burn-in.

    Attributes
    ----------
    mean : ndarray of shape (m, *shape)
        Each chain's time average.
    second : ndarray of shape (m, *shape, *shape)
        Each chain's time average of the products of its deviations from its own `mean`.
    final : ndarray of shape (m, *shape)
        States after the last step.

    Examples
    --------
    >>> run = Moments(np.array([1.0, 3.0]), np.array([4.0, 4.0]), np.zeros(2))
    >>> mean, error = run.mean_and_error()
    >>> round(float(mean), 3), round(float(error), 3)
    (2.0, 1.0)
    """

    mean: Array
    second: Array
    final: Array

    def mean_and_error(self) -> tuple[Array, Array]:
        """Mean over time and chains, and its standard error from the spread of the m independent chains.

        Returns
        -------
        (mean, standard_error) : arrays of shape (*shape)
        """
        m = self._chains()
        return self.mean.mean(axis=0)[()], (self.mean.std(axis=0, ddof=1) / np.sqrt(m))[()]

    def covariance_and_error(self) -> tuple[Array, Array]:
        """Covariance over time and chains, and its standard error from the spread of the m independent chains.

        What the common mean takes away from the squares, its own variance, is put back, so the estimate has no bias.

        Returns
        -------
        (covariance, standard_error) : arrays of shape (*shape, *shape)
        """
        m = self._chains()
        away = self.mean - self.mean.mean(axis=0)
        squares = sum_of_products(away[None])
        about_common_mean = self.second + squares
        covariance = about_common_mean.mean(axis=0) + squares.sum(axis=0) / ((m - 1) * m)
        return covariance[()], (about_common_mean.std(axis=0, ddof=1) / np.sqrt(m))[()]

    def _chains(self) -> int:
        if len(self.mean) < 2:
            raise ValueError("a standard error is not possible from 1 chain: run n_chains >= 2 chains")
        return len(self.mean)


def recorder(record: str | int, start: Array, n_steps: int, burn_in: int, dt: float):
    """The recorder for an ensemble that starts at `start` (m, *shape); `record` as in `sgd`."""
    if not isinstance(record, str):
        return PathRecorder(start, n_steps, burn_in, dt, count("record", record))
    if record not in ("final", "all", "moments"):
        refuse("record", record, "'final', 'all', 'moments' or an integer k >= 1 (every k-th step)")
    if record == "moments":
        count("n_steps", n_steps)
        return MomentRecorder(start, n_steps, burn_in)
    return PathRecorder(start, n_steps, burn_in, dt, 1 if record == "all" else None)


class PathRecorder:
    """Keeps every `every`-th state from the end of the burn-in on, the state at that point included; None: the last."""

    def __init__(self, start: Array, n_steps: int, burn_in: int, dt: float, every: int | None):
        last = burn_in + n_steps
        self.steps = np.array([last]) if every is None else np.arange(burn_in, last + 1, every)
        self.t = dt * self.steps
        self.states = np.empty((len(self.steps), *start.shape))
        self.final = self.states[-1] if self.steps[-1] == last else np.empty(start.shape)

    def block(self, chains: slice):
        """A function (number of the record, state) that stores the record of these chains."""

        def store(row: int, phi: Array) -> None:
            self.states[row, chains] = phi

        return store

    def result(self) -> Paths:
        """What was recorded."""
        return Paths(self.t, self.states, self.final)


class MomentRecorder:
    """Adds up each chain's states and products of states after the burn-in.

    The sums are of deviations from the chain's state at the end of the burn-in, so that a large mean costs no digits. A few
    steps are held and added up at once: one sum over all chains for each pair of coordinates, or a product of matrices for
    each chain.
    """

    held_steps = 32

    def __init__(self, start: Array, n_steps: int, burn_in: int):
        self.steps = np.arange(burn_in, burn_in + n_steps + 1)
        self.n_steps = n_steps
        self.mean = np.zeros(start.shape)
        self.second = np.zeros(start.shape + start.shape[1:])
        self.final = np.empty(start.shape)

    def block(self, chains: slice):
        """A function (number of the record, state) that adds the record of these chains to the sums."""
        mean, second = self.mean[chains], self.second[chains]
        states = several_states(1 + min(self.held_steps, self.n_steps), mean.shape)
        reference, held = states[0], states[1:]
        total = np.zeros_like(reference)
        products = sum_of_products(total[None])  # zeros, laid out as what is added to them

        def add(row: int, phi: Array) -> None:
            if row == 0:
                reference[...] = phi
                return
            place = (row - 1) % len(held)
            np.subtract(phi, reference, out=held[place])
            if place == len(held) - 1 or row == self.n_steps:
                np.add(total, held[: place + 1].sum(axis=0), out=total)
                np.add(products, sum_of_products(held[: place + 1]), out=products)
            if row == self.n_steps:
                mean[...] = total / self.n_steps
                second[...] = products / self.n_steps - sum_of_products(mean[None])
                mean[...] += reference

        return add

    def result(self) -> Moments:
        """The averages."""
        return Moments(self.mean, self.second, self.final)


def several_states(k: int, shape: tuple[int, ...]) -> Array:
    """Space for k states of shape (m, *shape); where a chain's own state is short, the chains lie side by side in memory."""
    if len(shape) == 2 and shape[1] > SHORT:
        return np.empty((k, *shape))
    return np.moveaxis(np.empty((k, *shape[1:], shape[0])), -1, 1)


def sum_of_products(x: Array) -> Array:
    """Sum over axis 0 of the squares of `x` (k, m), or of the products of coordinates of `x` (k, m, d): (m, d, d)."""
    if x.ndim == 2:
        return np.einsum("km,km->m", x, x)
    d = x.shape[2]
    if d > SHORT:
        return x.transpose(1, 2, 0) @ x.transpose(1, 0, 2)
    products = np.empty((d, d, x.shape[1]))
    for i in range(d):
        np.einsum("km,kmj->jm", x[:, :, i], x[:, :, i:], out=products[i, i:])
        products[i:, i] = products[i, i:]
    return products.transpose(2, 0, 1)
