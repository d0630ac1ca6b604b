"""What the figures of chapter 15 draw, read back, and held to the chain of (state, move) solved by a general solver."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.patches import Ellipse
from reading import line, marks
from scipy.linalg import solve_continuous_lyapunov, solve_discrete_lyapunov

from sgdsde_helpers.figures import exact_chain as figures

H, SIGMA = np.diag([1.0, 4.0]), np.array([[1.0, 0.9], [0.9, 2.0]])


def step_and_noise(h, sigma, eta, mu, size=1):
    one = np.eye(len(h))
    step = np.block([[one - eta * h, mu * one], [-eta * h, mu * one]])
    return step, eta**2 / size * np.kron(np.ones((2, 2)), sigma)


def exact(h, sigma, eta, mu, size=1):
    d = len(h)
    return solve_discrete_lyapunov(*step_and_noise(h, sigma, eta, mu, size))[:d, :d]


def test_variances_up_to_the_edge():
    h, sigma2, size, etas = 2.0, 3.0, 4, np.array([0.1, 0.5, 0.9])
    sde = etas * sigma2 / (2 * h * size)
    ax = figures.to_the_edge(h, sigma2, size, etas, 1.5 * sde, sde / 10).axes[0]
    for label, route in (
        ("the chain, exact", lambda eta: exact(np.array([[h]]), sigma2, eta, 0.0, size)[0, 0]),
        ("modified drift", lambda eta: eta * sigma2 / size / (2 * (h + eta * h**2 / 2))),
    ):
        x, y = line(ax, label).T
        np.testing.assert_allclose(y, [route(e / h) / (e / h * sigma2 / (2 * h * size)) for e in x], rtol=1e-9)
    np.testing.assert_allclose(marks(ax, "SGD"), np.c_[etas * h, [1.5] * 3])
    assert (line(ax, "SDE")[:, 1] == 1).all()


@pytest.mark.parametrize("eta, mu", [(0.7, 0.0), (0.1, 0.9)])
def test_memory_is_a_power_of_the_step(eta, mu):
    h, k = 2.0, np.arange(6)
    ax = figures.memory(h, [("one", eta, mu, np.ones(6), np.ones(6)), ("two", 0.1, 0.0, np.ones(6), np.ones(6))]).axes[
        0
    ]
    step, noise = step_and_noise(np.array([[h]]), 1.0, eta, mu)
    pair = solve_discrete_lyapunov(step, noise)
    powers = [(np.linalg.matrix_power(step, i) @ pair)[0, 0] / pair[0, 0] for i in k]
    np.testing.assert_allclose(line(ax, "predicted"), np.c_[k, powers], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(marks(ax, "momentum" if mu else "SGD"), np.c_[k, np.ones(6)])


def test_entries_at_equal_effective_rates():
    rates, mu = np.array([0.05, 0.1, 0.2]), 0.8
    found = np.stack([[k * exact(H, SIGMA, (1 - m) * e, m) for e in rates] for k, m in ((2, 0.0), (3, mu))])
    fig = figures.same_temperature(H, SIGMA, mu, rates, found, found / 10)
    for ax, (i, k) in zip(fig.axes, ((1, 1), (0, 1)), strict=True):
        sde = {e: solve_continuous_lyapunov(H, e * SIGMA)[i, k] for e in rates}
        curves = [a.get_xydata() for a in ax.get_lines() if len(a.get_xydata()) == 60]
        for factor, m, curve, label in zip((2, 3), (0.0, mu), curves, ("SGD", "momentum 0.8"), strict=True):
            for x, y in curve[::20]:
                sde_here = solve_continuous_lyapunov(H, x * SIGMA)[i, k]
                assert y == pytest.approx(exact(H, SIGMA, (1 - m) * x, m)[i, k] / sde_here, rel=1e-9)
            expected = [factor * exact(H, SIGMA, (1 - m) * e, m)[i, k] / sde[e] for e in rates]
            np.testing.assert_allclose(marks(ax, label), np.c_[rates, expected], rtol=1e-9)


def assert_ellipse(patch, covariance):
    variances, axes = np.linalg.eigh(covariance)
    np.testing.assert_allclose((patch.width, patch.height), 4 * np.sqrt(variances), rtol=1e-9)
    along = np.array([np.cos(np.radians(patch.angle)), np.sin(np.radians(patch.angle))])
    assert abs(along @ axes[:, 0]) == pytest.approx(1, abs=1e-9)


def test_clouds_have_their_own_ellipses_and_the_sde():
    sample = np.random.default_rng(3).normal(size=(50, 2))
    fig = figures.two_clouds(H, SIGMA, 0.8, 0.1, [sample, 2 * sample])
    for ax, mu, factor in zip(fig.axes, (0.0, 0.8), (1, 2), strict=True):
        sde, own = (p for p in ax.patches if isinstance(p, Ellipse))
        assert_ellipse(sde, solve_continuous_lyapunov(H, 0.1 * SIGMA))
        assert_ellipse(own, exact(H, SIGMA, (1 - mu) * 0.1, mu))
        np.testing.assert_allclose(ax.get_lines()[0].get_xydata(), factor * sample)


@pytest.mark.parametrize("eta, size", [(0.05, 1), (0.1, 4), (0.4, 16)])
def test_the_widget_predicts_by_a_route_of_the_tests_own(eta, size):
    """Ellipses in units of eta/B, and measured covariances within 4.5 errors (false alarm 1e-5 for both arms)."""
    _, axes = plt.subplots(1, 2)
    caption = figures.momentum_panel(axes, eta, size, seed=5, chains=2_000)
    unit, said = eta / size, []
    for ax, mu in zip(axes, (0.0, 0.9), strict=True):
        h, sigma = figures.WIDGET_HESSIAN, figures.WIDGET_SIGMA
        sde, own = (p for p in ax.patches if isinstance(p, Ellipse))
        predicted = exact(h, sigma, (1 - mu) * eta, mu, size) / unit
        assert_ellipse(sde, solve_continuous_lyapunov(h, sigma))
        assert_ellipse(own, predicted)
        shown = ax.get_lines()[0].get_xydata()
        product = shown[:, 0] * shown[:, 1]
        assert abs(product.mean() - predicted[0, 1]) < 4.5 * product.std() / np.sqrt(len(product))
        said.append(predicted[0, 1])
    stated = [float(x) for x in re.findall(r"predicted ([\d.]+),", caption)]
    np.testing.assert_allclose(stated, said, atol=6e-4)
    plt.close("all")
