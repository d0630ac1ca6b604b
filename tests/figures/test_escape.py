"""What the figures of chapter 21 draw, read back."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from reading import line, marks

from sgdsde_helpers.figures import escape as figures
from sgdsde_helpers.losses import DoubleWell
from sgdsde_helpers.theory import kramers_time


def test_times_stand_at_one_over_eta():
    etas = np.array([0.1, 0.2])
    curves = {"SGD": 5 / etas, "SDE": 3 / etas}
    ax = figures.times(etas, curves, {"SGD": ([0.2], [26.0], [1.0])}).axes[0]
    for name, values in curves.items():
        np.testing.assert_allclose(line(ax, f"{name}, exact"), np.c_[1 / etas, values])
    mark = marks(ax, "SGD, measured")
    np.testing.assert_allclose(mark, [(5.0, 26.0)])


def test_rates_end_at_the_largest_slope():
    noise = np.array([0.5, 1.0])
    ax = figures.rates(noise, np.array([1.3, 1.1]), 0.385).axes[0]
    np.testing.assert_allclose(line(ax, "SGD, two-valued noise"), np.c_[noise, [1.3, 1.1]])
    assert (line(ax, "SDE")[:, 1] == 1).all()
    assert (line(ax, "largest slope of the loss")[:, 0] == 0.385).all()


@pytest.mark.parametrize(("eta", "batch_size"), [(0.2, 1), (0.2, 2), (0.1, 1)])
def test_the_widget_counts_and_compares_with_the_sde(eta, batch_size):
    """The dashed line's rate is Kramers' within its own error; B dropped, or eta for its half, is a factor."""
    _, ax = plt.subplots()
    caption = figures.escape_panel(DoubleWell(0.9), ax, eta, batch_size, seed=2, chains=100, end=20.0)
    shares = line(ax, "SGD, not yet over the top")
    assert (np.diff(shares[:, 1]) <= 0).all()
    assert f"{shares[-1, 1]:.3f}" in caption
    assert ("(all of 100 chains)" in caption) == (shares[-1, 1] == 1)
    assert "± 0.000" not in caption
    t, predicted = line(ax, "exponential with the SDE's mean")[-1]
    kramers = kramers_time(DoubleWell(0.9), eta / batch_size * 0.81 / 2, well=-1.0, top=0.0) / 2
    assert -t / np.log(predicted) == pytest.approx(kramers, rel=0.15)
    plt.close()
