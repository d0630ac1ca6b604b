"""Figures of the chapter "Thermometers": ratios and changes of stored runs, momentum's bracket, the heat curve."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sgdsde_helpers.figures.marks import in_words, log_ticks, measured, setting
from sgdsde_helpers.figures.style import (
    ACCENT,
    FLOW,
    MUTED,
    PREDICTION,
    SDE,
    SGD,
    house_style,
    label_axes,
    new_figure,
    panel_title,
)
from sgdsde_helpers.losses import LeastSquares, Loss
from sgdsde_helpers.measure import mean_and_error
from sgdsde_helpers.problems import diabetes
from sgdsde_helpers.simulation import sgd
from sgdsde_helpers.theory import (
    fluctuation_dissipation,
    fluctuation_dissipation_samples,
    heat_capacity,
    stationary_loss,
)


@house_style
def ratio_and_change(etas: np.ndarray, ratios: np.ndarray, changes: np.ndarray, errors: np.ndarray) -> Figure:
    """One run of each learning rate: left the ratio of dissipation to fluctuation less 1, right the change of |phi|^2."""
    fig, (left, right) = new_figure(1, 2, height=3.3)
    left.loglog(etas, ratios - 1, "o", color=SGD)
    for ax in (left, right):
        log_ticks(ax, x=[0.0125, 0.05, 0.2, 0.8])
    label_axes(left, r"$\eta$", "ratio − 1")
    panel_title(left, "what looks settled")
    measured(right, etas, changes, errors)
    right.axhline(0, color=MUTED, linewidth=0.8)
    right.axhline(np.average(changes, weights=errors**-2.0), color=ACCENT, linestyle=":", label="their mean")
    right.set(ylim=(-0.6, 0.1))
    label_axes(right, r"$\eta$", r"change of $|\Phi|^2$")
    panel_title(right, "what changed")
    right.legend(loc="lower right")
    return fig


@house_style
def bracket(batch_sizes: np.ndarray, ratios: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """Dissipation over the fluctuation that each relation puts beside it, for momentum at several batch sizes."""
    fig, ax = new_figure(height=3.5)
    looks = ((SGD, "o"), (FLOW, "s"), (SDE, "^"))
    for (name, (ratio, error)), (color, marker) in zip(ratios.items(), looks, strict=True):
        measured(ax, batch_sizes, ratio, error, color=color, fmt=marker, label=name)
    ax.axhline(1.0, color=PREDICTION, linewidth=1)
    log_ticks(ax, x=batch_sizes)
    ax.set(ylim=(0, 1.4))
    label_axes(ax, "batch size", "dissipation / fluctuation")
    ax.legend(loc="lower left")
    return fig


@house_style
def heat(loss: Loss, batch_size: int, etas: np.ndarray, losses: np.ndarray, errors: np.ndarray) -> Figure:
    """Mean loss of SGD over its minimum: the exact curve for least squares, its slope at 0, and measured values."""
    fig, ax = new_figure(height=3.5)
    lowest = float(loss.loss(loss.minimiser))
    fine = np.linspace(etas[0] / 10, etas[-1] * 1.02, 40)
    exact = [stationary_loss(loss, e, batch_size) - lowest for e in fine]
    ax.plot(fine, exact, color=PREDICTION, label="exact")
    ax.plot(
        fine, heat_capacity(loss, batch_size) * fine, "--", color=SDE, label=r"heat capacity, $\eta$ tr$\,\Sigma$/4B"
    )
    measured(ax, etas, losses - lowest, errors, label="SGD")
    ax.set(xlim=(0, None), ylim=(0, None))
    label_axes(ax, r"$\eta$", r"$\langle\mathcal{L}\rangle - \mathcal{L}^*$")
    ax.legend()
    return fig


# The widget's problem: two features of the diabetes data.
WIDGET_LOSS = LeastSquares(*diabetes(["bmi", "s5"]))
_LEVEL = float(np.trace(WIDGET_LOSS.covariance(WIDGET_LOSS.minimiser)))


def relation_panel(ax: Axes, eta: float, batch_size: int, seed: int, chains: int = 200) -> str:
    """One setting of the chapter's widget: dissipation and fluctuation of SGD, and where the SDE would have them."""
    unit = eta * _LEVEL / (2 * batch_size)  # the SDE's fluctuation while the noise is that at the minimiser
    exact, _, central = (x / unit for x in fluctuation_dissipation(WIDGET_LOSS, eta, batch_size))
    plan = {"n_steps": 120, "burn_in": max(40, round(4 / eta)), "record": 40, "n_chains": chains, "seed": seed}
    states = sgd(WIDGET_LOSS, eta, batch_size=batch_size, **plan).states
    flat = states.reshape(-1, *WIDGET_LOSS.shape)
    samples = fluctuation_dissipation_samples(WIDGET_LOSS, flat, eta, batch_size)
    by_chain = [x.reshape(len(states), chains).mean(axis=0) / unit for x in samples]
    (left, left_error), (right, right_error), _ = (mean_and_error(x) for x in by_chain)
    measured(ax, [0], [left], [left_error], label="measured")
    measured(ax, [1], [right], [right_error], label=None)
    ax.axhline(exact, color=PREDICTION, label="SGD, exact")
    ax.axhline(central, color=SDE, linestyle="--", label="central covariance")
    ax.set(xlim=(-0.5, 1.5), ylim=(0.4, 40))
    log_ticks(ax, y=[0.5, 1, 2, 4, 8])
    ax.set_xticks([0, 1], ["⟨Φ·∇L⟩", "(η/2)⟨|ĝ|²⟩"])
    label_axes(ax, None, r"over $\eta$ tr$\,\Sigma$/2B")
    ax.legend(loc="upper right")
    return (
        f"{setting(eta, batch_size)}: dissipation {in_words(exact, left, left_error)}, in units of η tr Σ/2B; the central "
        f"covariance alone gives {central:.3f} (green, dashed)."
    )
