"""The stationary law by the transfer operator: a law known exactly, exact moments, order of convergence, simulation."""

from itertools import product

import numpy as np
import pytest
from scipy.special import ndtri

from sgdsde_helpers.losses import DoubleWell, LeastSquares, MeanEstimation, ScalarQuadratic
from sgdsde_helpers.simulation import sgd
from sgdsde_helpers.theory import (
    chain_law,
    chain_stationary_law,
    density_cdf,
    kesten_exponent,
    sgd_moments,
    sgd_stationary_moments,
    stationary_density,
)
from sgdsde_helpers.theory.laws.transfer import all_batches

TWO = MeanEstimation([-1.0, 1.0])
FIVE = ScalarQuadratic([0.4, 1.0, 1.9, 0.7, 1.2], [1.0, -0.5, 0.7, 2.0, -1.0])


def test_two_points_at_one_half_give_the_uniform_law():
    law = chain_stationary_law(TWO, 0.5)
    x = np.linspace(-0.999, 0.999, 501)
    np.testing.assert_allclose(law.cdf(x), (x + 1) / 2, rtol=1e-6)
    np.testing.assert_allclose(law.cdf([-1.1, 1.1]), [0.0, 1.0], atol=1e-12)
    np.testing.assert_allclose(law.density()[1:-1], 0.5, atol=1e-3)
    assert law.mass.sum() == pytest.approx(1.0, abs=1e-14)


def test_two_points_at_two_thirds_give_the_cantor_function():
    law = chain_stationary_law(
        TWO, 2 / 3, nodes=3000
    )  # no node is an end of a gap: the nodes' masses are those of pieces
    np.testing.assert_allclose(
        law.cdf([-0.2, 0.0, 0.3, -0.7, 0.75, 0.89]), [0.5, 0.5, 0.5, 0.25, 0.75, 7 / 8], atol=2e-4
    )


@pytest.mark.parametrize(
    "size, sampling",
    [(1, "with_replacement"), (3, "with_replacement"), (2, "without_replacement"), (4, "without_replacement")],
)
def test_moments_against_the_exact_ones(size, sampling):
    law = chain_stationary_law(FIVE, 0.3, size, sampling=sampling)
    mean, variance = sgd_stationary_moments(FIVE, 0.3, size, sampling=sampling)
    assert law.mean == pytest.approx(mean, abs=1e-9)
    assert law.variance == pytest.approx(variance, rel=3e-5)


def test_the_variance_converges_with_the_square_of_the_distance_of_nodes():
    nodes = np.array([250, 500, 1000, 2000])
    errors = [chain_stationary_law(FIVE, 0.3, nodes=k).variance - sgd_stationary_moments(FIVE, 0.3)[1] for k in nodes]
    assert min(errors) > 0
    assert np.polyfit(np.log(nodes), np.log(errors), 1)[0] == pytest.approx(-2.0, abs=0.05)


def test_a_double_well_against_simulation():
    well, eta, m = DoubleWell(0.9, 0.1), 0.2, 40000
    law = chain_stationary_law(well, eta)
    final = np.sort(sgd(well, eta, n_steps=1500, n_chains=m, start=-1.0, seed=5).final)
    distance = np.abs(law.cdf(final) - (np.arange(m) + 0.5) / m).max()
    assert distance < 2.47 / np.sqrt(m)  # Kolmogorov's law: exceeded by 10^-5 of samples


@pytest.mark.parametrize("sampling", ["with_replacement", "without_replacement"])
def test_batches_and_their_probabilities_by_enumerating_draws(sampling):
    n, size = 4, 3
    batches, probability = all_batches(n, size, sampling)
    draws = [d for d in product(range(n), repeat=size) if sampling == "with_replacement" or len(set(d)) == size]
    for batch, p in zip(batches, probability):
        assert p == pytest.approx(sum(sorted(d) == list(batch) for d in draws) / len(draws))
    assert probability.sum() == pytest.approx(1.0)


def test_what_cannot_be_done_is_named():
    with pytest.raises(ValueError, match="it must be scalar"):
        chain_stationary_law(LeastSquares([[1.0, 2.0]], [1.0]), 0.1)
    with pytest.raises(ValueError, match="100 examples make 5050 different batches, over 2000"):
        chain_stationary_law(MeanEstimation(np.arange(100.0)), 0.1, 2)
    with pytest.raises(ValueError, match="not bounded"):
        chain_stationary_law(ScalarQuadratic([3.0, 0.5], [0.0, 1.0]), 0.8)  # some steps stretch: heavy tails
    with pytest.raises(ValueError, match="does not forget its start"):
        chain_stationary_law(DoubleWell(0.3), 0.1, nodes=200)  # noise below the largest slope: two separate wells
    with pytest.raises(ValueError, match="sampling = 'reshuffled' is not allowed"):
        chain_stationary_law(TWO, 0.1, sampling="reshuffled")


WELL = DoubleWell(0.9, 0.3)
UNEVEN = ScalarQuadratic([0.5, 0.5, 2.0], [-3.0, -1.0, 1.0])
TAILS = ScalarQuadratic([0.5, 0.5, 3.0, 3.0], [2.0, -2.0, 1 / 3, -1 / 3])


def tail(law, r):
    return 1 - law.cdf(r) + law.cdf(-r)


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


@pytest.mark.parametrize("noise, eta", [(0.6, 0.08), (0.5, 0.15)])
def test_elimination_halves_two_equal_wells_where_the_way_is_long(noise, eta):
    law = chain_stationary_law(DoubleWell(noise), eta, nodes=1000, method="solve")
    assert law.cdf(0.0) == pytest.approx(0.5, abs=1e-5)


@pytest.mark.parametrize("noise, eta", [(0.5, 0.1), (0.5, 0.08), (0.5, 0.07), (0.6, 0.05), (0.6, 0.04)])
def test_elimination_refuses_what_rounding_would_decide(noise, eta):
    """Without the refusal the share of one of two equal wells comes out as 0.501, 7e-18, 0.004, 0.41 and 1."""
    with pytest.raises(ValueError, match="more than 1e.13 steps from one well to the other"):
        chain_stationary_law(DoubleWell(noise), eta, nodes=1000, method="solve")


def test_heavy_tail_has_kestens_exponent_and_the_exact_variance():
    law, r = chain_stationary_law(TAILS, 0.7, reach=1e4, nodes=6000), np.array([30.0, 100.0])
    slope = -np.diff(np.log(tail(law, r)))[0] / np.log(r[1] / r[0])
    assert slope == pytest.approx(kesten_exponent(TAILS.h, 0.7), rel=0.01)
    assert law.variance == pytest.approx(sgd_stationary_moments(TAILS, 0.7)[1], rel=0.01)


def test_symmetric_examples_forget_how_far_out_they_start():
    """The two starts are mirror images: they agree before the mass at the ends of the grid has come in."""
    a = np.repeat(ndtri((np.arange(40) + 0.5) / 40), 2)
    mirror = ScalarQuadratic(h=a**2, x=np.tile([1.0, -1.0], 40) / a)
    law, r = chain_stationary_law(mirror, 0.55, reach=1e5, nodes=3000), np.array([50.0, 100.0, 300.0])
    slope = -np.diff(np.log(tail(law, r))) / np.diff(np.log(r))
    np.testing.assert_allclose(slope, kesten_exponent(mirror.h, 0.55), rtol=0.02)


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


def test_two_starts_in_two_traps_keep_half_the_mass_each():
    """The grid must hold the interval of either start: noise below the largest slope keeps the chain in its well."""
    law = chain_law(DoubleWell(0.3), 0.1, start=[-1.0, 1.0], n_steps=300, nodes=800)
    assert law.cdf(0.0) == pytest.approx(0.5, abs=1e-12)
    assert law.mean == pytest.approx(0, abs=1e-9)
    assert (law.nodes[0], law.nodes[-1]) == pytest.approx((-law.nodes[-1], law.nodes[-1]))
    assert law.nodes[-1] > 1.1


def test_reach_is_where_the_nodes_end():
    law = chain_stationary_law(ScalarQuadratic([1.0, 2.0], [0.0, 1.0]), 0.2, reach=40.0, nodes=300)
    assert law.nodes[[0, -1]] == pytest.approx([2 / 3 - 40, 2 / 3 + 40])
