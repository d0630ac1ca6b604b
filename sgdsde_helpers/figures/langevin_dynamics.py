"""Figures of the chapter "Langevin dynamics": sampling a posterior, and what the step and the minibatch do to it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sgdsde_helpers.figures.marks import cloud, covariance_ellipse, in_words, measured, setting
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
from sgdsde_helpers.simulation import langevin
from sgdsde_helpers.theory import sgld_stationary_moments


def _cloud(ax: Axes, sample: np.ndarray, center: np.ndarray, exact: np.ndarray, posterior: np.ndarray) -> None:
    cloud(ax, sample, shown=2500)
    covariance_ellipse(ax, posterior, center, edgecolor=FLOW, linewidth=2.4, label="posterior")
    covariance_ellipse(ax, exact, center, edgecolor=PREDICTION, linestyle="--", label="prediction")


@house_style
def clouds(
    samples: list[np.ndarray], names: list[str], exact: list[np.ndarray], center: np.ndarray, posterior: np.ndarray
) -> Figure:
    """Final states of several chains, each with its predicted ellipse, over the posterior's."""
    fig, axes = new_figure(1, len(samples), height=3.5, sharex=True, sharey=True)
    reach = 4.5 * np.sqrt(np.diag(posterior))
    for ax, sample, name, covariance in zip(axes, samples, names, exact, strict=True):
        _cloud(ax, sample, center, covariance, posterior)
        ax.set(xlim=(center[0] - reach[0], center[0] + reach[0]), ylim=(center[1] - reach[1], center[1] + reach[1]))
        panel_title(ax, name)
        label_axes(ax, r"$w_1$")
    label_axes(axes[0], None, r"$w_2$")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
    return fig


@house_style
def step_bias(
    steps: np.ndarray, found: dict[str, tuple[np.ndarray, np.ndarray]], fine: np.ndarray, predicted: np.ndarray
) -> Figure:
    """Variance over the posterior's along the steep direction against the step, for chains with error bars; predicted at `fine`."""
    fig, ax = new_figure()
    ax.plot(fine, predicted, color=PREDICTION, label=r"$1/(1 - h\lambda/2)$")
    ax.axhline(1.0, color=FLOW, linewidth=1.4)
    for (name, (value, error)), color, mark in zip(found.items(), (SGD, SDE), "os", strict=True):
        measured(ax, steps, value, error, fmt=mark, color=color, label=name)
    label_axes(ax, r"step $h$", "variance / posterior variance")
    ax.legend()
    return fig


@house_style
def posterior_ratio(steps: np.ndarray, ratios: dict[str, np.ndarray]) -> Figure:
    """Mean variance over the posterior's against the step, for several batch sizes, exactly."""
    fig, ax = new_figure()
    for (name, ratio), color in zip(ratios.items(), (SGD, GAUSSIAN_SGD, SDE), strict=True):
        ax.loglog(steps, ratio, "o-", color=color, label=name)
    ax.axhline(1.0, color=FLOW, linewidth=1.4)
    label_axes(ax, r"step $h$", "variance / posterior variance")
    ax.legend()
    return fig


def sgld_panels(loss: Loss, posterior: np.ndarray, axes: Sequence[Axes], eta: float, batch_size: int, seed: int) -> str:
    """One setting of the chapter's widget: SGLD with step eta, its exact ellipse and the posterior's; and the same nearby."""
    temperature = 1 / loss.n
    _, exact = sgld_stationary_moments(loss, temperature, eta, batch_size)
    center = loss.minimiser
    start = np.random.default_rng(seed).multivariate_normal(center, exact, 1500)
    final = langevin(
        loss, temperature, step=eta, n_steps=60, batch_size=batch_size, n_chains=1500, start=start, seed=seed
    ).final
    for ax, reach, title in zip(axes, (1.1, 0.33), ("all of it", "nearby"), strict=True):
        _cloud(ax, final, center, exact, posterior)
        ax.set(xlim=(center[0] - reach, center[0] + reach), ylim=(center[1] - reach, center[1] + reach))
        label_axes(ax, r"$w_1$", r"$w_2$")
        panel_title(ax, title)
    axes[0].legend(loc="upper left", frameon=True, framealpha=0.85, edgecolor="none")  # a wide cloud reaches it
    inverse, away = np.linalg.inv(posterior), final - center
    ratio, error = mean_and_error(np.einsum("ci,ij,cj->c", away, inverse, away) / 2)
    return (
        f"{setting(eta, batch_size)}: mean variance over the posterior's "
        f"{in_words(np.trace(inverse @ exact) / 2, ratio, error)}."
    )
