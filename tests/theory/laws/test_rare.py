"""Rare places: the tilt in closed form, the potential, traps."""

import numpy as np
import pytest
from scipy.optimize import brentq

from sgdsde_helpers.checks import DivergenceError
from sgdsde_helpers.losses import DoubleWell, LeastSquares, MeanEstimation, ScalarQuadratic
from sgdsde_helpers.theory import (
    chain_stationary_law,
    gaussian_chain_law,
    kesten_limit,
    quasi_potential,
    sgd_stationary_moments,
    tilt,
    trapped_interval,
)

WELL = DoubleWell(0.9, 0.3)
TAILS = ScalarQuadratic([0.5, 0.5, 3.0, 3.0], [2.0, -2.0, 1 / 3, -1 / 3])
CELLS = np.linspace(-2.2, 2.6, 600)


def log_odds(left):
    return np.log(left / (1 - left))


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


def test_bad_input_is_refused():
    plane = LeastSquares([[1.0, 2.0]], [1.0])
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
