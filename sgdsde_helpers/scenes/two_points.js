/* Two data points, x = +1 and x = -1, each with the loss (phi - x)^2 / 2: the smallest SGD, and its fractal law. */

import { binomial, gaussianCdf, gaussianDensity, Histogram, shareAndError, varianceAndError } from "./measure.js";
import { Panel } from "./pen.js";
import { selfSimilarCdf } from "./self_similar.js";

const BINS = 256;

/** How far from 0 the chain can get: the sum of all |1 - eta|^k eta. */
const reach = (eta) => eta / (1 - Math.abs(1 - eta));

/** Distribution function of the stationary law at BINS + 1 edges over its whole reach: in its units a shift is (1 - r) xi,
    and the law is symmetric, so r stands for |1 - eta|. */
export function twoPointCdf(eta, B) {
  const r = Math.abs(1 - eta);
  const maps = binomial(B, 0.5).map((p, heads) => ({ p, s: (1 - r) * ((2 * heads) / B - 1) }));
  const deviation = Math.sqrt((1 - r) / (1 + r) / B);
  return selfSimilarCdf(r, maps, (y) => gaussianCdf(y / deviation), BINS); // the bell is within O(eta) of F already
}

export const twoPoints = {
  name: "two-points",
  label: "SGD on two data points",
  chains: 4000,
  warm: 80,
  speed: 6,
  sliders: [
    { key: "eta", label: "learning rate \u03b7", from: 0.01, to: 2.2, start: 0.1, log: true },
    { key: "B", label: "batch size B", from: 1, to: 32, start: 1, log: true, whole: true },
  ],
  choices: [{ key: "arm", label: "arm", among: ["SGD", "Gaussian SGD", "SDE"] }],
  presets: [
    ["bell", { eta: 0.05, B: 1 }],
    ["golden", { eta: (3 - Math.sqrt(5)) / 2, B: 1 }],
    ["uniform", { eta: 0.5, B: 1 }],
    ["Cantor", { eta: 2 / 3, B: 1 }],
  ],

  refuses: ({ eta, arm }) =>
    arm !== "SDE" && eta >= 2
      ? `At \u03b7 = ${eta.toFixed(2)} each step multiplies the distance from 0 by |1 \u2212 \u03b7| = ${(eta - 1).toFixed(2)} or so: the chains run away, and there is no law to draw.`
      : null,

  begin: (n) => ({ x: new Float64Array(n), before: new Float64Array(n), toss: new Float64Array(n), variance: 0, histogram: new Histogram(BINS) }),

  changed: ({ histogram }) => histogram.clear(),

  step(cloud, { eta, B, arm }, random) {
    const { x, before, toss } = cloud;
    before.set(x);
    for (let k = 0; k < x.length; k += 1) {
      const noise = arm === "SGD" ? random.signs(B) : random.gaussian() / Math.sqrt(B);
      const ghat = x[k] - noise; // the mean over the batch of phi - x
      toss[k] = noise;
      if (arm === "SDE") x[k] = Math.exp(-eta) * x[k] + Math.sqrt((eta * (1 - Math.exp(-2 * eta))) / 2) * noise;
      else x[k] -= eta * ghat;
    }
    cloud.variance = this.nextVariance(cloud.variance, { eta, B, arm });
    cloud.histogram.add(x, -reach(Math.min(eta, 1.95)), reach(Math.min(eta, 1.95)));
  },

  nextVariance: (v, { eta, B, arm }) =>
    arm === "SDE"
      ? Math.exp(-2 * eta) * v + (eta / (2 * B)) * (1 - Math.exp(-2 * eta))
      : (1 - eta) ** 2 * v + eta ** 2 / B,

  stationaryVariance: ({ eta, B, arm }) => (arm === "SDE" ? eta / (2 * B) : eta / (2 - eta) / B),

  /** The exact law; and the place at which it differs most from the SDE's bell, with what each arm's law says there. */
  theory(settings) {
    const { eta, B, arm } = settings;
    const cdf = eta < 2 ? twoPointCdf(eta, B) : new Float64Array(BINS + 1);
    const edge = (k) => ((2 * k) / BINS - 1) * reach(Math.min(eta, 1.95));
    const bell = (k) => gaussianCdf(edge(k) / Math.sqrt(eta / (2 * B)));
    let most = BINS / 4;
    for (let k = 0; k < BINS / 2; k += 1) if (Math.abs(cdf[k] - bell(k)) > Math.abs(cdf[most] - bell(most))) most = k;
    const own = gaussianCdf(edge(most) / Math.sqrt(this.stationaryVariance(settings)));
    const share = arm === "SGD" ? cdf[most] : own;
    return { cdf, place: edge(most), share, rival: arm === "SGD" ? ["the SDE's bell", bell(most)] : eta < 2 && ["SGD", cdf[most]] };
  },

  rows({ x, variance }, { eta, arm }, { steps, since }, { place, share, rival }) {
    const settled = Math.abs(arm === "SDE" ? Math.exp(-eta) : 1 - eta) ** since < 1e-3;
    const [below, error] = settled ? shareAndError(x.length, (k) => x[k] < place, share) : [null, 0];
    return [
      [`variance of ${arm} after ${steps} steps`, variance, ...varianceAndError(x)],
      [`share of ${arm} below ${place.toFixed(3).replace("-", "\u2212")}`, share, below, error, rival],
    ];
  },

  key: ({ eta, arm }) => [[`chains of ${arm}`, `pale.${arm}`, "area"], ...(eta < 2 ? [["exact law of SGD", "ink"]] : []), ["the SDE's bell, which is Gibbs", "SDE", "dashed"]],

  says: ({ eta, B, arm }) => {
    const hop = eta > 1 ? "hop past" : "hop towards";
    const drawn = B === 1 ? "+1 or \u22121" : `the mean of ${B} draws of +1 or \u22121`;
    const moves = { SGD: `${hop} ${drawn}`, "Gaussian SGD": `${hop} Gaussian draws of the same variance`, SDE: "fall back towards 0 under Gaussian noise" }[arm];
    const gaps = Math.abs(1 - eta) < 1 / (B + 1) ? ", which has gaps where no chain of SGD can be" : "";
    const law = eta < 2 ? `, the exact law of SGD${gaps},` : "";
    return `Chains of ${arm} ${moves}. Under them: their histogram${law} and the bell of the SDE.`;
  },

  height: (width) => Math.round(Math.min(430, Math.max(330, 0.5 * width))),

  draw({ context, colours, width, height }, cloud, settings, { cdf }, shown) {
    const { eta, B, arm } = settings;
    const a = reach(Math.min(eta, 1.95));
    const room = { left: 8, width: width - 16, x: [-1.04 * a, 1.04 * a] };
    const above = new Panel(context, colours, { ...room, top: 22, height: 0.42 * height, y: [0, cloud.x.length] });
    const { x, before, toss } = cloud;
    const place = (k) => [before[k] + shown * (x[k] - before[k]), k];
    const [up, down] = [arm === "SGD" ? colours.flow : colours[arm], arm === "SGD" ? colours.SGD : colours[arm]];
    above.dots(x.length, [[(k) => (toss[k] > 0 ? place(k) : null), up], [(k) => (toss[k] <= 0 ? place(k) : null), down]], 1.6);
    context.textBaseline = "top";
    if (arm === "SGD") {
      above.words([[B === 1 ? "\u2190 drew \u22121" : "\u2190 drew a mean \u2264 0", down]], { top: -20 });
      above.words([[B === 1 ? "drew +1 \u2192" : "drew a mean > 0 \u2192", up]], { top: -20, align: "right" });
    }

    const binWidth = (2 * a) / BINS;
    const bell = Array.from({ length: 201 }, (_, k) => (k / 100 - 1) * a);
    const curve = bell.map((at) => gaussianDensity(at, eta / (2 * B)));
    const law = Array.from({ length: BINS }, (_, k) => (cdf[k + 1] - cdf[k]) / binWidth);
    const top = 1.12 * Math.min(Math.max(...law, curve[100]), 3.2 * curve[100]);
    const below = new Panel(context, colours, {
      ...room, top: 0.42 * height + 34, height: 0.58 * height - 62, left: room.left + (0.04 / 2.08) * room.width,
      width: room.width / 1.04, x: [-a, a], y: [0, top],
    });
    if (cloud.histogram.seen) below.bars(cloud.histogram.mass.map((mass) => mass / binWidth), colours.pale[arm]);
    if (eta < 2) below.levels(law, colours.ink, 1.2);
    below.line(bell, curve, colours.SDE, { dash: [6, 4] });
    below.axis("\u03a6");
  },
};
