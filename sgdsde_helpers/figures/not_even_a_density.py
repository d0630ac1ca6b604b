"""Figures of the chapter "Not even a density": SGD on the two data points ±1."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sgdsde_helpers.figures.marks import bell, histogram, setting
from sgdsde_helpers.figures.style import (
    FLOW,
    GAUSSIAN_SGD,
    MUTED,
    PREDICTION,
    SDE,
    SGD,
    house_style,
    label_axes,
    legend_above,
    new_figure,
    panel_title,
)
from sgdsde_helpers.losses import MeanEstimation
from sgdsde_helpers.measure import ks_distance
from sgdsde_helpers.simulation import sgd
from sgdsde_helpers.theory import gaussian_ks, sde_stationary_covariance, sgd_stationary_covariance
from sgdsde_helpers.theory.laws.bernoulli import (
    gap_threshold,
    similarity_dimension,
    two_point_cdf,
    two_point_characteristic_function,
    two_point_density,
    two_point_ks,
    two_point_ks_constants,
)

GOLDEN = (3 - 5**0.5) / 2  # 1 - 1/golden ratio
TRAPEZOID = 1 - 2**-0.5
_LOSS = MeanEstimation([-1.0, 1.0])
_U = np.linspace(-3.6, 3.6, 289)  # bin edges in units of the SDE's standard deviation


@house_style
def laws(etas: list[float], names: list[str], bins: int = 540) -> Figure:
    """The exact law at batch size 1, one panel for each eta, with the SDE's Gaussian over it."""
    fig, axes = new_figure(2, len(etas) // 2, height=5.2, sharex=True, sharey=True)
    edges = np.linspace(-1, 1, bins + 1)
    for ax, eta, name in zip(axes.flat, etas, names, strict=True):
        ax.stairs(two_point_density(edges, eta), edges, fill=True, color=SGD, alpha=0.75)
        bell(ax, edges, 0.0, sde_stationary_covariance(1.0, 1.0, eta), color=SDE)
        ax.set(xlim=(-1.25, 1.25), ylim=(0, 2.4), xticks=(-1, 0, 1))
        panel_title(ax, f"η = {eta:.3f}\n{name}".rstrip())
    for ax in axes[-1]:
        label_axes(ax, r"parameter $\Phi$")
    for ax in axes[:, 0]:
        label_axes(ax, None, "density")
    return fig


def cascade_image(etas: np.ndarray, bins: int) -> np.ndarray:
    """Exact bin densities, one row for each eta, each scaled by its largest: (len(etas), bins)."""
    edges = np.linspace(-1, 1, bins + 1)
    rows = np.array([two_point_density(edges, eta) for eta in etas])
    return rows / rows.max(axis=1, keepdims=True)


@house_style
def cascade(rows: int = 300, bins: int = 540) -> Figure:
    """The exact law at every eta from 0.02 to 0.98: darker means more mass."""
    fig, ax = new_figure(height=5.4)
    etas = np.linspace(0.02, 0.98, rows)
    image = np.maximum(cascade_image(etas, bins), 0) ** 0.6  # lifts the faint bins, so that the folds show
    ax.imshow(image, origin="lower", aspect="auto", extent=(-1, 1, etas[0], etas[-1]), cmap="Blues", vmin=0, vmax=1)
    for eta, name in ((2 / 3, "Cantor"), (0.5, "uniform"), (GOLDEN, "golden"), (TRAPEZOID, "trapezoid")):
        ax.plot([1.0, 1.04], [eta, eta], color=FLOW, clip_on=False, linewidth=1.4)
        ax.text(1.055, eta, name, va="center")
    ax.set(xlim=(-1, 1), ylim=(etas[0], etas[-1]), xticks=(-1, -0.5, 0, 0.5, 1))
    label_axes(ax, r"parameter $\Phi$", r"learning rate $\eta$")
    return fig


@house_style
def characteristic_functions(growth: dict[str, tuple[float, float]], steps: int = 26) -> Figure:
    """|E exp(i t phi)| along t = pi theta^N / eta; `growth` maps a name to (eta, theta)."""
    fig, ax = new_figure()
    n = np.arange(1, steps + 1)
    for (name, (eta, theta)), color, mark in zip(growth.items(), (SGD, FLOW), "os", strict=True):
        values = np.abs(two_point_characteristic_function(np.pi * theta**n / eta, eta))
        ax.semilogy(n, np.maximum(values, 1e-16), mark + "-", color=color, label=name)
    ax.set(ylim=(1e-7, 1))
    label_axes(ax, r"$N$, at frequency $t = \pi\theta^N/\eta$", r"$|E\,e^{it\Phi}|$")
    ax.legend()
    return fig


@house_style
def distances(etas: np.ndarray) -> Figure:
    """KS distance between the laws of the three arms against eta, with their first-order constants."""
    fig, ax = new_figure(height=3.8)
    exact = [sgd_stationary_covariance(1.0, 1.0, eta) for eta in etas]
    sde = np.array([two_point_ks(eta) for eta in etas])
    gaussian = np.array([two_point_ks(eta, variance=v) for eta, v in zip(etas, exact, strict=True)])
    continuous = [sde_stationary_covariance(1.0, 1.0, eta) for eta in etas]
    time = [gaussian_ks(0.0, v, 0.0, w) for v, w in zip(exact, continuous, strict=True)]
    ax.loglog(etas, sde, "o", color=SGD, label="SGD to SDE")
    ax.loglog(etas, gaussian, "s", color=GAUSSIAN_SGD, label="SGD to Gaussian SGD")
    ax.loglog(etas, time, "^", color=SDE, label="Gaussian SGD to SDE")
    small = etas[etas < 0.3]
    for constant in two_point_ks_constants():
        ax.loglog(small, constant * small, color=PREDICTION, linewidth=1.2)
    label_axes(ax, r"learning rate $\eta$", "KS distance")
    ax.legend()
    return fig


def law_panel(ax: Axes, eta: float, batch_size: int, seed: int, chains: int = 4_000) -> str:
    """One setting of the chapter's widget, in units of the SDE's standard deviation, where the SDE's Gaussian stands still."""
    scale = np.sqrt(sde_stationary_covariance(1.0, 1.0, eta, batch_size))
    final = sgd(
        _LOSS, eta, n_steps=int(np.ceil(10 / eta)), batch_size=batch_size, n_chains=chains, start=0.0, seed=seed
    ).final
    ax.stairs(
        two_point_density(_U * scale, eta, batch_size) * scale, _U, fill=True, color=SGD, alpha=0.75, label="SGD, exact"
    )
    histogram(ax, final / scale, _U[::4], color=MUTED, fill=False, alpha=1.0, linewidth=1.0, label="SGD, sampled")
    bell(ax, _U, color=SDE, label="SDE")
    ax.set(xlim=(-3.6, 3.6), ylim=(0, 1.3))
    label_axes(ax, r"$\Phi\,/\,\sqrt{\eta/2B}$", "density")
    legend_above(ax)
    exact = ks_distance(final, lambda x: two_point_cdf(x, eta, batch_size))
    shape = (
        f"It lives on a Cantor set; the law's dimension is {similarity_dimension(eta, batch_size):.2f}."
        if eta > gap_threshold(batch_size)
        else "It has no gaps."
    )
    return (
        f"{setting(eta, batch_size)}: the law of SGD lies {two_point_ks(eta, batch_size, points=1001):.3f} from the SDE's Gaussian "
        f"(KS distance, exact). {chains:,} sampled chains lie {exact:.3f} from the exact law, where 99 in 100 right samples "
        f"lie below {1.63 / np.sqrt(chains):.3f}. {shape}"
    )
