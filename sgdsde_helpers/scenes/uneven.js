/* A double well whose noise the reader paints along the line: mass moves to where it is quiet, although nothing pushes. */

import { binomial, Histogram, meanAndError, shareAndError } from "./measure.js";
import { brokenLine, Grid, leftOf0, moveChains, movesOf, painting, PARTS, stacked } from "./line.js";
import { Panel } from "./pen.js";

const GRID = new Grid(-4, 4, 1601);
const [LOW, HIGH, BINS] = [-2.4, 2.4, 120];
const SIGMA = { key: "sigma", label: "noise \u03c3", from: 0.15, to: 2, at: [-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2], start: [0.3, 0.45, 0.6, 0.75, 0.9, 1.05, 1.2, 1.35, 1.5] };

/** L = (phi^2 - 1)^2 / 4 up to |phi| = 2; beyond, its slope of 6 goes on with the curvature 4, so that no chain runs away. */
const slope = (phi) => (Math.abs(phi) <= 2 ? (phi * phi - 1) * phi : Math.sign(phi) * (6 + 4 * (Math.abs(phi) - 2)));
function loss(phi) {
  const beyond = Math.abs(phi) - 2;
  return beyond <= 0 ? (phi * phi - 1) ** 2 / 4 : 2.25 + 6 * beyond + 2 * beyond * beyond;
}

/** What moves the chains: the slope, the noise, and Stratonovich's drift where the arm has it. */
function landscape({ sigma, eta, B, arm }) {
  const line = brokenLine(SIGMA.at, sigma);
  return { slope, sigma: line.value, extra: arm === "Stratonovich" ? (phi) => ((eta / B) * line.value(phi) * line.slope(phi)) / 2 : () => 0 };
}

const panels = stacked(0.42, [LOW, HIGH], [0, 2.1]);

export const uneven = {
  name: "uneven",
  label: "Two equal wells with uneven noise",
  chains: 4000,
  warm: 400,
  speed: 60,
  sliders: [
    { key: "eta", label: "learning rate \u03b7", from: 0.05, to: 0.4, start: 0.25, log: true },
    { key: "B", label: "batch size B", from: 1, to: 4, start: 1, whole: true },
  ],
  drawings: [SIGMA],
  choices: [{ key: "arm", label: "arm", among: ["SGD", "Gaussian SGD", "Ito", "Stratonovich"] }],
  presets: [["quiet left", { sigma: SIGMA.start }], ["even", { sigma: SIGMA.at.map(() => 0.9) }], ["quiet right", { sigma: [...SIGMA.start].reverse() }]],

  begin(n) {
    const law = new Float64Array(GRID.nodes);
    law[Math.round((1 - GRID.from) / GRID.width)] = 1; // all chains start in the right well
    return { x: new Float64Array(n).fill(1), law, histogram: new Histogram(BINS, 25) };
  },

  changed: ({ histogram }) => histogram.clear(),

  step(cloud, settings, random, { land, moves }) {
    moveChains(cloud.x, land, settings, random);
    for (let k = 0; k < (settings.arm.endsWith("SGD") ? 1 : PARTS); k += 1) cloud.law = GRID.pushed(cloud.law, moves);
    cloud.histogram.add(cloud.x, LOW, HIGH);
  },

  /** The moves that carry the law along; and the laws of the SDE in either reading, and of Gibbs, as masses at the nodes. */
  theory(settings) {
    const { eta, B, sigma } = settings;
    const land = landscape(settings);
    const nodes = Float64Array.from({ length: GRID.nodes }, (_, k) => GRID.at(k));
    let [pull, last] = [0, null];
    const pulled = nodes.map((phi) => { // minus the integral of 2B L' / (eta sigma^2)
      const now = (2 * B * slope(phi)) / (eta * land.sigma(phi) ** 2);
      if (last !== null) pull -= ((last + now) / 2) * GRID.width;
      last = now;
      return pull;
    });
    const with_ = (power) => GRID.normalised(pulled.map((value, k) => value - power * Math.log(land.sigma(nodes[k]))));
    const T = (eta / B) * ((sigma[2] ** 2 + sigma[6] ** 2) / 4); // of the mean noise at the two bottoms
    const laws = { Ito: with_(2), Stratonovich: with_(1), Gibbs: GRID.normalised(nodes.map((phi) => -loss(phi) / T)) };
    const shares = Object.fromEntries(Object.entries(laws).map(([name, mass]) => [name, GRID.mean(mass, leftOf0)]));
    return { land, moves: movesOf(GRID, land, settings, binomial(B, 0.5)), laws, shares };
  },

  rows({ x, law }, { arm }, { steps }) {
    const share = GRID.mean(law, leftOf0);
    return [
      [`share of ${arm} left of 0 after ${steps} steps`, share, ...shareAndError(x.length, (k) => x[k] < 0, share)],
      ["mean of \u03a6", GRID.mean(law, (phi) => phi), ...meanAndError(x.length, (k) => x[k])],
    ];
  },

  key: ({ arm }) => [["noise \u03c3: paint it", "flow"], ["loss", "muted"], [`chains of ${arm}`, arm.endsWith("SGD") ? `pale.${arm}` : "pale.SDE", "area"], ["their law at this step", "ink"],
    ["Ito, at rest", "SDE", "dashed"], ["Stratonovich", "Gaussian SGD", "dashed"], ["Gibbs", "Gibbs", "dashed"]],

  says: (_, { shares }) =>
    `Two wells of equal depth. In the long run the left one holds ${Object.entries(shares).map(([name, share]) => `${(100 * share).toFixed(0)}% by ${name}`).join(", ")}.`,

  height: (width) => (width < 520 ? 430 : 450),

  draw({ context, colours, width, height }, cloud, { sigma, arm }, { laws }) {
    const place = panels(width, height);
    const above = new Panel(context, colours, place.above);
    const grid = Array.from({ length: 193 }, (_, k) => LOW + (k / 192) * (HIGH - LOW));
    above.line(grid, grid.map(loss), colours.muted, { width: 1.4 });
    const noise = brokenLine(SIGMA.at, sigma);
    above.line(grid, grid.map(noise.value), colours.flow, { width: 2.4 });
    above.knobs(SIGMA.at, sigma, colours.flow);
    above.dots(cloud.x.length, [[(k) => [cloud.x[k], 0.05 + 0.35 * ((k * 0.618034) % 1)], colours[arm] ?? colours.SDE]], 1.5);
    above.axis("", { values: false });

    const wide = (HIGH - LOW) / BINS;
    const density = (mass) => GRID.binned(mass, LOW, HIGH, BINS).map((share) => share / wide);
    const drawn = { now: density(cloud.law), Ito: density(laws.Ito), Stratonovich: density(laws.Stratonovich), Gibbs: density(laws.Gibbs) };
    const top = 1.1 * Math.max(...drawn.Ito, ...drawn.Gibbs, Math.min(Math.max(...drawn.now), 4));
    const below = new Panel(context, colours, { ...place.below, y: [0, top] });
    if (cloud.histogram.seen) below.bars(cloud.histogram.mass.map((share) => share / wide), colours.pale[arm] ?? colours.pale.SDE);
    below.levels(drawn.now, colours.ink, 1.2);
    const middles = Array.from({ length: BINS }, (_, k) => LOW + (k + 0.5) * wide);
    [["Ito", "SDE", [7, 4]], ["Stratonovich", "Gaussian SGD", [7, 4]], ["Gibbs", "Gibbs", [3, 4]]].forEach(([name, colour, dash]) => below.line(middles, drawn[name], colours[colour], { dash, width: 1.8 }));
    below.axis("\u03a6");
  },

  /** The noise is painted in the upper panel. */
  hand: painting(panels, "paint", SIGMA),
};
