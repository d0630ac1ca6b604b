"""SGD with momentum on a quadratic loss: its exact stationary covariance, memory and edges. SGD itself is mu = 0.

Heavy ball (Polyak 1964): v' = mu v - eta ghat(phi), phi' = phi + v', with phi measured from the minimiser and
ghat = H phi + xi, xi independent of (phi, v), of covariance Sigma/B. H and Sigma need not commute.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.losses._numerics import largest_eigenvalue, mean_square_bound
from sgdsde_helpers.theory.moments.affine import affine_gradients, minibatch_factor

__all__ = [
    "averaging_covariance",
    "momentum_autocovariance",
    "momentum_max_stable_eta",
    "momentum_move_covariances",
    "momentum_stability_bound",
    "momentum_stationary_covariance",
    "momentum_stationary_moments",
]


def momentum_max_stable_eta(hessian: Array | float, mu: float = 0.0) -> float:
    """Learning rate from which on heavy ball without noise leaves a quadratic: 2 (1 + mu) / lambda_max(H).

    Parameters
    ----------
    hessian : float or ndarray of shape (d, d)
        H, positive definite.
    mu : float
        Momentum, in [0, 1).

    Returns
    -------
    float

    Examples
    --------
    >>> round(momentum_max_stable_eta(2.0, mu=0.9), 6)
    1.9
    """
    curvatures = np.linalg.eigvalsh(np.atleast_2d(checks.positive_definite("hessian", hessian)))
    return float(2 * (1 + checks.fraction("mu", mu)) / curvatures[-1])


def momentum_stationary_covariance(
    hessian: Array | float, sigma: Array | float, eta: float, batch_size: int = 1, *, mu: float = 0.0
) -> float | Array:
    """Stationary covariance S of heavy ball with constant noise, exact at every eta below `momentum_max_stable_eta`.

    In the eigenbasis of H, with a = eta h_i and b = eta h_j, S_ij is eta^2 (Sigma_ij/B) (1 - mu^2) divided by
    (1 - mu)^2 [(1 + mu)(a + b) - a b] + mu (a - b)^2. At mu = 0 this is `sgd_stationary_covariance`.

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
    mu : float
        Momentum, in [0, 1).

    Returns
    -------
    float or ndarray of shape (d, d)

    Raises
    ------
    DivergenceError
        If eta >= 2 (1 + mu) / lambda_max(H).

    Notes
    -----
    Chapter 15, equation eq-exact-momentum. Finite-step covariances with momentum: Liu, Ziyin, Ueda 2021.

    Examples
    --------
    >>> round(momentum_stationary_covariance(2.0, 3.0, eta=0.1, batch_size=5, mu=0.9), 6)
    0.158333
    """
    h = checks.positive_definite("hessian", hessian)
    noise = checks.covariance_matrix("sigma", sigma, h.shape[0] if h.ndim else 0)
    eta, size, mu = checks.positive("eta", eta), checks.batch_size(batch_size), checks.fraction("mu", mu)
    _refuse(eta, momentum_max_stable_eta(h, mu), "the chain without noise diverges")
    values, basis = np.linalg.eigh(np.atleast_2d(h))
    s = basis @ (_gain(values, eta, mu) * (basis.T @ np.atleast_2d(noise) @ basis) / size) @ basis.T
    return float(s[0, 0]) if h.ndim == 0 else (s + s.T) / 2


def momentum_move_covariances(
    hessian: Array | float, eta: float, *, stationary_covariance: Array | float, mu: float = 0.0
) -> tuple:
    """Covariance V = E v v' of a move, and C = E phi v' of a state with the move that led to it.

    V = eta (H S + S H)/(1 + mu) and C = eta (H S - mu S H)/(1 - mu^2), whatever the noise.

    Parameters
    ----------
    hessian, stationary_covariance : floats or ndarrays of shape (d, d)
        H and S.
    eta, mu : float
        As in `momentum_stationary_covariance`.

    Returns
    -------
    move, cross : floats or ndarrays of shape (d, d)
        V and C.

    Examples
    --------
    >>> np.round(momentum_move_covariances(2.0, eta=0.1, stationary_covariance=1.0, mu=0.5), 6).tolist()
    [0.266667, 0.133333]
    """
    h, s, eta, mu = _stationary_state(hessian, stationary_covariance, eta, mu)
    hs, sh = h @ s, s @ h
    move, cross = eta * (hs + sh) / (1 + mu), eta * (hs - mu * sh) / (1 - mu**2)
    return (float(move[0, 0]), float(cross[0, 0])) if np.ndim(hessian) == 0 else (move, cross)


def momentum_autocovariance(
    n_lags: int, hessian: Array | float, eta: float, *, stationary_covariance: Array | float, mu: float = 0.0
) -> Array:
    """Stationary autocovariance R_k = E phi_{j+k} phi_j', for k = 0, ..., n_lags.

    R_0 = S, R_1 = S - C with C of `momentum_move_covariances`, R_{k+1} = ((1 + mu) I - eta H) R_k - mu R_{k-1}.

    Parameters
    ----------
    n_lags : int
        The largest lag, in steps.
    hessian, stationary_covariance : floats or ndarrays of shape (d, d)
        H and S.
    eta, mu : float
        As in `momentum_stationary_covariance`.

    Returns
    -------
    ndarray of shape (n_lags + 1,) or (n_lags + 1, d, d)

    Examples
    --------
    >>> np.round(momentum_autocovariance(3, 2.0, eta=0.1, stationary_covariance=1.0, mu=0.5), 6).tolist()
    [1.0, 0.866667, 0.626667, 0.381333]
    """
    lags = checks.count("n_lags", n_lags, minimum=0)
    h, s, eta, mu = _stationary_state(hessian, stationary_covariance, eta, mu)
    _, cross = momentum_move_covariances(h, eta, stationary_covariance=s, mu=mu)
    r = [s, s - cross]
    for _ in range(lags - 1):
        r.append((1 + mu) * r[-1] - eta * h @ r[-1] - mu * r[-2])
    r = np.array(r[: lags + 1])
    return r[:, 0, 0] if np.ndim(hessian) == 0 else r


def averaging_covariance(hessian: Array | float, sigma: Array | float, batch_size: int = 1) -> float | Array:
    """Limit of N Cov(mean of phi over N steps): H^-1 Sigma H^-1 / B, the same for every eta and mu.

    The mean of phi_{k+1} - phi_k = mu (phi_k - phi_{k-1}) - eta (H phi_k + xi_k) over N steps is O(1/N) on the left and in
    the first term on the right, so H times the mean of phi is minus the mean of xi, up to O(1/N).

    Parameters
    ----------
    hessian, sigma, batch_size
        As in `momentum_stationary_covariance`.

    Returns
    -------
    float or ndarray of shape (d, d)

    Examples
    --------
    >>> round(averaging_covariance(2.0, 3.0, batch_size=5), 6)
    0.15
    """
    h = checks.positive_definite("hessian", hessian)
    noise = checks.covariance_matrix("sigma", sigma, h.shape[0] if h.ndim else 0)
    inverse = np.linalg.inv(np.atleast_2d(h))
    limit = inverse @ np.atleast_2d(noise) @ inverse / checks.batch_size(batch_size)
    return float(limit[0, 0]) if h.ndim == 0 else (limit + limit.T) / 2


def momentum_stationary_moments(
    loss: Loss, eta: float, batch_size: int = 1, *, mu: float = 0.0, sampling: str = "with_replacement"
) -> tuple[float | Array, float | Array]:
    """Exact stationary mean and covariance of heavy ball for affine per-example gradients A_k phi - c_k.

    The noise of a step has mean covariance f (Sigma(phi*) + E[(A_k - H) S (A_k - H)]), f the minibatch factor; this in
    place of Sigma/B in `momentum_stationary_covariance` is a linear equation for S. It is solved densely: d up to 40.

    Parameters
    ----------
    loss : Loss
        With affine per-example gradients.
    eta, batch_size, mu
        As in `momentum_stationary_covariance`.
    sampling : {"with_replacement", "without_replacement"}
        How one batch is drawn.

    Returns
    -------
    mean, covariance
        Two floats, or arrays of shape (d,) and (d, d). The mean is the minimiser.

    Raises
    ------
    DivergenceError
        If eta is at or past `momentum_stability_bound`.

    Examples
    --------
    >>> from sgdsde_helpers.losses import ScalarQuadratic
    >>> loss = ScalarQuadratic([1.0, 2.0], [0.0, 1.0])
    >>> np.round(momentum_stationary_moments(loss, eta=0.1, mu=0.5), 6).tolist()
    [0.666667, 0.031746]
    """
    eta, mu, problem = checks.positive("eta", eta), checks.fraction("mu", mu), affine_gradients(loss)
    factor = minibatch_factor(len(problem.constants), batch_size, sampling)
    _refuse(eta, _bound(problem, factor, mu), "the second moment diverges")
    values, basis = np.linalg.eigh(problem.hessian)
    gain, feedback = _gain(values, eta, mu), _feedback(problem, factor, basis)
    source = factor * basis.T @ problem.covariance_at_minimiser @ basis
    d = len(values)
    s = np.linalg.solve(np.eye(d * d) - gain.reshape(-1, 1) * feedback, (gain * source).ravel()).reshape(d, d)
    s = basis @ (s + s.T) @ basis.T / 2
    return (float(problem.minimiser[0]), float(s[0, 0])) if problem.scalar else (problem.minimiser, s)


def momentum_stability_bound(
    loss: Loss, batch_size: int = 1, *, mu: float = 0.0, sampling: str = "with_replacement"
) -> float:
    """Learning rate from which on the second moment of heavy ball grows without bound, for affine per-example gradients.

    There the spectral radius of S -> K(eta) o f E[(A_k - H) S (A_k - H)] is 1, K the factor of
    `momentum_stationary_covariance`. Without scatter of the A_k it is `momentum_max_stable_eta`. At mu = 0 it is
    the loss's own `max_stable_eta`.

    Parameters
    ----------
    loss, batch_size, mu, sampling
        As in `momentum_stationary_moments`.

    Returns
    -------
    float

    Examples
    --------
    >>> from sgdsde_helpers.losses import ScalarQuadratic
    >>> loss = ScalarQuadratic([1.0, 2.0], [0.0, 1.0])
    >>> round(momentum_stability_bound(loss, mu=0.5), 4)
    1.5
    """
    problem = affine_gradients(loss)
    return _bound(problem, minibatch_factor(len(problem.constants), batch_size, sampling), checks.fraction("mu", mu))


def _gain(values: Array, eta: float, mu: float) -> Array:
    """K_ij of S_ij = K_ij Cov(xi)_ij in the eigenbasis of H."""
    a, b = eta * values[:, None], eta * values
    restoring = (1 - mu) ** 2 * ((1 + mu) * (a + b) - a * b) + mu * (a - b) ** 2
    return eta**2 * (1 - mu**2) / restoring


def _feedback(problem, factor: float, basis: Array) -> Array:
    """The matrix of S -> f E[(A_k - H) S (A_k - H)] on row-by-row vectors of S in the eigenbasis of H."""
    deviations = basis.T @ (problem.curvatures - problem.hessian) @ basis
    d = len(basis)
    mean = np.einsum("kij,klm->iljm", deviations, deviations).reshape(d * d, d * d) / len(deviations)
    return factor * mean


def _bound(problem, factor: float, mu: float) -> float:
    values, basis = np.linalg.eigh(checks.positive_definite("Hessian of the loss", problem.hessian))
    return heavy_ball_bound(values, None if problem.equal else problem.turned(basis).curvature_noise, factor, mu)


def heavy_ball_bound(values: Array, noise: Callable[[Array], Array] | None, share: float, mu: float) -> float:
    """The same for heavy ball as `mean_square_bound` for SGD: where S -> K(eta) o share E[(A_k - H) S (A_k - H)] reaches 1."""
    edge = 2 * (1 + mu) / values[-1]
    if mu == 0 or noise is None:
        return mean_square_bound(values, noise, share) if mu == 0 else float(edge)
    from scipy.optimize import brentq  # imported late: it takes longer than all the rest

    def excess(eta: float) -> float:
        root = np.sqrt(_gain(values, eta, mu))
        return largest_eigenvalue(lambda s: (root * share * noise(root * s.reshape(root.shape))).ravel(), len(root)) - 1

    near = edge * (1 - 1e-9)
    return float(edge) if excess(near) < 0 else float(brentq(excess, edge * 1e-9, near, xtol=1e-12 * edge, rtol=1e-12))


def _stationary_state(hessian, stationary_covariance, eta: float, mu: float) -> tuple[Array, Array, float, float]:
    h = checks.positive_definite("hessian", hessian)
    s = checks.covariance_matrix("stationary_covariance", stationary_covariance, h.shape[0] if h.ndim else 0)
    return np.atleast_2d(h), np.atleast_2d(s), checks.positive("eta", eta), checks.fraction("mu", mu)


def _refuse(eta: float, bound: float, what: str) -> None:
    if eta >= bound:
        checks.diverges(eta, bound, f"{what} for eta >= {bound:.6g}")
