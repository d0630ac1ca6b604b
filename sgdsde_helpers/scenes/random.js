/* Random numbers from a seed: xoshiro128** 1.1 of Blackman and Vigna, "Scrambled linear pseudorandom number generators",
   ACM Transactions on Mathematical Software 47 (2021). Gaussians by Box and Muller (1958). */

const left = (word, places) => (word << places) | (word >>> (32 - places));

/** The four words of a state, from a seed: the finaliser of MurmurHash3 along a Weyl sequence. */
function words(seed) {
  return Uint32Array.from({ length: 4 }, (_, k) => {
    let word = (seed + (k + 1) * 0x9e3779b9) | 0;
    word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
    return word ^ (word >>> 16);
  });
}

export class Generator {
  constructor(seed) {
    this.state = words(seed);
    this.spare = NaN;
  }

  /** 32 random bits. */
  bits() {
    const s = this.state;
    const out = Math.imul(left(Math.imul(s[1], 5), 7), 9) >>> 0;
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = left(s[3], 11);
    return out;
  }

  /** Uniform on (0, 1), neither end included. */
  uniform() {
    return (this.bits() + 0.5) / 2 ** 32;
  }

  /** Standard Gaussian; of each pair the second is kept for the next call. */
  gaussian() {
    if (!Number.isNaN(this.spare)) {
      const kept = this.spare;
      this.spare = NaN;
      return kept;
    }
    const radius = Math.sqrt(-2 * Math.log(this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Mean of B fair signs, B at most 32: a coin is one bit. */
  signs(B) {
    let heads = 0;
    for (let bits = this.bits() >>> (32 - B); bits; bits &= bits - 1) heads += 1;
    return (2 * heads) / B - 1;
  }
}
