"""The scene of the uneven noise: its law and its chains beside the package's densities, transfer operator and simulation."""

import numpy as np
import pytest

from sgdsde_helpers.losses import FunctionLoss
from sgdsde_helpers.simulation import euler_maruyama, gaussian_sgd, sgd
from sgdsde_helpers.theory import chain_law, gibbs_density, stationary_density
from tests.scenes.headless import evaluated, ks_bound, outside, rows_agree, run
from tests.scenes.test_three_arms import two_samples

M = 12_000
KNOTS = np.arange(-2, 2.1, 0.5)
SLANTED = [0.3, 0.45, 0.6, 0.75, 0.9, 1.05, 1.2, 1.35, 1.5]
HILLY = [1.0, 0.5, 0.7, 1.4, 0.8, 0.5, 0.4, 0.9, 1.1]
SETTINGS = [(0.25, 1, SLANTED), (0.3, 2, HILLY)]
GRID = np.linspace(-4, 4, 1601)


def slope(phi):
    phi = np.asarray(phi, float)
    return np.where(np.abs(phi) <= 2, phi**3 - phi, np.sign(phi) * (6 + 4 * (np.abs(phi) - 2)))


def well(phi):
    beyond = np.abs(phi) - 2
    return np.where(beyond <= 0, (phi**2 - 1) ** 2 / 4, 2.25 + 6 * beyond + 2 * beyond**2)


def problem(sigma):
    """The scene's loss, from plain functions: two examples, whose gradients differ from the slope by +-sigma."""
    noise = lambda phi: np.interp(phi, KNOTS, sigma)
    gradients = lambda phi: slope(phi)[..., None] + noise(phi)[..., None] * np.array([1.0, -1.0])
    return FunctionLoss(None, gradients, n=2, shape=()), noise


def cdf(mass):
    return np.cumsum(mass) - np.asarray(mass) / 2


@pytest.mark.parametrize(("eta", "size", "sigma"), SETTINGS)
def test_sgd_s_own_law_is_the_package_s_and_the_chains_follow_it(eta, size, sigma):
    loss, _ = problem(sigma)
    got = run("uneven", {"eta": eta, "B": size, "sigma": sigma, "seed": 2}, M, 150)
    rows_agree(got.rows)
    law = chain_law(loss, eta, size, start=1.0, n_steps=150, nodes=6000)
    middles = np.linspace(-1.9, 1.9, 77)
    mine = np.interp(middles, GRID, cdf(got.cloud.law))
    assert np.abs(mine - law.cdf(middles)).max() < 0.02  # stripes that a node of either grid cuts
    assert got.rows[0]["predicted"] == pytest.approx(float(law.cdf(0.0)), abs=2e-3)
    assert got.rows[1]["predicted"] == pytest.approx(law.mean, abs=4e-3)
    final = sgd(loss, eta, batch_size=size, n_steps=150, n_chains=M, start=1.0, seed=3).final
    assert two_samples(got.cloud.x, final) < ks_bound(M, M)
    assert got.cloud.law.sum() == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(("eta", "size", "sigma"), SETTINGS)
@pytest.mark.parametrize("arm", ["Gaussian SGD", "Ito", "Stratonovich"])
def test_arms_with_gaussian_noise_move_as_the_package_s(eta, size, sigma, arm):
    loss, noise = problem(sigma)
    got = run("uneven", {"eta": eta, "B": size, "sigma": sigma, "arm": arm, "seed": 4}, M, 60)
    rows_agree(got.rows)
    if arm == "Gaussian SGD":
        final = gaussian_sgd(loss, eta, batch_size=size, n_steps=60, n_chains=M, start=1.0, seed=5).final
    else:
        gradient = lambda phi: (noise(phi + 0.0025) - noise(phi - 0.0025)) / 0.005
        half = eta / size / 2 if arm == "Stratonovich" else 0.0
        drift = lambda phi: -slope(phi) + half * noise(phi) * gradient(phi)
        plan = dict(dt=eta / 4, n_steps=240, n_paths=M, start=1.0, seed=5)
        final = euler_maruyama(drift, lambda phi: np.sqrt(eta / size) * noise(phi), **plan).final
    assert two_samples(got.cloud.x, final) < ks_bound(M, M)
    assert outside(final, GRID, got.cloud.law) < ks_bound(M)


@pytest.mark.parametrize(("eta", "size", "sigma"), SETTINGS)
def test_curves_at_rest_are_those_of_the_package(eta, size, sigma):
    _, noise = problem(sigma)
    theory = run("uneven", {"eta": eta, "B": size, "sigma": sigma}, 10, 1).theory
    for name, reading in (("Ito", "ito"), ("Stratonovich", "stratonovich")):
        density = stationary_density(lambda u: -slope(u), lambda u: eta / size * noise(u) ** 2, GRID, reading=reading)
        np.testing.assert_allclose(np.array(theory["laws"][name]) / 0.005, density, atol=2e-3 * density.max())
    warmth = eta / size * (sigma[2] ** 2 + sigma[6] ** 2) / 4
    density = gibbs_density(well, warmth, GRID)
    np.testing.assert_allclose(np.array(theory["laws"]["Gibbs"]) / 0.005, density, atol=2e-3 * density.max())
    assert theory["shares"]["Gibbs"] == pytest.approx(0.5)


def test_the_chains_reach_the_quiet_well():
    got = run("uneven", {"eta": 0.3, "arm": "Ito", "seed": 6}, 4000, 1500)
    assert got.rows[0]["predicted"] == pytest.approx(got.theory["shares"]["Ito"], abs=0.01)
    rows_agree(got.rows)


def test_a_finger_paints_the_nearest_knot_within_its_bounds():
    high, low, outside = evaluated(
        """(() => {
          const box = {width: 700, height: 450}, start = startingSettings(uneven);
          const move = (x, y) => uneven.hand.move(start, {x, y, ...box}, "paint").sigma;
          return [move(350, 12), move(350, 185), uneven.hand.take(start, {x: 350, y: 400, ...box})];
        })()"""
    )
    changed = [k for k in range(9) if high[k] != SLANTED[k]]
    assert changed == [4]
    assert 1.9 < high[4] <= 2
    assert low[4] == 0.15
    assert outside is None
