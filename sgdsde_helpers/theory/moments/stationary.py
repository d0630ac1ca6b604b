"""Stationary mean and covariance near a minimum: SGD at a finite learning rate, and the SDE that models it.

With phi measured from the minimiser, one step of SGD is phi' = (I - eta H) phi - eta xi, xi of covariance Sigma/B. Equal
covariances before and after the step give H S + S H - eta H S H = eta Sigma/B; the SDE's equation lacks the third term.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse.linalg import LinearOperator, cg

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.losses._numerics import mean_square_bound
from sgdsde_helpers.theory._loss import one_parameter
from sgdsde_helpers.theory.moments.affine import AffineGradients, affine_gradients, minibatch_factor

__all__ = [
    "affine_stationary_moments",
    "sde_stationary_covariance",
    "sde_stationary_moments",
    "sgd_stationary_covariance",
    "sgd_stationary_moments",
    "stratonovich_stationary_moments",
]

_RESIDUAL = 1e-13  # of the equation for the covariance, relative to its source


def sde_stationary_covariance(
    hessian: Array | float, sigma: Array | float, eta: float, batch_size: int = 1
) -> float | Array:
    """Stationary covariance S of the SDE with constant noise: H S + S H = eta Sigma / B.

    Parameters
    ----------
    hessian : float or ndarray of shape (d, d)
        H, positive definite.
    sigma : float or ndarray of shape (d, d)
        Sigma, the covariance of the per-example gradient (in one dimension the variance sigma^2, not sigma).
    eta : float
        Learning rate.
    batch_size : int
        B.

    Returns
    -------
    float or ndarray of shape (d, d)

    Raises
    ------
    ValueError
        If H is not positive definite or Sigma is not a covariance.

    Examples
    --------
    >>> round(sde_stationary_covariance(2.0, 3.0, eta=0.1, batch_size=5), 6)
    0.015
    """
    h, noise = _constant_problem(hessian, sigma, eta, batch_size)
    return _in_eigenbasis(h, noise, 0.0, scalar=np.ndim(hessian) == 0)


def sgd_stationary_covariance(
    hessian: Array | float, sigma: Array | float, eta: float, batch_size: int = 1
) -> float | Array:
    """Stationary covariance S of SGD with constant noise: H S + S H - eta H S H = eta Sigma / B, exact at every eta.

    Gaussian SGD with frozen noise has the same covariance. Parameters as in `sde_stationary_covariance`.

    Raises
    ------
    DivergenceError
        If eta >= 2 / lambda_max(H), where I - eta H no longer contracts.

    Examples
    --------
    >>> round(sgd_stationary_covariance(2.0, 3.0, eta=0.1, batch_size=5), 6)
    0.016667
    """
    h, noise = _constant_problem(hessian, sigma, eta, batch_size)
    _refuse_divergence(eta, 2 / np.linalg.eigvalsh(h)[-1])
    return _in_eigenbasis(h, noise, eta, scalar=np.ndim(hessian) == 0)


def sgd_stationary_moments(
    loss: Loss, eta: float, batch_size: int = 1, *, sampling: str = "with_replacement"
) -> tuple[float | Array, float | Array]:
    """Exact stationary mean and covariance of SGD on a loss with affine per-example gradients A_k phi - c_k.

    The noise grows with the distance from the minimiser, with covariance Sigma(phi*) + E[(A_k - H) S (A_k - H)] on
    average, so that H S + S H - eta H S H = eta f (Sigma(phi*) + E[(A_k - H) S (A_k - H)]), f the `minibatch_factor`.

    Parameters
    ----------
    loss : Loss
        MeanEstimation, ScalarQuadratic, LeastSquares, or another whose per-example gradients are affine.
    eta : float
        Learning rate.
    batch_size : int
        B.
    sampling : {"with_replacement", "without_replacement"}
        How one batch is drawn.

    Returns
    -------
    mean, covariance
        Two floats, or arrays of shape (d,) and (d, d). The mean is the minimiser.

    Raises
    ------
    DivergenceError
        If eta is at or past the bound at which the second moment ceases to exist, `max_stable_eta` of the loss.

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> mean, variance = sgd_stationary_moments(MeanEstimation([-1.0, 1.0]), eta=0.5)
    >>> round(variance, 6)
    0.333333
    """
    problem, factor = _affine_problem(loss, eta, batch_size, sampling)
    return affine_stationary_moments(problem, eta, factor, discrete=True)


def sde_stationary_moments(loss: Loss, eta: float, batch_size: int = 1) -> tuple[float | Array, float | Array]:
    """Exact stationary mean and covariance of the SDE with state-dependent noise eta Sigma(phi) / B.

    Ito's formula for phi phi^T gives the equation of `sgd_stationary_moments` without the term eta H S H. Parameters and
    returns are the same.

    Raises
    ------
    DivergenceError
        If eta is so large that the second moment of the SDE does not exist.

    Examples
    --------
    >>> from sgdsde_helpers.losses import ScalarQuadratic
    >>> loss = ScalarQuadratic([1.0, 2.0], [0.0, 1.0])
    >>> np.round(sde_stationary_moments(loss, eta=0.1), 6).tolist()
    [0.666667, 0.014939]
    """
    problem, factor = _affine_problem(loss, eta, batch_size, "with_replacement")
    return affine_stationary_moments(problem, eta, factor, discrete=False)


def stratonovich_stationary_moments(loss: Loss, eta: float, batch_size: int = 1) -> tuple[float, float]:
    """Exact stationary mean and variance of the same SDE in one dimension, read as Stratonovich's: what SGD does not follow.

    With psi = phi - phi* and v = (eta/B)(s0 + 2 s1 psi + s2 psi^2) the reading adds v'/4 to the drift -h psi. Then
    (h - eta s2/2B) E psi = eta s1/2B and (2h - 2 eta s2/B) E psi^2 = (eta/B)(s0 + 3 s1 E psi). The mean is not phi*.

    Parameters
    ----------
    loss : Loss
        With one parameter and affine per-example gradients.
    eta, batch_size
        As in `sgd_stationary_moments`.

    Returns
    -------
    mean, variance : float

    Raises
    ------
    DivergenceError
        If eta >= h B / s2, where the second moment does not exist.

    Examples
    --------
    >>> from sgdsde_helpers.losses import ScalarQuadratic
    >>> loss = ScalarQuadratic([1.0, 2.0], [0.0, 1.0])
    >>> np.round(stratonovich_stationary_moments(loss, eta=0.1), 6).tolist()
    [0.655462, 0.01532]
    """
    problem, factor = _affine_problem(one_parameter(loss), eta, batch_size, "with_replacement")
    h = float(checks.positive_definite("Hessian of the loss", problem.hessian)[0, 0])
    minimiser, curvatures = problem.minimiser[0], problem.curvatures.ravel()
    slope, s2 = np.cov(curvatures * minimiser - problem.constants.ravel(), curvatures, bias=True)[1]
    _refuse_divergence(eta, h / (factor * s2) if s2 else np.inf)
    noise = eta * factor
    mean = noise * slope / 2 / (h - noise * s2 / 2)
    second = noise * (problem.covariance_at_minimiser[0, 0] + 3 * slope * mean) / (2 * (h - noise * s2))
    return float(minimiser + mean), float(second - mean**2)


def affine_stationary_moments(
    problem: AffineGradients, eta: float, factor: float, *, discrete: bool, temperature: float = 0.0
) -> tuple[float | Array, float | Array]:
    """Mean and covariance behind `sgd_stationary_moments` (discrete) and `sde_stationary_moments`.

    Parameters
    ----------
    problem : AffineGradients
        The A_k and c_k.
    eta : float
        Learning rate.
    factor : float
        The minibatch factor f.
    discrete : bool
        True for SGD, whose equation has the term eta H S H.
    temperature : float
        T of isotropic noise sqrt(2 eta T) xi added in each step; it adds 2T I to the right side.

    Returns
    -------
    mean, covariance
        As in `sgd_stationary_moments`.

    Examples
    --------
    >>> from sgdsde_helpers.losses import ScalarQuadratic
    >>> problem = affine_gradients(ScalarQuadratic([1.0, 2.0], [0.0, 1.0]))
    >>> np.round(affine_stationary_moments(problem, 0.1, 1.0, discrete=True), 6).tolist()
    [0.666667, 0.016162]
    """
    eta, factor = checks.positive("eta", eta), checks.non_negative("factor", factor)
    temperature, minimiser = checks.non_negative("temperature", temperature), problem.minimiser
    values, basis = np.linalg.eigh(problem.hessian)
    d, turned = len(values), problem.turned(basis)
    total, product = values[:, None] + values, values[:, None] * values
    noise = None if problem.equal else turned.curvature_noise
    _refuse_divergence(eta, mean_square_bound(values, noise, factor, discrete=discrete))
    root = np.sqrt(total - discrete * eta * product)  # of the operator less the curvatures' noise: a multiplication
    source = eta * factor * basis.T @ problem.covariance_at_minimiser @ basis + 2 * temperature * np.eye(d)

    def operator(flat: Array) -> Array:
        s = flat.reshape(d, d)
        return (s - eta * factor * turned.curvature_noise(s / root) / root).ravel()

    covariance = source / root**2
    if not problem.equal:
        system = LinearOperator((d * d, d * d), matvec=operator, dtype=float)
        solution, failed = cg(system, (source / root).ravel(), rtol=_RESIDUAL, atol=0.0)
        if failed:
            raise ValueError(f"eta = {eta} is not allowed: so near the bound the covariance cannot be computed")
        covariance = solution.reshape(d, d) / root
    covariance = basis @ covariance @ basis.T
    if problem.scalar:
        return float(minimiser[0]), float(covariance[0, 0])
    return minimiser, (covariance + covariance.T) / 2


def _affine_problem(loss: Loss, eta: float, batch_size: int, sampling: str) -> tuple[AffineGradients, float]:
    checks.positive("eta", eta)
    problem = affine_gradients(loss)
    return problem, minibatch_factor(len(problem.constants), batch_size, sampling)


def _constant_problem(hessian: Array | float, sigma: Array | float, eta: float, batch_size: int) -> tuple[Array, Array]:
    """H and eta Sigma / B as matrices."""
    h = checks.positive_definite("hessian", hessian)
    noise = checks.covariance_matrix("sigma", sigma, h.shape[0] if h.ndim else 0)
    eta, size = checks.positive("eta", eta), checks.batch_size(batch_size)
    return np.atleast_2d(h), np.atleast_2d(noise) * eta / size


def _in_eigenbasis(h: Array, source: Array, eta: float, *, scalar: bool) -> float | Array:
    """The S of H S + S H - eta H S H = `source`, entry by entry in the eigenbasis of H."""
    values, basis = np.linalg.eigh(h)
    s = basis.T @ source @ basis / (values[:, None] + values - eta * values[:, None] * values)
    s = basis @ s @ basis.T
    return float(s[0, 0]) if scalar else (s + s.T) / 2


def _refuse_divergence(eta: float, bound: float) -> None:
    if eta >= bound:
        checks.diverges(eta, float(bound), f"the second moment diverges for eta >= {bound:.6g}")
