"""Langevin dynamics as a sampler: the exact posterior of Bayesian linear regression, and what a finite step samples.

With L the mean over the n examples, the posterior is exp(-n L)/Z, a Gibbs law of temperature 1/n. The SDE
dPhi = -grad L dt + eps sqrt(dt) of isotropic noise eps ~ N(0, s2 I) has temperature s2/2: it samples the posterior if
s2 = 2/n.
"""

from __future__ import annotations

import numpy as np

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.theory.moments.affine import affine_gradients, minibatch_factor
from sgdsde_helpers.theory.moments.stationary import affine_stationary_moments, sgd_stationary_covariance

__all__ = [
    "langevin_noise_variance",
    "linear_regression_posterior",
    "sgld_stationary_moments",
    "ula_stationary_covariance",
]


def langevin_noise_variance(n: int) -> float:
    """Noise variance per unit time, 2/n, at which Langevin dynamics on the mean loss of n examples samples exp(-n L)/Z.

    Examples
    --------
    >>> langevin_noise_variance(100)
    0.02
    """
    return 2 / checks.count("n", n)


def linear_regression_posterior(
    X: Array, y: Array, target_variance: float, prior_variance: float
) -> tuple[Array, Array]:
    """Posterior N(m, C) of the weights w in y = X w + noise: C^-1 = X'X/v + I/prior and m = C X'y/v, v the `target_variance`.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Features.
    y : ndarray of shape (n,)
        Targets.
    target_variance : float
        Variance of a target y_k about X_k w.
    prior_variance : float
        Variance of each weight's prior N(0, prior_variance).

    Returns
    -------
    mean : ndarray of shape (d,)
    covariance : ndarray of shape (d, d)

    Examples
    --------
    >>> mean, covariance = linear_regression_posterior([[1.0], [2.0]], [1.0, 3.0], 1.0, 1.0)
    >>> mean.round(6).tolist(), covariance.round(6).tolist()
    ([1.166667], [[0.166667]])
    """
    X = checks.array("X", X, ndim=2)
    y = checks.array("y", y, X.shape[:1])
    noise, prior = (
        checks.positive("target_variance", target_variance),
        checks.positive("prior_variance", prior_variance),
    )
    precision = X.T @ X / noise + np.eye(X.shape[1]) / prior
    covariance = np.linalg.inv(precision)
    return np.linalg.solve(precision, X.T @ y / noise), (covariance + covariance.T) / 2


def ula_stationary_covariance(hessian: Array | float, temperature: float, step: float) -> float | Array:
    """Stationary covariance of the unadjusted Langevin chain phi' = phi - h grad L + sqrt(2 h T) xi, step h.

    H S + S H - h H S H = 2T I gives S = T H^-1 (I - h H/2)^-1: too wide by a factor 1 + h lambda/2 in each direction.

    Parameters
    ----------
    hessian : float or ndarray of shape (d, d)
        H.
    temperature : float
        T; 1/n for a posterior.
    step : float
        h.

    Returns
    -------
    float or ndarray of shape (d, d)

    Raises
    ------
    DivergenceError
        If h >= 2 / lambda_max.

    Examples
    --------
    >>> round(ula_stationary_covariance(2.0, temperature=0.5, step=0.1), 6)
    0.277778
    """
    h = checks.positive_definite("hessian", hessian)
    per_step = 2 * checks.positive("temperature", temperature) / checks.positive("step", step)
    return sgd_stationary_covariance(hessian, per_step * (np.eye(len(h)) if h.ndim else 1.0), step)


def sgld_stationary_moments(
    loss: Loss, temperature: float, step: float, batch_size: int = 1
) -> tuple[float | Array, float | Array]:
    """Exact stationary mean and covariance of SGLD, phi' = phi - h ghat + sqrt(2 h T) xi, for affine per-example gradients.

    The minibatch adds its own noise to Langevin's: H S + S H - h H S H = 2T I + h f (Sigma(phi*) + E[(A_k - H) S (A_k - H)]).

    Parameters
    ----------
    loss : Loss
        With affine per-example gradients; where exp(-n L)/Z is a posterior, each L_k carries an n-th of the prior.
    temperature : float
        T; 1/n for a posterior.
    step : float
        h.
    batch_size : int
        B, drawn with replacement.

    Returns
    -------
    mean, covariance
        As in `sgd_stationary_moments`.

    Raises
    ------
    DivergenceError
        If h is at or past the stability bound of SGD on the same loss.

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> np.round(sgld_stationary_moments(MeanEstimation([0.0, 2.0]), temperature=0.5, step=0.1), 6).tolist()
    [1.0, 0.578947]
    """
    t, h = checks.non_negative("temperature", temperature), checks.positive("step", step)
    problem = affine_gradients(loss)
    factor = minibatch_factor(len(problem.constants), batch_size)
    return affine_stationary_moments(problem, h, factor, discrete=True, temperature=t)
