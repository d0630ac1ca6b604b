"""Figures of chapter 19: a classifier and a small network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sgdsde_helpers.figures.marks import log_ticks, setting
from sgdsde_helpers.figures.style import (
    ACCENT,
    GAUSSIAN_SGD,
    MUTED,
    PREDICTION,
    SDE,
    SGD,
    SKY,
    house_style,
    label_axes,
    new_figure,
)
from sgdsde_helpers.losses import TanhNetwork
from sgdsde_helpers.measure import mean_and_error
from sgdsde_helpers.simulation import sgd

COLORS = {"SGD": SGD, "Gaussian SGD": GAUSSIAN_SGD, "SDE": SDE, "momentum 0.9": ACCENT, "SVAG, l = 16": SKY}
HIDDEN, CLASSES = 32, 10
FRESH = ("sgd", "svag", "gauss", "momentum")  # arms whose batches are drawn anew at each step


def random_start(chains: int, rng: np.random.Generator) -> np.ndarray:
    """Random first weights as the stored ensembles have them: N(0, 0.15^2) and N(0, 0.2^2) in the two layers, biases 0."""
    first, second = (
        0.15 * rng.standard_normal((chains, 64 * HIDDEN)),
        0.2 * rng.standard_normal((chains, HIDDEN * CLASSES)),
    )
    return np.hstack([first, np.zeros((chains, HIDDEN)), second, np.zeros((chains, CLASSES))])


@house_style
def directions(curvature: np.ndarray, ratio: np.ndarray, error: np.ndarray) -> Figure:
    """Measured over predicted variance in each eigendirection of the Hessian, against its curvature."""
    fig, ax = new_figure()
    ax.errorbar(
        curvature, ratio, error, fmt="o", ms=2.5, color=SGD, ecolor=SKY, elinewidth=0.6, label="measured / predicted"
    )
    ax.axhline(1.0, color=PREDICTION, lw=1.2, ls="--", label="predicted")
    ax.set(xscale="log")
    ax.legend(loc="lower right")
    label_axes(ax, "curvature $h_i$", "variance / its prediction")
    return fig


@house_style
def linear_rule(measured: Mapping[str, tuple], momentum: tuple[np.ndarray, np.ndarray], top: float = 0.45) -> Figure:
    """The objective against the batch size at eta = 0.025 B, for each arm (B, mean, error); and the line for momentum."""
    fig, ax = new_figure()
    for name, (sizes, mean, error) in measured.items():
        inside = np.asarray(mean) < top
        ax.errorbar(
            np.asarray(sizes)[inside],
            np.asarray(mean)[inside],
            np.asarray(error)[inside],
            fmt="o",
            color=COLORS[name],
            label=name,
        )
        for size in np.asarray(sizes)[~inside]:
            arrow = {"arrowstyle": "->", "color": COLORS[name], "lw": 1.5}
            ax.annotate("", (size, top - 0.0005), (size, top - 0.006), arrowprops=arrow)
    ax.plot(*momentum, color=PREDICTION, lw=1.2, ls="--", label="momentum, predicted")
    ax.set(ylim=(0.408, top))
    log_ticks(ax, 2 ** np.arange(9))
    ax.legend(loc="upper left")
    label_axes(ax, "batch size $B$", "objective")
    return fig


@house_style
def heat(states: Sequence[tuple[float, float, float]], floor: float) -> Figure:
    """Excess of the objective over its floor against (eta/4) <|ghat|^2>: points (x, objective, error), and the line y = x."""
    fig, ax = new_figure()
    x, objective, error = np.array(states).T
    ax.errorbar(x, objective - floor, error, fmt="o", color=SGD, label="ensembles")
    line = np.array([x.min() / 1.5, x.max() * 1.5])
    ax.plot(line, line, color=PREDICTION, lw=1.2, ls="--", label=r"predicted")
    ax.set(xscale="log", yscale="log")
    ax.legend(loc="upper left")
    label_axes(ax, r"$\frac{\eta}{4}\langle|\hat g|^2\rangle$", r"$\langle\mathcal{L}\rangle - \mathcal{L}^*$")
    return fig


@house_style
def final_laws(losses: Mapping[str, np.ndarray]) -> Figure:
    """The share of chains whose final training loss is above a value, for several arms."""
    fig, ax = new_figure()
    for name, values in losses.items():
        x = np.sort(values)
        ax.step(x, 1 - np.arange(len(x)) / len(x), where="pre", color=COLORS[name], label=name)
    ax.set(yscale="log", xlim=(0.13, 0.45), ylim=(1 / 600, 1.2))
    ax.legend(loc="upper right")
    label_axes(ax, "training loss at the end", "share of chains above")
    return fig


@house_style
def early(times: np.ndarray, stored: tuple, live: tuple) -> Figure:
    """Stored mean over chains with the band of one standard deviation, and a live run's mean with its standard error."""
    fig, ax = new_figure()
    mean, deviation = stored
    ax.fill_between(
        times, mean - deviation, mean + deviation, color=SKY, alpha=0.35, label="stored, ± 1 s.d. of chains"
    )
    ax.plot(times, mean, color=PREDICTION, lw=1.2, label="stored, mean")
    ax.errorbar(times, *live, fmt="o", ms=4, color=SGD, label="live")
    ax.set(xscale="log")
    log_ticks(ax, y=[0.1, 0.2, 0.5, 1, 2])
    ax.legend(loc="upper right")
    label_axes(ax, r"time $t = i\eta$", "training loss")
    return fig


def training_panel(network: TanhNetwork, ax: Axes, eta: float, batch_size: int, seed: int, end: float = 12.0) -> str:
    """One setting of the chapter's widget: sixteen chains, their mean, and the loss of guessing."""
    start = random_start(16, np.random.default_rng(seed))
    steps = max(1, round(end / eta))
    every = max(1, steps // 30)
    paths = sgd(network, eta, n_steps=steps, batch_size=batch_size, n_chains=16, start=start, record=every, seed=seed)
    losses = np.array([network.cross_entropy(state) for state in paths.states])
    ax.plot(paths.t, losses, color=SGD, lw=0.6, alpha=0.6)
    ax.plot(paths.t, losses.mean(axis=1), color=SGD, lw=2.2, label="mean of 16 chains")
    ax.axhline(np.log(CLASSES), color=MUTED, lw=1.0, ls=":", label="log 10: guessing")
    ax.set(xlim=(0, end), ylim=(0.1, 6.0))
    log_ticks(ax, y=[0.1, 0.2, 0.5, 1, 2, 5])
    ax.legend(loc="lower left")
    label_axes(ax, r"time $t = i\eta$", "training loss")
    mean, error = mean_and_error(losses[-1])
    return f"{setting(eta, batch_size)}: training loss at t = {paths.t[-1]:.3g}: {mean:.3f} ± {error:.3f} after {steps} steps."
