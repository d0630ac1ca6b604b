"""The Ornstein-Uhlenbeck process dPhi = -H (Phi - c) dt + Q^(1/2) dW: mean, covariance, autocovariance, spectrum.

Q is the noise covariance per unit time; for SGD's model Q = eta Sigma / B. H need not be symmetric, and except for the
autocovariance it need not be stable: H = 0 is Brownian motion.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import expm, solve_continuous_lyapunov

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array

__all__ = [
    "brownian_variation",
    "ou_autocovariance",
    "ou_covariance",
    "ou_mean",
    "ou_spectrum",
    "ou_stationary_covariance",
]


def brownian_variation(pieces: Array | int, power: int, t: float = 1.0) -> Array:
    """Mean of the sum of |Delta W|^power over equal pieces of [0, t]: sqrt(2 n t / pi) for power 1, t for power 2.

    Examples
    --------
    >>> np.round(brownian_variation([1, 10, 100], power=1), 6).tolist()
    [0.797885, 2.523133, 7.978846]
    """
    n, t = checks.array("pieces", pieces), checks.positive("t", t)
    if power not in (1, 2):
        checks.refuse("power", power, "1 or 2")
    return np.sqrt(2 * n * t / np.pi) if power == 1 else np.full(n.shape, t)


def ou_mean(
    t: Array | float, start: Array | float, hessian: Array | float, center: Array | float = 0.0
) -> float | Array:
    """Mean c + exp(-H t) (start - c) at time t.

    Parameters
    ----------
    t : float or ndarray of shape (T,)
        Times, >= 0.
    start, center : float or ndarray of shape (d,)
        Where the process starts, and c.
    hessian : float or ndarray of shape (d, d)
        H.

    Returns
    -------
    float or array
        Shape of `t` followed by the shape of one state.

    Examples
    --------
    >>> np.round(ou_mean([0.0, 1.0], 3.0, 2.0, center=1.0), 6).tolist()
    [3.0, 1.270671]
    """
    times, h = checks.lengths("t", t, 0.0), checks.square("hessian", hessian)
    c = checks.one_or_each("center", center, h.shape[:1])
    away = checks.one_or_each("start", start, h.shape[:1]) - c
    if not h.ndim:
        return _plain(c + np.exp(-h * times) * away)
    return c + np.array([expm(-h * s) @ away for s in times.ravel()]).reshape(*times.shape, len(h))


def ou_covariance(t: Array | float, hessian: Array | float, noise_covariance: Array | float) -> float | Array:
    """Covariance at time t of a process that starts at one point: the integral of exp(-Hs) Q exp(-H's) over [0, t].

    The block exponential of Van Loan (1978) gives it over a short time; C(2s) = C(s) + exp(-Hs) C(s) exp(-H's) doubles
    the time. No eigenvalue of H is divided by, so that zero and unstable directions are allowed.

    Parameters
    ----------
    t : float or ndarray of shape (T,)
        Times, >= 0.
    hessian : float or ndarray of shape (d, d)
        H.
    noise_covariance : float or ndarray of shape (d, d)
        Q, per unit time: eta Sigma / B.

    Returns
    -------
    float or array
        Shape of `t` followed by () or (d, d).

    Examples
    --------
    >>> round(ou_covariance(0.5, 2.0, 0.3), 6)
    0.06485
    """
    times, h = checks.lengths("t", t, 0.0), checks.square("hessian", hessian)
    q = checks.covariance_matrix("noise_covariance", noise_covariance, len(h) if h.ndim else 0)
    if not h.ndim:
        decay = 2 * h * times
        return _plain(q * times * np.where(decay == 0, 1.0, -np.expm1(-decay) / np.where(decay == 0, 1.0, decay)))
    return np.array([transition(h, q, s)[1] for s in times.ravel()]).reshape(*times.shape, *h.shape)


def ou_stationary_covariance(hessian: Array | float, noise_covariance: Array | float) -> float | Array:
    """Stationary covariance S with H S + S H' = Q, for any stable drift matrix H.

    Parameters
    ----------
    hessian : float or ndarray of shape (d, d)
        H; each eigenvalue must have a real part > 0.
    noise_covariance : float or ndarray of shape (d, d)
        Q, per unit time: eta Sigma / B.

    Returns
    -------
    float or ndarray of shape (d, d)

    Raises
    ------
    ValueError
        If H is not stable, so that there is no stationary law.

    Examples
    --------
    >>> ou_stationary_covariance(2.0, 0.3)
    0.075
    """
    h = checks.square("hessian", hessian)
    q = checks.covariance_matrix("noise_covariance", noise_covariance, len(h) if h.ndim else 0)
    slowest = np.linalg.eigvals(np.atleast_2d(h)).real.min()
    if slowest <= 0:
        checks.refuse(
            "hessian", hessian, f"stable, but an eigenvalue has the real part {slowest:.3g}, which is not > 0"
        )
    s = solve_continuous_lyapunov(np.atleast_2d(h), np.atleast_2d(q))
    return (s + s.T) / 2 if h.ndim else float(s[0, 0])


def ou_autocovariance(
    lag: Array | float, hessian: Array | float, *, stationary_covariance: Array | float
) -> float | Array:
    """Stationary autocovariance E[Phi(t + lag) Phi(t)'] = exp(-H lag) S, and its transpose at -lag.

    Parameters
    ----------
    lag : float or ndarray of shape (T,)
        Lags in time, of either sign.
    hessian : float or ndarray of shape (d, d)
        H.
    stationary_covariance : float or ndarray of shape (d, d)
        S, with H S + S H' = Q.

    Returns
    -------
    float or array
        Shape of `lag` followed by () or (d, d).

    Examples
    --------
    >>> np.round(ou_autocovariance([0.0, 1.0], 2.0, stationary_covariance=3.0), 6).tolist()
    [3.0, 0.406006]
    """
    lags, h = checks.array("lag", lag), checks.square("hessian", hessian)
    s = checks.covariance_matrix("stationary_covariance", stationary_covariance, len(h) if h.ndim else 0)
    if not h.ndim:
        return _plain(np.exp(-h * np.abs(lags)) * s)
    ahead = [expm(-h * abs(x)) @ s for x in lags.ravel()]
    both = [c if x >= 0 else c.T for c, x in zip(ahead, lags.ravel())]
    return np.array(both).reshape(*lags.shape, *h.shape)


def ou_spectrum(omega: Array | float, hessian: Array | float, noise_covariance: Array | float) -> float | Array:
    """Spectral density (H + i omega)^-1 Q (H' - i omega)^-1: the Fourier integral of the autocovariance.

    Its integral over all omega, divided by 2 pi, is the stationary covariance.

    Parameters
    ----------
    omega : float or ndarray of shape (T,)
        Angular frequencies.
    hessian : float or ndarray of shape (d, d)
        H.
    noise_covariance : float or ndarray of shape (d, d)
        Q.

    Returns
    -------
    float or array
        Shape of `omega` followed by () or (d, d); real for numbers, complex Hermitian for matrices.

    Examples
    --------
    >>> np.round(ou_spectrum([0.0, 2.0], 2.0, 0.4), 6).tolist()
    [0.1, 0.05]
    """
    w, h = checks.array("omega", omega), checks.square("hessian", hessian)
    q = checks.covariance_matrix("noise_covariance", noise_covariance, len(h) if h.ndim else 0)
    if not h.ndim:
        return _plain(q / (h**2 + w**2))
    response = np.linalg.inv(h + 1j * w[..., None, None] * np.eye(len(h)))
    return response @ q @ np.conj(np.swapaxes(response, -1, -2))


def transition(h: Array, q: Array, t: float) -> tuple[Array, Array]:
    """exp(-H t), and the covariance that the noise adds over a time t.

    Van Loan's block exponential over a short time, which is then doubled: C(2s) = C(s) + E(s) C(s) E(s)' adds only
    positive matrices, and nothing overflows at a large t. (Van Loan, IEEE Transactions on Automatic Control 23, 1978.)
    """
    d = len(h)
    doublings = max(0, int(np.ceil(np.log2(max(np.abs(h).sum(axis=1).max() * t, 1e-300)))) + 1)
    block = expm(np.block([[-h, q], [np.zeros_like(h), h.T]]) * (t / 2**doublings))
    decay = block[:d, :d]
    added = block[:d, d:] @ decay.T
    for _ in range(doublings):
        added = added + decay @ added @ decay.T
        decay = decay @ decay
    return decay, (added + added.T) / 2


def _plain(value: Array) -> float | Array:
    return float(value) if np.ndim(value) == 0 else value
