"""Rare passages without waiting for them: splitting at fixed levels (Kahn and Harris 1951; Cerou and Guyader 2007)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sgdsde_helpers.checks import Array, count, increasing, number, one_of, positive, refuse
from sgdsde_helpers.checks import batch_size as checked_batch_size
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.simulation._streams import streams
from sgdsde_helpers.theory._loss import one_parameter

__all__ = ["splitting"]

Step = Callable[[Array, np.random.Generator], Array]


def splitting(
    loss: Loss,
    eta: float,
    *,
    levels: Array,
    start: float,
    batch_size: int = 1,
    arm: str = "SGD",
    n_particles: int = 400,
    n_runs: int = 20,
    n_steps: int = 400,
    seed: int | np.random.Generator,
) -> Array:
    """One over the mean time until a chain from `start` is first above the last level, estimated by independent runs.

    A chain that passes the last level is put back to `start`; then passages come at the rate 1/tau, exactly. That rate is the
    rate of entries, steps from below the first level to above it, times the chance that an entry gets above the last level
    before it is back below the first. A run measures the rate of entries and collects where they lead to, and multiplies
    it level by level: of `n_particles` copies of states that have just passed one level, the share that passes the next before
    going back. States are kept with what they have overshot, and a copy that is above the next level already has passed
    it and does not step again. Each run has no bias, however rare the passage is; how much runs scatter is the error.

    Parameters
    ----------
    loss : Loss
        Of parameter shape ().
    eta : float
        Learning rate.
    levels : ndarray of shape (K,)
        Increasing; the scatter is least where each is passed with a chance of one in a few from the one before.
    start : float
        Where chains begin, not above the first level.
    batch_size : int
        B, drawn with replacement.
    arm : str
        "SGD" or "Gaussian SGD".
    n_particles : int
        Copies at each level, and chains that are watched for entries, of one run.
    n_runs : int
        Independent runs.
    n_steps : int
        Steps of the chains before entries are counted, and again while they are: many times 1 / (eta L'') of the well.
    seed : int or numpy.random.Generator
        The same integer gives the same estimates; a generator moves on.

    Returns
    -------
    ndarray of shape (n_runs,)
        Rates in units of 1/t, t = i eta; 0 where no copy passed some level. The mean has no bias, one over it is an exit time.

    Raises
    ------
    ValueError, TypeError
        If an argument is not allowed.

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> loss = MeanEstimation([-1.0, 1.0])
    >>> rates = splitting(loss, 0.1, levels=[0.0, 0.15, 0.25, 0.45], start=0.0, n_steps=100, seed=1)
    >>> round(1 / rates.mean())  # give or take 0.5; by `theory.chain_exit_time` between 14.6 and 15.0
    16
    """
    loss, eta, size = one_parameter(loss), positive("eta", eta), checked_batch_size(batch_size)
    steps, particles = count("n_steps", n_steps), count("n_particles", n_particles, minimum=2)
    heights, begin = increasing("levels", levels), number("start", start)
    if len(heights) < 2 or heights[0] == heights[-1]:
        refuse("levels", levels, "at least two different numbers in increasing order")
    if begin > heights[0]:
        refuse("start", start, f"a number <= the first level, {heights[0]:g}")
    step = _step_of(loss, eta, size, one_of("arm", arm, ("SGD", "Gaussian SGD")))
    (rng,) = streams(seed, 1)
    run = np.repeat(np.arange(count("n_runs", n_runs)), particles)

    states, runs = _entries(step, np.full(len(run), begin), run, heights, steps, rng)
    rates = np.bincount(runs, minlength=n_runs) / (particles * steps * eta)
    for level in heights[1:]:
        states, runs = _copies(states, runs, particles, rng)
        states, runs = _passages(step, states, runs, heights[0], level, rng)
        rates = rates * np.bincount(runs, minlength=n_runs) / particles
    return rates


def _step_of(loss: Loss, eta: float, size: int, arm: str) -> Step:
    def sgd(phi: Array, rng: np.random.Generator) -> Array:
        return phi - eta * loss.minibatch_gradient(phi, rng.integers(0, loss.n, size=(size, len(phi))))

    def gaussian(phi: Array, rng: np.random.Generator) -> Array:
        noise = np.sqrt(loss.covariance(phi) / size) * rng.standard_normal(len(phi))
        return phi - eta * (loss.gradient(phi) - noise)

    return sgd if arm == "SGD" else gaussian


def _entries(
    step: Step, phi: Array, run: Array, heights: Array, n_steps: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Where steps from below the first level lead to, in chains that are put back when they pass the last, and their runs."""
    begin, states, runs = phi[0], [], []
    for i in range(2 * n_steps):
        below = phi <= heights[0]
        phi = step(phi, rng)
        if i >= n_steps:
            entered = below & (phi > heights[0])
            states.append(phi[entered])
            runs.append(run[entered])
        phi[phi > heights[-1]] = begin
    return np.concatenate(states), np.concatenate(runs)


def _copies(states: Array, runs: Array, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """n states for each run that has any, drawn from its own with replacement."""
    order = np.argsort(runs, kind="stable")
    alive, first, many = np.unique(runs[order], return_index=True, return_counts=True)
    drawn = first[:, None] + rng.integers(0, many[:, None], size=(len(alive), n))
    return states[order][drawn.ravel()], np.repeat(alive, n)


def _passages(
    step: Step, phi: Array, runs: Array, floor: float, level: float, rng: np.random.Generator
) -> tuple[Array, Array]:
    """The states of the copies as they are first above the level, of those that get there before they are at the floor again."""
    passed, owners = [], []
    while len(phi):
        above = phi > level
        passed.append(phi[above])
        owners.append(runs[above])
        walking = ~above & (phi > floor)
        phi, runs = phi[walking], runs[walking]
        if len(phi):
            phi = step(phi, rng)
    return np.concatenate(passed or [phi]), np.concatenate(owners or [runs])
