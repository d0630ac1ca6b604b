"""Checks of arguments, and the report of a run that diverges.

Every check returns the argument in the form the caller computes with, or raises an error that names the argument, its
value and what is allowed: ``eta = -0.1 is not allowed: it must be a finite number > 0``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection
from dataclasses import dataclass
from numbers import Real
from typing import Any, NoReturn

import numpy as np

Array = np.ndarray

__all__ = [
    "Array",
    "DivergenceError",
    "DivergenceReport",
    "array",
    "batch_size",
    "classes",
    "count",
    "covariance_matrix",
    "diverges",
    "fraction",
    "function",
    "increasing",
    "lengths",
    "non_negative",
    "number",
    "one_of",
    "one_or_each",
    "positive",
    "positive_definite",
    "refuse",
    "square",
]

_ROUNDING = 1e-10  # asymmetry and negative eigenvalues below this fraction of the largest entry are rounding


@dataclass(frozen=True)
class DivergenceReport:
    """What is known about a run that diverges.

    Attributes
    ----------
    eta : float
        The learning rate that was asked for.
    eta_bound : float or None
        The learning rate from which on the loss is known to diverge, None where it is not known.
    step : int or None
        The step at which the run was stopped; None when it was refused before any step.
    message : str
        The same in words.
    """

    eta: float
    eta_bound: float | None
    step: int | None
    message: str


class DivergenceError(ValueError):
    """A run that diverges, or would; `report` is its `DivergenceReport`."""

    def __init__(self, report: DivergenceReport):
        super().__init__(report)  # the report itself, so that the error can be sent between processes
        self.report = report

    def __str__(self) -> str:
        return self.report.message


def refuse(name: str, value: Any, allowed: str, error: type[Exception] = ValueError) -> NoReturn:
    """Raise `error`, which says that argument `name` has this `value`, and what is `allowed` ("it must be ...")."""
    raise error(f"{name} = {_short(value)} is not allowed: it must be {allowed}")


def diverges(eta: float, bound: float | None, why: str) -> NoReturn:
    """Raise a `DivergenceError` for a learning rate at which, as `why` says, what is asked for does not exist."""
    message = f"eta = {eta} is not allowed: {why}"
    raise DivergenceError(DivergenceReport(eta=eta, eta_bound=bound, step=None, message=message))


def number(name: str, value: Any, allowed: str = "a finite number") -> float:
    """Return `value` as a float; raise, saying what is `allowed`, unless it is one finite real number."""
    try:
        if isinstance(value, (bool, np.bool_, str, bytes)) or np.ndim(value):  # float() would take them
            raise TypeError
        x = float(np.asarray(value, dtype=float)[()])
    except (TypeError, ValueError):
        refuse(name, value, allowed, TypeError)
    return x if np.isfinite(x) else refuse(name, value, allowed)


def positive(name: str, value: Any) -> float:
    """Return `value` as a float; raise unless it is one finite number > 0."""
    x = number(name, value, "a finite number > 0")
    return x if x > 0 else refuse(name, value, "a finite number > 0")


def non_negative(name: str, value: Any) -> float:
    """Return `value` as a float; raise unless it is one finite number >= 0."""
    x = number(name, value, "a finite number >= 0")
    return x if x >= 0 else refuse(name, value, "a finite number >= 0")


def fraction(name: str, value: Any) -> float:
    """Return `value` as a float; raise unless it is one number in [0, 1)."""
    x = number(name, value, "a number >= 0 and < 1")
    return x if 0 <= x < 1 else refuse(name, value, "a number >= 0 and < 1")


def count(name: str, value: Any, minimum: int = 1, maximum: int | None = None) -> int:
    """Return `value` as an int; raise unless it is a whole number in [minimum, maximum].

    Parameters
    ----------
    name : str
        The argument's name.
    value : int
        A Python or NumPy integer; 3.0 and True are refused.
    minimum, maximum : int
        The bounds, both allowed; `maximum` None means no upper bound.

    Returns
    -------
    int

    Raises
    ------
    TypeError, ValueError
        If it is not an integer; if it is out of bounds.
    """
    allowed = f"an integer >= {minimum}" + (f" and <= {maximum}" if maximum is not None else "")
    try:
        k = operator.index(value)
    except TypeError:
        refuse(name, value, allowed, TypeError)
    if isinstance(value, bool):
        refuse(name, value, allowed, TypeError)
    if k < minimum or (maximum is not None and k > maximum):
        refuse(name, value, allowed)
    return k


def batch_size(value: Any, n: int | None = None) -> int:
    """Return the batch size as an int >= 1; where `n` is given (sampling without replacement) it must be <= n."""
    size = count("batch_size", value)
    if n is not None and size > n:
        refuse("batch_size", value, f"an integer from 1 to n = {n}, the number of examples, without replacement")
    return size


def classes(name: str, value: Any, n_classes: int | None = None) -> Array:
    """Return labels 0 to K - 1, K `n_classes` or one more than the largest, as an array (n, K) with one 1 in each row."""
    labels = array(name, value, ndim=1, booleans=True)
    k = max(2, int(labels.max()) + 1) if n_classes is None else count("n_classes", n_classes, minimum=2)
    bad = labels[(labels != np.floor(labels)) | (labels < 0) | (labels >= k)]
    if bad.size:
        refuse(name, bad[0], f"a whole number from 0 to {k - 1} in every entry")
    return np.eye(k)[labels.astype(int)]


def function(name: str, value: Any) -> Callable:
    """Return `value`; raise unless it can be called."""
    return value if callable(value) else refuse(name, value, "a function", TypeError)


def increasing(name: str, value: Any, minimum: float | None = None) -> Array:
    """Return `value` as an array of shape (K,) that does not fall and starts no lower than `minimum`."""
    x = array(name, value, ndim=1)
    if (np.diff(x) < 0).any() or (minimum is not None and x[0] < minimum):
        refuse(name, value, "numbers in increasing order" + ("" if minimum is None else f", >= {minimum:g}"))
    return x


def lengths(name: str, value: Any, minimum: float = 1.0) -> Array:
    """Return `value` as an array of numbers >= `minimum`, whole or not: how long a sum or a time is, as curves ask for it."""
    x = array(name, value)
    return x if x.min() >= minimum else refuse(name, value, f"{minimum:g} or more, or an array of such numbers")


def one_of(name: str, value: Any, allowed: Collection[str]) -> str:
    """Return `value`; raise unless it is one of the `allowed` words."""
    if not isinstance(value, str) or value not in allowed:
        refuse(name, value, "one of " + ", ".join(repr(word) for word in allowed))
    return value


def array(
    name: str,
    value: Any,
    shape: tuple[int | None, ...] | None = None,
    *,
    ndim: int | None = None,
    booleans: bool = False,
) -> Array:
    """Return `value` as a float64 array; raise unless it is real, finite, not empty and of the right shape.

    Parameters
    ----------
    name : str
        The argument's name.
    value : array_like
        What was given.
    shape : tuple, optional
        The shape it must have; None in a place allows any length there.
    ndim : int, optional
        The number of axes it must have.
    booleans : bool
        Take False and True for 0 and 1, as labels and shares want it.

    Returns
    -------
    ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If it is not an array of real numbers; if the shape is wrong or an entry is not finite.
    """
    try:
        given = np.asarray(value)
        if given.dtype == object and all(isinstance(x, Real) and not isinstance(x, bool) for x in given.flat):
            given = given.astype(np.float64)  # numbers one by one, as columns of pandas' nullable types hold them
        if given.dtype.kind not in ("fiub" if booleans else "fiu"):  # nothing becomes a float in silence
            raise TypeError
        x = given.astype(np.float64)
    except (TypeError, ValueError):
        refuse(name, value, "an array of real numbers", TypeError)
    if ndim is not None and x.ndim != ndim:
        raise ValueError(f"{name} of shape {x.shape} is not allowed: it must have {ndim} axes")
    if shape is not None and not _fits(x.shape, shape):
        raise ValueError(f"{name} of shape {x.shape} is not allowed: its shape must be {_shape_in_words(shape)}")
    if x.size == 0:
        raise ValueError(f"{name} of shape {x.shape} is not allowed: it must not be empty")
    if not np.isfinite(x).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(x))[0])
        where = f" at index {place}" if place else ""
        raise ValueError(f"{name} = {x[place]}{where} is not allowed: every entry must be finite")
    return x


def one_or_each(name: str, value: Any, shape: tuple[int, ...]) -> Array:
    """Return `value` as an array of this `shape`, read-only; raise unless it is one number, or has that shape."""
    x = array(name, value)
    if x.shape not in ((), shape):
        allowed = f"() or {shape}" if shape else "()"
        raise ValueError(f"{name} of shape {x.shape} is not allowed: its shape must be {allowed}")
    return np.broadcast_to(x, shape)


def covariance_matrix(name: str, value: Any, dim: int | None = None) -> Array:
    """Return `value` as a covariance: a number >= 0, or a symmetric positive semidefinite matrix.

    Parameters
    ----------
    name : str
        The argument's name.
    value : float or ndarray of shape (d, d)
        What was given.
    dim : int, optional
        0 asks for a number (a scalar problem), d > 0 for a (d, d) matrix; None takes either.

    Returns
    -------
    ndarray
        Of shape () or (d, d), exactly symmetric.
    """
    return _symmetric(name, value, dim, "positive semidefinite", lambda low, scale: low >= -_ROUNDING * scale)


def square(name: str, value: Any) -> Array:
    """Return `value` as a number, of shape (), or a square matrix of numbers; raise unless it is one."""
    matrix = array(name, value)
    if matrix.ndim not in (0, 2) or matrix.shape[:1] != matrix.shape[1:]:
        raise ValueError(f"{name} of shape {matrix.shape} is not allowed: it must be a number or a square matrix")
    return matrix


def positive_definite(name: str, value: Any, dim: int | None = None) -> Array:
    """Return `value` as a number > 0 or a symmetric positive definite matrix; arguments as in `covariance_matrix`."""
    return _symmetric(name, value, dim, "positive definite", lambda low, scale: low > 1e-14 * scale)


def _symmetric(name: str, value: Any, dim: int | None, kind: str, admits) -> Array:
    c = square(name, value) if dim is None else array(name, value, (dim, dim) if dim else ())
    matrix = np.atleast_2d(c)
    scale = np.abs(matrix).max()
    if np.abs(matrix - matrix.T).max() > _ROUNDING * scale:
        refuse(name, value, "a symmetric matrix")
    matrix = (matrix + matrix.T) / 2
    lowest = np.linalg.eigvalsh(matrix)[0]
    if not admits(lowest, scale):
        said = f" (its smallest eigenvalue is {lowest:.3g})" if c.ndim else ""
        refuse(name, value, ("a matrix that is " if c.ndim else "a number that is ") + kind + said)
    return matrix if c.ndim else matrix.reshape(())


def _fits(actual: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(actual) == len(wanted) and all(w is None or a == w for a, w in zip(actual, wanted))


def _shape_in_words(shape: tuple[int | None, ...]) -> str:
    inside = ", ".join("any" if k is None else str(k) for k in shape)
    return f"({inside},)" if len(shape) == 1 else f"({inside})"


def _short(value: Any) -> str:
    text = " ".join(repr(value).split())  # an array's repr spans lines
    return text if len(text) <= 120 else text[:117] + "..."
