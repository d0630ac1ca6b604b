"""Figures of chapter 4: the U-shaped error of a window, its two sides and its bottom."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sgdsde_helpers.figures.marks import MARKERS, log_ticks, setting
from sgdsde_helpers.figures.style import ARMS, MUTED, PREDICTION, SGD, SHADES, SKY, house_style, label_axes, new_figure
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.theory import predicted_window_ks, window_bottom, window_distances


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
    powers = ["$10^{-5}$", "$10^{-4}$", "$10^{-3}$", "$10^{-2}$"]
    log_ticks(right, [1e-5, 1e-4, 1e-3, 1e-2], [0.01, 0.02, 0.04], powers)
    right.legend(loc="lower center", bbox_to_anchor=(0.45, 1.0), handletextpad=0.3)
    label_axes(right, r"learning rate $\eta$", "distance at the bottom")
    return fig


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
        f"{setting(eta, batch_size)}: best window by the prediction N = {best}, where the distance of SGD is predicted {distance:.4f} "
        f"and exactly {found:.4f}; the dotted line is N = 1/η."
    )
