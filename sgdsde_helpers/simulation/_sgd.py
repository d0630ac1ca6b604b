"""SGD with a fixed learning rate, its Gaussian twin, and its relatives: fresh data, momentum, SVAG, Adam."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Unpack

import numpy as np

from sgdsde_helpers.checks import Array, count, fraction, non_negative, one_of, positive
from sgdsde_helpers.checks import batch_size as checked_batch_size
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.simulation._divergence import stable, time_step
from sgdsde_helpers.simulation._factors import apply, factor
from sgdsde_helpers.simulation._recording import Moments, Paths
from sgdsde_helpers.simulation._run import Minibatches, Plan, run, simulation, starting_states, states_of_loss
from sgdsde_helpers.simulation._streams import block_width, gaussians


@simulation
def sgd(
    loss: Loss,
    eta: float,
    *,
    batch_size: int = 1,
    n_chains: int = 1,
    start: Array | float | None = None,
    sampling: str = "with_replacement",
    **plan: Unpack[Plan],
) -> Paths | Moments:
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

    Returns
    -------
    Paths or Moments

    Raises
    ------
    DivergenceError
        Where the loss is quadratic and `eta` at or over its exact bound, before any step; else when a state overflows.
    ValueError, TypeError
        If an argument is not allowed.

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> run = sgd(MeanEstimation([1.0, -1.0]), 0.1, n_steps=100, n_chains=1000, seed=1)
    >>> round(float(run.final.var()), 2)  # eta / (2 - eta) = 0.053
    0.05
    """
    rate, batches = positive("eta", eta), Minibatches(loss, batch_size, sampling)
    states = states_of_loss(loss, start, n_chains)
    report = stable(loss, rate, batch_size, sampling)

    def steps(phi: Array, rng: np.random.Generator) -> Iterator[None]:
        eta, index, gradient = batches.with_rate(rate, rng, len(phi))
        for batch in index:
            phi -= eta * gradient(phi, batch)
            yield

    return run(steps, states, rate, report, width=batches.width, order=batches.order, **plan)


@simulation
def gaussian_sgd(
    loss: Loss,
    eta: float,
    *,
    batch_size: int = 1,
    n_chains: int = 1,
    start: Array | float | None = None,
    noise: str = "state_dependent",
    **plan: Unpack[Plan],
) -> Paths | Moments:
    r"""SGD with Gaussian noise: :math:`\Phi_{i+1} = \Phi_i - \eta (g(\Phi_i) - \epsilon_i)`, :math:`\epsilon_i \sim N(0, \Sigma/B)`.

    The noise has the covariance of the minibatch gradient (drawn with replacement), and is otherwise Gaussian. This is
    Euler-Maruyama for the SDE of `sgd_sde` at dt = eta: with the same seed both give the same path.

    Parameters
    ----------
    noise : str
        "state_dependent": Sigma is taken at each chain's state. "frozen": Sigma stays what it is at the minimiser, or, where
        the loss has none, at each chain's start.
    loss, eta, n_steps, batch_size, n_chains, start, record, burn_in, seed
        As in `sgd`.

    Returns
    -------
    Paths or Moments

    Raises
    ------
    DivergenceError, ValueError, TypeError
        As in `sgd`.

    See Also
    --------
    gaussian_weight_sgd : the same chain in law, without the matrix Sigma.

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> run = gaussian_sgd(MeanEstimation([1.0, -1.0]), 0.1, n_steps=100, n_chains=1000, seed=1)
    >>> round(float(run.final.var()), 2)
    0.05
    """
    eta, batch = positive("eta", eta), checked_batch_size(batch_size)
    frozen = one_of("noise", noise, ("state_dependent", "frozen")) == "frozen"
    states = states_of_loss(loss, start, n_chains)
    # Frozen noise does not multiply the state: the bound is that of gradient descent, a batch of all the examples.
    report = stable(loss, eta, loss.n, "without_replacement") if frozen else stable(loss, eta, batch)

    def steps(phi: Array, rng: np.random.Generator) -> Iterator[None]:
        if frozen:
            root = factor(loss.covariance(phi if loss.minimiser is None else loss.minimiser) / batch)
        for normal in gaussians(rng, phi.shape):
            if not frozen:
                root = factor(loss.covariance(phi)) / np.sqrt(batch)
            phi -= eta * (loss.gradient(phi) - apply(root, normal))
            yield

    return run(steps, states, eta, report, **plan)


@simulation
def gaussian_weight_sgd(
    loss: Loss,
    eta: float,
    *,
    batch_size: int = 1,
    n_chains: int = 1,
    start: Array | float | None = None,
    **plan: Unpack[Plan],
) -> Paths | Moments:
    r"""Gaussian SGD through random weights: :math:`\Phi_{i+1} = \Phi_i - \eta \sum_k w_k \nabla L_k(\Phi_i)`.

    The weights are :math:`w_k = 1/n + (z_k - \bar z)/\sqrt{nB}` with n standard normal :math:`z_k`. Given the state, the step
    is Gaussian with the mean and the covariance of SGD's step, exactly; no matrix d by d is formed, so d may be large.

    Parameters
    ----------
    loss, eta, n_steps, batch_size, n_chains, start, record, burn_in, seed
        As in `sgd`.

    Returns
    -------
    Paths or Moments

    Raises
    ------
    DivergenceError, ValueError, TypeError
        As in `sgd`.

    See Also
    --------
    gaussian_sgd : quicker where d is small.

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> run = gaussian_weight_sgd(MeanEstimation([1.0, -1.0]), 0.1, n_steps=100, n_chains=1000, seed=1)
    >>> round(float(run.final.var()), 2)
    0.05
    """
    eta, batch = positive("eta", eta), checked_batch_size(batch_size)
    states, report = states_of_loss(loss, start, n_chains), stable(loss, eta, batch)
    width = block_width(max(loss.n, states[0].size))

    def steps(phi: Array, rng: np.random.Generator) -> Iterator[None]:
        for z in gaussians(rng, (len(phi), loss.n)):
            w = 1 / loss.n + (z - z.mean(axis=1, keepdims=True)) / np.sqrt(loss.n * batch)
            phi -= eta * loss.weighted_gradient(phi, w)
            yield

    return run(steps, states, eta, report, width=width, **plan)


@simulation
def streaming_sgd(
    eta: float,
    *,
    noise: float = 1.0,
    batch_size: int = 1,
    n_chains: int = 1,
    start: Array | float = 0.0,
    **plan: Unpack[Plan],
) -> Paths | Moments:
    r"""SGD on least squares with new data at every step: features :math:`x \sim N(0, I)`, labels :math:`y \sim N(0, \text{noise}^2)`.

    No example is ever seen twice; the minimiser is 0. A step is :math:`\Phi - (\eta/B) \sum (x \cdot \Phi - y) x`. It has a
    stationary law beyond the mean-square bound 2B/(B + d + 1) too, one without a variance.

    Parameters
    ----------
    eta : float
        Learning rate.
    noise : float
        Standard deviation of the labels, >= 0.
    start : array_like of shape () or (d,), or with an axis of n_chains in front
        Where the chains start; its shape says how many parameters there are. One axis is read as (d,).
    batch_size, n_chains, n_steps, record, burn_in, seed
        As in `sgd`.

    Returns
    -------
    Paths or Moments

    Raises
    ------
    DivergenceError
        When a state overflows.
    ValueError, TypeError
        If an argument is not allowed.

    Examples
    --------
    >>> run = streaming_sgd(0.2, batch_size=4, n_steps=100, n_chains=10_000, seed=1)
    >>> round(float(run.final.var()), 3)  # eta / (2 B - eta (B + 2)) = 0.029
    0.029
    """
    eta, noise, size = positive("eta", eta), non_negative("noise", noise), checked_batch_size(batch_size)
    shape = np.shape(start)[-1:]
    states = starting_states(start, shape, n_chains)
    numbers = int(np.prod(shape)) + 1

    def steps(phi: Array, rng: np.random.Generator) -> Iterator[None]:
        rows = phi.T.reshape(numbers - 1, len(phi))  # a view: the states of a block lie parameter by parameter
        for z in gaussians(rng, (numbers, size, len(phi))):
            residual = np.einsum("dbm,dm->bm", z[:-1], rows) - noise * z[-1]
            rows -= eta / size * np.einsum("dbm,bm->dm", z[:-1], residual)
            yield

    return run(steps, states, eta, time_step(eta, "eta"), width=block_width(numbers * size), order="F", **plan)


@simulation
def momentum(
    loss: Loss,
    eta: float,
    mu: float,
    *,
    batch_size: int = 1,
    n_chains: int = 1,
    start: Array | float | None = None,
    sampling: str = "with_replacement",
    **plan: Unpack[Plan],
) -> Paths | Moments:
    r"""SGD with momentum, the heavy ball: :math:`v_{i+1} = \mu v_i - \eta \hat g_i(\Phi_i)`, :math:`\Phi_{i+1} = \Phi_i + v_{i+1}`.

    Every chain starts with :math:`v_0 = 0`; recorded is :math:`\Phi`. With mu = 0 this is `sgd`, draw by draw. In the long run
    a gradient moves the state by :math:`\eta / (1 - \mu)`. (Polyak 1964.)

    Parameters
    ----------
    mu : float
        What is kept of the velocity at each step, in [0, 1).
    loss, eta, n_steps, batch_size, n_chains, start, sampling, record, burn_in, seed
        As in `sgd`; step i is at time i eta.

    Returns
    -------
    Paths or Moments

    Raises
    ------
    DivergenceError
        When a state overflows.
    ValueError, TypeError
        If an argument is not allowed.

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> run = momentum(MeanEstimation([0.0, 0.0]), 0.1, 0.9, n_steps=3, start=1.0, record="all", seed=1)
    >>> run.states[:, 0].round(3).tolist()
    [1.0, 0.9, 0.72, 0.486]
    """
    eta, mu, batches = positive("eta", eta), fraction("mu", mu), Minibatches(loss, batch_size, sampling)
    states = states_of_loss(loss, start, n_chains)

    def steps(phi: Array, rng: np.random.Generator) -> Iterator[None]:
        index, gradient = batches.of_block(rng, len(phi))
        v = np.zeros_like(phi)
        for batch in index:
            v = mu * v - eta * gradient(phi, batch)
            phi += v
            yield

    return run(steps, states, eta, time_step(eta, "eta"), width=batches.width, order=batches.order, **plan)


@simulation
def svag(
    loss: Loss,
    eta: float,
    l: int,
    *,
    batch_size: int = 1,
    n_chains: int = 1,
    start: Array | float | None = None,
    sampling: str = "with_replacement",
    **plan: Unpack[Plan],
) -> Paths | Moments:
    r"""SVAG: steps of size :math:`\eta / l` whose noise has l times the covariance of SGD's.

    .. math:: \Phi_{i+1} = \Phi_i - \frac{\eta}{l} \Big( \frac{1 + \sqrt{2l - 1}}{2}\, \hat g_i
              + \frac{1 - \sqrt{2l - 1}}{2}\, \hat g'_i \Big)

    with two independent batches a step. l = 1 is `sgd` in law, and as l goes to infinity the chain at time t goes to the SDE of
    `sgd_sde`, whatever eta is. (Li, Malladi and Arora, On the Validity of Modeling SGD with SDEs, 2021.)

    Parameters
    ----------
    l : int
        Steps in the time eta of one step of SGD, >= 1; `n_steps` counts the short ones.
    loss, eta, n_steps, batch_size, n_chains, start, sampling, record, burn_in, seed
        As in `sgd`; step i is at time i eta / l.

    Returns
    -------
    Paths or Moments

    Raises
    ------
    DivergenceError
        When a state overflows.
    ValueError, TypeError
        If an argument is not allowed.

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> run = svag(MeanEstimation([1.0, -1.0]), 0.1, 4, n_steps=8, n_chains=3, record="all", seed=1)
    >>> run.t.round(3).tolist()
    [0.0, 0.025, 0.05, 0.075, 0.1, 0.125, 0.15, 0.175, 0.2]
    """
    eta, root, batches = positive("eta", eta), np.sqrt(2 * count("l", l) - 1), Minibatches(loss, batch_size, sampling)
    states, step = states_of_loss(loss, start, n_chains), eta / l

    def steps(phi: Array, rng: np.random.Generator) -> Iterator[None]:
        first, gradient = batches.of_block(rng, len(phi))
        second, _ = batches.of_block(rng, len(phi))
        for one, two in zip(first, second):
            phi -= step * ((1 + root) / 2 * gradient(phi, one) + (1 - root) / 2 * gradient(phi, two))
            yield

    return run(steps, states, step, time_step(eta, "eta"), width=batches.width, order=batches.order, **plan)


@simulation
def adam(
    loss: Loss,
    eta: float,
    *,
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-8,
    batch_size: int = 1,
    n_chains: int = 1,
    start: Array | float | None = None,
    sampling: str = "with_replacement",
    **plan: Unpack[Plan],
) -> Paths | Moments:
    r"""Adam: :math:`\Phi_i = \Phi_{i-1} - \eta\, \hat m_i / (\sqrt{\hat v_i} + \epsilon)`, coordinate by coordinate.

    :math:`m_i = b_1 m_{i-1} + (1 - b_1) \hat g` and :math:`v_i = b_2 v_{i-1} + (1 - b_2) \hat g^2` start from 0, which
    :math:`\hat m_i = m_i / (1 - b_1^i)` and :math:`\hat v_i = v_i / (1 - b_2^i)` mend. b1 = b2 = eps = 0 is the descent by signs.
    (Kingma and Ba, Adam, 2015.)

    Parameters
    ----------
    b1, b2 : float
        In [0, 1).
    eps : float
        >= 0; with 0, a coordinate whose gradients have all been 0 stays.
    loss, eta, n_steps, batch_size, n_chains, start, sampling, record, burn_in, seed
        As in `sgd`.

    Returns
    -------
    Paths or Moments

    Raises
    ------
    DivergenceError
        When a state overflows.
    ValueError, TypeError
        If an argument is not allowed.

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> run = adam(MeanEstimation([1.0, 1.0]), 0.1, n_steps=2, start=0.0, record="all", seed=1)
    >>> run.states[:, 0].round(3).tolist()
    [0.0, 0.1, 0.2]
    """
    eta, b1, b2, eps = positive("eta", eta), fraction("b1", b1), fraction("b2", b2), non_negative("eps", eps)
    states, batches = states_of_loss(loss, start, n_chains), Minibatches(loss, batch_size, sampling)

    def steps(phi: Array, rng: np.random.Generator) -> Iterator[None]:
        index, gradient = batches.of_block(rng, len(phi))
        m, v = np.zeros_like(phi), np.zeros_like(phi)
        for i, batch in enumerate(index, start=1):
            g = gradient(phi, batch)
            m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
            size = np.sqrt(v / (1 - b2**i)) + eps
            phi -= eta * np.divide(m / (1 - b1**i), size, out=np.zeros_like(m), where=size > 0)
            yield

    return run(steps, states, eta, time_step(eta, "eta"), width=batches.width, order=batches.order, **plan)
