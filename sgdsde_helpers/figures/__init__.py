"""Figures: the house style and one module of drawing functions for each chapter.

The chapters' modules are imported by name (``from sgdsde_helpers.figures import stochastic_process as figures``), since each of them
loads pyplot; the names below are the shared palette and helpers, for a reader's own figures.
"""

from sgdsde_helpers.figures.style import (
    ACCENT,
    ARMS,
    FLOW,
    GAUSSIAN_SGD,
    MUTED,
    PAPER,
    PREDICTION,
    SDE,
    SGD,
    SKY,
    covariance_ellipse,
    finish,
    histogram_with_density,
    house_style,
    label_axes,
    legend_above,
    new_figure,
    note,
    panel_title,
    plus_minus,
    setting,
    style_context,
)

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
    "SKY",
    "covariance_ellipse",
    "finish",
    "histogram_with_density",
    "house_style",
    "label_axes",
    "legend_above",
    "new_figure",
    "note",
    "panel_title",
    "plus_minus",
    "setting",
    "style_context",
]
