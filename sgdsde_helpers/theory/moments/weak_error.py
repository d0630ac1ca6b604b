"""Exact first and second moments of SGD, of its SDE and of the second-order SDE, for scalar quadratics.

With per-example gradients h_k phi - c_k the moments obey linear equations: a recursion for SGD, an ordinary differential
equation for the SDEs. Their difference at one time t is the weak error, with no Monte-Carlo noise in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import expm

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.theory._loss import one_parameter
from sgdsde_helpers.theory.moments.affine import affine_gradients, minibatch_factor

__all__ = ["modified_sde_moments", "sde_moments", "sgd_moments", "weak_errors"]


@dataclass(frozen=True)
class _Scalar:
    """Means and covariances over the examples of h_k and c_k, and f, the minibatch factor that multiplies the latter."""

    h: float
    c: float
    hh: float
    hc: float
    cc: float
    factor: float


def sgd_moments(
    loss: Loss, eta: float, n_steps: int, start: float, batch_size: int = 1, *, sampling: str = "with_replacement"
) -> tuple[float, float]:
    """Exact E phi and E phi^2 after `n_steps` of SGD (or of Gaussian SGD, whose first two moments are the same).

    phi' = (1 - eta h_b) phi + eta c_b, with batch means h_b and c_b, is squared and averaged over the batch.

    Parameters
    ----------
    loss : Loss
        With one parameter and affine per-example gradients.
    eta : float
        Learning rate.
    n_steps : int
        Number of steps, >= 0.
    start : float
        phi_0.
    batch_size : int
        B.
    sampling : {"with_replacement", "without_replacement"}
        How one batch is drawn.

    Returns
    -------
    mean, second_moment : float

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> mean, second = sgd_moments(MeanEstimation([-1.0, 1.0]), 0.1, n_steps=10, start=1.0)
    >>> round(mean, 6), round(second - mean**2, 6)
    (0.348678, 0.046233)
    """
    p, eta = _scalar(loss, batch_size, sampling), checks.positive("eta", eta)
    a, b = 1 - eta * p.h, eta * p.c
    step = np.array(
        [
            [1.0, 0.0, 0.0],
            [b, a, 0.0],
            [
                b**2 + eta**2 * p.factor * p.cc,
                2 * (a * b - eta**2 * p.factor * p.hc),
                a**2 + eta**2 * p.factor * p.hh,
            ],
        ]
    )
    with np.errstate(over="ignore", invalid="ignore"):
        propagator = np.linalg.matrix_power(step, checks.count("n_steps", n_steps, minimum=0))
    return _moments(propagator, start, eta)


def sde_moments(loss: Loss, eta: float, t: float, start: float, batch_size: int = 1) -> tuple[float, float]:
    """Exact E phi and E phi^2 at time t of dPhi = -g dt + sqrt(eta/B) sigma(Phi) dW (Ito).

    d E[phi]/dt = -E g and d E[phi^2]/dt = -2 E[phi g] + (eta/B) E sigma^2(phi), where sigma^2(phi) is quadratic in phi.

    Parameters
    ----------
    loss, eta, start, batch_size
        As in `sgd_moments`.
    t : float
        Time, >= 0; N steps of SGD take t = N eta.

    Returns
    -------
    mean, second_moment : float

    Examples
    --------
    >>> from sgdsde_helpers.losses import ScalarQuadratic
    >>> loss = ScalarQuadratic([1.0, 2.0], [0.0, 1.0])
    >>> np.round(sde_moments(loss, 0.1, 1.0, start=1.0), 6).tolist()
    [0.741043, 0.560869]
    """
    return _sde_moments(loss, eta, t, start, batch_size, stiffening=0.0)


def modified_sde_moments(loss: Loss, eta: float, t: float, start: float, batch_size: int = 1) -> tuple[float, float]:
    """Exact E phi and E phi^2 of the second-order SDE: drift -grad(L + (eta/4) |grad L|^2), the same noise (Li et al. 2017).

    For a quadratic the drift is (1 + eta h / 2) times that of `sde_moments`. Parameters and returns are the same.

    Examples
    --------
    >>> from sgdsde_helpers.losses import ScalarQuadratic
    >>> loss = ScalarQuadratic([1.0, 2.0], [0.0, 1.0])
    >>> np.round(modified_sde_moments(loss, 0.1, 1.0, start=1.0), 6).tolist()
    [0.73313, 0.548693]
    """
    return _sde_moments(loss, eta, t, start, batch_size, stiffening=0.5)


def weak_errors(loss: Loss, etas: Array, t: float, start: float, batch_size: int = 1) -> dict[str, Array]:
    """Weak errors of both SDEs against SGD at one time t, for several learning rates.

    Parameters
    ----------
    loss, start, batch_size
        As in `sgd_moments`.
    etas : array_like of shape (K,)
        Learning rates; each must divide t.
    t : float
        Time.

    Returns
    -------
    dict
        Under "SDE" and "modified SDE" an array (2, K): the absolute errors of E phi and of E phi^2.

    Examples
    --------
    >>> from sgdsde_helpers.losses import ScalarQuadratic
    >>> errors = weak_errors(ScalarQuadratic([1.0, 2.0], [0.0, 1.0]), [0.1, 0.05], 1.0, start=1.0)
    >>> {name: np.round(error, 5).tolist() for name, error in errors.items()}
    {'SDE': [[0.00875, 0.00428], [0.01174, 0.00605]], 'modified SDE': [[0.00084, 0.00021], [0.00044, 0.0001]]}
    """
    rates, t = checks.array("etas", etas, ndim=1), checks.non_negative("t", t)
    if rates.min() <= 0:
        checks.refuse("etas", etas, "an array of numbers > 0")
    steps = [round(t / eta) for eta in rates]
    if not np.allclose(steps * rates, t, rtol=1e-9):
        checks.refuse("etas", etas, f"learning rates of which t = {t:g} is a whole multiple")
    exact = np.array([sgd_moments(loss, eta, n, start, batch_size) for eta, n in zip(rates, steps)])
    models = {"SDE": sde_moments, "modified SDE": modified_sde_moments}
    return {
        name: np.abs([moments(loss, eta, t, start, batch_size) for eta in rates] - exact).T
        for name, moments in models.items()
    }


def _sde_moments(loss: Loss, eta: float, t: float, start: float, batch_size: int, *, stiffening: float):
    p, eta = _scalar(loss, batch_size, "with_replacement"), checks.positive("eta", eta)
    rate = 1 + stiffening * eta * p.h
    noise = eta * p.factor
    generator = np.array(
        [
            [0.0, 0.0, 0.0],
            [rate * p.c, -rate * p.h, 0.0],
            [noise * p.cc, 2 * (rate * p.c - noise * p.hc), -2 * rate * p.h + noise * p.hh],
        ]
    )
    return _moments(expm(generator * checks.non_negative("t", t)), start, eta)


def _scalar(loss: Loss, batch_size: int, sampling: str) -> _Scalar:
    problem = affine_gradients(one_parameter(loss))
    h, c = problem.curvatures[:, 0, 0], problem.constants[:, 0]
    second = np.cov(h, c, bias=True)
    factor = minibatch_factor(len(h), batch_size, sampling)
    return _Scalar(h.mean(), c.mean(), second[0, 0], second[0, 1], second[1, 1], factor)


def _moments(propagator: Array, start: float, eta: float) -> tuple[float, float]:
    x = checks.number("start", start)
    _, mean, second = propagator @ [1.0, x, x**2]
    if not np.isfinite(second):
        checks.diverges(eta, None, "the second moment overflows within the horizon")
    return float(mean), float(second)
