/* The stationary law of a chain y -> r y + s whose shift s is drawn anew at each step, on [-1, 1]. */

const NODES = 2049;

/** Distribution function at bins + 1 edges, from F(y) = E F((y - s) / r).

    `maps` has the chances p and the shifts s, |s| <= 1 - r; `start` is a function near F. The equation is unfolded at each
    edge a few times; what is then left of F is read from its fixed point on a grid, whose error the unfolding has averaged. */
export function selfSimilarCdf(rate, maps, start, bins) {
  const r = Math.max(rate, 1e-9);
  const likely = maps.filter(({ p }) => p > 1e-9);
  const nodes = Float64Array.from({ length: NODES }, (_, k) => (2 * k) / (NODES - 1) - 1);
  let grid = nodes.map(start);

  const read = (y) => {
    if (y <= -1) return 0;
    if (y >= 1) return 1;
    const place = ((y + 1) / 2) * (NODES - 1);
    const k = Math.min(NODES - 2, Math.floor(place));
    return grid[k] + (place - k) * (grid[k + 1] - grid[k]);
  };
  const unfolded = (y, times) => {
    if (times === 0 || y <= -1 || y >= 1) return read(y);
    let F = 0;
    for (const { p, s } of likely) F += p * unfolded((y - s) / r, times - 1);
    return F;
  };
  for (let turn = 0; turn < 40; turn += 1) grid = nodes.map((y) => unfolded(y, 1));
  const times = Math.max(1, Math.floor(Math.log(400) / Math.log(likely.length)));
  return Float64Array.from({ length: bins + 1 }, (_, k) => unfolded((2 * k) / bins - 1, times));
}
