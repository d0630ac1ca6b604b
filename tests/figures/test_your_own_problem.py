"""What the figures of chapter 23 draw, read back, and held to routes of their own."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from reading import line, marks

from sgdsde_helpers.diagnosis import diagnose, valley
from sgdsde_helpers.figures import your_own_problem as figures
from sgdsde_helpers.losses import LeastSquares
from sgdsde_helpers.theory import direction_temperatures, sgd_stationary_covariance

RNG = np.random.default_rng(1)
LOSS = LeastSquares(RNG.normal(size=(40, 3)) * [1.0, 0.7, 2.0], RNG.normal(size=40))
SEEN = valley(LOSS)
EDGE = r"edge $\eta^*(B)$"


def test_the_report_shows_edges_and_temperatures():
    left, right = figures.report(diagnose(SEEN, 0.05, 4)).axes
    sizes = [1, 2, 4, 8, 16, 32]
    np.testing.assert_allclose(line(left, EDGE), [(b, LOSS.max_stable_eta(b)) for b in sizes], rtol=1e-6)
    np.testing.assert_allclose(line(left, "here"), [(4, 0.05)])
    np.testing.assert_allclose(line(left, "$B$ doubled"), [(8, 0.05), (8, 0.1)])
    h, sigma = LOSS.hessian(LOSS.minimiser), LOSS.covariance(LOSS.minimiser)
    s = sgd_stationary_covariance(h, sigma, 0.05, 4)
    expected = np.array(direction_temperatures(h, stationary_covariance=s)).T[::-1]
    np.testing.assert_allclose(line(right, "direction"), expected, rtol=1e-5)
    assert line(right, "if it was one")[0, 1] == pytest.approx(0.05 * np.trace(sigma) / (2 * 4 * 3), rel=1e-9)


def test_excesses_lie_beside_the_diagonal():
    predicted = np.array([0.01, 0.02])
    ax = figures.excesses(predicted, 1.2 * predicted, predicted / 10).axes[0]
    np.testing.assert_allclose(marks(ax, "ensembles"), np.c_[predicted, 1.2 * predicted])
    drawn = line(ax, "predicted")
    np.testing.assert_allclose(drawn[:, 0], drawn[:, 1])


@pytest.mark.parametrize(("eta", "batch_size"), [(0.02, 1), (0.05, 2), (0.1, 8)])
def test_the_widget_says_where_doubling_leads(eta, batch_size):
    _, ax = plt.subplots()
    caption = figures.edge_panel(SEEN, ax, eta, batch_size, seed=0)
    np.testing.assert_allclose(line(ax, "here"), [(batch_size, eta)])
    np.testing.assert_allclose(line(ax, EDGE)[1], (2, LOSS.max_stable_eta(2)), rtol=1e-6)
    noise = LOSS.per_example_gradients(LOSS.minimiser)
    h_eff = np.einsum("ki,ij,kj->", noise, LOSS.hessian(LOSS.minimiser), noise) / (noise**2).sum()
    excess = eta / 4 / batch_size * (noise**2).sum() / 40 * (1 + eta * h_eff / 2)
    assert f"{eta / LOSS.max_stable_eta(batch_size):.2f} of the edge, excess {excess:.4f}" in caption
    assert f"both doubled {2 * eta / LOSS.max_stable_eta(2 * batch_size):.2f}" in caption
