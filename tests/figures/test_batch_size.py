"""What the figures of chapter 16 draw, read back, and held to routes of their own."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from reading import histograms, line, marks

from sgdsde_helpers.figures import batch_size as figures
from sgdsde_helpers.losses import ScalarQuadratic

LOSS = ScalarQuadratic([0.5, 1.0, 2.5], [0.3, -0.4, 0.6])  # its minimiser is not 0


def test_inverse_variance_draws_lines_marks_and_the_sde():
    sizes, values = np.array([1.0, 9.0]), np.array([5.0, 2.0])
    ax = figures.inverse_variance({"SGD": (sizes, values)}, {"SGD": (sizes, values + 1, values)}, 6.0).axes[0]
    np.testing.assert_allclose(line(ax, "SGD, predicted"), np.c_[sizes, values])
    np.testing.assert_allclose(marks(ax, "SGD"), np.c_[sizes, values + 1])
    assert (line(ax, "SDE")[:, 1] == 6).all()


def test_shares_keep_end_and_average_apart():
    kappa = np.array([0.1, 1.0])
    curves = {"end of epoch": kappa**2, "average": kappa}
    ax = figures.shares(kappa, curves, {name: (kappa, 2 * values, values / 9) for name, values in curves.items()}).axes[
        0
    ]
    for name, values in curves.items():
        np.testing.assert_allclose(line(ax, f"{name}, predicted"), np.c_[kappa, values])
        np.testing.assert_allclose(marks(ax, name), np.c_[kappa, 2 * values])


def test_adam_rules_keep_rules_apart():
    kappas = np.array([1, 4])
    rules = {"square root": np.array([1.0, 1.0]), "linear": np.array([1.0, 2.0])}
    ax = figures.adam_rules(kappas, rules, {name: (values + 0.1, values / 10) for name, values in rules.items()}).axes[
        0
    ]
    for name, values in rules.items():
        np.testing.assert_allclose(line(ax, f"{name}, predicted"), np.c_[kappas, values])
        np.testing.assert_allclose(marks(ax, name), np.c_[kappas, values + 0.1])


@pytest.mark.parametrize(("eta", "batch_size"), [(0.02, 1), (0.08, 4), (0.64, 16)])
def test_the_widget_marks_the_predicted_widths(eta, batch_size):
    """By the closed forms: the SDE's without the finite step. Fails without B, or with eta h for its half."""
    _, ax = plt.subplots()
    caption = figures.rule_panel(LOSS, ax, eta, batch_size, seed=3, chains=2000)
    h, r, s = LOSS.h.mean(), LOSS.h.var(), (LOSS.h * (LOSS.minimiser - LOSS.x)).var()
    exact = eta / batch_size * s / (2 * h - eta / batch_size * r - eta * h**2)
    sde = eta / batch_size * s / (2 * h - eta / batch_size * r)
    assert line(ax, "exact ± s.d.")[0, 0] == pytest.approx(np.sqrt(exact / sde), rel=1e-9)
    assert line(ax, "SDE ± s.d.")[0, 0] == pytest.approx(1.0, rel=1e-9)
    assert f"exact {exact:.5f}" in caption
    assert f"SDE {sde:.5f}" in caption
    ((heights, edges),) = histograms(ax)
    moments = [(heights * np.diff(edges) * (edges[1:] + edges[:-1]) ** k).sum() / 2**k for k in (0, 1, 2)]
    assert moments[0] == pytest.approx(1.0, abs=2e-3)  # nearly all chains lie in the picture
    assert abs(moments[1]) < 4.5 * np.sqrt(exact / sde / 2000) + 4e-3  # false alarms: 7e-6; a bin is 0.1 wide
    assert moments[2] == pytest.approx(exact / sde, rel=0.3)  # fails in other units than the SDE's deviation
    plt.close()
