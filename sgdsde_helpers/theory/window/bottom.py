"""The window 1 << N << 1/(eta lambda): how far N steps of SGD are from the Gaussian that the lecture puts in their place.

One parameter, curvature lambda the same for all examples, so that phi_N = phi* + (1 - eta lambda)^N (phi_0 - phi*) plus
independent terms of weights eta (1 - eta lambda)^j. The window's Gaussian has mean phi_0 - g Dt and variance
eta sigma^2 Dt / B with Dt = N eta. On the left, at small N, the sum is not yet Gaussian: an error c/sqrt(N). On the right
the drift has moved: the weights are no longer equal and the mean is no longer on its tangent.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtr

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.measure import skewness
from sgdsde_helpers.theory._loss import one_parameter
from sgdsde_helpers.theory.moments.affine import affine_gradients
from sgdsde_helpers.theory.window.clt import gaussian_ks, lattice_span

__all__ = [
    "exact_window_ks",
    "predicted_window_ks",
    "window_bottom",
    "window_gaussian",
    "window_law",
    "window_sides",
]


@dataclass(frozen=True)
class _Problem:
    """SGD written as phi' = (1 - eta h) phi + eta c, c the mean of B draws from `values`."""

    eta: float
    h: float
    values: Array
    start: float
    size: int

    @cached_property
    def sigma(self) -> float:
        return self.values.std()

    @cached_property
    def skew(self) -> float:
        return skewness(self.values)

    @cached_property
    def span(self) -> float:
        return lattice_span(self.values)

    @cached_property
    def gradient(self) -> float:
        return self.h * self.start - self.values.mean()

    def powers(self, n: int, p: int) -> float:
        """Sum over j < n of (1 - eta h)^(p j)."""
        ratio = (1 - self.eta * self.h) ** p
        return (1 - ratio**n) / (1 - ratio)

    def gaussian(self, n: int) -> tuple[float, float]:
        """Mean and variance of the window's Gaussian."""
        return float(self.start - self.gradient * n * self.eta), float(self.eta**2 * self.sigma**2 * n / self.size)

    def law(self, n: int) -> tuple[float, float, float]:
        """Exact mean, variance and skewness after n steps."""
        mean = self.start - self.gradient * self.eta * self.powers(n, 1)
        squares = self.powers(n, 2)
        skew = self.skew / np.sqrt(self.size) * self.powers(n, 3) / squares**1.5
        return float(mean), float(self.eta**2 * self.sigma**2 / self.size * squares), float(skew)


def window_gaussian(loss: Loss, eta: float, n_steps: int, start: float, batch_size: int = 1) -> tuple[float, float]:
    """Mean phi_0 - g Dt and variance eta sigma^2 Dt / B of the window's Gaussian, Dt = N eta.

    Parameters
    ----------
    loss : MeanEstimation or ScalarQuadratic in one dimension
        All examples with the same curvature.
    eta : float
        Learning rate.
    n_steps : int
        N.
    start : float
        phi_0, at which g is taken.
    batch_size : int
        B.

    Returns
    -------
    mean, variance : float

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> mean, variance = window_gaussian(MeanEstimation([0.0, 0.0, 0.0, 4.0]), eta=0.01, n_steps=10, start=1.5)
    >>> round(mean, 4), round(variance, 4)
    (1.45, 0.003)
    """
    return _problem(loss, eta, start, batch_size).gaussian(checks.count("n_steps", n_steps))


def window_law(loss: Loss, eta: float, n_steps: int, start: float, batch_size: int = 1) -> tuple[float, float, float]:
    """Exact mean, variance and skewness of SGD after N steps; parameters as in `window_gaussian`.

    Cumulants add: the r-th is eta^r kappa_r / B^(r-1) times the sum over j < N of (1 - eta lambda)^(r j).

    Returns
    -------
    mean, variance, skewness : float

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> law = window_law(MeanEstimation([0.0, 0.0, 0.0, 4.0]), eta=0.01, n_steps=10, start=1.5)
    >>> [round(float(number), 4) for number in law]
    [1.4522, 0.0027, 0.3656]
    """
    return _problem(loss, eta, start, batch_size).law(checks.count("n_steps", n_steps))


def window_sides(
    loss: Loss, eta: float, n_steps: Array | int, start: float, batch_size: int = 1
) -> tuple[Array, Array]:
    """The two sides of the U: the error of the central limit alone, and that of the changing drift alone.

    Left: (|gamma|/6 + h/(2 sigma)) / sqrt(2 pi N B), Esseen's constants. Right: the distance between the window's
    Gaussian and one with the exact mean and variance. For small eta lambda N it is eta lambda N phi(1)/2 from the variance
    when SGD starts at the minimiser, and sqrt(B) N^1.5 eta |g| lambda phi(0) / (2 sigma) from the mean when it starts far off.

    Parameters
    ----------
    n_steps : int or ndarray of shape (K,)
        N; the rest as in `window_gaussian`.

    Returns
    -------
    left, right : ndarrays of shape (K,)

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> left, right = window_sides(MeanEstimation([0.0, 0.0, 0.0, 4.0]), eta=0.01, n_steps=[10, 40], start=1.0)
    >>> left.round(4), right.round(4)
    (array([0.17 , 0.085]), array([0.0107, 0.0441]))
    """
    p, steps = _problem(loss, eta, start, batch_size), counts(n_steps)
    constant = (abs(p.skew) / 6 + p.span / (2 * p.sigma)) / np.sqrt(2 * np.pi)
    left = constant / np.sqrt(steps * p.size)
    return left, np.array([gaussian_ks(*p.law(int(n))[:2], *p.gaussian(int(n))) for n in steps])


def predicted_window_ks(loss: Loss, eta: float, n_steps: Array | int, start: float, batch_size: int = 1) -> Array:
    """Predicted distance between SGD after N steps and the window's Gaussian: both sides of the U and what joins them.

    The exact law is replaced by Edgeworth's first correction with the exact mean, variance and skewness, plus the steps of
    a lattice. Unequal weights blur the lattice: given the sum of the draws, their weighted sum still has variance
    sigma^2 B sum (w_j - mean w)^2, and a sawtooth blurred that much is what is left of the steps.

    Parameters
    ----------
    n_steps : int or ndarray of shape (K,)
        N; the rest as in `window_gaussian`.

    Returns
    -------
    ndarray of shape (K,)

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> predicted_window_ks(MeanEstimation([0.0, 0.0, 0.0, 4.0]), eta=0.01, n_steps=[10, 40], start=1.0).round(3)
    array([0.141, 0.049])
    """
    p = _problem(loss, eta, start, batch_size)
    return np.array([_predicted(p, int(n)) for n in counts(n_steps)])


def exact_window_ks(loss: Loss, eta: float, n_steps: Array | int, start: float, batch_size: int = 1) -> Array:
    """Distance between the exact law of SGD after N steps and the window's Gaussian, without simulation.

    The characteristic function is a product over the steps; a Fourier transform inverts it, smoothed by a Gaussian 1.5 of
    its cells wide. There are 2^16 cells, or 2^13 where the law has so many atoms off any lattice that its steps do not
    show. The error of the result is below 1e-3.

    Parameters
    ----------
    n_steps : int or ndarray of shape (K,)
        N; the rest as in `window_gaussian`.

    Returns
    -------
    ndarray of shape (K,)

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> exact_window_ks(MeanEstimation([0.0, 0.0, 0.0, 4.0]), eta=0.01, n_steps=10, start=1.0).round(3)
    array([0.14])
    """
    p = _problem(loss, eta, start, batch_size)
    return np.array([_inverted(p, int(n)) for n in counts(n_steps)])


def window_bottom(loss: Loss, eta: float, start: float, batch_size: int = 1) -> tuple[int, float]:
    """The best window: the N with the smallest predicted distance, and that distance.

    N grows like eta^(-2/3) and the distance falls like eta^(1/3) when SGD starts at the minimiser; far from it they are
    eta^(-1/2) and eta^(1/4). Parameters as in `window_gaussian`.

    Returns
    -------
    n_steps : int
    distance : float

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> n_steps, distance = window_bottom(MeanEstimation([0.0, 0.0, 0.0, 4.0]), eta=0.001, start=1.0)
    >>> n_steps, round(distance, 4)
    (174, 0.0239)
    """
    p = _problem(loss, eta, start, batch_size)
    candidates = np.unique(np.geomspace(1, max(2.0, 3 / (p.eta * p.h)), 60).round().astype(int))
    best = candidates[np.argmin(predicted_window_ks(loss, eta, candidates, start, batch_size))]
    near = np.arange(max(1, int(best / 1.2)), int(best * 1.2) + 2)
    near = near[:: max(1, len(near) // 60)]
    distances = predicted_window_ks(loss, eta, near, start, batch_size)
    return int(near[np.argmin(distances)]), float(distances.min())


def counts(n_steps: Array | int) -> Array:
    """Numbers of steps as an array of shape (K,); raise unless they are integers >= 1."""
    checks.array("n_steps", n_steps)
    return np.array([checks.count("n_steps", n) for n in np.atleast_1d(n_steps)])


def _predicted(p: _Problem, n: int) -> float:
    mean, variance, skew = p.law(n)
    centre, spread = p.gaussian(n)
    x = mean + np.sqrt(variance) * np.linspace(-6, 6, 4001)
    w = (x - mean) / np.sqrt(variance)
    density = np.exp(-(w**2) / 2) / np.sqrt(2 * np.pi)
    smooth = ndtr(w) - skew / 6 * (w**2 - 1) * density - ndtr((x - centre) / np.sqrt(spread))
    average = p.powers(n, 1) / n
    step = p.eta * p.span * average / p.size
    blur = (
        np.sqrt(max(p.powers(n, 2) - n * average**2, 0.0) * p.size) * p.sigma * p.eta / (step * p.size) if step else 1.0
    )
    return float((np.abs(smooth) + _sawtooth(blur) * step / np.sqrt(variance) * density).max())


def _sawtooth(blur: float) -> float:
    """Largest value of 1/2 - x, x in [0, 1), repeated with period 1 and averaged over a Gaussian of width `blur`."""
    if blur > 0.2:
        return float(np.exp(-2 * np.pi**2 * blur**2) / np.pi)
    x = np.linspace(0, 0.5, 2001)
    return float((0.5 - x - (ndtr(-x / blur) if blur else 0.0)).max())


def _inverted(p: _Problem, n: int) -> float:
    mean, variance, _ = p.law(n)
    centre, spread = p.gaussian(n)
    steps_show = p.span > 0 or n * p.size * np.log(len(p.values)) < np.log(1e6)
    points = 2**16 if steps_show else 2**13
    half = 8 * np.sqrt(variance)
    cell = 2 * half / points
    omega = 2 * np.pi * np.fft.rfftfreq(points, cell)
    values, counts = np.unique(p.values - p.values.mean(), return_counts=True)
    transform = np.exp(-((1.5 * cell * omega) ** 2) / 2).astype(complex)
    for weight in p.eta * (1 - p.eta * p.h) ** np.arange(n) / p.size:
        alive = np.flatnonzero(np.abs(transform) > 1e-9)  # the others no longer count
        one = sum(k * np.exp(-1j * omega[alive] * weight * v) for v, k in zip(values, counts)) / len(p.values)
        transform[alive] *= one**p.size
    mass = np.roll(np.fft.irfft(transform, points), points // 2)
    x = mean + cell * (np.arange(points) - points // 2)
    return float(np.abs(np.cumsum(mass) - mass / 2 - ndtr((x - centre) / np.sqrt(spread))).max())


def _problem(loss: Loss, eta: float, start: float, batch_size: int) -> _Problem:
    problem = affine_gradients(one_parameter(loss))
    h = problem.curvatures.ravel()
    if np.ptp(h) > 1e-9 * abs(h.mean()):
        raise ValueError(f"loss = {type(loss).__name__} is not allowed: one parameter and one curvature are needed")
    eta, curvature = checks.positive("eta", eta), checks.positive("curvature of the loss", h.mean())
    if eta * curvature >= 2:
        checks.diverges(eta, 2 / curvature, f"SGD diverges for eta >= {2 / curvature:.6g}")
    size = checks.batch_size(batch_size)
    return _Problem(eta, curvature, problem.constants.ravel(), checks.number("start", start), size)
