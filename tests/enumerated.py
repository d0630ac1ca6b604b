"""All the batches that a scheme can draw: with them an expectation is a sum."""

import itertools


def batches(n, size, sampling):
    """All equally likely batches of `size` of n examples."""
    if sampling == "with_replacement":
        return list(itertools.product(range(n), repeat=size))
    return list(itertools.combinations(range(n), size))
