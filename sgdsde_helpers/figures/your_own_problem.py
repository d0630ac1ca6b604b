"""Figures of chapter 23: one's own problem."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from sgdsde_helpers.diagnosis import Diagnosis, Valley, diagnose
from sgdsde_helpers.figures.marks import log_ticks, setting
from sgdsde_helpers.figures.style import (
    ACCENT,
    MUTED,
    PREDICTION,
    SGD,
    house_style,
    label_axes,
    new_figure,
)


@house_style
def report(diagnosis: Diagnosis) -> Figure:
    """The edge against the batch size with the setting and its doublings; and the temperatures of the leading directions."""
    fig, (left, right) = new_figure(ncols=2)
    _edges(left, diagnosis)
    right.plot(diagnosis.valley.curvatures, diagnosis.temperatures, "o", color=SGD, label="direction")
    right.axhline(diagnosis.one_temperature, color=MUTED, ls=":", label="if it was one")
    right.set(xscale="log", yscale="log")
    right.legend(loc="lower right")
    label_axes(right, "curvature $h_i$", "temperature")
    return fig


@house_style
def excesses(predicted: np.ndarray, measured: np.ndarray, error: np.ndarray) -> Figure:
    """Measured excess loss against the predicted one, setting by setting, with the line y = x."""
    fig, ax = new_figure()
    ax.errorbar(predicted, measured, error, fmt="o", color=SGD, label="ensembles")
    line = np.array([predicted.min() / 1.5, predicted.max() * 1.5])
    ax.plot(line, line, color=PREDICTION, lw=1.2, ls="--", label="predicted")
    log_ticks(ax, [0.005, 0.01, 0.02], [0.005, 0.01, 0.02, 0.04])
    ax.legend(loc="upper left")
    label_axes(ax, r"predicted excess", "measured excess")
    return fig


def edge_panel(valley: Valley, ax: Axes, eta: float, batch_size: int, seed: int) -> str:
    """One setting of the chapter's widget: where it lies under the edge, and where doubling the batch takes it."""
    found = diagnose(valley, eta, batch_size)
    _edges(ax, found)
    ax.set(ylim=(0.02, 3.0))
    rows = {name: (edge, excess) for name, edge, _, excess in found.what_if}
    (share, excess), (kept, less), (linear, same) = (
        rows[name] for name in ("as it is", "B doubled, eta kept", "B and eta doubled")
    )
    return (
        f"{setting(eta, batch_size)}: at {share:.2f} of the edge, excess {excess:.4f}. With B doubled {kept:.2f} and {less:.4f}; "
        f"with both doubled {linear:.2f} and {same:.4f}."
    )


def _edges(ax: Axes, diagnosis: Diagnosis) -> None:
    sizes, edges = np.array(list(diagnosis.edges)), np.array(list(diagnosis.edges.values()))
    eta, size = diagnosis.eta, diagnosis.batch_size
    ax.plot(sizes, edges, color=PREDICTION, label=r"edge $\eta^*(B)$")
    ax.plot([size], [eta], "o", color=SGD, label="here")
    ax.plot([2 * size, 2 * size], [eta, 2 * eta], "s", color=ACCENT, label="$B$ doubled")
    for new in (eta, 2 * eta):
        ax.annotate("", (2 * size, new), (size, eta), arrowprops={"arrowstyle": "->", "color": ACCENT, "lw": 1.5})
    ax.set(xscale="log", yscale="log", ylim=(min(edges.min(), eta) / 4, max(edges.max(), 2 * eta) * 1.5))
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.legend(loc="lower right")
    label_axes(ax, "batch size $B$", r"learning rate $\eta$")
