"""Figures of chapter 21: escape from a well."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sgdsde_helpers.figures.marks import setting
from sgdsde_helpers.figures.style import GAUSSIAN_SGD, PREDICTION, SDE, SGD, house_style, label_axes, new_figure
from sgdsde_helpers.losses import DoubleWell
from sgdsde_helpers.measure import mean_and_error
from sgdsde_helpers.simulation import sgd
from sgdsde_helpers.theory import exit_survival, sde_exit_time

COLORS = {"SGD": SGD, "Gaussian SGD": GAUSSIAN_SGD, "SDE": SDE}


@house_style
def times(etas: np.ndarray, exact: Mapping[str, np.ndarray], marks: Mapping[str, tuple]) -> Figure:
    """Mean exit times against 1/eta, exact for each arm, with measured ones where they can be had."""
    fig, ax = new_figure()
    for name, values in exact.items():
        ax.plot(1 / etas, values, color=COLORS[name], ls="--", label=f"{name}, exact")
    for name, (at, mean, error) in marks.items():
        ax.errorbar(1 / np.asarray(at), mean, error, fmt="o", color=COLORS[name], label=f"{name}, measured")
    ax.set(yscale="log")
    ax.legend(loc="upper left")
    label_axes(ax, r"$1/\eta$", "mean time to the top")
    return fig


@house_style
def rates(noise: np.ndarray, ratio: np.ndarray, slope: float) -> Figure:
    """The exponent of SGD over that of the SDE, against the strength of two-valued noise; infinite below the largest slope."""
    fig, ax = new_figure()
    ax.plot(noise, ratio, color=SGD, label="SGD, two-valued noise")
    ax.axhline(1.0, color=SDE, ls="-.", label="SDE")
    ax.axvline(slope, color=PREDICTION, ls=":", label="largest slope of the loss")
    ax.set(ylim=(0.9, 3.0))
    ax.legend(loc="upper right")
    label_axes(ax, r"strength of the noise, $\nu$", "exponent / the SDE's")
    return fig


def escape_panel(
    loss: DoubleWell, ax: Axes, eta: float, batch_size: int, seed: int, chains: int = 600, end: float = 60.0
) -> str:
    """One setting of the chapter's widget: the share of chains that have not passed the top, and an exponential with the SDE's mean."""
    steps = round(end / eta)
    paths = sgd(loss, eta, n_steps=steps, batch_size=batch_size, n_chains=chains, start=-1.0, record="all", seed=seed)
    gone = np.maximum.accumulate(paths.states > 0, axis=0)
    mean = sde_exit_time(loss, eta, batch_size, start=-1.0, end=0.0, reach=-2.0)
    ax.plot(paths.t, 1 - gone.mean(axis=1), color=SGD, label="SGD, not yet over the top")
    ax.plot(paths.t, exit_survival(paths.t, mean), color=SDE, ls="--", label="exponential with the SDE's mean")
    ax.set(xlim=(0, end), ylim=(0, 1.45), yticks=np.linspace(0, 1, 6))
    ax.legend(loc="upper right")
    label_axes(ax, r"time $t = i\eta$", "share of chains")
    share, error = mean_and_error(1.0 - gone[-1])
    # chains that agree have no scatter
    bar = f"± {error:.3f}" if error else f"({'all' if share else 'none'} of {chains} chains)"
    return (
        f"{setting(eta, batch_size)}: after t = {end:g} a share {share:.3f} {bar} has not passed the top; "
        f"the SDE's mean time is {mean:.3g}."
    )
