"""Figures of chapter 5: the gradient noise of one parameter on real data, its variance, and the increments it makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sgdsde_helpers.figures.marks import bell, histogram, in_words, measured, setting
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
from sgdsde_helpers.losses import ScalarQuadratic
from sgdsde_helpers.measure import variance_and_error
from sgdsde_helpers.problems import diabetes_loss
from sgdsde_helpers.simulation import sgd
from sgdsde_helpers.theory import increment_first_order, increment_gaussian, minibatch_factor, sde_moments, sgd_moments

WINDOW = 0.1  # the widget's Delta t
CHAINS = 3000


@house_style
def data_and_losses(x: np.ndarray, y: np.ndarray, loss: ScalarQuadratic, examples: Sequence[int]) -> Figure:
    """The data with the fitted line, and beside them the losses of some examples with their mean.

    Parameters
    ----------
    x, y : (n,) feature and target.
    loss : the loss whose parameter is the slope.
    examples : which examples' losses to draw.
    """
    fig, (left, right) = new_figure(1, 2, height=3.3)
    left.plot(x, y, ".", color=SGD, alpha=0.45, markersize=4.5)
    ends = np.array([x.min(), x.max()])
    left.plot(ends, loss.minimiser * ends, color=PREDICTION)
    label_axes(left, "bmi $x_k$ (standardised)", "progression $y_k$")
    phi = np.linspace(-1.0, 2.0, 121)
    for k in examples:
        right.plot(phi, (x[k] * phi - y[k]) ** 2 / 2, color=SKY, linewidth=1.1)
    right.plot(phi, loss.loss(phi), color=PREDICTION, linewidth=2.6)
    right.set(ylim=(0, 2.6), xlim=(-1, 2), xticks=[-1, 0, 1, 2])
    panel_title(right, "thick: the mean")
    label_axes(right, r"$\Phi$", "loss")
    return fig


@house_style
def variance_parabola(loss: ScalarQuadratic, phis: np.ndarray, gradients: Mapping[int, np.ndarray]) -> Figure:
    """Variance of the minibatch gradient against the parameter, for several batch sizes.

    Parameters
    ----------
    loss : gives sigma^2(phi) and the minimiser.
    phis : (K,) where it was measured.
    gradients : batch size -> (m, K) minibatch gradients.
    """
    fig, ax = new_figure(height=3.6)
    grid = np.linspace(phis.min(), phis.max(), 201)
    for (size, sample), color in zip(gradients.items(), (SGD, ACCENT, FLOW), strict=True):
        variance, error = variance_and_error(sample)
        ax.plot(grid, loss.covariance(grid) * minibatch_factor(loss.n, size), color=PREDICTION, linewidth=1.2, zorder=1)
        measured(ax, phis, variance, error, color=color, label=f"$B = {size}$")
    ax.axvline(float(loss.minimiser), ymax=0.45, color=MUTED, linestyle=":", linewidth=1.2)
    ax.text(float(loss.minimiser), 0.47, r"$\Phi^*$", transform=ax.get_xaxis_transform(), ha="center")
    ax.plot([], [], color=PREDICTION, linewidth=1.2, label=r"$\sigma^2(\Phi)/B$")
    ax.set_ylim(bottom=0)
    ax.legend(loc="upper center", ncols=2)
    label_axes(ax, r"$\Phi$", r"variance of $\hat g$")
    return fig


@house_style
def batch_factor(sizes: Sequence[int], gradients: Mapping[str, np.ndarray], n: int, sigma2: float) -> Figure:
    """B times the variance of the minibatch gradient over sigma^2, with and without replacement.

    Parameters
    ----------
    sizes : (K,) batch sizes.
    gradients : "with_replacement" and "without_replacement" -> (m, K) minibatch gradients.
    n, sigma2 : examples in the data set, and variance of the gradient of one.
    """
    fig, ax = new_figure(height=3.3)
    grid = np.unique(np.geomspace(1, n, 301).astype(int))
    for how, line in (("with_replacement", "--"), ("without_replacement", "-")):
        factor = [size * minibatch_factor(n, int(size), how) for size in grid]
        ax.plot(grid, factor, color=PREDICTION, linestyle=line, linewidth=1.3)
    ax.lines[-1].set_label(r"$(n-B)/(n-1)$")
    for (name, sample), color in zip(gradients.items(), (SGD, FLOW), strict=True):
        ratio, error = np.array(variance_and_error(sample)) * sizes / sigma2
        measured(ax, sizes, ratio, error, color=color, label=name.replace("_", " "))
    ax.set(xscale="log", ylim=(-0.05, 1.5))
    ax.legend(loc="upper center", ncols=2)
    label_axes(ax, "batch size $B$", r"variance of $\hat g$ $\cdot\, B/\sigma^2$")
    return fig


@house_style
def noise_shapes(sums: Mapping[int, np.ndarray], sigma: float) -> Figure:
    """Law of the noise of N steps over sqrt(N), for several N, with the Gaussian of equal variance.

    Parameters
    ----------
    sums : N -> (m,) sums of noise.
    sigma : standard deviation of one term.
    """
    fig, panels = new_figure(1, len(sums), height=3.1, sharex=True, sharey=True)
    z = np.linspace(-4.5, 4.5, 201)
    for ax, (n, sample) in zip(panels, sums.items(), strict=True):
        histogram(ax, sample / (sigma * np.sqrt(n)), np.linspace(-4.5, 4.5, 61))
        bell(ax, z)
        ax.set(xlim=(-4.5, 4.5), xticks=[-3, 0, 3])
        panel_title(ax, f"$N = {n}$")
        label_axes(ax, r"noise $/\,\sigma\sqrt{N}$")
    label_axes(panels[0], None, "density")
    return fig


@house_style
def epochs(
    steps: np.ndarray, sums: Mapping[str, np.ndarray], predicted: Mapping[str, np.ndarray], epoch: int
) -> Figure:
    """Variance of the noise of N steps against N, over two epochs, for three ways of drawing batches.

    Parameters
    ----------
    steps : (K,) values of N.
    sums : way of drawing -> (m, K) sums of noise in units of sigma / sqrt(B).
    predicted : the same names -> (K,) variances.
    epoch : steps in an epoch.
    """
    fig, ax = new_figure(height=3.8)
    names = {"with_replacement": "with replacement", "without_replacement": "fresh subsets", "reshuffled": "reshuffled"}
    for (how, name), color in zip(names.items(), (SGD, ACCENT, FLOW), strict=True):
        variance, error = variance_and_error(sums[how][:, 1::2])
        ax.plot(steps, predicted[how], color=PREDICTION, linewidth=1.2, zorder=1)
        measured(ax, steps[1::2], variance, error, markersize=4, color=color, label=name)
    for end in (epoch, 2 * epoch):
        ax.axvline(end, color=MUTED, linestyle=":", linewidth=1.2)
    ax.plot([], [], color=PREDICTION, linewidth=1.2, label="predicted")
    ax.legend(loc="upper left")
    ax.set_ylim(bottom=-1)
    label_axes(ax, "number of steps $N$", r"variance of the sum $\cdot\, B/\sigma^2$")
    return fig


@house_style
def increment_variance(
    loss: ScalarQuadratic,
    eta: float,
    starts: Mapping[str, float],
    paths: Mapping[str, Mapping[str, np.ndarray]],
) -> Figure:
    """Variance of the increment over eta sigma^2 Dt against Dt, three arms, one panel for each start; B = 1.

    Parameters
    ----------
    loss, eta : the loss and the learning rate.
    starts : name of the panel -> phi_0.
    paths : name -> arm -> (N + 1, m) states at the times of SGD's steps.
    """
    fig, axes = new_figure(1, 2, height=3.7, sharey=True)
    for ax, (name, phi) in zip(axes, starts.items(), strict=True):
        steps = np.arange(1, len(paths[name]["SGD"]))
        unit = increment_gaussian(loss, eta, steps * eta, phi)[1]
        sgd_line = [_variance(*sgd_moments(loss, eta, n, phi)) for n in steps] / unit
        sde_line = [_variance(*sde_moments(loss, eta, n * eta, phi)) for n in steps] / unit
        first_order = increment_first_order(loss, eta, steps, phi) / unit
        ax.axhline(1.0, color=MUTED, linestyle=":", linewidth=1.2)
        ax.plot(steps * eta, sgd_line, color=PREDICTION, linewidth=1.2, label="exact, SGD")
        ax.plot(steps * eta, sde_line, color=PREDICTION, linewidth=1.2, linestyle="-.", label="exact, SDE")
        ax.plot(steps * eta, first_order, color=PREDICTION, linewidth=1.2, linestyle="--", label="first order")
        shown = np.array([n for n in (1, 2, 5, 10, 25, 50) if n <= len(steps)])
        for (arm, color), shift in zip(ARMS.items(), (0.96, 1.0, 1.04), strict=True):
            ratio, error = np.array(variance_and_error(paths[name][arm][shown].T)) / unit[shown - 1]
            measured(ax, shown * eta * shift, ratio, error, markersize=4.5, color=color, label=arm)
        ax.set(xscale="log", ylim=(0, 1.15))
        panel_title(ax, f"from {name}")
        label_axes(ax, r"$\Delta t$")
    axes[0].legend(loc="lower left", borderaxespad=0.0)
    label_axes(axes[0], None, r"variance $/\,(\eta\sigma^2\Delta t)$")
    return fig


def window_panels(axes: Sequence[Axes], eta: float, batch_size: int, seed: int) -> str:
    """Draw a window of fixed length from phi = 0: paths with the predicted spread, and the shape of their noise."""
    loss, n_steps = diabetes_loss(), max(1, round(WINDOW / eta))
    paths = sgd(loss, eta, n_steps=n_steps, batch_size=batch_size, n_chains=CHAINS, start=0.0, record="all", seed=seed)
    end = n_steps * eta
    lecture = float(increment_gaussian(loss, eta, end, 0.0, batch_size)[1])
    mean, second = sgd_moments(loss, eta, n_steps, 0.0, batch_size)
    variance, error = variance_and_error(paths.final)
    left, right = axes
    left.plot(paths.t, paths.states[:, :40], color=SKY, linewidth=0.7, alpha=0.7)
    t = np.linspace(0, end, 41)
    drift, spread = increment_gaussian(loss, eta, t, 0.0, batch_size)
    for sign in (-2, 0, 2):
        line = drift + sign * np.sqrt(spread)
        left.plot(t, line, color=PREDICTION, linewidth=1.2, linestyle="--" if sign else "-")
    left.set(xlim=(0, WINDOW), ylim=(-0.14, 0.26))
    panel_title(left, "dashed: 2 deviations")
    label_axes(left, "time in the window", r"$\Phi$")
    z = np.linspace(-4.5, 4.5, 121)
    histogram(right, (paths.final - mean) / np.sqrt(second - mean**2), np.linspace(-4.5, 4.5, 61))
    bell(right, z)
    right.set(xlim=(-4.5, 4.5), ylim=(0, 0.85))
    panel_title(right, "blue SGD, line Gauss")
    label_axes(right, "noise / its deviation", "density")
    return (
        f"{setting(eta, batch_size)}: a window Δt = {end:.3g} of N = {n_steps} steps; variance of the increment in units of "
        f"ησ²Δt/B {in_words((second - mean**2) / lecture, variance / lecture, error / lecture)}."
    )


def _variance(mean: float, second: float) -> float:
    return second - mean**2
