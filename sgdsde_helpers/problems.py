"""The chapters' standing problems: their data, a loss on them, and the noise that a window adds up. Nothing is fetched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from sgdsde_helpers.checks import Array, array, covariance_matrix, refuse
from sgdsde_helpers.losses import FunctionLoss, MeanEstimation, ScalarQuadratic
from sgdsde_helpers.simulation import sgd

__all__ = [
    "DIABETES_FEATURES",
    "diabetes",
    "diabetes_loss",
    "digits",
    "noise_sum",
    "points_with_covariance",
    "robust_mean",
    "two_points",
]

DIABETES_FEATURES = ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6")


def diabetes(features: Sequence[str] | None = None) -> tuple[Array, Array]:
    """The diabetes data of scikit-learn: 442 patients, ten features, and the progression of the disease after a year.

    Parameters
    ----------
    features : sequence of str, optional
        Which of `DIABETES_FEATURES`, in the order wanted; all ten by default.

    Returns
    -------
    X : ndarray of shape (442, d)
        Features, each with mean 0 and population variance 1.
    y : ndarray of shape (442,)
        Progression, with mean 0 and population variance 1.

    Raises
    ------
    ValueError
        If a feature is not one of `DIABETES_FEATURES`.
    ImportError
        If scikit-learn is not installed.

    Notes
    -----
    Source: Efron, Hastie, Johnstone and Tibshirani, Least Angle Regression, Annals of Statistics 32 (2004).

    Examples
    --------
    >>> X, y = diabetes(["bmi", "bp"])
    >>> X.shape, y.shape, round(float(X.var()), 4)
    ((442, 2), (442,), 1.0)
    """
    names = DIABETES_FEATURES if features is None else features
    if isinstance(names, str) or not len(names) or not set(names) <= set(DIABETES_FEATURES):
        refuse("features", features, "a list of names among " + ", ".join(DIABETES_FEATURES))
    X, y = _scikit_learn("diabetes", scaled=False)
    return _standardised(X[:, [DIABETES_FEATURES.index(name) for name in names]]), _standardised(y)


@cache
def diabetes_loss() -> ScalarQuadratic:
    """Least squares on the feature bmi of the diabetes data, as one parabola an example.

    Examples
    --------
    >>> loss = diabetes_loss()
    >>> loss.n, round(float(loss.mean_h), 4), round(float(loss.minimiser), 4)
    (442, 1.0, 0.5865)
    """
    X, y = diabetes(["bmi"])
    return ScalarQuadratic(X[:, 0] ** 2, y / X[:, 0])


def digits() -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """The handwritten digits of scikit-learn, 8 x 8 pixels, in a fixed random order: 1,437 to train on and 360 to test with.

    Returns
    -------
    (X, y), (X_test, y_test) : ndarrays
        Pixels between 0 and 1, of shape (1437, 64) and (360, 64), and the digits 0 to 9.

    Raises
    ------
    ImportError
        If scikit-learn is not installed.

    Examples
    --------
    >>> (X, y), (X_test, y_test) = digits()
    >>> X.shape, X_test.shape, float(X.max())
    ((1437, 64), (360, 64), 1.0)
    """
    X, y = _scikit_learn("digits")
    order = np.random.default_rng(0).permutation(len(X))
    X, y = X[order] / 16, y[order]
    return (X[:1437], y[:1437]), (X[1437:], y[1437:])


def two_points() -> Array:
    """The smallest data set with gradient noise: the points +1 and -1, of mean 0 and population variance 1.

    Examples
    --------
    >>> two_points().tolist()
    [1.0, -1.0]
    """
    return np.array([1.0, -1.0])


def points_with_covariance(sigma: Array) -> Array:
    """The 2d points ±sqrt(d) r_j, with r_j the columns of the symmetric root of `sigma`: mean 0, population covariance `sigma`.

    Parameters
    ----------
    sigma : array_like of shape (d, d)
        Symmetric positive semidefinite.

    Returns
    -------
    ndarray of shape (2d, d)

    Examples
    --------
    >>> points = points_with_covariance([[2.0, 1.0], [1.0, 2.0]])
    >>> points.shape, np.cov(points.T, bias=True).round(4).tolist()
    ((4, 2), [[2.0, 1.0], [1.0, 2.0]])
    """
    variances, axes = np.linalg.eigh(covariance_matrix("sigma", array("sigma", sigma, ndim=2)))
    roots = np.sqrt(len(axes)) * (axes * np.sqrt(np.maximum(variances, 0.0))) @ axes.T
    return np.concatenate([roots, -roots])


def robust_mean() -> FunctionLoss:
    """Robust estimation of the mean of -1, 0 and 2: log cosh(phi - x_k), quadratic near x_k and linear far from it.

    Examples
    --------
    >>> loss = robust_mean()
    >>> loss.n, round(float(loss.gradient(0.0)), 4), round(float(loss.hessian(0.0)), 4)
    (3, -0.0675, 0.4969)
    """
    x = np.array([-1.0, 0.0, 2.0])
    return FunctionLoss(
        lambda phi: np.log(np.cosh(phi[..., None] - x)).mean(axis=-1),
        lambda phi: np.tanh(phi[..., None] - x),
        n=3,
        shape=(),
        hessian=lambda phi: (1 - np.tanh(phi[..., None] - x) ** 2).mean(axis=-1),
    )


def noise_sum(
    loss: MeanEstimation,
    eta: float,
    n_steps: int,
    n_chains: int,
    *,
    seed: int,
    batch_size: int = 1,
    arm: Callable = sgd,
) -> Array:
    """The sum of g - ghat over the steps of a window, for each of many chains started at the minimiser.

    Solved from the chapter's exact split, (phi_N - phi_0)/eta + sum of g(phi_j), j < N. Here g is linear, so the sum of the
    g(phi_j) follows from the time average of the states, which runs over j = 1, ..., N.

    Parameters
    ----------
    loss : MeanEstimation
        In one dimension.
    eta, n_steps, n_chains, batch_size, seed
        As in `sgd`.
    arm : callable
        `sgd` or `gaussian_sgd`.

    Returns
    -------
    ndarray of shape (n_chains,)

    Examples
    --------
    >>> total = noise_sum(MeanEstimation(two_points()), 0.1, 25, 1000, seed=1)
    >>> total.shape, round(float(total.std()))  # the root of 25
    ((1000,), 5)
    """
    run = arm(loss, eta, n_steps=n_steps, batch_size=batch_size, n_chains=n_chains, record="moments", seed=seed)
    return (run.final - loss.minimiser) / eta + n_steps * loss.gradient(run.mean) - loss.gradient(run.final)


def _scikit_learn(name: str, **options: bool) -> tuple[Array, Array]:
    """Features and targets of one of scikit-learn's data sets."""
    try:
        import sklearn.datasets  # imported late: it takes longer than all the rest
    except ImportError as error:
        raise ImportError(f"the {name} data come with scikit-learn: pip install scikit-learn") from error
    return getattr(sklearn.datasets, f"load_{name}")(return_X_y=True, **options)


def _standardised(x: Array) -> Array:
    return (x - x.mean(axis=0)) / x.std(axis=0)
