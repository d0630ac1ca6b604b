"""Chapter 10's figures, read back."""

import numpy as np
import pytest
from reading import assert_on, bars, ellipses, histograms, line, lines, share_of, three_settings
from scipy.linalg import solve_continuous_lyapunov

from sgdsde_helpers.figures import two_temperatures as figures
from sgdsde_helpers.figures.style import FLOW, PREDICTION, SDE, SGD
from sgdsde_helpers.losses import TiltedQuadratic
from sgdsde_helpers.problems import points_with_covariance
from sgdsde_helpers.simulation import sgd

H, SIGMA = np.array([[2.0, 0.3], [0.3, 0.5]]), np.array([[1.0, 0.6], [0.6, 0.7]])
RNG = np.random.default_rng(8)


def chain_covariance(h, sigma, eta, size):
    """SGD's covariance, one step at a time."""
    s, a = np.zeros((2, 2)), np.eye(2) - eta * h
    for _ in range(4000):
        s = a @ s @ a.T + eta**2 / size * sigma
    return s


def test_clouds_beside_the_gibbs_law_of_equal_mean_loss():
    s = solve_continuous_lyapunov(H, 0.2 * SIGMA / 4)
    cloud = RNG.multivariate_normal([0, 0], s, 4000)
    for ax in figures.clouds([cloud, cloud], ["a", "b"], H, [s, s]).axes:
        (sde,), (gibbs,) = ellipses(ax, color=PREDICTION), ellipses(ax, color=FLOW)
        assert sde == pytest.approx(s)
        assert gibbs @ H == pytest.approx(gibbs[0] @ H[0] * np.eye(2))  # T H^-1
        assert np.trace(H @ gibbs) == pytest.approx(np.trace(H @ s))
        assert lines(ax, SGD)[0] == pytest.approx(cloud[:3000])


def test_current_runs_along_ellipses_and_chains_turn_at_the_predicted_rate():
    eta, size = 0.2, 4
    loss = TiltedQuadratic(H, points_with_covariance(SIGMA))
    run = dict(n_steps=60, burn_in=60, batch_size=size, n_chains=4000, record="all", seed=5)
    states = sgd(loss, eta, **run).states
    left, right = figures.current(H, eta * SIGMA / size, states, eta).axes
    s = solve_continuous_lyapunov(H, eta * SIGMA / size)
    for k, radius in enumerate((0.6, 1.2, 1.8, 2.4)):
        assert ellipses(left, radius=radius, color=SDE)[k] == pytest.approx(s)
    (arrows,) = (c for c in left.collections if hasattr(c, "U"))
    at, flow = arrows.get_offsets(), np.c_[arrows.U, arrows.V]
    inverse, q = np.linalg.inv(s), eta * SIGMA / size
    density = np.exp(-np.einsum("ki,ij,kj->k", at, inverse, at) / 2) / (2 * np.pi * np.sqrt(np.linalg.det(s)))
    drift, gradient = -at @ H, -(at @ inverse) * density[:, None]
    assert flow == pytest.approx(drift * density[:, None] - gradient @ q / 2)
    assert np.einsum("ki,ki->k", flow, at @ inverse) == pytest.approx(0.0, abs=1e-12)
    predicted, exact = line(right, "predicted"), chain_covariance(H, SIGMA, eta, size)
    slope = (H @ exact - exact @ H)[0, 1] / 2 / (np.pi * np.sqrt(np.linalg.det(s)))
    assert predicted[:, 1] == pytest.approx(slope * predicted[:, 0])
    assert predicted[:, 0] == pytest.approx(eta * np.arange(1, 61))
    assert_on(bars(right)[0], predicted)
    x, y = states[:, 0, 0], states[:, 0, 1]
    shoelace = sum(x[k] * y[k + 1] - x[k + 1] * y[k] for k in range(60)) / 2
    assert lines(right)[0][-1, 1] == pytest.approx(shoelace / (np.pi * np.sqrt(np.linalg.det(s))))


def test_same_marginals():
    t, s = 0.3, np.array([[0.2, 0.1], [0.1, 0.7]])
    sample = RNG.multivariate_normal([0, 0], s, 4000)
    joint, *marginals = figures.same_marginals(H, t, s, sample).axes
    assert ellipses(joint, color=PREDICTION)[0] == pytest.approx(s)
    assert ellipses(joint, color=FLOW)[0] @ H == pytest.approx(t * np.eye(2))
    for i, ax in enumerate(marginals):
        ((heights, edges),) = histograms(ax)
        assert heights == pytest.approx(share_of(sample[:, i], edges))
        x, density = line(ax, "Gibbs").T
        variance = t * H[1 - i, 1 - i] / np.linalg.det(H)
        assert density == pytest.approx(np.exp(-(x**2) / 2 / variance) / np.sqrt(2 * np.pi * variance))


def test_eigen_temperatures_are_drawn_as_given():
    h, t = np.array([0.1, 1.0, 3.0]), np.array([0.01, 0.1, 0.4])
    (ax,) = figures.eigen_temperatures(h, 1.02 * t, t, 0.9 * t, 0.17).axes
    assert line(ax, "SGD, measured") == pytest.approx(np.c_[h, 1.02 * t])
    assert line(ax, "SGD, exact") == pytest.approx(np.c_[h, t])
    assert line(ax, "SDE, constant noise") == pytest.approx(np.c_[h, 0.9 * t])
    assert line(ax, "one temperature for all (Gibbs)")[:, 1] == pytest.approx(0.17)


def test_widget_draws_the_cloud_and_the_rate_of_the_batch_at_hand():
    h, sigma = np.diag([2.0, 0.5]), np.array([[1.0, 0.9], [0.9, 1.0]])
    for (plane, turning), eta, size, caption in three_settings(
        figures.current_panel, [(0.05, 1), (0.4, 4), (0.2, 8)], 2
    ):
        unit = eta / size
        s = solve_continuous_lyapunov(h, sigma)
        assert ellipses(plane, color=PREDICTION)[0] == pytest.approx(s)
        assert ellipses(plane, color=FLOW)[0] == pytest.approx(np.trace(h @ s) / 2 * np.linalg.inv(h))
        exact = chain_covariance(h, sigma, eta, size)
        rate = (h @ exact - exact @ h)[0, 1]
        (black,), (orange,) = lines(turning, PREDICTION), lines(turning, FLOW)
        assert black[:, 0] == pytest.approx(rate / unit)
        assert orange[:, 0] == pytest.approx(0.0)
        dots = lines(plane, SGD)[0]
        square = (dots**2).sum(axis=1)
        assert abs(square.mean() - np.trace(exact) / unit) < 4.5 * square.std() / np.sqrt(len(square))
        ((heights, edges),) = histograms(turning)
        middle, width = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
        spread = np.sqrt(heights @ (middle**2 * width) - (heights @ (middle * width)) ** 2)
        assert abs(heights @ (middle * width) - rate / unit) < 0.02 + 4.5 * spread / np.sqrt(2000)
        assert f"predicted {rate:.6f}"[:15] in caption
