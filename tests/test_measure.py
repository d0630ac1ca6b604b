"""Estimates and their standard errors: by hand, by their spread over repetitions, by scipy."""

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.special import ndtr
from scipy.stats import kstest

from sgdsde_helpers.measure import (
    batch_means,
    covariance_and_error,
    extrapolated_hill,
    fitted_order,
    hill,
    ks_distance,
    mean_and_error,
    measured_rotation,
    skewness,
    variance_and_error,
)
from sgdsde_helpers.theory import (
    ou_autocovariance,
    ou_stationary_covariance,
    rotation_rate,
)


def ar1(rho, times, chains, seed):
    """A stationary AR(1) of unit variance, whose time average has variance (1+rho)/(1-rho)/times to leading order."""
    rng = np.random.default_rng(seed)
    x = np.empty((times, chains))
    x[0] = rng.standard_normal(chains)
    for i in range(1, times):
        x[i] = rho * x[i - 1] + np.sqrt(1 - rho**2) * rng.standard_normal(chains)
    return x


def test_mean_and_error_by_hand():
    mean, error = mean_and_error([[1.0, 0.0], [3.0, 0.0], [5.0, 3.0]])
    assert mean == pytest.approx([3.0, 1.0])
    assert error == pytest.approx([2 / np.sqrt(3), 1.0])


def test_variance_and_error_by_hand():
    variance, _ = variance_and_error([1.0, 2.0, 3.0, 4.0])
    assert variance == pytest.approx(5 / 3)


@pytest.mark.parametrize("law", ["normal", "exponential", "two points"])
def test_the_error_of_a_variance_is_the_spread_over_repetitions(law):
    rng = np.random.default_rng(2)
    draw = {
        "normal": lambda: rng.standard_normal((400, 4000)),
        "exponential": lambda: rng.exponential(size=(400, 4000)),
        "two points": lambda: np.where(rng.random((400, 4000)) < 0.2, 2.0, -0.5),
    }[law]
    variance, error = variance_and_error(draw())
    # 4000 repetitions know their spread to 1.1%; the exponential's own eighth moment adds bias to the error's estimate.
    assert np.sqrt((error**2).mean()) == pytest.approx(variance.std(), rel=0.06)
    assert abs(variance.mean() - 1.0) < 5 * variance.std() / np.sqrt(4000)


def test_covariance_and_error():
    rng = np.random.default_rng(3)
    factor = np.array([[1.0, 0.0, 0.0], [0.5, 2.0, 0.0], [0.0, 1.0, 1.0]])
    draws = rng.standard_normal((500, 2000, 3)) @ factor.T
    estimates, errors = map(np.array, zip(*(covariance_and_error(draws[:, i]) for i in range(2000)), strict=True))
    assert np.allclose(estimates[0], np.cov(draws[:, 0].T))
    assert np.allclose(np.diagonal(errors[0]), variance_and_error(draws[:, 0])[1], rtol=0.01)
    assert np.allclose(np.sqrt((errors**2).mean(axis=0)), estimates.std(axis=0), rtol=0.06)


@pytest.mark.parametrize("function", [mean_and_error, variance_and_error, covariance_and_error])
@pytest.mark.parametrize("bad", [1.0, [1.0], [1.0, np.nan, 2.0, 3.0], []])
def test_errors_need_chains(function, bad):
    with pytest.raises(ValueError, match="values"):
        function(bad)


def test_batch_means_know_the_correlation():
    rho, times = 0.9, 32 * 400
    _, error = batch_means(ar1(rho, times, 300, seed=4))
    lag = np.arange(1, times)
    exact = (1 + 2 * ((1 - lag / times) * rho**lag).sum()) / times  # variance of the time average, exactly
    # 300 chains, each with 31 degrees of freedom, know the mean square to 1.5%; batches of 400 lose 2.5% of it.
    assert (error**2).mean() == pytest.approx(exact, rel=0.07)
    assert exact > 15 / times  # correlation ignored would give 1/times


def test_batch_means_drop_the_beginning():
    mean, error = batch_means([100.0, 1.0, 1.0, 3.0, 3.0], n_batches=2)
    assert mean == 2.0
    assert error == pytest.approx(1.0)


def test_batch_means_refuse():
    with pytest.raises(ValueError, match="n_batches = 1"):
        batch_means(np.zeros(10), n_batches=1)
    with pytest.raises(ValueError, match="series of shape .10,. is not allowed: it must have at least n_batches = 32"):
        batch_means(np.zeros(10))


@pytest.mark.parametrize("shift", [-0.3, 0.0, 0.3])
def test_ks_distance_is_that_of_scipy(shift):
    sample = np.random.default_rng(1).normal(shift, size=500)
    assert ks_distance(sample, ndtr) == pytest.approx(kstest(sample, "norm").statistic, rel=1e-12)


def test_ks_distance_with_ties():
    assert ks_distance(np.array([0.0, 0.0, 0.0, 0.0]), ndtr) == pytest.approx(0.5)
    assert ks_distance(np.array([-1.0, 1.0, -1.0, 1.0]), ndtr) == pytest.approx(ndtr(1.0) - 0.5)


Q = np.array([[0.3, -0.2], [-0.2, 0.5]])


def test_measured_rotation_of_a_circle_and_of_its_mirror_image():
    angle = 0.01 * np.arange(101)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    states = np.stack([circle, circle * [1, -1]], axis=1)
    np.testing.assert_allclose(measured_rotation(states, 0.5), [np.sin(0.01) / 0.5, -np.sin(0.01) / 0.5])
    np.testing.assert_allclose(measured_rotation(states + [3.0, 1.0], 0.5, [3.0, 1.0]), measured_rotation(states, 0.5))


def test_measured_rotation_of_an_exactly_sampled_path():
    turning = np.array([[1.0, -2.0], [1.5, 0.5]])
    s, dt, m = ou_stationary_covariance(turning, Q), 0.02, 2000
    decay = expm(-turning * dt)
    rng = np.random.default_rng(8)
    root, kick = np.linalg.cholesky(s), np.linalg.cholesky(s - decay @ s @ decay.T)
    states = [rng.normal(size=(m, 2)) @ root.T]
    for _ in range(40):
        states.append(states[-1] @ decay.T + rng.normal(size=(m, 2)) @ kick.T)
    rates = measured_rotation(np.array(states), dt)
    error = rates.std() / np.sqrt(m)
    ahead = ou_autocovariance(dt, turning, stationary_covariance=s).T
    assert abs(rates.mean() - (ahead - ahead.T)[0, 1] / dt) < 4.5 * error  # 7e-6 false alarms
    assert rates.mean() == pytest.approx(rotation_rate(turning, stationary_covariance=s)[0, 1], rel=0.1)
    assert abs(rates.mean()) > 20 * error


def test_the_order_of_errors_is_their_exponent_in_the_size():
    sizes = np.array([0.1, 0.2, 0.4])
    assert fitted_order(sizes, 3 * sizes**2) == pytest.approx(2, rel=1e-12)
    for bad in ([1.0], [2.0, 2.0]):
        with pytest.raises(ValueError, match="sizes = .* two different sizes"):
            fitted_order(bad, bad)
    with pytest.raises(ValueError, match="errors of shape"):
        fitted_order([1.0, 2.0], [1.0])


def test_the_skewness_is_the_populations():
    assert skewness([0.0, 0.0, 3.0]) == pytest.approx(1 / np.sqrt(2), rel=1e-12)


def test_hill_of_an_exact_power_law_has_no_bias_and_its_standard_error():
    """3000 samples of Pareto's law, k = 12: k for k - 1 would be 9% high, and so would X_k for X_(k+1); 5 standard errors."""
    rng, alpha, k = np.random.default_rng(5), 2.5, 12
    estimates, errors = np.array([hill(1 + rng.pareto(alpha, 60), k) for _ in range(3000)]).T
    assert abs(estimates.mean() - alpha) < 5 * estimates.std() / np.sqrt(3000)
    assert errors.mean() == pytest.approx(estimates.std(), rel=0.1)


def test_hill_by_hand():
    estimate, error = hill([-8.0, 4.0, 2.0, 1.0, 0.5], k=3)
    assert estimate == pytest.approx(2 / np.log(8 * 4 * 2))
    assert error == pytest.approx(estimate)


def test_extrapolation_removes_the_bias_that_hill_has():
    """Student's t with 5 degrees: of the 12% that Hill is low at the top 1/2% a third is left; the error is the spread."""
    rng, k = np.random.default_rng(6), 150
    samples = rng.standard_t(5, size=(300, 30_000))
    plain = np.array([hill(s, k)[0] for s in samples])
    estimates, errors = np.array([extrapolated_hill(s, k, delta=2.0) for s in samples]).T
    assert plain.mean() < 4.6
    assert 4.7 < estimates.mean() < 5.1
    assert errors.mean() == pytest.approx(estimates.std(), rel=0.15)
    with pytest.raises(ValueError, match="k = 30000"):
        hill(samples[0], 30_000)


def test_the_error_of_an_extrapolation_knows_that_its_two_samples_overlap():
    """Of an exact power law, at ratio 2, where half of the larger sample is the smaller one."""
    rng = np.random.default_rng(7)
    samples = 1 + rng.pareto(2.0, size=(2000, 2000))
    estimates, errors = np.array([extrapolated_hill(s, 400, delta=2.0, ratio=2) for s in samples]).T
    assert abs(estimates.mean() - 2.0) < 0.02
    assert errors.mean() == pytest.approx(estimates.std(), rel=0.1)
