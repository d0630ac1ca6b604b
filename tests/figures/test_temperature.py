"""Chapter 9's figures, read back."""

import re
from functools import partial

import numpy as np
import pytest
from reading import histograms, line, share_of, three_settings
from scipy.integrate import quad

from sgdsde_helpers.figures import temperature as figures
from sgdsde_helpers.losses import FunctionLoss
from sgdsde_helpers.simulation import sgd
from sgdsde_helpers.theory import gibbs_mean_shift

BOWL = FunctionLoss(
    lambda phi: np.exp(phi) - phi, lambda phi: np.exp(phi)[..., None] - 1 + np.array([0.8, -0.8]), 2, (), minimiser=0.0
)  # fmt: skip


def test_flows_add_up():
    grid = np.linspace(-1, 1, 41)
    (ax,) = figures.flows(grid, grid**2, -(grid**3)).axes
    drawn = {artist.get_label(): artist.get_xydata() for artist in ax.lines}
    assert [key[:9] for key in drawn] == ["probabili", "diffusion", "sum"]
    one, other, total = drawn.values()
    assert one == pytest.approx(np.c_[grid, grid**2])
    assert other == pytest.approx(np.c_[grid, -(grid**3)])
    assert total == pytest.approx(np.c_[grid, grid**2 - grid**3])


def test_evolution_draws_each_time_in_its_panel():
    grid, sample = np.linspace(-3, 3, 121), np.random.default_rng(3).normal(size=4000)
    densities = np.exp(-(grid**2) / 2) / np.sqrt(2 * np.pi) * np.array([[1.0], [1.5]])
    for ax, density in zip(
        figures.evolution(grid, densities, [0.5, 2.0], [sample, sample]).axes, densities, strict=True
    ):
        ((heights, edges),) = histograms(ax)
        assert heights == pytest.approx(share_of(sample, edges))
        assert line(ax, "Fokker–Planck") == pytest.approx(np.c_[grid, density])


def test_mean_shift_of_gibbs_lies_on_the_first_order():
    etas = np.array([0.01, 0.02])
    t = etas * 0.64 / 2 / 3  # sigma^2 = 0.64, B = 3
    weight = lambda phi, power, T: phi**power * np.exp(-(np.exp(phi) - 1 - phi) / T)
    gibbs = np.array([quad(weight, -2, 1, (1, T))[0] / quad(weight, -2, 1, (0, T))[0] for T in t])
    (ax,) = figures.mean_shift(etas, 1.1 * gibbs, gibbs, gibbs_mean_shift(1.0, 1.0, t)).axes
    assert line(ax, "first order in η")[:, 1] == pytest.approx(line(ax, "SDE (Gibbs), exact")[:, 1], rel=0.02)
    assert line(ax, "SDE (Gibbs), exact") == pytest.approx(np.c_[etas, -gibbs])
    assert line(ax, "SGD, exact") == pytest.approx(np.c_[etas, -1.1 * gibbs])


def test_distances_and_their_slope():
    etas = np.array([0.01, 0.1])
    (ax,) = figures.distances(etas, 0.2 * etas, np.sqrt(etas), 0.3).axes
    assert line(ax, "slope 1") == pytest.approx(np.c_[etas, 0.3 * etas])
    assert line(ax, "SGD to Gibbs law") == pytest.approx(np.c_[etas, 0.2 * etas])
    assert line(ax, "SGD to Gaussian of equal moments") == pytest.approx(np.c_[etas, np.sqrt(etas)])


def test_widget_draws_the_gibbs_law_at_the_temperature_of_the_batch_at_hand():
    panel = partial(figures.law_panel, BOWL)
    for (ax,), eta, size, caption in three_settings(panel, [(0.1, 1), (0.4, 4), (0.8, 8)]):
        t = eta * 0.64 / 2 / size
        density = lambda u, t=t: np.exp(-(np.exp(u * np.sqrt(t)) - 1 - u * np.sqrt(t)) / t)
        total = quad(density, -12, 12)[0]
        u, drawn = line(ax, "Gibbs law").T
        assert drawn == pytest.approx([density(x) / total for x in u], abs=1e-4)
        ((heights, edges),) = histograms(ax)
        run = dict(n_steps=int(np.ceil(8 / eta)), batch_size=size, n_chains=3000, seed=3)
        assert heights == pytest.approx(share_of(sgd(BOWL, eta, **run).final / np.sqrt(t), edges))
        assert f"temperature predicted {t:.3f}" in caption
        value, error = map(float, re.search(r"measured ([\d.]+) ± ([\d.]+)", caption).groups())
        assert abs(value - t) < 4.5 * error  # at eta = 0.8 the mean of phi g alone lies 17 errors off
