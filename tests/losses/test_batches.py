"""Quick batch gradients: tuples of examples, and what a subclass inherits."""

from itertools import product

import numpy as np
import pytest

from sgdsde_helpers.losses import LeastSquares, LogisticRegression, Loss, MeanEstimation, ScalarQuadratic
from sgdsde_helpers.losses._batches import means_of_tuples

X = np.random.default_rng(8).normal(size=(30, 4))
QUICK = {
    "mean": lambda kind: kind(X[:, 0]),
    "scalar quadratic": lambda kind: kind(1 + X[:, 0] ** 2, X[:, 1]),
    "least squares": lambda kind: kind(X, X[:, 0]),
    "logistic, many features": lambda kind: kind(np.tile(X, 5), X[:, 0] > 0),
}
KINDS = dict(zip(QUICK, (MeanEstimation, ScalarQuadratic, LeastSquares, LogisticRegression)))


def test_means_of_tuples_are_those_of_all_batches():
    table = X[:5, :2]
    for size in (1, 2, 3):
        every = np.array([table[list(batch)].mean(axis=0) for batch in product(range(5), repeat=size)])
        np.testing.assert_allclose(means_of_tuples(table, size), every, rtol=1e-13)


def test_sizes_of_tuples_divide_the_batch_and_keep_the_table_small():
    def together(loss, size, independent=True):
        quick = loss.batch_gradient(1, size, independent)
        k = size // quick.draws
        assert quick.n == loss.n**k
        return k

    two, hundred, many = (MeanEstimation(np.arange(float(n))) for n in (2, 100, 200))
    assert [together(two, size) for size in (1, 2, 7, 8, 11, 64)] == [1, 2, 7, 8, 11, 8]
    assert [together(hundred, size) for size in (1, 2, 3, 64)] == [1, 2, 1, 2]
    assert together(many, 8) == together(LeastSquares(X, X[:, 0]), 8) == together(two, 8, independent=False) == 1


@pytest.mark.parametrize("name", QUICK)
def test_a_subclass_with_its_own_batches_keeps_them(name):
    class Doubled(KINDS[name]):
        def minibatch_gradient(self, phi, index):
            return 2 * super().minibatch_gradient(phi, index)

    class Again(Doubled):
        pass

    plain, index = QUICK[name](KINDS[name]), np.arange(27).reshape(3, 9)
    phi = np.random.default_rng(1).normal(size=(9, *plain.shape))
    for kind in (Doubled, Again):
        quick = QUICK[name](kind).batch_gradient(9, 3, True)
        assert (quick.n, quick.draws) == (30, 3)
        np.testing.assert_allclose(quick(phi, index), 2 * plain.minibatch_gradient(phi, index))


@pytest.mark.parametrize("name", QUICK)
def test_a_subclass_with_other_examples_gives_up_every_quick_way(name):
    class Tripled(KINDS[name]):
        def per_example_gradients(self, phi):
            return 3 * super().per_example_gradients(phi)

    plain, tripled, index = QUICK[name](KINDS[name]), QUICK[name](Tripled), np.arange(27).reshape(3, 9)
    phi, w = np.random.default_rng(1).normal(size=(9, *plain.shape)), np.full((9, 30), 1 / 30)
    expected = 3 * Loss.minibatch_gradient(plain, phi, index)
    np.testing.assert_allclose(tripled.minibatch_gradient(phi, index), expected)
    np.testing.assert_allclose(tripled.batch_gradient(9, 3, True)(phi, index), expected)
    np.testing.assert_allclose(tripled.weighted_gradient(phi, w), 3 * plain.gradient(phi), atol=1e-14)


@pytest.mark.parametrize("name", ["least squares", "logistic, many features"])
@pytest.mark.parametrize("size", [4, 40])
def test_the_last_batch_of_an_epoch_is_a_mean_of_fewer_examples(name, size):
    loss, index = QUICK[name](KINDS[name]), np.arange(27).reshape(3, 9)
    phi = np.random.default_rng(2).normal(size=(9, *loss.shape))
    wanted = loss.per_example_gradients(phi)[np.arange(9), index].mean(axis=0)
    np.testing.assert_allclose(loss.batch_gradient(9, size)(phi, index), wanted, rtol=1e-12)
