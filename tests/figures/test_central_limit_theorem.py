"""Chapter 3's figures, read back."""

import numpy as np
import pytest
from reading import assert_on, bars, histograms, line, lines, share_of, three_settings
from scipy.special import ndtr
from scipy.stats import binom, gamma

from sgdsde_helpers.figures import central_limit_theorem as figures
from sgdsde_helpers.figures.style import GAUSSIAN_SGD, MUTED, PREDICTION, SGD
from sgdsde_helpers.theory import binomial_ks, esseen_ks


def phi(z):
    return np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)


def test_average_and_sum_are_one_sample_on_three_rulers():
    rng, sigma = np.random.default_rng(3), 1.7
    sums = {n: sigma * np.sqrt(n) * rng.normal(size=2000) for n in (2, 9, 30)}
    average, middle, total = figures.average_and_sum(sums, sigma).axes
    for ax, power in ((average, 1.0), (middle, 0.5), (total, 0.0)):
        for (heights, edges), (n, sample) in zip(histograms(ax), sums.items(), strict=True):
            assert heights == pytest.approx(share_of(sample / sigma / n**power, edges))
    bell = line(middle, "Gaussian")
    assert bell[:, 1] == pytest.approx(phi(bell[:, 0]))


def test_first_corrections_envelop_the_exact_difference():
    for ax, (gamma_, p) in zip(
        figures.first_corrections(2.0, (16, 900)).axes, ((2.0, None), (0.0, 0.5), (8 / 3, 0.1)), strict=True
    ):
        exact, predicted = lines(ax, SGD, "-")[0], lines(ax, PREDICTION, "--")
        z, n = exact[:, 0], 900
        smooth = -gamma_ * (z**2 - 1) * phi(z) / 6
        step = 0 if p is None else phi(z) / (2 * np.sqrt(p * (1 - p)))
        assert predicted[0][:, 1] == pytest.approx(smooth + step, abs=1e-9)
        assert predicted[-1][:, 1] == pytest.approx(smooth - step, abs=1e-9)
        x = n + np.sqrt(n) * z if p is None else n * p + np.sqrt(n * p * (1 - p)) * z
        law = gamma(n) if p is None else binom(n, p)
        assert exact[:, 1] == pytest.approx(np.sqrt(n) * (law.cdf(x) - ndtr(z)), abs=1e-9)
        above, below = exact[:, 1] - predicted[0][:, 1], exact[:, 1] - predicted[-1][:, 1]
        assert max(above.max(), -below.min()) < 0.05
        if p is not None:
            assert max(above.max(), below.max()) > -0.05  # and it fills what lies between the two


def test_distances_lie_under_their_constants():
    lengths, coin = np.array([2, 8, 32]), np.array([1.0, 0.0, 0.0])
    measured = {"rare": [0.2, 0.1, 0.05], "a": [1, 1, 1], "b": [1, 1, 1], "Gaussian SGD": [0.01, 0.01, 0.01]}
    exact = {"rare": lambda n: binomial_ks(1 / 3, int(n))}
    predicted = {"rare": lambda n: esseen_ks(coin, n)}
    (ax,) = figures.distance_against_length(lengths, measured, exact, predicted, floor=0.004).axes
    (constant,) = lines(ax, PREDICTION, "--")
    sigma, third = np.sqrt(2 / 9), 2 / 27
    assert constant[:, 1] * np.sqrt(constant[:, 0]) == pytest.approx(
        (third / sigma**3 / 6 + 0.5 / sigma) / np.sqrt(2 * np.pi)
    )
    assert abs(binomial_ks(1 / 3, 4000) * np.sqrt(4000) / (constant[0, 1] * np.sqrt(constant[0, 0])) - 1) < 0.02
    assert line(ax, "rare") == pytest.approx(np.c_[lengths, measured["rare"]])
    k = np.arange(33)
    z, cdf = (k - 32 / 3) / np.sqrt(64 / 9), binom(32, 1 / 3).cdf(k)
    worst = max(np.abs(cdf - ndtr(z)).max(), np.abs(cdf - binom(32, 1 / 3).pmf(k) - ndtr(z)).max())
    assert [drawn[-1, 1] for drawn in lines(ax, figures.FLOW, "-")] == [pytest.approx(worst)]
    assert [drawn[0, 1] for drawn in lines(ax, GAUSSIAN_SGD, "-")] == [0.004]


def test_heavy_widths_are_divided_by_the_root():
    lengths, alpha = [1, 4, 64], 1.25
    (ax,) = figures.heavy_widths(lengths, {40: [2.0, 5.0, 9.0]} | {n: [1, 1, 1] for n in (2, 3)},
                                 {40: [2.1, 5.1, 9.1], 2: [1, 1, 1], 3: [1, 1, 1]}, 2.5, alpha).axes  # fmt: skip
    assert line(ax, "stable law")[:, 1] == pytest.approx([2.5, 2.5 * 4**0.3, 2.5 * 64**0.3])
    assert line(ax, "40 examples")[:, 1] == pytest.approx([2.0, 2.5, 9 / 8])
    assert lines(ax, PREDICTION)[0][:, 1] == pytest.approx([2.1, 2.55, 9.1 / 8])
    assert len(lines(ax, MUTED)) == 1


def test_widget_counts_draws_and_finds_the_exact_distance():
    settings = [(0.2, 4), (0.8, 1), (0.1, 8)]
    for (left, right), eta, size, caption in three_settings(figures.window_panels, settings, 2):
        draws = round(1.6 / eta) * size
        gaussian, sample = lines(left, PREDICTION)[0], lines(left, SGD)[0][:, 0]
        assert gaussian[:, 1] == pytest.approx(ndtr(gaussian[:, 0]))
        assert abs(sample.mean()) < 4.5 / np.sqrt(len(sample))
        assert abs(sample.var() - 1) < 4.5 * np.sqrt((2 + 5.2 / draws) / len(sample))
        k = np.arange(draws + 1)
        z, law = (k - 0.1 * draws) / np.sqrt(0.09 * draws), binom(draws, 0.1)
        exact = max(np.abs(law.cdf(k) - ndtr(z)).max(), np.abs(law.cdf(k - 1) - ndtr(z)).max())
        curve = lines(right, PREDICTION, "--")[0]
        constant = (8 / 3 / 6 + 1 / 0.6) / np.sqrt(2 * np.pi)
        assert curve[:, 1] == pytest.approx(constant / np.sqrt(curve[:, 0]))
        square = next(drawn for drawn in lines(right, PREDICTION) if len(drawn) == 1)
        assert square[0] == pytest.approx([draws, exact])
        assert_on(bars(right)[0], lambda x, exact=exact: np.full_like(x, exact))
        assert bars(right)[0][0, 0] == draws
        assert f"exactly {exact:.3f}" in caption
