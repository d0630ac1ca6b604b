"""The window of chapters 2 and 4, arm by arm: how far SGD, Gaussian SGD and the SDE are from the window's Gaussian, exactly.

The distance of real SGD comes from its characteristic function, inverted at chosen points: another algorithm than that of
`exact_window_ks`, good for data off any lattice, and fast enough for a widget.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.theory._loss import one_parameter
from sgdsde_helpers.theory.moments.affine import affine_gradients
from sgdsde_helpers.theory.moments.ornstein_uhlenbeck import ou_covariance, ou_mean
from sgdsde_helpers.theory.window.bottom import counts, window_gaussian, window_law
from sgdsde_helpers.theory.window.clt import gaussian_ks

__all__ = ["window_cdf", "window_distances"]

_PERIOD = 24.0  # in standard deviations: the law is cut at 12 of them, where nothing is left


def window_cdf(
    loss: Loss, eta: float, n_steps: int, start: float, points: Array, batch_size: int = 1, n_frequencies: int = 1200
) -> Array:
    """Distribution function of SGD after N steps, in the units of the window's Gaussian.

    The law's Fourier series on a period of 24 standard deviations, integrated term by term. Steps of the true
    distribution function narrower than 24 / n_frequencies deviations are smoothed: use it from N = 3 or so on, with data
    off any lattice.

    Parameters
    ----------
    loss : MeanEstimation or ScalarQuadratic in one dimension
        All examples with the same curvature.
    eta : float
        Learning rate.
    n_steps : int
        N.
    start : float
        Where SGD starts.
    points : ndarray of shape (k,)
        Places, as (phi - mean of the window's Gaussian) / its standard deviation.
    batch_size : int
        B.
    n_frequencies : int
        Terms of the series.

    Returns
    -------
    ndarray of shape (k,)

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> loss = MeanEstimation([0.0, 1.0, 3.3])
    >>> window_cdf(loss, eta=0.01, n_steps=10, start=1.0, points=[0.0, 1.0]).round(3)
    array([0.524, 0.852])
    """
    points, loss = checks.array("points", points, ndim=1), one_parameter(loss)
    mean, variance, _ = window_law(loss, eta, n_steps, start, batch_size)
    centre, spread = window_gaussian(loss, eta, n_steps, start, batch_size)
    order = np.arange(1, checks.count("n_frequencies", n_frequencies) + 1)
    omega = 2 * np.pi * order / _PERIOD
    h = float(loss.hessian(start))
    values = affine_gradients(loss).constants.ravel()
    weights = eta * (1 - eta * h) ** np.arange(n_steps) / batch_size / np.sqrt(variance)
    transform = np.ones(len(omega), dtype=complex)
    for weight in weights:  # of the law with mean 0 and variance 1
        alive = np.flatnonzero(np.abs(transform) > 1e-12)  # the others no longer count
        transform[alive] *= (
            np.exp(1j * np.outer(omega[alive] * weight, values - values.mean())).mean(axis=1) ** batch_size
        )
    places = (centre + np.sqrt(spread) * points - mean) / np.sqrt(variance)

    def integrated(z: Array) -> Array:
        kept = np.abs(transform) > 1e-12
        return z / _PERIOD - np.imag(np.exp(-1j * np.outer(z, omega[kept])) @ (transform / (np.pi * order))[kept])

    return integrated(places) - integrated(np.array([-_PERIOD / 2]))


def window_distances(
    loss: Loss, eta: float, n_steps: Array | int, start: float, batch_size: int = 1
) -> dict[str, Array]:
    """Kolmogorov-Smirnov distance of each arm after N steps from the window's Gaussian.

    Gaussian SGD has the mean and the variance of SGD; the SDE is an Ornstein-Uhlenbeck process at time N eta. Both are
    Gaussian, so that they err by the changing drift alone.

    Parameters
    ----------
    n_steps : ndarray of shape (K,) of int
        N; the rest as in `window_cdf`.

    Returns
    -------
    dict
        "SGD", "Gaussian SGD" and "SDE", each with an ndarray of shape (K,).

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> distances = window_distances(MeanEstimation([0.0, 1.0, 3.3]), eta=0.01, n_steps=10, start=1.0)
    >>> {arm: round(float(distance[0]), 3) for arm, distance in distances.items()}
    {'SGD': 0.043, 'Gaussian SGD': 0.024, 'SDE': 0.026}
    """
    grid, loss = np.linspace(-4, 4, 401), one_parameter(loss)
    window_gaussian(loss, eta, 1, start, batch_size)  # refuses what is not a window's problem
    h, minimiser = float(loss.hessian(start)), float(loss.minimiser)
    noise = eta * float(loss.covariance(start)) / batch_size
    found: dict[str, list[float]] = {"SGD": [], "Gaussian SGD": [], "SDE": []}
    for n in counts(n_steps).tolist():
        window = window_gaussian(loss, eta, n, start, batch_size)
        cdf = window_cdf(loss, eta, n, start, grid, batch_size, n_frequencies=300)
        found["SGD"].append(np.abs(cdf - ndtr(grid)).max())
        found["Gaussian SGD"].append(gaussian_ks(*window_law(loss, eta, n, start, batch_size)[:2], *window))
        sde = ou_mean(n * eta, start, h, minimiser), ou_covariance(n * eta, h, noise)
        found["SDE"].append(gaussian_ks(*sde, *window))
    return {arm: np.array(distances) for arm, distances in found.items()}
