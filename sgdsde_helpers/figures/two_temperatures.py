"""Figures of the chapter "Two temperatures": laws in the plane that are not Gibbs, and the current that shows it."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sgdsde_helpers.figures.marks import bell, cloud, covariance_ellipse, histogram, in_words, measured, setting
from sgdsde_helpers.figures.style import (
    ACCENT,
    FLOW,
    PREDICTION,
    SDE,
    SGD,
    SKY,
    house_style,
    label_axes,
    new_figure,
    panel_title,
)
from sgdsde_helpers.losses import TiltedQuadratic
from sgdsde_helpers.measure import mean_and_error, measured_rotation
from sgdsde_helpers.problems import points_with_covariance
from sgdsde_helpers.simulation import sgd
from sgdsde_helpers.theory import (
    gibbs_covariance,
    mean_temperature,
    ou_stationary_covariance,
    probability_current,
    rotation_rate,
    sde_stationary_covariance,
    sgd_stationary_covariance,
)


def _plane(ax: Axes, reach: np.ndarray) -> None:
    ax.set(xlim=(-reach[0], reach[0]), ylim=(-reach[1], reach[1]))
    label_axes(ax, r"$\Phi_1$", r"$\Phi_2$")


@house_style
def clouds(samples: list[np.ndarray], names: list[str], hessian: np.ndarray, covariances: list[np.ndarray]) -> Figure:
    """SGD's final states, one panel for each noise, with the SDE's ellipse and that of the Gibbs law of equal mean loss."""
    fig, axes = new_figure(1, len(samples), height=3.7, sharex=True, sharey=True)
    reach = 3.6 * np.sqrt(np.max([np.diag(s) for s in covariances], axis=0))
    for ax, sample, name, s in zip(axes, samples, names, covariances, strict=True):
        cloud(ax, sample, shown=3000)
        covariance_ellipse(ax, _equal_loss(hessian, s), edgecolor=FLOW, linewidth=2.4, label="Gibbs")
        covariance_ellipse(ax, s, edgecolor=PREDICTION, linestyle="--", label="SDE")
        _plane(ax, reach)
        panel_title(ax, name)
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
    return fig


def _equal_loss(hessian: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Covariance of the Gibbs law whose mean loss is that of a law with the covariance given."""
    return gibbs_covariance(hessian, mean_temperature(hessian, stationary_covariance=covariance))


@house_style
def current(hessian: np.ndarray, noise_covariance: np.ndarray, states: np.ndarray, eta: float) -> Figure:
    """Left: the stationary current as arrows over ellipses of equal density. Right: the area that chains of SGD sweep.

    Parameters
    ----------
    hessian, noise_covariance : (2, 2) Hessian, and eta Sigma / B.
    states : (steps + 1, m, 2) every state of m chains of SGD.
    eta : the learning rate.
    """
    fig, (left, right) = new_figure(1, 2, height=3.9)
    s = ou_stationary_covariance(hessian, noise_covariance)
    angles, root = np.linspace(0, 2 * np.pi, 14, endpoint=False), np.linalg.cholesky(s)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=-1) @ root.T
    radii = (0.6, 1.2, 1.8, 2.4)
    points = np.concatenate([radius * circle for radius in radii])
    j = probability_current(points, hessian, noise_covariance)
    longest = np.hypot(*(j / np.sqrt(np.diag(s))).T).max()
    for radius in radii:
        covariance_ellipse(left, s, radius=radius, edgecolor=SDE, linewidth=1.2)
    left.quiver(
        *points.T, *j.T, color=PREDICTION, pivot="mid", angles="xy", scale_units="xy", scale=longest / 0.55, width=0.009
    )
    _plane(left, 3.0 * np.sqrt(np.diag(s)))
    left.locator_params(axis="x", nbins=4)
    panel_title(left, "current of the SDE")
    ellipse = np.pi * np.sqrt(np.linalg.det(s))  # area of one standard deviation: once round it is one turn
    before, after = states[:-1], states[1:]
    steps = (before[..., 0] * after[..., 1] - before[..., 1] * after[..., 0]) / 2
    turns, times = np.cumsum(steps, axis=0) / ellipse, eta * np.arange(1, len(states))
    own = sgd_stationary_covariance(hessian, noise_covariance / eta, eta)
    rate = rotation_rate(hessian, stationary_covariance=own)[0, 1] / 2 / ellipse
    right.plot(times, turns[:, :30], color=SKY, linewidth=0.7, alpha=0.7)
    right.plot([], [], color=SKY, linewidth=1.2, label="single chains")
    shown = np.arange(len(times) // 6, len(times) + 1, len(times) // 6) - 1
    measured(right, times[shown], *mean_and_error(turns[shown].T), zorder=4, label="mean of all")
    right.plot(times, rate * times, color=PREDICTION, linestyle="--", label="predicted")
    right.axhline(0.0, color=FLOW, linewidth=1.2)
    right.set_ylim(top=1.6 * turns[:, :30].max())
    right.legend(loc="upper left", borderaxespad=0.0)
    panel_title(right, "area swept by SGD")
    label_axes(right, r"time $t = i\eta$", "turns round the ellipse")
    return fig


@house_style
def same_marginals(hessian: np.ndarray, temperature: float, covariance: np.ndarray, sample: np.ndarray) -> Figure:
    """Left: the joint law and the Gibbs law. Middle and right: the two marginals, where they cannot be told apart."""
    fig, axes = new_figure(1, 3, height=3.3, width_ratios=(1.2, 1, 1))
    gibbs = gibbs_covariance(hessian, temperature)
    cloud(axes[0], sample, shown=3000)
    covariance_ellipse(axes[0], covariance, edgecolor=PREDICTION, linestyle="--", label="SDE, joint law")
    covariance_ellipse(axes[0], gibbs, edgecolor=FLOW, linewidth=2.4, zorder=0.9)
    _plane(axes[0], 3.6 * np.sqrt(np.diag(gibbs)))
    for i, ax in enumerate(axes[1:]):
        x = np.linspace(-4, 4, 161) * np.sqrt(gibbs[i, i])
        histogram(ax, sample[:, i], x[::4], label="SGD")
        bell(ax, x, 0.0, gibbs[i, i], color=FLOW, label="Gibbs")
        label_axes(ax, rf"$\Phi_{i + 1}$", "density" if i == 0 else None)
    handles = [handle for ax in axes[:2] for handle in ax.get_legend_handles_labels()[0]]
    fig.legend(handles=handles, loc="outside upper right", ncols=3)
    return fig


@house_style
def eigen_temperatures(
    eigenvalues: np.ndarray, found: np.ndarray, predicted: np.ndarray, sde: np.ndarray, equal_noise: float
) -> Figure:
    """Temperature of each eigendirection of the Hessian against its curvature, on two logarithmic axes."""
    fig, ax = new_figure(height=3.8)
    ax.loglog(eigenvalues, found, "o", color=SGD, markersize=8, label="SGD, measured")
    ax.loglog(eigenvalues, predicted, "-", color=PREDICTION, label="SGD, exact")
    ax.loglog(eigenvalues, sde, "--", color=SDE, label="SDE, constant noise")
    ax.axhline(equal_noise, color=ACCENT, linestyle=":", label="one temperature for all (Gibbs)")
    label_axes(ax, r"curvature $\lambda_i$ of the eigendirection", r"temperature $T_i$")
    ax.legend()
    return fig


# The widget's problem: curvatures 2 and 0.5, and noise along a line halfway between their directions.
WIDGET_HESSIAN = np.diag([2.0, 0.5])
WIDGET_SIGMA = np.array([[1.0, 0.9], [0.9, 1.0]])
_WIDGET_LOSS = TiltedQuadratic(WIDGET_HESSIAN, points_with_covariance(WIDGET_SIGMA))


def current_panel(axes: np.ndarray, eta: float, batch_size: int, seed: int, chains: int = 2_000) -> str:
    """One setting of the chapter's widget: SGD's cloud with both ellipses, and the rotation of every chain."""
    exact = sgd_stationary_covariance(WIDGET_HESSIAN, WIDGET_SIGMA, eta, batch_size)
    sde = sde_stationary_covariance(WIDGET_HESSIAN, WIDGET_SIGMA, eta, batch_size)
    start = np.random.default_rng(seed).multivariate_normal(np.zeros(2), exact, chains)
    paths = sgd(
        _WIDGET_LOSS, eta, n_steps=60, batch_size=batch_size, n_chains=chains, start=start, record="all", seed=seed
    )
    rates = measured_rotation(paths.states, eta)
    rate, error = mean_and_error(rates)
    predicted = rotation_rate(WIDGET_HESSIAN, stationary_covariance=exact)[0, 1]
    unit = np.sqrt(eta / batch_size)  # in these units the SDE's law stands still
    left, turning = axes
    cloud(left, paths.final / unit)
    covariance_ellipse(left, _equal_loss(WIDGET_HESSIAN, sde) / unit**2, edgecolor=FLOW, linewidth=2.4)
    covariance_ellipse(left, sde / unit**2, edgecolor=PREDICTION, linestyle="--")
    left.set(xlim=(-2.2, 2.2), ylim=(-3.6, 3.6))
    label_axes(left, r"$\Phi_1/\sqrt{\eta/B}$", r"$\Phi_2/\sqrt{\eta/B}$")
    histogram(turning, rates / unit**2, np.linspace(-1, 2.5, 71))
    turning.axvline(predicted / unit**2, color=PREDICTION)
    turning.axvline(0, color=FLOW)
    turning.set(xlim=(-1, 2.5), ylim=(0, 3.2))
    label_axes(turning, "rotation rate / (η/B)")
    return (
        f"{setting(eta, batch_size)}: rotation rate of SGD {in_words(predicted, rate, error)} (black line: predicted); "
        f"a Gibbs law (orange) would not turn. Left, dashed: the SDE; orange: the Gibbs law of equal mean loss."
    )
