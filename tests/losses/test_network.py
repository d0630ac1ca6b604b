"""The tanh network: its gradients against differences, its batch against its examples, its norms against its matrix."""

import numpy as np
import pytest

from sgdsde_helpers.losses import TanhNetwork
from sgdsde_helpers.simulation import sgd


@pytest.fixture(scope="module")
def network():
    rng = np.random.default_rng(3)
    return TanhNetwork(rng.normal(size=(7, 3)), [0, 1, 2, 2, 1, 0, 2], hidden=4, decay=0.05)


@pytest.fixture(scope="module")
def phi(network):
    return np.random.default_rng(4).normal(size=(5, *network.shape)) / 2


def test_the_loss_is_the_plain_formula(network, phi):
    w1, b1 = phi[0][:12].reshape(3, 4), phi[0][12:16]
    w2, b2 = phi[0][16:28].reshape(4, 3), phi[0][28:]
    total = 0.0
    for x, k in zip(network.X, network.y.astype(int)):
        s = np.tanh(x @ w1 + b1) @ w2 + b2
        total += np.log(np.exp(s).sum()) - s[k]
    expected = total / 7 + 0.025 * phi[0] @ phi[0]
    assert network.loss(phi[0]) == pytest.approx(expected, rel=1e-12)


def test_the_gradient_is_the_derivative_of_the_loss(network, phi):
    """Fails for 1 - a as the derivative of tanh, and for a decay that is left out."""
    step = 1e-6 * np.eye(*network.shape)
    for one in phi:
        difference = (network.loss(one + step) - network.loss(one - step)) / 2e-6
        np.testing.assert_allclose(network.gradient(one), difference, atol=1e-8)


def test_examples_average_to_the_gradient(network, phi):
    examples = network.per_example_gradients(phi)
    assert examples.shape == (5, 7, *network.shape)
    np.testing.assert_allclose(examples.mean(axis=1), network.gradient(phi), atol=1e-13)
    single = TanhNetwork(network.X[2:3], network.y[2:3], hidden=4, n_classes=3, decay=0.05)
    np.testing.assert_allclose(examples[:, 2], single.gradient(phi), atol=1e-13)


def test_a_batch_is_the_mean_of_its_examples(network, phi):
    index = np.random.default_rng(5).integers(0, 7, size=(4, 5))
    examples = network.per_example_gradients(phi)
    expected = np.array([examples[j, index[:, j]].mean(axis=0) for j in range(5)])
    np.testing.assert_allclose(network.minibatch_gradient(phi, index), expected, atol=1e-13)


def test_weights_weigh_the_examples_and_not_the_decay(network, phi):
    weights = np.random.default_rng(6).normal(size=(5, 7))
    bare = network.per_example_gradients(phi) - 0.05 * phi[:, None]
    expected = (weights[..., None] * bare).sum(axis=1) + 0.05 * phi
    np.testing.assert_allclose(network.weighted_gradient(phi, weights), expected, atol=1e-13)


def test_norms_without_the_matrix_of_gradients(network, phi):
    bare = network.per_example_gradients(phi) - 0.05 * phi[:, None]
    np.testing.assert_allclose(network.squared_norms(phi), (bare**2).sum(axis=-1).mean(axis=-1), rtol=1e-12)
    trace = np.trace(network.covariance(phi[0]))
    rest = network.gradient(phi[0]) - 0.05 * phi[0]
    assert network.squared_norms(phi[0]) - rest @ rest == pytest.approx(trace, rel=1e-10)


def test_a_step_of_sgd_is_the_written_step(network, phi):
    """One step from a batch of all examples without replacement is a step of gradient descent."""
    final = sgd(network, 0.3, n_steps=1, batch_size=7, sampling="without_replacement", start=phi, seed=1).final
    np.testing.assert_allclose(final, phi - 0.3 * network.gradient(phi), atol=1e-13)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"y": [0, 1, 2, 2, 1, 0, 2.5]}, "2.5"),
        ({"hidden": 0}, "hidden"),
        ({"decay": -1.0}, "decay"),
        ({"n_classes": 2}, "y = "),
    ],
)
def test_bad_input_is_named(network, bad, said):
    arguments = {"y": network.y, "hidden": 4, **bad}
    with pytest.raises(ValueError, match=said):
        TanhNetwork(network.X, **arguments)
