"""Figures of chapter 2: the clock of SGD, its fluctuations about gradient flow, and the laws of a window."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sgdsde_helpers.figures.marks import MARKERS, bell, histogram, in_words, log_ticks, measured, setting
from sgdsde_helpers.figures.style import (
    ARMS,
    FLOW,
    PREDICTION,
    SGD,
    SHADES,
    SKY,
    house_style,
    label_axes,
    new_figure,
    panel_title,
)
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.measure import mean_and_error
from sgdsde_helpers.simulation import Paths, sgd
from sgdsde_helpers.theory import flow_deviation, flow_fluctuation


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
