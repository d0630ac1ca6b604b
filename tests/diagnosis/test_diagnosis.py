"""A report on one's own loss: each number against the route that has the whole matrices."""

import numpy as np
import pytest

from sgdsde_helpers.diagnosis import diagnose, valley
from sgdsde_helpers.losses import ExamplesLoss, LeastSquares, MeanEstimation, SoftmaxRegression
from sgdsde_helpers.simulation import sgd
from sgdsde_helpers.theory import (
    direction_temperatures,
    momentum_stability_bound,
    momentum_stationary_covariance,
    rotation_rate,
    stationary_loss,
)

RNG = np.random.default_rng(11)
X = RNG.normal(size=(60, 30)) * np.geomspace(2.0, 0.2, 30)
Y = X @ RNG.normal(size=30) + RNG.exponential(size=60)
LINE = LeastSquares(X, Y)
FEW = LeastSquares(X[:, :4], Y)
H, SIGMA = (f(LINE.minimiser) for f in (LINE.hessian, LINE.covariance))


def wrapped(x, y):
    """Least squares as a reader would hand it over."""
    return ExamplesLoss(
        lambda phi: ((x @ phi - y) ** 2).mean() / 2,
        lambda phi, index: (x[index] @ phi - y[index])[:, None] * x[index],
        *x.shape,
    )


def test_leading_directions_and_traces():
    seen = valley(LINE, directions=6, probes=400, seed=1)
    values = np.linalg.eigvalsh(H)
    np.testing.assert_allclose(seen.curvatures, values[::-1][:6], rtol=1e-4)
    assert (np.abs(seen.curvatures - values[::-1][:6]) <= seen.residuals + 1e-9).all()
    u = seen.directions
    np.testing.assert_allclose(seen.noise, u.T @ SIGMA @ u, rtol=1e-7, atol=1e-9)
    own = np.einsum("ki,ij->kj", X, u)
    np.testing.assert_allclose(seen.examples, own[:, :, None] * own[:, None, :], rtol=1e-5, atol=1e-6)
    assert seen.trace_noise == pytest.approx(np.trace(SIGMA), rel=1e-9)
    value, error = seen.trace_hessian
    assert 0 < error < 0.1 * value and abs(value - np.trace(H)) < 4.5 * error
    value, error = seen.trace_curved
    assert 0 < error < 0.1 * value and abs(value - np.trace(H @ SIGMA)) < 4.5 * error
    rest, error = seen.rest
    assert abs(rest - values[:-6].mean()) < 4.5 * error and rest > values[0]


def test_a_few_large_gradients_are_not_missed():
    """Squares of gradients over four decades: examples drawn alike have ten times the error, and say less.

    The seeds are fixed; of eight right ones one fails once in 2e4, as |z| > 4.5.
    """
    rng = np.random.default_rng(3)
    x = rng.normal(size=(400, 30)) * np.geomspace(2.0, 0.2, 30) * np.exp(1.2 * rng.normal(size=(400, 1)))
    loss = LeastSquares(x, x @ rng.normal(size=30) + rng.standard_t(3, size=400))
    exact = np.trace(loss.hessian(loss.minimiser) @ loss.covariance(loss.minimiser))
    for seed in range(8):
        value, error = valley(loss, directions=4, probes=2, seed=seed).trace_curved
        assert 0 < error < 0.01 * exact and abs(value - exact) < 4.5 * error


def test_the_noise_is_about_the_mean_gradient_where_that_is_not_zero():
    place = FEW.minimiser + 1.0
    seen = valley(FEW, place)
    assert seen.trace_noise == pytest.approx(np.trace(FEW.covariance(place)), rel=1e-9)
    assert seen.gradient_norm == pytest.approx(np.linalg.norm(FEW.gradient(place)), rel=1e-9)


@pytest.mark.parametrize("mu", [0.0, 0.9])
@pytest.mark.parametrize("sampling", ["with_replacement", "without_replacement"])
def test_all_directions_give_what_the_whole_matrices_give(mu, sampling):
    eta, size = 0.02, 3
    found = diagnose(FEW, eta, size, mu=mu, sampling=sampling)
    share = 1 / size if sampling == "with_replacement" else (60 - size) / (size * 59)
    assert found["edge of stability"].value == pytest.approx(
        momentum_stability_bound(FEW, size, mu=mu, sampling=sampling), rel=1e-6
    )
    h, sigma = FEW.hessian(FEW.minimiser), FEW.covariance(FEW.minimiser)
    s = momentum_stationary_covariance(h, share * sigma, eta, mu=mu)
    _, expected = direction_temperatures(h, stationary_covariance=s)
    np.testing.assert_allclose(found.temperatures, expected[::-1], rtol=1e-5)
    u = found.valley.directions
    expected = np.abs(u.T @ rotation_rate(h, stationary_covariance=s) @ u).max()
    assert found["largest current"].value == pytest.approx(expected, rel=1e-4)
    assert found["excess loss, frozen noise"].value == pytest.approx(
        eta / (1 - mu) / 4 * share * np.trace(sigma), rel=1e-9
    )
    h_eff = np.trace(h @ sigma) / np.trace(sigma)
    factor = (1 - mu) / (1 + mu)
    assert found["step term"].value == pytest.approx(factor * eta / (1 - mu) * h_eff / 2, rel=1e-5)
    if mu == 0:
        exact = stationary_loss(FEW, eta, size, sampling=sampling) - FEW.loss(FEW.minimiser)
        assert found["excess loss, exact chain"].value == pytest.approx(exact, rel=1e-9)


def test_few_directions_bound_the_edge_from_above():
    edges = [diagnose(LINE, 0.01, 2, directions=k)["edge of stability"] for k in (2, 5, 12)]
    values = [e.value for e in edges]
    assert values[0] > values[1] > values[2] > LINE.max_stable_eta(2)
    assert all(e.error > 0 and "upper bound" in e.note for e in edges)


def test_the_shape_of_the_law_is_that_of_long_runs():
    """One direction with skew noise; false-alarm rate below 1e-5 at 4.5 standard errors."""
    loss = MeanEstimation(RNG.exponential(size=(400, 1)))
    eta, size = 0.05, 2
    found = diagnose(loss, eta, size)
    states = sgd(loss, eta, n_steps=200, batch_size=size, n_chains=200_000, seed=3).final[:, 0]
    z = (states - states.mean()) / states.std()
    skewness, kurtosis = (z**3).mean(), (z**4).mean() - 3
    assert abs(skewness) == pytest.approx(found["skewness"].value, rel=0.1)
    assert kurtosis == pytest.approx(found["excess kurtosis"].value, rel=0.3)


def test_a_wrapped_function_gives_the_report_of_the_loss_it_wraps():
    ours, theirs = (diagnose(f, 0.05, 2, at=LINE.minimiser, directions=5, seed=2) for f in (wrapped(X, Y), LINE))
    for a, b in zip(ours.entries, (e for e in theirs.entries if "exact chain" not in e.name), strict=True):
        assert a.value == pytest.approx(b.value, rel=1e-4, abs=1e-6), a.name


@pytest.mark.parametrize("rows", [1, 7, 30])
def test_a_few_examples_at_a_time_see_what_all_at_once_see(monkeypatch, rows):
    """To the digits that a difference of gradients has: 1e-16 over a step of 1e-5."""
    whole = valley(wrapped(X, Y), LINE.minimiser, directions=5, seed=2)
    monkeypatch.setattr("sgdsde_helpers.losses._examples.BLOCK", rows * 30)
    loss = wrapped(X, Y)
    few = valley(loss, LINE.minimiser, directions=5, seed=2)
    for name in ("noise", "third", "fourth", "examples", "trace_noise", "trace_curved", "trace_hessian"):
        np.testing.assert_allclose(getattr(few, name), getattr(whole, name), rtol=1e-7, atol=1e-7, err_msg=name)


def test_a_log_is_read_by_the_thermometers():
    eta, size, steps = 0.05, 2, 4000
    phi, rng, rows = FEW.minimiser + 0.0, np.random.default_rng(5), []
    for _ in range(steps):
        g = FEW.minibatch_gradient(phi[None], rng.integers(0, 60, size=(size, 1)))[0]
        true = FEW.gradient(phi)
        rows.append(((phi - FEW.minimiser) @ g, g @ g, true @ true))
        phi = phi - eta * g
    log = dict(zip(("phi_ghat", "ghat2", "grad2"), np.array(rows).T))
    found = diagnose(FEW, eta, size, log=log)
    assert not found.settled.moving
    exact = found["excess loss, exact chain"].value
    assert found["excess loss, from the log"].value == pytest.approx(exact, rel=0.3)
    assert found["curvature that the log sees"].value == pytest.approx(
        log["grad2"].mean() / (eta / 2 * log["ghat2"].mean())
    )
    assert "log: dissipation/fluctuation" in str(found)
    far = {"phi_ghat": np.full(100, 5.0), "ghat2": np.ones(100)}
    assert diagnose(FEW, eta, size, log=far).settled.moving


def test_what_if_rows():
    found = diagnose(FEW, 0.02, 4)
    rows = {name: values for name, *values in found.what_if}
    base, kept, both, root, heavy = rows.values()
    assert kept[2] == pytest.approx(base[2] / 2) and kept[1] == base[1]
    assert both[1] == pytest.approx(2 * base[1]) and root[1] == pytest.approx(np.sqrt(2) * base[1])
    assert heavy[1] == pytest.approx(both[1] / 19)
    assert both[0] == pytest.approx(0.04 / FEW.max_stable_eta(8), rel=1e-6)
    assert heavy[0] == pytest.approx(0.004 / momentum_stability_bound(FEW, 8, mu=0.9), rel=1e-6)


def test_clusters_share_a_temperature():
    """Two curvatures nearer than their residuals: the directions in their plane are arbitrary, the trace is not."""
    x = np.repeat(np.eye(4) * np.sqrt([1.0, 1.0, 0.5, 0.2]), 5, axis=0) * 2
    loss = LeastSquares(x, RNG.normal(size=20))
    found = diagnose(loss, 0.05)
    assert found.temperatures[0] == found.temperatures[1] != found.temperatures[2]
    s = momentum_stationary_covariance(loss.hessian(loss.minimiser), loss.covariance(loss.minimiser), 0.05)
    assert found.temperatures[0] == pytest.approx((s[0, 0] + s[1, 1]) / 2, rel=1e-6)  # of curvature 1


def test_ten_thousand_parameters_without_a_square_array():
    d, n, rng = 10_000, 60, np.random.default_rng(7)
    x = rng.normal(size=(n, d)) / np.sqrt(d)
    x[:, :3] += rng.normal(size=(n, 3)) * [3.0, 2.0, 1.0]
    y, decay = rng.normal(size=n), 0.01
    h = decay + np.linalg.eigvalsh(x @ x.T / n)[::-1]
    best = x.T @ np.linalg.solve(x @ x.T + n * decay * np.eye(n), y)
    loss = ExamplesLoss(
        lambda phi: ((x @ phi - y) ** 2).mean() / 2 + decay * phi @ phi / 2,
        lambda phi, index: (x[index] @ phi - y[index])[:, None] * x[index] + decay * phi,
        n,
        d,
    )
    seen = valley(loss, best, directions=3, probes=6, seed=1)
    np.testing.assert_allclose(seen.curvatures, h[:3], rtol=1e-4)
    value, error = seen.trace_hessian
    assert abs(value - (h - decay).sum() - d * decay) < 4.5 * error + 1e-3


def test_print_html_and_names():
    found = diagnose(FEW, 0.02, 4)
    assert str(found).startswith("eta = 0.02, B = 4; 60 examples, 4 parameters\nedge of stability")
    assert found._repr_html_().startswith("<pre>eta = 0.02") and "&lt;" not in found["step term"].note
    with pytest.raises(KeyError, match="none of 'edge of stability'"):
        found["edge"]


def test_the_notes_say_whether_all_directions_were_found():
    """With all of them the edge and the smallest curvature are known; with a part both are bounds."""
    whole, part = diagnose(FEW, 0.02, 4), diagnose(LINE, 0.02, 4, directions=6)
    curvatures = np.linalg.eigvalsh(FEW.hessian(FEW.minimiser))
    assert whole["time to settle, at least"].value == pytest.approx(1 / curvatures[0], rel=1e-6)
    assert whole["steps to settle, at least"].value == pytest.approx(50 / curvatures[0], rel=1e-6)
    assert whole["time to settle, at least"].error == whole["steps to settle, at least"].error == 0
    rest, spread = part.valley.rest
    assert part["time to settle, at least"].error == pytest.approx(spread / rest**2)
    assert part["steps to settle, at least"].error == pytest.approx(50 * spread / rest**2)
    for name, all_found, some_found in (
        ("time to settle, at least", "smallest curvature", "directions not found"),
        ("eta over the edge", "has a second moment", "or more"),
    ):
        assert all_found in whole[name].note and some_found in part[name].note


def test_past_the_edge_it_says_so():
    found = diagnose(FEW, 3.0, 4)
    assert found["eta over the edge"].value > 1
    assert np.isnan(found.temperatures).all() and "nan" in str(found)


@pytest.mark.parametrize(
    "arguments, name",
    [
        ({"loss": 3.0}, "loss"),
        ({"loss": MeanEstimation([0.0, 1.0])}, "loss"),
        ({"eta": 0.0}, "eta"),
        ({"batch_size": 0}, "batch_size"),
        ({"mu": 1.0}, "mu"),
        ({"sampling": "nonsense"}, "sampling"),
        ({"log": 3}, "log"),
        ({"log": {"phi_ghat": np.ones(30)}}, "log"),
        ({"at": np.ones(3)}, "at"),
        ({"directions": 0}, "directions"),
        ({"probes": 1}, "probes"),
        ({"seed": -1}, "seed"),
        ({"loss": wrapped(X, Y)}, "at"),
        ({"loss": valley(FEW), "probes": 3}, "loss"),
    ],
)
def test_bad_arguments_are_refused_by_name(arguments, name):
    with pytest.raises((ValueError, TypeError), match=name):
        diagnose(**({"loss": FEW, "eta": 0.02, "batch_size": 4} | arguments))


@pytest.mark.parametrize(
    "arguments, name",
    [
        ({"batch_size": [1]}, "batch_size"),
        ({"batch_size": True}, "batch_size"),
        ({"mu": 2.0}, "mu"),
        ({"sampling": ["with_replacement"]}, "sampling"),
        ({"k": 5}, "k"),
        ({"k": 0}, "k"),
    ],
)
def test_bad_arguments_of_the_edge_are_refused_by_name(arguments, name):
    seen = valley(FEW)
    seen.edge(1)
    with pytest.raises((ValueError, TypeError), match=f"^{name} = "):
        seen.edge(**({"batch_size": 1} | arguments))


def test_a_place_that_is_no_minimum_is_refused():
    with pytest.raises(ValueError, match="largest curvature"):
        diagnose(ExamplesLoss(lambda p: -(p @ p) / 2, lambda p, i: np.tile(-p, (len(i), 1)), 5, 3), 0.1, at=np.zeros(3))


def test_pytorch_s_gradients_give_the_same_report():
    torch = pytest.importorskip("torch")
    from torch.func import grad, vmap

    x, y = torch.tensor(X), torch.tensor(Y)
    one = grad(lambda phi, a, b: (a @ phi - b) ** 2 / 2)

    def gradients(phi, index):
        return vmap(one, (None, 0, 0))(torch.tensor(phi), x[index], y[index]).numpy()

    mean = grad(lambda phi: ((x @ phi - y) ** 2).mean() / 2)
    ours = diagnose(LINE, 0.05, 2, directions=3, seed=2)
    for gradient in (None, lambda phi: mean(torch.tensor(phi)).numpy()):
        loss = ExamplesLoss(lambda phi: ((X @ phi - Y) ** 2).mean() / 2, gradients, *X.shape, gradient=gradient)
        theirs = diagnose(loss, 0.05, 2, at=LINE.minimiser, directions=3, seed=2)
        assert theirs["edge of stability"].value == pytest.approx(ours["edge of stability"].value, rel=1e-6)


def test_jax_s_gradients_give_the_same_report():
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        rows = jax.jit(jax.vmap(jax.grad(lambda phi, a, b: (a @ phi - b) ** 2 / 2), (None, 0, 0)))
        loss = ExamplesLoss(
            lambda phi: ((X @ phi - Y) ** 2).mean() / 2, lambda phi, i: np.asarray(rows(phi, X[i], Y[i])), *X.shape
        )
        theirs = diagnose(loss, 0.05, 2, at=LINE.minimiser, directions=3, seed=2)
    ours = diagnose(LINE, 0.05, 2, directions=3, seed=2)
    assert theirs["edge of stability"].value == pytest.approx(ours["edge of stability"].value, rel=1e-6)


def test_a_classifier_is_seen_at_its_minimum():
    loss = SoftmaxRegression(X[:, :5], RNG.integers(0, 3, size=60), ridge=0.1)
    seen = valley(loss, directions=4, seed=1)
    np.testing.assert_allclose(seen.curvatures, np.linalg.eigvalsh(loss.hessian(loss.minimiser))[::-1][:4], rtol=1e-4)
    assert seen.gradient_norm < 1e-8
