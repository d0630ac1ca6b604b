"""Random streams: one for each block of chains, so that what is run beside it does not change a chain.

The chains of an ensemble are cut into blocks whose width depends on the problem, and not on how many chains there are; each
block draws from its own stream. Within a block every draw has a fixed length, whatever is recorded and however many steps are
asked for: where a call throws bits away or draws some numbers again, its length is part of what a stream means.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sgdsde_helpers.checks import Array, refuse
from sgdsde_helpers.sampling import DRAW

STATE = 2**15  # numbers in a block's state at most: 256 KB, which the second-level cache holds
WIDEST = 2**14  # chains in a block at most: with few numbers a chain, a step passes over more arrays


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

    Examples
    --------
    >>> first, second = streams(1, 2)
    >>> first.random() == streams(1, 5)[0].random(), first.random() == second.random()
    (True, False)
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
        rng.standard_normal(out=normal)
        if noise is normal:
            normal *= root
        else:
            np.matmul(normal, root.T, out=noise)
        if shifted:
            noise += mean
        yield from noise
