"""SGD on two points: the exact law against Fourier inversion, enumeration, hand-made special cases and simulated chains."""

import numpy as np
import pytest
from scipy.stats import binom

from sgdsde_helpers.losses import MeanEstimation
from sgdsde_helpers.measure import ks_distance
from sgdsde_helpers.simulation import sgd
from sgdsde_helpers.theory.laws import bernoulli as law

GOLDEN = (3 - 5**0.5) / 2


def by_fourier(x, eta, batch_size):
    """F(x) = 1/2 + (1/pi) int_0^inf sin(tx)/t cf(t) dt: shares nothing with the self-similarity but the product formula."""
    t = np.linspace(0, 24 * np.pi / eta, 40001)[1:]
    integrand = law.two_point_characteristic_function(t, eta, batch_size) / t
    return np.array([0.5 + (t[1] - t[0]) / np.pi * (np.sum(np.sin(t * v) * integrand) + v / 2) for v in x])


@pytest.mark.parametrize(("eta", "batch_size"), [(0.02, 1), (0.1, 1), (0.2, 1), (0.1, 4), (0.3, 4), (0.24, 2)])
def test_distribution_function_by_fourier_inversion(eta, batch_size):
    x = np.linspace(-0.95, 0.95, 21)
    assert law.two_point_cdf(x, eta, batch_size) == pytest.approx(by_fourier(x, eta, batch_size), abs=1e-5)


@pytest.mark.parametrize(("eta", "batch_size"), [(0.6, 1), (GOLDEN, 1), (0.7, 2), (0.55, 3)])
def test_distribution_function_between_brackets_of_all_short_sums(eta, batch_size):
    steps = 14 if batch_size == 1 else 7
    r, heads = 1 - eta, np.arange(batch_size + 1)
    weights = np.array([binom.pmf(k, batch_size, 0.5) for k in heads])
    sums, mass = np.zeros(1), np.ones(1)
    for k in range(steps):
        sums = (sums[:, None] + eta * r**k * (2 * heads / batch_size - 1)).ravel()
        mass = (mass[:, None] * weights).ravel()
    x = np.linspace(-1.1, 1.1, 97)
    lower = [(mass * (sums <= v - r**steps)).sum() for v in x]
    upper = [(mass * (sums <= v + r**steps)).sum() for v in x]
    f = law.two_point_cdf(x, eta, batch_size)
    assert np.all(f >= np.array(lower) - 1e-6) and np.all(f <= np.array(upper) + 1e-6)


def test_special_laws():
    x = np.linspace(-1, 1, 333)
    assert law.two_point_cdf(x, 0.5) == pytest.approx((1 + x) / 2, abs=1e-10)
    cantor = {-1 / 3: 0.5, 1 / 3: 0.5, 0.0: 0.5, -7 / 9: 0.25, 5 / 9: 0.75}
    for point, value in cantor.items():
        assert law.two_point_cdf(np.array([point]), 2 / 3)[0] == pytest.approx(value, abs=1e-9)
    a = 2 - 2**0.5  # at r^2 = 1/2: uniform on [-a, a] plus uniform on [-ra, ra]
    assert law.two_point_density(np.array([-0.1, 0.1]), 1 - 2**-0.5)[0] == pytest.approx(1 / (2 * a), rel=1e-5)


@pytest.mark.parametrize(("eta", "batch_size"), [(0.1, 1), (0.4, 1), (2 / 3, 1), (0.5, 3)])
def test_moments_are_those_of_the_distribution_function(eta, batch_size):
    x = np.linspace(-1, 1, 20001)
    f = law.two_point_cdf(x, eta, batch_size)
    mid, mass = (x[1:] + x[:-1]) / 2, np.diff(f)
    variance, kurtosis = law.two_point_moments(eta, batch_size)
    assert mass @ mid**2 == pytest.approx(variance, rel=1e-4)
    assert mass @ mid**4 / variance**2 - 3 == pytest.approx(kurtosis, abs=1e-3)


def test_sgd_has_this_law():
    # KS test of 20,000 chains at level 1e-5: P(sqrt(m) D > 2.47) = 1e-5; eta/2 for eta, or the SDE's Gaussian, is 0.06 away.
    final = sgd(MeanEstimation([-1.0, 1.0]), GOLDEN, n_steps=60, n_chains=20_000, start=0.0, seed=10).final
    assert ks_distance(final, lambda x: law.two_point_cdf(x, GOLDEN)) < 2.47 / np.sqrt(20_000)
    assert ks_distance(final, lambda x: law.ndtr(x / np.sqrt(GOLDEN / 2))) > 0.05


@pytest.mark.parametrize("batch_size", [1, 2, 8])
def test_distances_to_first_order(batch_size):
    eta = 0.005
    both, noise, time = law.two_point_ks_constants(batch_size)
    assert law.two_point_ks(eta, batch_size) / eta == pytest.approx(both, rel=0.01)
    gaussian_sgd = law.two_point_ks(eta, batch_size, variance=eta / (2 - eta) / batch_size) / eta
    assert gaussian_sgd == pytest.approx(noise, abs=6e-4)
    assert max(noise, time) < both < noise + time


def test_dimension():
    assert law.similarity_dimension(2 / 3) == pytest.approx(np.log(2) / np.log(3))
    assert law.similarity_dimension(0.3) == 1.0
    assert law.information_dimension(2 / 3, finest=16) == pytest.approx(np.log(2) / np.log(3), abs=0.01)
    assert law.information_dimension(GOLDEN) == pytest.approx(0.995713, abs=5e-4)  # Alexander and Zagier (1991)
    assert law.gap_threshold(1) == 0.5 and law.gap_threshold(3) == 0.75


def test_erdos_the_golden_characteristic_function_does_not_vanish():
    theta = (1 + 5**0.5) / 2
    far = law.two_point_characteristic_function(np.pi * theta ** np.array([20.0, 24.0]) / GOLDEN, GOLDEN)
    assert np.abs(far) == pytest.approx(np.prod(np.cos(np.pi * theta ** -np.arange(1.0, 60)) ** 2), rel=1e-4)


@pytest.mark.parametrize("eta", [0.0, -0.1, 1.0, 1.5, np.nan])
def test_eta_outside_is_refused(eta):
    with pytest.raises(ValueError, match="eta"):
        law.two_point_cdf(np.zeros(1), eta)


@pytest.mark.parametrize("batch_size", [1, 3])
def test_at_small_eta_the_expansion_carries_on_where_the_unfolding_stops(batch_size):
    """At 0.003 the unfolding errs by 2e-6 at most; without the kurtosis the gap is 3e-5 or more."""
    x = np.linspace(-4, 4, 33) * np.sqrt(0.0015 / batch_size)
    below, above = (law.two_point_cdf(x * np.sqrt(r), 0.003 * r, batch_size) for r in (1 - 1e-6, 1 + 1e-6))
    assert np.abs(below - above).max() < 5e-6
    tiny = law.two_point_cdf([-2.0, -1.0, 0.0, 0.3, 1.0, 2.0], 1e-9, batch_size)
    np.testing.assert_allclose(tiny, [0, 0, 0.5, 1, 1, 1], atol=1e-12)


def test_the_dimension_of_unequal_masses_is_their_entropy():
    entropy = 2 * 0.25 * np.log(4) + 0.5 * np.log(2)  # two tosses a step
    assert law.similarity_dimension(0.9, 2) == pytest.approx(entropy / np.log(10), rel=1e-12)
