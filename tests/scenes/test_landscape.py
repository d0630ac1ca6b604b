"""The scene of a drawn loss: the curve, the chains, their law, and the Fokker-Planck equation beside the package's."""

import numpy as np
import pytest
from scipy.interpolate import CubicHermiteSpline
from scipy.linalg import expm

from sgdsde_helpers.losses import FunctionLoss
from sgdsde_helpers.simulation import euler_maruyama, gaussian_sgd, sgd
from sgdsde_helpers.theory import fokker_planck_generator, gibbs_density
from tests.scenes.headless import evaluated, ks_bound, outside, rows_agree, run
from tests.scenes.test_three_arms import two_samples

M = 12_000
KNOTS = np.linspace(-3, 3, 13)
SHARP = [3, 2.6, 1.2, 0.1, 1.2, 2, 1.4, 0.7, 0.3, 0.1, 0.3, 0.9, 2.2]
WELLS = [3, 2.2, 0.5, 0.06, 0.23, 0.53, 0.7, 0.63, 0.43, 0.36, 0.9, 2.7, 3]
SETTINGS = [(0.1, 1, 1.5, SHARP), (0.2, 2, 2.0, WELLS)]


def drawn(values):
    """The drawn loss and its slope, by SciPy's Hermite spline with the tangents of Catmull and Rom."""
    values = np.asarray(values, float)
    tangents = np.gradient(values, 0.5)
    inner = CubicHermiteSpline(KNOTS, values, tangents)

    def loss(phi):
        phi = np.asarray(phi, float)
        ends = np.clip(phi, -3, 3)
        side = np.where(phi < 0, tangents[0], tangents[-1])
        return inner(ends) + side * (phi - ends) + 2 * (phi - ends) ** 2

    def slope(phi):
        phi = np.asarray(phi, float)
        ends = np.clip(phi, -3, 3)
        return inner(ends, 1) + 4 * (phi - ends)

    return loss, slope


def starts(seed):
    return np.random.default_rng(seed).uniform(-2.8, 2.8, M)


@pytest.mark.parametrize("values", [SHARP, WELLS])
def test_the_curve_goes_through_the_knots_and_has_its_own_slope(values):
    phi = np.linspace(-4.5, 4.5, 361)
    mine = np.array(evaluated(f"{phi.tolist()}.map(curve({values}))"))
    loss, slope = drawn(values)
    np.testing.assert_allclose(mine[:, 0], loss(phi), atol=1e-12)
    np.testing.assert_allclose(mine[:, 1], slope(phi), atol=1e-11)


@pytest.mark.parametrize(("eta", "size", "sigma", "values"), SETTINGS)
@pytest.mark.parametrize("arm", ["SGD", "Gaussian SGD", "SDE"])
def test_chains_follow_their_law_and_the_package_s_chains(eta, size, sigma, values, arm):
    settings = {"eta": eta, "B": size, "sigma": sigma, "loss": values, "arm": arm, "seed": 3}
    got = run("landscape", settings, M, 40)
    rows_agree(got.rows)
    _, slope = drawn(values)
    tilted = lambda phi: slope(phi)[..., None] + sigma * np.array([1.0, -1.0])
    plan = dict(start=starts(1), n_steps=40, seed=2)
    if arm == "SDE":
        plan |= dict(n_steps=160, dt=eta / 4, n_paths=M)
        final = euler_maruyama(lambda u: -slope(u), lambda u: np.sqrt(eta / size) * sigma + 0 * u, **plan).final
    else:
        step = sgd if arm == "SGD" else gaussian_sgd
        final = step(FunctionLoss(None, tilted, n=2, shape=()), eta, batch_size=size, n_chains=M, **plan).final
    assert two_samples(got.cloud.x, final) < ks_bound(M, M)
    grid = np.linspace(-5, 5, 1001)
    assert outside(got.cloud.x, grid, got.cloud.law) < ks_bound(M)


@pytest.mark.parametrize(("eta", "size", "sigma", "values"), SETTINGS)
def test_fokker_planck_is_the_package_s_and_rests_in_gibbs(eta, size, sigma, values):
    got = run("landscape", {"eta": eta, "B": size, "sigma": sigma, "loss": values}, 10, 30)
    loss, slope = drawn(values)
    middles = np.array(got.theory["middles"])
    variance = eta * sigma**2 / size
    generator = fokker_planck_generator(lambda u: -slope(u), lambda u: variance + 0 * u, middles)
    before = (np.abs(middles) < 2.8) / (np.abs(middles) < 2.8).sum()
    above, on, below = generator
    exact = expm(30 * eta * (np.diag(above[1:], 1) + np.diag(on) + np.diag(below[:-1], -1))) @ before
    assert np.abs(np.cumsum(got.cloud.cells) - np.cumsum(exact)).max() < 3e-3
    rest = gibbs_density(loss, variance / 2, middles)
    np.testing.assert_allclose(np.array(got.theory["gibbs"]) / 0.025, rest, rtol=1e-3, atol=1e-9)
    assert got.theory["T"] == pytest.approx(variance / 2)
    inside = evaluated(
        f"""(run => Array.from(run.theory.flow.after(run.theory.gibbs, 0.05)))(
          headless("landscape", {{eta: {eta}, B: {size}, sigma: {sigma}, loss: {values}}}, 5, 0))"""
    )
    np.testing.assert_allclose(inside, got.theory["gibbs"], atol=1e-12)  # Gibbs is what the scheme leaves alone


def test_the_address_keeps_a_drawing():
    values = evaluated("startingSettings(landscape).loss")
    assert len(values) == len(KNOTS)
    painted = evaluated("painted([0, 1, 2], [5, 5, 5], 1.2, 9, {from: 0, to: 3})")
    assert painted == [5, 3, 5]
