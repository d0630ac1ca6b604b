"""Figures of the chapter "Noise that depends on where you are": one parameter, uneven noise."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sgdsde_helpers.figures.marks import distribution, histogram_with_density, in_words, measured, setting
from sgdsde_helpers.figures.style import (
    ACCENT,
    ARMS,
    FLOW,
    MUTED,
    PREDICTION,
    SDE,
    SGD,
    house_style,
    label_axes,
    new_figure,
    panel_title,
)
from sgdsde_helpers.losses import DoubleWell
from sgdsde_helpers.measure import mean_and_error
from sgdsde_helpers.simulation import sgd
from sgdsde_helpers.theory import GridLaw, chain_law, chain_stationary_law, density_cdf, sde_stationary_density

PI_TICKS = ([-np.pi, 0, np.pi], ["−π", "0", "π"])


def around_pi(phi: np.ndarray) -> np.ndarray:
    """States on the circle as angles between -pi and pi."""
    return (phi + np.pi) % (2 * np.pi) - np.pi


@house_style
def circle(finals: dict[str, np.ndarray], angles: np.ndarray, densities: dict[str, np.ndarray]) -> Figure:
    """One panel for each arm: the histogram on the circle and the densities of three readings of the noise."""
    fig, axes = new_figure(1, len(finals), height=3.4, sharex=True, sharey=True)
    looks = dict(zip(densities, ((PREDICTION, "-"), (ACCENT, "--"), (FLOW, ":")), strict=True))
    for ax, (arm, final) in zip(axes, finals.items(), strict=True):
        histogram_with_density(ax, around_pi(final), bins=np.linspace(-np.pi, np.pi, 37), color=ARMS[arm], label=None)
        for name, density in densities.items():
            color, line = looks[name]
            ax.plot(angles, density, color=color, linestyle=line, label=name)
        ax.set_xticks(*PI_TICKS)
        panel_title(ax, arm)
        label_axes(ax, r"angle $\Phi$")
    label_axes(axes[0], None, "density")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return fig


@house_style
def three_variances(
    etas: np.ndarray, exact: dict[str, np.ndarray], some: np.ndarray, found: np.ndarray, noise: float
) -> Figure:
    """Stationary mean and variance against eta.

    `exact` holds for each model the means and variances (2, K) at `etas`; `found` the mean, the variance and the error
    after each, (4, k), at the learning rates `some`; `noise` is s0^2/2h, so that the variance is shown over eta times it.
    """
    fig, axes = new_figure(1, 2, height=4.0)
    looks = {"SGD": (SGD, "-"), "SDE (Ito)": (SDE, "-"), "Stratonovich": (ACCENT, "--")}
    mean, mean_error = found[:2]
    variance, variance_error = found[2:] / (some * noise)
    for name, (means, variances) in exact.items():
        color, line = looks[name]
        axes[0].plot(etas, means, line, color=color)
        axes[1].plot(etas, variances / (etas * noise), line, color=color, label=name)
    measured(axes[0], some, mean, mean_error)
    measured(axes[1], some, variance, variance_error, label="SGD, measured")
    label_axes(axes[0], r"learning rate $\eta$", r"mean of $\Phi$")
    label_axes(axes[1], r"learning rate $\eta$", r"variance over $\eta s_0^2/2h$")
    fig.legend(*axes[1].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return fig


@house_style
def wells(
    grid: np.ndarray, uneven: np.ndarray, even: np.ndarray, samples: list[np.ndarray], sigma: np.ndarray
) -> Figure:
    """SGD in two equal wells with uneven and with even noise; `sigma` is the uneven noise on the grid."""
    fig, axes = new_figure(1, 2, height=3.4, sharex=True, sharey=True)
    edges = np.linspace(-1.6, 1.8, 35)  # coarse: the finer structure of SGD's law is another chapter's
    panels = zip(axes, (uneven, even), samples, ("uneven noise", "even noise"), strict=True)
    for ax, density, sample, name in panels:
        histogram_with_density(ax, sample, bins=edges)
        ax.plot(grid, density, color=SDE, label="SDE")
        panel_title(ax, name)
        label_axes(ax, r"parameter $\Phi$")
    axes[0].plot(grid, sigma, color=MUTED, linestyle=":", label=r"noise $\sigma(\Phi)$")
    axes[1].plot(grid, np.full_like(grid, np.interp(0.0, grid, sigma)), color=MUTED, linestyle=":")
    axes[0].set(xlim=(-1.6, 1.8), ylim=(0, 2.7))
    axes[0].legend(loc="upper right")
    label_axes(axes[0], None, "density")
    return fig


@house_style
def preconditioned(
    final: np.ndarray,
    angles: np.ndarray,
    on_circle: np.ndarray,
    law: GridLaw,
    grid: np.ndarray,
    in_wells: list[np.ndarray],
) -> Figure:
    """Left: chains on the circle, each step divided by sigma^2. Right: the exact law in two wells; SDE and Gibbs in both."""
    fig, axes = new_figure(1, 2, height=3.5)
    histogram_with_density(axes[0], around_pi(final), bins=np.linspace(-np.pi, np.pi, 37))
    axes[0].plot(angles, on_circle, color=SDE, label=r"SDE, $\sigma^2 e^{-2\mathcal{L}/\eta}/Z$")
    axes[0].axhline(1 / (2 * np.pi), color=FLOW, linestyle=":", label=r"Gibbs, $e^{-2\mathcal{L}/\eta}/Z$")
    axes[0].set_xticks(*PI_TICKS)
    edges = np.linspace(-1.8, 1.8, 37)
    axes[1].stairs(np.diff(law.cdf(edges)) / np.diff(edges), edges, fill=True, color=SGD, alpha=0.45)
    for density, color, line in zip(in_wells, (SDE, FLOW), ("-", ":"), strict=True):
        axes[1].plot(grid, density, color=color, linestyle=line)
    axes[1].set(xlim=(-1.8, 1.8), ylim=(0, None))
    for ax, name in zip(axes, ("circle", "two equal wells"), strict=True):
        panel_title(ax, name)
        label_axes(ax, r"$\Phi$")
    label_axes(axes[0], None, "density")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return fig


def well_panel(
    loss: DoubleWell, ax: Axes, eta: float, batch_size: int, seed: int, chains: int = 1_500, steps: int = 500
) -> str:
    """One setting of the chapter's widget: distribution functions, whose height between the wells is the quiet share."""
    start = np.where(np.arange(chains) % 2, 1.0, -1.0)
    final = sgd(loss, eta, n_steps=steps, batch_size=batch_size, n_chains=chains, start=start, seed=seed).final
    predicted = chain_law(loss, eta, batch_size, start=[-1.0, 1.0], n_steps=steps, nodes=1000).cdf(0.0)
    share, error = mean_and_error(final < 0)
    law = chain_stationary_law(loss, eta, batch_size, nodes=1000, method="solve")
    grid = np.linspace(-2.0, 2.2, 601)
    density = sde_stationary_density(loss, eta, batch_size, grid=grid)
    distribution(ax, final, color=MUTED, label=f"SGD after {steps} steps")
    ax.plot(grid, law.cdf(grid), color=SGD, label="SGD, in the long run")
    ax.plot(grid, density_cdf(grid, density)(grid), color=SDE, label="SDE, in the long run")
    ax.set(xlim=(-1.6, 1.8), ylim=(-0.02, 1.02))
    label_axes(ax, r"$x$", r"$P(\Phi \leq x)$")
    ax.legend(loc="lower right")
    # The loud well's mass itself: one minus the quiet well's would be rounding where the chain is cold.
    loud, sde_loud = law.mass[law.nodes > 0].sum(), np.trapezoid(density[grid >= 0], grid[grid >= 0])
    return (
        f"{setting(eta, batch_size)}: half of the chains start in each well. After {steps} steps the share in the quiet one (left) is "
        f"{in_words(predicted, share, error)}. In the long run the loud well keeps {loud:.2g} of SGD's "
        f"chains and {sde_loud:.2g} of the SDE's."
    )
