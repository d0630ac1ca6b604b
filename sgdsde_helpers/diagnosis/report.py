"""The report: what the book says of a valley at a learning rate and a batch size, each number with its error and its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import numpy as np

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array
from sgdsde_helpers.diagnosis.look import Valley, valley
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.sampling import minibatch_factor
from sgdsde_helpers.theory import (
    Settling,
    momentum_fluctuation,
    momentum_stationary_covariance,
    rotation_rate,
    settling,
    stationary_loss,
)

__all__ = ["Diagnosis", "Entry", "diagnose"]


@dataclass(frozen=True)
class Entry:
    """One number of a report.

    Attributes
    ----------
    name : str
    value : float
        NaN where it does not exist at this setting.
    error : float or None
        A standard error, or as `note` says; 0 where it is exact for the model of the note; None where it is not known.
    where : str
        The chapter that derives it.
    note : str
        What kind of number it is.

    Examples
    --------
    >>> print(Entry("edge", 0.5, 0.01, "chapter 23", "upper bound"))
    edge                                   0.5      ± 0.01    chapter 23   upper bound
    """

    name: str
    value: float
    error: float | None
    where: str
    note: str = ""

    def __str__(self) -> str:
        error = "" if self.error is None else "exact" if self.error == 0 else f"± {self.error:.1g}"
        return f"{self.name:<38} {self.value:<8.3g} {error:<9} {self.where:<12} {self.note}".rstrip()


@dataclass(frozen=True)
class Diagnosis:
    """What the book says of a valley at eta and B. Print it; `report["edge of stability"]` is one `Entry` of it.

    Attributes
    ----------
    valley : Valley
    eta : float
    batch_size : int
    mu : float
    sampling : str
    entries : tuple of Entry
    what_if : tuple of (str, float, float, float)
        Other settings: what is changed, eta over the edge, step term, excess loss.
    temperatures : ndarray of shape (k,)
        Of each leading direction; averaged where curvatures are nearer to each other than their residuals.
    one_temperature : float
        The temperature that all directions would share if it was one, at leading order in eta: eta tr Sigma / (2 B d).
    settled : Settling or None
        What the log of a run says.
    """

    valley: Valley
    eta: float
    batch_size: int
    mu: float
    sampling: str
    entries: tuple[Entry, ...]
    what_if: tuple[tuple[str, float, float, float], ...]
    temperatures: Array
    one_temperature: float
    settled: Settling | None

    @property
    def edges(self) -> dict[int, float]:
        """The edge at each batch size that is a power of two up to n."""
        sizes = (2**j for j in range(self.valley.n.bit_length()))
        return {size: self.valley.edge(size, mu=self.mu, sampling=self.sampling) for size in sizes}

    def __getitem__(self, name: str) -> Entry:
        """The entry of this name."""
        for entry in self.entries:
            if entry.name == name:
                return entry
        raise KeyError(f"{name!r} is none of " + ", ".join(repr(entry.name) for entry in self.entries))

    def __str__(self) -> str:
        setting = f"eta = {self.eta:g}, B = {self.batch_size}" + (f", momentum {self.mu:g}" if self.mu else "")
        lines = [f"{setting}; {self.valley.n} examples, {self.valley.d} parameters"]
        lines += [str(entry) for entry in self.entries]
        lines.append("what if                                eta/edge   step term   excess loss")
        lines += [f"  {name:<36} {edge:<10.2g} {step:<11.2g} {excess:.3g}" for name, edge, step, excess in self.what_if]
        return "\n".join([*lines, *([f"log: {self.settled}"] if self.settled else [])])

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def diagnose(
    loss: Loss | Valley,
    eta: float,
    batch_size: int = 1,
    *,
    mu: float = 0.0,
    sampling: str = "with_replacement",
    log: dict[str, Array] | None = None,
    **looking,
) -> Diagnosis:
    """Report on SGD, or heavy ball, at a learning rate and a batch size near a minimum of any loss.

    Parameters
    ----------
    loss : Loss or Valley
        A loss, or what `valley` saw of it.
    eta : float
        Learning rate.
    batch_size : int
        B.
    mu : float
        Momentum, in [0, 1).
    sampling : {"with_replacement", "without_replacement"}
        How one batch is drawn.
    log : dict of ndarrays, optional
        Of a run at this setting: "phi_ghat" and "ghat2" at every step, as `settling` takes them, with momentum "v_ghat"; and, if
        it was logged, "grad2", |grad L|^2 at any times.
    **looking
        at, directions, probes, seed: handed to `valley`.

    Returns
    -------
    Diagnosis

    Examples
    --------
    >>> from sgdsde_helpers.losses import LeastSquares
    >>> report = diagnose(LeastSquares([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]], [1.0, 0.0, 3.0]), eta=0.1)
    >>> print(report["edge of stability"])
    edge of stability                      0.576    exact     chapter 23   all directions
    """
    eta, size, mu = checks.positive("eta", eta), checks.batch_size(batch_size), checks.fraction("mu", mu)
    v = loss if isinstance(loss, Valley) else valley(loss, **looking)
    if v is loss and looking:
        checks.refuse("loss", "a Valley", f"a Loss where {', '.join(looking)} is given")
    share = minibatch_factor(v.n, size, sampling)
    edge = v.edge(size, mu=mu, sampling=sampling)
    whole, k = len(v.curvatures) == v.d, len(v.curvatures)
    slack = 0.0 if whole else v.edge(size, mu=mu, sampling=sampling, k=max(1, k // 2)) - edge
    rate = eta / (1 - mu)
    step = _step_term(v, eta, mu)
    frozen = rate / 4 * share * v.trace_noise
    entries = [
        Entry("edge of stability", edge, slack, "chapter 23", _bound_note(whole, k)),
        Entry("eta over the edge", eta / edge, None, "chapter 23", _INSIDE if whole else _AT_LEAST),
        Entry("step term", *step, "chapter 17", "next order of the SDE in the step"),
        *_shape(v, rate * share),
        Entry("excess loss, frozen noise", frozen, 0.0, "chapter 18", "leading order in eta"),
        Entry("excess loss, with the step term", frozen * (1 + step[0]), frozen * step[1], "chapter 17", "next order"),
    ]
    if v.loss.quadratic and mu == 0 and v.d <= 200 and eta < edge:
        exact = stationary_loss(v.loss, eta, size, sampling=sampling) - float(v.loss.loss(v.loss.minimiser))
        entries.append(Entry("excess loss, exact chain", exact, 0.0, "chapter 18", "second moments close"))
    temperatures, rates = _in_directions(v, eta, share, mu)
    one = rate / 2 * share * v.trace_noise / v.d
    steep, flat = temperatures.max(), temperatures.min()
    (rest, spread), time, unsure = v.rest, np.inf, None
    if rest > 0:
        time, unsure = 1 / rest, spread / rest**2
    far = v.gradient_norm if v.gradient_norm > 1e-6 * np.sqrt(v.trace_noise) else 0.0
    entries += [
        Entry("temperature, hottest direction", steep, 0.0, "chapter 9", "of those found"),
        Entry("temperature, coldest direction", flat, 0.0, "chapter 9", "of those found"),
        Entry(
            "hottest over mean of all",
            steep / one,
            None,
            "chapter 10",
            "1 if there was one temperature and the step was small",
        ),
        Entry(
            "largest current",
            np.abs(rates).max(),
            None,
            "chapter 10",
            "twice the area a unit of time; 0 in equilibrium",
        ),
        Entry("time to settle, at least", time, unsure, "chapter 23", _FLATTEST if whole else _OTHERS),
        Entry("steps to settle, at least", time / rate, unsure and unsure / rate, "chapter 23"),
        Entry("|gradient| here", far, None, "chapter 23", "0 where below a millionth of the noise"),
    ]
    settled = None
    if log is not None:
        settled, more = _of_log(log, eta, mu)
        entries += more
    what_if = tuple(_what_if(v, eta, size, mu, sampling))
    return Diagnosis(v, eta, size, mu, sampling, tuple(entries), what_if, temperatures, one, settled)


_INSIDE = "below 1: the linear model has a second moment"
_AT_LEAST = "or more; above 1 the linear model has no second moment"
_FLATTEST = "1 over the smallest curvature"
_OTHERS = "1 over the mean curvature of the directions not found; the flattest take longer"


def _bound_note(whole: bool, k: int) -> str:
    return (
        "all directions"
        if whole
        else f"upper bound, {k} directions; not an error, but what the second half of them took off"
    )


def _step_term(v: Valley, eta: float, mu: float) -> tuple[float, float]:
    h, error = v.h_eff
    return eta * h / (2 * (1 + mu)), eta * error / (2 * (1 + mu))


def _shape(v: Valley, strength: float) -> list[Entry]:
    """Leading order in eta/B of the law's skewness and excess kurtosis, third derivatives of the loss left out."""
    s, h = np.diag(v.noise), v.curvatures
    kept = s > 1e-12 * v.trace_noise
    s, h, k3, k4 = s[kept], h[kept], v.third[kept], v.fourth[kept]
    skewness = -np.sqrt(strength * h) * 2**1.5 / 3 * k3 / s**1.5
    kurtosis = strength * h * k4 / s**2
    note = "largest of the directions, from the noise alone"
    return [
        Entry("skewness", np.abs(skewness).max(), None, "chapter 23", note),
        Entry("excess kurtosis", kurtosis[np.abs(kurtosis).argmax()], None, "chapter 23", note),
    ]


def _in_directions(v: Valley, eta: float, share: float, mu: float) -> tuple[Array, Array]:
    """Temperatures of the leading directions, means over clusters; and the rotation rates between them. NaN past their edge."""
    h = np.diag(v.curvatures)
    if eta * v.curvatures[0] >= 2 * (1 + mu):
        return np.full(len(h), np.nan), np.full_like(h, np.nan)
    s = momentum_stationary_covariance(h, share * v.noise, eta, mu=mu)
    temperatures = v.curvatures * np.diag(s)
    unsure = np.maximum(v.residuals, 1e-7 * v.curvatures[0])  # a difference of gradients has no more digits
    apart = v.curvatures[:-1] - v.curvatures[1:] > np.maximum(unsure[:-1], unsure[1:])
    cluster = np.concatenate([[0], np.cumsum(apart)])
    means = np.bincount(cluster, temperatures) / np.bincount(cluster)
    return means[cluster], rotation_rate(h, stationary_covariance=s)


def _what_if(v: Valley, eta: float, size: int, mu: float, sampling: str) -> Iterator[tuple[str, float, float, float]]:
    heavy = max(mu, 0.9)
    for name, rate, b, m in (
        ("as it is", eta, size, mu),
        ("B doubled, eta kept", eta, 2 * size, mu),
        ("B and eta doubled", 2 * eta, 2 * size, mu),
        ("B doubled, eta times sqrt 2", np.sqrt(2) * eta, 2 * size, mu),
        (f"B, eta/(1-mu) doubled, momentum {heavy:g}", 2 * eta * (1 - heavy) / (1 - mu), 2 * size, heavy),
    ):
        if sampling == "without_replacement" and b > v.n:
            continue
        step = _step_term(v, rate, m)[0]
        excess = rate / (1 - m) / 4 * minibatch_factor(v.n, b, sampling) * v.trace_noise * (1 + step)
        yield name, rate / v.edge(b, mu=m, sampling=sampling), step, excess


def _of_log(log: dict[str, Array], eta: float, mu: float) -> tuple[Settling, list[Entry]]:
    if not isinstance(log, dict) or not {"phi_ghat", "ghat2"} <= set(log):
        checks.refuse("log", log, "a dictionary with the keys 'phi_ghat' and 'ghat2'", TypeError)
    found = settling(log["phi_ghat"], log["ghat2"], eta, mu=mu, v_ghat=log.get("v_ghat"))
    note = "of the log; 'no drift seen' is no proof of rest" if not found.moving else "of the log: it has not settled"
    entries = [Entry("change of |phi|^2", found.change, found.standard_error, "chapter 17", note)]
    squares = float(np.mean(log["ghat2"]))
    grad2 = float(checks.array("grad2", log["grad2"]).mean()) if "grad2" in log else None
    if mu == 0 or grad2 is not None:
        excess = momentum_fluctuation(squares, grad2 or 0.0, eta, mu=mu) / 2
        entries.append(
            Entry(
                "excess loss, from the log",
                excess,
                None,
                "chapter 17",
                "if the valley is a parabola and the chain at rest",
            )
        )
    if grad2 is not None and mu == 0:
        entries.append(Entry("curvature that the log sees", grad2 / (eta / 2 * squares), None, "chapter 17", "h_eff"))
    return found, entries
