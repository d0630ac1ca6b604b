"""SGD with a fixed learning rate, and its Gaussian twin: the first two of the book's three arms."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sgdsde_helpers.checks import Array, DivergenceError, DivergenceReport, one_of, positive
from sgdsde_helpers.checks import batch_size as checked_batch_size
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.simulation._divergence import learning_rate_report, outcome, unstable
from sgdsde_helpers.simulation._factors import apply, factor
from sgdsde_helpers.simulation._gradients import batches_and_gradient, memory_order
from sgdsde_helpers.simulation._minibatch import epoch_width
from sgdsde_helpers.simulation._recording import Moments, Paths
from sgdsde_helpers.simulation._run import Plan, run, start_or_minimiser, starting_states
from sgdsde_helpers.simulation._streams import block_width, gaussians

SAMPLING = ("with_replacement", "without_replacement", "reshuffled")


def sgd(
    loss: Loss,
    eta: float,
    *,
    n_steps: int,
    batch_size: int = 1,
    n_chains: int = 1,
    start: Array | float | None = None,
    sampling: str = "with_replacement",
    record: str | int = "final",
    burn_in: int = 0,
    seed: int | np.random.Generator,
    threads: int = 1,
    on_divergence: str = "raise",
) -> Paths | Moments | DivergenceReport:
    r"""An ensemble of chains of SGD, :math:`\Phi_{i+1} = \Phi_i - \eta \hat g_i`, each with its own batches.

    Parameters
    ----------
    loss : Loss
        The loss; its gradients are sampled.
    eta : float
        Learning rate.
    n_steps : int
        Steps after the burn-in.
    batch_size : int
        B.
    n_chains : int
        Number m of independent chains.
    start : array_like of shape (*shape) or (m, *shape), optional
        Where the chains start: one place, or one for each. None: the minimiser, or zeros where the loss has none.
    sampling : str
        "with_replacement", "without_replacement" (a fresh subset each step) or "reshuffled" (each chain runs through its
        own random order of the examples and then takes a new one; the last batch of an epoch is smaller where B does not
        divide n, so that every example is used once).
    record : str or int
        "final" keeps the last states; "all" the states of every step, the start included; a number k every k-th of those;
        "moments" each chain's time averages over the `n_steps` steps. The chains are the same whatever is recorded.
    burn_in : int
        Steps before the first that is recorded.
    seed : int or numpy.random.Generator
        The same integer gives the same chains; a generator moves on.
    threads : int
        Threads that share the blocks of chains; the result does not depend on it.
    on_divergence : str
        "raise", or "return" to have the `DivergenceReport` in place of the paths.

    Returns
    -------
    Paths, Moments or DivergenceReport

    Raises
    ------
    DivergenceError
        Where the loss is quadratic and `eta` at or over its exact bound, before any step; else when a state overflows.
    ValueError, TypeError
        If an argument is not allowed.
    """
    eta = positive("eta", eta)
    one_of("sampling", sampling, SAMPLING)
    batch = checked_batch_size(batch_size, None if sampling == "with_replacement" else loss.n)
    states = starting_states(start_or_minimiser(loss, start), loss.shape, n_chains)

    def steps(phi: Array, rng: np.random.Generator) -> Iterator[None]:
        batches, eta_gradient = batches_and_gradient(rng, loss, sampling, batch, len(phi), eta)
        for index in batches:
            phi -= eta_gradient(phi, index)  # eta g-hat
            yield

    def bound() -> float | None:
        return loss.max_stable_eta(batch, sampling)

    plan = Plan(eta, n_steps, burn_in, record, seed, threads)
    layout = {"width": block_width(states[0].size), "order": memory_order(loss, batch)}
    if sampling == "reshuffled":
        layout["width"] = min(layout["width"], epoch_width(loss.n))
    return _run_unless_unstable(loss, bound, on_divergence, steps, states, plan, layout)


def gaussian_sgd(
    loss: Loss,
    eta: float,
    *,
    n_steps: int,
    batch_size: int = 1,
    n_chains: int = 1,
    start: Array | float | None = None,
    noise: str = "state_dependent",
    record: str | int = "final",
    burn_in: int = 0,
    seed: int | np.random.Generator,
    threads: int = 1,
    on_divergence: str = "raise",
) -> Paths | Moments | DivergenceReport:
    r"""SGD with Gaussian noise: :math:`\Phi_{i+1} = \Phi_i - \eta (g(\Phi_i) - \epsilon_i)`, :math:`\epsilon_i \sim N(0, \Sigma/B)`.

    The noise has the covariance of the minibatch gradient (drawn with replacement), and is otherwise Gaussian. This is
    Euler-Maruyama for the SDE of `sgd_sde` at dt = eta: with the same seed both give the same path.

    Parameters
    ----------
    noise : str
        "state_dependent": Sigma is taken at each chain's state. "frozen": Sigma stays what it is at the minimiser, or, where
        the loss has none, at each chain's start.
    loss, eta, n_steps, batch_size, n_chains, start, record, burn_in, seed, threads, on_divergence
        As in `sgd`.

    Returns
    -------
    Paths, Moments or DivergenceReport

    Raises
    ------
    DivergenceError, ValueError, TypeError
        As in `sgd`.
    """
    eta = positive("eta", eta)
    one_of("noise", noise, ("state_dependent", "frozen"))
    batch = checked_batch_size(batch_size)
    states = starting_states(start_or_minimiser(loss, start), loss.shape, n_chains)

    def steps(phi: Array, rng: np.random.Generator) -> Iterator[None]:
        if noise == "frozen":
            root = factor(loss.covariance(phi if loss.minimiser is None else loss.minimiser) / batch)
        for normal in gaussians(rng, phi.shape):
            if noise == "state_dependent":
                root = factor(loss.covariance(phi)) / np.sqrt(batch)
            phi -= eta * (loss.gradient(phi) - apply(root, normal))
            yield

    def bound() -> float | None:
        if noise == "state_dependent":
            return loss.max_stable_eta(batch)
        # Frozen noise does not multiply the state: the bound is that of gradient descent, a batch of all the examples.
        return loss.max_stable_eta(loss.n, "without_replacement")

    plan = Plan(eta, n_steps, burn_in, record, seed, threads)
    return _run_unless_unstable(loss, bound, on_divergence, steps, states, plan)


def _run_unless_unstable(
    loss, bound, on_divergence, steps, states, plan, layout=None
) -> Paths | Moments | DivergenceReport:
    """Run, or refuse to where a quadratic loss says that eta is over its bound."""
    report = learning_rate_report(plan.dt, bound, loss.quadratic)

    def simulate() -> Paths | Moments:
        if unstable(loss, plan.dt, bound):
            raise DivergenceError(report(None))
        return run(steps, states, plan, report, **(layout or {}))

    return outcome(simulate, on_divergence)
