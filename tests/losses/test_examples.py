"""A loss from the gradients of a few examples: it is the loss it wraps, however few it asks for at a time."""

import numpy as np
import pytest

from sgdsde_helpers.losses import ExamplesLoss, LeastSquares

RNG = np.random.default_rng(11)
X = RNG.normal(size=(60, 30)) * np.geomspace(2.0, 0.2, 30)
Y = X @ RNG.normal(size=30) + RNG.exponential(size=60)
LINE = LeastSquares(X, Y)
PLACES = RNG.normal(size=(2, 3, 30))


def wrapped(**options):
    """Least squares as a reader would hand it over."""
    return ExamplesLoss(
        lambda phi: ((X @ phi - Y) ** 2).mean() / 2,
        lambda phi, index: (X[index] @ phi - Y[index])[:, None] * X[index],
        *X.shape,
        **options,
    )


@pytest.mark.parametrize("rows", [1, 7, 60])
def test_it_is_the_loss_it_wraps_a_few_examples_at_a_time(monkeypatch, rows):
    monkeypatch.setattr("sgdsde_helpers.losses._examples.BLOCK", rows * 30 + 29)
    loss = wrapped()
    blocks = list(loss.gradient_blocks(PLACES[0, 0]))
    assert max(map(len, blocks)) == rows
    np.testing.assert_allclose(np.concatenate(blocks), LINE.per_example_gradients(PLACES[0, 0]), rtol=1e-10, atol=1e-12)
    for name in ("loss", "gradient", "per_example_gradients"):
        found, expected = (getattr(f, name)(PLACES) for f in (loss, LINE))
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12, err_msg=name)
    index = RNG.integers(0, 60, size=(4, 3))
    found, expected = (f.minibatch_gradient(PLACES[0], index) for f in (loss, LINE))
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_gradient_of_the_mean_loss_is_used_where_it_is_given():
    calls = []

    def gradient(phi):
        calls.append(phi)
        return LINE.gradient(phi)

    loss = wrapped(gradient=gradient)
    calls.clear()
    np.testing.assert_array_equal(loss.gradient(PLACES), [[LINE.gradient(phi) for phi in row] for row in PLACES])
    assert len(calls) == 6


@pytest.mark.parametrize("wrong", [lambda p: LINE.gradient(p) / 2, lambda p: p[1:], lambda p: p * np.nan, 3.0])
def test_a_gradient_that_is_not_the_mean_of_the_examples_is_refused(wrong):
    with pytest.raises((ValueError, TypeError), match="^gradient"):
        wrapped(gradient=wrong)


def test_gradients_of_a_wrong_shape_are_refused():
    with pytest.raises(ValueError, match="gradients"):
        ExamplesLoss(lambda phi: 0.0, lambda phi, index: np.zeros(3), 5, 3)
    with pytest.raises(TypeError, match="gradients"):
        ExamplesLoss(lambda phi: 0.0, None, 5, 3)
