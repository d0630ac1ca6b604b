"""What the figures of chapter 22 draw, read back."""

from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pytest

from sgdsde_helpers.figures import scorecard as figures
from sgdsde_helpers.losses import ScalarQuadratic
from sgdsde_helpers.scorecard import score_decay, score_law, score_variance, scorecard

CURVATURES, PULLS = np.array([-1.0, 1.0, 2.0, 2.0]), np.array([1.5, -0.5, -0.5, -0.5])
LINE = ScalarQuadratic(CURVATURES, PULLS / CURVATURES)


def lines(ax):
    return {artist.get_label(): artist.get_xydata() for artist in ax.get_lines()}


def test_each_panel_has_the_errors_of_its_observable():
    etas = np.array([0.05, 0.1, 0.2])
    card = scorecard(
        {"decay": partial(score_decay, LINE), "variance": partial(score_variance, LINE), "law": score_law}, etas
    )
    decay, variance, law, key = figures.errors(card).axes
    expected = np.exp(-1.0) / (1 - etas) ** (1 / etas) - 1
    np.testing.assert_allclose(lines(decay)["SDE"], np.c_[etas, expected])
    assert "embedding" not in lines(decay)  # exact
    frozen = 1 - (2 - 2.5 * etas) / 2
    np.testing.assert_allclose(lines(variance)["frozen SDE"], np.c_[etas, frozen])
    assert "second order" not in lines(law)
    assert {text.get_text() for text in key.get_legend().get_texts()} == set(figures.LOOK)


@pytest.mark.parametrize(("eta", "batch_size"), [(0.05, 1), (0.1, 4), (0.2, 16)])
def test_the_widget_s_marks_are_the_errors(eta, batch_size):
    _, ax = plt.subplots()
    caption = figures.scorecard_panel(LINE, ax, eta, batch_size, seed=1, chains=4000)
    drawn = lines(ax)
    truth = 1 / (2 - eta - 1.5 * eta / batch_size)  # of the variance, over eta s / B
    expected = {
        "SDE": 1 / (2 - 1.5 * eta / batch_size) / truth - 1,
        "frozen SDE": 0.5 / truth - 1,
        "gradient flow": -1.0,
    }
    for name, error in expected.items():
        row = drawn[name][np.abs(drawn[name][:, 1] - 1).argmin()]
        assert row[0] == pytest.approx(error)
    assert f"{expected['SDE']:+.3f}" in caption
    bar = next(bar for bar in ax.containers if bar.get_label() == "SGD, measured")
    (low, high), middle = bar.lines[2][0].get_segments()[0][:, 0], bar.lines[0].get_xdata()[0]
    assert abs(middle) < 4.9 * (high - low) / 4  # two standard errors on either side; one in a million
    plt.close()
