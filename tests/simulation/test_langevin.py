"""Langevin chains against exact stationary laws; statistical tests have false-alarm rates below 1e-5 (|z| <= 4.5)."""

from itertools import islice

import numpy as np
import pytest
from scipy.stats import norm

from sgdsde_helpers.checks import DivergenceError
from sgdsde_helpers.comparison import compare
from sgdsde_helpers.losses import DoubleWell, LeastSquares, MeanEstimation, ScalarQuadratic, TiltedQuadratic
from sgdsde_helpers.measure import covariance_and_error, mean_and_error
from sgdsde_helpers.simulation import euler_maruyama, langevin, mala, streams
from sgdsde_helpers.simulation._streams import block_width, gaussians
from sgdsde_helpers.theory import density_cdf, gibbs_density, sgld_stationary_moments, ula_stationary_covariance

RNG = np.random.default_rng(1)
X = RNG.standard_normal((40, 2)) @ np.array([[1.0, 0.6], [0.0, 0.8]])
REGRESSION = LeastSquares(X, X @ [1.0, -1.0] + RNG.standard_normal(40))
HESSIAN = REGRESSION.hessian(REGRESSION.minimiser)


def agree_entrywise(name, predicted, final):
    measured, error = covariance_and_error(final)
    for i, j in ((0, 0), (0, 1), (1, 1)):
        compare(f"{name} [{i}, {j}]", predicted[i, j], measured[i, j], error[i, j])


def test_a_step_is_euler_maruyama_of_the_langevin_equation():
    run = {"n_steps": 30, "start": np.ones((5, 2)), "seed": 3}
    chain = langevin(REGRESSION, 0.2, step=0.1, n_chains=5, **run).final
    path = euler_maruyama(lambda phi: -REGRESSION.gradient(phi), np.sqrt(0.4), dt=0.1, n_paths=5, **run).final
    assert chain == pytest.approx(path, rel=1e-12)


def test_unadjusted_chain_has_its_own_covariance_and_not_the_gibbs_one():
    final = langevin(REGRESSION, 0.2, step=0.5, n_steps=100, n_chains=10_000, seed=4).final
    exact = ula_stationary_covariance(HESSIAN, 0.2, 0.5)
    agree_entrywise("unadjusted", exact, final)
    measured, error = covariance_and_error(final)
    gibbs = 0.2 * np.linalg.inv(HESSIAN)
    assert (measured - gibbs)[0, 0] > 6 * error[0, 0]


@pytest.mark.parametrize("batch_size", [1, 5])
def test_minibatches_add_their_own_noise(batch_size):
    final = langevin(REGRESSION, 0.05, step=0.1, n_steps=300, batch_size=batch_size, n_chains=10_000, seed=5).final
    _, exact = sgld_stationary_moments(REGRESSION, 0.05, 0.1, batch_size)
    agree_entrywise(f"SGLD, B = {batch_size}", exact, final)


def test_metropolis_correction_is_the_plain_loop_on_the_same_draws():
    loss, h, t, m = DoubleWell(0.1), 0.3, 0.4, 60

    def density(place, other):
        """exp(-L / T) at `place`, times the proposal's density at `other`."""
        return np.exp(-loss.loss(place) / t) * norm.pdf(other, place - h * loss.gradient(place), np.sqrt(2 * h * t))

    rng, phi, accepted = streams(12, 1)[0], np.full(m, 0.5), []
    for z in islice(gaussians(rng, (m,)), 25):
        proposal = phi - h * loss.gradient(phi) + np.sqrt(2 * h * t) * z
        yes = rng.random(m) < density(proposal, phi) / density(phi, proposal)
        phi = np.where(yes, proposal, phi)
        accepted.append(yes)
    paths, share = mala(loss, t, step=h, n_steps=25, n_chains=m, start=0.5, seed=12)
    np.testing.assert_allclose(paths.final, phi, rtol=1e-12)
    assert share == pytest.approx(np.mean(accepted))
    assert 0.2 < share < 0.98


def test_metropolis_correction_is_exact_at_a_large_step():
    paths, accepted = mala(REGRESSION, 0.2, step=0.6, n_steps=150, n_chains=10_000, seed=6)
    agree_entrywise("MALA", 0.2 * np.linalg.inv(HESSIAN), paths.final)
    assert 0.5 < accepted < 0.99


def test_metropolis_correction_in_a_double_well():
    loss, temperature = DoubleWell(0.1), 0.15
    grid = np.linspace(-2.5, 2.5, 2001)
    cdf = density_cdf(grid, gibbs_density(loss, temperature, grid))
    final = mala(loss, temperature, step=0.2, n_steps=400, n_chains=10_000, start=0.5, seed=7)[0].final
    for x in (-1.0, 0.0, 1.0):
        compare(f"share below {x}", cdf(x), *mean_and_error(final <= x))


def test_a_small_step_is_almost_always_accepted_and_a_huge_one_is_said_to_diverge():
    bowl = TiltedQuadratic(np.eye(2), np.zeros((2, 2)) + [[1.0, 0.0], [-1.0, 0.0]])
    assert mala(bowl, 1.0, step=1e-3, n_steps=50, n_chains=100, seed=8)[1] > 0.999
    for sampled in ({}, {"batch_size": 1}):
        with pytest.raises(DivergenceError, match="step = 2 makes the run diverge: it must be < 2"):
            langevin(bowl, 1.0, step=2.0, n_steps=1, seed=9, **sampled)
    with pytest.raises(DivergenceError, match="step = 1.5 made the run diverge by step 64: near the minimum"):
        langevin(DoubleWell(0.3), 1.0, step=1.5, start=4.0, n_steps=2000, n_chains=2, seed=9)


def test_the_bound_of_a_sampled_gradient_is_that_of_its_batch_size():
    line = ScalarQuadratic([0.5, 1.5], [0.0, 1.0])  # 2 h / (h^2 + var h / B)
    langevin(line, 1.0, step=1.7, n_steps=1, seed=1)
    langevin(line, 1.0, step=1.7, batch_size=2, n_steps=1, seed=1)
    with pytest.raises(DivergenceError, match="it must be < 1.6"):
        langevin(line, 1.0, step=1.7, batch_size=1, n_steps=1, seed=1)


@pytest.mark.parametrize(("name", "value"), [("step", 0.0), ("step", np.inf), ("temperature", -1.0)])
def test_bad_input(name, value):
    arguments = {"temperature": 1.0, "step": 0.1} | {name: value}
    with pytest.raises(ValueError, match=f"{name} = {value}"):
        langevin(REGRESSION, n_steps=1, seed=1, **arguments)


def test_same_seed_same_chain():
    def run(seed):
        return langevin(REGRESSION, 0.1, step=0.1, n_steps=20, batch_size=2, n_chains=3, seed=seed).final

    assert np.array_equal(run(1), run(1)) and not np.array_equal(run(1), run(2))


def test_the_share_of_accepted_proposals_counts_every_chain_once():
    m = block_width(1) + 1  # a full block, and one chain in the next
    paths, share = mala(MeanEstimation([-1.0, 1.0]), 1.0, step=1.5, n_steps=1, n_chains=m, start=0.3, seed=1)
    assert share == pytest.approx((paths.final != 0.3).mean(), abs=1e-12)
    assert 0.1 < share < 0.9


def test_the_share_of_accepted_proposals_counts_the_burn_in_too():
    """Far out nearly every proposal towards the middle is accepted, so that leaving the burn-in out would show."""
    run = dict(step=0.4, n_chains=400, start=30.0, seed=3)
    whole = mala(MeanEstimation([-1.0, 1.0]), 1.0, n_steps=8, **run)[1]
    split = mala(MeanEstimation([-1.0, 1.0]), 1.0, n_steps=3, burn_in=5, **run)[1]
    assert split == whole
    assert whole != mala(MeanEstimation([-1.0, 1.0]), 1.0, n_steps=3, **run)[1]
