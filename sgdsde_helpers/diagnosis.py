"""One's own problem: what the book says of a loss at a learning rate and a batch size, each number with its error and its place.

`valley` looks at a loss near a minimum, once: leading curvatures by Lanczos, traces by Hutchinson, the noise and the examples'
curvatures along the leading directions. `diagnose` puts eta and B to what was seen. Only gradients are asked for; no d x d
array is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape

import numpy as np

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.losses._base import a_loss
from sgdsde_helpers.sampling import minibatch_factor
from sgdsde_helpers.theory import (
    Settling,
    mean_square_edge,
    momentum_fluctuation,
    momentum_stationary_covariance,
    rotation_rate,
    settling,
    stationary_loss,
)

__all__ = ["Diagnosis", "Entry", "Valley", "diagnose", "valley"]

TRACED = 32  # examples, at most, whose products with the Hessian are averaged


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
    edge                                   0.5     ± 0.01    chapter 23   upper bound
    """

    name: str
    value: float
    error: float | None
    where: str
    note: str = ""

    def __str__(self) -> str:
        error = "" if self.error is None else "exact" if self.error == 0 else f"± {self.error:.1g}"
        return f"{self.name:<38} {self.value:<7.3g} {error:<9} {self.where:<12} {self.note}".rstrip()


@dataclass(frozen=True)
class Valley:
    """What a loss is near a minimum, as far as its gradients show; see `valley`.

    Attributes
    ----------
    loss : Loss
    n, d : int
        Numbers of examples and of parameters.
    curvatures, residuals : ndarrays of shape (k,)
        Leading eigenvalues of the Hessian, the largest first, and |H u - h u|: each eigenvalue is within its residual.
    directions : ndarray of shape (d, k)
        Their eigenvectors.
    noise : ndarray of shape (k, k)
        Sigma between these directions; exact.
    third, fourth : ndarrays of shape (k,)
        Third and fourth cumulant of an example's gradient along each direction.
    examples : ndarray of shape (n, k, k)
        The examples' own Hessians between the directions.
    gradient_norm : float
        |g|: how far from a minimum this is.
    trace_noise : float
        tr Sigma, exact.
    trace_curved, trace_hessian : pairs of float
        tr(H Sigma) and tr H, each with its standard error.
    """

    loss: Loss
    n: int
    d: int
    curvatures: Array
    residuals: Array
    directions: Array
    noise: Array
    third: Array
    fourth: Array
    examples: Array
    gradient_norm: float
    trace_noise: float
    trace_curved: tuple[float, float]
    trace_hessian: tuple[float, float]
    _edges: dict[tuple, float] = field(default_factory=dict, repr=False, compare=False)

    @property
    def h_eff(self) -> tuple[float, float]:
        """tr(H Sigma)/tr Sigma, the curvature that the noise sees, and its standard error."""
        return self.trace_curved[0] / self.trace_noise, self.trace_curved[1] / self.trace_noise

    @property
    def rest(self) -> tuple[float, float]:
        """Mean curvature of the directions that were not found, and its standard error; the smallest is no larger."""
        others = self.d - len(self.curvatures)
        if not others:
            return float(self.curvatures[-1]), 0.0
        return (self.trace_hessian[0] - self.curvatures.sum()) / others, self.trace_hessian[1] / others

    def edge(
        self, batch_size: int, *, mu: float = 0.0, sampling: str = "with_replacement", k: int | None = None
    ) -> float:
        """Edge of stability of the compression to the k leading directions: an upper bound."""
        kept = len(self.curvatures) if k is None else checks.count("k", k, maximum=len(self.curvatures))
        key = checks.batch_size(batch_size), checks.fraction("mu", mu), str(sampling), kept
        if key not in self._edges:
            seen = self.examples[:, :kept, :kept]
            self._edges[key] = mean_square_edge(seen, batch_size, mu=mu, sampling=sampling)
        return self._edges[key]


@dataclass(frozen=True)
class Diagnosis:
    """What the book says of a valley at eta and B. Print it; `report["edge of stability"]` is one `Entry` of it.

    Attributes
    ----------
    valley : Valley
    eta : float
    batch_size : int
    mu : float
    entries : tuple of Entry
    what_if : tuple of (str, float, float, float)
        Other settings: what is changed, eta over the edge, step term, excess loss.
    temperatures : ndarray of shape (k,)
        Of each leading direction; averaged where curvatures are nearer to each other than their residuals.
    one_temperature : float
        The temperature that all directions would share if it was one: eta tr Sigma / (2 B d).
    edges : dict
        Batch size to the edge, for powers of two up to n.
    settled : Settling or None
        What the log of a run says.
    """

    valley: Valley
    eta: float
    batch_size: int
    mu: float
    entries: tuple[Entry, ...]
    what_if: tuple[tuple[str, float, float, float], ...]
    temperatures: Array
    one_temperature: float
    edges: dict[int, float]
    settled: Settling | None

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


def valley(loss: Loss, at: Array | None = None, *, directions: int = 10, probes: int = 20, seed: int = 0) -> Valley:
    """Look at a loss near a minimum: curvature and noise along the leading directions, and traces.

    Parameters
    ----------
    loss : Loss
        Of parameter shape (d,); `ExamplesLoss` wraps a function that gives gradients.
    at : ndarray of shape (d,), optional
        The place, near a minimum; by default the loss's own minimiser.
    directions : int
        k, the number of leading eigenvectors of the Hessian; all of them where d is not larger than 2 k.
    probes : int
        Random vectors for tr H, >= 2.
    seed : int
        Of Lanczos' start, the probes and the sampled examples.

    Returns
    -------
    Valley

    Raises
    ------
    ValueError
        If an argument is not allowed, or the largest curvature there is not positive.

    Notes
    -----
    Products with the Hessian are differences of gradients. With k directions it takes about 4 k + 2 probes + 60 gradients of L
    and 2 k + 1 passes over all the examples' gradients. tr H is found by Hutchinson's estimator on what the leading
    directions leave; tr(H Sigma) likewise, over 32 sampled examples.

    Examples
    --------
    >>> from sgdsde_helpers.losses import LeastSquares
    >>> seen = valley(LeastSquares([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]], [1.0, 0.0, 3.0]))
    >>> seen.curvatures.round(4).tolist(), round(seen.edge(1), 4)
    ([1.7676, 0.5657], 0.576)
    """
    if len(a_loss(loss).shape) != 1:
        raise ValueError(f"loss of parameter shape {loss.shape} is not allowed: it must be (d,)")
    if at is None and loss.minimiser is None:
        checks.refuse("at", at, "a place near a minimum, as the loss knows none")
    phi = checks.array("at", loss.minimiser if at is None else at, loss.shape)
    k, probes = checks.count("directions", directions), checks.count("probes", probes, minimum=2)
    rng, d = np.random.default_rng(checks.count("seed", seed, minimum=0)), loss.shape[0]
    step = 6e-6 * max(1.0, float(np.linalg.norm(phi)))

    def curved(v: Array) -> Array:
        return (loss.gradient(phi + step * v) - loss.gradient(phi - step * v)) / (2 * step)

    h, u = _leading(curved, d, k, rng)
    if h[0] <= 0:
        checks.refuse("at", at, f"near a minimum: the largest curvature there is {h[0]:.3g}")
    h, u = h[h > 1e-6 * h[0]], u[:, h > 1e-6 * h[0]]
    images = np.column_stack([curved(v) for v in u.T])
    mean = loss.gradient(phi)
    along, squares, sampled = _noise(loss, phi, u, mean, rng)
    projected = along - along.mean(axis=0)
    noise, s = projected.T @ projected / loss.n, projected.var(axis=0)
    outside = [_beyond(u, g) for g in sampled]
    parts = [g @ curved(g) for g in outside] if len(h) < d else [0.0]
    share = np.std(parts, ddof=1) / np.sqrt(len(parts)) * (len(parts) < loss.n) if len(parts) > 1 else 0.0
    found = np.linalg.norm(images - u * h, axis=0)
    return Valley(
        loss=loss,
        n=loss.n,
        d=d,
        curvatures=h,
        residuals=found,
        directions=u,
        noise=noise,
        third=(projected**3).mean(axis=0),
        fourth=(projected**4).mean(axis=0) - 3 * s**2,
        examples=_examples(loss, phi, u, step),
        gradient_norm=float(np.linalg.norm(mean)),
        trace_noise=float(squares - mean @ mean),
        trace_curved=(float(h @ np.diag(noise) + np.mean(parts)), float(share)),
        trace_hessian=_trace(curved, u, h, d, probes, rng),
    )


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
    edge of stability                      0.576   exact     chapter 23   all directions
    """
    eta, size, mu = checks.positive("eta", eta), checks.batch_size(batch_size), checks.fraction("mu", mu)
    v = loss if isinstance(loss, Valley) else valley(loss, **looking)
    if v is loss and looking:
        checks.refuse("loss", "a Valley", f"a Loss where {', '.join(looking)} is given")
    share = minibatch_factor(v.n, size, sampling)
    edges = {2**j: v.edge(2**j, mu=mu, sampling=sampling) for j in range(v.n.bit_length())}
    edge = edges.get(size) or v.edge(size, mu=mu, sampling=sampling)
    whole, k = len(v.curvatures) == v.d, len(v.curvatures)
    slack = 0.0 if whole else v.edge(size, mu=mu, sampling=sampling, k=max(1, k // 2)) - edge
    rate = eta / (1 - mu)
    step = _step_term(v, eta, mu)
    frozen = rate / 4 * share * v.trace_noise
    entries = [
        Entry("edge of stability", edge, slack, "chapter 23", _bound_note(whole, k)),
        Entry("eta over the edge", eta / edge, None, "chapter 23", "below 1: the linear model has a second moment"),
        Entry("step term", *step, "chapter 16", "next order of the SDE in the step"),
        *_shape(v, rate * share),
        Entry("excess loss, frozen noise", frozen, 0.0, "chapter 18", "leading order in eta"),
        Entry("excess loss, with the step term", frozen * (1 + step[0]), frozen * step[1], "chapter 18", "next order"),
    ]
    if v.loss.quadratic and mu == 0 and v.d <= 200 and eta < edge:
        exact = stationary_loss(v.loss, eta, size, sampling=sampling) - float(v.loss.loss(v.loss.minimiser))
        entries.append(Entry("excess loss, exact chain", exact, 0.0, "chapter 18", "second moments close"))
    temperatures, rates = _in_directions(v, eta, share, mu)
    one = rate / 2 * share * v.trace_noise / v.d
    steep, flat = temperatures.max(), temperatures.min()
    rest = v.rest
    far = v.gradient_norm if v.gradient_norm > 1e-6 * np.sqrt(v.trace_noise) else 0.0
    entries += [
        Entry("temperature, hottest direction", steep, 0.0, "chapter 9", "of those found"),
        Entry("temperature, coldest direction", flat, 0.0, "chapter 9", "of those found"),
        Entry("hottest over mean of all", steep / one, None, "chapter 10", "1 if there was one temperature"),
        Entry("largest current", np.abs(rates).max(), None, "chapter 10", "area a unit of time; 0 in equilibrium"),
        Entry("time to settle, at least", 1 / rest[0] if rest[0] > 0 else np.inf, None, "chapter 17", _TIME),
        Entry("steps to settle, at least", 1 / (rate * rest[0]) if rest[0] > 0 else np.inf, None, "chapter 17"),
        Entry("|gradient| here", far, None, "chapter 23", "0 where below a millionth of the noise"),
    ]
    settled = None
    if log is not None:
        settled, more = _of_log(log, eta, mu)
        entries += more
    what_if = tuple(_what_if(v, eta, size, mu, sampling))
    return Diagnosis(v, eta, size, mu, tuple(entries), what_if, temperatures, one, edges, settled)


_TIME = "1 over the mean curvature of the directions not found; the flattest take longer"


def _bound_note(whole: bool, k: int) -> str:
    return (
        "all directions"
        if whole
        else f"upper bound, {k} directions; the error is what the second half of them took off"
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
        Entry("skewness", np.abs(skewness).max(), None, "chapter 16", note),
        Entry("excess kurtosis", kurtosis[np.abs(kurtosis).argmax()], None, "chapter 16", note),
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
        entries.append(Entry("excess loss, from the log", excess, None, "chapter 17", "if the valley is a parabola"))
    if grad2 is not None and mu == 0:
        entries.append(Entry("curvature that the log sees", grad2 / (eta / 2 * squares), None, "chapter 17", "h_eff"))
    return found, entries


def _leading(curved, d: int, k: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Leading eigenvalues of the Hessian, the largest first, and their vectors."""
    if d <= 2 * k:
        h = np.column_stack([curved(e) for e in np.eye(d)])
        values, vectors = np.linalg.eigh((h + h.T) / 2)
    else:
        from scipy.sparse.linalg import LinearOperator, eigsh

        product = LinearOperator((d, d), matvec=lambda v: curved(v.ravel()), dtype=float)
        values, vectors = eigsh(product, k=k, which="LA", v0=rng.standard_normal(d), tol=1e-4)
    order = np.argsort(values)[::-1]
    return values[order], vectors[:, order]


def _noise(loss: Loss, phi: Array, u: Array, mean: Array, rng) -> tuple[Array, float, Array]:
    """Every example's gradient along u, the mean of its square, and the noise of a few examples."""
    chosen = np.sort(rng.choice(loss.n, min(TRACED, loss.n), replace=False))
    along, squares, sampled, first = [], 0.0, [], 0
    for rows in loss.gradient_blocks(phi):
        along.append(rows @ u)
        squares += float(np.einsum("ij,ij->", rows, rows))
        sampled.append(rows[chosen[(chosen >= first) & (chosen < first + len(rows))] - first] - mean)
        first += len(rows)
    return np.concatenate(along), squares / loss.n, np.concatenate(sampled)


def _examples(loss: Loss, phi: Array, u: Array, step: float) -> Array:
    """The examples' Hessians between the directions, from differences of their gradients."""
    columns = []
    for v in u.T:
        ahead, behind = (
            np.concatenate([rows @ u for rows in loss.gradient_blocks(phi + s * v)]) for s in (step, -step)
        )
        columns.append((ahead - behind) / (2 * step))
    a = np.stack(columns, axis=-1)
    return (a + a.transpose(0, 2, 1)) / 2


def _beyond(u: Array, v: Array) -> Array:
    return v - u @ (u.T @ v)


def _trace(curved, u: Array, h: Array, d: int, probes: int, rng) -> tuple[float, float]:
    """tr H: the leading eigenvalues, and Hutchinson's estimate of what they leave."""
    if len(h) == d:
        return float(h.sum()), 0.0
    signs = (_beyond(u, rng.choice([-1.0, 1.0], d)) for _ in range(probes))
    values = np.array([z @ curved(z) for z in signs])
    return float(h.sum() + values.mean()), float(values.std(ddof=1) / np.sqrt(probes))
