"""Figures of chapter 3: sums of gradient noise, their distance from the Gaussian, and what heavy tails do to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import ndtr

from sgdsde_helpers.figures.marks import bell, distribution, histogram, in_words, log_ticks, measured, setting
from sgdsde_helpers.figures.style import (
    ACCENT,
    FLOW,
    GAUSSIAN_SGD,
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
from sgdsde_helpers.measure import mean_and_error
from sgdsde_helpers.problems import noise_sum
from sgdsde_helpers.theory import (
    binomial_cdf,
    binomial_worst_point,
    edgeworth_cdf,
    esseen_ks,
    exponential_cdf,
    lattice_half_step,
    stable_width,
)

ONE_IN_TEN = np.array([1.0] + 9 * [0.0])  # the widget's data: skewed, and on a lattice
WINDOW = 1.6  # the widget's Delta t
CHAINS = 8000


@house_style
def average_and_sum(sums: Mapping[int, np.ndarray], sigma: float) -> Figure:
    """Laws of the average, of the sum over sqrt(N) and of the sum, for several N, one panel each.

    Parameters
    ----------
    sums : N -> (m,) sums of noise.
    sigma : standard deviation of one term.
    """
    fig, panels = new_figure(1, 3, height=3.3)
    views = {"average": (1.0, 1.6), r"sum$\,/\sqrt{N}$": (0.5, 3.6), "sum": (0.0, 22.0)}
    for ax, (name, (power, reach)) in zip(panels, views.items(), strict=True):
        edges = np.linspace(-reach, reach, 65)
        for (n, sample), color in zip(sums.items(), (ACCENT, SKY, SGD), strict=True):
            look = {"fill": False, "alpha": 1.0, "linewidth": 1.7}
            histogram(ax, sample / sigma / n**power, edges, color=color, label=f"$N = {n}$", **look)
        ax.set(xlim=(-reach, reach), ylim=(0, None), yticks=[])
        panel_title(ax, name)
        label_axes(ax, r"in units of $\sigma$")
    bell(panels[1], np.linspace(-3.6, 3.6, 121), linestyle="--", linewidth=1.2, label="Gaussian")
    fig.legend(*panels[1].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    label_axes(panels[0], None, "density")
    return fig


@house_style
def first_corrections(skewness: float, lengths: Sequence[int] = (16, 64)) -> Figure:
    """sqrt(N) (F_N - F) for three noises against the constants: smooth and skewed, two values, and both.

    Parameters
    ----------
    skewness : of the smooth noise, an exponential variable less its mean.
    lengths : two values of N.
    """
    fig, panels = new_figure(1, 3, height=3.3, sharey=True, sharex=True)
    z = np.linspace(-3.4, 3.4, 3001)
    cases = {"skewed, smooth": (skewness, None), "fair coin": (0.0, 0.5), "one in ten": (8 / 3, 0.1)}
    for ax, (name, (gamma, p)) in zip(panels, cases.items(), strict=True):
        for n, color in zip(lengths, (SKY, SGD), strict=True):
            exact = exponential_cdf(z, n) if p is None else binomial_cdf(z, p, n)
            ax.plot(z, np.sqrt(n) * (exact - ndtr(z)), color=color, linewidth=1.3, label=f"$N = {n}$")
        smooth = edgeworth_cdf(z, gamma, 1) - ndtr(z)
        half_step = 0.0 if p is None else lattice_half_step(z, 1.0, np.sqrt(p * (1 - p)))
        for edge in [smooth] if p is None else [smooth + half_step, smooth - half_step]:
            ax.plot(z, edge, color=PREDICTION, linestyle="--", linewidth=1.3)
        ax.plot([], [], color=PREDICTION, linestyle="--", linewidth=1.3, label="predicted")
        ax.set(xlim=(-3.4, 3.4))
        panel_title(ax, name)
        label_axes(ax, "$z$")
    panels[0].legend(loc="upper left", handlelength=1.2, borderaxespad=0.0)
    label_axes(panels[0], None, r"$\sqrt{N}\,(F_N - F)$")
    return fig


@house_style
def distance_against_length(
    lengths: Sequence[int],
    measured: Mapping[str, Sequence[float]],
    exact: Mapping[str, Callable[[int], float]],
    predicted: Mapping[str, Callable[[np.ndarray], np.ndarray]],
    floor: float,
) -> Figure:
    """Distance from the Gaussian against the number of draws, measured, exact and predicted.

    Parameters
    ----------
    lengths : (K,) values of N.
    measured : name of the data -> (K,) measured distances; the last entry is Gaussian SGD, the floor.
    exact : name -> function of N.
    predicted : name -> function of N.
    floor : mean distance of a sample that is Gaussian.
    """
    fig, ax = new_figure(height=4.0)
    n = np.array(lengths)
    line = np.geomspace(n[0], n[-1], 50)
    for (name, values), color in zip(measured.items(), (FLOW, SGD, ACCENT, GAUSSIAN_SGD), strict=True):
        if name in exact:
            ax.plot(line, predicted[name](line), color=PREDICTION, linestyle="--", linewidth=1.1, zorder=1)
            ax.plot(n, [exact[name](k) for k in n], color=color, linewidth=1.4)
        ax.plot(n, values, "o", color=color, label=name)
    ax.axhline(floor, color=GAUSSIAN_SGD, linewidth=1.2, zorder=1)
    ax.plot([], [], color=PREDICTION, linestyle="--", linewidth=1.1, label=r"constant$\,/\sqrt{N}$")
    ax.set(xscale="log", yscale="log", ylim=(2.5e-3, 2.0))
    ax.legend(loc="upper right", ncols=2, columnspacing=1.0)
    label_axes(ax, "number of steps $N$", "distance from the Gaussian")
    return fig


@house_style
def heavy_widths(
    lengths: Sequence[int],
    measured: Mapping[int, Sequence[float]],
    exact: Mapping[int, Sequence[float]],
    stable: float,
    alpha: float,
) -> Figure:
    """Width of a sum of heavy-tailed noise over sqrt(N), for data sets of several sizes; the central limit is flat.

    Parameters
    ----------
    lengths : (K,) values of N.
    measured, exact : size n of the data set -> (K,) widths.
    stable : width at N = 1 of the stable law that the sum approaches.
    alpha : the tail's exponent.
    """
    fig, ax = new_figure(height=3.7)
    n = np.array(lengths, dtype=float)
    ax.plot(n, stable_width(n, stable, alpha) / np.sqrt(n), color=MUTED, linestyle=":", label="stable law")
    for (size, widths), color in zip(measured.items(), (FLOW, ACCENT, SGD), strict=True):
        ax.plot(n, np.array(exact[size]) / np.sqrt(n), color=PREDICTION, linewidth=1.1, zorder=1)
        ax.plot(
            n, np.array(widths) / np.sqrt(n), "o", color=color, label=f"{size} examples".replace("000 ", r"$\,$000 ")
        )
    ax.plot([], [], color=PREDICTION, linewidth=1.1, label="exact")
    ax.set(xscale="log", ylim=(2.1, 16))
    log_ticks(ax, None, [3, 5, 10])
    ax.legend(loc="upper left")
    label_axes(ax, "number of steps $N$", r"width of the sum$\,/\sqrt{N}$")
    return fig


def window_panels(axes: Sequence[Axes], eta: float, batch_size: int, seed: int) -> str:
    """Draw the noise of a window of fixed length on rare data: its law, and its distance from the Gaussian."""
    loss = MeanEstimation(ONE_IN_TEN)
    n_steps = round(WINDOW / eta)
    draws, sigma = n_steps * batch_size, 0.3
    z = noise_sum(loss, eta, n_steps, CHAINS, seed=seed, batch_size=batch_size) * batch_size / (sigma * np.sqrt(draws))
    predicted = float(esseen_ks(ONE_IN_TEN, draws))
    point, level, gap = binomial_worst_point(0.1, draws)  # chosen beforehand: the largest gap of a sample has a bias
    share, error = mean_and_error(z <= point)
    found = np.sign(gap) * (share - level)
    left, right = axes
    grid = np.linspace(-3.4, 3.4, 201)
    left.plot(grid, ndtr(grid), color=PREDICTION, linewidth=1.2, linestyle="--")
    distribution(left, z)
    left.set(xlim=(-3.4, 3.4), ylim=(-0.02, 1.02))
    panel_title(left, "blue SGD, dashed Gaussian")  # a title costs less in a widget than a legend
    label_axes(left, "noise / its deviation", "distribution function")
    line = np.geomspace(2, 4096, 100)
    right.plot(line, esseen_ks(ONE_IN_TEN, line), color=PREDICTION, linewidth=1.2, linestyle="--")
    right.plot(draws, abs(gap), "s", color=PREDICTION, markersize=10, markerfacecolor="none")
    measured(right, draws, found, error)
    right.set(xscale="log", yscale="log", xlim=(1.4, 6000), ylim=(6e-3, 1.2))
    panel_title(right, "dot SGD, square exact")
    label_axes(right, r"draws $NB = B\,\Delta t/\eta$", "distance")
    return (
        f"{setting(eta, batch_size)}: a window Δt = {n_steps * eta:.3g} holds N = {n_steps} steps and {draws} draws; distance from the "
        f"Gaussian {in_words(predicted, found, error)}; exactly {abs(gap):.3f}."
    )
