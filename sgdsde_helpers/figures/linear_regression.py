"""Figures of chapter 18: linear regression on real data."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sgdsde_helpers.figures.marks import log_ticks, setting
from sgdsde_helpers.figures.style import (
    MUTED,
    PREDICTION,
    SDE,
    SGD,
    house_style,
    label_axes,
    new_figure,
    panel_title,
)
from sgdsde_helpers.losses import LeastSquares
from sgdsde_helpers.measure import mean_and_error
from sgdsde_helpers.simulation import sgd
from sgdsde_helpers.theory import sde_stationary_covariance, sgd_stationary_moments

THEORIES = {"frozen noise": (MUTED, ":"), "SDE": (SDE, "-."), "exact chain": (PREDICTION, "--")}


@house_style
def excess(panels: Mapping[int, tuple[np.ndarray, Mapping[str, np.ndarray], tuple]]) -> Figure:
    """Excess loss over its small-eta value against eta: a panel a batch size, with (etas, theories, (etas, mean, error))."""
    fig, axes = new_figure(ncols=len(panels), sharey=True)
    for ax, (size, (etas, theories, measured)) in zip(np.atleast_1d(axes), panels.items(), strict=True):
        for name, values in theories.items():
            color, dashes = THEORIES[name]
            ax.plot(etas, values, color=color, ls=dashes, label=name)
        ax.errorbar(*measured, fmt="o", color=SGD, label="SGD")
        ax.set(yscale="log", ylim=(0.9, 12))
        log_ticks(ax, y=[1, 2, 4, 8])
        ax.locator_params(axis="x", nbins=4)
        panel_title(ax, f"$B$ = {size}")
        label_axes(ax, r"learning rate $\eta$")
    label_axes(np.atleast_1d(axes)[0], None, r"excess loss over $\eta\,\mathrm{tr}\,\Sigma/(4B)$")
    np.atleast_1d(axes)[0].legend(loc="upper left")
    return fig


@house_style
def edges(sizes: np.ndarray, chain: np.ndarray, sde: np.ndarray, full: float) -> Figure:
    """The learning rates past which the covariance grows without bound, against the batch size."""
    fig, ax = new_figure()
    ax.plot(sizes, sde, color=SDE, ls="-.", label="SDE")
    ax.plot(sizes, chain, "o-", color=SGD, label="SGD")
    ax.axhline(full, color=MUTED, ls=":", label=r"$2/\lambda_{\max}$")
    ax.set(xscale="log", yscale="log")
    ax.set_xticks(sizes, [str(size) for size in sizes])
    ax.minorticks_off()
    ax.legend(loc="upper left")
    label_axes(ax, "batch size $B$", r"edge of stability $\eta^*$")
    return fig


@house_style
def epochs(kappa: np.ndarray, end: np.ndarray, measured: tuple[np.ndarray, np.ndarray]) -> Figure:
    """Variance in each eigendirection at the end of an epoch, over that of independent batches, against kappa = eta h n / B."""
    fig, ax = new_figure()
    ax.plot(kappa, end, color=PREDICTION, ls="--", label="predicted")
    ax.errorbar(kappa, *measured, fmt="o", color=SGD, label="SGD, reshuffled")
    ax.set(xscale="log", yscale="log")
    ax.legend(loc="lower right")
    label_axes(ax, r"epoch in units of the relaxation time, $\kappa = \eta h_i n/B$", "reshuffled / i.i.d. variance")
    return fig


def settling_panel(loss: LeastSquares, ax: Axes, eta: float, batch_size: int, seed: int, chains: int = 200) -> str:
    """One setting of the chapter's widget: the mean excess loss of chains from the minimiser, beside two stationary theories."""
    bottom, h = float(loss.loss(loss.minimiser)), loss.hessian(loss.minimiser)
    frozen, exact = (
        np.trace(h @ covariance) / 2
        for covariance in (
            sde_stationary_covariance(h, loss.covariance(loss.minimiser), eta, batch_size),
            sgd_stationary_moments(loss, eta, batch_size)[1],
        )
    )
    paths = sgd(
        loss,
        eta,
        n_steps=round(150 / eta),
        batch_size=batch_size,
        n_chains=chains,
        record=max(1, round(1 / eta)),
        seed=seed,
    )
    excess = loss.loss(paths.states) - bottom
    mean, error = mean_and_error(excess[len(excess) // 2 :].mean(axis=0))
    ax.plot(paths.t, excess.mean(axis=1), color=SGD, label=f"mean of {chains} chains")
    ax.axhline(exact, color=PREDICTION, ls="--", label="exact chain")
    ax.axhline(frozen, color=MUTED, ls=":", label="frozen noise")
    ax.set(yscale="log", xlim=(0, 150), ylim=(3e-5, 0.5))
    ax.legend(loc="lower right")
    label_axes(ax, r"time $t = i\eta$", "excess loss")
    return (
        f"{setting(eta, batch_size)}: excess loss {mean:.5f} ± {error:.5f} for t > 75; "
        f"exact chain {exact:.5f}, frozen noise {frozen:.5f}."
    )
