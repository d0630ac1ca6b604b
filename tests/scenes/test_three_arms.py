"""The scene of three arms, beside the package's exact moments, its exact law and its three simulations."""

import numpy as np
import pytest
from scipy.special import ndtr

from sgdsde_helpers.losses import MeanEstimation
from sgdsde_helpers.measure import ks_distance, mean_and_error, variance_and_error
from sgdsde_helpers.simulation import euler_maruyama, gaussian_sgd, sgd, sgd_sde
from sgdsde_helpers.theory import chain_stationary_law
from tests.scenes.headless import ks_bound, rows_agree, run

M = 12_000
LOSS = MeanEstimation([-0.5, -0.5, -0.5, -0.5, 2.0])
SETTINGS = [(0.25, 1, 8), (0.5, 3, 1), (0.1, 2, 4)]


def two_samples(one, other):
    """The largest gap between the distribution functions of two samples."""
    both = np.sort(np.concatenate([one, other]))
    shares = [np.searchsorted(np.sort(sample), both, side="right") / len(sample) for sample in (one, other)]
    return np.abs(shares[0] - shares[1]).max()


@pytest.mark.parametrize(("eta", "size", "parts"), SETTINGS)
def test_three_clouds_have_the_laws_of_the_package(eta, size, parts):
    steps = int(8 / eta)
    got = run("three-arms", {"eta": eta, "B": size, "m": parts, "seed": 5}, M, steps)
    rows_agree(got.rows)
    clouds = got.cloud.__dict__
    plan = dict(n_steps=steps, start=0.0, seed=9)
    many = dict(batch_size=size, n_chains=M)
    drift, noise = sgd_sde(LOSS, eta, size)
    package = {
        "SGD": sgd(LOSS, eta, **many, **plan).final,
        "Gaussian SGD": gaussian_sgd(LOSS, eta, **many, **plan).final,
        "SDE": euler_maruyama(
            drift, noise, dt=eta / parts, n_paths=M, **{**plan, "n_steps": steps * parts, "start": 0.0}
        ).final,
    }
    for arm, sample in package.items():
        assert two_samples(clouds[arm], sample) < ks_bound(M, M)
        variance, error = variance_and_error(sample)
        assert abs(clouds["variances"][arm] - variance) < 5 * error
    law = chain_stationary_law(LOSS, eta, size)
    assert ks_distance(clouds["SGD"], law.cdf) < ks_bound(M) + 2e-3
    for arm in ("Gaussian SGD", "SDE"):
        spread = np.sqrt(got.theory["variances"][arm])
        assert ks_distance(clouds[arm] / spread, ndtr) < ks_bound(M)
    third, error = mean_and_error(package["SGD"] ** 3)
    assert abs(clouds["third"] - third) < 5 * error


@pytest.mark.parametrize(("eta", "size", "parts"), SETTINGS)
def test_the_drawn_law_is_the_exact_one(eta, size, parts):
    theory = run("three-arms", {"eta": eta, "B": size, "m": parts}, 10, 1).theory
    law = chain_stationary_law(LOSS, eta, size, nodes=8000)
    edges = np.linspace(-1.5, 2.0, len(theory["cdf"]))
    assert edges[1] - edges[0] == pytest.approx(0.02)
    np.testing.assert_allclose(theory["cdf"], law.cdf(edges), atol=4e-3)  # of which the package's grid makes the most
    assert theory["limit"] == pytest.approx(eta / 2 / size)
    assert theory["variances"]["SGD"] == pytest.approx(law.variance, rel=2e-3)


def test_at_dt_eta_the_sde_is_gaussian_sgd():
    theory = run("three-arms", {"m": 1}, 10, 1).theory
    assert theory["variances"]["SDE"] == pytest.approx(theory["variances"]["Gaussian SGD"], rel=1e-12)
