"""Chapter 11's figures, read back."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from reading import assert_on, bars, histograms, line, lines, share_of, three_settings
from scipy.integrate import cumulative_trapezoid

from sgdsde_helpers.figures import state_dependent_noise as figures
from sgdsde_helpers.figures.style import ARMS, FLOW, MUTED, PREDICTION, SDE, SGD
from sgdsde_helpers.losses import DoubleWell
from sgdsde_helpers.simulation import sgd

RNG = np.random.default_rng(9)
WELL = DoubleWell(noise=0.9, tilt=0.3)


def test_circle_wraps_its_angles():
    angles, turns = np.linspace(-np.pi, np.pi, 61), RNG.normal(size=3000) * 4
    densities = {"Ito": np.cos(angles) + 2, "Stratonovich": angles**2, "Gibbs": np.ones(61)}
    for ax in figures.circle({"SGD": turns, "SDE": turns}, angles, densities).axes:
        ((heights, edges),) = histograms(ax)
        wrapped = np.arctan2(np.sin(turns), np.cos(turns))
        assert heights == pytest.approx(share_of(wrapped, edges))
        for name, density in densities.items():
            assert line(ax, name) == pytest.approx(np.c_[angles, density])


def test_three_variances_are_over_the_first_order():
    etas, noise = np.array([0.1, 0.2, 0.3]), 1.3
    exact = {"SGD": np.array([[0.0, 0.1, 0.2], [0.13, 0.3, 0.5]]), "SDE (Ito)": np.ones((2, 3))}
    found = np.array([[0.0, 0.2], [0.01, 0.01], [0.13, 0.5], [0.002, 0.004]])
    left, right = figures.three_variances(etas, exact, etas[::2], found, noise).axes
    assert lines(left, SGD)[0] == pytest.approx(np.c_[etas, exact["SGD"][0]])
    assert line(right, "SGD") == pytest.approx(np.c_[etas, exact["SGD"][1] / (1.3 * etas)])
    assert bars(left)[0] == pytest.approx(np.array([[0.1, 0.3], [0.0, 0.2], [0.01, 0.01]]))
    assert bars(right)[0][1] == pytest.approx(np.array([0.13 / 0.13, 0.5 / 0.39]))
    assert bars(right)[0][2] == pytest.approx(np.array([0.002 / 0.13, 0.004 / 0.39]))
    assert_on(bars(left)[0], lines(left, SGD)[0])
    assert_on(bars(right)[0], line(right, "SGD"))


def test_wells():
    grid = np.linspace(-2, 2, 81)
    sample, sigma = RNG.normal(size=2000) * 0.5, 0.5 + 0.1 * grid
    for ax, density in zip(
        figures.wells(grid, grid**2, grid**4, [sample, sample], sigma).axes, (grid**2, grid**4), strict=True
    ):
        ((heights, edges),) = histograms(ax)
        assert heights == pytest.approx(share_of(sample, edges))
        assert lines(ax, SDE)[0] == pytest.approx(np.c_[grid, density])
    uneven, even = (lines(a, MUTED)[0] for a in ax.figure.axes)
    assert uneven == pytest.approx(np.c_[grid, sigma])
    assert even[:, 1] == pytest.approx(0.5)


def test_preconditioned():
    angles, grid = np.linspace(-np.pi, np.pi, 61), np.linspace(-1.8, 1.8, 91)
    final, law = RNG.uniform(-9, 9, size=3000), SimpleNamespace(cdf=lambda x: (x + 1.8) ** 2 / 3.6**2)
    left, right = figures.preconditioned(final, angles, 1 + angles**2, law, grid, [grid**2, grid**4]).axes
    ((heights, edges),) = histograms(left)
    assert heights == pytest.approx(share_of(np.arctan2(np.sin(final), np.cos(final)), edges))
    assert lines(left, SDE)[0] == pytest.approx(np.c_[angles, 1 + angles**2])
    assert lines(left, FLOW)[0][:, 1] * 2 * np.pi == pytest.approx(1.0)
    ((heights, edges),) = histograms(right)
    assert heights == pytest.approx((edges[1:] + edges[:-1] + 3.6) / 3.6**2)
    assert lines(right, SDE)[0] == pytest.approx(np.c_[grid, grid**2])
    assert lines(right, FLOW)[0] == pytest.approx(np.c_[grid, grid**4])


def test_widget_draws_the_laws_of_the_batch_at_hand():
    panel, fine = partial(figures.well_panel, WELL), np.linspace(-2.2, 2.5, 20_001)
    for (ax,), eta, size, caption in three_settings(panel, [(0.2, 1), (0.4, 4), (0.3, 2)]):
        variance, slope = (0.9 + 0.3 * fine) ** 2, fine**3 - fine
        climb = cumulative_trapezoid(2 * slope / variance, fine, initial=0.0) / (eta / size)
        density = np.exp(climb.min() - climb) / variance  # Ito's reading
        cdf = cumulative_trapezoid(density, fine, initial=0.0)
        sde, x = line(ax, "SDE, in the long run"), np.array([-1.0, 0.0, 1.0])
        assert np.interp(x, *sde.T) == pytest.approx(np.interp(x, fine, cdf / cdf[-1]), abs=2e-3)
        after = line(ax, "SGD after 500 steps")[:, 0]
        run = dict(n_steps=500, batch_size=size, n_chains=1500, seed=3)
        final = sgd(WELL, eta, start=np.where(np.arange(1500) % 2, 1.0, -1.0), **run).final
        assert after == pytest.approx(np.sort(final))
        assert f"measured {(final < 0).mean():.3f}" in caption
        long = sgd(WELL, eta, n_steps=6000, batch_size=size, n_chains=1500, start=-1.0, seed=5).final
        law = line(ax, "SGD, in the long run")
        for p in (-1.0, -0.8, 0.9):
            share, predicted = (long < p).mean(), np.interp(p, *law.T)
            assert abs(share - predicted) < 4.5 * np.sqrt(0.25 / 1500)
    assert PREDICTION != ARMS["SGD"]
