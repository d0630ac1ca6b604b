"""Rates of rare passages against exact mean exit times: linear systems that know nothing of levels."""

import numpy as np
import pytest

from sgdsde_helpers.losses import DoubleWell
from sgdsde_helpers.measure import mean_and_error
from sgdsde_helpers.simulation import splitting
from sgdsde_helpers.theory import chain_exit_time, gaussian_chain_exit_time

WELL = DoubleWell(0.9)
LEVELS = np.linspace(-1.0, 0.0, 11)  # closer than a step is long: many copies jump over several
BOUND = 5.0  # a correct estimate is beyond it by chance once in two million


def test_gaussian_steps_have_the_rate_of_the_integral_equation():
    """Known to 1%: copies that step again past a level, overshoots cut off, and entries from a point are 3% off and more."""
    rates = splitting(
        WELL, 0.2, levels=LEVELS, start=-1.0, arm="Gaussian SGD", n_particles=1500, n_runs=60, n_steps=80, seed=1
    )
    exact = 1 / gaussian_chain_exit_time(WELL, 0.2, start=-1.0, end=0.0, reach=-3.0)
    mean, error = mean_and_error(rates)
    assert error < 0.01 * exact
    assert abs(mean - exact) < BOUND * error


@pytest.mark.parametrize(("eta", "batch_size", "start"), [(0.2, 1, -1.0), (0.2, 2, -1.1)])
def test_two_valued_steps_have_a_rate_in_the_bracket(eta, batch_size, start):
    rates = splitting(
        WELL,
        eta,
        levels=np.linspace(-1.0, 0.0, 6),
        start=start,
        batch_size=batch_size,
        n_particles=1000,
        n_runs=60,
        n_steps=80,
        seed=2,
    )
    lower, upper = chain_exit_time(WELL, eta, batch_size, start=start, end=0.0)
    mean, error = mean_and_error(rates)
    assert error < 0.03 * mean
    assert 1 / upper - BOUND * error < mean < 1 / lower + BOUND * error


def test_a_time_of_a_hundred_million_is_met():
    eta, levels = 0.08, np.linspace(-1.0, 0.0, 16)
    rates = splitting(
        WELL, eta, levels=levels, start=-1.0, batch_size=2, arm="Gaussian SGD", n_runs=40, n_steps=150, seed=3
    )
    mean, error = mean_and_error(rates)
    exact = gaussian_chain_exit_time(WELL, eta, 2, start=-1.0, end=0.0, reach=-2.5)
    assert exact > 1e7
    assert error < 0.15 * mean
    assert abs(mean - 1 / exact) < BOUND * error


def test_runs_are_reproducible_and_may_die_out():
    k = {"levels": [-1.0, -0.5, 0.0], "start": -1.0, "n_particles": 50, "n_runs": 7, "n_steps": 40}
    first, again, other = (splitting(WELL, 0.2, **k, seed=seed) for seed in (4, 4, 5))
    assert first.shape == (7,)
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    np.testing.assert_array_equal(splitting(DoubleWell(0.3), 0.05, **k, seed=6), np.zeros(7))


@pytest.mark.parametrize(
    ("bad", "name"),
    [({"levels": [0.0]}, "levels"), ({"start": -0.5}, "start"), ({"arm": "SDE"}, "arm"), ({"n_runs": 0}, "n_runs")],
)
def test_bad_arguments_are_named(bad, name):
    with pytest.raises(ValueError, match=f"{name} = "):
        splitting(WELL, 0.2, **{"levels": [-1.0, 0.0], "start": -1.0, "seed": 1, **bad})
