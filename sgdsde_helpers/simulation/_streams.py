"""Random streams: one for each block of chains, so that neither threads nor chunks can change a result.

The chains of an ensemble are cut into blocks whose width depends on the problem, and not on how many chains there are; each
block draws from its own stream. Within a block every draw has a fixed length, whatever is recorded and however many steps are
asked for: where a call throws bits away or draws some numbers again, its length is part of what a stream means.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from statistics import NormalDist

import numpy as np

from sgdsde_helpers.checks import Array, refuse

STATE = 2**15  # numbers in a block's state at most: 256 KB, which the second-level cache holds
WIDEST = 2**14  # chains in a block at most: with few numbers a chain, a step passes over more arrays
DRAW = 2**14  # random numbers in one draw: 128 KB
NORMALS = ("exact", "table")
TABLE = 2**16  # normal quantiles in a table, one for each number of 16 bits


def streams(seed: int | np.random.Generator, n: int) -> list[np.random.Generator]:
    """Independent SFC64 streams, spawned from one seed.

    Parameters
    ----------
    seed : int or numpy.random.Generator
        The same integer gives the same streams. A generator is asked for 252 bits and so moves on: using it twice gives
        two different ensembles.
    n : int
        How many; stream i does not depend on n.

    Returns
    -------
    list of numpy.random.Generator

    Raises
    ------
    TypeError, ValueError
        If the seed is neither a whole number >= 0 nor a Generator.
    """
    allowed = "an integer >= 0 or a numpy.random.Generator"
    if isinstance(seed, np.random.Generator):
        root = np.random.SeedSequence([int(word) for word in seed.integers(0, 2**63, size=4)])
    elif isinstance(seed, (int, np.integer)) and not isinstance(seed, bool):
        root = np.random.SeedSequence(int(seed)) if seed >= 0 else refuse("seed", seed, allowed)
    else:
        refuse("seed", seed, allowed, TypeError)
    return [np.random.Generator(np.random.SFC64(child)) for child in root.spawn(n)]


def blocks(n_chains: int, width: int) -> list[slice]:
    """Cut the chains 0, ..., n_chains - 1 into blocks of `width` (the last may be narrower)."""
    return [slice(first, min(first + width, n_chains)) for first in range(0, n_chains, width)]


def block_width(size: int) -> int:
    """Chains in one block when a chain's state holds `size` numbers: the state of a block fits the cache."""
    return max(1, min(WIDEST, STATE // size))


def gaussians(
    rng: np.random.Generator,
    shape: tuple[int, ...],
    root: Array | float = 1.0,
    normals: str = "exact",
    mean: Array | float = 0.0,
) -> Iterator[Array]:
    """Gaussian noise for a block of chains, step by step, without end; several steps come from one draw.

    Parameters
    ----------
    rng : numpy.random.Generator
        The block's stream.
    shape : tuple
        (m, *shape), the shape of the block's state.
    root : float, or array of shape (d, d)
        Factor of the noise's covariance root root'.
    normals : str
        "exact", or "table" for draws from `normal_table`.
    mean : float, or array of shape (*shape)
        Mean of the noise.

    Yields
    ------
    ndarray of shape (m, *shape)
        Good until the next is asked for.
    """
    normal = np.empty((max(1, DRAW // int(np.prod(shape))), *shape))
    noise = normal if np.ndim(root) == 0 else np.empty_like(normal)
    shifted = np.any(mean)
    while True:
        if normals == "exact":
            rng.standard_normal(out=normal)
        else:
            code = rng.bit_generator.random_raw(-(-normal.size // 4)).view(np.uint16)[: normal.size]
            normal_table().take(code, out=normal.reshape(-1), mode="clip")
        if noise is normal:
            normal *= root
        else:
            np.matmul(normal, root.T, out=noise)
        if shifted:
            noise += mean
        yield from noise


def uniform_integers(rng: np.random.Generator, below: int, out: Array) -> None:
    """Fill `out`, an int64 array, with integers 0, ..., below - 1, exactly uniform; two come from each word of the stream.

    Lemire's method (ACM Transactions on Modeling and Computer Simulation 29, 2019), for many numbers at once: the upper half of
    32 random bits times `below` is uniform but for an uneven rest, the lower halves under 2^32 mod `below`, drawn again.
    """
    numbers = out.reshape(-1).view(np.uint64)
    for first in range(0, numbers.size, DRAW):
        part = numbers[first : first + DRAW]
        bits = rng.bit_generator.random_raw(-(-part.size // 2)).view(np.uint32)[: part.size]
        part[...] = bits
        part *= np.uint64(below)
        part >>= np.uint64(32)
        lower = bits * np.uint32(below)
        if lower.min() < 2**32 % below:
            uneven = np.flatnonzero(lower < 2**32 % below)
            part[uneven] = rng.integers(0, below, size=uneven.size)


@cache
def normal_table() -> Array:
    """65,536 quantiles of the normal law, whose mean, variance, skewness and kurtosis are those of the normal law.

    Their distribution function is within 3 in 10^5 of the normal one, and they end at 4.33: draws from the table serve averages,
    and do not serve rare events.
    """
    half = np.array([NormalDist().inv_cdf((i + 0.5) / TABLE) for i in range(TABLE // 2)])
    z = np.concatenate([half, -half[::-1]])
    for _ in range(
        5
    ):  # the missing tails are put back: a multiple of z^3 mends the kurtosis, then a scale the variance
        z += (3.0 - np.mean(z**4)) / 24 * z**3
        z /= np.sqrt(np.mean(z**2))
    return z
