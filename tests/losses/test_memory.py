"""Arrays that begin with a cache line: where they lie, how they are laid out, and what is in them."""

import numpy as np
import pytest

from sgdsde_helpers.losses._memory import aligned_copy, aligned_empty


def address(x):
    return x.__array_interface__["data"][0]


@pytest.mark.parametrize("dtype", [float, complex, np.int32])
@pytest.mark.parametrize("shape", [(), 1, 7, (500, 64), (3, 5, 7)])
def test_an_aligned_array_begins_with_a_cache_line(shape, dtype):
    several = [aligned_empty(shape, dtype) for _ in range(20)]  # by chance one in four of them would
    for x in several:
        like = np.empty(shape, dtype)
        assert address(x) % 64 == 0
        assert (x.shape, x.dtype, x.strides, x.flags.writeable) == (like.shape, like.dtype, like.strides, True)
    for i, x in enumerate(several):
        x[...] = i
    for i, x in enumerate(several):  # none lies in the memory of another
        assert (x == i).all()


@pytest.mark.parametrize("order", ["C", "F", "K"])
def test_an_aligned_copy_is_laid_out_like_a_copy(order):
    x = np.arange(210.0).reshape(5, 6, 7)
    for source in (x, x.transpose(2, 0, 1), x[::2, 1:], np.broadcast_to(x[0], (4, 6, 7)), x.astype(complex)):
        copy, like = aligned_copy(source, order), source.copy(order)
        assert address(copy) % 64 == 0
        assert (copy.strides, copy.dtype) == (like.strides, like.dtype)
        np.testing.assert_array_equal(copy, source)
        copy += 1
        np.testing.assert_array_equal(like, source)
