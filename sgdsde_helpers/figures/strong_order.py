"""Figures of the appendix on strong order: Euler-Maruyama beside the exact solution, path by path."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from sgdsde_helpers.figures.marks import measured
from sgdsde_helpers.figures.style import FLOW, PREDICTION, SGD, house_style, label_axes, new_figure


@house_style
def strong_errors(dts: np.ndarray, found: Mapping[str, tuple], exact: Mapping[str, np.ndarray]) -> Figure:
    """Root mean square distance of Euler-Maruyama from the exact solution on the same Brownian path, against dt.

    Parameters
    ----------
    dts : (K,) time steps.
    found : kind of noise -> (error, standard error), (K,) each.
    exact : kind of noise -> (K,) predicted error.
    """
    fig, ax = new_figure(height=3.6)
    for (name, (value, error)), color, mark in zip(found.items(), (SGD, FLOW), "os"):
        ax.loglog(dts, exact[name], color=PREDICTION, linewidth=1.2, zorder=1)
        measured(ax, dts, value, error, fmt=mark, color=color, label=f"{name} noise")
    ax.text(dts[2], 1.25 * exact["multiplicative"][2], "slope 1/2", ha="right", va="bottom")
    ax.text(dts[2], 1.25 * exact["additive"][2], "slope 1", ha="right", va="bottom")
    ax.legend(loc="lower right")
    label_axes(ax, r"time step $dt$", "root mean square error")
    return fig
