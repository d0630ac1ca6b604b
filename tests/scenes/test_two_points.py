"""The scene of two data points: its chains, its exact law and its lines, beside the package's theory and its simulation."""

import json

import numpy as np
import pytest
from scipy.special import ndtr

from sgdsde_helpers.losses import MeanEstimation
from sgdsde_helpers.measure import ks_distance, variance_and_error
from sgdsde_helpers.problems import two_points
from sgdsde_helpers.simulation import sgd
from sgdsde_helpers.theory import ou_stationary_covariance, sgd_stationary_covariance, two_point_cdf
from tests.scenes.headless import evaluated, ks_bound, rows_agree, run

M = 20_000
SETTINGS = [(0.1, 1), (0.382, 1), (0.5, 1), (0.5, 3), (2 / 3, 1), (0.3, 8)]


def law(eta, size, arm):
    """The package's distribution function of an arm's stationary law."""
    if arm == "SGD":
        return lambda x: two_point_cdf(np.asarray(x), eta, size)
    if arm == "SDE":
        variance = float(ou_stationary_covariance(1.0, eta / size))
    else:
        variance = float(sgd_stationary_covariance(1.0, 1.0, eta, size))
    return lambda x: ndtr(x / np.sqrt(variance))


@pytest.mark.parametrize("arm", ["SGD", "Gaussian SGD", "SDE"])
@pytest.mark.parametrize(("eta", "size"), SETTINGS)
def test_chains_have_the_law_of_theory_and_of_the_package(eta, size, arm):
    got = run("two-points", {"eta": eta, "B": size, "arm": arm, "seed": 11}, M, 150)
    x = got.cloud.x
    assert ks_distance(x, law(eta, size, arm)) < ks_bound(M)
    rows_agree(got.rows)
    if arm == "SGD":
        other = sgd(
            MeanEstimation(two_points()), eta, batch_size=size, n_steps=150, n_chains=M, start=0.0, seed=12
        ).final
        both = np.sort(np.concatenate([x, other]))
        shares = [np.searchsorted(np.sort(sample), both, side="right") / M for sample in (x, other)]
        assert np.abs(shares[0] - shares[1]).max() < ks_bound(M, M)


@pytest.mark.parametrize("arm", ["SGD", "Gaussian SGD", "SDE"])
def test_the_variance_is_foretold_from_the_first_step(arm):
    for steps in (1, 4):
        got = run("two-points", {"eta": 0.2, "B": 2, "arm": arm}, M, steps)
        r, noise = (0.8, 0.02) if arm != "SDE" else (np.exp(-0.2), 0.05 * (1 - np.exp(-0.4)))
        foretold = noise * sum(r ** (2 * k) for k in range(steps))
        assert got.cloud.variance == pytest.approx(foretold, rel=1e-12)
        measured, error = variance_and_error(got.cloud.x)
        assert abs(measured - foretold) < 5 * error + 1e-12
        assert got.rows[0]["measured"] == pytest.approx(float(measured), rel=1e-9)
        if steps > 1:  # at the first step SGD is at +-eta, and the error is one of order 1/m
            assert got.rows[0]["error"] == pytest.approx(float(error), rel=1e-3)
        assert got.rows[1]["measured"] is None  # a stationary law says nothing of chains that have not settled


@pytest.mark.parametrize(("eta", "size"), [(0.01, 1), (0.05, 2), *SETTINGS, (0.6, 32), (0.95, 1)])
def test_the_curve_is_the_exact_law(eta, size):
    theory = run("two-points", {"eta": eta, "B": size}, 10, 1).theory
    edges = np.linspace(-1, 1, len(theory["cdf"]))
    np.testing.assert_allclose(theory["cdf"], two_point_cdf(edges, eta, size), atol=3e-4)
    bell = ndtr(edges / np.sqrt(eta / 2 / size))
    apart = np.abs(np.array(theory["cdf"]) - bell)[: len(edges) // 2]
    assert theory["place"] == pytest.approx(edges[np.argmax(apart)])
    assert theory["share"] == pytest.approx(theory["cdf"][int(np.argmax(apart))])
    assert theory["rival"][1] == pytest.approx(bell[int(np.argmax(apart))], abs=1e-7)


def test_beyond_one_the_law_is_the_mirrored_one_stretched():
    """At 1 < eta < 2 the chain changes sides at each step; its law is that of 2 - eta, times eta / (2 - eta)."""
    eta = 1.6
    got = run("two-points", {"eta": eta}, M, 200)
    assert ks_distance(got.cloud.x * (2 - eta) / eta, law(2 - eta, 1, "SGD")) < ks_bound(M)
    rows_agree(got.rows)


def test_a_learning_rate_that_diverges_is_refused_in_words():
    got = run("two-points", {"eta": 2.05}, 10, 5)
    assert "run away" in got.refusal
    assert got.rows == []
    assert got.cloud.x.tolist() == [0.0] * 10
    assert run("two-points", {"eta": 2.05, "arm": "SDE"}, 10, 5).refusal is None


@pytest.mark.parametrize(
    ("settings", "said", "unsaid"),
    [
        ({"eta": 0.1, "B": 1, "arm": "SGD"}, "SGD hop towards +1 or \u22121. ", "gaps"),
        ({"eta": 0.7, "B": 1, "arm": "SGD"}, "gaps where no chain of SGD can be", "past"),
        ({"eta": 0.7, "B": 3, "arm": "SGD"}, "SGD hop towards the mean of 3 draws of +1 or \u22121. ", "gaps"),
        ({"eta": 1.4, "B": 1, "arm": "SGD"}, "SGD hop past +1 or \u22121. ", "towards"),
        ({"eta": 0.1, "B": 1, "arm": "Gaussian SGD"}, "Gaussian draws", "+1"),
        ({"eta": 0.1, "B": 1, "arm": "SDE"}, "back towards 0", "+1"),
        ({"eta": 2.1, "B": 1, "arm": "SDE"}, "their histogram and the bell", "exact law"),
    ],
)
def test_the_sentence_is_true_of_every_arm_and_batch(settings, said, unsaid):
    sentence, named = evaluated(
        f"(s => [twoPoints.says(s), twoPoints.key(s).map(([name]) => name)])({json.dumps(settings)})"
    )
    assert said in sentence
    assert unsaid not in sentence
    assert ("exact law of SGD" in named) == ("exact law" in sentence)


def test_where_sgd_has_no_law_it_is_no_rival():
    assert run("two-points", {"eta": 1.9, "arm": "SDE"}, 10, 50).rows[1]["rival"]["name"] == "SGD"
    assert not run("two-points", {"eta": 2.1, "arm": "SDE"}, 10, 50).rows[1]["rival"]


def test_the_histogram_grows_into_the_law():
    got = run("two-points", {"eta": 0.5}, 4000, 400)
    mass = np.array(got.cloud.histogram["mass"])
    assert mass.sum() == pytest.approx(1)
    # 256 bins of 1/256; some 100 steps of which half are as good as independent
    assert np.abs(np.cumsum(mass) - np.arange(1, 257) / 256).max() < ks_bound(4000 * 20)


def test_the_same_seed_gives_the_same_chains_and_settings_change_on_the_way():
    text = """(() => {
      const run = new Run(twoPoints, {...startingSettings(twoPoints), seed: 7}, 50);
      run.step(5); run.change({eta: 0.5}); run.step(3);
      return [run.cloud.x, run.cloud.variance, run.steps, run.since];
    })()"""
    x, variance, steps, since = evaluated(text)
    assert (steps, since) == (8, 3)
    early = 0.01 * sum(0.81**k for k in range(5))
    assert variance == pytest.approx(0.25**3 * early + 0.25 * (1 + 0.25 + 0.25**2))
    assert x == evaluated(text.replace("x, run.cloud.variance, run.steps, run.since", "x"))[0]
