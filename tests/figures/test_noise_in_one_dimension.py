"""Chapter 5's figures, read back."""

import numpy as np
import pytest
from reading import assert_on, bars, histograms, line, lines, share_of, three_settings

from sgdsde_helpers.figures import noise_in_one_dimension as figures
from sgdsde_helpers.figures.style import PREDICTION, SKY
from sgdsde_helpers.losses import ScalarQuadratic
from sgdsde_helpers.problems import diabetes_loss
from sgdsde_helpers.simulation import euler_maruyama, gaussian_sgd, sgd, sgd_sde

H, X = np.array([0.5, 1.0, 2.5, 1.2, 0.9]), np.array([1.0, -2.0, 0.5, 3.0, 0.0])
LOSS = ScalarQuadratic(H, x=X)
ETA = 0.05


def gradients(phi, size, m, seed, sampling="with_replacement"):
    step = sgd(LOSS, 1.0, n_steps=1, batch_size=size, n_chains=m, start=phi, seed=seed, sampling=sampling)
    return phi - step.final


def sigma2(phi):
    return np.var(H * (phi - X))


def test_data_and_losses():
    x, y = np.array([-1.0, 0.5, 2.0]), np.array([-0.7, 0.6, 0.9])
    loss = ScalarQuadratic(x**2, y / x)
    left, right = figures.data_and_losses(x, y, loss, [0, 2]).axes
    slope = (x @ y) / (x @ x)
    assert lines(left, PREDICTION)[0] == pytest.approx(np.array([[-1.0, -slope], [2.0, 2 * slope]]))
    for drawn, k in zip(lines(right, SKY), (0, 2), strict=True):
        assert drawn[:, 1] == pytest.approx((x[k] * drawn[:, 0] - y[k]) ** 2 / 2)
    (mean,) = lines(right, PREDICTION)
    residuals = np.outer(mean[:, 0], x) - y
    assert np.ptp(mean[:, 1] - (residuals**2).mean(axis=1) / 2) < 1e-12  # a constant does not move the minimiser


def test_parabola_is_divided_by_the_batch():
    phis, sizes = np.array([-1.0, 0.4, 2.0]), (1, 3, 7)
    sample = {B: np.transpose([gradients(p, B, 4000, 5 + B) for p in phis]) for B in sizes}
    (ax,) = figures.variance_parabola(LOSS, phis, sample).axes
    curves = [drawn for drawn in lines(ax, PREDICTION) if len(drawn) > 50]
    for drawn, marks, B in zip(curves, bars(ax), sizes, strict=True):
        assert drawn[:, 1] == pytest.approx([sigma2(phi) / B for phi in drawn[:, 0]])
        assert_on(marks, drawn)


def test_factor_of_the_batch_with_and_without_replacement():
    sizes = [1, 2, 4, 5]
    sample = {
        how: np.transpose([gradients(0.3, B, 4000, 20 + B, how) for B in sizes])
        for how in ("with_replacement", "without_replacement")
    }
    (ax,) = figures.batch_factor(sizes, sample, 5, sigma2(0.3)).axes
    flat, falling = lines(ax, PREDICTION, "--")[0], line(ax, r"$(n-B)/(n-1)$")
    assert flat[:, 1] == pytest.approx(1.0)
    assert falling[:, 1] == pytest.approx((5 - falling[:, 0]) / 4)
    with_, without = bars(ax)
    assert_on(with_, flat)
    assert_on(without[:, :-1], falling)
    assert without[1, -1] == pytest.approx(0.0, abs=1e-12)


def test_shapes_are_divided_by_sigma_and_the_root():
    sample = np.random.default_rng(1).normal(size=2000) * 6
    for ax, n in zip(figures.noise_shapes({4: sample, 9: sample}, 1.5).axes, (4, 9), strict=True):
        ((heights, edges),) = histograms(ax)
        assert heights == pytest.approx(share_of(sample / 1.5 / np.sqrt(n), edges))
        (bell,) = lines(ax, PREDICTION)
        assert bell[:, 1] == pytest.approx(np.exp(-(bell[:, 0] ** 2) / 2) / np.sqrt(2 * np.pi))


def test_epochs_lie_on_their_lines():
    steps, rng = np.arange(9), np.random.default_rng(4)
    predicted = {
        "with_replacement": 1.0 * steps,
        "without_replacement": 0.8 * steps,
        "reshuffled": steps % 4 * (4 - steps % 4) / 3,
    }
    sums = {how: rng.normal(size=(2000, 9)) * np.sqrt(v) for how, v in predicted.items()}
    (ax,) = figures.epochs(steps, sums, predicted, 4).axes
    curves = [drawn for drawn in lines(ax, PREDICTION) if len(drawn) == 9]
    for how, drawn, marks in zip(predicted, curves, bars(ax), strict=True):
        assert drawn[:, 1] == pytest.approx(predicted[how])
        assert_on(marks, drawn)
        assert marks[0].tolist() == [1, 3, 5, 7]


def test_increments_fall_short_as_each_theory_says():
    n_steps, starts = 10, {"the minimiser": float(LOSS.minimiser), "zero": 0.0}
    run, fine = dict(n_steps=n_steps, n_chains=4000, record="all"), dict(dt=ETA / 8, n_steps=8 * n_steps, record=8)
    paths = {
        name: {
            "SGD": sgd(LOSS, ETA, start=phi, seed=7, **run).states,
            "Gaussian SGD": gaussian_sgd(LOSS, ETA, start=phi, seed=8, **run).states,
            "SDE": euler_maruyama(*sgd_sde(LOSS, ETA), start=phi, n_paths=4000, seed=9, **fine).states,
        }
        for name, phi in starts.items()
    }
    for ax, phi in zip(figures.increment_variance(LOSS, ETA, starts, paths).axes, starts.values(), strict=True):
        exact, sde, first = (lines(ax, PREDICTION, style)[0] for style in ("-", "-.", "--"))
        h, v, recursion, at = H.mean(), 0.0, [], phi
        for _ in range(n_steps):  # E sigma^2 = sigma^2 of the mean, and var(h) times the variance
            v = (1 - ETA * h) ** 2 * v + ETA**2 * (sigma2(at) + H.var() * v)
            at -= ETA * h * (at - LOSS.minimiser)
            recursion.append(v)
        steps = np.arange(1, n_steps + 1)
        assert exact[:, 1] == pytest.approx(recursion / (ETA**2 * sigma2(phi) * steps))
        u, slope = phi - LOSS.minimiser, 2 * np.cov(H, H * (phi - X), bias=True)[0, 1]
        bracket = 1 + u * slope / (2 * sigma2(phi))
        assert first[:, 1] == pytest.approx(1 - h * ETA * (steps - 1) * bracket)
        assert exact[:, 0] == pytest.approx(ETA * steps)
        for marks, curve, shift in zip(bars(ax), (exact, exact, sde), (0.96, 1.0, 1.04), strict=True):
            assert_on(marks[:, marks[0] < 0.9 * exact[-1, 0]], curve, shift=shift)


def test_widget_draws_the_increment_of_the_batch_at_hand():
    loss = diabetes_loss()
    per_example = np.asarray(loss.per_example_gradients(0.0))
    variance, drift = per_example.var(), -per_example.mean()
    for (left, right), eta, size, caption in three_settings(
        figures.window_panels, [(0.1 / 8, 1), (0.05, 4), (0.1 / 32, 8)], 2
    ):
        low, middle, high = lines(left, PREDICTION)
        t = middle[:, 0]
        assert middle[:, 1] == pytest.approx(drift * t)
        assert high[:, 1] - middle[:, 1] == pytest.approx(2 * np.sqrt(eta * variance * t / size))
        assert middle[:, 1] - low[:, 1] == pytest.approx(2 * np.sqrt(eta * variance * t / size))
        paths = np.array([drawn[:, 1] for drawn in lines(left, SKY)])
        at = lines(left, SKY)[0][:, 0]
        inside = np.abs(paths - drift * at)[:, 1:] < 2 * np.sqrt(eta * variance * at[1:] / size)
        assert inside.mean() > 0.88
        ((heights, edges),) = histograms(right)
        middle = (edges[1:] + edges[:-1]) / 2
        assert heights @ np.diff(edges) > 0.98
        assert abs(heights @ (middle**2 * np.diff(edges)) - 1) < 0.15
        v, at = 0.0, 0.0
        for _ in range(round(t[-1] / eta)):
            v = (1 - eta * loss.mean_h) ** 2 * v + eta**2 / size * (loss.covariance(at) + loss.var_h * v)
            at -= eta * loss.gradient(at)
        assert f"in units of ησ²Δt/B predicted {v / (eta * variance * t[-1] / size):.3f}" in caption
