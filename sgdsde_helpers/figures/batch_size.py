"""Figures of chapter 16: batch size and sampling."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sgdsde_helpers.figures.marks import histogram, log_ticks, setting
from sgdsde_helpers.figures.style import (
    ACCENT,
    MUTED,
    PREDICTION,
    SDE,
    SGD,
    house_style,
    label_axes,
    legend_above,
    new_figure,
)
from sgdsde_helpers.losses import ScalarQuadratic
from sgdsde_helpers.measure import variance_and_error
from sgdsde_helpers.simulation import sgd
from sgdsde_helpers.theory import sde_stationary_moments, sgd_stationary_moments

ARMS = {"SGD": SGD, "momentum 0.9": ACCENT}


@house_style
def inverse_variance(lines: Mapping[str, tuple], marks: Mapping[str, tuple], sde: float) -> Figure:
    """One over the stationary variance against B, along eta = eta_0 B: lines (B, value), marks (B, value, error), the SDE's level."""
    fig, ax = new_figure()
    ax.axhline(sde, color=SDE, ls="-.", label="SDE")  # first in the legend: the longest name comes where there is room
    for (name, (sizes, values)), dashes in zip(lines.items(), ("--", ":")):
        ax.plot(sizes, values, color=PREDICTION, ls=dashes, lw=1.2, label=f"{name}, predicted")
    for name, values in marks.items():
        ax.errorbar(*values, fmt="o", color=ARMS[name], label=name)
    ax.set_ylim(bottom=0)
    ax.legend(loc="lower left")
    label_axes(ax, "batch size $B$", "1 / variance")
    return fig


def _predicted_and_measured(
    ax: Axes, x: np.ndarray, curves: Mapping[str, np.ndarray], marks: Mapping[str, tuple], colors: tuple[str, ...]
) -> None:
    """On two logarithmic axes, in one colour each: predicted curves over x, and marks (x, value, error)."""
    for (name, values), color in zip(curves.items(), colors, strict=True):
        ax.plot(x, values, color=color, ls="--", lw=1.2, label=f"{name}, predicted")
        at, value, error = marks[name]
        ax.errorbar(at, value, error, fmt="o", color=color, label=name)
    ax.set(xscale="log", yscale="log")


@house_style
def shares(kappa: np.ndarray, curves: Mapping[str, np.ndarray], marks: Mapping[str, tuple]) -> Figure:
    """Variance of reshuffled chains over that of independent batches, at the end of an epoch and averaged over it."""
    fig, ax = new_figure()
    _predicted_and_measured(ax, kappa, curves, marks, (SGD, ACCENT))
    ax.legend(loc="lower right")
    label_axes(ax, r"$\kappa = \eta h n / B$", "reshuffled / i.i.d. variance")
    return fig


@house_style
def adam_rules(kappas: np.ndarray, predicted: Mapping[str, np.ndarray], measured: Mapping[str, tuple]) -> Figure:
    """Adam's variance against the growth of the batch, in units that are fixed at growth 1, under two rules."""
    fig, ax = new_figure()
    marks = {name: (kappas, *of_rule) for name, of_rule in measured.items()}
    _predicted_and_measured(ax, kappas, predicted, marks, (SGD, MUTED))
    log_ticks(ax, x=kappas, y=[1, 2, 4])
    ax.legend(loc="upper left")
    label_axes(ax, r"growth of the batch, $\kappa$", r"variance over $\eta\sigma/(2h)$ of $\kappa = 1$")
    return fig


def rule_panel(loss: ScalarQuadratic, ax: Axes, eta: float, batch_size: int, seed: int, chains: int = 3000) -> str:
    """One setting of the chapter's widget: the law of SGD, and the widths that the exact chain and the SDE predict."""
    start = float(loss.minimiser)
    final = sgd(
        loss, eta, n_steps=int(np.ceil(6 / eta)), batch_size=batch_size, n_chains=chains, start=start, seed=seed
    ).final
    exact = float(sgd_stationary_moments(loss, eta, batch_size)[1])
    sde = float(sde_stationary_moments(loss, eta, batch_size)[1])
    histogram(ax, (final - start) / np.sqrt(sde), np.linspace(-5.2, 5.2, 105), label="SGD")
    for variance, color, dashes, name in ((exact, PREDICTION, "--", "exact ± s.d."), (sde, SDE, "-.", "SDE ± s.d.")):
        for side in (-1, 1):
            ax.axvline(side * np.sqrt(variance / sde), color=color, ls=dashes, lw=1.4, label=name if side > 0 else None)
    ax.set(xlim=(-5.2, 5.2), ylim=(0, 0.6))
    legend_above(ax)
    label_axes(ax, r"$(\Phi - \Phi^*)$ / the SDE's deviation", "density")
    measured, error = variance_and_error(final)
    return f"{setting(eta, batch_size)}: variance {measured:.5f} ± {error:.5f}; exact {exact:.5f}, SDE {sde:.5f}."
