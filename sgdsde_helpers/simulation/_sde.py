"""Stochastic differential equations, the third of the book's three arms, in small steps of time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Unpack

import numpy as np

from sgdsde_helpers.checks import Array, array, positive, refuse, square
from sgdsde_helpers.checks import batch_size as checked_batch_size
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.losses._base import a_loss
from sgdsde_helpers.simulation._divergence import time_step
from sgdsde_helpers.simulation._factors import apply, factor
from sgdsde_helpers.simulation._recording import Moments, Paths
from sgdsde_helpers.simulation._run import Plan, run, simulation, starting_states
from sgdsde_helpers.simulation._streams import gaussians


@simulation
def euler_maruyama(
    drift: Callable[[Array], Array],
    noise_factor: Callable[[Array], Array] | Array | float,
    *,
    dt: float,
    start: Array | float,
    n_paths: int = 1,
    **plan: Unpack[Plan],
) -> Paths | Moments:
    r"""Paths of the Ito equation :math:`d\Phi = \mathrm{drift}(\Phi)\,dt + G(\Phi)\,dW` by the Euler-Maruyama method.

    One step is :math:`\Phi \leftarrow \Phi + \mathrm{drift}(\Phi)\,dt + G(\Phi) \sqrt{dt}\, z` with z standard normal: weak
    order 1, strong order 1/2 (1 where G is constant). To stand for the SDE of SGD, dt must be well below eta: at dt = eta this
    is `gaussian_sgd`.

    Parameters
    ----------
    drift : callable
        States (m, *shape) to drifts of the same shape.
    noise_factor : float, array_like of shape (d, d), or callable
        The factor G: a number, a matrix, or a function from states (m, *shape) to numbers (m,) or matrices (m, d, d), or to
        one number or matrix for all. A number g in a problem of dimension d stands for g times the identity.
    dt : float
        Time step.
    n_steps : int
        Steps after the burn-in.
    start : array_like of shape (*shape) or (m, *shape)
        Where the paths start: one place, or one for each. An array of shape (n_paths,) with a scalar or callable `noise_factor` is
        read as the starts of n_paths paths of a scalar problem.
    n_paths : int
        Number m of independent paths.
    record, burn_in, seed
        As in `sgd`.

    Returns
    -------
    Paths or Moments

    Raises
    ------
    DivergenceError
        When a state overflows.
    ValueError, TypeError
        If an argument is not allowed, or `drift` or `noise_factor` returns another shape.

    Examples
    --------
    >>> run = euler_maruyama(lambda phi: -phi, 0.0, dt=0.1, start=1.0, n_steps=2, record="all", seed=1)
    >>> run.states[:, 0].round(4).tolist()
    [1.0, 0.9, 0.81]
    """
    dt = positive("dt", dt)
    root, states = _factor_and_states(drift, noise_factor, start, n_paths)

    def steps(phi: Array, rng: np.random.Generator) -> Iterator[None]:
        here = read_only(phi)
        if callable(root):
            for dW in gaussians(rng, phi.shape, np.sqrt(dt)):
                phi += drift(here) * dt + apply(root(here), dW)
                yield
        for noise_dW in gaussians(rng, phi.shape, root * np.sqrt(dt)):
            phi += drift(here) * dt + noise_dW
            yield

    return run(steps, states, dt, time_step(dt), **plan)


@simulation
def weak_second_order(
    drift: Callable[[Array], Array],
    noise_factor: Callable[[Array], Array] | Array | float,
    *,
    dt: float,
    start: Array | float,
    n_paths: int = 1,
    **plan: Unpack[Plan],
) -> Paths | Moments:
    r"""Paths of the same Ito equation as in `euler_maruyama`, with averages that are right to order 2 in dt.

    For constant noise a step is Heun's: the drift is the mean of that at the start and that at the end of an Euler-Maruyama
    step. For a scalar problem with noise that depends on the state it is Platen's explicit scheme, which finds the noise's
    slope from its values at two places. (Kloeden and Platen, Numerical Solution of SDEs, 1992, section 15.1.)

    Parameters
    ----------
    drift, dt, n_steps, start, n_paths, record, burn_in, seed
        As in `euler_maruyama`.
    noise_factor : float, array_like of shape (d, d), or callable
        The factor G: constant, or, in a scalar problem, a function of the states.

    Returns
    -------
    Paths or Moments

    Raises
    ------
    DivergenceError, ValueError, TypeError
        As in `euler_maruyama`; and where `noise_factor` is a function in a problem that is not scalar.

    Examples
    --------
    >>> run = weak_second_order(lambda phi: -phi, 0.0, dt=0.1, start=1.0, n_steps=2, record="all", seed=1)
    >>> run.states[:, 0].round(4).tolist()
    [1.0, 0.905, 0.819]
    """
    dt = positive("dt", dt)
    root, states = _factor_and_states(drift, noise_factor, start, n_paths)
    if callable(root) and states.ndim > 1:
        refuse("noise_factor", noise_factor, "a number or a matrix, in a problem that is not scalar")

    def constant_noise(phi: Array, rng: np.random.Generator) -> Iterator[None]:
        here = read_only(phi)
        for noise_dW in gaussians(rng, phi.shape, root * np.sqrt(dt)):
            a = drift(here)
            phi += (a + drift(phi + a * dt + noise_dW)) * dt / 2 + noise_dW
            yield

    def noise_of_the_state(phi: Array, rng: np.random.Generator) -> Iterator[None]:
        here = read_only(phi)
        for dW in gaussians(rng, phi.shape, np.sqrt(dt)):
            a, b = drift(here), root(here)
            ahead = phi + a * dt
            up, down = root(ahead + b * np.sqrt(dt)), root(ahead - b * np.sqrt(dt))
            phi += (a + drift(ahead + b * dW)) * dt / 2 + (up + down + 2 * b) * dW / 4
            phi += (up - down) * (dW**2 - dt) / (4 * np.sqrt(dt))
            yield

    steps = noise_of_the_state if callable(root) else constant_noise
    return run(steps, states, dt, time_step(dt), **plan)


@simulation
def stratonovich_heun(
    drift: Callable[[Array], Array],
    noise_factor: Callable[[Array], Array] | Array | float,
    *,
    dt: float,
    start: Array | float,
    n_paths: int = 1,
    **plan: Unpack[Plan],
) -> Paths | Moments:
    r"""Paths of the Stratonovich equation :math:`d\Phi = \mathrm{drift}(\Phi)\,dt + G(\Phi)\circ dW` by Heun's method.

    A step takes the mean of drift and noise at its start and at the end of a step of Euler's. Averages are right to order 1 in
    dt, and to order 2 but for terms at least quadratic in the noise, which vanish where it is constant: for small noise this is
    the quickest way to an average. (Ruemelin, SIAM Journal on Numerical Analysis 19, 1982, 604-613.) An Ito equation with drift
    a in a scalar problem is this one with the drift a - G G'/2.

    Parameters
    ----------
    drift : callable
        Stratonovich's: states (m, *shape) to drifts of the same shape.
    noise_factor, dt, n_steps, start, n_paths, record, burn_in, seed
        As in `euler_maruyama`.

    Returns
    -------
    Paths or Moments

    Raises
    ------
    DivergenceError, ValueError, TypeError
        As in `euler_maruyama`.

    Examples
    --------
    >>> run = stratonovich_heun(lambda phi: -phi, 0.0, dt=0.1, start=1.0, n_steps=2, record="all", seed=1)
    >>> run.states[:, 0].round(4).tolist()
    [1.0, 0.905, 0.819]
    """
    dt = positive("dt", dt)
    root, states = _factor_and_states(drift, noise_factor, start, n_paths)
    factor_at = root if callable(root) else lambda phi: root

    def steps(phi: Array, rng: np.random.Generator) -> Iterator[None]:
        here = read_only(phi)
        for dW in gaussians(rng, phi.shape, np.sqrt(dt)):
            change = drift(here) * dt + apply(factor_at(here), dW)
            ahead = phi + change
            change += drift(ahead) * dt + apply(factor_at(ahead), dW)
            change *= 0.5
            phi += change
            yield

    return run(steps, states, dt, time_step(dt), **plan)


def sgd_sde(loss: Loss, eta: float, batch_size: int = 1) -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
    r"""Drift and noise factor of the lecture's equation :math:`d\Phi = -g\,dt + \sqrt{\eta/B}\,\Sigma^{1/2} dW`.

    Parameters
    ----------
    loss : Loss
    eta : float
        Learning rate.
    batch_size : int
        B.

    Returns
    -------
    (drift, noise_factor) : callables
        For `euler_maruyama`: minus the gradient, and a factor of eta Sigma(phi) / B.

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> drift, noise_factor = sgd_sde(MeanEstimation([1.0, -1.0]), 0.04)
    >>> float(drift(np.array(0.5))), round(float(noise_factor(np.array(0.5))), 4)
    (-0.5, 0.2)
    """
    loss, scale = a_loss(loss), positive("eta", eta) / checked_batch_size(batch_size)

    def drift(phi: Array) -> Array:
        return -loss.gradient(phi)

    def noise_factor(phi: Array) -> Array:
        return np.sqrt(scale) * factor(loss.covariance(phi))

    return drift, noise_factor


def _factor_and_states(drift, noise_factor, start: Array | float, n_paths: int):
    """The factor as a function or an array, and the starting states, whose shape is read off `start` and the factor."""
    root = noise_factor if callable(noise_factor) else square("noise_factor", noise_factor)
    start = array("start", start)
    if not callable(root) and root.ndim == 2:
        shape = root.shape[:1]
    else:
        shape = () if start.ndim == 1 and len(start) == n_paths else start.shape[-1:]
    states = starting_states(start, shape, n_paths, "n_paths")
    _check_shapes(drift, root, states)
    return root, states


def _check_shapes(drift, root, states: Array) -> None:
    """Raise unless drift and factor return shapes that fit the states, and leave them as they are."""
    few = 3 if states.shape[1:] == (2,) else 2  # not as many as coordinates, so that a matrix is told from numbers
    phi = np.repeat(states[:1], few, axis=0)
    shape = np.shape(_first_call("drift", drift, phi))
    if shape != phi.shape:
        raise ValueError(f"drift(phi) of shape {shape} is not allowed: it must have phi's shape {phi.shape}")
    allowed = {(), phi.shape[:1], 2 * phi.shape[1:], phi.shape + phi.shape[1:]}
    if callable(root) and (shape := np.shape(_first_call("noise_factor", root, phi))) not in allowed:
        raise ValueError(f"noise_factor(phi) of shape {shape} is not allowed: it must be one of {sorted(allowed)}")


def _first_call(name: str, function: Callable[[Array], Array], phi: Array) -> Array:
    """Its value at `phi`; raise where it writes into `phi`, or, at its next call, into what it returned before."""
    if not callable(function):
        refuse(name, function, "a function of phi", TypeError)
    try:
        value = function(read_only(phi))
        kept = np.array(value)
        with np.errstate(all="ignore"):  # the second place need not be in its domain
            function(read_only(phi + 1e-6))
    except ValueError as error:
        if "read-only" not in str(error):
            raise
        raise ValueError(f"{name} that changes phi in place is not allowed: it must return a new array") from error
    if not np.array_equal(kept, value, equal_nan=True):
        raise ValueError(f"{name} that returns one array at all calls is not allowed: it must return a new array")
    return value


def read_only(phi: Array) -> Array:
    """The same states, for functions of the caller's, which must not write into them."""
    view = phi.view()
    view.flags.writeable = False
    return view
