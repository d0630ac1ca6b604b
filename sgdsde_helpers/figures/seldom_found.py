"""Figures of the chapter "Where SGD is seldom found": odds between wells, and tails."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sgdsde_helpers.figures.marks import in_words, measured, setting
from sgdsde_helpers.figures.style import (
    ARMS,
    PREDICTION,
    SDE,
    SGD,
    house_style,
    label_axes,
    legend_above,
    new_figure,
    panel_title,
)
from sgdsde_helpers.losses import ScalarQuadratic
from sgdsde_helpers.measure import mean_and_error
from sgdsde_helpers.simulation import sgd
from sgdsde_helpers.theory import (
    chain_stationary_law,
    density_cdf,
    kesten_exponent,
    sde_stationary_density,
    sde_tail_exponent,
)

RADII, CHAINS = np.geomspace(0.7, 30.0, 25), 8000  # of the widget, whose caption compares at the third radius


@house_style
def odds(etas: np.ndarray, log_odds: dict[str, np.ndarray], slopes: dict[str, float]) -> Figure:
    """Log odds of the quiet well against 1/eta, with lines of the predicted slopes through the coldest points."""
    fig, ax = new_figure(height=3.6)
    x = 1 / np.asarray(etas)
    for (arm, values), mark in zip(log_odds.items(), "os^", strict=True):
        ax.plot(x, values, mark, color=ARMS[arm], label=f"{arm}, exact")
    coldest = int(np.argmax(x))
    for (name, slope), line in zip(slopes.items(), ("-", "--"), strict=True):
        anchor = log_odds["SGD" if line == "-" else "SDE"][coldest]
        ax.plot(x, anchor + slope * (x - x[coldest]), line, color=PREDICTION, linewidth=1.2, label=name)
    label_axes(ax, r"$1/\eta$", "log odds of the quiet well")
    fig.legend(loc="outside upper center", ncols=2)
    return fig


@house_style
def tails(
    r: np.ndarray, survival: list[dict[str, np.ndarray]], finals: list[dict[str, np.ndarray]], names: list[str]
) -> Figure:
    """P(|Phi| > r) on two logarithmic axes, one panel for each learning rate: exact laws, and shares of SGD's chains."""
    fig, axes = new_figure(1, len(names), height=3.7, sharey=True)
    for ax, exact, final, name in zip(axes, survival, finals, names, strict=True):
        for arm, probability in exact.items():
            seen = probability > 1e-9
            ax.loglog(r[seen], probability[seen], color=ARMS[arm], label=arm)
        for arm, sample in final.items():
            share = (np.abs(sample)[:, None] > r[::8]).mean(axis=0)
            enough = share * len(sample) >= 20
            ax.loglog(r[::8][enough], share[enough], "o", color=ARMS[arm], markersize=4)
        ax.set(ylim=(1e-7, 2))
        panel_title(ax, name)
        label_axes(ax, r"$r$")
    label_axes(axes[0], None, r"$P(|\Phi| > r)$")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return fig


def tail_panel(loss: ScalarQuadratic, ax: Axes, eta: float, batch_size: int, seed: int) -> str:
    """One setting of the chapter's widget: P(|Phi| > r) of SGD and of its SDE, exactly, and shares of chains."""
    law = chain_stationary_law(loss, eta, batch_size, reach=100.0, nodes=3000)
    grid = np.sinh(np.linspace(-1.0, 1.0, 2001) * np.arcsinh(1e3))
    sde = density_cdf(grid, sde_stationary_density(loss, eta, batch_size, grid=grid))
    for color, cdf, name in ((SGD, law.cdf, "SGD"), (SDE, sde, "SDE")):
        beyond = 1 - cdf(RADII) + cdf(-RADII)
        seen = beyond > 1e-7
        ax.loglog(RADII[seen], beyond[seen], color=color, label=name)
    final = sgd(loss, eta, n_steps=80, batch_size=batch_size, n_chains=CHAINS, seed=seed).final
    share, error = mean_and_error(np.abs(final)[:, None] > RADII)
    enough = share * CHAINS >= 20
    measured(ax, RADII[enough], share[enough], error[enough], color=SGD, label="chains of SGD")
    ax.set(xlim=(0.65, 32), ylim=(1e-6, 2))
    legend_above(ax)
    label_axes(ax, "$r$", r"$P(|\Phi| > r)$")
    at, alpha = RADII[2], kesten_exponent(loss.h, eta, batch_size)
    exact = float(1 - law.cdf(at) + law.cdf(-at))
    tail = f"SGD has the exponent {alpha:.2f}" if np.isfinite(alpha) else "SGD has no tail"
    return (
        f"{setting(eta, batch_size)}: share of chains beyond r = {at:.2f} {in_words(exact, share[2], max(error[2], 1 / CHAINS))}, under the SDE "
        f"{1 - sde(at) + sde(-at):.2g}. {tail}, the SDE {sde_tail_exponent(loss.h, eta, batch_size):.2f}."
    )
