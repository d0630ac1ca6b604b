"""The increment over a window: against the exact moments of the chain, at batch sizes and dimensions other than one."""

import numpy as np
import pytest

from sgdsde_helpers.losses import DoubleWell, LeastSquares, ScalarQuadratic
from sgdsde_helpers.theory import increment_first_order, increment_gaussian, sgd_moments

H, X = np.array([0.5, 1.0, 2.5, 1.2]), np.array([1.0, -2.0, 0.5, 3.0])


@pytest.mark.parametrize("batch_size", [1, 3])
def test_one_step_has_the_increment_exactly_and_many_lose_what_the_first_order_says(batch_size):
    loss, eta, start = ScalarQuadratic(H, x=X), 1e-4, 2.0
    for n in (1, 2, 50):
        mean, second = sgd_moments(loss, eta, n, start, batch_size)
        exact, plain = second - mean**2, increment_gaussian(loss, eta, n * eta, start, batch_size)
        corrected = float(increment_first_order(loss, eta, n, start, batch_size))
        assert exact == pytest.approx(corrected, rel=1e-4)
        assert plain[0] == pytest.approx(mean, abs=2 * (n * eta) ** 2 * abs(float(loss.gradient(start))))
        if n == 1:
            assert exact == pytest.approx(plain[1], rel=1e-7)
        if n == 50:
            assert abs(exact / plain[1] - 1) > 20 * abs(exact / corrected - 1)


def test_in_the_plane_it_is_one_step_of_least_squares_repeated():
    rng = np.random.default_rng(3)
    features, y = rng.normal(size=(9, 2)), rng.normal(size=9)
    start, eta, size = np.array([0.4, -1.0]), 0.2, 4
    gradients = features * (features @ start - y)[:, None]
    mean, covariance = increment_gaussian(LeastSquares(features, y), eta, np.array([0.0, 3 * eta]), start, size)
    assert mean[1] == pytest.approx(start - 3 * eta * gradients.mean(axis=0))
    assert covariance[1] == pytest.approx(3 * eta**2 * np.cov(gradients.T, bias=True) / size)
    assert not covariance[0].any()


def test_one_column_of_least_squares_is_a_scalar_quadratic():
    rows, y = np.sqrt(H), np.sqrt(H) * X
    column = increment_first_order(LeastSquares(rows[:, None], y), 0.1, [1, 7], 2.0, 3)
    assert column == pytest.approx(increment_first_order(ScalarQuadratic(H, x=X), 0.1, [1, 7], 2.0, 3), rel=1e-10)
    with pytest.raises(ValueError, match="'DoubleWell' is not allowed: it must be quadratic"):
        increment_first_order(DoubleWell(0.3), 0.1, 2, 1.0)
