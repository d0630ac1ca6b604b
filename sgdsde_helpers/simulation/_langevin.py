"""Langevin dynamics in steps: the unadjusted chain, with full or sampled gradients, and its Metropolis correction."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sgdsde_helpers.checks import Array, count, positive
from sgdsde_helpers.checks import batch_size as checked_batch_size
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.simulation._divergence import time_step_report
from sgdsde_helpers.simulation._gradients import batches_and_gradient
from sgdsde_helpers.simulation._recording import Moments, Paths
from sgdsde_helpers.simulation._run import Plan, run, start_or_minimiser, starting_states
from sgdsde_helpers.simulation._streams import gaussians


def langevin(
    loss: Loss,
    temperature: float,
    *,
    step: float,
    n_steps: int,
    batch_size: int | None = None,
    n_chains: int = 1,
    start: Array | float | None = None,
    record: str | int = "final",
    burn_in: int = 0,
    seed: int | np.random.Generator,
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
        When a state overflows.
    """
    h, t = positive("step", step), positive("temperature", temperature)
    size = None if batch_size is None else checked_batch_size(batch_size)
    states = starting_states(start_or_minimiser(loss, start), loss.shape, n_chains)

    def steps(phi: Array, rng: np.random.Generator) -> Iterator[None]:
        for noise in gaussians(rng, phi.shape, np.sqrt(2 * h * t)):
            phi += noise - h * loss.gradient(phi)
            yield

    def minibatch_steps(phi: Array, rng: np.random.Generator) -> Iterator[None]:
        batches, h_gradient = batches_and_gradient(rng, loss, "with_replacement", size, len(phi), h)
        for noise, index in zip(gaussians(rng, phi.shape, np.sqrt(2 * h * t)), batches):
            phi += noise - h_gradient(phi, index)
            yield

    plan = Plan(h, n_steps, burn_in, record, seed, threads=1)
    return run(steps if size is None else minibatch_steps, states, plan, time_step_report(h, "step"))


def mala(
    loss: Loss,
    temperature: float,
    *,
    step: float,
    n_steps: int,
    n_chains: int = 1,
    start: Array | float | None = None,
    record: str | int = "final",
    burn_in: int = 0,
    seed: int | np.random.Generator,
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
    """
    h, t = positive("step", step), positive("temperature", temperature)
    states = starting_states(start_or_minimiser(loss, start), loss.shape, n_chains)
    count("n_steps", n_steps)
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

    paths = run(steps, states, Plan(h, n_steps, burn_in, record, seed, threads=1), time_step_report(h, "step"))
    return paths, sum(accepted) / (len(states) * (burn_in + n_steps))
