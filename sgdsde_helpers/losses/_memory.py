"""Where the arrays of a step lie: at the beginning of a cache line, in memory that is kept."""

from __future__ import annotations

from math import prod

import numpy as np

from sgdsde_helpers.checks import Array

LINE = 64  # bytes in a line of the cache

# The C library gives memory back to the system once 128 KB lie free, so that every temporary array of a step would fault its
# pages in anew. To free one large array raises that limit to twice its size, for the process.
np.empty(2**21)


def aligned_empty(shape: int | tuple[int, ...], dtype: type = float) -> Array:
    """An array without values, like `np.empty`, that begins with a cache line: no vector instruction then straddles two lines."""
    size = prod(np.atleast_1d(shape).tolist()) * np.dtype(dtype).itemsize
    memory = np.empty(size + LINE, np.uint8)
    return np.ndarray(shape, dtype, memory, -memory.__array_interface__["data"][0] % LINE)


def aligned_copy(x: Array, order: str = "C") -> Array:
    """A copy of `x`, like `x.copy(order)`, that begins with a cache line."""
    strides = np.empty_like(x, order=order).strides
    copy = np.ndarray(x.shape, x.dtype, aligned_empty(x.size, x.dtype), strides=strides)
    copy[...] = x
    return copy
