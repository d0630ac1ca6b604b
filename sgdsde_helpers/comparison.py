"""Measured beside predicted: one line a comparison, and an error where the two disagree.

The bound on \\|z\\| is 4.5 by default: of comparisons that are right, with a standard error that is known, 7 in a million
fail by chance. With a standard error from k values the law of z is nearer Student's t with k - 1 degrees of freedom:
then 9 in 100 000 for the 32 batches of `batch_means`, 2 in 100 000 for 100 chains, and as above for thousands.
A comparison that is made to decide between two theories names the second as its rival, and fails where both would pass.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sgdsde_helpers.checks import Array, array, number, positive, refuse

__all__ = ["Comparison", "DisagreementError", "UndecidedError", "agree", "compare"]


class DisagreementError(AssertionError):
    """What was measured or computed does not agree with what was predicted.

    Examples
    --------
    >>> try:
    ...     compare("mean", 0.5, 0.6, 0.02)
    ... except DisagreementError:
    ...     print("they disagree")
    mean                               predicted 0.500     measured 0.600     s.e. 0.020    z = +5.0
    they disagree
    """


class UndecidedError(DisagreementError):
    """What was measured agrees with the prediction, and with its rival too.

    Examples
    --------
    >>> try:
    ...     compare("mean", 0.5, 0.5, 0.02, rival=("no drift", 0.52))
    ... except UndecidedError:
    ...     print("both would pass")
    mean                               predicted 0.500     measured 0.500     s.e. 0.020    z = +0.0
      rival: no drift                  predicted 0.520                                      z = -1.0
    both would pass
    """


@dataclass(frozen=True)
class Comparison:
    """One prediction beside one measurement; as text, the line that `compare` prints.

    Attributes
    ----------
    quantity : str
        What is compared.
    predicted, measured, standard_error : float
        The numbers, unrounded.
    rival : tuple of str and float, optional
        The name of another theory and what it predicts.

    Examples
    --------
    >>> c = Comparison("mean", 0.50, 0.52, 0.02, ("no drift", 0.70))
    >>> round(c.z, 2), round(c.z_rival, 2)
    (1.0, -9.0)
    """

    quantity: str
    predicted: float
    measured: float
    standard_error: float
    rival: tuple[str, float] | None = None

    @property
    def z(self) -> float:
        """How many standard errors the measurement lies above the prediction."""
        return (self.measured - self.predicted) / self.standard_error

    @property
    def z_rival(self) -> float | None:
        """How many standard errors the measurement lies above the rival's prediction; None without a rival."""
        return None if self.rival is None else (self.measured - self.rival[1]) / self.standard_error

    def __str__(self) -> str:
        predicted, measured, error = (
            _rounded(x, self.standard_error) for x in (self.predicted, self.measured, self.standard_error)
        )
        line = f"{self.quantity:<34} predicted {predicted:<9} measured {measured:<9} s.e. {error:<8} z = {self.z:+z.1f}"
        if self.rival is None:
            return line
        name, value = self.rival
        other = f"{'  rival: ' + name:<34} predicted {_rounded(value, self.standard_error):<9}"
        return f"{line}\n{other} {'':<32} z = {self.z_rival:+z.1f}"

    def _ipython_display_(self) -> None:
        """Show nothing as a cell's value: `compare` has printed the line."""


def compare(
    quantity: str,
    predicted: float,
    measured: float,
    standard_error: float,
    *,
    rival: tuple[str, float] | None = None,
    bound: float = 4.5,
) -> Comparison:
    """Print a measurement beside its prediction; raise if they disagree, or if a rival prediction would pass too.

    Parameters
    ----------
    quantity : str
        What is compared, in a few words.
    predicted : float
        What theory says.
    measured, standard_error : float
        An estimate and its standard error, > 0, as the functions of `measure` return them. The line rounds all three
        numbers to the second digit of the standard error.
    rival : tuple of str and float, optional
        The name of the theory that the measurement is to rule out, and what it predicts; printed on a second line.
    bound : float
        The largest allowed absolute z; see the false-alarm rates at the head of this module.

    Returns
    -------
    Comparison

    Raises
    ------
    DisagreementError
        If z is beyond the bound.
    UndecidedError
        If the rival's z is not.

    Examples
    --------
    >>> c = compare("mean", 0.50, 0.52, 0.02, rival=("no drift", 0.70))
    mean                               predicted 0.500     measured 0.520     s.e. 0.020    z = +1.0
      rival: no drift                  predicted 0.700                                      z = -9.0
    """
    c = Comparison(
        str(quantity),
        number("predicted", predicted),
        number("measured", measured),
        positive("standard_error", standard_error),
        None if rival is None else _named(rival),
    )
    bound = positive("bound", bound)
    print(c)
    if abs(c.z) > bound:
        raise DisagreementError(f"{c}, beyond the bound of {bound:g}")
    if c.rival is not None and abs(c.z_rival) <= bound:
        raise UndecidedError(f"{c}, within the bound of {bound:g}: the measurement does not rule the rival out")
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

    Examples
    --------
    >>> agree("one half", 0.5, 1 / 2, 1e-12)
    one half                           two routes agree to 1e-12   (0.5)
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


def _named(rival: tuple[str, float]) -> tuple[str, float]:
    if not isinstance(rival, tuple) or len(rival) != 2 or not isinstance(rival[0], str):
        refuse("rival", rival, "a pair of a name and a number", TypeError)
    return rival[0], number("the rival's prediction", rival[1])


def _rounded(x: float, standard_error: float) -> str:
    """`x` as text, to the second digit of the standard error."""
    decimals = 1 - int(np.floor(np.log10(standard_error)))
    if 0 <= decimals <= 6:
        return f"{x:z.{decimals}f}"
    return f"{x:.{max(0, decimals + int(np.floor(np.log10(abs(x)))))}e}" if x else "0"
