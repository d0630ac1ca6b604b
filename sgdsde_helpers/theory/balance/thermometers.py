"""Thermometers: what the log of a run says of its temperature, its curvature, and whether it has settled.

One step phi' = phi - eta ghat changes |phi|^2 by -2 eta phi.ghat + eta^2 |ghat|^2, whatever the loss and the noise. With
momentum, v' = mu v - eta ghat and phi' = phi + v', the same holds for z = phi + mu v/(1 - mu) and eta/(1 - mu), since
z' = z - eta ghat/(1 - mu). Averages of the two terms are equal where |z|^2 does not change; else they say how it changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.theory._loss import a_loss

__all__ = [
    "Settling",
    "hessian_relation_samples",
    "momentum_fluctuation",
    "norm_change",
    "settling",
]


@dataclass(frozen=True)
class Settling:
    """What `settling` reads off a log; as text, one line.

    Attributes
    ----------
    dissipation, fluctuation : float
        The means of z.ghat and of (eta_e/2) |ghat|^2, eta_e = eta/(1 - mu).
    change : float
        Change of |z|^2 over the log, the mean over chains.
    standard_error : float
        Of the change, for a run at rest: over chains, or for one run from the scatter of |z|^2 along it.
    time : float
        Length of the log, eta_e times its steps.

    Examples
    --------
    >>> rest = Settling(dissipation=0.5, fluctuation=0.5, change=0.2, standard_error=0.1, time=10.0)
    >>> print(rest)
    dissipation/fluctuation 1.0000; change of |phi|^2 in a time of 10: +0.2, s.e. 0.1, z = +2.0: no drift seen
    """

    dissipation: float
    fluctuation: float
    change: float
    standard_error: float
    time: float

    @property
    def z(self) -> float:
        """The change in standard errors."""
        return self.change / self.standard_error

    @property
    def moving(self) -> bool:
        """True where |z| > 4.5. False says that no drift is seen, not that there is none."""
        return abs(self.z) > 4.5

    def __str__(self) -> str:
        verdict = "still moving" if self.moving else "no drift seen"
        return (
            f"dissipation/fluctuation {self.dissipation / self.fluctuation:.4f}; change of |phi|^2 in a time of "
            f"{self.time:g}: {self.change:+.2g}, s.e. {self.standard_error:.1g}, z = {self.z:+.1f}: {verdict}"
        )


def settling(
    phi_ghat: Array | float, ghat2: Array | float, eta: float, *, mu: float = 0.0, v_ghat: Array | float | None = None
) -> Settling:
    """Has the run settled? From the log of every step, for any loss, SGD or heavy ball.

    A ratio of dissipation and fluctuation near 1 does not say so: it is 1 minus the change of |phi|^2 over
    eta^2 N <|ghat|^2>, and N is large. The change itself is compared with what it is at rest.

    Parameters
    ----------
    phi_ghat, ghat2 : ndarrays of shape (N,) or (N, m)
        phi.ghat and |ghat|^2 at each of N >= 20 steps, ghat the gradient that the step used, weight decay included, and phi
        before the step, measured from any fixed place; for one run, or for m >= 2 independent chains.
    eta : float
        Learning rate of all N steps.
    mu : float
        Momentum, in [0, 1).
    v_ghat : array of the same shape, optional
        v.ghat, v before the step; needed where mu > 0.

    Returns
    -------
    Settling

    Notes
    -----
    For one run the error is sqrt(2) times the standard deviation of |phi|^2 about its straight line: the log must be much
    longer than the correlation time of |phi|^2. Of 4000 runs at rest, 20 correlation times long, one had |z| > 4 and none > 4.5.

    Examples
    --------
    >>> phi_ghat = np.cos(np.arange(100.0))
    >>> found = settling(phi_ghat, np.ones(100), eta=0.1)
    >>> found.moving, round(found.time, 6)
    (True, 10.0)
    """
    log = checks.array("phi_ghat", phi_ghat)
    if log.ndim not in (1, 2) or len(log) < 20:
        raise ValueError(f"phi_ghat of shape {log.shape} is not allowed: it must be (N,) or (N, m), with N >= 20 steps")
    squares = checks.array("ghat2", ghat2, log.shape)
    along, rate = _along_z(log, mu, v_ghat, checks.positive("eta", eta))
    path = np.cumsum(rate**2 * squares - 2 * rate * along, axis=0)
    if path.ndim == 2 and path.shape[1] > 1:
        error = path[-1].std(ddof=1) / np.sqrt(path.shape[1])
    else:
        steps, one = np.arange(len(path)), path.reshape(-1)
        error = np.sqrt(2) * (one - np.polyval(np.polyfit(steps, one, 1), steps)).std(ddof=2)
    means = float(along.mean()), float(rate / 2 * squares.mean())
    return Settling(*means, float(path[-1].mean()), float(error), rate * len(path))


def norm_change(
    phi_ghat: Array | float,
    ghat2: Array | float,
    eta: float,
    n_steps: int,
    *,
    mu: float = 0.0,
    v_ghat: Array | float | None = None,
) -> float | Array:
    """Change of |phi|^2 over a stretch of a run, from means over its steps: eta_e N (eta_e <|ghat|^2> - 2 <z.ghat>).

    Exact for every loss and noise. With momentum it is the change of |z|^2, z = phi + mu v/(1 - mu).

    Parameters
    ----------
    phi_ghat, ghat2 : floats or ndarrays of shape (m,)
        Means of phi.ghat and |ghat|^2 over the steps; one number for each chain.
    eta, mu, v_ghat
        As in `settling`, with the mean of v.ghat.
    n_steps : int
        N, the number of steps.

    Returns
    -------
    float or ndarray of shape (m,)

    Examples
    --------
    >>> round(norm_change(0.15, 2.0, eta=0.1, n_steps=100), 6)
    -1.0
    """
    log = checks.array("phi_ghat", phi_ghat)
    squares = checks.array("ghat2", ghat2, log.shape)
    along, rate = _along_z(log, mu, v_ghat, checks.positive("eta", eta))
    change = rate * checks.count("n_steps", n_steps) * (rate * squares - 2 * along)
    return float(change) if log.ndim == 0 else change


def momentum_fluctuation(ghat2: Array | float, grad2: Array | float, eta: float, *, mu: float = 0.0) -> float | Array:
    """The fluctuation that equals <phi.grad L> at stationarity: (eta_e/2) [<|ghat|^2> - (2 mu/(1 + mu)) <|grad L|^2>].

    Exact for quadratic losses with any noise of mean zero; for others up to third derivatives. No velocity is needed. Half of
    it is the mean excess of a quadratic loss over its minimum.

    Parameters
    ----------
    ghat2, grad2 : floats or arrays
        Means of |ghat|^2 and of |grad L|^2. At mu = 0 the second is not used.
    eta : float
        Learning rate.
    mu : float
        Momentum, in [0, 1).

    Returns
    -------
    float or array

    Notes
    -----
    Chapter 17, equation eq-thermo-bracket.

    Examples
    --------
    >>> round(momentum_fluctuation(2.0, 1.0, eta=0.1, mu=0.5), 6)
    0.133333
    """
    squares = checks.array("ghat2", ghat2)
    true = checks.array("grad2", grad2, squares.shape)
    eta, mu = checks.positive("eta", eta), checks.fraction("mu", mu)
    value = eta / (2 * (1 - mu)) * (squares - 2 * mu / (1 + mu) * true)
    return float(value) if squares.ndim == 0 else value


def hessian_relation_samples(loss: Loss, states: Array, eta: float, batch_size: int = 1) -> tuple[Array, Array]:
    """Both sides of the second relation at each state: |grad L|^2 and (eta/2) E ghat.H ghat, H the Hessian there.

    Their means over a stationary ensemble of SGD are equal for quadratic losses, for others up to third derivatives
    (Yaida 2019). The mean over batches, g.H g + tr(H Sigma)/B, is taken exactly.

    Parameters
    ----------
    loss : Loss
        Any loss.
    states : ndarray of shape (m, *shape)
        Stationary states of SGD with replacement.
    eta, batch_size
        Of that SGD.

    Returns
    -------
    squared_gradient, curved : ndarrays of shape (m,)

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> np.round(hessian_relation_samples(MeanEstimation([-1.0, 1.0]), [0.5, 1.0], eta=0.1), 6).tolist()
    [[0.25, 1.0], [0.0625, 0.1]]
    """
    eta, size = checks.positive("eta", eta), checks.batch_size(batch_size)
    phi = checks.array("states", states, (None, *a_loss(loss).shape))
    g = loss.gradient(phi).reshape(len(phi), -1)
    h, sigma = (f(phi).reshape(len(phi), g.shape[1], -1) for f in (loss.hessian, loss.covariance))
    curved = np.einsum("mi,mij,mj->m", g, h, g) + np.einsum("mij,mji->m", h, sigma) / size
    return (g**2).sum(axis=1), eta / 2 * curved


def _along_z(phi_ghat: Array, mu: float, v_ghat, eta: float) -> tuple[Array, float]:
    """z.ghat, and the effective rate."""
    mu = checks.fraction("mu", mu)
    if mu == 0:
        return phi_ghat, eta
    if v_ghat is None:
        checks.refuse("v_ghat", None, "the log of v.ghat where mu > 0")
    return phi_ghat + mu / (1 - mu) * checks.array("v_ghat", v_ghat, phi_ghat.shape), eta / (1 - mu)
