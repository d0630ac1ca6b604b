"""House style of the book's figures: one palette with fixed roles, one look; the marks are in `marks`.

A figure function is written like this::

    @house_style
    def two_laws(sample, grid, density):
        fig, ax = new_figure()
        histogram_with_density(ax, sample, grid, density)
        label_axes(ax, r"$\\Phi$", "density")
        return fig

The decorator draws under the house style and closes the figure in pyplot, so that a notebook shows it once, as the value of
its cell. A function that draws one panel takes ``ax`` first and returns no figure; `explore` and other figures reuse it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = [
    "ACCENT",
    "ARMS",
    "FLOW",
    "GAUSSIAN_SGD",
    "MUTED",
    "PAPER",
    "PREDICTION",
    "SDE",
    "SGD",
    "SHADES",
    "SKY",
    "house_style",
    "label_axes",
    "legend_above",
    "new_figure",
    "note",
    "panel_title",
    "style_context",
]

# Okabe and Ito's palette: these stay apart for colour-blind readers, and each keeps one meaning through the book.
SGD = "#0072B2"
GAUSSIAN_SGD = "#E69F00"
SDE = "#009E73"
PREDICTION = "#000000"
FLOW = "#D55E00"
ACCENT = "#CC79A7"
SKY = "#56B4E9"
SHADES = ("#9CCBE8", "#3D95CF", "#003E63")  # one arm at three settings: the smaller the learning rate the darker
MUTED = "#767676"  # dark enough to read as text on PAPER (contrast 4.5)
PAPER = "#FDFDFB"  # opaque, so that a figure reads the same on the light and the dark page
ARMS = {"SGD": SGD, "Gaussian SGD": GAUSSIAN_SGD, "SDE": SDE}

WIDTH = 6.4  # inches, of figures and of widgets' pictures; the column is 690 px wide on a desk and 360 on a phone
TEXT = 14.1  # points: 11 px on a phone

STYLE = {
    "figure.dpi": 216,  # two pixels for each of the page's column, 690 px wide
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "font.family": "DejaVu Sans",  # travels with Matplotlib: the same picture on every machine
    "font.size": TEXT,
    "axes.labelsize": TEXT,
    "axes.titlesize": TEXT,
    "xtick.labelsize": TEXT,
    "ytick.labelsize": TEXT,
    "legend.fontsize": TEXT,
    "legend.labelspacing": 0.3,
    "legend.borderaxespad": 0.2,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#444444",
    "axes.linewidth": 0.9,
    "axes.prop_cycle": cycler(color=[SGD, GAUSSIAN_SGD, SDE, FLOW, ACCENT, SKY]),
    "lines.linewidth": 1.9,
    "lines.markersize": 5.5,
    "patch.linewidth": 0.0,
    "axes.formatter.use_mathtext": True,
    "path.simplify": True,
}


def style_context() -> AbstractContextManager[None]:
    """The house style as a context, or as a decorator: ``with style_context(): ...``; nothing leaks out of it."""
    return mpl.rc_context(STYLE)


def house_style(function: Callable[..., Figure]) -> Callable[..., Figure]:
    """Decorate a figure function: it draws under the house style, and its figure is closed in pyplot before it returns."""

    @functools.wraps(function)
    def styled(*args, **kwargs):
        with style_context():
            figure = function(*args, **kwargs)
            if isinstance(figure, Figure):
                plt.close(figure)
            return figure

    return styled


def new_figure(
    nrows: int = 1, ncols: int = 1, *, height: float = 3.4, width: float = WIDTH, **subplots
) -> tuple[Figure, Any]:
    """A figure in the book's width with its axes, as ``plt.subplots`` returns them; for use under `house_style`.

    Parameters
    ----------
    nrows, ncols : the grid of panels.
    height, width : inches.
    **subplots : handed to ``plt.subplots`` (``sharex``, ``width_ratios``, ...).
    """
    with style_context():
        return plt.subplots(nrows, ncols, figsize=(width, height), layout="constrained", **subplots)


def label_axes(ax: Axes, x: str | None = None, y: str | None = None) -> None:
    """Name both axes with their symbols; None leaves a name off."""
    if x is not None:
        ax.set_xlabel(x)
    if y is not None:
        ax.set_ylabel(y)


def legend_above(ax: Axes, **options) -> None:
    """A legend in one row over the panel, where no mark reaches it."""
    ax.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.0, ncols=9, **options)


def panel_title(ax: Axes, text: str) -> None:
    """A short name over the left edge of one panel of several (the caption says the rest)."""
    ax.set_title(text, loc="left")


def note(ax: Axes, text: str, *, x: float = 0.98, y: float = 0.95) -> None:
    """A remark inside the panel, right-aligned, at axes coordinates (x, y)."""
    ax.text(x, y, text, transform=ax.transAxes, ha="right", va="top")
