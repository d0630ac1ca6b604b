"""The scorecard: what each theory of SGD says of each observable, beside what SGD itself has.

The theories, from the crudest: "gradient flow", without noise; "frozen SDE", with the noise of the minimiser everywhere; "SDE",
with sigma(phi); "second order", its drift corrected (Li, Tai, E 2017), and "second, noise too", its noise corrected as well;
"embedding", the linear SDE that passes through the states of the chain with frozen noise. Where no value of a
theory is worked out for an observable it is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from html import escape

import numpy as np

from sgdsde_helpers import checks, theory
from sgdsde_helpers.checks import Array
from sgdsde_helpers.losses import DoubleWell, Loss
from sgdsde_helpers.measure import fitted_order
from sgdsde_helpers.theory._loss import one_parameter

__all__ = [
    "THEORIES",
    "Score",
    "Scorecard",
    "score_current",
    "score_decay",
    "score_excess",
    "score_exit",
    "score_law",
    "score_skewness",
    "score_tail",
    "score_variance",
    "scorecard",
]

THEORIES = ("gradient flow", "frozen SDE", "SDE", "second order", "second, noise too", "embedding")
_EXACT = 1e-9  # below this an error is rounding


@dataclass(frozen=True)
class Score:
    """One observable at one setting: SGD's own value, exact or computed to more digits than are shown, and the theories'.

    Attributes
    ----------
    sgd : float
        The value of the chain.
    theories : dict of float
        Name of the theory -> its value.

    Examples
    --------
    >>> Score(2.0, {"SDE": 1.5}).errors
    {'SDE': -0.25}
    """

    sgd: float
    theories: Mapping[str, float]

    @property
    def errors(self) -> dict[str, float]:
        """Error of each theory, relative to SGD's value; where that is 0, as a distance is, the value itself."""
        return {name: (value - self.sgd) / (abs(self.sgd) or 1.0) for name, value in self.theories.items()}


def score_decay(loss: Loss, eta: float, batch_size: int = 1, *, t: float = 1.0) -> Score:
    """What is left after time t of a deviation of the mean, which is also the autocorrelation at lag t; on one parameter.

    Parameters
    ----------
    loss : Loss
        A scalar loss with affine per-example gradients.
    eta, batch_size : float, int
        Learning rate, with eta h < 1, and B, on which this observable does not depend.
    t : float
        Rounded to a whole number of steps.

    Returns
    -------
    Score

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> score = score_decay(MeanEstimation([-1.0, 1.0]), 0.1)
    >>> round(score.sgd, 4), round(score.theories["SDE"], 4)
    (0.3487, 0.3679)
    """
    h, sigma = map(float, _at_minimiser(one_parameter(loss)))
    steps = checks.count("t / eta, rounded", round(checks.positive("t", t) / checks.positive("eta", eta)))
    time = steps * eta
    flow = float(theory.ou_mean(time, 1.0, h))
    second = float(theory.ou_mean(time, 1.0, h * (1 + eta * h / 2)))
    embedded = float(theory.ou_mean(time, 1.0, theory.embedding_sde(h, sigma, eta, batch_size)[0]))
    values = (flow, flow, flow, second, second, embedded)
    return Score((1 - eta * h) ** steps, dict(zip(THEORIES, values)))


def score_variance(loss: Loss, eta: float, batch_size: int = 1) -> Score:
    """Variance of the stationary law; parameters as in `score_decay`.

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> score = score_variance(MeanEstimation([-1.0, 1.0]), 0.1)
    >>> round(score.sgd, 6), round(score.theories["SDE"], 6)
    (0.052632, 0.05)
    """
    variances = {name: float(m[2]) for name, m in _moments(loss, eta, batch_size, 2).items()}
    return Score(variances.pop("SGD"), {"gradient flow": 0.0} | variances)


def score_skewness(loss: Loss, eta: float, batch_size: int = 1) -> Score:
    """Skewness of the stationary law; parameters as in `score_decay`.

    Examples
    --------
    >>> from sgdsde_helpers.losses import MeanEstimation
    >>> score = score_skewness(MeanEstimation([-1.0, -1.0, 2.0]), 0.1)
    >>> round(score.sgd, 4), score.theories["SDE"]
    (0.2161, 0.0)
    """
    moments = {name: float(m[3] / m[2] ** 1.5) for name, m in _moments(loss, eta, batch_size, 3).items()}
    return Score(moments.pop("SGD"), moments)


def score_tail(loss: Loss, eta: float, batch_size: int = 1) -> Score:
    """Index 1/alpha of the tail P(|phi| > r) ~ r^-alpha, 0 for a tail thinner than every power; parameters as in `score_decay`.

    Examples
    --------
    >>> from sgdsde_helpers.losses import ScalarQuadratic
    >>> score = score_tail(ScalarQuadratic([-1.0, 3.0], [0.0, 0.0]), 0.1)
    >>> round(score.sgd, 4), round(score.theories["SDE"], 4), score.theories["frozen SDE"]
    (0.1471, 0.1667, 0.0)
    """
    chain = theory.kesten_exponent(loss, eta, batch_size)
    sde = theory.sde_tail_exponent(loss, eta, batch_size)
    return Score(1 / chain, {"frozen SDE": 0.0, "SDE": 1 / sde, "embedding": 0.0})


def score_law(eta: float, batch_size: int = 1) -> Score:
    """Kolmogorov-Smirnov distance of each theory's law from SGD's, on the two data points -1 and 1.

    Examples
    --------
    >>> {name: round(error, 4) for name, error in score_law(0.1).theories.items()}
    {'gradient flow': 0.5, 'frozen SDE': 0.0111, 'SDE': 0.0111, 'embedding': 0.0051}
    """
    sde = theory.two_point_ks(eta, batch_size)
    variance, _ = theory.two_point_moments(eta, batch_size)
    embedded = theory.two_point_ks(eta, batch_size, variance)
    return Score(0.0, {"gradient flow": 0.5, "frozen SDE": sde, "SDE": sde, "embedding": embedded})


def score_current(loss: Loss, eta: float, batch_size: int = 1) -> Score:
    """Rotation rate in the plane as states at a distance eta in time show it: E[phi_1 phi'_2 - phi_2 phi'_1]/eta.

    Parameters
    ----------
    loss : Loss
        With two parameters and affine per-example gradients.
    eta, batch_size
        As in `score_decay`.

    Returns
    -------
    Score

    Examples
    --------
    >>> from sgdsde_helpers.losses import LeastSquares
    >>> loss = LeastSquares([[1.0, 0.0], [1.0, 2.0], [0.0, 1.0]], [1.0, 0.0, 2.0])
    >>> {name: round(error, 4) for name, error in score_current(loss, 0.1).errors.items() if "second" not in name}
    {'gradient flow': -1.0, 'frozen SDE': -0.1182, 'SDE': -0.1355, 'embedding': 0.0189}
    """
    if loss.shape != (2,):
        raise ValueError(f"loss of parameter shape {loss.shape} is not allowed: its shape must be (2,)")
    h, sigma = _at_minimiser(loss)
    arms = _covariances(loss, h, sigma, eta, batch_size)

    def seen(drift: Array, covariance: Array) -> float:
        later = theory.ou_autocovariance(eta, drift, stationary_covariance=covariance)  # E phi' phi^T
        return float((later[1, 0] - later[0, 1]) / eta)

    values = {name: seen(*arm) for name, arm in arms.items()}
    rotation = theory.rotation_rate(h, stationary_covariance=theory.sgd_stationary_moments(loss, eta, batch_size)[1])
    return Score(float(rotation[0, 1]), {"gradient flow": 0.0} | values)


def score_excess(loss: Loss, eta: float, batch_size: int = 1) -> Score:
    """Excess of the mean loss over its least value, tr(H S)/2; parameters as in `score_current`, of any dimension.

    Examples
    --------
    >>> from sgdsde_helpers.losses import LeastSquares
    >>> loss = LeastSquares([[1.0, 0.0], [1.0, 2.0], [0.0, 1.0]], [1.0, 0.0, 2.0])
    >>> score = score_excess(loss, 0.1)
    >>> round(score.sgd, 6), round(score.theories["SDE"], 6)
    (0.071812, 0.064615)
    """
    h, sigma = _at_minimiser(loss)
    arms = _covariances(loss, h, sigma, eta, batch_size)
    values = {name: float(np.trace(h @ s) / 2) for name, (_, s) in arms.items()}
    chain = theory.sgd_stationary_moments(loss, eta, batch_size)[1]
    return Score(float(np.trace(h @ chain) / 2), {"gradient flow": 0.0} | values)


def score_exit(eta: float, batch_size: int = 1, *, q: float = 0.16, end: float = 0.0) -> Score:
    """Rate, 1 over the mean time, at which the double well is left from its left bottom, at noise q = eta nu^2 / B per time.

    SGD's is the middle of the bracket of `chain_exit_time`, on so many nodes that it moves by less than the digits shown.

    Parameters
    ----------
    eta, batch_size : float, int
        Learning rate and B.
    q : float
        Noise per unit of time, by which the strength nu of the two-valued noise follows eta.
    end : float
        Where the well is left: 0 is the top, 1 the other bottom.

    Returns
    -------
    Score

    Examples
    --------
    >>> score = score_exit(0.1)
    >>> round(score.sgd, 4), round(score.theories["SDE"], 4)
    (0.0138, 0.0174)
    """
    well = DoubleWell(np.sqrt(checks.positive("q", q) * checks.batch_size(batch_size) / checks.positive("eta", eta)))
    between = np.prod(theory.chain_exit_time(well, eta, batch_size, start=-1.0, end=end, nodes=32_001)) ** -0.5
    sde = theory.sde_exit_time(well, eta, batch_size, start=-1.0, end=end, reach=-3.0)
    return Score(float(between), {"gradient flow": 0.0, "SDE": 1 / sde})


@dataclass(frozen=True)
class Scorecard:
    """Scores of several observables over several learning rates; as text or HTML, the table.

    Attributes
    ----------
    etas : ndarray of shape (k,)
    scores : dict of lists of k `Score`
        Name of the observable -> its score at each eta.
    """

    etas: Array
    scores: Mapping[str, list[Score]]

    def errors(self, observable: str, name: str) -> Array | None:
        """Relative error of a theory at each eta, of shape (k,); None where none is worked out."""
        values = [score.errors.get(name) for score in self.scores[observable]]
        return None if None in values else np.array(values, dtype=float)

    def order(self, observable: str, name: str) -> float | None:
        """Fitted order in eta of the size of that error; None where there is no error, or no theory."""
        errors = self.errors(observable, name)
        if errors is None or np.abs(errors).min() < _EXACT:
            return None
        return fitted_order(self.etas, np.abs(errors))

    def _cells(self, observable: str) -> list[str]:
        """Error at the middle eta and its order, or what there is, for each theory."""
        cells = []
        for name in THEORIES:
            errors, order = self.errors(observable, name), self.order(observable, name)
            if errors is None:
                cells.append("-")
            else:
                middle = errors[len(errors) // 2]
                cells.append("exact" if order is None else f"{middle:+.1%}, {order + 0.0:.1f}".replace("-0.0", "0.0"))
        return cells

    def __repr__(self) -> str:
        heads = [f"error at η = {self.etas[len(self.etas) // 2]:g}, order", *THEORIES]
        rows = [heads, *([name, *self._cells(name)] for name in self.scores)]
        widths = [max(len(row[j]) for row in rows) for j in range(len(heads))]
        return "\n".join(
            row[0].ljust(widths[0]) + "".join(cell.rjust(w + 2) for cell, w in zip(row[1:], widths[1:])) for row in rows
        )

    def _repr_html_(self) -> str:
        head = f"error at η = {self.etas[len(self.etas) // 2]:g}, order"
        columns = "".join(f'<th scope="col">{escape(text)}</th>' for text in (head, *THEORIES))
        body = "".join(
            f'<tr><th scope="row">{escape(name)}</th>'
            + "".join(f"<td>{_typeset(cell)}</td>" for cell in self._cells(name))
            + "</tr>"
            for name in self.scores
        )
        return f'<table class="table scorecard"><thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table>'


def _typeset(cell: str) -> str:
    """A cell with the signs of text: a minus before a number, a dash where there is none."""
    return "\N{EN DASH}" if cell == "-" else cell.replace("-", "\N{MINUS SIGN}")


def scorecard(observables: Mapping[str, Callable[[float], Score]], etas: Iterable[float]) -> Scorecard:
    """Score each observable at each learning rate.

    Parameters
    ----------
    observables : dict of functions
        Name -> function of eta that gives a `Score`.
    etas : iterable of floats
        In increasing order, two at least.

    Returns
    -------
    Scorecard

    Examples
    --------
    >>> scorecard({"law": score_law}, [0.05, 0.1, 0.2]).order("law", "SDE")  # doctest: +ELLIPSIS
    1.0...
    """
    grid = checks.increasing("etas", list(etas), minimum=0.0)
    if len(grid) < 2:
        checks.refuse("etas", grid, "two learning rates at least: an order is a slope")
    table = {name: [checks.function(name, score)(float(eta)) for eta in grid] for name, score in observables.items()}
    return Scorecard(grid, table)


def _at_minimiser(loss: Loss) -> tuple[Array, Array]:
    """Hessian and noise covariance at the minimiser."""
    return loss.hessian(loss.minimiser), loss.covariance(loss.minimiser)


def _moments(loss: Loss, eta: float, batch_size: int, order: int) -> dict[str, Array]:
    """Central moments of the stationary law of SGD and of every theory with a law, on one parameter."""
    h, sigma = map(float, _at_minimiser(one_parameter(loss)))
    sde = {
        name: theory.sde_higher_moments(loss, eta, batch_size, order=order, equation=equation)
        for name, equation in zip(THEORIES[2:5], ("first order", "second order", "second order, noise too"))
    }
    gaussian = {
        "frozen SDE": theory.sde_stationary_covariance(h, sigma, eta, batch_size),
        "embedding": theory.ou_stationary_covariance(*theory.embedding_sde(h, sigma, eta, batch_size)),
    }
    frozen = {name: np.array([1.0, 0.0, variance, 0.0])[: order + 1] for name, variance in gaussian.items()}
    return {"SGD": theory.sgd_higher_moments(loss, eta, batch_size, order=order)} | sde | frozen


def _covariances(loss: Loss, h: Array, sigma: Array, eta: float, batch_size: int) -> dict[str, tuple[Array, Array]]:
    """Drift matrix and stationary covariance of each linear theory, in d dimensions; the second-order ones have frozen noise."""
    second = h + eta * h @ h / 2
    drift, noise = theory.embedding_sde(h, sigma, eta, batch_size)
    return {
        "frozen SDE": (h, theory.sde_stationary_covariance(h, sigma, eta, batch_size)),
        "SDE": (h, theory.sde_stationary_moments(loss, eta, batch_size)[1]),
        "second order": (second, theory.modified_stationary_covariance(h, sigma, eta, batch_size)),
        "second, noise too": (
            second,
            theory.modified_stationary_covariance(h, sigma, eta, batch_size, noise_corrected=True),
        ),
        "embedding": (drift, theory.ou_stationary_covariance(drift, noise)),
    }
