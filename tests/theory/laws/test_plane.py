"""Fokker-Planck in the plane: the linear case, Gibbs laws and what is not one."""

import numpy as np
import pytest

from sgdsde_helpers.measure import fitted_order
from sgdsde_helpers.theory import (
    DomainTooSmallError,
    entropy_production,
    fokker_planck_plane,
    gibbs_density,
    ou_stationary_covariance,
    probability_current,
    rotation_rate,
)

H = np.array([[2.0, 0.6], [0.6, 1.0]])
Q = np.array([[0.3, -0.2], [-0.2, 0.5]])


def linear(p):
    return -p @ H.T


def potential(x, y):
    return x**4 / 4 + y**2 / 2 + 0.8 * x * y + np.cos(y)


def force(p):
    x, y = p[..., 0], p[..., 1]
    return -np.stack([x**3 + 0.8 * y, y + 0.8 * x - np.sin(y)], axis=-1)


def gibbs_in_the_plane(law, t):
    weight = np.exp(-potential(law.x[:, None], law.y) / t)
    return weight / (weight.sum() * law.cell)


@pytest.mark.parametrize("q", [Q, Q * [[1, -1], [-1, 1]], np.diag([0.4, 0.1])])
def test_plane_has_the_lyapunov_covariance_and_the_closed_current_at_second_order(q):
    s = ou_stationary_covariance(H, q)
    sizes, errors = np.array([41, 61, 81]), {"covariance": [], "current": []}
    for points in sizes:
        law = fokker_planck_plane(linear, q, 5.5 * np.sqrt(np.diag(s)), points=int(points))
        exact = probability_current(np.stack(np.meshgrid(law.x, law.y, indexing="ij"), axis=-1), H, q)
        errors["covariance"].append(np.abs(law.covariance() - s).max())
        errors["current"].append(np.abs(law.current - exact).max() / np.abs(exact).max())
    assert fitted_order(1 / sizes, errors["covariance"]) > 1.9
    assert fitted_order(1 / sizes, errors["current"]) == pytest.approx(2, abs=0.15)
    assert law.rotation() == pytest.approx(rotation_rate(H, stationary_covariance=s)[0, 1], rel=0.01)
    assert law.density.min() >= 0 and law.density.sum() * law.cell == pytest.approx(1)


def test_entropy_production_by_integration_over_the_plane():
    s = ou_stationary_covariance(H, Q)
    law = fokker_planck_plane(linear, Q, 5.5 * np.sqrt(np.diag(s)), points=101)
    pushed = np.linalg.solve(Q / 2, np.moveaxis(law.current, -1, 0).reshape(2, -1)).reshape(2, *law.density.shape)
    rate = np.sum(np.moveaxis(law.current, -1, 0) * pushed / law.density) * law.cell
    assert rate == pytest.approx(entropy_production(H, Q), rel=0.02)


def test_equal_noise_gives_the_gibbs_law_of_any_loss_and_no_current():
    law = fokker_planck_plane(force, 0.6 * np.eye(2), (2.5, 4.5), points=61)
    np.testing.assert_allclose(law.density, gibbs_in_the_plane(law, 0.3), rtol=1e-3, atol=1e-9)
    assert np.abs(law.current).max() < 1e-4 * np.abs(force(np.array([1.0, 1.0]))).max() * law.density.max()


def test_unequal_noise_gives_no_gibbs_law_and_a_current():
    law = fokker_planck_plane(force, np.diag([0.6, 0.2]), (2.5, 4.5), points=61)
    for t in (0.1, 0.2, 0.3):
        assert 0.5 * np.abs(law.density - gibbs_in_the_plane(law, t)).sum() * law.cell > 0.05
    assert np.abs(law.current).max() > 0.05 * law.density.max()


def test_unequal_noise_on_a_separable_loss_gives_two_temperatures():
    law = fokker_planck_plane(lambda p: -(p**3), np.diag([0.6, 0.2]), (2.2, 2.0), points=61)
    for axis, points, t in ((1, law.x, 0.3), (0, law.y, 0.1)):
        marginal = law.density.sum(axis=axis) * law.cell / (points[1] - points[0])
        np.testing.assert_allclose(marginal, gibbs_density(lambda x: x**4 / 4, t, points), atol=1e-3)


def test_plane_refuses_bad_input():
    with pytest.raises(ValueError, match="positive definite"):
        fokker_planck_plane(linear, np.diag([1.0, 0.0]), (1.0, 1.0))
    with pytest.raises(DomainTooSmallError, match="wall"):
        fokker_planck_plane(linear, Q, (0.5, 0.5), points=41)
