/* One parameter on a line: chains in a landscape, and their law, pushed along a grid step by step. */

import { gaussianDensity } from "./measure.js";
import { Panel } from "./pen.js";

/** How much of the mass at a node counts as left of 0. */
export const leftOf0 = (phi) => Number(phi < -1e-9) + Number(Math.abs(phi) < 1e-9) / 2;

/** A standard Gaussian as points with chances: the trapezoidal rule, which for a Gaussian errs by exp(-2 pi^2 / 0.5^2). */
const POINTS = Array.from({ length: 25 }, (_, k) => ({ z: k / 2 - 6, p: 0.5 * gaussianDensity(k / 2 - 6, 1) }));
export const PARTS = 4; // steps of the SDE in a step of SGD

export class Grid {
  constructor(from, to, nodes) {
    Object.assign(this, { from, width: (to - from) / (nodes - 1), nodes });
  }

  at(k) {
    return this.from + k * this.width;
  }

  /** Where each node is sent. The mass of a node goes to the three about its image, so that mean and variance are exact. */
  images(move) {
    const [place, off] = [new Int32Array(this.nodes), new Float64Array(this.nodes)];
    for (let k = 0; k < this.nodes; k += 1) {
      const image = Math.min(this.nodes - 2, Math.max(1, (move(this.at(k)) - this.from) / this.width));
      place[k] = Math.min(this.nodes - 2, Math.max(1, Math.round(image)));
      off[k] = image - place[k];
    }
    return { place, off };
  }

  /** The law after one move that is drawn among `moves`, {p, place, off}. */
  pushed(mass, moves) {
    const next = new Float64Array(this.nodes);
    for (const { p, place, off } of moves) {
      for (let k = 0; k < this.nodes; k += 1) {
        const [m, j, u] = [p * mass[k], place[k], off[k]];
        next[j - 1] += (m * (u * u - u)) / 2;
        next[j] += m * (1 - u * u);
        next[j + 1] += (m * (u * u + u)) / 2;
      }
    }
    return next;
  }

  mean(mass, f) {
    let sum = 0;
    for (let k = 0; k < this.nodes; k += 1) sum += mass[k] * f(this.at(k));
    return sum;
  }

  /** Masses of equal bins of [low, high], each of a whole number of nodes. */
  binned(mass, low, high, bins) {
    const out = new Float64Array(bins);
    for (let k = 0; k < this.nodes; k += 1) {
      const bin = Math.floor(((this.at(k) + 1e-9 - low) / (high - low)) * bins);
      if (bin >= 0 && bin < bins) out[bin] += mass[k];
    }
    return out;
  }

  /** A density from its logarithm at the nodes, as masses. */
  normalised(logarithm) {
    const most = logarithm.reduce((a, b) => Math.max(a, b));
    const mass = logarithm.map((value) => Math.exp(value - most));
    const total = mass.reduce((a, b) => a + b);
    return mass.map((value) => value / total);
  }
}

/** The moves among which a step draws, for the arm: two-valued noise of SGD, or Gaussian noise in its place. */
export function movesOf(grid, { slope, sigma, extra }, { eta, B, arm }, chances) {
  if (arm === "SGD") {
    return chances.map((p, heads) => ({ p, ...grid.images((phi) => phi - eta * (slope(phi) - sigma(phi) * ((2 * heads) / B - 1))) }));
  }
  if (arm === "Gaussian SGD") return POINTS.map(({ z, p }) => ({ p, ...grid.images((phi) => phi - eta * (slope(phi) - (sigma(phi) * z) / Math.sqrt(B))) }));
  const dt = eta / PARTS;
  return POINTS.map(({ z, p }) => ({ p, ...grid.images((phi) => phi - (slope(phi) - extra(phi)) * dt + Math.sqrt((eta / B) * dt) * sigma(phi) * z) }));
}

/** One step of all chains, as the arm takes it; SGD has two examples, whose gradients differ from the slope by +-sigma. */
export function moveChains(x, { slope, sigma, extra }, { eta, B, arm }, random) {
  const dt = eta / PARTS;
  const [root, loud] = [Math.sqrt(dt), Math.sqrt(eta / B)];
  for (let k = 0; k < x.length; k += 1) {
    if (arm.endsWith("SGD")) {
      const noise = arm === "SGD" ? random.signs(B) : random.gaussian() / Math.sqrt(B);
      const ghat = slope(x[k]) - sigma(x[k]) * noise;
      x[k] -= eta * ghat;
    } else {
      let phi = x[k];
      for (let i = 0; i < PARTS; i += 1) {
        const dW = root * random.gaussian();
        phi += -(slope(phi) - extra(phi)) * dt + loud * sigma(phi) * dW;
      }
      x[k] = phi;
    }
  }
}

/** Straight lines between the knots, level beyond them: the value at phi, and the slope, whose jumps are a node wide. */
export function brokenLine(at, values) {
  const [first, gap, last] = [at[0], at[1] - at[0], at.length - 1];
  const heights = Float64Array.from(values);
  const value = (phi) => {
    const place = (phi - first) / gap;
    if (place <= 0) return heights[0];
    if (place >= last) return heights[last];
    const k = Math.floor(place);
    return heights[k] + (heights[k + 1] - heights[k]) * (place - k);
  };
  return { value, slope: (phi) => (value(phi + 0.0025) - value(phi - 0.0025)) / 0.005 };
}

/** A smooth function by straight lines between 4,001 of its values: four thousand chains ask for it at each step. */
export function tabulated(f, from, to) {
  const values = Float64Array.from({ length: 4001 }, (_, k) => f(from + (k / 4000) * (to - from)));
  const scale = 4000 / (to - from);
  return (phi) => {
    const place = Math.min(3999.999999, Math.max(0, (phi - from) * scale));
    const k = Math.floor(place);
    return values[k] + (values[k + 1] - values[k]) * (place - k);
  };
}

/** The knot nearest to a place takes the value: a drawing under the finger. */
export function painted(at, values, place, value, { from, to }) {
  const nearest = at.reduce((best, knot, k) => (Math.abs(knot - place) < Math.abs(at[best] - place) ? k : best), 0);
  const next = [...values];
  next[nearest] = Number(Math.min(to, Math.max(from, value)).toFixed(2));
  return next;
}

/** Two panels over the same line, the landscape in a share of the height and the law below it. */
export const stacked = (share, x, y) => (width, height) => ({
  above: { left: 8, width: width - 16, top: 10, height: share * height - 14, x, y },
  below: { left: 8, width: width - 16, top: share * height + 8, height: (1 - share) * height - 34, x },
});

/** A hand that paints the values of a drawing in the upper panel. */
export const painting = (panels, act, drawing) => ({
  take(_, { x, y, width, height }) {
    const { above } = panels(width, height);
    return x >= above.left && x <= above.left + above.width && y >= above.top && y <= above.top + above.height ? act : null;
  },
  move({ [drawing.key]: values }, { x, y, width, height }) {
    const panel = new Panel(null, null, panels(width, height).above);
    return { [drawing.key]: painted(drawing.at, values, panel.placeAt(x), panel.valueAt(y), drawing) };
  },
});
