"""The probability current of a linear SDE: what goes round at stationarity, and what it costs.

dPhi = -H Phi dt + noise of covariance 2D per unit time (2D = eta Sigma/B), stationary covariance S with H S + S H' = 2D. So
H S = D + A with A antisymmetric, and the current is J = -H phi p - D grad p = -A S^-1 phi p. For a symmetric H it vanishes
if and only if H Sigma = Sigma H: A = 0 means H S = D is symmetric, so that H commutes with S and with D = H S; and if H and
D commute, S = H^-1 D solves the equation. H may be any stable drift matrix, for instance Lambda H with one learning rate
for each parameter.
"""

from __future__ import annotations

import numpy as np

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array
from sgdsde_helpers.theory.moments.ornstein_uhlenbeck import ou_stationary_covariance

__all__ = [
    "circulation",
    "commutator_norm",
    "entropy_production",
    "noise_with_gibbs_marginals",
    "probability_current",
    "rotation_rate",
]


def circulation(hessian: Array, noise_covariance: Array) -> Array:
    """The antisymmetric matrix A in H S = D + A; it is zero exactly where the process is reversible.

    Parameters
    ----------
    hessian : ndarray of shape (d, d)
        H, or any stable drift matrix.
    noise_covariance : ndarray of shape (d, d)
        2D = eta Sigma / B.

    Returns
    -------
    ndarray of shape (d, d)

    Examples
    --------
    >>> circulation([[2.0, 0.0], [0.0, 1.0]], [[0.3, 0.1], [0.1, 0.3]]).round(6)
    array([[ 0.      ,  0.016667],
           [-0.016667,  0.      ]])
    """
    h = checks.array("hessian", hessian, ndim=2)
    return rotation_rate(h, stationary_covariance=ou_stationary_covariance(h, noise_covariance)) / 2


def rotation_rate(hessian: Array, *, stationary_covariance: Array) -> Array:
    """E[phi_i dphi_j - phi_j dphi_i]/dt as a matrix: H S - (H S)', twice the circulation; positive is anticlockwise.

    E[phi_i dphi_j] = -(S H')_ij dt. The same matrix is E[phi_i phi'_j - phi_j phi'_i]/eta for one step of SGD, with SGD's
    own S: phi' = (I - eta H) phi + noise, and the noise is independent of phi.

    Parameters
    ----------
    hessian : ndarray of shape (d, d)
        H.
    stationary_covariance : ndarray of shape (d, d)
        S, of the SDE or of SGD.

    Returns
    -------
    ndarray of shape (d, d)
        Antisymmetric; in the plane entry [0, 1] is the rate.

    Examples
    --------
    >>> s = [[1.0, 0.2], [0.2, 1.0]]
    >>> np.round(rotation_rate([[2.0, 0.0], [0.0, 1.0]], stationary_covariance=s), 6).tolist()
    [[0.0, 0.2], [-0.2, 0.0]]
    """
    h = checks.square("hessian", checks.array("hessian", hessian, ndim=2))
    product = h @ checks.covariance_matrix("stationary_covariance", stationary_covariance, len(h))
    return product - product.T


def probability_current(phi: Array, hessian: Array, noise_covariance: Array) -> Array:
    """Stationary current J(phi) = -A S^-1 phi p(phi).

    Parameters
    ----------
    phi : ndarray of shape (..., d)
        Points, measured from the minimiser.
    hessian, noise_covariance : ndarrays of shape (d, d)
        As in `circulation`.

    Returns
    -------
    ndarray of shape (..., d)
        Probability per unit time and area; its divergence is zero, and it runs along the ellipses of equal density.

    Examples
    --------
    >>> np.round(probability_current([0.1, 0.2], [[2.0, 0.0], [0.0, 1.0]], [[0.3, 0.1], [0.1, 0.3]]), 6).tolist()
    [-0.02593, 0.018522]
    """
    s = ou_stationary_covariance(checks.array("hessian", hessian, ndim=2), noise_covariance)
    points = checks.array("phi", phi)
    if points.shape[-1:] != np.shape(s)[-1:]:
        raise ValueError(
            f"phi of shape {points.shape} is not allowed: its last axis must have length {len(np.atleast_1d(s))}"
        )
    pulled = np.linalg.solve(s, points[..., None])[..., 0]
    density = np.exp(-(points * pulled).sum(axis=-1) / 2) / np.sqrt(np.linalg.det(2 * np.pi * s))
    return -(pulled @ circulation(hessian, noise_covariance).T) * density[..., None]


def entropy_production(hessian: Array, noise_covariance: Array) -> float:
    """Rate of entropy production, the integral of J' D^-1 J / p = tr(A' D^-1 A S^-1), per unit time; zero iff reversible.

    Parameters
    ----------
    hessian : ndarray of shape (d, d)
        H.
    noise_covariance : ndarray of shape (d, d)
        2D = eta Sigma / B, positive definite.

    Returns
    -------
    float

    Examples
    --------
    >>> round(entropy_production([[2.0, 0.0], [0.0, 1.0]], [[0.3, 0.1], [0.1, 0.3]]), 6)
    0.041667
    """
    d = checks.positive_definite("noise_covariance", checks.array("noise_covariance", noise_covariance, ndim=2)) / 2
    a, s = circulation(hessian, noise_covariance), ou_stationary_covariance(hessian, noise_covariance)
    return float(np.trace(a.T @ np.linalg.solve(d, a) @ np.linalg.inv(s)))


def commutator_norm(hessian: Array, noise_covariance: Array) -> float:
    """Size of H Q - Q H against that of H Q, Q = 2D, in the Frobenius norm: zero iff there is no current.

    Parameters
    ----------
    hessian, noise_covariance : ndarrays of shape (d, d)
        H and Q, symmetric; Q in any unit, so that Sigma will do.

    Returns
    -------
    float

    Examples
    --------
    >>> commutator_norm([[2.0, 0.0], [0.0, 1.0]], [[3.0, 0.0], [0.0, 1.0]])
    0.0
    """
    h = checks.positive_definite("hessian", checks.array("hessian", hessian, ndim=2))
    product = h @ checks.covariance_matrix("noise_covariance", noise_covariance, len(h))
    return float(np.linalg.norm(product - product.T) / np.linalg.norm(product))


def noise_with_gibbs_marginals(hessian: Array, temperature: float, coupling: float) -> Array:
    """Noise in the plane under which both marginals are exactly those of exp(-L/T)/Z and the joint law is not.

    The Gibbs law has covariance T H^-1. Add c to its two off-diagonal entries: the marginals stay, and H S + S H is
    2T I + c [[2 h12, h11 + h22], [h11 + h22, 2 h12]], a covariance for small enough c. Where h11 differs from h22 it does not
    commute with H, and there is a current.

    Parameters
    ----------
    hessian : ndarray of shape (2, 2)
        H.
    temperature : float
        T.
    coupling : float
        In (-1, 1): c as a share of the largest (or, if negative, the most negative) one allowed; 0 is the Gibbs law.

    Returns
    -------
    ndarray of shape (2, 2)
        2D = eta Sigma / B.

    Examples
    --------
    >>> np.round(noise_with_gibbs_marginals([[2.0, 0.0], [0.0, 1.0]], temperature=0.1, coupling=0.5), 6).tolist()
    [[0.2, 0.1], [0.1, 0.2]]
    """
    h = checks.positive_definite("hessian", hessian, 2)
    t, share = checks.positive("temperature", temperature), checks.number("coupling", coupling)
    if abs(share) >= 1:
        checks.refuse("coupling", coupling, "a number in (-1, 1)")
    trace, off = np.trace(h), h[0, 1]
    c = share * 2 * t / (trace - 2 * off if share > 0 else trace + 2 * off)
    return np.array([[2 * t + 2 * c * off, c * trace], [c * trace, 2 * t + 2 * c * off]])
