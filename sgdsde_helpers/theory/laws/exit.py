"""How long until a state is passed: mean exit times of the SDE, of Gaussian SGD and of SGD, without simulation.

All three ask for the mean time until a process that starts at `start` is first above `end`; times of chains are in units of
t = i eta, as the SDE's are. Nothing waits for rare events: the cost does not grow with the answer.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from sgdsde_helpers.checks import Array, array, count, number, positive, refuse
from sgdsde_helpers.checks import batch_size as checked_batch_size
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.theory._loss import one_parameter
from sgdsde_helpers.theory.laws.transfer import batch_images, invariant_interval

__all__ = [
    "barrier_shift",
    "chain_exit_time",
    "exit_survival",
    "gaussian_chain_exit_time",
    "kramers_time",
    "sde_exit_time",
]

POINTS = 20_001  # of the grid from `reach` to `end`


def kramers_time(loss: Loss, temperature: float, *, well: float, top: float) -> float:
    r"""Kramers' time from one well to the other, :math:`2\pi e^{\Delta/T} / \sqrt{L''(a)\,|L''(b)|}`; to the top it is half of that.

    Parameters
    ----------
    loss : Loss
        With one parameter; gives the two curvatures and the height Delta of the top over the bottom.
    temperature : float
        T = eta sigma^2 / (2 B).
    well, top : float
        a and b: where the loss has a minimum, and the maximum on the way out.

    Returns
    -------
    float
        A time in units of t = i eta, to leading order in T / Delta.

    Raises
    ------
    ValueError
        If the loss has no minimum at `well`, or no higher maximum at `top`.

    Examples
    --------
    >>> from sgdsde_helpers.losses import DoubleWell
    >>> round(kramers_time(DoubleWell(0.9), temperature=0.1, well=1.0, top=0.0), 3)
    54.125
    """
    loss, temperature, well, top = (
        one_parameter(loss),
        positive("temperature", temperature),
        number("well", well),
        number("top", top),
    )
    places, sign = np.array([well, top]), np.array([1.0, -1.0])
    curvatures, barrier = sign * loss.hessian(places), float(loss.loss(np.array(top)) - loss.loss(np.array(well)))
    off = np.abs(loss.gradient(places)) > 1e-3 * np.abs(curvatures * (top - well))
    for name, value, kind, wrong in zip(("well", "top"), (well, top), ("minimum", "maximum"), off | (curvatures <= 0)):
        if wrong:
            refuse(name, value, f"the place of a {kind} of the loss")
    if barrier <= 0:
        refuse("top", top, "a place where the loss is higher than at `well`")
    return float(2 * np.pi / np.sqrt(curvatures.prod()) * np.exp(barrier / temperature))


def barrier_shift(width: float) -> float:
    r"""How much farther the SDE's barrier must be for a chain of Gaussian steps: 0.5826 times the width of a step.

    A chain may be beyond a barrier between two looks and back again. To leading order it passes when the continuous path passes a
    barrier that lies farther by the mean overshoot of a Gaussian walk, :math:`-\zeta(1/2)/\sqrt{2\pi}` widths (Siegmund 1979;
    Broadie, Glasserman and Kou 1997). What is left is of the order of eta.

    Parameters
    ----------
    width : float
        Standard deviation of a step, eta sigma / sqrt(B).

    Returns
    -------
    float

    Examples
    --------
    >>> round(barrier_shift(1.0), 4)
    0.5826
    """
    return 0.5825971579390106 * positive("width", width)


def exit_survival(t: Array, mean: float) -> Array:
    """Share of paths that have not left by time t, exp(-t/mean): the law of the exit time where escape is rare.

    A path that is still in the well has forgotten how long it has been there; so the time has no memory, in the limit.

    Parameters
    ----------
    t : array
        Times >= 0.
    mean : float
        Mean exit time.

    Returns
    -------
    ndarray of the shape of `t`

    Examples
    --------
    >>> exit_survival([0.0, 1.0, 2.0], mean=1.0).round(4)
    array([1.    , 0.3679, 0.1353])
    """
    times = array("t", t)
    if (times < 0).any():
        refuse("t", t, "a number >= 0 in every entry")
    return np.exp(-times / positive("mean", mean))


def sde_exit_time(loss: Loss, eta: float, batch_size: int = 1, *, start: float, end: float, reach: float) -> float:
    r"""Mean time until the SDE :math:`d\Phi = -g\,dt + \sqrt{\eta\sigma^2(\Phi)/B}\,dW` (Ito) first passes `end` from `start` < `end`.

    With D = eta sigma^2 / B and :math:`\psi = \exp\int 2 g / D` it is, here by Simpson's rule,
    :math:`\int_{\text{start}}^{\text{end}} \psi(y) \int_{-\infty}^y \frac{2}{D\psi}\,dz\,dy`.

    Parameters
    ----------
    loss : Loss
        Of parameter shape (), with noise at every place that is passed.
    eta, batch_size
        Learning rate and B.
    start, end : float
        Where the path begins, and what it is to pass.
    reach : float
        Where the inner integral begins, in place of minus infinity; below `start`.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If an argument is not allowed, the noise vanishes, or `reach` cuts off more than a millionth of the inner integral.

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> loss = MeanEstimation([-1.0, 1.0])
    >>> round(sde_exit_time(loss, eta=0.1, start=0.0, end=0.3, reach=-3.0), 3)
    3.607
    """
    from scipy.integrate import cumulative_simpson  # imported late: it takes longer than all the rest

    loss, eta, start, end = _problem(loss, eta, start, end)
    reach = _reach(reach, start)
    y = np.linspace(reach, end, POINTS)
    diffusion = eta / checked_batch_size(batch_size) * loss.covariance(y)
    if not (diffusion > 0).all():
        refuse(
            "loss", type(loss).__name__, f"one with noise at every place; it has none at {y[np.argmin(diffusion)]:g}"
        )
    log_psi = cumulative_simpson(2 * loss.gradient(y) / diffusion, x=y, initial=0.0)
    if np.abs(np.diff(log_psi)).max() > 0.5:
        refuse("eta", eta, f"larger: on {POINTS} points the integrand changes by half its size between neighbours")
    weight = 2 / diffusion * np.exp(log_psi.min() - log_psi)  # one scale for both, so that neither overflows
    inner = cumulative_simpson(weight, x=y, initial=0.0)
    if weight[0] * (y[-1] - y[0]) > 1e-6 * inner[-1]:
        refuse("reach", reach, "smaller: the law has mass there")
    top = log_psi[y >= start].max()
    outer = cumulative_simpson(np.exp(np.minimum(log_psi - top, 0.0)) * inner, x=y, initial=0.0)
    return float((outer[-1] - np.interp(start, y, outer)) * np.exp(top - log_psi.min()))


def gaussian_chain_exit_time(
    loss: Loss, eta: float, batch_size: int = 1, *, start: float, end: float, reach: float
) -> float:
    r"""Mean time until Gaussian SGD is first above `end`: :math:`\tau(x) = \eta + \int_{-\infty}^{end} p(x, y)\,\tau(y)\,dy`.

    p(x, .) is the normal density of a step. Nystrom's method with Gauss-Legendre nodes from `reach` to `end`, four to the width
    of a step: tau is smooth below `end`, so the error falls off exponentially with the number of nodes. The system is solved
    without a subtraction, so that long times are as accurate as short ones.

    Parameters
    ----------
    loss, eta, batch_size, start, end, reach
        As in `sde_exit_time`.

    Returns
    -------
    float
        In units of t = i eta.

    Raises
    ------
    ValueError
        If an argument is not allowed, or a step is so short that over 4,000 nodes are wanted.

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> loss = MeanEstimation([-1.0, 1.0])
    >>> round(gaussian_chain_exit_time(loss, eta=0.1, start=0.0, end=0.3, reach=-3.0), 3)
    4.949
    """
    loss, eta, start, end = _problem(loss, eta, start, end)
    reach = _reach(reach, start)
    width = eta * np.sqrt(loss.covariance(np.linspace(reach, end, 1001)).min() / checked_batch_size(batch_size))
    nodes = int(np.ceil(4 * (end - reach) / width)) if width > 0 else 4001
    if nodes > 4000:
        refuse("eta", eta, f"larger: a step's width of {width:.2g} asks for {nodes} nodes, over 4000")
    x, w = np.polynomial.legendre.leggauss(max(nodes, 40))
    x, w = (end - reach) / 2 * (x + 1) + reach, (end - reach) / 2 * w

    def step_law(place: Array) -> tuple[Array, Array]:
        """Chances of a step to each node, and to above `end`."""
        deviation = eta * np.sqrt(loss.covariance(place) / batch_size)
        middle = place - eta * loss.gradient(place)
        away = (x - middle[:, None]) / deviation[:, None]
        density = np.exp(-(away**2) / 2) / (np.sqrt(2 * np.pi) * deviation[:, None])
        return density * w, ndtr((middle - end) / deviation)

    tau = _times_to_leave(*step_law(x), np.full(len(x), eta))
    return float(eta + step_law(np.array([start]))[0][0] @ tau)


def chain_exit_time(
    loss: Loss, eta: float, batch_size: int = 1, *, start: float, end: float, nodes: int = 4001
) -> tuple[float, float]:
    """A bracket for the mean time until SGD is first above `end`: the true value lies between the two numbers.

    Where every batch's map keeps the order of states, the mean time falls with the state. To put each image on the grid node
    below it makes the time longer, on the node above it shorter: two chains on the grid. The bracket closes as 1/nodes.

    Parameters
    ----------
    loss, eta, batch_size, start, end
        As in `sde_exit_time`; batches with replacement, few enough to list.
    nodes : int
        Nodes of the grid.

    Returns
    -------
    lower, upper : float
        In units of t = i eta; both infinite where SGD never passes `end`.

    Raises
    ------
    ValueError
        If a batch's map does not keep the order of states: `eta` is too large for the bracket. If some states below `end` hold the
        chain far longer than others.

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> lower, upper = chain_exit_time(MeanEstimation([-1.0, 1.0]), eta=0.5, start=0.0, end=0.45, nodes=1001)
    >>> round(lower, 3), round(upper, 3)
    (2.0, 2.0)
    """
    from scipy.sparse import csr_array

    loss, eta, start, end = _problem(loss, eta, start, end)
    images, probability = batch_images(loss, eta, batch_size, "with_replacement")
    try:
        if invariant_interval(images, start)[1] <= end:
            return np.inf, np.inf
    except ValueError:  # the chain is not bounded, so it is not held below `end` either
        pass
    low = start
    for _ in range(10_000):
        lower = min(low, images(np.linspace(low, end, 257)).min())
        if low - lower <= 1e-12 * (end - low):
            break
        low = lower
    grid = np.linspace(low, end, count("nodes", nodes, minimum=11))
    targets = images(grid)
    if (np.diff(targets, axis=0) < 0).any():
        refuse("eta", eta, "smaller: the steps must keep the order of states")
    row = np.broadcast_to(np.arange(len(grid))[:, None], targets.shape)
    bounds: list[float] = []
    inside = targets <= end
    share = np.broadcast_to(probability, targets.shape)
    leave = np.where(inside, 0.0, share).sum(axis=1)
    for side, shift in (("right", -1), ("left", 0)):  # the node below: longer; above: shorter
        column = np.clip(np.searchsorted(grid, targets[inside], side=side) + shift, 0, len(grid) - 1)
        step = csr_array((share[inside], (row[inside], column)), shape=(len(grid), len(grid)))
        at = np.searchsorted(grid, start, side="right") - 1 if shift else np.searchsorted(grid, start)
        bounds += _steps_to_leave(step, leave, at)
    if np.isnan(bounds).any():
        refuse("start", start, "such that no state below `end` holds the chain far longer than the others, or for ever")
    return float(eta * min(bounds)), float(eta * max(bounds))


def _steps_to_leave(step: Array, leave: Array, at: int) -> tuple[float, float]:
    """Bounds, equal to nine digits, on the mean steps until a chain with chances `step` (n, n), sparse, and `leave` (n,) leaves from state `at`.

    The mean is the sum over k of the chance to be in after k steps. Once every state loses at least the share `least` and at most the
    share `most` of that chance in a step, it does so ever after, being a mean of such states: the rest lies between two geometric
    series. What leaves in a step is added up and never found as a difference, so that rounding does not grow with the answer.
    NaN where the shares do not come together, as some states hold the chain far longer than others.
    """
    leaves, out, steps = leave, np.zeros_like(leave), 0.0
    for _ in range(100_000):
        held = 1 - out
        counts = held > 1e-12
        if not counts[at]:
            return steps, steps
        lost = leaves[counts] / held[counts]
        least, most = lost.min(), lost.max()
        if least > 0:
            lower, upper = steps + held[at] / most, steps + held[at] / least
            if upper - lower <= 1e-9 * lower:
                return lower, upper
        steps += held[at]
        leaves, out = step @ leaves, out + leaves
    return np.nan, np.nan


def _times_to_leave(step: Array, leave: Array, time: Array) -> Array:
    """Mean times until a chain with chances `step` (n, n) between states leaves, by chances `leave` (n,), and a `time` (n,) a step.

    Elimination after Grassmann, Taksar and Heyman (1985): states are taken out one by one, and the chance that one stays is
    never subtracted from 1. So rounding does not grow with the answer; that of a linear solve does, as its ratio to a step's time.
    """
    out = np.empty_like(leave)
    for k in range(len(leave) - 1, -1, -1):
        out[k] = step[k, :k].sum() + leave[k]
        share = step[:k, k] / out[k]
        step[:k, :k] += share[:, None] * step[k, :k]
        leave[:k] += share * leave[k]
        time[:k] += share * time[k]
    tau = np.empty_like(time)
    for k in range(len(tau)):
        tau[k] = (time[k] + step[k, :k] @ tau[:k]) / out[k]
    return tau


def _reach(reach: float, start: float) -> float:
    reach = number("reach", reach)
    if not reach < start:
        refuse("reach", reach, f"a number < start = {start:g}")
    return reach


def _problem(loss: Loss, eta: float, start: float, end: float) -> tuple[Loss, float, float, float]:
    start, end = number("start", start), number("end", end)
    if not start < end:
        refuse("end", end, f"a number > start = {start:g}")
    return one_parameter(loss), positive("eta", eta), start, end
