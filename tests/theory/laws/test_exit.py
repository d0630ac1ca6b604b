"""Mean exit times: closed forms, brackets that close, and chains that are run."""

from math import comb

import numpy as np
import pytest
from scipy.linalg import solve_banded
from scipy.stats import norm

from sgdsde_helpers.losses import DoubleWell, FunctionLoss, MeanEstimation, ScalarQuadratic
from sgdsde_helpers.measure import mean_and_error
from sgdsde_helpers.simulation import gaussian_sgd, sgd
from sgdsde_helpers.theory import (
    barrier_shift,
    chain_exit_time,
    exit_survival,
    gaussian_chain_exit_time,
    kramers_time,
    sde_exit_time,
)

WELL, WAY = DoubleWell(0.9), {"start": -1.0, "end": 0.0}
PARABOLA = MeanEstimation([-1.5, 0.5, 1.0])  # variance 7/6


@pytest.mark.parametrize("batch_size", [1, 3])
def test_sde_on_a_parabola_by_its_differential_equation(batch_size):
    """(q/2) tau'' - x tau' = -1 by finite differences; q without B, or q for q/2, fails."""
    q, end = 0.4 * 7 / 6 / batch_size, 0.8
    x, d = np.linspace(-6, end, 6801, retstep=True)
    n = len(x) - 1
    a = np.zeros((3, n))
    a[0, 1:], a[2, :-1] = q / 2 / d**2 - x[: n - 1] / (2 * d), q / 2 / d**2 + x[1:n] / (2 * d)
    a[1] = -q / d**2
    a[0, 1] += q / 2 / d**2 + x[0] / (2 * d)  # reflected far to the left
    tau = solve_banded((1, 1), a, -np.ones(n))
    expected = np.interp(-0.2, x[:-1], tau)
    assert sde_exit_time(PARABOLA, 0.4, batch_size, start=-0.2, end=end, reach=-6.0) == pytest.approx(
        expected, rel=2e-3
    )


def test_kramers_is_the_limit():
    eta = 0.02
    exact = sde_exit_time(WELL, eta, **WAY, reach=-3.0)
    assert exact / (kramers_time(WELL, eta * 0.81 / 2, well=-1.0, top=0.0) / 2) == pytest.approx(1, abs=0.02)


def test_kramers_reads_the_curvatures_and_the_height_off_the_loss():
    """The same well stretched by s and raised by k: curvatures k/s^2, height k; only the product of the curvatures counts."""
    stretched = FunctionLoss(lambda p: 3 * WELL.loss(p / 2), lambda p: 1.5 * WELL.per_example_gradients(p / 2), 2, ())
    plain = kramers_time(WELL, 0.1, well=-1.0, top=0.0)
    assert kramers_time(stretched, 0.3, well=-2.0, top=0.0) == pytest.approx(plain * 4 / 3, rel=1e-6)


@pytest.mark.parametrize(
    ("places", "named"), [((0.0, 1.0), "well = 0"), ((-1.0, 1.0), "top = 1"), ((-0.9, 0.0), "well = -0.9")]
)
def test_kramers_wants_a_minimum_and_a_maximum(places, named):
    with pytest.raises(ValueError, match=named):
        kramers_time(WELL, 0.1, well=places[0], top=places[1])


def test_the_quiet_well_holds_longer():
    """The quiet well holds longer: the noise at the place, and not at the other well, is what counts."""
    left, right = (sde_exit_time(DoubleWell(0.9, tilt=t), 0.2, **WAY, reach=-3.0) for t in (0.2, -0.2))
    assert left > right  # tilt > 0 makes the left well the quiet one


@pytest.mark.parametrize(("arm", "batch_size"), [(sgd, 1), (sgd, 2), (gaussian_sgd, 2)])
def test_chains_that_are_run(arm, batch_size):
    """False alarms: |z| > 5 in three lines, 2e-6. Gaussian for sampled noise, or B for its root, is off by tens."""
    eta = 0.2
    loss = DoubleWell(0.9 * np.sqrt(batch_size))
    if arm is sgd:
        lower, upper = chain_exit_time(loss, eta, batch_size, **WAY)
        assert lower < upper < 1.05 * lower
        expected = (lower + upper) / 2
    else:
        expected = gaussian_chain_exit_time(loss, eta, batch_size, **WAY, reach=-2.5)
    above = (
        arm(loss, eta, batch_size=batch_size, n_steps=4000, n_chains=2000, start=-1.0, record="all", seed=4).states > 0
    )
    assert above.any(axis=0).all()
    mean, error = mean_and_error(eta * above.argmax(axis=0))
    assert abs(mean - expected) < 5 * error + 0.01 * expected


def test_gaussian_chain_by_its_survival_step_by_step():
    """eta times the sum of P(not yet over after k steps), k = 0, 1, ..., by trapezoids; the first step is one of them."""
    eta, size, end = 0.5, 2, 0.3
    x, d = np.linspace(-3.0, end, 3301, retstep=True)
    kernel = norm.pdf(x, (1 - eta) * x[:, None], eta * np.sqrt(7 / 6 / size)) * d
    kernel[:, [0, -1]] /= 2
    alive, total, at = np.ones(len(x)), 0.0, np.searchsorted(x, 0.0)
    for _ in range(200):
        total, alive = total + eta * alive[at], kernel @ alive
    assert gaussian_chain_exit_time(PARABOLA, eta, size, start=0.0, end=end, reach=-3.0) == pytest.approx(
        total, rel=1e-4
    )


def test_survival_has_the_mean_it_is_given():
    t = np.linspace(0, 400, 40_001)
    assert np.trapezoid(exit_survival(t, 7.0), t) == pytest.approx(7.0, rel=1e-6)
    with pytest.raises(ValueError, match="t = "):
        exit_survival([-1.0], 7.0)


def test_the_bracket_closes_from_both_sides():
    coarse, fine = (chain_exit_time(WELL, 0.15, **WAY, nodes=nodes) for nodes in (1001, 4001))
    assert coarse[0] <= fine[0] <= fine[1] <= coarse[1]
    assert fine[1] / fine[0] - 1 < (coarse[1] / coarse[0] - 1) / 2


@pytest.mark.parametrize(("noise", "eta", "batch_size"), [(0.9, 0.2, 1), (0.9, 0.05, 1), (1.4, 0.2, 2)])
def test_the_bracket_is_that_of_two_linear_systems(noise, eta, batch_size):
    """On 301 nodes, by elimination: times of 20 to 3e8. The rest left out or steps for times fails."""
    well, nodes = DoubleWell(noise), 301
    low = -1.0
    for _ in range(500):
        low = min(
            low, (low - eta * (well.gradient(low) + noise)), *(x - eta * (well.gradient(x) + noise) for x in (low, -1))
        )
    grid = np.linspace(low, 0.0, nodes)
    kicks = noise * np.linspace(-1, 1, batch_size + 1)
    chances = [comb(batch_size, k) / 2**batch_size for k in range(batch_size + 1)]
    times = []
    for side, back, at in (("right", 1, "right"), ("left", 0, "left")):
        system = np.eye(nodes)
        for kick, chance in zip(kicks, chances):
            target = grid - eta * (well.gradient(grid) + kick)
            for j in np.flatnonzero(target <= 0):
                system[j, np.searchsorted(grid, target[j], side=side) - back] -= chance
        times.append(np.linalg.solve(system, np.full(nodes, eta))[np.searchsorted(grid, -1.0, side=at) - back])
    assert chain_exit_time(well, eta, batch_size, **WAY, nodes=nodes) == pytest.approx(
        (min(times), max(times)), rel=1e-6
    )


def test_a_long_time_is_known_as_well_as_a_short_one():
    """The bracket closes as 1/nodes at 1e13 steps too, where a difference from 1 has no digits."""
    coarse, fine = (chain_exit_time(WELL, 0.025, **WAY, nodes=nodes) for nodes in (8001, 16_001))
    assert coarse[0] < fine[0] < fine[1] < coarse[1]
    assert fine[0] > 1e11
    assert np.log(fine[1] / fine[0]) == pytest.approx(np.log(coarse[1] / coarse[0]) / 2, rel=0.2)


def test_a_trap_is_for_ever():
    assert chain_exit_time(DoubleWell(0.38), 0.05, **WAY) == (np.inf, np.inf)
    lower, upper = chain_exit_time(DoubleWell(0.5), 0.2, **WAY)
    assert np.isfinite(lower)
    assert np.isfinite(upper)


@pytest.mark.parametrize(
    ("function", "bad", "said"),
    [
        (sde_exit_time, {"end": -1.0, "reach": -3.0}, "end"),
        (sde_exit_time, {"reach": -0.5}, "reach"),
        (sde_exit_time, {"reach": -1.01}, "reach"),
        (gaussian_chain_exit_time, {"reach": 0.5}, "reach"),
        (gaussian_chain_exit_time, {"eta": 1e-5, "reach": -3.0}, "eta"),
        (chain_exit_time, {"eta": 1.5}, "eta"),
        (chain_exit_time, {"loss": DoubleWell(0.38), "eta": 0.05, "start": -0.05, "nodes": 201}, "start"),
        (chain_exit_time, {"loss": ScalarQuadratic([1.0, 1.0], [0.0, 1.0]), "end": np.nan}, "end"),
    ],
)
def test_bad_input_is_named(function, bad, said):
    with pytest.raises(ValueError, match=f"^{said}"):
        function(**{"loss": WELL, "eta": 0.1, **WAY, **bad})


def test_shift_of_the_barrier_is_zeta_of_one_half():
    """By Riemann's alternating series, averaged until it converges: zeta(s) (1 - 2^(1-s)) = sum (-1)^(k+1) k^-s."""
    partial = np.cumsum((-1.0) ** np.arange(40) / np.sqrt(np.arange(1, 41)))
    while len(partial) > 1:
        partial = (partial[1:] + partial[:-1]) / 2
    zeta = partial[0] / (1 - np.sqrt(2))
    assert barrier_shift(2.0) == pytest.approx(-2 * zeta / np.sqrt(2 * np.pi), rel=1e-9)


def test_the_shift_leaves_an_error_of_the_order_of_eta():
    """At fixed eta sigma^2 / B the exit at the top is off by the root of eta, and with the shift by eta."""
    plain, shifted = [], []
    for eta in (0.05, 0.025):
        well = DoubleWell(np.sqrt(0.12 / eta))
        chain = gaussian_chain_exit_time(well, eta, **WAY, reach=-2.5)
        farther = barrier_shift(eta * well.noise)
        plain.append(chain / sde_exit_time(well, eta, **WAY, reach=-2.5) - 1)
        shifted.append(chain / sde_exit_time(well, eta, start=-1.0, end=farther, reach=-2.5) - 1)
    assert 0.08 < plain[1] < 0.10
    assert -0.009 < shifted[1] < -0.006
    assert shifted[0] / shifted[1] == pytest.approx(2.2, abs=0.2)


def test_long_times_keep_their_digits():
    """10^13 steps: a plain linear solve gives 20% more, or a negative time, and another one for each `reach`."""
    times = [gaussian_chain_exit_time(WELL, 0.025, **WAY, reach=reach) for reach in (-2.2, -2.4)]
    assert times[0] == pytest.approx(times[1], rel=1e-9)
    farther = barrier_shift(0.025 * WELL.noise)
    assert times[0] == pytest.approx(sde_exit_time(WELL, 0.025, start=-1.0, end=farther, reach=-2.4), rel=0.05)
