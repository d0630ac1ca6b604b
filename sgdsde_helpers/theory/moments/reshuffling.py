"""Chains that visit every example once an epoch: the variance of the state at each step of the epoch, exactly."""

from __future__ import annotations

import numpy as np

from sgdsde_helpers.checks import array, count, positive, refuse
from sgdsde_helpers.checks import batch_size as checked_batch_size

__all__ = ["reshuffled_share", "reshuffled_variance"]


def reshuffled_variance(eta: float, sigma2: float, n: int, batch_size: int = 1) -> np.ndarray:
    """Variance of the reshuffled chain of a mean estimation problem after j steps of an epoch, once epochs look alike.

    Parameters
    ----------
    eta : float
        The learning rate, 0 < eta < 2.
    sigma2 : float
        The variance of the examples (population, 1/n).
    n : int
        The number of examples, at least 2.
    batch_size : int
        Examples in a batch; it divides n.

    Returns
    -------
    ndarray of shape (M + 1,)
        With M = n / batch_size steps an epoch: entry j belongs to step j; entry M, the end of the epoch, equals entry 0.

    Raises
    ------
    ValueError
        Where an argument is out of range, or the batches do not fill the epoch.

    Notes
    -----
    Chapter 1, equations eq-process-epoch-sum and eq-process-epoch-variance.

    Examples
    --------
    >>> reshuffled_variance(0.1, 1.0, n=4, batch_size=2).round(6)
    array([9.700e-05, 3.412e-03, 9.700e-05])
    """
    eta, sigma2 = positive("eta", eta), positive("sigma2", sigma2)
    n = count("n", n, minimum=2)
    batch_size = checked_batch_size(batch_size, n)
    if eta >= 2:
        refuse("eta", eta, "a number < 2, or the chain does not settle")
    if n % batch_size:
        refuse("batch_size", batch_size, f"a divisor of n = {n}")
    m = n // batch_size
    if m == 1:  # the whole data set at every step: nothing is random
        return np.zeros(2)
    batch_variance = sigma2 / batch_size * (n - batch_size) / (n - 1)
    powers = (1 - eta) ** np.arange(m)
    first = np.concatenate([[0.0], np.cumsum(powers)])
    second = np.concatenate([[0.0], np.cumsum(powers**2)])
    within = eta**2 * batch_variance * (m * second - first**2) / (m - 1)
    at_start = within[-1] / (1 - (1 - eta) ** (2 * m))
    return (1 - eta) ** (2 * np.arange(m + 1)) * at_start + within


def reshuffled_share(kappa: float | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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
