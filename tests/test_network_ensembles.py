"""The program that makes the ensembles of chapter 19, at a size that runs in seconds."""

from pathlib import Path

import network_ensembles as program
import numpy as np
import pytest

from sgdsde_helpers.comparison import compare
from sgdsde_helpers.ensembles import load_ensembles
from sgdsde_helpers.losses import TanhNetwork
from sgdsde_helpers.measure import mean_and_error
from sgdsde_helpers.problems import digits

KINDS = "sgd B=32", "svag B=32 l=4", "gauss B=32", "epoch B=32", "momentum B=32", "adam sqrt B=32"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("ensembles") / "few.npz"
    only = [*KINDS[:5]]
    program.make(path, program.Numpy, chains=4, time=110.0, burn=70.0, only=only)
    return load_ensembles(path)


def test_its_gradient_is_that_of_the_loss():
    (X, y), _ = digits()
    network = TanhNetwork(X, y, hidden=program.HIDDEN, decay=program.DECAY)
    rng = np.random.default_rng(1)
    phi = 0.2 * rng.standard_normal((2, *network.shape))
    weights = rng.standard_normal((2, len(X)))
    parts = program.gradient(np, network._layers(phi), X, np.eye(10)[y.astype(int)], weights)
    flat = np.concatenate([part.reshape(2, -1) for part in parts], axis=1)
    np.testing.assert_allclose(flat, network.weighted_gradient(phi, weights), atol=1e-12)


def test_what_it_observes_is_what_the_loss_says():
    (X, y), test = digits()
    network = TanhNetwork(X, y, hidden=program.HIDDEN, decay=program.DECAY)
    phi = 0.2 * np.random.default_rng(2).standard_normal((2, *network.shape))
    sets = [(a, np.eye(10)[b.astype(int)]) for a, b in ((X, y), test)]
    seen = dict(zip(program.OBSERVED, program.observe(np, network._layers(phi), *sets), strict=True))
    bare = network.gradient(phi) - program.DECAY * phi
    np.testing.assert_allclose(seen["train"], network.cross_entropy(phi), rtol=1e-12)
    np.testing.assert_allclose(seen["grad2"], (network.gradient(phi) ** 2).sum(axis=1), rtol=1e-12)
    np.testing.assert_allclose(seen["noise"], network.squared_norms(phi) - (bare**2).sum(axis=1), rtol=1e-10)


@pytest.mark.parametrize("name", KINDS[:5])
def test_arms_learn_and_keep_the_identity(made, name):
    """The mean square within a quarter, for four chains; without l it is off by a factor of 4, without B by 32."""
    arm = made[name]
    c = arm.chains
    assert (c["train"] < 0.5).all()
    if (
        arm.kind != "epoch"
    ):  # within an epoch the next examples are those not seen for longest, and their gradients larger
        expected = c["grad2"] + arm.l * c["noise"] / arm.batch_size
        assert c["ghat2"].mean() == pytest.approx(expected.mean(), rel=0.25)
    step = arm.eta / arm.l / (1 - arm.mu)
    assert arm.times[-1] == pytest.approx(110, abs=44 * step)
    if arm.kind != "momentum":  # the telescoped square; what is left is the change of |phi|^2
        change = 2 * 40 * (step / 2 * c["ghat2"] - c["phi_g"])
        assert abs(change.mean()) < 0.2 * c["norm2"].mean()


def test_momentum_and_adam_are_the_textbook_loops():
    v, g = (np.ones((1, 2)),), (np.full((1, 2), 3.0),)
    state = ((np.zeros((1, 2)),), v, v, 0)
    phi, moved, _, _ = program.update(np, "momentum", 0.1, 1, 0.9, None, state, g)
    np.testing.assert_allclose(moved[0], 0.9 - 0.3)
    np.testing.assert_allclose(phi[0], 0.6)
    zero = (np.zeros((1, 2)),)
    phi, *_ = program.update(np, "adam", 0.1, 1, 0.0, (0.9, 0.999, 0.0), (zero, zero, zero, 0), g)
    np.testing.assert_allclose(phi[0], -0.1)


def test_names_and_settings_are_those_of_the_stored_file():
    stored = load_ensembles(Path(__file__).parents[1] / "chapters" / "data" / "digits_mlp_ensembles.npz")
    arms = program.arms()
    assert list(arms) == list(stored)
    for name, arm in arms.items():
        one = stored[name]
        assert (arm["kind"], arm["batch_size"], arm["l"], arm["mu"]) == (one.kind, one.batch_size, one.l, one.mu)
        assert arm["eta"] == pytest.approx(one.eta)


@pytest.mark.parametrize(("kind", "l"), [("sgd", 1), ("svag", 4), ("gauss", 1), ("gauss", 4)])
def test_a_noisy_gradient_has_l_times_the_noise_of_a_batch(kind, l):
    """E |ghat|^2 = |g|^2 + l tr Sigma / B on five examples; false alarms: |z| > 4.5, 7e-6 each."""
    rng, chains, size = np.random.default_rng(5), 20_000, 3
    x, y = rng.standard_normal((5, 4)), np.eye(2)[[0, 1, 0, 1, 1]]
    one = [0.5 * rng.standard_normal(shape) for shape in ((1, 4, 3), (1, 3), (1, 3, 2), (1, 2))]
    phi = tuple(np.repeat(part, chains, axis=0) for part in one)
    ghat = program.noisy_gradient(program.Numpy(6), kind, size, l, (x, y), phi)
    each = np.array([np.concatenate([p.ravel() for p in program.gradient(np, one, x, y, w[None])]) for w in np.eye(5)])
    expected = (each.mean(axis=0) ** 2).sum() + l / size * each.var(axis=0).sum()
    compare("mean square", expected, *mean_and_error(program.dot(ghat, ghat)))
