"""Paths without an error from the time step: Ornstein-Uhlenbeck, Brownian motion, and gradient flow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Unpack

import numpy as np

from sgdsde_helpers.checks import Array, array, covariance_matrix, one_or_each, positive, refuse, square
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.losses._base import a_loss
from sgdsde_helpers.simulation._divergence import exact_transition
from sgdsde_helpers.simulation._factors import apply, factor
from sgdsde_helpers.simulation._recording import Moments, Paths
from sgdsde_helpers.simulation._run import Plan, run, simulation, starting_states
from sgdsde_helpers.simulation._streams import gaussians


@simulation
def ornstein_uhlenbeck(
    drift_matrix: Array | float,
    noise_covariance: Array | float,
    *,
    dt: float,
    start: Array | float,
    center: Array | float = 0.0,
    n_paths: int = 1,
    **plan: Unpack[Plan],
) -> Paths | Moments:
    r"""Paths of :math:`d\Phi = -H(\Phi - c)\,dt + dN`, N Brownian with covariance C per unit time, by exact transitions.

    :math:`\Phi(t+dt) - c` is :math:`e^{-H dt}(\Phi(t) - c)` plus Gaussian noise of covariance
    :math:`\int_0^{dt} e^{-Hs} C e^{-H^T s} ds`, so the states at multiples of dt have no error from dt, however large.

    Parameters
    ----------
    drift_matrix : float or array_like of shape (d, d)
        H; need be neither symmetric nor stable.
    noise_covariance : float or array_like of shape (d, d)
        C: eta Sigma / B for the SDE of SGD.
    dt, n_steps, n_paths, record, burn_in, seed
        As in `euler_maruyama`.
    start : array_like of shape (*shape) or (m, *shape)
        Where the paths start.
    center : array_like of shape () or (*shape)
        c.

    Returns
    -------
    Paths or Moments

    Raises
    ------
    ValueError, TypeError
        If an argument is not allowed.

    Examples
    --------
    >>> run = ornstein_uhlenbeck(1.0, 2.0, dt=10.0, start=0.0, n_steps=1, n_paths=4000, seed=1)
    >>> round(float(run.final.var()), 1)  # C / (2 H) = 1
    1.0
    """
    from sgdsde_helpers.theory.moments.ornstein_uhlenbeck import transition  # imported late: with it comes all theory

    dt = positive("dt", dt)
    h = square("drift_matrix", drift_matrix)
    c = covariance_matrix("noise_covariance", noise_covariance, len(h) if h.ndim else 0)
    mean = one_or_each("center", center, h.shape[:1])
    states = starting_states(start, h.shape[:1], n_paths, "n_paths")
    decay, added = (part.reshape(h.shape) for part in transition(np.atleast_2d(h), np.atleast_2d(c), dt))
    shift = mean - apply(decay, mean)  # so that phi = c + decay (phi - c) + noise

    def steps(phi: Array, rng: np.random.Generator) -> Iterator[None]:
        for noise in gaussians(rng, phi.shape, factor(added), mean=shift):
            np.add(apply(decay, phi), noise, out=phi)
            yield

    return run(steps, states, dt, exact_transition(dt), **plan)


@simulation
def brownian_motion(
    noise_covariance: Array | float,
    *,
    dt: float,
    n_paths: int = 1,
    record: str | int = "all",
    **plan: Any,  # `Plan` but for the record
) -> Paths | Moments:
    r"""Brownian motion from 0 with the given covariance per unit time; its increments over dt are exact.

    Parameters
    ----------
    noise_covariance : float or array_like of shape (d, d)
        Covariance at time 1: eta Sigma / B for SGD where the gradient is 0.
    dt, n_steps, n_paths, record, burn_in, seed
        As in `euler_maruyama`.

    Returns
    -------
    Paths or Moments

    Examples
    --------
    >>> run = brownian_motion(1.0, dt=0.5, n_steps=4, n_paths=4000, seed=1)
    >>> run.states.shape, round(float(run.final.var()), 1)
    ((5, 4000), 2.0)
    """
    dt = positive("dt", dt)
    c = covariance_matrix("noise_covariance", noise_covariance)

    def steps(phi: Array, rng: np.random.Generator) -> Iterator[None]:
        for dW in gaussians(rng, phi.shape, np.sqrt(dt) * factor(c)):
            phi += dW
            yield

    states = starting_states(np.zeros(c.shape[:1]), c.shape[:1], n_paths, "n_paths")
    return run(steps, states, dt, exact_transition(dt), record=record, **plan)


def gradient_flow(loss: Loss, *, start: Array | float, times: Array) -> Array:
    r"""Gradient flow :math:`d\Phi/dt = -g(\Phi)`, what SGD follows as eta goes to 0.

    Parameters
    ----------
    loss : Loss
    start : array_like of shape (*shape)
        Place at time 0.
    times : array_like of shape (T,)
        Times >= 0, in increasing order.

    Returns
    -------
    ndarray of shape (T, *shape)
        Places at these times, to about ten digits.

    Raises
    ------
    ValueError
        If an argument is not allowed, or the flow cannot be followed so far: it may reach infinity in a finite time.

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> gradient_flow(MeanEstimation([1.0, -1.0]), start=1.0, times=[0.0, 1.0, 2.0]).round(4).tolist()
    [1.0, 0.3679, 0.1353]
    """
    from scipy.integrate import solve_ivp  # imported late: it takes longer than all the rest

    times = array("times", times, ndim=1)
    if times[0] < 0 or (np.diff(times) <= 0).any():
        refuse("times", times, "numbers >= 0 in increasing order")
    y0 = array("start", start, a_loss(loss).shape).reshape(-1)

    def slope(_: float, y: Array) -> Array:
        return -loss.gradient(y.reshape(loss.shape)).reshape(-1)

    flow = solve_ivp(slope, (0.0, times[-1] or 1.0), y0, t_eval=times, method="DOP853", rtol=1e-11, atol=1e-12)
    if not flow.success:
        raise ValueError(
            f"times up to {times[-1]:g} are not allowed: the flow cannot be followed so far, it may run off to infinity"
        )
    return flow.y.T.reshape(len(times), *loss.shape)
