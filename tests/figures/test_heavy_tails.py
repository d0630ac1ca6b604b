"""What the figures of chapter 20 draw, read back."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy.stats import t as student

from sgdsde_helpers.figures import heavy_tails as figures
from sgdsde_helpers.theory import kesten_exponent


def line(ax, label):
    return next(artist for artist in ax.get_lines() if artist.get_label() == label).get_xydata()


def bars(ax, label):
    """Places and values of the marks with this label, and the half lengths of their bars."""
    found = next(bar for bar in ax.containers if bar.get_label() == label)
    (ends,) = found.lines[2]
    return found.lines[0].get_xydata(), [np.ptp(segment[:, 1]) / 2 for segment in ends.get_segments()]


def test_exponents_stand_at_their_learning_rates():
    etas = np.array([0.5, 1.0])
    curves = {"SGD": 4 / etas, "SDE": 1 + 4 / etas}
    ax = figures.exponents(etas, curves, {"SGD": (0.8, 5.0, 0.3)}).axes[0]
    for arm, alpha in curves.items():
        np.testing.assert_allclose(line(ax, arm), np.c_[etas, alpha])
    at, half = bars(ax, "SGD, measured")
    np.testing.assert_allclose(at, [(0.8, 5.0)])
    np.testing.assert_allclose(half, [0.6])
    assert (line(ax, "2")[:, 1] == 2).all()
    assert (line(ax, "4")[:, 1] == 4).all()


def test_small_steps_go_to_their_limits():
    etas = np.array([0.01, 0.1])
    curves = {"SGD": {"B = 1": np.array([1.7, 1.5]), "B = 4": np.array([1.6, 1.4])}, "SDE": {"B = 1": np.ones(2)}}
    ax = figures.small_steps(etas, curves, {"SGD": 1.8, "SDE": 1.0}).axes[0]
    for arm, of_size in curves.items():
        for size, values in of_size.items():
            np.testing.assert_allclose(line(ax, f"{arm}, {size}"), np.c_[etas, values])
    assert (line(ax, "limit, SGD")[:, 1] == 1.8).all()


def test_hill_plots_show_estimate_law_and_exponent():
    shares, value, error = np.array([0.01, 0.1]), np.array([3.0, 2.5]), np.array([0.2, 0.1])
    curve = (np.array([0.001, 0.1]), np.array([3.3, 2.4]))
    fig = figures.hill_plots(["one", "two"], [curve] * 2, [(shares, value, error)] * 2, [3.5, 4.5])
    for ax, alpha in zip(fig.axes, (3.5, 4.5)):
        np.testing.assert_allclose(line(ax, "exact law"), np.transpose(curve))
        assert (line(ax, r"$\alpha$")[:, 1] == alpha).all()
        at, half = bars(ax, "measured")
        np.testing.assert_allclose(at, np.c_[shares, value])
        np.testing.assert_allclose(half, 2 * error)


@pytest.mark.parametrize(("eta", "batch_size"), [(0.5, 1), (1.0, 4), (0.8, 2)])
def test_the_widget_has_the_slope_of_sgd_and_the_law_of_the_sde(eta, batch_size):
    _, ax = plt.subplots()
    caption = figures.tail_panel(ax, eta, batch_size, seed=3, chains=4000)
    r, share = line(ax, "SDE").T
    nu = 1 + batch_size / eta
    np.testing.assert_allclose(share, 2 * student.sf(r * np.sqrt(2 * nu), nu), rtol=1e-9)
    slope = -np.diff(np.log(line(ax, r"slope $\alpha$ of SGD")), axis=0)
    values = np.random.default_rng(1).chisquare(batch_size, 200_000) / batch_size
    alpha = (slope[:, 1] / -slope[:, 0]).mean() * -1
    assert kesten_exponent(values, eta) == pytest.approx(abs(alpha), rel=0.1)
    chains = line(ax, "SGD")
    assert len(chains) == 4000
    assert (np.diff(chains[:, 0]) <= 0).all()
    assert f"{abs(alpha):.2f} for SGD and {nu:.2f} for the SDE" in caption
    plt.close()
