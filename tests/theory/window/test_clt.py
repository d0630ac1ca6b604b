"""Distances of sums from the Gaussian: by counting, by listing, by the constants of the expansion."""

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import gamma

from sgdsde_helpers.measure import ks_distance, skewness
from sgdsde_helpers.theory import (
    binomial_cdf,
    binomial_ks,
    binomial_worst_point,
    characteristic_width,
    edgeworth_cdf,
    esseen_ks,
    exponential_cdf,
    gaussian_ks,
    lattice_constant,
    lattice_half_step,
    lattice_span,
    skew_constant,
    stable_width,
)


@pytest.mark.parametrize("p", [0.5, 0.1, 0.9])
def test_binomial_distance_tends_to_esseens_constants(p):
    values = np.array([0.0] * round(10 * (1 - p)) + [1.0] * round(10 * p))
    for n, tolerance in ((400, 0.03), (40000, 0.004)):
        assert binomial_ks(p, n) == pytest.approx(esseen_ks(values, n), rel=tolerance)


def test_binomial_distance_by_counting():
    signs = np.array(np.meshgrid(*[[-1.0, 1.0]] * 10)).reshape(10, -1)
    assert binomial_ks(0.5, 10) == pytest.approx(ks_distance(signs.sum(axis=0) / np.sqrt(10), ndtr), rel=1e-12)


def test_skew_constant_is_the_limit_for_a_law_without_lattice():
    n = 4000  # a sum of n exponential terms, of skewness 2, is a gamma variable
    z = np.linspace(-4, 4, 8001)
    exact = gamma.cdf(n + np.sqrt(n) * z, n)
    assert np.abs(exact - ndtr(z)).max() == pytest.approx(skew_constant(2.0) / np.sqrt(n), rel=0.01)


def test_edgeworth_leaves_an_error_of_order_one_over_n():
    z = np.linspace(-4, 4, 2001)
    left = [n * np.abs(gamma.cdf(n + np.sqrt(n) * z, n) - edgeworth_cdf(z, 2.0, n)).max() for n in (100, 400, 1600)]
    assert max(left) < 1.2 * min(left) < 0.5


def test_constants_for_two_values():
    assert lattice_constant(2.0, 1.0) == pytest.approx(1 / np.sqrt(2 * np.pi))
    assert skewness([0.0, 0.0, 0.0, 1.0]) == pytest.approx((1 - 2 * 0.25) / np.sqrt(0.25 * 0.75))


@pytest.mark.parametrize(
    "values, span",
    [([-1, 1], 2), ([0, 2, 6], 2), ([0.1, 0.4, 1.9], 0.3), ([25, 30, 44], 1), ([0, 1, np.sqrt(2)], 0), ([3, 3], 0)],
)
def test_lattice_span(values, span):
    assert lattice_span(values) == pytest.approx(span, abs=1e-9)


@pytest.mark.parametrize("law", [(0.3, 1.0), (0.0, 1.4), (0.0, 0.7), (-0.2, 1.0001), (2.0, 0.1), (0.0, 1.0)])
def test_gaussian_distance_on_a_grid(law):
    z = np.linspace(-9, 9, 200001)
    expected = np.abs(ndtr((z - law[0]) / np.sqrt(law[1])) - ndtr(z)).max()
    assert gaussian_ks(*law) == pytest.approx(expected, abs=1e-9)
    assert gaussian_ks(3 + 2 * law[0], 4 * law[1], 3.0, 4.0) == pytest.approx(expected, abs=1e-9)


def test_width_is_the_standard_deviation_where_the_sum_is_gaussian():
    values = np.random.default_rng(2).exponential(size=50)
    for n, tolerance in ((1000, 1e-3), (100000, 1e-5)):
        assert characteristic_width(values, n) == pytest.approx(values.std() * np.sqrt(n), rel=tolerance)


def test_width_by_listing_all_sums():
    values = np.array([0.0, 1.0, 1.0, 5.0])
    sums = np.array(np.meshgrid(*[values] * 6)).reshape(6, -1).sum(axis=0) - 6 * values.mean()
    width = characteristic_width(values, 6)
    assert abs(np.mean(np.exp(1j * sums / width))) == pytest.approx(np.exp(-0.5), rel=1e-10)
    wider = width * np.geomspace(1.001, 100, 400)
    assert np.all(np.abs(np.exp(1j * sums / wider[:, None]).mean(axis=1)) > np.exp(-0.5))


def test_width_of_a_cauchy_sum_grows_like_its_length():
    values = np.tan(np.pi * ((np.arange(200000) + 0.5) / 200000 - 0.5))  # E exp(isx) = exp(-|s|)
    for n in (1, 10, 100):
        assert characteristic_width(values, n) == pytest.approx(2 * n, rel=2e-3)


@pytest.mark.parametrize("draws", [2, 16, 100, 1000])
def test_a_perfect_sample_has_the_exact_distance_at_the_worst_point(draws):
    """False alarms: 7e-6 for each of the four."""
    quantiles = np.random.default_rng(5).binomial(draws, 0.1, size=400_000)
    point, level, gap = binomial_worst_point(0.1, draws)
    below = (quantiles - 0.1 * draws) / np.sqrt(0.09 * draws) <= point
    assert abs(below.mean() - level - gap) < 4.5 * below.std() / np.sqrt(below.size)
    assert abs(gap) == binomial_ks(0.1, draws)


def test_standardised_laws_are_those_of_scipy_and_of_counting():
    z = np.array([-1.1, -0.3, 0.0, 0.4, 2.2])
    assert exponential_cdf(z, 7) == pytest.approx(gamma.cdf(7 + z * np.sqrt(7), 7), rel=1e-12)
    sums = np.array(np.meshgrid(*[[1] + 4 * [0]] * 5)).reshape(5, -1).sum(axis=0)
    listed = [np.mean((sums - 1) / np.sqrt(0.8) <= x) for x in z]
    assert binomial_cdf(z, 0.2, 5) == pytest.approx(listed, rel=1e-12)


def test_half_a_step_is_half_the_jump_of_a_long_sum():
    p, n = 0.3, 40_000
    z = (np.array([11_900, 12_000, 12_150]) - p * n) / np.sqrt(n * p * (1 - p))
    jump = binomial_cdf(z + 1e-9, p, n) - binomial_cdf(z - 1e-9, p, n)
    assert lattice_half_step(z, 1.0, np.sqrt(p * (1 - p))) == pytest.approx(np.sqrt(n) * jump / 2, rel=0.01)


def test_a_stable_sum_widens_with_its_exponent():
    cauchy = np.tan(np.pi * ((np.arange(200_000) + 0.5) / 200_000 - 0.5))
    for n in (10, 100):
        assert stable_width(n, 2.0, 1.0) == pytest.approx(characteristic_width(cauchy, n), rel=2e-3)
    assert stable_width(9.0, 3.0, 2.0) == pytest.approx(9.0)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="p = 1.0"):
        binomial_ks(1.0, 5)
    with pytest.raises(ValueError, match="standard deviation"):
        skewness([1.0, 1.0])
    with pytest.raises(ValueError, match="finite"):
        ks_distance([0.0, np.nan], ndtr)
    with pytest.raises(ValueError, match="no width"):
        characteristic_width([0.0] * 9 + [1.0])
