"""Langevin dynamics in steps: the unadjusted chain, with full or sampled gradients, and its Metropolis correction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Unpack

import numpy as np

from sgdsde_helpers.checks import Array, count, positive
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.simulation._divergence import stable, time_step
from sgdsde_helpers.simulation._recording import Moments, Paths
from sgdsde_helpers.simulation._run import Minibatches, Plan, run, simulation, states_of_loss
from sgdsde_helpers.simulation._streams import gaussians


@simulation
def langevin(
    loss: Loss,
    temperature: float,
    *,
    step: float,
    batch_size: int | None = None,
    n_chains: int = 1,
    start: Array | float | None = None,
    **plan: Unpack[Plan],
) -> Paths | Moments:
    r"""Unadjusted Langevin: :math:`\Phi \leftarrow \Phi - h\, g(\Phi) + \sqrt{2hT}\,\xi`, :math:`\xi \sim N(0, I)`.

    As h goes to 0 its law goes to the Gibbs law exp(-L/T)/Z. With a batch size the gradient is that of a minibatch drawn with
    replacement: stochastic gradient Langevin dynamics (Welling and Teh 2011).

    Parameters
    ----------
    loss : Loss
    temperature : float
        T; 1/n samples the posterior exp(-n L)/Z.
    step : float
        h.
    batch_size : int, optional
        B; without it every step uses all the examples.
    n_steps, n_chains, start, record, burn_in, seed
        As in `sgd`.

    Returns
    -------
    Paths or Moments

    Raises
    ------
    DivergenceError
        Where the loss is quadratic and `step` at or over its exact bound, before any step; else when a state overflows.

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> run = langevin(MeanEstimation([1.0, -1.0]), 0.5, step=0.1, n_steps=100, n_chains=1000, seed=1)
    >>> round(float(run.final.var()), 1)  # the Gibbs law has T = 0.5
    0.5
    """
    h, t = positive("step", step), positive("temperature", temperature)
    batches = None if batch_size is None else Minibatches(loss, batch_size)
    states = states_of_loss(loss, start, n_chains)
    size, sampling = (loss.n, "without_replacement") if batches is None else (batches.size, "with_replacement")
    report = stable(loss, h, size, sampling, "step")

    def steps(phi: Array, rng: np.random.Generator) -> Iterator[None]:
        for noise in gaussians(rng, phi.shape, np.sqrt(2 * h * t)):
            phi += noise - h * loss.gradient(phi)
            yield

    def minibatch_steps(phi: Array, rng: np.random.Generator) -> Iterator[None]:
        rate, index, gradient = batches.with_rate(h, rng, len(phi))
        for noise, batch in zip(gaussians(rng, phi.shape, np.sqrt(2 * h * t)), index):
            phi += noise - rate * gradient(phi, batch)
            yield

    return run(steps if batches is None else minibatch_steps, states, h, report, **plan)


@simulation
def mala(
    loss: Loss,
    temperature: float,
    *,
    step: float,
    n_chains: int = 1,
    start: Array | float | None = None,
    **plan: Unpack[Plan],
) -> tuple[Paths | Moments, float]:
    r"""Langevin with Metropolis correction (MALA): its stationary law is exp(-L/T)/Z at every step size.

    A step of `langevin` from :math:`\Phi` is only a proposal :math:`\Psi`, with density q. It is accepted with probability
    :math:`\min(1, e^{-(L(\Psi) - L(\Phi))/T}\, q(\Phi|\Psi)/q(\Psi|\Phi))`; else the chain stays. (Roberts and Tweedie 1996.)

    Parameters
    ----------
    loss, temperature, step, n_steps, n_chains, start, record, burn_in, seed
        As in `langevin`.

    Returns
    -------
    (Paths or Moments, float)
        The run, and the share of proposals that were accepted.

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> run, accepted = mala(MeanEstimation([1.0, -1.0]), 0.5, step=0.1, n_steps=50, n_chains=2000, seed=1)
    >>> round(float(run.final.var()), 1), round(float(accepted), 2)
    (0.5, 0.99)
    """
    h, t = positive("step", step), positive("temperature", temperature)
    states = states_of_loss(loss, start, n_chains)
    n_steps = count("n_steps", plan["n_steps"])
    accepted: list[int] = []

    def log_density(phi: Array, gradient: Array, proposal: Array) -> Array:
        """Log of exp(-L(phi)/T) q(proposal | phi), up to a constant."""
        away = (proposal - phi + h * gradient).reshape(len(phi), -1)
        return -loss.loss(phi) / t - (away**2).sum(axis=1) / (4 * h * t)

    def steps(phi: Array, rng: np.random.Generator) -> Iterator[None]:
        for noise in gaussians(rng, phi.shape, np.sqrt(2 * h * t)):
            g = loss.gradient(phi)
            proposal = phi - h * g + noise
            odds = log_density(proposal, loss.gradient(proposal), phi) - log_density(phi, g, proposal)
            yes = np.log(rng.random(len(phi))) < odds
            phi[yes] = proposal[yes]
            accepted.append(np.count_nonzero(yes))
            yield

    paths = run(steps, states, h, time_step(h, "step"), **plan)
    return paths, sum(accepted) / (len(states) * (plan.get("burn_in", 0) + n_steps))
