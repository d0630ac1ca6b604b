/* One loss, three clouds: SGD, SGD with Gaussian noise, and the SDE in steps of dt. The five data points of the chapter,
   four at -1/2 and one at 2, have mean 0, variance 1 and third cumulant 3/2. */

import { binomial, gaussianCdf, gaussianDensity, Histogram, meanAndError, varianceAndError } from "./measure.js";
import { Panel } from "./pen.js";
import { selfSimilarCdf } from "./self_similar.js";

const ARMS = ["SGD", "Gaussian SGD", "SDE"];
const [LOW, HIGH, RARE, SKEWNESS] = [-0.5, 2, 0.2, 1.5];
const [FROM, TO, WIDTH] = [-1.5, 2, 0.02]; // what the histograms count
const BINS = Math.round((TO - FROM) / WIDTH);
const BELOW = Math.round((LOW - FROM) / WIDTH); // bins where SGD cannot be

/** Mean of a batch of B draws from the five points. */
function batchMean(random, B) {
  let rare = 0;
  for (let k = 0; k < B; k += 1) if (random.uniform() < RARE) rare += 1;
  return LOW + ((HIGH - LOW) * rare) / B;
}

export const threeArms = {
  name: "three-arms",
  label: "SGD, Gaussian SGD and the SDE on one loss",
  chains: 1500,
  warm: 80,
  speed: 8,
  sliders: [
    { key: "eta", label: "learning rate \u03b7", from: 0.02, to: 0.95, start: 0.25, log: true },
    { key: "B", label: "batch size B", from: 1, to: 16, start: 1, log: true, whole: true },
    { key: "m", label: "the SDE's dt", from: 1, to: 32, start: 16, log: true, whole: true, format: (m) => (m === 1 ? "\u03b7" : `\u03b7/${m}`) },
  ],
  presets: [["dt = \u03b7", { m: 1 }], ["dt = \u03b7/32", { m: 32 }]],

  begin: (n) => ({
    SGD: new Float64Array(n), "Gaussian SGD": new Float64Array(n), SDE: new Float64Array(n),
    variances: { SGD: 0, "Gaussian SGD": 0, SDE: 0 }, third: 0, histograms: ARMS.map(() => new Histogram(BINS)),
  }),

  step(cloud, settings, random) {
    const { eta, B, m } = settings;
    const { SGD, SDE, variances } = cloud;
    const gaussian = cloud["Gaussian SGD"];
    const dt = eta / m;
    for (let k = 0; k < SGD.length; k += 1) {
      SGD[k] -= eta * (SGD[k] - batchMean(random, B));
      gaussian[k] -= eta * (gaussian[k] - random.gaussian() / Math.sqrt(B));
      for (let i = 0; i < m; i += 1) SDE[k] += -SDE[k] * dt + Math.sqrt(eta / B) * Math.sqrt(dt) * random.gaussian();
    }
    variances.SGD = (1 - eta) ** 2 * variances.SGD + eta ** 2 / B;
    variances["Gaussian SGD"] = (1 - eta) ** 2 * variances["Gaussian SGD"] + eta ** 2 / B;
    for (let i = 0; i < m; i += 1) variances.SDE = (1 - dt) ** 2 * variances.SDE + (eta / B) * dt;
    cloud.third = (1 - eta) ** 3 * cloud.third + (eta ** 3 * SKEWNESS) / B ** 2;
    ARMS.forEach((arm, k) => cloud.histograms[k].add(cloud[arm], FROM, TO));
  },

  changed: ({ histograms }) => histograms.forEach((histogram) => histogram.clear()),

  /** Stationary: the exact law of SGD at the edges of the bins, and the variances of the two bells. */
  theory({ eta, B, m }) {
    const [middle, half] = [(LOW + HIGH) / 2, (HIGH - LOW) / 2];
    const maps = binomial(B, RARE).map((p, rare) => ({ p, s: eta * ((2 * rare) / B - 1) }));
    const variance = eta / (2 - eta) / B;
    const inside = selfSimilarCdf(1 - eta, maps, (y) => gaussianCdf((middle + half * y) / Math.sqrt(variance)), BINS - BELOW);
    const cdf = [...new Array(BELOW).fill(0), ...inside];
    return { cdf, variances: { SGD: variance, "Gaussian SGD": variance, SDE: eta / (2 - eta / m) / B }, limit: eta / (2 * B) };
  },

  rows: (cloud, { m }, { steps }) => [
    ...ARMS.map((arm) => [
      `variance of ${arm}${arm === "SGD" ? ` after ${steps} steps` : ""}${arm === "SDE" ? ` at dt = \u03b7/${m}` : ""}`, cloud.variances[arm], ...varianceAndError(cloud[arm]),
    ]),
    ["third moment of SGD", cloud.third, ...meanAndError(cloud.SGD.length, (k) => cloud.SGD[k] ** 3), ["a bell", 0]],
  ],

  key: () => [...ARMS.map((arm) => [`chains of ${arm}`, `pale.${arm}`, "area"]), ["exact law", "ink"], ["the SDE as dt \u2192 0", "SDE", "dashed"]],

  says: ({ m }) =>
    `Three clouds on one loss. SGD is skewed, as its data are; Gaussian SGD is a bell of the same width; the SDE${m === 1 ? " at dt = \u03b7 is Gaussian SGD" : " is narrower"}.`,

  height: (width) => (width < 520 ? 470 : 450),

  draw({ context, colours, width, height }, cloud, settings, { cdf, variances, limit }) {
    const wide = 4.2 * Math.sqrt(limit);
    const [first, last] = [Math.max(FROM, -wide), Math.min(TO, 1.3 * wide)].map((end) => Math.round((end - FROM) / WIDTH));
    const law = Array.from({ length: BINS }, (_, k) => (cdf[k + 1] - cdf[k]) / WIDTH).slice(first, last);
    const ends = [FROM + first * WIDTH, FROM + last * WIDTH];
    const grid = Array.from({ length: 161 }, (_, k) => ends[0] + (k / 160) * (ends[1] - ends[0]));
    const top = Math.max(1.15 * gaussianDensity(0, limit), Math.min(Math.max(...law), 2 * gaussianDensity(0, limit)));
    const each = (height - 24) / 3;
    ARMS.forEach((arm, k) => {
      const panel = new Panel(context, colours, { left: 8, width: width - 16, top: k * each + 26, height: each - 30, x: ends, y: [0, 1.05 * top] });
      const dots = new Panel(context, colours, { left: 8, width: width - 16, top: k * each + 4, height: 22, x: ends, y: [0, cloud[arm].length] });
      dots.dots(cloud[arm].length, [[(i) => [cloud[arm][i], i], colours[arm]]], 1.6);
      const { mass, seen } = cloud.histograms[k];
      if (seen) panel.bars(mass.slice(first, last).map((share) => share / WIDTH), colours.pale[arm]);
      if (arm === "SGD") panel.levels(law, colours.ink, 1.2);
      else panel.line(grid, grid.map((at) => gaussianDensity(at, variances[arm])), colours.ink, { width: 1.2 });
      panel.line(grid, grid.map((at) => gaussianDensity(at, limit)), colours.SDE, { dash: [6, 4], width: 1.6 });
      panel.axis(k === 2 ? "\u03a6" : "", { values: k === 2 });
      panel.words([[arm, colours[arm]]], { align: "right" });
    });
  },
};
