"""Figures of the chapter "Temperature": one dimension, constant noise, and the Gibbs law."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sgdsde_helpers.figures.marks import histogram_with_density, in_words, log_ticks, setting
from sgdsde_helpers.figures.style import (
    FLOW,
    GAUSSIAN_SGD,
    PREDICTION,
    SDE,
    SGD,
    house_style,
    label_axes,
    new_figure,
    panel_title,
)
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.measure import mean_and_error
from sgdsde_helpers.simulation import sgd
from sgdsde_helpers.theory import gibbs_density, temperature


@house_style
def flows(grid: np.ndarray, drift_flow: np.ndarray, diffusion_flow: np.ndarray) -> Figure:
    """The two flows of probability at stationarity, and their sum."""
    fig, ax = new_figure()
    ax.plot(grid, drift_flow, color=FLOW, label=r"probability flow $-p\,g$")
    ax.plot(grid, diffusion_flow, color=SDE, label=r"diffusion flow $-\frac{1}{2}\eta\sigma^2 p'/B$")
    ax.plot(grid, drift_flow + diffusion_flow, color=PREDICTION, linestyle="--", label="sum")
    label_axes(ax, r"parameter $\Phi$", "flow to the right")
    fig.legend(loc="outside upper center", ncols=2, columnspacing=1.0)
    return fig


@house_style
def evolution(grid: np.ndarray, densities: np.ndarray, times: list[float], samples: list[np.ndarray]) -> Figure:
    """The density of the Fokker-Planck equation over histograms of an ensemble of SGD, one panel for each time."""
    fig, axes = new_figure(1, len(times), height=3.2, sharex=True, sharey=True)
    seen = grid[(densities > 0.01).any(axis=0)]
    edges = np.linspace(seen[0], seen[-1], 61)
    for ax, t, density, sample in zip(axes, times, densities, samples, strict=True):
        histogram_with_density(ax, sample, grid, density, bins=edges, density_label="Fokker–Planck")
        panel_title(ax, f"t = {t:g}")
        ax.set_xlim(seen[0], seen[-1])
        label_axes(ax, r"$\Phi$")
    label_axes(axes[0], None, "density")
    fig.legend(*axes[-1].get_legend_handles_labels(), loc="outside upper right", ncols=2)
    return fig


@house_style
def mean_shift(etas: np.ndarray, sgd_means: np.ndarray, gibbs_means: np.ndarray, predicted: np.ndarray) -> Figure:
    """The stationary mean against eta: SGD and Gibbs, exactly, and the first-order prediction."""
    fig, ax = new_figure()
    ax.loglog(etas, -sgd_means, "o", color=SGD, label="SGD, exact")
    ax.loglog(etas, -gibbs_means, "s", color=SDE, label="SDE (Gibbs), exact")
    ax.loglog(etas, -predicted, color=PREDICTION, label="first order in η")
    log_ticks(ax, y=[0.002, 0.005, 0.01, 0.02, 0.05])
    label_axes(ax, r"learning rate $\eta$", r"$-$ mean of $\Phi$")
    ax.legend()
    return fig


@house_style
def distances(etas: np.ndarray, ks: np.ndarray, gaussian: np.ndarray, constant: float) -> Figure:
    """KS distance of SGD's exact law from the Gibbs law, and from the Gaussian of equal variance."""
    fig, ax = new_figure()
    ax.loglog(etas, ks, "o", color=SGD, label="SGD to Gibbs law")
    ax.loglog(etas, gaussian, "^", color=GAUSSIAN_SGD, label="SGD to Gaussian of equal moments")
    ax.loglog(etas, constant * etas, color=PREDICTION, label="slope 1")
    label_axes(ax, r"learning rate $\eta$", "KS distance")
    ax.legend()
    return fig


def law_panel(loss: Loss, ax: Axes, eta: float, batch_size: int, seed: int, chains: int = 3_000) -> str:
    """One setting of the chapter's widget: SGD's histogram, and the Gibbs law at the predicted temperature."""
    final = sgd(loss, eta, n_steps=int(np.ceil(8 / eta)), batch_size=batch_size, n_chains=chains, seed=seed).final
    t = temperature(loss, eta, batch_size)
    unit, grid = np.sqrt(t), np.linspace(-7.0, 5.0, 481)  # on this ruler a parabola's law would stand still
    density = gibbs_density(loss, t, grid * unit) * unit
    bins = np.linspace(-7.0, 5.0, 121)
    histogram_with_density(ax, final / unit, grid, density, bins=bins, density_label="Gibbs law")
    ax.set(xlim=(-5.0, 4.0), ylim=(0, 0.58))
    label_axes(ax, r"$\Phi\,/\sqrt{T}$", r"density $\cdot\,\sqrt{T}$")
    ax.legend(loc="upper left")
    g = loss.gradient(final)
    measured = mean_and_error(final * g - eta / 2 * g**2)  # its mean is T in SGD itself, at every eta
    return f"{setting(eta, batch_size)}: temperature {in_words(t, *measured)} as the mean of Φ·g(Φ) − ηg(Φ)²/2."
