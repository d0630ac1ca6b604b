/* Time and the window: one chain beside its gradient flow, a window of N steps that slides along it, and the sum of the
   noise inside that window over four thousand chains. Each data set takes two values, has mean 0 and variance 1. */

import { binomial, gaussianDensity, Histogram, meanAndError } from "./measure.js";
import { Panel } from "./pen.js";

const DATA = {
  "two points": { low: -1, high: 1, p: 0.5 },
  "one in five far out": { low: -0.5, high: 2, p: 0.2 },
};
const START = 2.5;
const KEPT = 640; // steps of the one chain that are kept to be drawn

const skewness = ({ p }) => (1 - 2 * p) / Math.sqrt(p * (1 - p));

/** How many of B draws show the higher value. */
function drawn(random, B, p) {
  let heads = 0;
  for (let k = 0; k < B; k += 1) if (random.uniform() < p) heads += 1;
  return heads;
}

export const timeWindow = {
  name: "window",
  label: "A chain, its gradient flow, and a window of N steps",
  chains: 4000,
  warm: 70,
  speed: 12,
  sliders: [
    { key: "eta", label: "learning rate \u03b7", from: 0.002, to: 0.5, start: 0.03, log: true },
    { key: "N", label: "steps in the window N", from: 1, to: 128, start: 16, log: true, whole: true },
    { key: "B", label: "batch size B", from: 1, to: 8, start: 1, log: true, whole: true },
  ],
  choices: [{ key: "data", label: "data", among: Object.keys(DATA) }],
  presets: [["short", { eta: 0.03, N: 2 }], ["middling", { eta: 0.03, N: 16 }], ["long", { eta: 0.03, N: 128 }]],

  begin(n, settings) {
    const cloud = { x: new Float64Array(n).fill(START), mean: START, variance: 0, time: 0, flow: START, path: [[0, START, START]] };
    this.changed(cloud, settings);
    return cloud;
  },

  /** An empty window: what the last N steps did, chain by chain, in rings of N places. */
  changed(cloud, { N, B }) {
    const n = cloud.x.length;
    Object.assign(cloud, {
      heads: new Uint8Array(n * N), sums: new Int32Array(n), states: new Float64Array(n * N), squares: new Float64Array(N), from: new Float64Array(n),
      at: 0, full: 0, square: 0, histogram: new Histogram(N * B + 1),
    });
  },

  step(cloud, { eta, N, B, data }, random) {
    const { low, high, p } = DATA[data];
    const { x, heads, sums, states, from, at } = cloud;
    const n = x.length;
    for (let k = 0; k < n; k += 1) {
      const place = at * n + k;
      const now = drawn(random, B, p);
      const ghat = x[k] - (low + ((high - low) * now) / B);
      sums[k] += now - heads[place]; // one draw comes into the window, the oldest leaves it
      heads[place] = now;
      states[place] = x[k];
      x[k] -= eta * ghat;
    }
    cloud.squares[at] = cloud.mean ** 2 + cloud.variance;
    cloud.mean *= 1 - eta;
    cloud.variance = (1 - eta) ** 2 * cloud.variance + eta ** 2 / B;
    cloud.time += eta;
    cloud.flow *= Math.exp(-eta);
    cloud.path.push([cloud.time, x[0], cloud.flow]);
    if (cloud.path.length > KEPT) cloud.path.shift();
    cloud.at = (at + 1) % N;
    cloud.full = Math.min(N, cloud.full + 1);
    if (cloud.full === N) {
      from.set(states.subarray(cloud.at * n, (cloud.at + 1) * n)); // where the window begins
      cloud.square = cloud.squares[cloud.at];
      cloud.histogram.add(sums, -0.5, N * B + 0.5);
    }
  },

  /** The exact law of the number of high draws in a window, and the mean square of what the lecture's equation leaves over. */
  theory({ eta, N, B, data }) {
    const a = 1 - eta;
    return {
      law: binomial(N * B, DATA[data].p),
      gamma: skewness(DATA[data]) / Math.sqrt(N * B),
      moved: (a ** N - 1 + N * eta) ** 2, // times the square of where the window begins: the gradient does not stay
      noise: ((eta ** 2 / B) * (1 - a ** (2 * N))) / (1 - a ** 2),
    };
  },

  /** Sum of g - ghat over the window, in units of its standard deviation. */
  scaled: (sum, { N, B, data }) => {
    const { p } = DATA[data];
    return (sum - N * B * p) / Math.sqrt(N * B * p * (1 - p));
  },

  rows(cloud, settings, _, { gamma, moved, noise }) {
    const { eta, N, B } = settings;
    const { x, from, sums, full, square } = cloud;
    const n = x.length;
    const measured = (value) => (full === N ? meanAndError(n, value) : [null, 0]);
    const unit = (eta * N * eta) / B; // eta sigma^2 Delta t / B
    const left = (k) => (x[k] - from[k] + from[k] * N * eta) ** 2 / unit;
    return [
      ["variance of the sum, over N\u03c3\u00b2/B", 1, ...measured((k) => this.scaled(sums[k], settings) ** 2)],
      ["its skewness", gamma, ...measured((k) => this.scaled(sums[k], settings) ** 3), ["a bell", 0]],
      ["mean square of \u0394\u03a6 + g\u0394t, over \u03b7\u03c3\u00b2\u0394t/B", (moved * square + noise) / unit, ...measured(left), ["the lecture's \u03b5\u221a\u0394t", 1]],
    ];
  },

  key: () => [["one chain", "SGD"], ["gradient flow", "ink", "dashed"], ["\u2212g\u0394t, and \u03b5\u221a\u0394t at its end", "flow"], ["the sum in the window, all chains", "pale.SGD", "area"], ["its exact law", "ink"], ["bell", "SDE", "dashed"]],

  says: ({ N, eta, B }) =>
    `A window of ${N} steps, \u0394t = ${(N * eta).toPrecision(2)}. ${N * eta > 0.3 ? "It is so long that the gradient changes inside it." : N * B < 8 ? "It has so few draws that their sum is no bell." : "The sum inside it gathers into a bell, while the gradient hardly changes."}`,

  height: (width) => (width < 520 ? 420 : 430),

  draw({ context, colours, width, height }, cloud, settings, { law }) {
    const { eta, N, B } = settings;
    const { path, full } = cloud;
    const steps = Math.min(KEPT - 1, Math.max(60, 5 * N));
    const shown = path.slice(-steps - 1);
    const times = [shown[0][0], Math.max(shown[0][0] + steps * eta, shown.at(-1)[0])];
    const values = shown.flatMap(([, value, flow]) => [value, flow]);
    const room = { left: 8, width: width - 16 };
    const above = new Panel(context, colours, { ...room, top: 6, height: 0.5 * height - 24, x: times, y: [Math.min(-0.4, ...values), Math.max(0.4, ...values)] });
    const begin = path[Math.max(0, path.length - 1 - full)];
    const end = path.at(-1);
    context.fillStyle = colours.edge;
    context.globalAlpha = 0.4;
    context.fillRect(above.across(begin[0]), above.top, above.across(end[0]) - above.across(begin[0]), above.height);
    context.globalAlpha = 1;
    above.line(shown.map(([t]) => t), shown.map((part) => part[2]), colours.ink, { dash: [6, 4], width: 1.5 });
    above.line(shown.map(([t]) => t), shown.map((part) => part[1]), colours.SGD, { width: 1.6 });
    const length = end[0] - begin[0];
    const tip = begin[1] * (1 - length);
    const spread = Math.sqrt((eta * length) / B);
    above.line([begin[0], end[0]], [begin[1], tip], colours.flow);
    above.line([end[0], end[0]], [tip - spread, tip + spread], colours.flow);
    above.axis("time t = i\u03b7");

    const heads = law.length;
    const [low, high] = [-4.2, 4.2];
    const z = law.map((_, k) => this.scaled(k, settings));
    const gap = heads > 1 ? z[1] - z[0] : 1;
    const below = new Panel(context, colours, { ...room, top: 0.5 * height + 16, height: 0.5 * height - 44, x: [low, high], y: [0, 1.1 * Math.max(0.42, Math.max(...law) / gap)] });
    const bars = (heights, colour, filled) => z.forEach((at, k) => {
      if (at < low || at > high) return;
      const [from, to] = [below.across(at - 0.45 * gap), below.across(at + 0.45 * gap)];
      const top = below.up(heights[k] / gap);
      context.fillStyle = colour;
      if (filled) context.fillRect(from, top, to - from, below.top + below.height - top);
      else context.fillRect(from, top - 1, to - from, 2);
    });
    if (cloud.histogram.seen) bars(cloud.histogram.mass, colours.pale.SGD, true);
    bars(law, colours.ink, false);
    const bell = Array.from({ length: 169 }, (_, k) => low + (k / 168) * (high - low));
    below.line(bell, bell.map((at) => gaussianDensity(at, 1)), colours.SDE, { dash: [6, 4] });
    below.axis("sum of g \u2212 \u011d over its spread");
  },
};
