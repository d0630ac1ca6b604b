"""Figures of the chapter "The exact chain": variance up to the edge, memory, and what momentum does to a covariance."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sgdsde_helpers.figures.marks import cloud, covariance_ellipse, in_words, measured, setting
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
from sgdsde_helpers.losses import TiltedQuadratic
from sgdsde_helpers.measure import covariance_and_error
from sgdsde_helpers.problems import points_with_covariance
from sgdsde_helpers.simulation import momentum
from sgdsde_helpers.theory import (
    modified_stationary_covariance,
    momentum_autocovariance,
    momentum_stationary_covariance,
    sde_stationary_covariance,
    sgd_stationary_covariance,
)

MOMENTUM = ACCENT


@house_style
def to_the_edge(
    h: float, sigma2: float, batch_size: int, etas: np.ndarray, variances: np.ndarray, errors: np.ndarray
) -> Figure:
    """Stationary variance of SGD over that of its SDE against eta h, with two predictions that see the steps."""
    fig, ax = new_figure(height=3.6)
    fine = np.linspace(0.02, 1.9, 95) / h
    sde = np.array([sde_stationary_covariance(h, sigma2, e, batch_size) for e in etas])

    def over_sde(theory: Callable) -> list[float]:
        return [theory(h, sigma2, e, batch_size) / sde_stationary_covariance(h, sigma2, e, batch_size) for e in fine]

    ax.plot(fine * h, over_sde(sgd_stationary_covariance), color=PREDICTION, label="the chain, exact")
    ax.plot(fine * h, over_sde(modified_stationary_covariance), "--", color=FLOW, label="modified drift")
    ax.axhline(1.0, color=SDE, linestyle=":", label="SDE")
    measured(ax, etas * h, variances / sde, errors / sde, label="SGD")
    ax.set(yscale="log", ylim=(0.4, 25))
    label_axes(ax, r"$\eta h$", "variance / the SDE's")
    ax.legend()
    return fig


@house_style
def memory(h: float, panels: Sequence[tuple[str, float, float, np.ndarray, np.ndarray]]) -> Figure:
    """Autocorrelation against the lag in steps; each panel is (title, eta, mu, correlations, errors), lags from 0."""
    fig, axes = new_figure(1, len(panels), height=3.2, sharey=True)
    for ax, (title, eta, mu, correlations, errors) in zip(axes, panels, strict=True):
        lags = np.arange(len(correlations))
        s = momentum_stationary_covariance(h, 1.0, eta, mu=mu)
        predicted = momentum_autocovariance(len(lags) - 1, h, eta, stationary_covariance=s, mu=mu) / s
        ax.axhline(0, color=MUTED, linewidth=0.8)
        ax.plot(lags, predicted, color=PREDICTION, label="predicted")
        color, name = (MOMENTUM, "momentum") if mu else (SGD, "SGD")
        measured(ax, lags, correlations, errors, color=color, label=name)
        label_axes(ax, "lag in steps", "autocorrelation" if ax is axes[0] else None)
        panel_title(ax, title)
        ax.legend()
    return fig


@house_style
def same_temperature(
    hessian: np.ndarray, sigma: np.ndarray, mu: float, rates: np.ndarray, covariances: np.ndarray, errors: np.ndarray
) -> Figure:
    """S_22 and S_12 over the SDE's, against the effective rate, for SGD (first) and momentum (second) in the arrays.

    `covariances` and `errors` are of shape (2, K, 2, 2) at the K effective rates eta/(1 - mu).
    """
    fig, axes = new_figure(1, 2, height=3.5)
    fine = np.linspace(rates[0] / 2, rates[-1] * 1.1, 60)
    for ax, (i, k) in zip(axes, ((1, 1), (0, 1)), strict=True):
        sde = np.array([sde_stationary_covariance(hessian, sigma, e)[i, k] for e in rates])
        arms = (("SGD", 0.0, SGD, "-", "o"), (f"momentum {mu:g}", mu, MOMENTUM, "--", "s"))
        for (name, m, color, line, marker), found, error in zip(arms, covariances, errors, strict=True):
            exact = [momentum_stationary_covariance(hessian, sigma, (1 - m) * e, mu=m)[i, k] for e in fine]
            ax.plot(fine, exact / (sde[0] / rates[0] * fine), line, color=PREDICTION)
            measured(ax, rates, found[:, i, k] / sde, error[:, i, k] / sde, color=color, label=name, fmt=marker)
        ax.axhline(1.0, color=SDE, linestyle=":", label="SDE")
        ax.set(ylim=(0, 1.9))
        ax.locator_params(axis="x", nbins=4)
        label_axes(ax, r"$\eta/(1-\mu)$", "over the SDE's" if ax is axes[0] else None)
        panel_title(ax, rf"$S_{{{i + 1}{k + 1}}}$")
    axes[0].legend(loc="lower left")
    return fig


def _cloud(ax: Axes, sample: np.ndarray, exact: np.ndarray, sde: np.ndarray, color: str) -> None:
    cloud(ax, sample, shown=3000, color=color)
    covariance_ellipse(ax, sde, edgecolor=SDE, linestyle="--", label="SDE")
    covariance_ellipse(ax, exact, edgecolor=PREDICTION, label="exact")


@house_style
def two_clouds(hessian: np.ndarray, sigma: np.ndarray, mu: float, rate: float, samples: Sequence[np.ndarray]) -> Figure:
    """Final states of SGD and of momentum at one effective rate, each with its exact ellipse, and the SDE's."""
    fig, axes = new_figure(1, 2, height=3.6, sharex=True, sharey=True)
    sde = sde_stationary_covariance(hessian, sigma, rate)
    for ax, m, sample in zip(axes, (0.0, mu), samples, strict=True):
        exact = momentum_stationary_covariance(hessian, sigma, (1 - m) * rate, mu=m)
        _cloud(ax, sample, exact, sde, MOMENTUM if m else SGD)
        panel_title(ax, f"momentum {m:g}" if m else "SGD")
        label_axes(ax, r"$\Phi_1$", r"$\Phi_2$" if ax is axes[0] else None)
    axes[0].legend(loc="upper left")
    reach = 3.6 * np.sqrt(np.diag(sde))
    axes[0].set(xlim=(-reach[0], reach[0]), ylim=(-reach[1], reach[1]))
    return fig


# The widget's problem: curvatures 1 and 4, and noise that is strongest halfway between their directions.
WIDGET_HESSIAN = np.diag([1.0, 4.0])
WIDGET_SIGMA = np.array([[1.0, 0.9], [0.9, 1.0]])
WIDGET_MU = 0.9
WIDGET_STEPS = {0.0: 30, WIDGET_MU: 100}  # both start with the exact covariance; momentum must first find its velocity
_WIDGET_LOSS = TiltedQuadratic(WIDGET_HESSIAN, points_with_covariance(WIDGET_SIGMA))


def momentum_panel(axes: np.ndarray, eta: float, batch_size: int, seed: int, chains: int = 1_000) -> str:
    """One setting of the chapter's widget: SGD at eta, and momentum at (1 - mu) eta, whose temperatures are equal."""
    sde = sde_stationary_covariance(WIDGET_HESSIAN, WIDGET_SIGMA, eta, batch_size)
    unit, said = np.sqrt(eta / batch_size), []  # in these units the SDE's law stands still
    for ax, mu, name in zip(axes, (0.0, WIDGET_MU), ("SGD", f"momentum {WIDGET_MU:g}"), strict=True):
        exact = momentum_stationary_covariance(WIDGET_HESSIAN, WIDGET_SIGMA, (1 - mu) * eta, batch_size, mu=mu)
        start = np.random.default_rng(seed).multivariate_normal(np.zeros(2), exact, chains)
        final = momentum(
            _WIDGET_LOSS,
            (1 - mu) * eta,
            mu,
            n_steps=WIDGET_STEPS[mu],
            batch_size=batch_size,
            n_chains=chains,
            start=start,
            seed=seed,
        ).final
        _cloud(ax, final / unit, exact / unit**2, sde / unit**2, MOMENTUM if mu else SGD)
        ax.set(xlim=(-2.6, 2.6), ylim=(-1.6, 1.6))
        label_axes(ax, r"$\Phi_1/\sqrt{\eta/B}$", r"$\Phi_2/\sqrt{\eta/B}$" if mu == 0 else None)
        panel_title(ax, name)
        value, error = (x[0, 1] / unit**2 for x in covariance_and_error(final))
        said.append(f"{name} {in_words(exact[0, 1] / unit**2, value, error)}")
    return (
        f"{setting(eta, batch_size)}, momentum's rate {1 - WIDGET_MU:.1f} η: S12/(η/B) of {said[0]}; of {said[1]}. "
        f"The SDE (green, dashed) has {sde[0, 1] / unit**2:.3f}. Black: the exact law's ellipse."
    )
