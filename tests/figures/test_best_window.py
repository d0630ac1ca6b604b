"""Chapter 4's figures, read back."""

from functools import partial

import numpy as np
import pytest
from reading import line, lines, three_settings
from scipy.special import ndtr

from sgdsde_helpers.figures import best_window as figures
from sgdsde_helpers.figures.style import ARMS, MUTED, PREDICTION
from sgdsde_helpers.losses import MeanEstimation

SKEWED = MeanEstimation(np.array([0.0, 0.0, 1.0, 5.0]))


def test_the_u_draws_what_it_is_given_and_points_at_the_bottom():
    steps, distances = np.array([1, 4, 16]), {"SGD": np.array([0.1, 0.03, 0.1]), "SDE": np.array([0.0, 0.01, 0.05])}
    sides = np.array([0.1, 0.02, 0.01]), np.array([0.01, 0.02, 0.1])
    (ax,) = figures.u_shape(steps, distances, np.array([0.11, 0.04, 0.11]), sides, (4, 0.03)).axes
    assert [drawn[:, 1].tolist() for drawn in lines(ax, MUTED, "--")] == [list(side) for side in sides]
    assert line(ax, "predicted") == pytest.approx(np.c_[steps, [0.11, 0.04, 0.11]])
    assert line(ax, "SGD") == pytest.approx(np.c_[steps, distances["SGD"]])
    assert line(ax, "SDE")[:, 0].tolist() == [4, 16]  # a distance of zero has no place on a logarithmic axis
    (note,) = ax.texts
    assert note.xy == (4, 0.03)


def test_universal_window_draws_what_it_is_given():
    s, etas = np.array([0.3, 1.0, 3.0]), np.array([1e-3, 1e-2])
    bottoms = {"at the minimiser": (etas, np.array([0.01, 0.03]), np.array([0.011, 0.031]))}
    left, right = figures.universal_window({"a": (s, s**2)}, (s, s + 1), bottoms).axes
    assert line(left, "$f(s)$") == pytest.approx(np.c_[s, s + 1])
    assert line(left, "a") == pytest.approx(np.c_[s, s**2])
    assert line(right, "at the minimiser") == pytest.approx(np.c_[etas, [0.01, 0.03]])
    assert lines(right, PREDICTION)[0] == pytest.approx(np.c_[etas, [0.011, 0.031]])


def test_widget_of_the_window_draws_exact_distances_of_the_batch_at_hand():
    panel = partial(figures.window_panel, loss=SKEWED)
    sigma, third = SKEWED.x.std(), np.mean((SKEWED.x - 1.5) ** 3)
    z = np.linspace(-6, 6, 20_001)
    for (ax,), eta, size, caption in three_settings(panel, [(0.005, 1), (0.02, 16), (0.01, 4)]):
        for arm in ("Gaussian SGD", "SDE"):
            for n, distance in line(ax, arm):
                variance = (1 - (1 - eta) ** (2 * n)) / (2 - eta)  # over eta sigma^2 / B
                if arm == "SDE":
                    variance = (1 - np.exp(-2 * eta * n)) / 2
                ruler = np.sqrt(eta * n / variance)  # the window's Gaussian has eta sigma^2 Dt / B
                assert distance == pytest.approx(np.abs(ndtr(z * ruler) - ndtr(z)).max(), abs=1e-5)
        predicted = line(ax, "predicted")
        first = (abs(third) / sigma**3 / 6 + 1 / (2 * sigma)) / np.sqrt(2 * np.pi * size)  # Esseen's, span one
        assert predicted[0, 1] == pytest.approx(first, rel=0.12)
        exact = line(ax, "SGD")
        late = exact[exact[:, 0] > 20]
        assert late[:, 1] == pytest.approx(np.exp(np.interp(np.log(late[:, 0]), *np.log(predicted).T)), rel=0.12)
        assert lines(ax, MUTED)[0][:, 0] == pytest.approx(1 / eta)
        assert f"best window by the prediction N = {caption.split('N = ')[1].split(',')[0]}" in caption
    assert set(ARMS) <= {artist.get_label() for artist in ax.lines}
