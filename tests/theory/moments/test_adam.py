"""Adam's stationary variance: its own equation, its limit, and the plain loop."""

import numpy as np
import pytest

from sgdsde_helpers.losses import ScalarQuadratic
from sgdsde_helpers.theory import adam_stationary_variance, momentum_stationary_covariance


def parabola(h, sigma2):
    """Two examples of curvature h whose gradients differ by 2 sigma."""
    return ScalarQuadratic([h, h], np.sqrt(sigma2) / h * np.array([-1.0, 1.0]))


@pytest.mark.parametrize(
    ("h", "sigma2", "eta", "batch_size", "b1"),
    [(1.0, 4.0, 0.1, 4, 0.9), (3.0, 0.25, 0.02, 1, 0.0), (0.2, 1.0, 5.0, 2, 0.5)],
)
def test_it_is_heavy_ball_at_the_learning_rate_it_makes(h, sigma2, eta, batch_size, b1):
    """By the exact covariance of heavy ball; 1 + b1 for 1 - b1, or B for its root, fails."""
    v = adam_stationary_variance(parabola(h, sigma2), eta, batch_size, b1=b1)
    alpha = eta / np.sqrt(sigma2 / batch_size + h**2 * v)
    assert momentum_stationary_covariance(h, sigma2, (1 - b1) * alpha, batch_size, mu=b1) == pytest.approx(v, rel=1e-9)


def test_noise_dominated_limit_has_the_root_of_the_batch():
    for batch_size in (1, 9):
        v = adam_stationary_variance(parabola(2.0, 9.0), 1e-6, batch_size)
        assert v == pytest.approx(1e-6 * 3 / np.sqrt(batch_size) / 4, rel=1e-5)


def test_against_the_plain_loop():
    """4,000 chains of the textbook's loop; false alarms 1e-6: |z| < 4.9, and 0.2% for b2 < 1."""
    rng, v, m = np.random.default_rng(2), 0.0, 0.0
    h, s, eta, b1, b2 = 1.0, 0.5, 0.05, 0.9, 0.999
    phi, second = rng.normal(0, 0.1, 4000), np.full(4000, s**2)
    squares = np.zeros(4000)
    for i in range(6000):
        g = h * phi + s * rng.standard_normal(4000)
        m = b1 * m + (1 - b1) * g
        second = b2 * second + (1 - b2) * g * g
        phi = phi - eta * m / np.sqrt(second)
        if i >= 3000:
            squares += phi**2 / 3000
    v = adam_stationary_variance(parabola(h, s**2), eta, b1=b1)
    error = squares.std(ddof=1) / np.sqrt(4000)
    assert abs(squares.mean() - v) < 4.9 * error + 0.002 * v


@pytest.mark.parametrize("bad", [{"b1": 1.0}, {"b1": -0.1}, {"eta": 0.0}])
def test_bad_input_is_named(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        adam_stationary_variance(**{"loss": parabola(1.0, 1.0), "eta": 0.1, **bad})


@pytest.mark.parametrize(
    ("curvatures", "centres", "why"),
    [([1.0, 1.0], [2.0, 2.0], "variance"), ([1.0, 2.0], [0.0, 1.0], "one curvature")],
)
def test_a_loss_that_has_no_such_variance_is_refused(curvatures, centres, why):
    with pytest.raises(ValueError, match=why):
        adam_stationary_variance(ScalarQuadratic(curvatures, centres), 0.1)
