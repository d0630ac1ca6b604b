"""Reads a figure's artists back: what was drawn, in the units of the axes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse, StepPatch

from sgdsde_helpers.figures import setting


def line(ax: Axes, label: str) -> np.ndarray:
    """The points (k, 2) of the one line with this entry in the legend."""
    (found,) = [artist for artist in ax.lines if artist.get_label() == label]
    return np.asarray(found.get_xydata(), float)


def marks(ax: Axes, label: str) -> np.ndarray:
    """The points (k, 2) of the one set of marks with error bars that has this entry in the legend."""
    ((x, y, _),) = bars(ax, label)
    return np.column_stack([x, y])


def lines(ax: Axes, color: str | None = None, style: str | None = None) -> list[np.ndarray]:
    """The points of all lines that are not empty, in the order drawn, of one colour and one style where these are given."""
    return [
        np.asarray(a.get_xydata(), float)
        for a in ax.lines
        if len(a.get_xdata()) and color in (None, a.get_color()) and style in (None, a.get_linestyle())
    ]


def bars(ax: Axes, label: str | None = None) -> list[np.ndarray]:
    """For each set of marks with error bars: rows x, y, standard error (a bar reaches two of them)."""
    found = []
    for group in ax.containers:
        if isinstance(group, ErrorbarContainer) and label in (None, group.get_label()):
            x, y = np.asarray(group.lines[0].get_xydata(), float).T
            reach = np.array([np.ptp(segment[:, 1]) for segment in group.lines[2][0].get_segments()])
            found.append(np.array([x, y, reach / 4]))
    assert found
    return found


def histograms(ax: Axes) -> list[tuple[np.ndarray, np.ndarray]]:
    """Heights and edges of each histogram."""
    return [(p.get_data().values, p.get_data().edges) for p in ax.patches if isinstance(p, StepPatch)]


def ellipses(ax: Axes, *, radius: float = 2.0, color: str | None = None, style: str | None = None) -> list[np.ndarray]:
    """Covariances of the ellipses, read as lines of `radius` standard deviations."""
    found = []
    for p in ax.patches:
        if isinstance(p, Ellipse) and color in (None, p._original_edgecolor) and style in (None, p.get_linestyle()):
            turn = np.radians(p.angle)
            axes = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
            found.append(axes @ np.diag([p.width**2, p.height**2]) @ axes.T / (2 * radius) ** 2)
    return found


def share_of(sample: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """A histogram's heights counted one bin at a time; the last bin holds its right edge."""
    counts = [np.sum((sample >= a) & (sample < b)) for a, b in itertools.pairwise(edges)]
    counts[-1] += np.sum(sample == edges[-1])
    return np.array(counts) / len(sample) / np.diff(edges)


def assert_on(marks: np.ndarray, curve: np.ndarray | Callable, *, shift: float = 1.0) -> None:
    """Marks (rows x, y, error) lie on a curve to 4.5 errors; false alarms 7e-6 a mark. `shift` undoes a sideways shift."""
    x, y, error = marks
    at = curve(x / shift) if callable(curve) else np.interp(x / shift, *curve.T)
    z = (y - at) / error
    assert np.abs(z).max() < 4.5, f"marks lie {z.round(1)} errors off the curve"


def three_settings(
    draw: Callable, settings: Sequence[tuple[float, int]], n_panels: int = 1, seed: int = 3
) -> Iterator[tuple[list[Axes], float, int, str]]:
    """Draw a widget's panels at several settings: their axes, eta, B and the caption; limits and captions are checked."""
    assert len(settings) >= 3
    assert len({eta for eta, _ in settings}) > 1 < max(size for _, size in settings)
    limits = set()
    for eta, batch_size in settings:
        axes = list(Figure(layout="constrained").subplots(1, n_panels, squeeze=False)[0])
        caption = draw(axes[0] if n_panels == 1 else np.array(axes), eta, batch_size, seed)
        assert caption.startswith(setting(eta, batch_size))
        limits.add(tuple((ax.get_xlim(), ax.get_ylim()) for ax in axes))
        yield axes, eta, batch_size, caption
    assert len(limits) == 1
