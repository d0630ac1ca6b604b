"""Chains that visit every example once an epoch: the variance of the state at each step of the epoch, exactly."""

from __future__ import annotations

import numpy as np

from sgdsde_helpers.checks import batch_size as checked_batch_size
from sgdsde_helpers.checks import count, positive, refuse

__all__ = ["reshuffled_variance"]


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
    array (M + 1,)
        With M = n / batch_size steps an epoch: entry j belongs to step j; entry M, the end of the epoch, equals entry 0.

    Raises
    ------
    ValueError
        Where an argument is out of range, or the batches do not fill the epoch.

    Notes
    -----
    Chapter 1, equations eq-process-epoch-sum and eq-process-epoch-variance.
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
