"""Figures of chapter 20: heavy tails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sgdsde_helpers.figures.marks import MARKERS, log_ticks, measured, plus_minus, setting
from sgdsde_helpers.figures.style import (
    ARMS,
    MUTED,
    PREDICTION,
    SDE,
    SGD,
    house_style,
    label_axes,
    new_figure,
    panel_title,
)
from sgdsde_helpers.measure import extrapolated_hill
from sgdsde_helpers.simulation import streaming_sgd
from sgdsde_helpers.theory import gaussian_features_exponent, gaussian_features_sde_survival

LINES = {"SGD": "-", "Gaussian SGD": "--", "SDE": "-."}


@house_style
def exponents(
    etas: np.ndarray, curves: Mapping[str, np.ndarray], marks: Mapping[str, tuple[float, float, float]]
) -> Figure:
    """Tail exponents of the three arms against the learning rate; `marks` are (eta, estimate, standard error)."""
    fig, ax = new_figure()
    for arm, alpha in curves.items():
        ax.plot(etas, alpha, color=ARMS[arm], ls=LINES[arm], label=arm)
    for arm, (eta, estimate, error) in marks.items():
        measured(ax, [eta], [estimate], [error], color=ARMS[arm], fmt=MARKERS[arm], label=f"{arm}, measured")
    for level in (2, 4):
        ax.axhline(level, color=MUTED, lw=1, ls=":", label=f"{level}")
    ax.set(yscale="log", ylim=(1, 32))
    log_ticks(ax, y=[1, 2, 4, 8, 16, 32])
    ax.legend(handles=[ax.get_lines()[i] for i in range(len(curves))], loc="upper right")
    label_axes(ax, r"learning rate $\eta$", r"tail exponent $\alpha$")
    return fig


@house_style
def small_steps(
    etas: np.ndarray, curves: Mapping[str, Mapping[str, np.ndarray]], limits: Mapping[str, float]
) -> Figure:
    """eta alpha / B against eta / B on a logarithmic axis, a line for each B and arm, and the limits."""
    fig, ax = new_figure()
    shades = (1.0, 0.6, 0.35)
    for arm, of_size in curves.items():
        for (size, values), shade in zip(of_size.items(), shades):
            ax.plot(etas, values, color=ARMS[arm], ls=LINES[arm], alpha=shade, label=f"{arm}, {size}")
    for arm, limit in limits.items():
        ax.axhline(limit, color=ARMS[arm], lw=1, ls=":", label=f"limit, {arm}")
    ax.set(xscale="log", ylim=(0.5, 2.0))
    fig.legend(loc="outside upper right", ncols=2, columnspacing=1.2)
    label_axes(ax, r"$\eta/B$", r"$\alpha\eta/B$")
    return fig


@house_style
def hill_plots(
    titles: Sequence[str],
    curves: Sequence[tuple[np.ndarray, np.ndarray]],
    estimates: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]],
    alphas: Sequence[float],
) -> Figure:
    """One panel a law: Hill's estimates against the share of the sample, what the exact law makes them, and alpha."""
    fig, axes = new_figure(1, len(titles), height=3.6, sharex=True)
    for ax, title, curve, (shares, value, error), alpha in zip(axes, titles, curves, estimates, alphas):
        ax.plot(*curve, color=PREDICTION, label="exact law")
        measured(ax, shares, value, error, label="measured")
        ax.axhline(alpha, color=MUTED, ls="--", label=r"$\alpha$")
        ax.set(ylim=(0, 1.45 * alpha))
        log_ticks(ax, x=[1e-3, 1e-2, 1e-1], x_labels=["0.1%", "1%", "10%"])
        ax.set(xlim=(4e-4, 0.3))
        panel_title(ax, title)
        label_axes(ax, "largest, share of sample", "Hill's estimate" if ax is axes[0] else None)
    axes[0].legend(loc="lower left")
    return fig


def tail_panel(ax: Axes, eta: float, batch_size: int, seed: int, chains: int = 8000, n_steps: int = 50) -> str:
    """One setting of the chapter's widget: P(|phi| > r) of streaming SGD, of its SDE, and a line with SGD's own slope."""
    final = np.abs(streaming_sgd(eta, batch_size=batch_size, n_chains=chains, n_steps=n_steps, seed=seed).final)
    x = np.sort(final)[::-1]
    share = np.arange(1, chains + 1) / chains
    alpha = {arm: gaussian_features_exponent(eta, batch_size, arm=arm) for arm in ("SGD", "SDE")}
    ax.step(x, share, color=SGD, where="pre", label="SGD")
    r = np.geomspace(0.01, 100, 200)
    ax.plot(r, gaussian_features_sde_survival(r, eta, batch_size), color=SDE, ls="-.", label="SDE")
    anchor = chains // 100
    ax.plot(
        r, share[anchor] * (r / x[anchor]) ** -alpha["SGD"], color=PREDICTION, ls=":", label=r"slope $\alpha$ of SGD"
    )
    ax.set(xscale="log", yscale="log", xlim=(0.01, 100), ylim=(5e-5, 1.5))
    ax.legend(loc="lower left")
    label_axes(ax, r"$r$", r"$P(|\Phi| > r)$")
    return (
        f"{setting(eta, batch_size)}: α is {alpha['SGD']:.2f} for SGD and {alpha['SDE']:.2f} for the SDE; Hill's estimate, "
        f"extrapolated from {anchor} and {8 * anchor} of {chains} chains, is {plus_minus(*extrapolated_hill(final, anchor, 2.0))}."
    )
