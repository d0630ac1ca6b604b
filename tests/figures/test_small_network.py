"""What the figures of chapter 19 draw, read back."""

import matplotlib.pyplot as plt
import numpy as np
from reading import line, marks

from sgdsde_helpers.figures import small_network as figures
from sgdsde_helpers.losses import TanhNetwork
from sgdsde_helpers.problems import digits


def test_directions_stand_at_their_curvature():
    h, ratio = np.array([0.01, 0.1, 0.9]), np.array([0.9, 1.0, 1.2])
    ax = figures.directions(h, ratio, 0.1 * ratio).axes[0]
    np.testing.assert_allclose(marks(ax, "measured / predicted"), np.c_[h, ratio])
    assert (line(ax, "predicted")[:, 1] == 1).all()


def test_the_linear_rule_draws_what_it_is_given():
    sizes, mean = np.array([1, 8, 64]), np.array([0.41, 0.414, 0.73])
    dashed = np.array([8.0, 256.0]), np.array([0.41, 0.417])
    ax = figures.linear_rule({"SGD": (sizes, mean, 0.001 * mean)}, dashed).axes[0]
    np.testing.assert_allclose(marks(ax, "SGD"), np.c_[sizes, mean][:2])
    np.testing.assert_allclose(line(ax, "momentum, predicted"), np.c_[dashed])
    assert len(ax.texts) == 1  # an arrow for what lies above the panel
    assert ax.texts[0].xy[0] == 64
    assert ax.texts[0].arrow_patch.get_linewidth() > 0  # the house style draws patches without a line


def test_heat_is_the_excess_over_the_floor():
    points = [(0.002, 0.386, 1e-4), (0.03, 0.414, 1e-4)]
    ax = figures.heat(points, 0.384).axes[0]
    np.testing.assert_allclose(marks(ax, "ensembles"), [(0.002, 0.002), (0.03, 0.03)])
    diagonal = line(ax, "predicted")
    np.testing.assert_allclose(diagonal[:, 0], diagonal[:, 1])


def test_final_laws_are_shares_above():
    values = np.array([0.2, 0.15, 0.3, 0.25])
    steps = line(figures.final_laws({"SGD": values}).axes[0], "SGD")
    for x, share in steps:
        assert share == (values >= x).mean()


def test_the_band_is_one_standard_deviation_and_the_bars_one_error():
    t, mean, sd = np.array([1.0, 2.0]), np.array([2.0, 1.0]), np.array([0.5, 0.2])
    ax = figures.early(t, (mean, sd), (mean + 0.1, sd / 10)).axes[0]
    band = ax.collections[0].get_paths()[0].vertices
    assert band[:, 1].max() == 2.5
    assert band[:, 1].min() == 0.8
    np.testing.assert_allclose(marks(ax, "live"), np.c_[t, mean + 0.1])
    np.testing.assert_allclose(line(ax, "stored, mean"), np.c_[t, mean])


def test_starts_have_the_variances_of_the_ensembles():
    """False alarms: 1e-6, from chi-squared laws that are normal to a good approximation."""
    start = figures.random_start(200, np.random.default_rng(1))
    network = TanhNetwork(np.zeros((2, 64)), [0, 9], hidden=32)
    w1, b1, w2, b2 = network._layers(start)
    for w, scale in ((w1, 0.15), (w2, 0.2)):
        assert abs((w**2).mean() / scale**2 - 1) < 5 * np.sqrt(2 / w.size)
    assert not b1.any()
    assert not b2.any()


def test_the_widget_draws_the_losses_of_its_chains():
    (X, y), _ = digits()
    network = TanhNetwork(X[:100], y[:100], hidden=32)
    limits = set()
    for eta, batch_size in ((0.1, 4), (0.4, 16), (0.8, 32)):
        _, ax = plt.subplots()
        caption = figures.training_panel(network, ax, eta, batch_size, seed=3)
        chains = np.array([artist.get_ydata() for artist in ax.get_lines()[:16]])
        np.testing.assert_allclose(line(ax, "mean of 16 chains")[:, 1], chains.mean(axis=0))
        start = figures.random_start(16, np.random.default_rng(3))
        np.testing.assert_allclose(chains[:, 0], network.cross_entropy(start))
        assert f"{chains[:, -1].mean():.3f}" in caption
        assert (line(ax, "log 10: guessing")[:, 1] == np.log(10)).all()
        limits.add((ax.get_xlim(), ax.get_ylim()))
        plt.close()
    assert len(limits) == 1
