"""The chain phi' = (I - eta H) phi - eta xi beyond its covariance: all cumulants, and the SDE that passes through it."""

from __future__ import annotations

from math import comb

import numpy as np

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.theory.moments.affine import one_parabola
from sgdsde_helpers.theory.moments.stationary import sde_stationary_covariance, sgd_stationary_covariance

__all__ = ["arms_stationary_cumulants", "chain_cumulant", "embedding_sde", "modified_stationary_covariance"]


def chain_cumulant(order: int, loss: Loss, eta: float, batch_size: int = 1) -> float:
    """Cumulant of SGD's stationary law on a parabola with noise that is the same everywhere, exact at every eta.

    phi - phi* is -eta times the sum of (1 - eta h)^j xi_j; cumulants of independent terms add, and that of a batch mean is
    kappa/B^(k-1), where kappa is that of one example's gradient, over the n examples with weight 1/n. So the cumulant of order
    k is (-eta)^k kappa / (B^(k-1) (1 - (1 - eta h)^k)).

    Parameters
    ----------
    order : int
        k >= 2.
    loss : Loss
        With one parameter; each example's loss a parabola of the same curvature h, as in `MeanEstimation`.
    eta : float
        Learning rate, below 2/h.
    batch_size : int
        B, with replacement.

    Returns
    -------
    float

    Raises
    ------
    DivergenceError
        If eta >= 2/h.

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> round(chain_cumulant(3, MeanEstimation([-1.0, -1.0, 2.0]), eta=0.1), 6)
    0.00738
    """
    k, (h, gradients) = checks.count("order", order, minimum=2), one_parabola(loss)
    sgd_stationary_covariance(h, 1.0, eta, batch_size)  # refuses an eta or B that has no stationary law
    return float((-eta) ** k * _cumulant(gradients, k) / (batch_size ** (k - 1) * (1 - (1 - eta * h) ** k)))


def _cumulant(centred: Array, order: int) -> float:
    """Cumulant of the values with weight 1/n each, whose mean is 0: kappa_k = m_k - sum_j C(k-1, j-1) kappa_j m_(k-j)."""
    moments = [np.mean(centred**j) for j in range(order + 1)]
    kappa = np.zeros(order + 1)
    for k in range(2, order + 1):
        kappa[k] = moments[k] - sum(comb(k - 1, j - 1) * kappa[j] * moments[k - j] for j in range(2, k))
    return kappa[order]


def arms_stationary_cumulants(loss: Loss, eta: float, batch_size: int = 1) -> dict[str, tuple[float, float]]:
    """Stationary variance and third cumulant of the three arms, exactly, where all examples have one curvature.

    Parameters
    ----------
    loss : Loss
        With one parameter; each example's loss a parabola of the same curvature, as in `MeanEstimation`.
    eta : float
        Learning rate.
    batch_size : int
        B, with replacement.

    Returns
    -------
    dict
        Name of the arm -> (variance, third cumulant).

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> cumulants = arms_stationary_cumulants(MeanEstimation([-0.5, -0.5, -0.5, -0.5, 2.0]), eta=0.1)
    >>> {arm: tuple(round(float(c), 6) for c in pair) for arm, pair in cumulants.items()}
    {'SGD': (0.052632, 0.005535), 'Gaussian SGD': (0.052632, 0.0), 'SDE': (0.05, 0.0)}
    """
    h, gradients = one_parabola(loss)
    sigma2 = np.mean(gradients**2)
    variance = sgd_stationary_covariance(h, sigma2, eta, batch_size)
    third = chain_cumulant(3, loss, eta, batch_size)
    continuous = sde_stationary_covariance(h, sigma2, eta, batch_size)
    return {"SGD": (variance, third), "Gaussian SGD": (variance, 0.0), "SDE": (continuous, 0.0)}


def embedding_sde(
    hessian: Array | float, sigma: Array | float, eta: float, batch_size: int = 1
) -> tuple[float | Array, float | Array]:
    """The linear SDE dphi = -K phi dt + Q^(1/2) dW whose values at the times i eta have SGD's mean and covariances.

    K = -log(I - eta H)/eta and Q = K S + S K, S of `sgd_stationary_covariance`. In the eigenbasis of H, with
    l_i = 1 - eta h_i, Q_ij = -(eta Sigma_ij / B) log(l_i l_j) / (1 - l_i l_j).

    Parameters
    ----------
    hessian : float or ndarray of shape (d, d)
        H, positive definite.
    sigma : float or ndarray of shape (d, d)
        Sigma, the covariance of the per-example gradient.
    eta : float
        Learning rate.
    batch_size : int
        B.

    Returns
    -------
    drift_matrix, noise_covariance
        K and Q, floats or ndarrays of shape (d, d).

    Raises
    ------
    ValueError
        If eta h >= 1 for an eigenvalue h of H, or if Q has a negative eigenvalue: then no such SDE exists with this K.

    Notes
    -----
    Chapter 15, equation eq-exact-embedding.

    Examples
    --------
    >>> np.round(embedding_sde(2.0, 3.0, eta=0.1, batch_size=5), 6).tolist()
    [2.231436, 0.074381]
    """
    h = checks.positive_definite("hessian", hessian)
    s = np.atleast_2d(sgd_stationary_covariance(hessian, sigma, eta, batch_size))
    values, basis = np.linalg.eigh(np.atleast_2d(h))
    if eta * values[-1] >= 1:
        allowed = f"below 1/lambda_max = {1 / values[-1]:.6g}, where every 1 - eta h is positive and has a logarithm"
        checks.refuse("eta", eta, allowed)
    k = basis @ np.diag(-np.log1p(-eta * values) / eta) @ basis.T
    q = k @ s + s @ k
    lowest = np.linalg.eigvalsh(q)[0]
    if lowest < -1e-10 * np.abs(q).max():
        said = f"a covariance for which Q is one (here Q has the eigenvalue {lowest:.3g}: no linear SDE passes through)"
        checks.refuse("sigma", sigma, said)
    return (float(k[0, 0]), float(q[0, 0])) if h.ndim == 0 else (k, (q + q.T) / 2)


def modified_stationary_covariance(
    hessian: Array | float, sigma: Array | float, eta: float, batch_size: int = 1, *, noise_corrected: bool = False
) -> float | Array:
    """Stationary covariance of the second-order modified equation, drift -(I + eta H/2) H phi, on a quadratic loss.

    Parameters
    ----------
    hessian, sigma, eta, batch_size
        As in `embedding_sde`.
    noise_corrected : bool
        False: the noise stays eta Sigma/B per unit time (Li, Tai, E 2017). True: it is corrected to the same order,
        Q_ij = (eta Sigma_ij / B)(1 + eta (h_i + h_j)/2) in the eigenbasis of H, as the expansion of `embedding_sde` says.

    Returns
    -------
    float or ndarray of shape (d, d)

    Examples
    --------
    >>> round(modified_stationary_covariance(2.0, 3.0, eta=0.1, batch_size=5), 6)
    0.013636
    """
    h = checks.positive_definite("hessian", hessian)
    noise = checks.covariance_matrix("sigma", sigma, h.shape[0] if h.ndim else 0)
    eta, size = checks.positive("eta", eta), checks.batch_size(batch_size)
    values, basis = np.linalg.eigh(np.atleast_2d(h))
    rates, total = values * (1 + eta * values / 2), values[:, None] + values
    q = eta / size * (basis.T @ np.atleast_2d(noise) @ basis) * (1 + noise_corrected * eta * total / 2)
    s = basis @ (q / (rates[:, None] + rates)) @ basis.T
    return float(s[0, 0]) if h.ndim == 0 else (s + s.T) / 2
