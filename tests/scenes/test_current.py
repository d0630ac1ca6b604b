"""The scene in the plane: its clouds, its ellipses and its rotation, beside the package's theory and its simulation."""

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.special import ndtr

from sgdsde_helpers.losses import TiltedQuadratic
from sgdsde_helpers.measure import covariance_and_error, ks_distance, measured_rotation
from sgdsde_helpers.problems import points_with_covariance
from sgdsde_helpers.simulation import sgd
from sgdsde_helpers.theory import ou_stationary_covariance, rotation_rate, sgd_stationary_covariance
from tests.scenes.headless import evaluated, ks_bound, rows_agree, run
from tests.scenes.test_three_arms import two_samples

M = 12_000
DEFAULTS = dict(bowl=1.5, bowlAngle=90, noise=2, noiseAngle=45)
SETTINGS = [
    (0.1, 1, DEFAULTS),
    (0.4, 3, dict(bowl=2.5, bowlAngle=20, noise=3, noiseAngle=-50)),
    (0.3, 2, dict(bowl=1.5, bowlAngle=-30, noise=2, noiseAngle=60)),  # they commute
]


def turned(degrees, along, across):
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    axes = np.array([[c, -s], [s, c]])
    return axes @ np.diag([along, across]) @ axes.T


def problem(given):
    """H and Sigma."""
    bowl, noise = given["bowl"], given["noise"]
    return turned(given["bowlAngle"], 1 / bowl, bowl), turned(given["noiseAngle"], noise, 1 / noise)


def plain(symmetric):
    a, b, c = symmetric
    return np.array([[a, b], [b, c]])


@pytest.mark.parametrize(("eta", "size", "given"), SETTINGS)
def test_ellipses_are_those_of_the_package(eta, size, given):
    h, sigma = problem(given)
    for arm in ("SGD", "SDE", "Gibbs"):
        theory = run("current", {"eta": eta, "B": size, "arm": arm, **given}, 10, 1).theory
        sde = ou_stationary_covariance(h, eta * sigma / size)
        gibbs = np.trace(eta * sigma / size) / 4 * np.linalg.inv(h)
        np.testing.assert_allclose(plain(theory["sde"]), sde, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(plain(theory["gibbs"]), gibbs, rtol=1e-9, atol=1e-12)
        wanted = {"SGD": sgd_stationary_covariance(h, sigma, eta, size), "SDE": sde, "Gibbs": gibbs}[arm]
        np.testing.assert_allclose(plain(theory["S"]), wanted, rtol=1e-9, atol=1e-12)
        step = np.eye(2) - eta * h if arm == "SGD" else expm(-eta * h)
        np.testing.assert_allclose(theory["M"], step, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("arm", ["SGD", "Gaussian SGD", "SDE", "Gibbs"])
@pytest.mark.parametrize(("eta", "size", "given"), SETTINGS)
def test_clouds_have_their_covariance_their_law_and_their_rotation(eta, size, given, arm):
    h, _ = problem(given)
    got = run("current", {"eta": eta, "B": size, "arm": arm, "seed": 3, **given}, M, 300)
    rows_agree(got.rows)
    cloud = np.stack([got.cloud.x, got.cloud.y], axis=1)
    s = plain(got.theory["S"])
    measured, error = covariance_and_error(cloud)
    assert np.abs((measured - s) / error).max() < 5
    step = np.array(got.theory["M"])
    settled = ((s @ step.T)[0, 1] - (s @ step.T)[1, 0]) / eta
    if arm.endswith("SGD"):
        assert settled == pytest.approx(rotation_rate(hessian=h, stationary_covariance=s)[0, 1], abs=1e-12)
    rate = got.rows[0]
    assert rate["predicted"] == pytest.approx(settled, rel=0.1, abs=1e-4)  # from the start on, in which little turns
    assert abs(rate["measured"] - rate["predicted"]) < 5 * rate["error"]
    if arm != "SGD":  # Gaussian in every direction
        for direction in ([1, 0], [0.6, 0.8], [0.6, -0.8]):
            spread = np.sqrt(direction @ s @ direction)
            assert ks_distance(cloud @ direction, lambda x, spread=spread: ndtr(x / spread)) < ks_bound(M)


@pytest.mark.parametrize(("eta", "size", "given"), SETTINGS)
def test_sgd_moves_as_the_package_s_sgd(eta, size, given):
    h, sigma = problem(given)
    loss = TiltedQuadratic(h, points_with_covariance(sigma))
    plan = dict(batch_size=size, n_chains=M, start=[0.0, 0.0], seed=8)
    package = sgd(loss, eta, n_steps=60, record="all", **plan).states
    got = run("current", {"eta": eta, "B": size, **given}, M, 60)
    for direction in ([1, 0], [0, 1], [0.6, 0.8]):
        mine = np.stack([got.cloud.x, got.cloud.y], axis=1) @ direction
        assert two_samples(mine, package[-1] @ direction) < ks_bound(M, M)
    rates = measured_rotation(package, eta)
    mean, error = rates.mean(), rates.std(ddof=1) / np.sqrt(M)
    row = got.rows[0]
    assert abs(row["measured"] - mean) < 5 * np.hypot(error, row["error"])


def test_an_ellipse_is_pulled_by_its_long_axis():
    moved = evaluated(
        """(() => {
          const box = {width: 720, height: 430};
          const found = [];
          for (const name of ["H", "Sigma"]) {
            for (let y = 30; y < 420; y += 10) {
              if (current.hand.take({}, {x: 600, y, ...box}) === name) { found.push([name, current.hand.move({}, {x: 650, y, ...box}, name)]); break; }
            }
          }
          return [found, current.hand.take({}, {x: 40, y: 200, ...box})];
        })()"""
    )
    (first, second), plane = moved
    assert first[0] == "H"
    assert set(first[1]) == {"bowl", "bowlAngle"}
    assert second[0] == "Sigma"
    assert set(second[1]) == {"noise", "noiseAngle"}
    assert all(1 <= value["bowl" if name == "H" else "noise"] <= 4 for name, value in (first, second))
    assert plane is None


def test_past_the_edge_of_stability_nothing_is_drawn():
    got = run("current", {"eta": 0.9, "bowl": 3}, 10, 3)
    assert "run away" in got.refusal
    assert run("current", {"eta": 0.9, "bowl": 3, "arm": "SDE"}, 10, 3).refusal is None
