"""Chains that visit every example once an epoch: the variance of the state at each step of the epoch, exactly."""

from __future__ import annotations

import numpy as np

from sgdsde_helpers.checks import Array, array, count, diverges, positive, positive_definite, refuse
from sgdsde_helpers.checks import batch_size as checked_batch_size
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.theory.moments.affine import affine_gradients

__all__ = ["reshuffled_share", "reshuffled_variance"]


def reshuffled_variance(loss: Loss, eta: float, batch_size: int = 1) -> Array:
    """Variance of the reshuffled chain after j steps of an epoch, once epochs look alike, in each eigendirection of H.

    Exact where all examples have one Hessian; elsewhere with the noise that the gradients have at the minimiser.

    Parameters
    ----------
    loss : Loss
        With affine per-example gradients, of two examples or more.
    eta : float
        The learning rate, below 2 / lambda_max.
    batch_size : int
        Examples in a batch; it divides n.

    Returns
    -------
    ndarray of shape (M + 1,) or (M + 1, d)
        With M = n / batch_size steps an epoch: entry j belongs to step j; entry M, the end of the epoch, equals entry 0. For d
        parameters the eigenvalues of H are in increasing order.

    Raises
    ------
    ValueError
        Where an argument is out of range, or the batches do not fill the epoch.

    Notes
    -----
    Chapter 1, equations eq-process-epoch-sum and eq-process-epoch-variance, with eta h for eta and the variance of the noise
    in units of h.

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> reshuffled_variance(MeanEstimation([-1.0, -1.0, 1.0, 1.0]), 0.1, batch_size=2).round(6)
    array([9.700e-05, 3.412e-03, 9.700e-05])
    """
    eta, problem = positive("eta", eta), affine_gradients(loss)
    h, basis = np.linalg.eigh(positive_definite("Hessian of the loss", problem.hessian))
    n = count("number of examples of the loss", loss.n, minimum=2)
    batch_size = checked_batch_size(batch_size, n)
    if eta * h[-1] >= 2:
        diverges(eta, float(2 / h[-1]), f"the mean diverges for eta >= {2 / h[-1]:.6g}")
    if n % batch_size:
        refuse("batch_size", batch_size, f"a divisor of n = {n}")
    m = n // batch_size
    if m == 1:  # the whole data set at every step: nothing is random
        variances = np.zeros((2, len(h)))
    else:
        noise = np.einsum("ji,jk,ki->i", basis, problem.covariance_at_minimiser, basis)
        batch_variance = noise / batch_size * (n - batch_size) / (n - 1)
        powers = (1 - eta * h) ** np.arange(m)[:, None]
        first, second = (np.concatenate([np.zeros((1, len(h))), np.cumsum(p, axis=0)]) for p in (powers, powers**2))
        within = eta**2 * batch_variance * (m * second - first**2) / (m - 1)
        at_start = within[-1] / (1 - (1 - eta * h) ** (2 * m))
        variances = (1 - eta * h) ** (2 * np.arange(m + 1)[:, None]) * at_start + within
    return variances[:, 0] if problem.scalar else variances


def reshuffled_share(kappa: Array | float) -> tuple[Array, Array]:
    """Variance of a reshuffled chain over that of independent batches, in the limit of small steps.

    Parameters
    ----------
    kappa : float or array
        eta h n / B > 0: the length of an epoch in units of the relaxation time of a direction of curvature h.

    Returns
    -------
    end, average : ndarrays of the shape of `kappa`
        At the end of an epoch, 1 - tanh(kappa/2) / (kappa/2); and averaged over the epoch, 1 - 2 (exp(-kappa) - 1 + kappa) / kappa^2.

    Notes
    -----
    Chapter 16, equation eq-batch-shares. Both come from a Brownian bridge, which is what an epoch's noise adds up to.

    Examples
    --------
    >>> end, average = reshuffled_share(0.1)
    >>> f"{end:.6f} {average:.4f}"
    '0.000833 0.0325'
    """
    k = np.asarray(array("kappa", kappa))
    if (k <= 0).any():
        refuse("kappa", kappa, "a number > 0 in every entry")
    small = k < 1e-2  # where the closed forms lose their digits to subtraction
    safe = np.where(small, 1.0, k)
    end = np.where(small, k**2 / 12 - k**4 / 120, 1 - np.tanh(safe / 2) / (safe / 2))
    average = np.where(small, k / 3 - k**2 / 12 + k**3 / 60, 1 - 2 * (np.expm1(-safe) + safe) / safe**2)
    return end, average
