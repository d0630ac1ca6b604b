/* Two parameters: the bowl H and the noise Sigma as two ellipses that the reader turns and stretches, and the current that
   goes round wherever they do not commute. Each ellipse has a long axis at an angle and a ratio; their areas stay. */

import { meanAndError, varianceAndError } from "./measure.js";
import { Panel } from "./pen.js";

// Symmetric matrices as [a, b, c] for ((a, b), (b, c)); others as [[a, b], [c, d]].

/** The symmetric matrix with eigenvalue `along` at the angle, and `across` at right angles to it. */
function turned(degrees, along, across) {
  const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return [along * c * c + across * s * s, (along - across) * c * s, along * s * s + across * c * c];
}

const full = ([a, b, c]) => [[a, b], [b, c]];
const times = (A, B) => A.map((row) => [0, 1].map((j) => row[0] * B[0][j] + row[1] * B[1][j]));
const transposed = ([[a, b], [c, d]]) => [[a, c], [b, d]];
/** M S M' for a symmetric S. */
function carried(M, S) {
  const [[a, b], [, c]] = times(times(M, full(S)), transposed(M));
  return [a, b, c];
}

/** The root of a covariance: the lower triangle L with L L' = Q. */
function triangle([a, b, c]) {
  const first = Math.sqrt(Math.max(a, 0));
  const second = first > 0 ? b / first : 0;
  return [first, second, Math.sqrt(Math.max(c - second * second, 0))];
}

/** Bowl, noise and temperature for the settings; the long axis of the bowl is its flat direction. */
function problem({ bowl, bowlAngle, noise, noiseAngle }) {
  return { H: turned(bowlAngle, 1 / bowl, bowl), Sigma: turned(noiseAngle, noise, 1 / noise) };
}

/** The S of HS + SH = Q, which is the SDE's covariance where Q = eta Sigma / B: in the axes of H it is Q_ij / (l_i + l_j). */
function lyapunov({ bowl, bowlAngle }, Q) {
  const back = turnedBy(-bowlAngle);
  const [a, b, c] = carried(back, Q);
  const [flat, steep] = [1 / bowl, bowl];
  return carried(turnedBy(bowlAngle), [a / (2 * flat), b / (flat + steep), c / (2 * steep)]);
}

function turnedBy(degrees) {
  const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return [[c, -s], [s, c]];
}

/** Of each arm: the matrix M and the noise Q of its step Phi -> M Phi + noise, and where that settles. */
export function planeTheory(settings) {
  const { eta, B, arm, bowl, bowlAngle, noise } = settings;
  const { H, Sigma } = problem(settings);
  const Q = Sigma.map((part) => (eta * part) / B);
  const T = (eta / B) * ((noise + 1 / noise) / 4); // Langevin dynamics with the same total noise
  const sde = lyapunov(settings, Q);
  const gibbs = turned(bowlAngle, T * bowl, T / bowl);
  if (arm === "SDE" || arm === "Gibbs") {
    const S = arm === "SDE" ? sde : gibbs;
    const M = full(turned(bowlAngle, Math.exp(-eta / bowl), Math.exp(-eta * bowl)));
    const kept = carried(M, S);
    return { M, noise: S.map((part, k) => part - kept[k]), S, sde, gibbs, T };
  }
  const M = [[1 - eta * H[0], -eta * H[1]], [-eta * H[1], 1 - eta * H[2]]];
  let S = sde;
  const step = Q.map((part) => eta * part);
  for (let k = 0; k < 4000; k += 1) S = carried(M, S).map((part, i) => part + step[i]); // S = M S M' + eta^2 Sigma / B
  return { M, noise: step, S, sde, gibbs, T };
}

const SHADES = [[0.35, "flow"], [0.12, "flowPale"], [-0.12, "muted"], [-0.35, "bluePale"], [-Infinity, "SGD"]];

/** Where the parts of the picture stand: the plane, and the two ellipses beside it or under it. */
function layout(width, height) {
  if (width >= 560) {
    const side = Math.min(height - 30, width - 210);
    const small = (height - 50) / 2;
    return { plane: [8, 8, side, side], H: [side + 28, 26, width - side - 36, small - 26], Sigma: [side + 28, small + 46, width - side - 36, small - 26] };
  }
  const small = width / 2 - 12;
  return { plane: [8, 8, width - 16, height - 178], H: [8, height - 130, small, 124], Sigma: [width / 2 + 4, height - 130, small, 124] };
}

/** The long axis of an ellipse's handle in pixels from its middle; its ratio is at most 4. */
const ARM = (box) => 0.23 * Math.min(box[2], box[3]);

export const current = {
  name: "current",
  label: "Two temperatures and the current",
  chains: 4000,
  warm: 80,
  speed: 20,
  sliders: [
    { key: "eta", label: "learning rate \u03b7", from: 0.01, to: 1.2, start: 0.1, log: true },
    { key: "B", label: "batch size B", from: 1, to: 16, start: 1, log: true, whole: true },
    { key: "bowl", label: "bowl: stretch", from: 1, to: 4, start: 1.5, log: true },
    { key: "bowlAngle", label: "bowl: angle", from: -90, to: 90, start: 90, whole: true, format: (a) => `${a}\u00b0`.replace("-", "\u2212") },
    { key: "noise", label: "noise: stretch", from: 1, to: 4, start: 2, log: true },
    { key: "noiseAngle", label: "noise: angle", from: -90, to: 90, start: 45, whole: true, format: (a) => `${a}\u00b0`.replace("-", "\u2212") },
  ],
  choices: [{ key: "arm", label: "arm", among: ["SGD", "Gaussian SGD", "SDE", "Gibbs"] }],
  presets: [
    ["a current", { bowl: 1.5, bowlAngle: 90, noise: 2, noiseAngle: 45 }],
    ["two temperatures", { bowl: 1.5, bowlAngle: 90, noise: 2, noiseAngle: 90 }],
    ["Gibbs", { bowl: 1.5, bowlAngle: 90, noise: 1, noiseAngle: 45 }],
  ],

  refuses: ({ eta, bowl, arm }) =>
    (arm === "SGD" || arm === "Gaussian SGD") && eta * bowl >= 2
      ? `The steep direction has the curvature ${bowl.toFixed(2)}. At \u03b7 = ${eta.toFixed(2)}, which is past 2/${bowl.toFixed(2)}, a step overshoots by more than it mends: the chains run away.`
      : null,

  begin: (n) => ({
    x: new Float64Array(n), y: new Float64Array(n), swept: new Float64Array(n), angle: new Float64Array(n),
    S: [0, 0, 0], foretold: 0, time: 0,
  }),

  changed(cloud) {
    cloud.swept.fill(0);
    Object.assign(cloud, { foretold: 0, time: 0 });
  },

  step(cloud, settings, random, { M, noise }) {
    const { eta, B, arm, noise: stretch, noiseAngle } = settings;
    const { x, y, swept, angle } = cloud;
    const [[a, b], [c, d]] = M; // 1 - eta H for SGD
    const L = triangle(noise);
    const root = turned(noiseAngle, Math.sqrt(2 * stretch), Math.sqrt(2 / stretch)); // data points: + and - its columns
    for (let k = 0; k < x.length; k += 1) {
      let [u, v] = [0, 0];
      if (arm === "SGD") {
        for (let bits = random.bits(), i = 0; i < B; i += 1, bits >>>= 2) {
          const sign = (eta / B) * (bits & 2 ? 1 : -1);
          u += sign * root[bits & 1];
          v += sign * root[(bits & 1) + 1];
        }
      } else {
        const [g, h] = [random.gaussian(), random.gaussian()];
        [u, v] = [L[0] * g, L[1] * g + L[2] * h];
      }
      const [nx, ny] = [a * x[k] + b * y[k] + u, c * x[k] + d * y[k] + v];
      const cross = x[k] * ny - y[k] * nx; // twice the area swept, positive anticlockwise
      swept[k] += cross;
      angle[k] = angle[k] * Math.exp(-0.2 * eta) + Math.atan2(cross, x[k] * nx + y[k] * ny); // forgets in five units of time
      x[k] = nx;
      y[k] = ny;
    }
    const SM = times(full(cloud.S), transposed(M));
    cloud.foretold += SM[0][1] - SM[1][0];
    cloud.time += eta;
    cloud.S = carried(M, cloud.S).map((part, k) => part + noise[k]);
  },

  theory: planeTheory,

  rows({ x, y, S, swept, foretold, time }, { arm }, { steps }) {
    const n = x.length;
    return [
      [`rotation rate of ${arm}`, foretold / time || 0, ...meanAndError(n, (k) => swept[k] / time || 0), ["Gibbs", 0]],
      [`variance of \u03a6\u2081 after ${steps} steps`, S[0], ...varianceAndError(x)],
      ["mean of \u03a6\u2081\u03a6\u2082", S[1], ...meanAndError(n, (k) => x[k] * y[k])],
    ];
  },

  key: ({ arm }) => [[`${arm}: its covariance`, "ink"], ["SDE", "SDE", "dashed"], ["Gibbs", "Gibbs", "dashed"], ["turning anticlockwise", "flow", "area"], ["clockwise", "SGD", "area"]],

  says: ({ bowlAngle, noiseAngle, bowl, noise, arm }) => {
    const apart = Math.abs(((bowlAngle - noiseAngle) % 90) * (bowl > 1.005 && noise > 1.005)) > 0.5;
    const still = arm === "Gibbs" ? "The noise is made equal in all directions: the law is Gibbs, and nothing goes round." : "Bowl and noise have the same axes: nothing goes round.";
    return apart && arm !== "Gibbs" ? "Bowl and noise have different axes: at rest the cloud keeps its shape, and goes round in it." : still;
  },

  height: (width) => (width < 560 ? Math.round(width + 170) : 430),

  draw({ context, colours, width, height }, cloud, settings, { S, sde, gibbs }) {
    const place = layout(width, height);
    const [left, top, w, h] = place.plane;
    const reach = 3 * Math.sqrt(Math.max(...[S, sde, gibbs].map((m) => Math.max(m[0], m[2]))));
    const side = Math.min(w, h);
    const plane = new Panel(context, colours, { left, top, width: w, height: h, x: [(-reach * w) / side, (reach * w) / side], y: [(-reach * h) / side, (reach * h) / side] });
    const { x, y, angle } = cloud;
    const shades = { flowPale: colours.pale["Gaussian SGD"], bluePale: colours.pale.SGD };
    plane.dots(x.length, [...SHADES].sort((one, other) => Math.abs(one[0]) - Math.abs(other[0])).map(([low, name]) => {
      const above = SHADES[SHADES.findIndex((one) => one[0] === low) - 1]?.[0] ?? Infinity;
      return [(k) => (angle[k] >= low && angle[k] < above ? [x[k], y[k]] : null), shades[name] ?? colours[name]];
    }));
    const axes = [["ink", S, [], 2], ["SDE", sde, [7, 5], 2], ["Gibbs", gibbs, [3, 4], 2]];
    axes.forEach(([name, matrix, dash, line]) => {
      const [p, q, r] = triangle(matrix);
      const round = Array.from({ length: 73 }, (_, k) => (k * Math.PI) / 36);
      plane.line(round.map((t) => 2 * p * Math.cos(t)), round.map((t) => 2 * (q * Math.cos(t) + r * Math.sin(t))), colours[name], { width: line, dash });
    });
    [["H", "bowl", "bowlAngle", "the bowl, H"], ["Sigma", "noise", "noiseAngle", "the noise, \u03a3"]].forEach(([name, stretch, turn, words]) => {
      const box = place[name];
      const [mx, my] = [box[0] + box[2] / 2, box[1] + box[3] / 2];
      const tilt = (-settings[turn] * Math.PI) / 180;
      const long = ARM(box) * Math.sqrt(settings[stretch]);
      Object.assign(context, { strokeStyle: colours.edge, lineWidth: 1, fillStyle: colours.ink, textAlign: "center", textBaseline: "bottom" });
      context.setLineDash([]);
      context.strokeRect(...box);
      context.fillText(words, mx, box[1] - 3);
      context.beginPath();
      context.ellipse(mx, my, long, ARM(box) / Math.sqrt(settings[stretch]), tilt, 0, 2 * Math.PI);
      Object.assign(context, { strokeStyle: colours.ink, lineWidth: 2 });
      context.stroke();
      context.beginPath();
      context.arc(mx + long * Math.cos(tilt), my + long * Math.sin(tilt), 7, 0, 2 * Math.PI);
      context.fillStyle = colours.flow;
      context.fill();
    });
  },

  /** A press on one of the two ellipses takes its long axis; it follows the finger. */
  hand: {
    take(settings, { x, y, width, height }) {
      const place = layout(width, height);
      const inside = ([left, top, w, h]) => x >= left && x <= left + w && y >= top && y <= top + h;
      return ["H", "Sigma"].find((name) => inside(place[name])) ?? null;
    },
    move(settings, { x, y, width, height }, name) {
      const box = layout(width, height)[name];
      const [u, v] = [x - box[0] - box[2] / 2, -(y - box[1] - box[3] / 2)];
      const angle = Math.round(((Math.atan2(v, u) * 180) / Math.PI + 270) % 180) - 90;
      const stretch = Math.min(4, Math.max(1, (Math.hypot(u, v) / ARM(box)) ** 2));
      const rounded = Number(stretch.toPrecision(3));
      return name === "H" ? { bowl: rounded, bowlAngle: angle } : { noise: rounded, noiseAngle: angle };
    },
  },
};
