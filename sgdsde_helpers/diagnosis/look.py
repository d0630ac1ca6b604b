"""A loss near a minimum, seen through its gradients: leading curvatures, traces, and the noise along the leading directions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from sgdsde_helpers import checks
from sgdsde_helpers.checks import Array
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.losses._base import a_loss
from sgdsde_helpers.theory import mean_square_edge

__all__ = ["Valley", "valley"]

TRACED = 32  # examples, at most, whose products with the Hessian are taken


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
    Products with the Hessian are differences of gradients. With k directions it takes 2 k + 2 probes + 65 gradients of L, two more
    for each product that Lanczos' method asks for (20 to 90 of them for k from 3 to 20), and 2 k + 1 passes over all the
    examples' gradients. Where a gradient of L is itself such a pass, all this is a time of order n d, in memory for a few
    gradients: half a minute with k = 5, n = 500 and d = 100,000. tr H is found by Hutchinson's estimator on what the leading
    directions leave; tr(H Sigma) from what they leave of the gradients of 32 examples, drawn in proportion to its square: of a few
    examples with large gradients, as a network has them, draws that are alike would miss the most, and their error would not say so.

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
        """H v."""
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
    trace_noise = float(squares - mean @ mean)
    left = trace_noise - np.trace(noise) if len(h) < d else 0.0
    curved_left, error = _curvature_of(curved, sampled, exact=loss.n <= TRACED) if left > 0 else (0.0, 0.0)
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
        trace_noise=trace_noise,
        trace_curved=(float(h @ np.diag(noise) + left * curved_left), float(left * error)),
        trace_hessian=_trace(curved, u, h, d, probes, rng),
    )


def _leading(curved: Callable, d: int, k: int, rng: np.random.Generator) -> tuple[Array, Array]:
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


def _noise(loss: Loss, phi: Array, u: Array, mean: Array, rng: np.random.Generator) -> tuple[Array, float, Array]:
    """Every example's gradient along u, the mean of its square, and what u leaves of the noise of a few examples.

    Of more than TRACED examples each of so many draws takes one in proportion to the square of what is left: the first to ring, where
    each example has a clock that runs as fast as that.
    """
    along, squares, first = [], 0.0, 0
    kept, rang = np.zeros((min(TRACED, loss.n), len(phi))), np.full(TRACED, np.inf)
    for rows in loss.gradient_blocks(phi):
        along.append(rows @ u)
        squares += float(np.einsum("ij,ij->", rows, rows))
        left = _beyond(u, (rows - mean).T).T
        if loss.n <= TRACED:
            kept[first : first + len(rows)] = left
        else:
            with np.errstate(divide="ignore"):
                rings = rng.standard_exponential((len(rows), TRACED)) / np.einsum("ij,ij->i", left, left)[:, None]
            sooner = rings.min(axis=0) < rang
            kept[sooner], rang = left[rings.argmin(axis=0)[sooner]], np.minimum(rang, rings.min(axis=0))
        first += len(rows)
    return np.concatenate(along), squares / loss.n, kept


def _curvature_of(curved: Callable, sampled: Array, *, exact: bool) -> tuple[float, float]:
    """Curvature that the sampled noise sees, and its standard error; of all the noise, where that is the sample, exact."""
    parts, squares = np.array([v @ curved(v) for v in sampled]), np.einsum("ij,ij->i", sampled, sampled)
    if exact:
        return float(parts.sum() / squares.sum()), 0.0
    seen = parts / squares
    return float(seen.mean()), float(seen.std(ddof=1) / np.sqrt(len(seen)))


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


def _trace(curved: Callable, u: Array, h: Array, d: int, probes: int, rng: np.random.Generator) -> tuple[float, float]:
    """tr H: the leading eigenvalues, and Hutchinson's estimate of what they leave."""
    if len(h) == d:
        return float(h.sum()), 0.0
    signs = (_beyond(u, rng.choice([-1.0, 1.0], d)) for _ in range(probes))
    values = np.array([z @ curved(z) for z in signs])
    return float(h.sum() + values.mean()), float(values.std(ddof=1) / np.sqrt(probes))
