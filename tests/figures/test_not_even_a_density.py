"""Chapter 13's figures, read back."""

from itertools import product

import numpy as np
import pytest
from reading import histograms, line, lines, share_of, three_settings
from scipy.special import ndtr

from sgdsde_helpers.figures import not_even_a_density as figures
from sgdsde_helpers.figures.style import PREDICTION, SDE, SGD
from sgdsde_helpers.losses import MeanEstimation
from sgdsde_helpers.simulation import sgd


def listed(eta, size, depth):
    """All values of the last `depth` steps, and how far the earlier ones can still move them."""
    batch = np.array(list(product([-1, 1], repeat=size))).mean(axis=1)
    values = np.zeros(1)
    for k in range(depth):
        values = (values[:, None] + eta * (1 - eta) ** k * batch).ravel()
    return values, (1 - eta) ** depth


def test_laws_beside_the_gaussian_of_the_sde():
    etas = [2 / 3, 0.4, 0.6, 0.3]
    for ax, eta in zip(figures.laws(etas, ["a", "b", "", ""], bins=18).axes, etas, strict=True):
        ((heights, edges),) = histograms(ax)
        values, rest = listed(eta, 1, 14)
        assert heights @ np.diff(edges) == pytest.approx(1.0)
        cdf = np.concatenate([[0.0], np.cumsum(heights * np.diff(edges))])
        assert (cdf <= [np.mean(values - rest <= x + 1e-9) for x in edges] + np.full(19, 1e-9)).all()
        assert (cdf >= [np.mean(values + rest <= x + 1e-9) for x in edges] - np.full(19, 1e-9)).all()
        x, bell = lines(ax, SDE)[0].T
        assert bell == pytest.approx(np.exp(-(x**2) / eta) / np.sqrt(np.pi * eta))
        assert f"{eta:.3f}" in ax.get_title("left")


def test_cascade_has_the_rates_upwards():
    ax = figures.cascade(rows=25, bins=60).axes[0]
    (image,) = ax.images
    assert image.origin == "lower"
    assert image.get_extent() == pytest.approx([-1, 1, 0.02, 0.98])
    rows = np.asarray(image.get_array()) ** (1 / 0.6)
    eta = np.linspace(0.02, 0.98, 25)[12]
    assert eta == 0.5
    assert rows[12] == pytest.approx(1.0, abs=1e-6)  # uniform at one half
    assert (rows[17] < 1e-9).sum() > 15  # gaps above it
    assert (rows[3, [0, -1]] < 1e-4).all()  # narrow below
    marks = sorted(drawn[0, 1] for drawn in lines(ax))
    assert marks == pytest.approx([1 - 2**-0.5, (3 - 5**0.5) / 2, 0.5, 2 / 3])


def test_characteristic_functions_are_products_of_cosines():
    (ax,) = figures.characteristic_functions({"a": (0.382, 1.618), "b": (0.3, 1 / 0.7)}, steps=9).axes
    for name, eta, theta in (("a", 0.382, 1.618), ("b", 0.3, 1 / 0.7)):
        for n, value in line(ax, name):
            t = np.pi * theta**n / eta
            assert value == pytest.approx(
                abs(np.prod(np.cos(eta * (1 - eta) ** np.arange(200) * t))), rel=1e-6, abs=1e-12
            )


def test_distances_and_their_constants():
    etas = np.array([0.02, 0.1, 2 / 3])
    (ax,) = figures.distances(etas).axes
    z = np.linspace(-6, 6, 40_001)
    for eta, distance in line(ax, "Gaussian SGD to SDE"):
        ruler = np.sqrt((2 - eta) / 2)  # of deviations, SDE to Gaussian SGD
        assert distance == pytest.approx(np.abs(ndtr(z) - ndtr(z * ruler)).max(), rel=1e-4)
    for label, variance in (("SGD to SDE", 1 / 3), ("SGD to Gaussian SGD", (2 / 3) / (4 / 3))):
        values, rest = listed(2 / 3, 1, 16)
        x = np.sort(values)
        gap = np.abs((np.arange(len(x)) + 0.5) / len(x) - ndtr(x / np.sqrt(variance))).max()
        assert line(ax, label)[-1, 1] == pytest.approx(gap, abs=rest + 1e-3)
    for drawn, label in zip(
        lines(ax, PREDICTION), ("SGD to SDE", "SGD to Gaussian SGD", "Gaussian SGD to SDE"), strict=True
    ):
        assert np.ptp(drawn[:, 1] / drawn[:, 0]) < 1e-12
        assert drawn[0, 1] == pytest.approx(line(ax, label)[0, 1], rel=0.06)


def test_widget_draws_the_law_of_the_batch_at_hand():
    for (ax,), eta, size, caption in three_settings(figures.law_panel, [(0.667, 1), (0.45, 3), (0.8, 2)]):
        scale = np.sqrt(eta / 2 / size)
        (exact, edges), (sampled, coarse) = histograms(ax)
        values, rest = listed(eta, size, 12 // size + 4)
        cdf = np.cumsum(exact * np.diff(edges)) + ndtr(-99)
        inner = slice(40, 250, 30)
        for x, f in zip(edges[1:][inner] * scale, cdf[inner], strict=True):
            assert np.mean(values + rest <= x) - 1e-6 <= f <= np.mean(values - rest <= x) + 1e-6
        run = dict(n_steps=int(np.ceil(10 / eta)), batch_size=size, n_chains=4000, start=0.0, seed=3)
        final = sgd(MeanEstimation([-1.0, 1.0]), eta, **run).final
        assert sampled == pytest.approx(share_of(final / scale, coarse))
        x, bell = lines(ax, SDE)[0].T
        assert bell == pytest.approx(np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi))
        assert ("Cantor" in caption) == (eta > size / (size + 1))
        assert ("the law's dimension is 0.65." in caption) == (size == 2)  # the set's is log 3 / log 5 = 0.68
    assert SGD != SDE
