"""The generator of the scenes, beside the same arithmetic in Python; and its Gaussians, two by two."""

import numpy as np
from scipy.special import ndtr

from sgdsde_helpers.measure import ks_distance
from tests.scenes.headless import evaluated, ks_bound

MASK = 2**32 - 1


def left(word, places):
    return (word << places | word >> 32 - places) & MASK


def xoshiro(s, n):
    """xoshiro128** as its authors write it, from the state s."""
    out = []
    for _ in range(n):
        out.append(left(s[1] * 5 & MASK, 7) * 9 & MASK)
        shifted = s[1] << 9 & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= shifted
        s[3] = left(s[3], 11)
    return out


def seeded(seed):
    words = []
    for k in range(1, 5):
        word = (seed + k * 0x9E3779B9) & MASK
        word = (word ^ word >> 16) * 0x85EBCA6B & MASK
        word = (word ^ word >> 13) * 0xC2B2AE35 & MASK
        words.append(word ^ word >> 16)
    return words


def test_the_words_are_those_of_xoshiro():
    assert xoshiro([1, 2, 3, 4], 4) == [11520, 0, 5927040, 70819200]  # as the reference in C
    for seed in (1, 2, 2**31 - 1):
        made = evaluated(f"(r => Array.from({{length: 50}}, () => r.bits()))(new Generator({seed}))")
        assert made == xoshiro(seeded(seed), 50)


def test_gaussians_come_in_pairs_without_a_direction():
    m = 40_000
    z = np.array(evaluated(f"(r => Array.from({{length: {m}}}, () => r.gaussian()))(new Generator(5))"))
    assert ks_distance(z, ndtr) < ks_bound(m)
    pairs = z.reshape(-1, 2)
    angle = np.arctan2(pairs[:, 1], pairs[:, 0]) / (2 * np.pi) + 0.5
    assert ks_distance(angle, lambda u: u) < ks_bound(m // 2)
    assert ks_distance((pairs**2).sum(1), lambda r: 1 - np.exp(-r / 2)) < ks_bound(m // 2)


def test_signs_are_fair_tosses():
    for size in (1, 3, 32):
        made = np.array(evaluated(f"(r => Array.from({{length: 20000}}, () => r.signs({size})))(new Generator(6))"))
        heads = (made + 1) * size / 2
        assert np.array_equal(heads, heads.round())
        assert heads.min() >= 0
        assert heads.max() <= size
        assert abs(made.mean()) < 5 / np.sqrt(size * len(made))  # once in 1.7 million
        assert abs(made.var() * size - 1) < 5 * np.sqrt(2 / len(made))


def test_the_bell_of_the_scenes():
    x = np.linspace(-9, 9, 361)
    made = np.array(evaluated(f"{x.tolist()}.map(gaussianCdf)"))
    np.testing.assert_allclose(made, ndtr(x), rtol=1e-7, atol=1e-15)
