/* A landscape of the reader's own: a loss drawn by hand, with chains, their law, the Fokker-Planck equation and Gibbs. */

import { FokkerPlanck } from "./fokker_planck.js";
import { Grid, leftOf0, moveChains, movesOf, painting, PARTS, stacked, tabulated } from "./line.js";
import { binomial, Histogram, meanAndError, shareAndError } from "./measure.js";
import { Panel } from "./pen.js";

const GRID = new Grid(-5, 5, 1001);
const CELLS = { from: -5, width: 0.025, count: 400 };
const [LOW, HIGH, BINS] = [-3.2, 3.2, 128];
const [SPREAD, TIMES] = [2.8, 4]; // chains start evenly over +-SPREAD; Fokker-Planck takes TIMES steps in one of SGD
const AT = Array.from({ length: 13 }, (_, k) => -3 + k / 2);
const wells = AT.map((phi) => Math.min(3, Math.max(0, Number(((phi * phi - 2) ** 2 / 8 + 0.1 * phi + 0.2).toFixed(2)))));
const LOSS = { key: "loss", label: "loss L", from: 0, to: 3, at: AT, start: wells };

/** The cubic curve of Catmull and Rom through the knots, as [value, slope]; beyond them the slope goes on with the curvature 4. */
export function curve(values) {
  const [gap, last] = [0.5, AT.length - 1];
  const knots = Float64Array.from(values);
  const tangents = knots.map((_, k) => (knots[Math.min(last, k + 1)] - knots[Math.max(0, k - 1)]) / (k === 0 || k === last ? gap : 2 * gap));
  return (phi) => {
    const end = phi < AT[0] ? 0 : phi > AT[last] ? last : -1;
    if (end >= 0) {
      const beyond = phi - AT[end];
      return [knots[end] + tangents[end] * beyond + 2 * beyond * beyond, tangents[end] + 4 * beyond];
    }
    const k = Math.min(last - 1, Math.floor((phi - AT[0]) / gap));
    const t = (phi - AT[k]) / gap;
    const [a, b, c, d] = [knots[k], tangents[k] * gap, knots[k + 1], tangents[k + 1] * gap];
    const [second, third] = [3 * (c - a) - 2 * b - d, 2 * (a - c) + b + d];
    return [a + t * (b + t * (second + t * third)), (b + t * (2 * second + 3 * t * third)) / gap];
  };
}

const panels = stacked(0.44, [LOW, HIGH], [-0.1, 3.1]);

export const landscape = {
  name: "landscape",
  label: "A landscape of one's own",
  chains: 4000,
  warm: 120,
  speed: 30,
  sliders: [
    { key: "eta", label: "learning rate \u03b7", from: 0.05, to: 0.25, start: 0.1, log: true },
    { key: "B", label: "batch size B", from: 1, to: 4, start: 1, whole: true },
    { key: "sigma", label: "noise \u03c3", from: 0.5, to: 3, start: 1.5, log: true },
  ],
  drawings: [LOSS],
  choices: [{ key: "arm", label: "arm", among: ["SGD", "Gaussian SGD", "SDE"] }],
  presets: [
    ["two wells", { loss: wells }],
    ["sharp and flat", { loss: [3, 2.6, 1.2, 0.1, 1.2, 2, 1.4, 0.7, 0.3, 0.1, 0.3, 0.9, 2.2] }],
    ["rugged", { loss: AT.map((phi, k) => Number((0.25 * phi * phi + (k % 2 ? 0.7 : 0.1)).toFixed(2))) }],
    ["bowl", { loss: AT.map((phi) => Number((phi * phi / 3.2).toFixed(2))) }],
  ],

  begin(n, _, random) {
    const law = Float64Array.from({ length: GRID.nodes }, (_unused, k) => Number(Math.abs(GRID.at(k)) < SPREAD + 1e-9) - Number(Math.abs(Math.abs(GRID.at(k)) - SPREAD) < 1e-9) / 2);
    const cells = Float64Array.from({ length: CELLS.count }, (_unused, k) => Number(Math.abs(CELLS.from + (k + 0.5) * CELLS.width) < SPREAD));
    const share = (mass) => mass.map((part) => part / mass.reduce((a, b) => a + b));
    return { x: Float64Array.from({ length: n }, () => SPREAD * (2 * random.uniform() - 1)), law: share(law), cells: share(cells), histogram: new Histogram(BINS, 25) };
  },

  changed: ({ histogram }) => histogram.clear(),

  step(cloud, settings, random, { land, moves, flow }) {
    moveChains(cloud.x, land, settings, random);
    for (let k = 0; k < (settings.arm === "SDE" ? PARTS : 1); k += 1) cloud.law = GRID.pushed(cloud.law, moves);
    for (let k = 0; k < TIMES; k += 1) cloud.cells = flow.after(cloud.cells, settings.eta / TIMES);
    cloud.histogram.add(cloud.x, LOW, HIGH);
  },

  theory(settings) {
    const { eta, B, sigma, loss } = settings;
    const at = curve(loss);
    const lossAt = tabulated((phi) => at(phi)[0], GRID.from, -GRID.from);
    const land = { slope: tabulated((phi) => at(phi)[1], GRID.from, -GRID.from), sigma: () => sigma, extra: () => 0 };
    const T = (eta * sigma ** 2) / (2 * B);
    const middles = Float64Array.from({ length: CELLS.count }, (_, k) => CELLS.from + (k + 0.5) * CELLS.width);
    const losses = middles.map((phi) => at(phi)[0]);
    const gibbs = GRID.normalised(losses.map((L) => -L / T));
    return {
      land, moves: movesOf(GRID, land, settings, binomial(B, 0.5)), flow: new FokkerPlanck(losses, T, CELLS.width), middles, losses, gibbs, T,
      lossAt, gibbsLoss: gibbs.reduce((sum, mass, k) => sum + mass * losses[k], 0),
    };
  },

  rows({ x, law, cells }, { arm }, { steps }, { lossAt, losses, middles }) {
    const n = x.length;
    const inCells = (f) => cells.reduce((sum, mass, k) => sum + mass * f(k), 0);
    const share = GRID.mean(law, leftOf0);
    return [
      [`mean loss of ${arm} after ${steps} steps`, GRID.mean(law, lossAt), ...meanAndError(n, (k) => lossAt(x[k])), ["Fokker\u2013Planck", inCells((k) => losses[k])]],
      ["share left of 0", share, ...shareAndError(n, (k) => x[k] < 0, share), ["Fokker\u2013Planck", inCells((k) => leftOf0(middles[k]))]],
    ];
  },

  key: ({ arm }) => [["loss: draw it", "flow"], [`chains of ${arm}`, `pale.${arm}`, "area"], ["their law at this step", "ink"], ["Fokker\u2013Planck at this time", "SDE", "dashed"], ["Gibbs", "Gibbs", "dashed"]],

  says: (_, { T, gibbsLoss }) => `The temperature is T = ${T.toPrecision(3)}. At rest the mean loss of Gibbs is ${gibbsLoss.toPrecision(3)}.`,

  height: (width) => (width < 520 ? 440 : 460),

  draw({ context, colours, width, height }, cloud, { arm }, { lossAt, gibbs }) {
    const place = panels(width, height);
    const above = new Panel(context, colours, place.above);
    const grid = Array.from({ length: 257 }, (_, k) => LOW + (k / 256) * (HIGH - LOW));
    above.dots(cloud.x.length, [[(k) => [cloud.x[k], lossAt(cloud.x[k]) + 0.04 + 0.4 * ((k * 0.618034) % 1)], colours[arm]]], 1.6);
    above.line(grid, grid.map(lossAt), colours.flow, { width: 2.4 });
    above.knobs(AT, AT.map(lossAt), colours.flow);
    above.axis("", { values: false });

    const wide = (HIGH - LOW) / BINS;
    const now = GRID.binned(cloud.law, LOW, HIGH, BINS).map((mass) => mass / wide);
    const cells = (mass) => Array.from(mass, (part) => part / CELLS.width);
    const middles = cells(gibbs).map((_, k) => CELLS.from + (k + 0.5) * CELLS.width);
    const [planck, rest] = [cells(cloud.cells), cells(gibbs)];
    const below = new Panel(context, colours, { ...place.below, y: [0, 1.1 * Math.max(...planck, ...rest, Math.min(Math.max(...now), 2 * Math.max(...planck)))] });
    if (cloud.histogram.seen) below.bars(cloud.histogram.mass.map((mass) => mass / wide), colours.pale[arm]);
    below.levels(now, colours.ink, 1.2);
    below.line(middles, planck, colours.SDE, { dash: [7, 4], width: 1.8 });
    below.line(middles, rest, colours.Gibbs, { dash: [3, 4], width: 1.8 });
    below.axis("\u03a6");
  },

  /** The loss is drawn in the upper panel. */
  hand: painting(panels, "draw", LOSS),
};
