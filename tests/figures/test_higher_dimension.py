"""Chapter 8's figures, read back."""

import numpy as np
import pytest
from reading import ellipses, line, lines, three_settings
from scipy.linalg import solve_continuous_lyapunov

from sgdsde_helpers.figures import higher_dimension as figures
from sgdsde_helpers.figures.style import ARMS, FLOW, MUTED, PREDICTION, SDE, SGD
from sgdsde_helpers.losses import LeastSquares

RNG = np.random.default_rng(6)
X, Y = RNG.normal(size=(40, 2)) @ np.array([[1.0, 0.4], [0.0, 0.8]]), RNG.normal(size=40)
LOSS = LeastSquares(X, Y)


def noise(phi):
    gradients = X * (X @ phi - Y)[:, None]
    return gradients - gradients.mean(axis=0)


def test_gradient_clouds_fill_their_ellipses():
    places = {"a": np.zeros(2), "b": np.array([0.7, -0.4])}
    for ax, phi in zip(figures.gradient_clouds(LOSS, places).axes, places.values(), strict=True):
        (dots,) = lines(ax, SGD)
        assert dots == pytest.approx(noise(phi))
        assert ellipses(ax)[0] == pytest.approx(dots.T @ dots / 40)


def test_increment_clouds():
    s = np.array([[1.0, 0.5], [0.5, 2.0]])
    cloud = RNG.multivariate_normal([0, 0], s, 4000)
    ax = figures.increment_clouds({"SDE": cloud, "SGD": cloud}, s).axes[0]
    found, predicted = ellipses(ax)
    assert predicted == pytest.approx(s)
    assert found == pytest.approx(np.cov(cloud.T))
    assert lines(ax, ARMS["SDE"])[0] == pytest.approx(cloud[:1500])


def test_spreading_circles_hold_two_deviations():
    rate = 0.07
    clouds = {t: np.sqrt(rate * t) * RNG.normal(size=(1500, 2)) for t in (1, 3, 8)}
    t = np.array([1.0, 4.0, 8.0])
    left, right = figures.spreading(clouds, rate, {"SGD": (t, rate * t * 1.01)}, (t, 0.1 * t)).axes
    for found, (time, cloud) in zip(ellipses(left), clouds.items(), strict=True):
        assert found == pytest.approx(rate * time * np.eye(2))
        inside = (cloud**2).sum(axis=1) < 4 * found[0, 0]
        assert abs(inside.mean() - (1 - np.exp(-2))) < 4.5 * np.sqrt(0.12 / 1500)
    assert left.get_title(loc="left") == "$t = $ 1, 3, 8"
    assert line(right, r"$\eta t/B$") == pytest.approx(np.array([[0, 0], [8, 8 * rate]]))
    assert line(right, "SGD") == pytest.approx(np.c_[t, rate * t * 1.01])
    assert lines(right, FLOW)[0] == pytest.approx(np.c_[t, 0.1 * t])


def test_three_noises_stand_on_level_lines_of_the_loss():
    hessian, s = np.array([[2.0, 0.5], [0.5, 0.8]]), np.array([[0.5, -0.2], [-0.2, 1.0]])
    cloud = RNG.multivariate_normal([0, 0], s, 3000)
    for ax in figures.three_noises({"a": cloud, "b": cloud}, {"a": s, "b": s}, hessian).axes:
        for patch, radius in zip(
            [p for p in ax.patches if p.get_linestyle() == ":"], np.arange(0.5, 3.5, 0.5), strict=True
        ):
            rim = patch.get_transform().transform_path(patch.get_path()).vertices
            rim = ax.transData.inverted().transform(rim)[[0, 3, 6, 9]]
            levels = np.einsum("ki,ij,kj->k", rim, hessian, rim) / 2
            assert levels == pytest.approx(radius**2 / 2, rel=1e-6)
        assert ellipses(ax, style="solid")[0] == pytest.approx(s)
        assert lines(ax, SGD)[0] == pytest.approx(cloud[:1500])


def test_lyapunov_errors_are_drawn_as_given():
    etas, misses = np.array([0.01, 0.1]), {"continuous, B = 1": np.array([0.1, 0.3]), "discrete, B = 64": np.array([0.01, 0.1])}  # fmt: skip
    (ax,) = figures.lyapunov_errors(etas, misses).axes
    for name, values in misses.items():
        assert line(ax, name) == pytest.approx(np.c_[etas, values])


def test_widget_of_the_window_draws_the_covariance_of_the_batch_at_hand():
    length, sigma = 0.004, noise(np.zeros(2)).T @ noise(np.zeros(2)) / 40
    panels = figures.window_panels(LOSS, length)
    for (plain, ruled), eta, size, caption in three_settings(panels, [(0.001, 1), (0.002, 4), (0.004, 8)], 2):
        covariance = eta * length * sigma / size
        assert ellipses(plain)[0] == pytest.approx(covariance)
        assert ellipses(ruled)[0] == pytest.approx(sigma)
        dots, turned = lines(plain, SGD)[0], np.linalg.inv(covariance)
        distance = np.einsum("ki,ij,kj->k", dots, turned, dots)
        assert abs(distance.mean() - 2) < 4.5 * distance.std() / np.sqrt(len(dots))
        assert lines(ruled, SGD)[0] == pytest.approx(dots / np.sqrt(eta * length / size))
        assert f"bmi {sigma[0, 0]:.2f}," in caption


def test_widget_of_the_cloud_draws_sgd_and_the_sde():
    panels = figures.stationary_panels(LOSS)
    best = np.linalg.lstsq(X, Y, rcond=None)[0]
    h, sigma = X.T @ X / 40, noise(best).T @ noise(best) / 40
    deviations = X[:, :, None] * X[:, None, :] - h
    for (plain, ruled), eta, size, caption in three_settings(panels, [(0.05, 1), (0.2, 4), (0.1, 2)], 2):
        s = np.zeros((2, 2))
        for _ in range(2000):
            wider = np.einsum("kij,jl,klm->im", deviations, s, deviations) / 40
            s = (np.eye(2) - eta * h) @ s @ (np.eye(2) - eta * h) + eta**2 / size * (sigma + wider)
        sde = solve_continuous_lyapunov(h, eta * sigma / size)
        for ax, ruler in ((plain, 1.0), (ruled, eta / 2 / size)):
            exact, continuous = ellipses(ax)
            assert exact == pytest.approx(s / ruler)
            assert continuous == pytest.approx(sde / ruler)
            assert [p._original_edgecolor for p in ax.patches] == [PREDICTION, SDE]
        dots = lines(plain, SGD)[0]
        square = (dots**2).sum(axis=1)
        assert abs(square.mean() - np.trace(s)) < 4.5 * square.std() / np.sqrt(len(square))
        assert lines(ruled, SGD)[0] == pytest.approx(dots / np.sqrt(eta / 2 / size))
        assert f"predicted {np.trace(s):.3f}"[:14] in caption
    assert MUTED not in {p._original_edgecolor for p in ruled.patches}
