"""Measured beside predicted: one line a comparison, and an error where the two disagree.

The bound on \\|z\\| is 4.5 by default: of comparisons that are right, with a standard error that is known, 7 in a million
fail by chance. With a standard error from k values the law of z is nearer Student's t with k - 1 degrees of freedom:
then 9 in 100 000 for the 32 batches of `batch_means`, 2 in 100 000 for 100 chains, and as above for thousands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sgdsde_helpers.checks import Array, array, count, number, positive

__all__ = [
    "Comparison",
    "DisagreementError",
    "agree",
    "batch_means",
    "compare",
    "covariance_and_error",
    "mean_and_error",
    "variance_and_error",
]


class DisagreementError(AssertionError):
    """What was measured or computed does not agree with what was predicted."""


@dataclass(frozen=True)
class Comparison:
    """One prediction beside one measurement; as text, the line that `compare` prints.

    Attributes
    ----------
    quantity : str
        What is compared.
    predicted, measured, standard_error : float
        The numbers, unrounded.
    """

    quantity: str
    predicted: float
    measured: float
    standard_error: float

    @property
    def z(self) -> float:
        """How many standard errors the measurement lies above the prediction."""
        return (self.measured - self.predicted) / self.standard_error

    def __str__(self) -> str:
        predicted, measured, error = (
            _rounded(x, self.standard_error) for x in (self.predicted, self.measured, self.standard_error)
        )
        return f"{self.quantity:<34} predicted {predicted:<9} measured {measured:<9} s.e. {error:<8} z = {self.z:+z.1f}"

    def _ipython_display_(self) -> None:
        """Show nothing as a cell's value: `compare` has printed the line."""


def compare(
    quantity: str, predicted: float, measured: float, standard_error: float, *, bound: float = 4.5
) -> Comparison:
    """Print a measurement beside its prediction; raise if they disagree.

    Parameters
    ----------
    quantity : str
        What is compared, in a few words.
    predicted : float
        What theory says.
    measured, standard_error : float
        An estimate and its standard error, > 0, as the functions below return them. The line rounds all three numbers
        to the second digit of the standard error.
    bound : float
        The largest allowed absolute z; see the false-alarm rates at the head of this module.

    Returns
    -------
    Comparison

    Raises
    ------
    DisagreementError
        If z is beyond the bound.
    """
    c = Comparison(
        str(quantity),
        number("predicted", predicted),
        number("measured", measured),
        positive("standard_error", standard_error),
    )
    bound = positive("bound", bound)
    print(c)
    if abs(c.z) > bound:
        raise DisagreementError(f"{c}, beyond the bound of {bound:g}")
    return c


def agree(quantity: str, expected: Array, computed: Array, tolerance: float) -> None:
    """Print that two exact routes give the same; raise if they do not.

    Parameters
    ----------
    quantity : str
        What is compared, in a few words.
    expected, computed : array_like of the same shape
        The results of the two routes.
    tolerance : float
        Allowed largest difference between entries, as a fraction of the largest expected entry (absolute if all are 0).

    Raises
    ------
    DisagreementError
        If they differ by more.
    """
    a, b = array("expected", expected), array("computed", computed)
    if a.shape != b.shape:
        raise ValueError(f"computed of shape {b.shape} is not allowed: its shape must be that of expected, {a.shape}")
    tolerance = positive("tolerance", tolerance)
    difference = float(np.abs(a - b).max() / (np.abs(a).max() or 1.0))
    if difference > tolerance:
        raise DisagreementError(f"{quantity}: the two routes differ by {difference:.2g}, beyond {tolerance:g}")
    # The difference itself is rounding, which no two machines share; the line says only that it is below tolerance.
    shown = f"{float(a):.5g}" if a.ndim == 0 else f"{a.size} numbers"
    print(f"{quantity:<34} two routes agree to {tolerance:g}   ({shown})")


def mean_and_error(values: Array) -> tuple[Array, Array]:
    """Mean over independent chains and its standard error.

    Parameters
    ----------
    values : array_like of shape (m, ...)
        One value, or array, for each of m >= 2 independent chains.

    Returns
    -------
    estimate, standard_error : ndarrays of shape (...)
    """
    x = _chains(values)
    return x.mean(axis=0), x.std(axis=0, ddof=1) / np.sqrt(len(x))


def variance_and_error(values: Array) -> tuple[Array, Array]:
    r"""Variance over independent chains (unbiased) and its standard error.

    The standard error comes from the fourth moment, so it holds for values that are not Gaussian:
    :math:`\mathrm{Var}(s^2) = (\mu_4 - \sigma^4 (m-3)/(m-1)) / m`.

    Parameters
    ----------
    values : array_like of shape (m, ...)
        One value, or array, for each of m >= 4 independent chains.

    Returns
    -------
    estimate, standard_error : ndarrays of shape (...)
    """
    x = _chains(values, 4)
    m = len(x)
    noise = x - x.mean(axis=0)
    variance = (noise**2).sum(axis=0) / (m - 1)
    spread = (noise**4).mean(axis=0) - variance**2 * (m - 3) / (m - 1)
    return variance, np.sqrt(np.maximum(spread, 0.0) / m)


def covariance_and_error(values: Array) -> tuple[Array, Array]:
    """Covariance matrix over independent chains (unbiased) and the standard error of each entry.

    Parameters
    ----------
    values : array_like of shape (m, d)
        One vector for each of m >= 4 independent chains.

    Returns
    -------
    estimate, standard_error : ndarrays of shape (d, d)
    """
    x = _chains(values, 4)
    if x.ndim != 2:
        raise ValueError(f"values of shape {x.shape} is not allowed: its shape must be (m, d)")
    m = len(x)
    noise = x - x.mean(axis=0)
    covariance = noise.T @ noise / (m - 1)
    # The mean square of the products gives their variance without an (m, d, d) array.
    spread = (noise**2).T @ (noise**2) / m - (covariance * (m - 1) / m) ** 2
    return covariance, np.sqrt(np.maximum(spread, 0.0) / (m - 1))


def batch_means(series: Array, n_batches: int = 32) -> tuple[Array, Array]:
    """Mean over time and its standard error, for values that are correlated in time.

    The series is cut into batches; where a batch is much longer than the correlation time, their means are as good as
    independent. Too short a batch gives too small an error: allow at least ten correlation times to a batch.

    Parameters
    ----------
    series : array_like of shape (R, ...)
        A stationary series, time along the first axis. R modulo `n_batches` first entries are left out.
    n_batches : int
        Number of batches, >= 2.

    Returns
    -------
    estimate, standard_error : ndarrays of shape (...)
    """
    n_batches = count("n_batches", n_batches, minimum=2)
    x = array("series", series)
    if x.ndim == 0 or len(x) < n_batches:
        raise ValueError(
            f"series of shape {x.shape} is not allowed: it must have at least n_batches = {n_batches} times"
        )
    x = x[len(x) % n_batches :]
    return mean_and_error(x.reshape(n_batches, -1, *x.shape[1:]).mean(axis=1))


def _chains(values: Array, least: int = 2) -> Array:
    x = array("values", values)
    if x.ndim == 0 or len(x) < least:
        raise ValueError(f"values of shape {x.shape} is not allowed: it must have at least {least} chains on axis 0")
    return x


def _rounded(x: float, standard_error: float) -> str:
    """`x` as text, to the second digit of the standard error."""
    decimals = 1 - int(np.floor(np.log10(standard_error)))
    if 0 <= decimals <= 6:
        return f"{x:z.{decimals}f}"
    return f"{x:.{max(0, decimals + int(np.floor(np.log10(abs(x)))))}e}" if x else "0"
