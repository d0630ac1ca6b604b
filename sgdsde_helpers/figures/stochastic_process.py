"""Figures of chapter 1: paths, laws, what couples them, and the two-point problem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import ndtr

from sgdsde_helpers.figures.marks import bell, distribution, histogram, in_words, measured, setting
from sgdsde_helpers.figures.style import (
    ACCENT,
    FLOW,
    MUTED,
    PREDICTION,
    SGD,
    SKY,
    house_style,
    label_axes,
    new_figure,
    panel_title,
)
from sgdsde_helpers.losses import MeanEstimation
from sgdsde_helpers.measure import mean_and_error, variance_and_error
from sgdsde_helpers.problems import two_points
from sgdsde_helpers.simulation import sgd
from sgdsde_helpers.theory import contraction, two_point_moments


@house_style
def chains_and_law(states: np.ndarray, mean: np.ndarray, deviation: np.ndarray) -> Figure:
    """Paths of some chains with the predicted mean and spread, and beside them the law of all chains at the last step.

    Parameters
    ----------
    states : (steps + 1, m) every state of every chain.
    mean, deviation : (steps + 1,) the predicted mean and standard deviation of the state.
    """
    fig, (left, right) = new_figure(1, 2, height=3.6, width_ratios=[3.2, 1], sharey=True)
    steps = np.arange(len(states))
    left.plot(steps, states[:, 1:40], color=SKY, linewidth=0.6, alpha=0.45)
    left.plot([], [], color=SKY, linewidth=1.2, label="other chains")
    left.plot(steps, states[:, 0], color=SGD, linewidth=1.9, label="one chain")
    left.plot(steps, mean, color=PREDICTION, linestyle="--", label="predicted mean")
    for sign in (-2, 2):
        left.plot(steps, mean + sign * deviation, color=PREDICTION, linewidth=1.1, linestyle=":")
    left.plot([], [], color=PREDICTION, linewidth=1.1, linestyle=":", label="± 2 standard deviations")
    left.legend(loc="upper right")
    label_axes(left, "step $i$", r"$\Phi_i$")
    histogram(right, states[-1], 60, orientation="horizontal")
    label_axes(right, "density")
    panel_title(right, f"law at $i = {steps[-1]}$")
    return fig


@house_style
def laws_at_steps(states: np.ndarray, at: Sequence[int], minimiser: float) -> Figure:
    """The law of the state at four steps, each in a panel that follows it, with the minimiser where it is in sight.

    Parameters
    ----------
    states : (steps + 1, m).
    at : four steps.
    minimiser : where the loss is smallest.
    """
    fig, panels = new_figure(2, 2, height=4.4)
    for ax, step in zip(panels.flat, at, strict=True):
        low, high = np.quantile(states[step], [0.002, 0.998])
        edges = np.linspace(low - 0.2 * (high - low), high + 0.2 * (high - low), 91)
        heights, _ = np.histogram(states[step], bins=edges)
        ax.stairs(heights / states.shape[1], edges, fill=True, color=SGD, alpha=0.6)
        ax.set_xlim(edges[0], edges[-1])
        if edges[0] < minimiser < edges[-1]:
            ax.axvline(minimiser, color=PREDICTION, linestyle=":", linewidth=1.4)
        panel_title(ax, f"$i = {step}$")
    for ax in panels[1]:
        label_axes(ax, r"$\Phi_i$")
    for ax in panels[:, 0]:
        label_axes(ax, None, "share of chains")
    return fig


@house_style
def distance_between_laws(etas: Sequence[float], steps: np.ndarray, distances: np.ndarray, gap: float) -> Figure:
    """Distance between two ensembles with different starts, against the predicted geometric decay.

    Parameters
    ----------
    etas : the learning rates.
    steps : (k,) the steps.
    distances : (len(etas), k) measured Wasserstein distances.
    gap : distance of the two starts.
    """
    fig, ax = new_figure(height=4.2)
    for eta, values, color in zip(etas, distances, (SGD, FLOW, ACCENT, MUTED)):
        ax.plot(steps, contraction(eta, steps, gap), color=PREDICTION, linewidth=1.1, zorder=1)
        ax.plot(steps, values, "o", color=color, label=rf"$\eta = {eta:g}$")
    ax.plot([], [], color=PREDICTION, linewidth=1.1, label=r"$|1-\eta|^{\,i}\,|\varphi - \varphi^\prime|$")
    ax.set_yscale("log")
    ax.set_ylim(distances.min() / 2, 1.4 * gap)
    ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3, columnspacing=0.9, handletextpad=0.3)
    label_axes(ax, "step $i$", "distance of the two laws")
    return fig


@house_style
def variance_within_epochs(states: np.ndarray, predicted: np.ndarray, flat: float) -> Figure:
    """Variance over the chains at each step of some epochs, reshuffled, against the two predictions.

    Parameters
    ----------
    states : (steps + 1, m) from the start of an epoch.
    predicted : (M + 1,) the prediction for one epoch.
    flat : variance of independent draws.
    """
    fig, ax = new_figure(height=3.3)
    steps, length = np.arange(len(states)), len(predicted) - 1
    for start in range(0, len(states), length):
        ax.axvline(start, ymax=0.45, color=MUTED, linewidth=0.9, linestyle=":")
    ax.axhline(flat, color=PREDICTION, linestyle="--")
    ax.text(steps[-1], 1.03 * flat, "independent draws, predicted", ha="right", va="bottom")
    ax.plot(steps, predicted[steps % length], color=PREDICTION, linewidth=1.2, label="reshuffled, predicted")
    variance, error = variance_and_error(states.T)
    measured(ax, steps, variance, error, label="reshuffled, measured")
    ax.set_ylim(0, 1.25 * flat)
    ax.legend(loc="center", bbox_to_anchor=(0.5, 0.6), ncols=2, columnspacing=1.2)
    label_axes(ax, "step, counted from the start of an epoch", r"variance of $\Phi$")
    return fig


@house_style
def two_point_laws(samples: Mapping[str, np.ndarray]) -> Figure:
    """Histogram of the stationary law of the two-point problem for several learning rates, one panel each.

    Parameters
    ----------
    samples : learning rate as it is written -> (m,) states.
    """
    fig, panels = new_figure(1, len(samples), height=3.0, sharex=True)
    edges = np.linspace(-1, 1, 3**4 + 1)  # thirds of thirds: the gaps fall on bins
    for ax, (eta, sample) in zip(panels, samples.items(), strict=True):
        histogram(ax, sample, edges, alpha=0.6)
        panel_title(ax, rf"$\eta = {eta}$")
        label_axes(ax, r"$\Phi$")
        ax.set_yticks([])
        ax.set_xticks([-1, 0, 1])
    label_axes(panels[0], None, "density")
    return fig


@house_style
def gibbs_laws(grid: np.ndarray, loss: np.ndarray, densities: Mapping[float, np.ndarray]) -> Figure:
    """A loss, and the Gibbs laws that belong to it at several temperatures.

    Parameters
    ----------
    grid, loss : (k,) the points and the loss there.
    densities : temperature -> (k,) density.
    """
    fig, (left, right) = new_figure(1, 2, height=3.2)
    left.plot(grid, loss, color=PREDICTION)
    left.set_ylim(0, 1.2)
    label_axes(left, r"$\Phi$", r"$\mathcal{L}(\Phi)$")
    for (temperature, density), color in zip(densities.items(), (SGD, ACCENT, FLOW)):
        right.plot(grid, density, color=color, label=f"$T = {temperature:g}$")
    right.legend(loc="upper center", handlelength=0.8)
    right.set_ylim(0, 1.6 * max(density.max() for density in densities.values()))
    label_axes(right, r"$\Phi$", "Gibbs density")
    return fig


def stationary_panels(axes: Sequence[Axes], eta: float, batch_size: int, seed: int) -> str:
    """Draw SGD's stationary law on two data points in two panels, its width and its shape; return the caption."""
    loss, (variance, kurtosis) = MeanEstimation(two_points()), two_point_moments(eta, batch_size)
    n_steps = int(np.ceil(8 / -np.log1p(-eta)))  # the start is forgotten to e^-8
    sample = sgd(loss, eta, n_steps=n_steps, batch_size=batch_size, n_chains=4000, seed=seed).final
    width, error = variance_and_error(sample)
    fourth, fourth_error = mean_and_error(sample**4)
    left, right = axes
    grid, scaled = np.linspace(-1.1, 1.1, 221), np.linspace(-3.2, 3.2, 201)
    distribution(left, sample)
    left.plot(grid, ndtr(grid / np.sqrt(variance)), color=PREDICTION, linewidth=1.1, linestyle="--")
    left.set(xlim=(-1.1, 1.1), ylim=(-0.02, 1.02))
    label_axes(left, r"$\Phi$", "distribution function")
    histogram(right, sample / np.sqrt(variance), np.linspace(-3.2, 3.2, 81), label="SGD")
    bell(right, scaled, label="bell curve")
    right.set(xlim=(-3.2, 3.2), ylim=(0, 1.45))
    right.legend(loc="upper right", handlelength=1.0, borderaxespad=0.0)
    label_axes(right, r"$\Phi$ / standard deviation", "density")
    excess = in_words(kurtosis, fourth / variance**2 - 3, fourth_error / variance**2)
    return (
        f"{setting(eta, batch_size)}: variance {in_words(variance, width, error)}; "
        f"excess kurtosis {excess} (a bell curve has 0)."
    )


@house_style
def two_orders(forward: np.ndarray, reversed_order: np.ndarray) -> Figure:
    """The same batches applied in their order and in the opposite one: the first wanders for ever, the second converges.

    Parameters
    ----------
    forward, reversed_order : (steps + 1, starts) the states after each number of batches, from the same starts.
    """
    fig, panels = new_figure(1, 2, height=3.1, sharey=True)
    for ax, states, title in zip(panels, (forward, reversed_order), ("newest batch last", "newest batch first")):
        ax.plot(np.arange(len(states)), states[:, 0], color=SGD, label="from the lower start")
        ax.plot(np.arange(len(states)), states[:, -1], color=SKY, linestyle="--", label="from the upper start")
        label_axes(ax, "number of batches $i$")
        panel_title(ax, title)
    label_axes(panels[0], "number of batches $i$", "state")
    panels[0].legend(loc="upper right")
    return fig
