"""Figures of chapter 22: the errors of the theories, observable by observable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sgdsde_helpers.figures.marks import log_ticks, setting
from sgdsde_helpers.figures.style import (
    ACCENT,
    FLOW,
    GAUSSIAN_SGD,
    MUTED,
    PREDICTION,
    SDE,
    SGD,
    SKY,
    house_style,
    label_axes,
    new_figure,
    panel_title,
)
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.measure import variance_and_error
from sgdsde_helpers.scorecard import THEORIES, Score, Scorecard, score_decay, score_skewness, score_tail, score_variance
from sgdsde_helpers.simulation import sgd

LOOK = dict(zip(THEORIES, ((FLOW, "v"), (GAUSSIAN_SGD, "s"), (SDE, "o"), (ACCENT, "^"), (SKY, "D"), (PREDICTION, "x"))))
ON_THE_LINE: Mapping[str, Callable[..., Score]] = {
    "decay": score_decay,
    "variance": score_variance,
    "skewness": score_skewness,
    "tail index": score_tail,
}


@house_style
def errors(card: Scorecard) -> Figure:
    """Size of each theory's error against eta, a panel an observable; what is exact lies below every axis and is not drawn."""
    rows = len(card.scores) // 2 + 1  # one panel at least is left for the legend
    fig, axes = new_figure(rows, 2, height=2.4 * rows, sharex=True, sharey=True)
    for ax, name in zip(axes.flat, card.scores):
        for theory, (color, marker) in LOOK.items():
            size = card.errors(name, theory)
            if size is not None and card.order(name, theory) is not None:
                ax.plot(card.etas, np.abs(size), color=color, marker=marker, ms=5, label=theory)
        ax.set(xscale="log", yscale="log", ylim=(1e-5, 3.0))
        panel_title(ax, name)
    for ax in axes[-1]:
        log_ticks(ax, x=card.etas[::2])
        label_axes(ax, r"$\eta$")
    for ax in axes[:, 0]:
        label_axes(ax, None, "error")
    handles = dict(pair[::-1] for ax in axes.flat for pair in zip(*ax.get_legend_handles_labels()))
    axes.flat[-1].legend(handles.values(), handles.keys(), loc="center left")
    for ax in axes.flat[len(card.scores) :]:
        ax.set_axis_off()
    for ax in axes.flat[len(card.scores) - 2 : len(card.scores)]:
        ax.tick_params(labelbottom=True)
    return fig


def scorecard_panel(loss: Loss, ax: Axes, eta: float, batch_size: int, seed: int, chains: int = 20_000) -> str:
    """One setting of the chapter's widget: signed errors of all theories on one parameter, and SGD's own measured variance."""
    scores = {name: score(loss, eta, batch_size) for name, score in ON_THE_LINE.items()}
    for place, (theory, (color, marker)) in enumerate(LOOK.items()):
        level = 0.12 * (place - 2.5)  # apart, where two theories agree
        points = [(s.errors[theory], row + level) for row, s in enumerate(scores.values()) if theory in s.errors]
        ax.plot(*np.transpose(points), marker, color=color, ms=7, label=theory)
    start = partial(sgd, loss, eta, batch_size=batch_size, n_chains=chains, start=float(loss.minimiser))
    final = start(n_steps=round(8 / eta), seed=seed).final
    truth = scores["variance"].sgd
    variance, error = (value / truth for value in variance_and_error(final))
    row = list(scores).index("variance")
    ax.errorbar(variance - 1, row + 0.42, xerr=2 * error, fmt="P", color=SGD, ms=7, label="SGD, measured")
    ax.axvline(0, color=MUTED, lw=1)
    ax.set_xscale("symlog", linthresh=0.01)
    ax.set(xlim=(-1.5, 1.5), ylim=(len(scores) - 0.4, -0.5))
    ax.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=3, columnspacing=1.0, handletextpad=0.2)
    ax.set_xticks([-1, -0.1, -0.01, 0.01, 0.1, 1], ["−1", "−.1", "−.01", ".01", ".1", "1"])
    ax.set_yticks(range(len(scores)), list(scores))
    label_axes(ax, "error, as a share of SGD's value")
    sde = scores["variance"].errors["SDE"]
    return f"{setting(eta, batch_size)}: the SDE's variance errs by {sde:+.3f}, SGD's as measured by {variance - 1:+.3f} ± {error:.3f}."
