"""The data are what the pages say they are."""

import sys

import numpy as np
import pytest

from sgdsde_helpers.losses import LeastSquares, MeanEstimation
from sgdsde_helpers.problems import (
    DIABETES_FEATURES,
    diabetes,
    diabetes_loss,
    noise_sum,
    points_with_covariance,
    robust_mean,
    two_points,
)
from sgdsde_helpers.simulation import gaussian_sgd, sgd


def test_diabetes_is_standardised_with_the_population_variance():
    X, y = diabetes()
    assert X.shape == (442, 10)
    assert y.shape == (442,)
    assert np.allclose(X.mean(axis=0), 0, atol=1e-14)
    assert np.allclose((X**2).mean(axis=0), 1)
    assert abs(y.mean()) < 1e-14
    assert (y**2).mean() == pytest.approx(1)


def test_diabetes_is_scikit_learns_data_up_to_scale():
    from sklearn.datasets import load_diabetes

    data = load_diabetes()
    assert tuple(data.feature_names) == DIABETES_FEATURES
    X, y = diabetes()
    assert np.allclose(X, data.data * np.sqrt(442), atol=1e-6)  # theirs has sum of squares 1 in each column
    assert np.allclose(np.corrcoef(y, data.target), 1)


def test_features_come_in_the_order_asked_for():
    X, _ = diabetes()
    two, _ = diabetes(["s5", "bmi"])
    assert np.array_equal(two, X[:, [8, 2]])


@pytest.mark.parametrize("bad", ["bmi", [], ["bmi", "height"], [3]])
def test_unknown_features_are_named(bad):
    with pytest.raises(ValueError, match="features = .* a list of names among age, sex, bmi"):
        diabetes(bad)


def test_a_missing_scikit_learn_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match="pip install scikit-learn"):
        diabetes()


def test_two_points_have_mean_zero_and_variance_one():
    assert two_points().mean() == 0
    assert two_points().var() == 1


def test_points_with_covariance_have_it():
    sigma = np.array([[2.0, -0.7], [-0.7, 1.0]])
    x = points_with_covariance(sigma)
    assert x.shape == (4, 2)
    assert x.mean(axis=0) == pytest.approx(np.zeros(2), abs=1e-12)
    assert x.T @ x / 4 == pytest.approx(sigma)
    with pytest.raises(ValueError, match=r"sigma of shape \(\) is not allowed: it must have 2 axes"):
        points_with_covariance(1.0)


def test_parabolas_are_least_squares():
    scalar, vector = diabetes_loss(), LeastSquares(*diabetes(["bmi"]))
    phi = np.linspace(-1.0, 2.0, 7)
    assert scalar.minimiser == pytest.approx(vector.minimiser[0], rel=1e-12)
    assert scalar.loss(phi) == pytest.approx(vector.loss(phi[:, None]), rel=1e-12)
    assert scalar.gradient(phi) == pytest.approx(vector.gradient(phi[:, None])[:, 0], rel=1e-9, abs=1e-12)
    assert scalar.covariance(phi) == pytest.approx(vector.covariance(phi[:, None])[:, 0, 0], rel=1e-9)


@pytest.mark.parametrize("arm", [sgd, gaussian_sgd])
@pytest.mark.parametrize("batch_size", [1, 3])
def test_noise_sum_adds_up_the_noise_of_each_step(arm, batch_size):
    loss, eta = MeanEstimation([0.0, 1.0, 5.0, 7.0]), 0.3
    run = dict(n_steps=12, batch_size=batch_size, n_chains=9, seed=4)
    paths = arm(loss, eta, record="all", **run).states
    noise = loss.gradient(paths[:-1]) - (paths[:-1] - paths[1:]) / eta
    found = noise_sum(loss, eta, 12, 9, batch_size=batch_size, arm=arm, seed=4)
    assert found == pytest.approx(noise.sum(axis=0), rel=1e-10, abs=1e-10)


def test_robust_mean_is_quadratic_near_its_data_and_linear_far_from_them():
    loss = robust_mean()
    near, far = np.array([-1.0, 0.0, 2.0]) + 1e-3, 40.0
    assert loss.per_example_gradients(near)[[0, 1, 2], [0, 1, 2]] == pytest.approx(1e-3, rel=1e-5)
    assert loss.gradient(np.array([-far, far])) == pytest.approx([-1.0, 1.0])
    assert loss.loss(far) - loss.loss(far - 1) == pytest.approx(1.0)
    step = 1e-5
    slope = (loss.gradient(0.3 + step) - loss.gradient(0.3 - step)) / (2 * step)
    assert float(loss.hessian(0.3)) == pytest.approx(float(slope), rel=1e-8)
