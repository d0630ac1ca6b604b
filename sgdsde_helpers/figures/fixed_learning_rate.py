"""Figures of chapter 2: the clock of SGD, its fluctuations about gradient flow, and the window with its U-shaped error."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sgdsde_helpers.figures.marks import MARKERS, bell, histogram, in_words, log_ticks, measured, setting
from sgdsde_helpers.figures.style import (
    ARMS,
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
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.measure import mean_and_error
from sgdsde_helpers.simulation import Paths, sgd
from sgdsde_helpers.theory import flow_deviation, flow_fluctuation, predicted_window_ks, window_bottom, window_distances

SHADES = ("#9CCBE8", "#3D95CF", "#003E63")  # one arm, three learning rates: the smaller the darker


@house_style
def two_clocks(runs: Mapping[float, Paths], times: np.ndarray, flow: np.ndarray) -> Figure:
    """The same paths against the number of steps and against the sum of the learning rates.

    Parameters
    ----------
    runs : eta -> paths with every step recorded.
    times, flow : (T,) gradient flow.
    """
    fig, (left, right) = new_figure(1, 2, height=3.5, sharey=True)
    for (eta, paths), color in zip(runs.items(), SHADES):
        steps = np.arange(len(paths.t))
        for k in range(paths.states.shape[1]):
            left.plot(steps, paths.states[:, k], color=color, linewidth=1.0)
            right.plot(paths.t, paths.states[:, k], color=color, linewidth=1.0)
        right.plot([], [], color=color, label=rf"$\eta = 1/{round(1 / eta)}$")
    right.plot(times, flow, color=FLOW, linewidth=2.4, linestyle="--", label="gradient flow")
    label_axes(left, "step $i$", r"$\Phi$")
    label_axes(right, r"time $t = i\,\eta$")
    right.legend(loc="lower right")
    return fig


@house_style
def fluctuations(
    times: np.ndarray,
    scaled: Mapping[float, np.ndarray],
    predicted: np.ndarray,
    etas: np.ndarray,
    arms: Mapping[str, tuple[np.ndarray, np.ndarray]],
    size: float,
) -> Figure:
    """The distance from gradient flow over time, in units of sqrt(eta), and its size at one time against eta.

    Parameters
    ----------
    times : (T,) and scaled : eta -> (T,) measured root mean square distance over sqrt(eta).
    predicted : (T,) the square root of C(t).
    etas : (K,) and arms : name -> (root mean square distances, standard errors), each (K,).
    size : C at that time.
    """
    fig, (left, right) = new_figure(1, 2, height=4.2)
    left.plot(times, predicted, color=PREDICTION, label=r"$\sqrt{C(t)}$")
    for (eta, values), color in zip(scaled.items(), SHADES):
        left.plot(times, values, "o", color=color, label=rf"$\eta = 1/{round(1 / eta)}$")
    left.set_ylim(0, 2.1 * predicted.max())
    left.legend(loc="upper right")
    label_axes(left, r"time $t$", r"rms distance / $\sqrt{\eta}$")
    right.plot(etas, flow_deviation(size, etas), color=PREDICTION, linewidth=1.3, label=r"$\sqrt{\eta\,C}$", zorder=1)
    for shift, (arm, (values, errors)) in zip((0.93, 1.0, 1.07), arms.items()):  # side by side, or they hide each other
        measured(right, etas * shift, values, errors, fmt=MARKERS[arm], color=ARMS[arm], label=arm)
    log_ticks(right, etas[::2], [0.01, 0.02], [f"1/{round(1 / eta)}" for eta in etas[::2]])
    right.set_ylim(top=3 * max(values.max() for values, _ in arms.values()))
    right.legend(loc="upper left", handletextpad=0.4)
    label_axes(right, r"learning rate $\eta$", "rms distance")
    return fig


@house_style
def window_laws(samples: Mapping[int, np.ndarray]) -> Figure:
    """Where SGD is after N steps, in the units of the window's Gaussian, for several N.

    Parameters
    ----------
    samples : N -> (m,) standardised states.
    """
    fig, panels = new_figure(1, len(samples), height=3.0, sharex=True, sharey=True)
    grid = np.linspace(-4, 4, 201)
    for ax, (n_steps, sample) in zip(panels, samples.items(), strict=True):
        histogram(ax, sample, np.linspace(-4, 4, 65))
        bell(ax, grid)
        ax.set_xticks([-2, 0, 2])
        panel_title(ax, f"$N = {n_steps}$")
        label_axes(ax, "$Y$")
    label_axes(panels[0], None, "density")
    return fig


@house_style
def u_shape(
    steps: np.ndarray,
    arms: Mapping[str, np.ndarray],
    predicted: np.ndarray,
    sides: tuple[np.ndarray, np.ndarray],
    bottom: tuple[int, float],
) -> Figure:
    """Distance from the window's Gaussian against the number of steps, for the three arms, with the two sides.

    Parameters
    ----------
    steps : (K,) numbers of steps N.
    arms : name -> (K,) exact distance.
    predicted : (K,) the prediction for SGD; sides : its left and its right side alone.
    bottom : predicted N and distance of the best window.
    """
    fig, ax = new_figure(height=4.0)
    for side in sides:
        ax.plot(steps, side, color=MUTED, linestyle="--", linewidth=1.3)
    ax.plot(steps, predicted, color=PREDICTION, label="predicted")
    for arm, distances in arms.items():
        shown = distances > 0
        ax.plot(
            steps[shown], distances[shown], MARKERS[arm], color=ARMS[arm], label=arm, zorder=3 if arm == "SGD" else 2
        )
    ax.annotate(
        f"best window\n$N = {bottom[0]}$", bottom, (bottom[0], 3.2 * bottom[1]), ha="center",
        arrowprops={"arrowstyle": "->", "color": PREDICTION, "linewidth": 1.2},
    )  # fmt: skip
    log_ticks(ax, [1, 3, 10, 30, 100], [0.003, 0.01, 0.03, 0.1])
    ax.set_ylim(0.1 * bottom[1], 1.3 * arms["SGD"].max())
    ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=4, handletextpad=0.1, columnspacing=0.6)
    label_axes(ax, "steps in the window $N$", "distance from the Gaussian")
    return fig


@house_style
def universal_window(
    collapsed: Mapping[str, tuple[np.ndarray, np.ndarray]],
    curve: tuple[np.ndarray, np.ndarray],
    bottoms: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]],
) -> Figure:
    """All windows on one curve, and the error at the bottom against the learning rate.

    Parameters
    ----------
    collapsed : label -> (s, scaled exact distance).
    curve : (s, f(s)).
    bottoms : label -> (etas, exact smallest distances, predicted ones), (K,) each.
    """
    fig, (left, right) = new_figure(1, 2, height=4.6)
    left.plot(*curve, color=PREDICTION, label="$f(s)$")
    for (label, (s, distance)), marker, color in zip(collapsed.items(), "osD", SHADES):
        left.plot(s, distance, marker, color=color, label=label, markersize=5)
    log_ticks(left, [0.1, 0.3, 1, 3], [0.5, 1, 2])
    left.set_ylim(0.4, 2.2)
    left.legend(loc="lower center", bbox_to_anchor=(0.45, 1.0), handletextpad=0.3)
    label_axes(left, r"$s = N / N_c$", r"distance / $\frac{1}{2}\eta N_c$")
    for (label, (etas, exact, predicted)), marker, color in zip(bottoms.items(), "os", (SGD, SKY)):
        right.plot(etas, exact, marker, color=color, label=label)
        right.plot(etas, predicted, color=PREDICTION, linewidth=1.3, zorder=1)
    log_ticks(right, [1e-4, 1e-3, 1e-2], [0.01, 0.02, 0.04])
    right.legend(loc="lower center", bbox_to_anchor=(0.45, 1.0), handletextpad=0.3)
    label_axes(right, r"learning rate $\eta$", "distance at the bottom")
    return fig


def path_panel(ax: Axes, eta: float, batch_size: int, seed: int, *, loss: Loss, start: float) -> str:
    """Draw chains on the clock of SGD with gradient flow and the predicted band; return the caption."""
    end = 4.0
    n_steps = max(1, round(end / eta))
    paths = sgd(loss, eta, n_steps=n_steps, batch_size=batch_size, n_chains=400, start=start, record="all", seed=seed)
    flow, fluctuation = flow_fluctuation(loss, start=start, times=paths.t, batch_size=batch_size)
    deviation = flow_deviation(fluctuation, eta)
    ax.plot(paths.t, paths.states[:, :12], color=SKY, linewidth=0.8, alpha=0.8)
    ax.plot(paths.t, paths.states[:, 0], color=SGD, linewidth=1.6, label="SGD")
    ax.fill_between(paths.t, flow - 2 * deviation, flow + 2 * deviation, color=FLOW, alpha=0.18, linewidth=0)
    ax.plot(paths.t, flow, color=FLOW, linestyle="--", linewidth=2.2, label="gradient flow ± 2 predicted deviations")
    ax.set(xlim=(0, end), ylim=(-0.2, 1.8))
    ax.legend(loc="upper left", borderaxespad=0.0)
    label_axes(ax, r"time $t = i\,\eta$", r"$\Phi$")
    half = n_steps // 2
    square, error = mean_and_error((paths.states[half] - flow[half]) ** 2)
    rms = np.sqrt(square)
    return (
        f"{setting(eta, batch_size)}: root mean square distance from gradient flow at t = {paths.t[half]:.3g} "
        f"{in_words(deviation[half], rms, error / (2 * rms))}."
    )


def window_panel(ax: Axes, eta: float, batch_size: int, seed: int, *, loss: Loss) -> str:
    """Draw the exact error of the window for the three arms, from the minimiser; return the caption. Nothing is drawn at
    random, and `seed` is there because `explore` hands one over."""
    start = float(loss.minimiser)
    best, distance = window_bottom(loss, eta, start, batch_size)
    steps = np.unique(np.geomspace(max(1.0, 5 / batch_size), 240, 6).round().astype(int))
    steps = np.union1d(steps[steps * eta < 1.2], [best])
    exact = window_distances(loss, eta, steps, start, batch_size)
    smooth = np.unique(np.geomspace(1, 300, 24).round().astype(int))
    smooth = smooth[smooth * eta < 1.2]
    ax.plot(smooth, predicted_window_ks(loss, eta, smooth, start, batch_size), color=PREDICTION, label="predicted")
    for arm, distances in exact.items():
        ax.plot(steps, distances, MARKERS[arm], color=ARMS[arm], label=arm)
    ax.axvline(1 / eta, ymax=0.87, color=MUTED, linestyle=":", linewidth=1.3)
    log_ticks(ax, [1, 3, 10, 30, 100, 300], [0.003, 0.01, 0.03, 0.1, 0.3])
    ax.set(xlim=(1, 300), ylim=(0.003, 0.7))
    ax.legend(loc="upper left", borderaxespad=0.0, handletextpad=0.3, ncols=4, columnspacing=0.8)
    label_axes(ax, "steps in the window $N$", "distance from the Gaussian")
    found = float(exact["SGD"][steps == best][0])
    return (
        f"{setting(eta, batch_size)}: best window N = {best}, where the distance of SGD is predicted {distance:.4f} "
        f"and exactly {found:.4f}; the dotted line is N = 1/η."
    )
