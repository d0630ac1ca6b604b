"""Figures of chapter 6: Brownian motion and the three arms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sgdsde_helpers.figures.marks import MARKERS, histogram, log_ticks, measured, plus_minus, setting
from sgdsde_helpers.figures.style import (
    ACCENT,
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
from sgdsde_helpers.losses import MeanEstimation
from sgdsde_helpers.measure import mean_and_error, variance_and_error
from sgdsde_helpers.simulation import gaussian_sgd, ornstein_uhlenbeck, sgd
from sgdsde_helpers.theory import arms_stationary_cumulants, brownian_variation, ou_mean

SKEWED = MeanEstimation([-0.5, -0.5, -0.5, -0.5, 2.0])  # variance 1, third cumulant 1.5: far from Gaussian
_EDGES = np.linspace(-3.5, 4.5, 61)  # in units of the SDE's standard deviation


@house_style
def walks_and_roughness(walks: Mapping[float, np.ndarray], path: np.ndarray) -> Figure:
    """Coin-toss walks on [0, 1] at several steps, and the length and the sum of squares of a fine Brownian path.

    Parameters
    ----------
    walks : time step -> (1/step + 1,) places.
    path : (2^k + 1,) a Brownian path on [0, 1].
    """
    fig, (left, right) = new_figure(1, 2, height=3.5)
    for (dt, walk), color, width in zip(walks.items(), (ACCENT, SKY, PREDICTION), (2.0, 1.6, 0.8)):
        times = np.arange(len(walk)) * dt
        left.plot(times, walk, drawstyle="steps-post", color=color, linewidth=width, label=rf"$\delta = {dt:g}$")
    left.legend(loc="best", handlelength=1.0)
    label_axes(left, "time $t$", r"walk $W^\delta(t)$")
    counts = 2 ** np.arange(int(np.log2(len(path) - 1)) + 1)
    increments = [np.diff(path[:: (len(path) - 1) // n]) for n in counts]
    for power in (1, 2):
        right.loglog(counts, brownian_variation(counts, power), color=PREDICTION, linewidth=1.2)
    right.loglog(counts, [np.abs(d).sum() for d in increments], "s", color=FLOW, label=r"$\sum |\Delta W|$")
    right.loglog(counts, [(d**2).sum() for d in increments], "o", color=SGD, label=r"$\sum (\Delta W)^2$")
    right.legend(loc="upper left", handlelength=1.0)
    label_axes(right, "number of pieces")
    return fig


@house_style
def paths_and_zoom(arms: Mapping[str, tuple], flow: tuple[np.ndarray, np.ndarray], zoom: tuple[float, float]) -> Figure:
    """One path of each arm against time, with gradient flow, and the same paths under a magnifying glass.

    Parameters
    ----------
    arms : name of the arm -> (times, places).
    flow : times and places of gradient flow.
    zoom : times between which the right panel looks.
    """
    fig, (left, right) = new_figure(1, 2, height=3.7, width_ratios=[1.3, 1])
    for ax in (left, right):
        ax.plot(*flow, color=FLOW, linestyle="--", linewidth=1.5, label="gradient flow")
        for name, (times, places) in arms.items():
            style = "default" if name == "SDE" else "steps-post"
            ax.plot(times, places, color=ARMS[name], drawstyle=style, linewidth=1.4, label=name)
    inside = np.concatenate([x[(t >= zoom[0]) & (t <= zoom[1])] for t, x in arms.values()])
    low, high = inside.min() - 0.05, inside.max() + 0.05
    right.set(xlim=zoom, ylim=(low, high))
    left.add_patch(Rectangle((zoom[0], low), zoom[1] - zoom[0], high - low, fill=False, edgecolor=MUTED, linewidth=1.4))
    left.legend(loc="upper right", borderaxespad=0.0)
    label_axes(left, r"time $t = i\eta$", r"$\Phi$")
    label_axes(right, r"time $t = i\eta$")
    panel_title(right, "the frame, enlarged")
    return fig


def stationary_cumulants(eta: float, batch_size: int = 1) -> dict[str, tuple[float, float]]:
    """Variance and third cumulant of the three arms on the skewed data at stationarity, exactly."""
    return arms_stationary_cumulants(SKEWED, eta, batch_size)


def stationary_arms(eta: float, batch_size: int, seed: int, chains: int) -> dict[str, np.ndarray]:
    """The three arms on the skewed data at stationarity: (chains,) states each."""
    steps = int(np.ceil(-4 / np.log(abs(1 - eta) + 1e-9)))  # the variance has settled to e^-8
    common = {"n_steps": steps, "batch_size": batch_size, "n_chains": chains}
    exact = {"dt": steps * eta, "n_steps": 1, "start": 0.0, "n_paths": chains}  # the exact transition, in one step
    return {
        "SGD": sgd(SKEWED, eta, seed=seed, **common).final,
        "Gaussian SGD": gaussian_sgd(SKEWED, eta, seed=seed + 1, **common).final,
        "SDE": ornstein_uhlenbeck(1.0, eta / batch_size, seed=seed + 2, **exact).final,
    }


@house_style
def arms_against_eta(etas: Sequence[float], samples: Sequence[Mapping[str, np.ndarray]]) -> Figure:
    """Variance in units of the SDE's, and skewness, of the three arms against eta: predicted lines, measured marks.

    Parameters
    ----------
    etas : learning rates.
    samples : for each of them, name of the arm -> (m,) states.
    """
    fig, (left, right) = new_figure(1, 2, height=3.7)
    fine = np.geomspace(min(etas) / 1.2, max(etas) * 1.05, 100)
    exact = [stationary_cumulants(eta) for eta in fine]
    for name, color in ARMS.items():
        variance, third = np.array([cumulants[name] for cumulants in exact]).T
        unit = np.array([cumulants["SDE"][0] for cumulants in exact])
        left.plot(fine, variance / unit, color=PREDICTION, linewidth=1.1, zorder=1)
        right.plot(fine, third / variance**1.5, color=PREDICTION, linewidth=1.1, zorder=1)
        for eta, sample in zip(etas, samples, strict=True):
            x, label = eta * (0.95 if name == "Gaussian SGD" else 1.0), name if eta == etas[0] else None
            mean, error = variance_and_error(sample[name])
            look = {"fmt": MARKERS[name], "color": color, "label": label}
            unit = stationary_cumulants(eta)["SDE"][0]
            measured(left, x, mean / unit, error / unit, **look)
            third, error = mean_and_error(sample[name] ** 3)
            measured(right, x, third / mean**1.5, error / mean**1.5, **look)
    left.legend(loc="upper left", handlelength=1.0)
    for ax in (left, right):
        log_ticks(ax, etas[::2])
        label_axes(ax, r"learning rate $\eta$")
    label_axes(left, None, r"variance $/\,(\eta\sigma^2/2)$")
    label_axes(right, None, "skewness")
    return fig


def arms_panels(axes: Sequence[Axes], eta: float, batch_size: int, seed: int) -> str:
    """One setting of the widget: a path of each arm, and the stationary laws on the ruler of the SDE's deviation."""
    left, right = axes
    common = {"n_steps": int(np.ceil(5 / eta)), "batch_size": batch_size, "start": 1.5, "record": "all"}
    runs = {
        "SGD": sgd(SKEWED, eta, seed=seed, **common),
        "Gaussian SGD": gaussian_sgd(SKEWED, eta, seed=seed, **common),
    }
    runs["SDE"] = ornstein_uhlenbeck(
        1.0, eta / batch_size, dt=0.01, n_steps=500, start=1.5, record="all", seed=seed + 2
    )
    times = np.linspace(0, 5, 101)
    left.plot(times, ou_mean(times, 1.5, 1.0), color=FLOW, linestyle="--", linewidth=1.3)
    for name, paths in runs.items():
        style = "default" if name == "SDE" else "steps-post"
        left.plot(paths.t, paths.states[:, 0], color=ARMS[name], drawstyle=style, linewidth=1.2)
    left.set(xlim=(0, 5), ylim=(-1.2, 2.4))
    label_axes(left, "time", r"$\Phi$")
    samples = stationary_arms(eta, batch_size, seed, chains=5000)
    scale = np.sqrt(stationary_cumulants(eta, batch_size)["SDE"][0])
    for name, color in ARMS.items():
        look = {} if name == "SGD" else {"fill": False, "alpha": 1.0, "linewidth": 1.5}
        histogram(right, samples[name] / scale, _EDGES, color=color, label=name, **look)
    right.set(xlim=(-3.5, 4.5), ylim=(0, 1.0))
    # Above the panels: at large eta the bars of SGD are higher than any room left for it.
    right.figure.legend(*right.get_legend_handles_labels(), loc="outside upper center", ncols=3, handlelength=1.0)
    label_axes(right, r"$\Phi\,/\,\sqrt{\eta\sigma^2/2B}$", "density")
    return _arms_caption(eta, batch_size, samples)


def _arms_caption(eta: float, batch_size: int, samples: Mapping[str, np.ndarray]) -> str:
    exact = stationary_cumulants(eta, batch_size)
    steps, sde, scale = exact["SGD"][0], exact["SDE"][0], exact["SGD"][0] ** 1.5
    sampled, gaussian, continuous = (plus_minus(*variance_and_error(samples[name])) for name in ARMS)
    skew, error = mean_and_error(samples["SGD"] ** 3)
    return (
        f"{setting(eta, batch_size)}: variance predicted {steps:.4g} for SGD and Gaussian SGD, measured {sampled} and "
        f"{gaussian}; predicted {sde:.4g} for the SDE, measured {continuous}. Skewness of SGD predicted "
        f"{exact['SGD'][1] / scale:.2f}, measured {plus_minus(skew / scale, error / scale)}; of the others, 0."
    )
