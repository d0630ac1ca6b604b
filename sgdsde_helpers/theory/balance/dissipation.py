"""Relations between loss, noise and learning rate at stationarity: fluctuation and dissipation, heat capacity, temperatures.

The mean of |phi|^2 does not change in a step phi' = phi - eta ghat. So E[phi . grad L] = (eta/2) E|ghat|^2, at every eta and
for every loss (Yaida 2019). The SDE keeps |phi|^2 with the central covariance: E[phi . grad L] = (eta/2B) E tr Sigma. The
second misses E|grad L|^2 of the first, and tells how far from its SDE the SGD is.
"""

from __future__ import annotations

import numpy as np

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.theory._loss import a_loss
from sgdsde_helpers.theory.moments.affine import affine_gradients, minibatch_factor
from sgdsde_helpers.theory.moments.stationary import sgd_stationary_moments

__all__ = [
    "direction_temperatures",
    "fluctuation_dissipation",
    "fluctuation_dissipation_samples",
    "heat_capacity",
    "mean_temperature",
    "stationary_loss",
]


def fluctuation_dissipation(
    loss: Loss, eta: float, batch_size: int = 1, *, sampling: str = "with_replacement"
) -> tuple[float, float, float]:
    """Exact sides of the relation for SGD on a loss with affine per-example gradients.

    Parameters
    ----------
    loss, eta, batch_size, sampling
        As in `sgd_stationary_moments`.

    Returns
    -------
    dissipation, fluctuation, sde_fluctuation : float
        E[phi . grad L], (eta/2) E|ghat|^2 and (eta/2) f E tr Sigma, f the minibatch factor; the first two are equal.

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> np.round(fluctuation_dissipation(MeanEstimation([-1.0, 1.0]), eta=0.1), 6).tolist()
    [0.052632, 0.052632, 0.05]
    """
    p, _, s = _stationary(loss, eta, batch_size, sampling)
    noise = np.trace(p.covariance_at_minimiser) + np.trace(p.curvature_noise(s))
    noise *= minibatch_factor(len(p.constants), batch_size, sampling)
    dissipation = np.trace(p.hessian @ s)  # E[phi . H (phi - mean)], whatever phi is measured from
    squared_gradient = np.trace(p.hessian @ s @ p.hessian)
    return float(dissipation), float(eta / 2 * (squared_gradient + noise)), float(eta / 2 * noise)


def fluctuation_dissipation_samples(
    loss: Loss, states: Array, eta: float, batch_size: int = 1
) -> tuple[Array, Array, Array]:
    """The three quantities of `fluctuation_dissipation` at each state; average them over a stationary ensemble.

    The mean of |ghat|^2 over batches, |grad L|^2 + tr Sigma(phi)/B, is taken exactly, so that only the states scatter.

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
    dissipation, fluctuation, sde_fluctuation : ndarrays of shape (m,)

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> np.round(fluctuation_dissipation_samples(MeanEstimation([-1.0, 1.0]), [0.5, 1.0], eta=0.1), 6).tolist()
    [[0.25, 1.0], [0.0625, 0.1], [0.05, 0.05]]
    """
    eta, size = checks.positive("eta", eta), checks.batch_size(batch_size)
    phi = checks.array("states", states, (None, *a_loss(loss).shape))
    gradient, noise = loss.gradient(phi).reshape(len(phi), -1), loss.covariance(phi).reshape(len(phi), -1)
    d = gradient.shape[1]
    sde = eta / 2 * noise[:, :: d + 1].sum(axis=1) / size
    dissipation = (phi.reshape(len(phi), -1) * gradient).sum(axis=1)
    return dissipation, eta / 2 * (gradient**2).sum(axis=1) + sde, sde


def stationary_loss(loss: Loss, eta: float, batch_size: int = 1, *, sampling: str = "with_replacement") -> float:
    """Exact mean loss of SGD at stationarity, L(phi*) + tr(H S)/2, for affine per-example gradients.

    Parameters
    ----------
    loss, eta, batch_size, sampling
        As in `sgd_stationary_moments`.

    Returns
    -------
    float

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> round(stationary_loss(MeanEstimation([-1.0, 1.0]), eta=0.1), 6)
    0.526316
    """
    p, mean, s = _stationary(loss, eta, batch_size, sampling)
    return float(loss.loss(mean.reshape(loss.shape)) + np.trace(p.hessian @ s) / 2)


def heat_capacity(loss: Loss, batch_size: int = 1) -> float:
    """Slope of the stationary mean loss in eta at eta = 0: E|ghat|^2 / 4 = tr Sigma(phi*) / (4B), whatever the Hessian.

    The trace of H S + S H = eta Sigma/B gives tr(H S)/2 = eta tr Sigma / (4B).

    Parameters
    ----------
    loss : Loss
        With a minimiser.
    batch_size : int
        B.

    Returns
    -------
    float

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> heat_capacity(MeanEstimation([-1.0, 1.0]), batch_size=2)
    0.125
    """
    if a_loss(loss).minimiser is None:
        raise ValueError(f"loss = {type(loss).__name__} is not allowed: it must know its minimiser")
    return float(np.trace(np.atleast_2d(loss.covariance(loss.minimiser)))) / (4 * checks.batch_size(batch_size))


def mean_temperature(hessian: Array, *, stationary_covariance: Array) -> float:
    """Temperature tr(H S)/d of the Gibbs law whose mean loss is that of a centred law with covariance S.

    Examples
    --------
    >>> round(mean_temperature([[2.0, 0.0], [0.0, 1.0]], stationary_covariance=[[0.1, 0.0], [0.0, 0.2]]), 6)
    0.2
    """
    h = checks.square("hessian", checks.array("hessian", hessian, ndim=2))
    s = checks.covariance_matrix("stationary_covariance", stationary_covariance, len(h))
    return float(np.trace(h @ s) / len(h))


def direction_temperatures(hessian: Array | float, *, stationary_covariance: Array | float) -> tuple[Array, Array]:
    """Temperature of each eigendirection of the Hessian: twice the mean loss stored in it, lambda_i v_i' S v_i.

    At exp(-L/T)/Z all are T. For the SDE they are eta v_i' Sigma v_i / (2B).

    Parameters
    ----------
    hessian : ndarray of shape (d, d)
        H.
    stationary_covariance : ndarray of shape (d, d)
        S.

    Returns
    -------
    eigenvalues, temperatures : ndarrays of shape (d,)
        In increasing order of the eigenvalues.

    Examples
    --------
    >>> s = [[0.1, 0.0], [0.0, 0.1]]
    >>> curvatures, temperatures = direction_temperatures([[2.0, 0.0], [0.0, 1.0]], stationary_covariance=s)
    >>> curvatures.round(6).tolist(), temperatures.round(6).tolist()
    ([1.0, 2.0], [0.1, 0.2])
    """
    h = checks.positive_definite("hessian", hessian)
    s = checks.covariance_matrix("stationary_covariance", stationary_covariance, len(h) if h.ndim else 0)
    values, vectors = np.linalg.eigh(np.atleast_2d(h))
    return values, values * np.einsum("ji,jk,ki->i", vectors, np.atleast_2d(s), vectors)


def _stationary(loss: Loss, eta: float, batch_size: int, sampling: str):
    mean, covariance = sgd_stationary_moments(loss, eta, batch_size, sampling=sampling)
    p = affine_gradients(loss)
    return p, np.reshape(mean, p.minimiser.shape), np.reshape(covariance, p.hessian.shape)
