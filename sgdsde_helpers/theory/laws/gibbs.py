"""Temperature, the Gibbs law exp(-L/T)/Z, and the stationary density of a one-dimensional SDE with uneven noise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.theory._loss import one_parameter
from sgdsde_helpers.theory.laws.density import increasing_grid, normalised_density

__all__ = [
    "gibbs_covariance",
    "gibbs_density",
    "gibbs_mean_shift",
    "sde_stationary_density",
    "stationary_density",
    "temperature",
]

# The density is v^-power times exp(2 integral drift/v), v the noise variance per unit time.
_POWER = {"ito": 1.0, "stratonovich": 0.5, "isothermal": 0.0}
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)


def temperature(loss: Loss, eta: float, batch_size: int = 1) -> float:
    """Temperature T = eta sigma^2 / (2B) of the SDE in one dimension with constant noise.

    Probability flow -p g and diffusion flow -(1/2) (eta sigma^2/B) dp/dphi cancel where p is exp(-L/T)/Z.

    Parameters
    ----------
    loss : Loss
        With one parameter; the variance of its gradients is the same everywhere.
    eta : float
        Learning rate.
    batch_size : int
        B, with replacement.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the variance of the gradients is not the same at 0, at 1 and at the minimiser.

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> round(temperature(MeanEstimation([-1.0, -1.0, 2.0, 2.0]), eta=0.2, batch_size=4), 6)
    0.05625
    """
    scalar, eta, size = one_parameter(loss), checks.positive("eta", eta), checks.batch_size(batch_size)
    places = np.array([0.0, 1.0] if scalar.minimiser is None else [0.0, 1.0, scalar.minimiser], dtype=float)
    sigma2 = scalar.covariance(places)
    if np.ptp(sigma2) > 1e-9 * sigma2.max():
        checks.refuse("loss", type(loss).__name__, "one whose gradients have the same variance everywhere")
    return float(eta * sigma2[0] / (2 * size))


def gibbs_covariance(hessian: Array | float, temperature: float) -> float | Array:
    """Covariance T H^-1 of the Gibbs law exp(-L/T)/Z on a quadratic loss with Hessian H, a number or (d, d).

    Examples
    --------
    >>> gibbs_covariance([[2.0, 0.0], [0.0, 1.0]], temperature=0.1).round(4)
    array([[0.05, 0.  ],
           [0.  , 0.1 ]])
    """
    h = checks.positive_definite("hessian", hessian)
    return checks.positive("temperature", temperature) * (np.linalg.inv(h) if h.ndim else 1 / float(h))


def gibbs_mean_shift(curvature: float, third: float, temperature: Array | float) -> Array:
    """Mean of the Gibbs law less the minimiser, -c T / (2 h^2), c the third derivative, to first order in T.

    Examples
    --------
    >>> round(float(gibbs_mean_shift(curvature=2.0, third=1.0, temperature=0.1)), 6)
    -0.0125
    """
    slope = checks.number("third", third) / (2 * checks.positive("curvature", curvature) ** 2)
    return -slope * checks.array("temperature", temperature)


def gibbs_density(loss: Loss | Callable[[Array], Array], temperature: float, grid: Array) -> Array:
    """Gibbs density exp(-L/T)/Z on a grid, normalised over the whole line.

    Parameters
    ----------
    loss : Loss with parameter shape (), or callable
        L; a callable takes and gives arrays (K,).
    temperature : float
        T.
    grid : ndarray of shape (M,)
        Increasing points.

    Returns
    -------
    ndarray of shape (M,)

    Raises
    ------
    NotNormalisableError
        If exp(-L/T) has no finite integral.
    DomainTooSmallError
        If more than 1e-3 of the mass lies outside the grid.

    Examples
    --------
    >>> import numpy as np
    >>> density = gibbs_density(lambda x: x**2 / 2, temperature=1.0, grid=np.linspace(-6.0, 6.0, 121))
    >>> round(float(density.max()), 4)
    0.3989
    """
    t = checks.positive("temperature", temperature)
    value = loss if callable(loss) else one_parameter(loss).loss
    return normalised_density(lambda phi: -value(phi) / t, grid)


def stationary_density(
    drift: Callable[[Array], Array], noise_variance: Callable[[Array], Array], grid: Array, *, reading: str = "ito"
) -> Array:
    """Stationary density of dPhi = drift dt + sqrt(v) dW in one dimension, v the noise variance per unit time.

    Zero flow, drift p = (1/2) d(v p)/dphi in the Ito reading, gives p = (N/v) exp(2 integral drift/v). For the SDE of SGD
    drift = -L' and v = eta sigma^2(phi)/B. The Stratonovich reading adds v'/4 to the drift and has v^-1/2 in front, the
    isothermal one (also Klimontovich's or Hanggi's) adds v'/2 and has 1.

    Parameters
    ----------
    drift, noise_variance : callable
        Take and give arrays (K,).
    grid : ndarray of shape (M,)
        Increasing points.
    reading : {"ito", "stratonovich", "isothermal"}
        Where in the step the noise is evaluated: start, middle or end.

    Returns
    -------
    ndarray of shape (M,)

    Raises
    ------
    ValueError
        If the noise variance is not positive on the grid.
    NotNormalisableError, DomainTooSmallError
        As in `gibbs_density`.

    Examples
    --------
    >>> import numpy as np
    >>> density = stationary_density(lambda x: -x, lambda x: 2 + 0 * x, np.linspace(-6.0, 6.0, 121))
    >>> round(float(density.max()), 4)
    0.3989
    """
    power = _POWER[checks.one_of("reading", reading, _POWER)]
    grid, drift = increasing_grid(grid), checks.function("drift", drift)
    on_grid = np.broadcast_to(checks.function("noise_variance", noise_variance)(grid), grid.shape)
    if not np.all(on_grid > 0):
        place = np.argmax(~(on_grid > 0))
        raise ValueError(
            f"noise_variance = {on_grid[place]:g} at phi = {grid[place]:g} is not allowed: it must be > 0 on the grid"
        )

    def log_density(phi: Array) -> Array:
        half = np.diff(phi)[:, None] / 2
        nodes = phi[:-1, None] + half * (1 + _NODES)
        cells = (half * 2 * drift(nodes) / noise_variance(nodes)) @ _WEIGHTS
        middle = len(cells) // 2  # summed outwards, since the far tails would drown the grid in rounding
        outwards = [-np.cumsum(cells[:middle][::-1])[::-1], [0.0], np.cumsum(cells[middle:])]
        return np.concatenate(outwards) - power * np.log(noise_variance(phi))

    return normalised_density(log_density, grid)


def sde_stationary_density(loss: Loss, eta: float, batch_size: int = 1, *, grid: Array, reading: str = "ito") -> Array:
    """Stationary density of the SDE of SGD on a scalar loss: (1/sigma^2) exp(-(2B/eta) integral L'/sigma^2), in Ito's reading.

    Parameters
    ----------
    loss : Loss with parameter shape ()
        Its gradient gives the drift, its covariance sigma^2.
    eta : float
        Learning rate.
    batch_size : int
        B.
    grid : ndarray of shape (M,)
        Increasing points.
    reading : {"ito", "stratonovich", "isothermal"}
        As in `stationary_density`.

    Returns
    -------
    ndarray of shape (M,)

    Raises
    ------
    ValueError, NotNormalisableError, DomainTooSmallError
        As in `stationary_density`.

    Examples
    --------
    >>> import numpy as np
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> density = sde_stationary_density(MeanEstimation([-1.0, 1.0]), eta=0.5, grid=np.linspace(-3.0, 3.0, 121))
    >>> round(float(density.max()), 4)
    0.7979
    """
    loss, noise = one_parameter(loss), checks.positive("eta", eta) / checks.batch_size(batch_size)
    return stationary_density(
        lambda phi: -loss.gradient(phi), lambda phi: noise * loss.covariance(phi), grid, reading=reading
    )
