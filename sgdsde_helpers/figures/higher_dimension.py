"""Figures of chapter 8: the covariance matrix of the noise, Brownian motion, and stationary ellipses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sgdsde_helpers.figures.marks import MARKERS, cloud, covariance_ellipse, plus_minus, setting
from sgdsde_helpers.figures.style import (
    ARMS,
    FLOW,
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
from sgdsde_helpers.losses import LeastSquares, Loss
from sgdsde_helpers.measure import covariance_and_error, mean_and_error
from sgdsde_helpers.simulation import sgd
from sgdsde_helpers.theory import (
    gibbs_covariance,
    increment_gaussian,
    ou_covariance,
    sde_stationary_covariance,
    sgd_stationary_moments,
)

Draw = Callable[[Sequence[Axes], float, int, int], str]  # axes, eta, B and the seed to a caption


@house_style
def gradient_clouds(loss: Loss, places: Mapping[str, np.ndarray]) -> Figure:
    """The noise of each example's gradient at three places, with the ellipses of Sigma (two standard deviations).

    Parameters
    ----------
    loss : a loss in the plane.
    places : name -> (2,).
    """
    fig, panels = new_figure(1, len(places), height=2.9, sharex=True, sharey=True)
    for ax, (name, phi) in zip(panels, places.items(), strict=True):
        noise = loss.per_example_gradients(phi) - loss.gradient(phi)
        cloud(ax, noise, alpha=0.3, markersize=3)
        covariance_ellipse(ax, loss.covariance(phi))
        ax.set(xlim=(-5.5, 5.5), ylim=(-5.5, 5.5), aspect="equal")
        panel_title(ax, name)
        label_axes(ax, "noise, bmi")
    label_axes(panels[0], None, "noise, s4")
    return fig


@house_style
def increment_clouds(clouds: Mapping[str, np.ndarray], predicted: np.ndarray) -> Figure:
    """Noise of a window in each arm: some chains, the measured ellipse (coloured) and the predicted one (black, dashed).

    Parameters
    ----------
    clouds : name of the arm -> (m, 2), in units in which the covariance is that of one gradient.
    predicted : (2, 2) covariance, in the same units.
    """
    fig, panels = new_figure(1, len(clouds), height=2.9, sharex=True, sharey=True)
    for ax, (name, sample) in zip(panels, clouds.items(), strict=True):
        cloud(ax, sample, color=ARMS[name])
        covariance_ellipse(ax, covariance_and_error(sample)[0], edgecolor=ARMS[name], linewidth=4, alpha=0.7)
        covariance_ellipse(ax, predicted, linestyle="--", linewidth=1.5)
        ax.set(xlim=(-4.5, 4.5), ylim=(-4.5, 4.5), xticks=(-4, 0, 4), aspect="equal")
        panel_title(ax, name)
        label_axes(ax, "noise, bmi")
    label_axes(panels[0], None, "noise, s4")
    return fig


@house_style
def spreading(clouds: Mapping[float, np.ndarray], rate: float, curves: Mapping[str, tuple], bowl: tuple) -> Figure:
    """Brownian motion: the cloud at three times with circles of two predicted deviations, and its variance against time.

    Parameters
    ----------
    clouds : time -> (m, 2), in increasing order of time.
    rate : predicted variance of a coordinate per unit time.
    curves : name of the arm -> (times, variances) where the gradient is zero.
    bowl : (times, variances) of SGD with the same noise in a bowl.
    """
    fig, (left, right) = new_figure(1, 2, height=3.5)
    widest = 3.3 * np.sqrt(rate * max(clouds))
    for sample, color in zip(reversed(clouds.values()), ("#A6CEE8", SKY, SGD)):
        cloud(left, sample, color=color, markersize=2, alpha=1.0, zorder=2)
    for time in clouds:
        covariance_ellipse(left, ou_covariance(time, np.zeros((2, 2)), rate * np.eye(2)), linewidth=1.5, zorder=3)
    left.set(xlim=(-widest, widest), ylim=(-widest, widest), aspect="equal")
    panel_title(left, "$t = $ " + ", ".join(f"{time:g}" for time in clouds))  # inside they would lie over the circles
    label_axes(left, r"$\Phi_1$", r"$\Phi_2$")
    times = np.array([0.0, max(t[-1] for t, _ in curves.values())])
    right.plot(times, ou_covariance(times, 0.0, rate), color=PREDICTION, linewidth=1.2, label=r"$\eta t/B$")
    for name, (t, variance) in curves.items():
        right.plot(t, variance, MARKERS[name], color=ARMS[name], label=name)
    right.plot(*bowl, color=FLOW, linewidth=1.4, label="SGD in a bowl")
    right.set_ylim(top=1.6 * rate * times[-1])
    right.legend(loc="upper left", handlelength=1.2, borderaxespad=0.0)
    label_axes(right, "time $t$", "variance of a coordinate")
    return fig


@house_style
def three_noises(
    clouds: Mapping[str, np.ndarray], covariances: Mapping[str, np.ndarray], hessian: np.ndarray
) -> Figure:
    """Stationary clouds in one bowl under three noises, with predicted ellipses; dotted: level lines of the loss.

    Parameters
    ----------
    clouds : name of the noise -> (m, 2), measured from the minimiser, in units in which S is of order one.
    covariances : name -> (2, 2), predicted, in the same units.
    hessian : (2, 2).
    """
    fig, panels = new_figure(1, len(clouds), height=2.95, sharex=True, sharey=True)
    look = {"edgecolor": MUTED, "linewidth": 0.8, "linestyle": ":"}
    for ax, (name, sample) in zip(panels, clouds.items(), strict=True):
        for radius in np.arange(0.5, 3.5, 0.5):  # level lines of the loss are those of the Gibbs law
            covariance_ellipse(ax, gibbs_covariance(hessian, 1.0), radius=radius, **look)
        cloud(ax, sample)
        covariance_ellipse(ax, covariances[name])
        ax.set(xlim=(-3.6, 3.6), ylim=(-3.6, 3.6), aspect="equal")
        panel_title(ax, name)
        label_axes(ax, r"$\Phi_1 - \Phi_1^*$")
    label_axes(panels[0], None, r"$\Phi_2 - \Phi_2^*$")
    return fig


@house_style
def lyapunov_errors(etas: np.ndarray, misses: Mapping[str, np.ndarray]) -> Figure:
    """Relative error of the two Lyapunov equations with constant Sigma against eta, exact.

    Parameters
    ----------
    etas : (K,).
    misses : name -> (K,); a name ends in its batch size.
    """
    fig, ax = new_figure(height=3.5)
    for name, values in misses.items():
        color, line = (SDE, "^") if "continuous" in name else (SGD, "o")
        ax.loglog(
            etas, values, line + ("-" if name.endswith("B = 1") else "--"), color=color, linewidth=1.3, label=name
        )
    fig.legend(loc="outside upper center", ncols=2)
    ax.set_xticks([0.01, 0.1], ["0.01", "0.1"])
    label_axes(ax, r"learning rate $\eta$", r"relative error of $S$")
    return fig


def window_panels(loss: Loss, length: float) -> Draw:
    """A drawing function for `explore`: the noise of a window of fixed length, as it is and on the ruler of its deviation."""
    phi = np.zeros(2)

    def draw(axes: Sequence[Axes], eta: float, batch_size: int, seed: int) -> str:
        steps = max(1, round(length / eta))
        final = sgd(loss, eta, n_steps=steps, batch_size=batch_size, n_chains=1500, start=phi, seed=seed).final
        mean, covariance = increment_gaussian(loss, eta, steps * eta, phi, batch_size)
        noise, unit = final - mean, eta * np.sqrt(steps / batch_size)
        sigma = covariance / unit**2
        measured, error = (m / unit**2 for m in covariance_and_error(noise))
        for ax, ruler, limit in zip(axes, (1.0, unit), (5 * length, 5.0), strict=True):
            cloud(ax, noise / ruler, shown=700, alpha=0.35)
            covariance_ellipse(ax, covariance / ruler**2, zorder=3)
            ticks = np.linspace(-0.8, 0.8, 5) * limit
            ax.set(xlim=(-limit, limit), ylim=(-limit, limit), xticks=ticks[::2], yticks=ticks)
            label_axes(ax, "noise, bmi")
        label_axes(axes[0], None, "noise, s4")
        panel_title(axes[0], "as it is")
        panel_title(axes[1], r"in units of $\sqrt{\eta\,\Delta t/B}$")
        said = "; ".join(
            f"{name} {sigma[i, j]:.2f}, {plus_minus(measured[i, j], error[i, j])}"
            for name, i, j in (("bmi", 0, 0), ("bmi with s4", 0, 1), ("s4", 1, 1))
        )
        return (
            f"{setting(eta, batch_size)}, {steps} step{'s' * (steps > 1)} in a window of {length:g}. Covariance of the noise "
            f"in units of ηΔt/B, predicted and measured: {said}."
        )

    return draw


def stationary_panels(loss: LeastSquares) -> Draw:
    """A drawing function for `explore`: the stationary cloud as it is, and on the ruler that the SDE gives it."""
    hessian, sigma = loss.hessian(loss.minimiser), loss.covariance(loss.minimiser)
    slowest = np.linalg.eigvalsh(hessian)[0]

    def draw(axes: Sequence[Axes], eta: float, batch_size: int, seed: int) -> str:
        exact = sgd_stationary_moments(loss, eta, batch_size)[1]
        lyapunov = sde_stationary_covariance(hessian, sigma, eta, batch_size)
        steps = int(3 / (eta * slowest))  # the covariance has settled to about e^-6
        final = sgd(loss, eta, n_steps=steps, batch_size=batch_size, n_chains=800, seed=seed).final - loss.minimiser
        measured = plus_minus(*mean_and_error((final**2).sum(axis=1)))
        for ax, ruler, limit in zip(axes, (1.0, np.sqrt(eta / (2 * batch_size))), (1.0, 4.0), strict=True):
            cloud(ax, final / ruler, shown=500, alpha=0.35)
            covariance_ellipse(ax, exact / ruler**2, zorder=3, label="SGD, exact")
            covariance_ellipse(ax, lyapunov / ruler**2, edgecolor=SDE, zorder=3, label="SDE, constant Σ")
            ticks = np.linspace(-limit, limit, 5)[::2]
            ax.set(xlim=(-limit, limit), ylim=(-limit, limit), xticks=ticks)
            label_axes(ax, r"bmi, $\Phi_1 - \Phi_1^*$")
        label_axes(axes[0], None, r"s4, $\Phi_2 - \Phi_2^*$")
        axes[1].legend(loc="upper right", handlelength=1.0, borderaxespad=0.0)
        panel_title(axes[0], "as it is")
        panel_title(axes[1], r"in units of $\sqrt{\eta/2B}$")
        return (
            f"{setting(eta, batch_size)}: trace of the stationary covariance predicted {np.trace(exact):.4g}, measured "
            f"{measured}; the SDE with constant Σ says {np.trace(lyapunov):.4g}."
        )

    return draw
