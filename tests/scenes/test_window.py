"""The scene of the window, beside the package's sums, its window's law and its simulation."""

import numpy as np
import pytest
from scipy.stats import binom

from sgdsde_helpers.losses import MeanEstimation
from sgdsde_helpers.problems import noise_sum
from sgdsde_helpers.simulation import sgd
from sgdsde_helpers.theory import window_gaussian, window_law
from tests.scenes.headless import evaluated, ks_bound, rows_agree, run
from tests.scenes.test_three_arms import two_samples

M = 12_000
DATA = {"two points": [-1.0, 1.0], "one in five far out": [-0.5, -0.5, -0.5, -0.5, 2.0]}
SETTINGS = [
    ("two points", 0.03, 16, 1),
    ("two points", 0.2, 5, 3),
    ("one in five far out", 0.05, 12, 1),
    ("one in five far out", 0.1, 40, 2),
]


@pytest.mark.parametrize(("data", "eta", "window", "size"), SETTINGS)
def test_the_first_window_is_the_package_s(data, eta, window, size):
    loss = MeanEstimation(DATA[data])
    settings = {"data": data, "eta": eta, "N": window, "B": size, "seed": 4}
    got = run("window", settings, M, window)
    rows_agree(got.rows)
    plan = dict(batch_size=size, n_chains=M, start=2.5, n_steps=window)
    assert two_samples(got.cloud.x, sgd(loss, eta, seed=1, **plan).final) < ks_bound(M, M)
    low, span = min(DATA[data]), np.ptp(DATA[data])
    mine = low * window + span * got.cloud.sums / size  # of g - ghat
    package = noise_sum(loss, eta, window, M, seed=2, batch_size=size)
    gap = two_samples(np.round(mine, 6), np.round(package, 6))
    assert gap < ks_bound(M, M)
    mean, variance, _ = window_law(loss, eta, window, 2.5, size)
    centre, lecture = window_gaussian(loss, eta, window, 2.5, size)
    square = ((mean - centre) ** 2 + variance) / lecture
    assert got.rows[2]["predicted"] == pytest.approx(square, rel=1e-9)
    assert got.rows[2]["rival"]["predicted"] == 1


@pytest.mark.parametrize(("data", "eta", "window", "size"), SETTINGS)
def test_windows_slide_and_their_sums_have_the_exact_law(data, eta, window, size):
    got = run("window", {"data": data, "eta": eta, "N": window, "B": size, "seed": 6}, M, 3 * window + 2)
    rows_agree(got.rows)
    p = np.mean(np.array(DATA[data]) > 0)
    n = window * size
    np.testing.assert_allclose(got.theory["law"], binom.pmf(np.arange(n + 1), n, p), rtol=1e-9, atol=1e-300)
    heads = np.bincount(got.cloud.sums, minlength=n + 1) / M
    assert np.abs(np.cumsum(heads) - binom.cdf(np.arange(n + 1), n, p)).max() < ks_bound(M)
    skewness = (1 - 2 * p) / np.sqrt(p * (1 - p))
    assert got.theory["gamma"] == pytest.approx(skewness / np.sqrt(n), abs=1e-12)
    assert np.sum(got.cloud.histogram["mass"]) == pytest.approx(1)


def test_nothing_is_measured_before_the_window_is_full():
    assert [row["measured"] for row in run("window", {"N": 16}, 50, 15).rows] == [None] * 3
    assert None not in [row["measured"] for row in run("window", {"N": 16}, 50, 16).rows]


def test_a_change_of_the_window_begins_a_new_one_and_the_chain_goes_on():
    full, x, time = evaluated(
        """(() => {
          const run = new Run(timeWindow, startingSettings(timeWindow), 20);
          run.step(30); const before = run.cloud.x[3]; run.change({N: 4});
          return [[run.cloud.full, (run.step(5), run.cloud.full)], before, run.cloud.time];
        })()"""
    )
    assert full == [0, 4]
    assert time == pytest.approx(35 * 0.03)
    assert x != 2.5


def test_what_makes_a_bell_is_the_number_of_draws_and_not_of_steps():
    few, many = evaluated("[1, 8].map(B => timeWindow.says({N: 7, eta: 0.01, B}))")
    assert "no bell" in few
    assert "gathers into a bell" in many
