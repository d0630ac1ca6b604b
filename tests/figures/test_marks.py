"""Marks and the words of captions: each option is read back from what is drawn."""

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from reading import ellipses, histograms, line, lines, share_of

from sgdsde_helpers.figures import marks
from sgdsde_helpers.figures.marks import in_words

SAMPLE = np.random.default_rng(1).normal(size=(200, 2))
GRID = np.linspace(-3.0, 3.0, 61)


@pytest.fixture
def ax():
    return Figure().subplots()


def test_captions_round_to_the_standard_error():
    assert in_words(-1.6, -1.5871, 0.0213) == "predicted −1.600, measured −1.587 ± 0.021"
    assert in_words(150.0, 151.26, 12.0) == "predicted 150, measured 151 ± 12"


def test_a_bell_is_the_gaussian_that_it_is_told(ax):
    marks.bell(ax, GRID)
    marks.bell(ax, GRID, 0.5, 2.0)
    for (x, y), (mean, variance) in zip((found.T for found in lines(ax)), ((0.0, 1.0), (0.5, 2.0)), strict=True):
        assert np.allclose(y, np.exp(-((x - mean) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance), rtol=1e-12)


def test_a_cloud_shows_the_first_states(ax):
    marks.cloud(ax, SAMPLE)
    marks.cloud(ax, SAMPLE, shown=7)
    every, few = lines(ax)
    assert np.array_equal(every, SAMPLE) and np.array_equal(few, SAMPLE[:7])


def test_a_histogram_over_a_density(ax):
    values, density = SAMPLE[:, 0], np.exp(-np.abs(GRID)) / 2
    marks.histogram_with_density(ax, values)
    assert len(histograms(ax)[0][0]) == 60 and not ax.lines
    look = dict(bins=np.linspace(-4, 4, 17), color="#123456", label="here", density_label="there")
    marks.histogram_with_density(ax, values, GRID, density, **look)
    heights, edges = histograms(ax)[1]
    assert np.array_equal(edges, look["bins"]) and np.allclose(heights, share_of(values, edges))
    assert np.array_equal(line(ax, "there").T, [GRID, density])
    assert [patch.get_label() for patch in ax.patches] == ["SGD", "here"]
    colours = [mpl.colors.to_hex(patch.get_facecolor()) for patch in ax.patches]
    assert colours == [marks.SGD.lower(), "#123456"]


def test_an_ellipse_has_its_center_and_its_radius(ax):
    covariance = np.array([[2.0, 0.7], [0.7, 1.0]])
    usual, other = (
        marks.covariance_ellipse(ax, covariance, *c, **r) for c, r in (((), {}), (((1, 2),), {"radius": 3.0}))
    )
    assert usual.center == (0.0, 0.0) and tuple(other.center) == (1, 2)
    assert np.allclose(ellipses(ax)[0], covariance) and np.allclose(ellipses(ax, radius=3.0)[1], covariance)


def test_ticks_stand_where_they_are_asked_for(ax):
    marks.log_ticks(ax, x=[1.0, 10.0])
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "linear")
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["1", "10"]
    marks.log_ticks(ax, [2.0, 20.0], [0.5, 5.0], ["two", "twenty"])
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["two", "twenty"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["0.5", "5"] and ax.get_yscale() == "log"
