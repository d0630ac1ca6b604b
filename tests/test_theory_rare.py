"""Rare places: the tilt in closed form, traps, laws by elimination and with heavy tails, and the chain with Gaussian noise."""

import numpy as np
import pytest
from scipy.optimize import brentq

from sgdsde_helpers.checks import DivergenceError
from sgdsde_helpers.losses import DoubleWell, LeastSquares, MeanEstimation, ScalarQuadratic
from sgdsde_helpers.theory import (
    chain_law,
    chain_stationary_law,
    density_cdf,
    gaussian_chain_law,
    kesten_exponent,
    kesten_limit,
    quasi_potential,
    sde_stationary_moments,
    sgd_moments,
    sgd_stationary_moments,
    stationary_density,
    tilt,
    trapped_interval,
)

WELL = DoubleWell(0.9, 0.3)
UNEVEN = ScalarQuadratic([0.5, 0.5, 2.0], [-3.0, -1.0, 1.0])
TAILS = ScalarQuadratic([0.5, 0.5, 3.0, 3.0], [2.0, -2.0, 1 / 3, -1 / 3])
CELLS = np.linspace(-2.2, 2.6, 600)


def log_odds(left):
    return np.log(left / (1 - left))


def tail(law, r):
    return 1 - law.cdf(r) + law.cdf(-r)


def test_tilt_of_a_fair_sign_in_closed_form():
    phi = np.array([-1.4, -0.7, -0.2, 0.3, 0.9, 1.3])
    for place, theta in zip(phi, tilt(WELL, phi)):
        g, noise = float(WELL.gradient(place)), 0.9 + 0.3 * place
        assert np.log(np.cosh(theta * noise)) == pytest.approx(theta * g, rel=1e-10)
        assert theta * g > 0


@pytest.mark.parametrize("size", [1, 4])
def test_tilt_of_many_nearly_gaussian_examples_is_that_of_the_sde(size):
    x = np.sqrt(2) * np.array(
        [brentq(lambda z, q=q: 0.5 * (1 + np.tanh(z)) - q, -9, 9) for q in (np.arange(800) + 0.5) / 800]
    )
    loss = MeanEstimation(x)  # symmetric about 0, so that the first correction is of third order in g
    phi = np.array([0.01, -0.02])
    assert tilt(loss, phi, size) == pytest.approx(2 * size * phi / x.var(), rel=1e-3)


def test_far_out_the_tilt_is_kestens_limit():
    loss = ScalarQuadratic([-1.0, -1.0, 3.0, 3.0], [1.0, -1.0, 1.0, -1.0])
    for size in (1, 3):
        assert 1e5 * tilt(loss, [1e5], size)[0] == pytest.approx(kesten_limit(loss.h, size), rel=1e-4)


def test_where_all_gradients_agree_the_tilt_is_infinite():
    weak = DoubleWell(0.3)
    np.testing.assert_array_equal(tilt(weak, [-2.0, -0.6, 0.6, 2.0]), [-np.inf, np.inf, -np.inf, np.inf])
    assert np.isfinite(tilt(weak, [-0.1, 1.0])).all()
    with pytest.raises(ValueError, match="all examples' gradients point the same way"):
        quasi_potential(weak, np.linspace(-1, 1, 201))


def test_odds_of_the_exact_law_fall_off_as_the_tilt_says_and_not_as_the_sde_says():
    grid = np.linspace(-1, 1, 2001)
    potential = quasi_potential(WELL, grid)
    assert potential.min() == potential[0] == 0
    sde = np.trapezoid(2 * WELL.gradient(grid) / WELL.covariance(grid), grid)
    cold, warm = 0.04, 0.05
    slope, gaussian = (
        np.diff([log_odds(law(eta).cdf(0.0)) for eta in (warm, cold)])[0] / (1 / cold - 1 / warm)
        for law in (
            lambda eta: chain_stationary_law(WELL, eta, method="solve"),
            lambda eta: gaussian_chain_law(WELL, eta, grid=CELLS),
        )
    )
    assert slope == pytest.approx(potential[-1], rel=0.005)
    assert gaussian == pytest.approx(sde, rel=0.03)
    assert abs(sde / potential[-1] - 1) > 0.2


@pytest.mark.parametrize("eta", [0.05, 0.4])
def test_trap_ends_where_the_noise_balances_the_slope(eta):
    noise = 0.37
    low, high = trapped_interval(DoubleWell(noise), eta, 1.0)
    assert low == pytest.approx(brentq(lambda x: x - x**3 - noise, 3**-0.5, 1), abs=1e-6)
    assert low - 1e-6 <= min(x - eta * (x**3 - x + s * noise) for x in np.linspace(low, high, 99) for s in (-1, 1))


def test_trap_opens_at_the_largest_slope():
    largest = 2 / (3 * np.sqrt(3))
    assert trapped_interval(DoubleWell(largest - 1e-3), 0.4, 1.0)[0] > 0
    assert trapped_interval(DoubleWell(largest + 1e-3), 0.4, 1.0)[0] < -1


def test_elimination_finds_the_law_that_steps_find():
    by_steps, solved = (
        chain_stationary_law(DoubleWell(1.2, 0.4), 0.2, nodes=800, method=m) for m in ("steps", "solve")
    )
    np.testing.assert_allclose(solved.mass, by_steps.mass, atol=1e-9)


def test_elimination_refuses_two_traps():
    with pytest.raises(ValueError, match="more than one stationary law: the chain stays below -0.78.* or above 0.78"):
        chain_stationary_law(DoubleWell(0.3), 0.1, method="solve")
    with pytest.raises(ValueError, match="method"):
        chain_stationary_law(WELL, 0.1, method="guess")


def test_heavy_tail_has_kestens_exponent_and_the_exact_variance():
    law, r = chain_stationary_law(TAILS, 0.7, reach=1e4, nodes=6000), np.array([30.0, 100.0])
    slope = -np.diff(np.log(tail(law, r)))[0] / np.log(r[1] / r[0])
    assert slope == pytest.approx(kesten_exponent(TAILS.h, 0.7), rel=0.01)
    assert law.variance == pytest.approx(sgd_stationary_moments(TAILS, 0.7)[1], rel=0.01)


def test_heavy_tail_of_the_gaussian_chain():
    z, weights = np.polynomial.hermite_e.hermegauss(60)
    law = gaussian_chain_law(TAILS, 0.75, grid=np.sinh(np.linspace(-1, 1, 700) * np.arcsinh(1e5)))
    r = np.array([100.0, 1000.0])
    slope = -np.diff(np.log(tail(law, r)))[0] / np.log(10)
    assert slope == pytest.approx(kesten_exponent(1.75 + 1.25 * z, 0.75, weights=weights), rel=0.01)


@pytest.mark.parametrize("size", [1, 3])
def test_gaussian_chain_has_the_moments_of_sgd(size):
    law = gaussian_chain_law(UNEVEN, 0.2, size, grid=np.linspace(-6, 6, 900))
    mean, variance = sgd_stationary_moments(UNEVEN, 0.2, size)
    assert law.mean == pytest.approx(mean, abs=1e-6)
    assert law.variance == pytest.approx(variance, rel=2e-3)
    later = gaussian_chain_law(UNEVEN, 0.2, size, grid=np.linspace(-6, 6, 901), start=1.0, n_steps=5)
    first, second = sgd_moments(UNEVEN, 0.2, 5, 1.0, size)
    assert (later.mean, later.variance) == pytest.approx((first, second - first**2), rel=2e-3)


@pytest.mark.parametrize("size", [1, 2])
def test_law_after_some_steps_has_the_exact_moments(size):
    law = chain_law(UNEVEN, 0.2, size, start=[1.0, -1.0], n_steps=7, nodes=4000)
    (mean_a, second_a), (mean_b, second_b) = (sgd_moments(UNEVEN, 0.2, 7, x, size) for x in (1.0, -1.0))
    mean = (mean_a + mean_b) / 2
    assert law.mean == pytest.approx(mean, abs=1e-2 * abs(mean) + 1e-3)
    assert law.variance == pytest.approx((second_a + second_b) / 2 - mean**2, rel=2e-3)


def test_readings_of_the_noise_move_the_mass_and_sgd_takes_itos_side():
    """Noise far above the slopes and a small eta: the share of the quiet well is Ito's, and Stratonovich's is not near it."""
    loud, eta, grid = DoubleWell(3.0, 1.2), 0.05, np.linspace(-2.3, 2.8, 2001)
    ito, stratonovich = (
        density_cdf(
            grid, stationary_density(lambda x: -loud.gradient(x), lambda x: eta * loud.covariance(x), grid, reading=r)
        )(0.0)
        for r in ("ito", "stratonovich")
    )
    exact = chain_stationary_law(loud, eta, nodes=4000, method="solve").cdf(0.0)
    assert exact == pytest.approx(ito, abs=0.002)
    assert abs(exact - stratonovich) > 0.05


def test_the_variance_of_the_bowl_of_the_chapter():
    """SGD, Ito, and their common constant-noise part: eta s0^2 over 2h - eta h^2 - eta s^2, and over 2h - eta s^2."""
    eta, size, s0, s2 = 0.2, 3, 13 / 6, 0.5
    assert sgd_stationary_moments(UNEVEN, eta, size)[1] == pytest.approx(eta * s0 / size / (2 - eta - eta * s2 / size))
    assert sde_stationary_moments(UNEVEN, eta, size)[1] == pytest.approx(eta * s0 / size / (2 - eta * s2 / size))


def test_bad_input_is_refused():
    plane = LeastSquares([[1.0]], [1.0])
    for call in (
        lambda: tilt(plane, [0.0]),
        lambda: trapped_interval(plane, 0.1, 0.0),
        lambda: gaussian_chain_law(plane, 0.1, grid=CELLS),
    ):
        with pytest.raises(ValueError, match="it must be scalar"):
            call()
    with pytest.raises(ValueError, match="not bounded"):
        trapped_interval(TAILS, 0.75, 0.0)
    with pytest.raises(ValueError, match="one without the other"):
        gaussian_chain_law(WELL, 0.1, grid=CELLS, start=1.0)
    with pytest.raises(ValueError, match="start = 9"):
        gaussian_chain_law(WELL, 0.1, grid=CELLS, start=9.0, n_steps=3)
    with pytest.raises(DivergenceError):
        sgd_stationary_moments(TAILS, 0.76)
