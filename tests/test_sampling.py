"""Which examples a batch holds: every sampling mode's index statistics."""

from itertools import islice, permutations, product

import numpy as np
import pytest
from simulation_checks import assert_frequencies

from sgdsde_helpers.sampling import SCRATCH, minibatch_factor, scheme, uniform_integers
from sgdsde_helpers.simulation._streams import streams


def batches(sampling, n, batch_size, width, steps, seed=2):
    """The first `steps` batches, each (batch_size, width)."""
    source = scheme(sampling).draw(streams(seed, 1)[0], n, batch_size, width, "C")
    return [batch.astype(int) for batch in islice(source, steps)]


def outcomes(draws, n):
    """Counts of the n^k values of draws (k, many), in the order of itertools.product."""
    code = np.ravel_multi_index(tuple(draws), (n,) * len(draws))
    return np.bincount(code, minlength=n ** len(draws))


def test_with_replacement_all_draws_are_uniform_and_independent():
    drawn = np.stack(batches("with_replacement", 3, 2, 20000, 2)).reshape(4, -1)  # 2 draws of 2 steps
    assert_frequencies(outcomes(drawn, 3), np.full(81, 1 / 81))
    next_chain = np.stack([drawn[0, :-1:2], drawn[0, 1::2]])
    assert_frequencies(outcomes(next_chain, 3), np.full(9, 1 / 9))


def test_without_replacement_batches_are_uniform_subsets():
    drawn = np.stack(batches("without_replacement", 5, 2, 20000, 3))
    assert (drawn[:, 0] != drawn[:, 1]).all()
    pairs = list(permutations(range(5), 2))
    for batch in drawn:
        counts = outcomes(batch, 5).reshape(5, 5)
        assert_frequencies([counts[pair] for pair in pairs], np.full(20, 1 / 20))
    first_draws = outcomes(drawn[:, 0], 5)  # of three successive steps: independent, although the shuffle goes on
    assert_frequencies(first_draws, np.full(125, 1 / 125))


def test_without_replacement_a_whole_batch_is_every_example():
    for batch in batches("without_replacement", 6, 6, 500, 3):
        np.testing.assert_array_equal(np.sort(batch, axis=0), np.tile(np.arange(6)[:, None], 500))


def test_without_replacement_where_the_scratch_space_holds_few_chains():
    n = SCRATCH // 2  # groups of 2 chains, the last one alone
    (batch,) = batches("without_replacement", n, 4, 5, 1)
    assert batch.shape == (4, 5)
    assert all(len(set(column)) == 4 for column in batch.T)
    assert len(np.unique(batch)) > 15


@pytest.mark.parametrize("n, batch_size", [(6, 1), (6, 2), (7, 3), (5, 5)])
def test_reshuffled_uses_every_example_once_an_epoch(n, batch_size):
    steps = -(-n // batch_size)
    drawn = batches("reshuffled", n, batch_size, 200, 3 * steps)
    assert [len(batch) for batch in drawn[:steps]] == [batch_size] * (n // batch_size) + [n % batch_size] * (
        n % batch_size > 0
    )
    for epoch in range(3):
        used = np.concatenate(drawn[epoch * steps : (epoch + 1) * steps])
        np.testing.assert_array_equal(np.sort(used, axis=0), np.tile(np.arange(n)[:, None], 200))


def test_reshuffled_orders_are_uniform_and_new_each_epoch():
    drawn = np.concatenate(batches("reshuffled", 3, 1, 30000, 6))
    orders = list(permutations(range(3)))
    code = {order: k for k, order in enumerate(orders)}
    first = np.array([code[tuple(column)] for column in drawn[:3].T])
    second = np.array([code[tuple(column)] for column in drawn[3:].T])
    both = np.bincount(6 * first + second, minlength=36)
    assert_frequencies(both, np.full(36, 1 / 36))
    neighbours = np.bincount(6 * first[:-1:2] + first[1::2], minlength=36)
    assert_frequencies(neighbours, np.full(36, 1 / 36))


@pytest.mark.parametrize("sampling", ["with_replacement", "without_replacement", "reshuffled"])
def test_a_batch_lies_in_memory_as_asked(sampling):
    for order in ("C", "F"):
        batch = next(scheme(sampling).draw(streams(2, 1)[0], 10, 3, 4, order))
        assert batch.shape == (3, 4)
        assert (batch.strides[0] > batch.strides[1]) == (order == "C")


@pytest.mark.parametrize("sampling", ["with_replacement", "without_replacement"])
def test_many_examples_are_all_reached(sampling):
    n = 70000
    (batch,) = batches(sampling, n, 3, 4000, 1)
    counts = np.histogram(batch, bins=7, range=(0, n))[0]
    assert_frequencies(counts, np.full(7, 1 / 7))
    assert batch.max() > 2**16


@pytest.mark.parametrize("below", [1, 2, 7, 100, 3 * 2**30])
def test_integers_are_uniform_and_independent(below):
    drawn = np.empty((3, 40000), dtype=np.int64)
    uniform_integers(streams(4, 1)[0], below, drawn)
    assert drawn.min() >= 0 and drawn.max() < below
    cells = min(below, 7)
    coarse = drawn * cells // below
    sizes = np.diff([-(-below * k // cells) for k in range(cells + 1)]) / below
    for pair in ((coarse[0], coarse[1]), (coarse[0, ::2], coarse[0, 1::2])):
        if cells > 1:
            counts = np.bincount(pair[0] * cells + pair[1], minlength=cells**2)
            assert_frequencies(counts, np.outer(sizes, sizes).ravel())


@pytest.mark.parametrize("k", [3, 5])
def test_the_uneven_rest_is_drawn_again(k):
    # Of 2^32 words, 2^30 and 3 2^29 fall into the rest for these numbers: kept, they would double the weight of one
    # number in three, and of three in five.
    below = {3: 3 * 2**30, 5: 5 * 2**29}[k]
    drawn = np.empty(100000, dtype=np.int64)
    uniform_integers(streams(5, 1)[0], below, drawn)
    assert_frequencies(np.bincount(drawn % k), np.full(k, 1 / k))


@pytest.mark.parametrize("bits", [1, 10, 31])
def test_integers_below_a_power_of_two_are_the_upper_bits_of_one_stream(bits):
    drawn = np.empty((2, 3, 9001), dtype=np.int64)  # several draws, the last one partial
    uniform_integers(streams(6, 1)[0], 2**bits, drawn)
    words = streams(6, 1)[0].bit_generator.random_raw(drawn.size // 2).view(np.uint32)
    np.testing.assert_array_equal(drawn.ravel(), words >> (32 - bits))


@pytest.mark.parametrize("sampling", ["with_replacement", "without_replacement", "reshuffled"])
def test_the_share_of_sigma_is_that_of_all_batches(sampling):
    """A batch mean of 0, 1, 5, enumerated: all pairs with replacement, ordered pairs of distinct ones without."""
    x = np.array([0.0, 1.0, 5.0])
    every = product(x, repeat=2) if sampling == "with_replacement" else permutations(x, 2)
    means = np.array([np.mean(batch) for batch in every])
    assert minibatch_factor(3, 2, sampling, independent=False) == pytest.approx(means.var() / x.var(), rel=1e-12)


def test_theory_of_independent_batches_refuses_the_others():
    with pytest.raises(
        ValueError, match="sampling = 'reshuffled' is not allowed: it must be one of 'with_replacement', 'without_r"
    ):
        minibatch_factor(3, 2, "reshuffled")
    with pytest.raises(ValueError, match="from 1 to n = 3"):
        minibatch_factor(3, 4, "without_replacement")
    assert minibatch_factor(3, 4) == 0.25 and minibatch_factor(1, 1, "without_replacement") == 0
