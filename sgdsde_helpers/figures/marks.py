"""Marks that several chapters draw: bell, cloud, ellipse, histogram, measured points, logarithmic ticks, and captions' words.

One mark, one meaning: bars of `measured` are two standard errors everywhere, a histogram has the area of the whole sample
even where its bins hold only a part of it, and the formula of no prediction stands here: it is handed over, or `theory`'s.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.patches import Ellipse
from matplotlib.ticker import NullFormatter

from sgdsde_helpers.figures.style import PREDICTION, SGD
from sgdsde_helpers.theory.laws.density import gaussian_density

__all__ = [
    "MARKERS",
    "bell",
    "cloud",
    "covariance_ellipse",
    "distribution",
    "histogram",
    "histogram_with_density",
    "in_words",
    "log_ticks",
    "measured",
    "plus_minus",
    "setting",
]

MARKERS = {"SGD": "o", "Gaussian SGD": "s", "SDE": "^"}  # the arms', beside their colours


def bell(ax: Axes, grid: np.ndarray, mean: float = 0.0, variance: float = 1.0, **line) -> None:
    """The Gaussian density on a grid, black unless `line` says otherwise."""
    ax.plot(grid, gaussian_density(grid, mean, variance), **({"color": PREDICTION} | line))


def cloud(ax: Axes, sample: np.ndarray, *, shown: int = 1500, **dots) -> None:
    """The first `shown` states of a sample (m, 2) as faint dots."""
    look = {"color": SGD, "alpha": 0.25, "markersize": 2.5, "markeredgewidth": 0, "zorder": 1}
    ax.plot(*sample[:shown].T, "o", **(look | dots))


def histogram(ax: Axes, sample: np.ndarray, edges: int | Sequence[float], *, color: str = SGD, **patch) -> None:
    """A filled histogram: share of the whole sample over the width of each bin; `edges`, or how many bins."""
    heights, edges = np.histogram(sample, bins=edges)
    ax.stairs(heights / np.size(sample) / np.diff(edges), edges, color=color, **({"fill": True, "alpha": 0.45} | patch))


def histogram_with_density(
    ax: Axes,
    sample: np.ndarray,
    grid: np.ndarray | None = None,
    density: np.ndarray | None = None,
    *,
    bins: int | Sequence[float] = 60,
    color: str = SGD,
    label: str | None = "SGD",
    density_label: str = "prediction",
) -> None:
    """A sample as a filled histogram, with a predicted density as a black line over it.

    Parameters
    ----------
    ax : the panel.
    sample : (m,) values.
    grid, density : (k,) the points and the values of the prediction; leave both out for the histogram alone.
    bins : number of bins, or their edges; give edges in a widget, so that settings share them.
    color : the colour of the sample's arm.
    label, density_label : entries of the legend.
    """
    histogram(ax, sample, bins, color=color, label=label)
    if density is not None:
        ax.plot(grid, density, color=PREDICTION, label=density_label)
    ax.set_ylim(bottom=0.0)


def distribution(ax: Axes, sample: np.ndarray, **line) -> None:
    """The distribution function of a sample (m,), a step at each of its values."""
    ax.step(np.sort(sample), np.arange(1, len(sample) + 1) / len(sample), where="post", **({"color": SGD} | line))


def measured(ax: Axes, x: np.ndarray, value: np.ndarray, error: np.ndarray, **look) -> ErrorbarContainer:
    """Measured values with bars of two standard errors."""
    return ax.errorbar(x, value, 2 * np.asarray(error), **({"fmt": "o", "color": SGD} | look))


def covariance_ellipse(
    ax: Axes, covariance: np.ndarray, center: Sequence[float] = (0.0, 0.0), *, radius: float = 2.0, **patch
) -> Ellipse:
    """The ellipse of the points at Mahalanobis distance `radius` from `center`.

    Parameters
    ----------
    ax : the panel.
    covariance : (2, 2).
    center : (2,).
    radius : in standard deviations; 2 holds 86% of a Gaussian law in the plane.
    **patch : handed to ``Ellipse`` (``edgecolor``, ``linestyle``, ``label``, ...).
    """
    variances, axes = np.linalg.eigh(np.asarray(covariance, dtype=float))
    width, height = 2 * radius * np.sqrt(np.maximum(variances, 0.0))
    angle = np.degrees(np.arctan2(axes[1, 0], axes[0, 0]))
    look = {"facecolor": "none", "edgecolor": PREDICTION, "linewidth": 1.9} | patch
    return ax.add_patch(Ellipse(center, width, height, angle=angle, **look))


def log_ticks(
    ax: Axes, x: Sequence[float] | None = None, y: Sequence[float] | None = None, x_labels: Sequence[str] | None = None
) -> None:
    """Logarithmic axes with ticks and labels at the given places only; None leaves an axis as it is."""
    for axis, ticks, labels in ((ax.xaxis, x, x_labels), (ax.yaxis, y, None)):
        if ticks is not None:
            ax.set(**{f"{axis.axis_name}scale": "log"})
            axis.set_ticks(ticks, labels or [f"{v:g}" for v in ticks])
            axis.set_minor_formatter(NullFormatter())


def setting(eta: float, batch_size: int) -> str:
    """How captions name a setting: ``"η = 0.1, B = 8"``; the widget checks that each caption says its own."""
    return f"η = {eta:.3g}, B = {batch_size}"


def plus_minus(value: float, error: float) -> str:
    """A value with its standard error, to the second digit of the error."""
    decimals = _decimals(error)
    return f"{value:.{decimals}f} ± {error:.{decimals}f}".replace("-", "\u2212")  # a minus sign for Python's hyphen


def in_words(predicted: float, value: float, error: float) -> str:
    """A prediction beside a measurement for a caption, all rounded to the second digit of the standard error."""
    return f"predicted {predicted:.{_decimals(error)}f}, measured {plus_minus(value, error)}".replace("-", "\u2212")


def _decimals(error: float) -> int:
    return max(0, 1 - int(np.floor(np.log10(error))))
