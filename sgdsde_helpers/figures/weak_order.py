"""Figures of chapter 7: weak errors against the learning rate, and over time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sgdsde_helpers.figures.marks import measured, plus_minus, setting
from sgdsde_helpers.figures.style import ACCENT, FLOW, MUTED, SDE, SGD, SKY, house_style, label_axes, new_figure
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.measure import mean_and_error
from sgdsde_helpers.simulation import sgd
from sgdsde_helpers.theory import modified_sde_moments, sde_moments, sgd_moments

CHAINS, END = 3000, 3.0  # of the widget


@house_style
def weak_errors(etas: np.ndarray, second: Mapping[str, np.ndarray], variance: Mapping[str, np.ndarray]) -> Figure:
    """Weak errors against eta, exact, with lines of slope 1 and 2.

    Parameters
    ----------
    etas : (K,).
    second : model -> (K,) error of the second moment.
    variance : model -> (K,) relative error of the variance.
    """
    fig, panels = new_figure(1, 2, height=3.9)
    look = {"gradient flow": (FLOW, "v"), "SDE": (SDE, "^"), "modified flow": (ACCENT, "D"), "modified SDE": (SKY, "o")}
    for ax, errors, what in zip(panels, (second, variance), (r"error of $E\,\Phi^2$", "relative error of variance")):
        for name, values in errors.items():
            size = 9 if name == "gradient flow" else 5.5  # its line lies under the modified flow's
            ax.loglog(
                etas, values, look[name][1] + "-", color=look[name][0], label=name, linewidth=1.2, markersize=size
            )
        label_axes(ax, r"learning rate $\eta$", what)
        ax.set_xticks([0.01, 0.1], ["0.01", "0.1"])
    fig.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return fig


def weak_panel(ax: Axes, eta: float, batch_size: int, seed: int, *, loss: Loss, start: float) -> str:
    """Draw the errors of three equations in the second moment over time, in units of eta, with chains; return the caption."""
    n_steps = np.union1d(np.linspace(0, round(END / eta), 13).round().astype(int), [round(1 / eta)])
    chain = np.array([sgd_moments(loss, eta, n, start, batch_size)[1] for n in n_steps])
    sde = np.array([sde_moments(loss, eta, n * eta, start, batch_size) for n in n_steps])
    modified = np.array([modified_sde_moments(loss, eta, n * eta, start, batch_size)[1] for n in n_steps])
    times, at = n_steps * eta, int(np.argmin(np.abs(n_steps * eta - 1.0)))
    lines = {"gradient flow": (sde[:, 0] ** 2, FLOW), "SDE": (sde[:, 1], SDE), "modified SDE": (modified, SKY)}
    off = {name: (second - chain) / eta for name, (second, _) in lines.items()}
    for name, (_, color) in lines.items():
        ax.plot(times, off[name], color=color, label=name)
    ax.axhline(0.0, color=MUTED, linewidth=1.0)
    run = {"n_steps": int(n_steps[-1]), "n_chains": CHAINS, "start": start, "record": "all"}
    squares = sgd(loss, eta, batch_size=batch_size, seed=seed, **run).states[n_steps] ** 2
    found, error = mean_and_error(squares.T)
    measured(ax, times, (sde[:, 1] - found) / eta, error / eta, color=SGD, label="SDE less chains of SGD")
    ax.set(xlim=(0, 1.02 * END), ylim=(-1.0, 1.7))
    ax.legend(loc="upper right", borderaxespad=0.0, ncols=2, columnspacing=0.8)
    label_axes(ax, r"time $t = i\,\eta$", r"error of $E\,\Phi^2$ over $\eta$")
    share = {name: f"{values[at]:.2f} η".replace("-", "−") for name, values in off.items()}
    return (
        f"{setting(eta, batch_size)}: error of the second moment at t = {times[at]:.3g}, of the SDE predicted {share['SDE']}, measured "
        f"{plus_minus((sde[at, 1] - found[at]) / eta, error[at] / eta)} η; of the modified SDE {share['modified SDE']}, of gradient "
        f"flow {share['gradient flow']}."
    )
