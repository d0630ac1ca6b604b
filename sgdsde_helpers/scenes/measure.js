/* Estimates from the chains on the screen with their standard errors, and the functions that theories share. */

/** Mean of n numbers value(k), and its standard error. */
export function meanAndError(n, value) {
  let [sum, squares] = [0, 0];
  for (let k = 0; k < n; k += 1) sum += value(k);
  const mean = sum / n;
  for (let k = 0; k < n; k += 1) squares += (value(k) - mean) ** 2;
  return [mean, Math.sqrt(squares / (n - 1) / n)];
}

/** Share of the chains with a property, and the error of a share whose chance is foretold: it is right where none has it, too. */
export function shareAndError(n, has, chance) {
  let count = 0;
  for (let k = 0; k < n; k += 1) if (has(k)) count += 1;
  return [count / n, Math.sqrt(Math.max(1e-12, chance * (1 - chance)) / n)];
}

/** Variance of the numbers in x, and its standard error, which knows the fourth moment. */
export function varianceAndError(x) {
  const n = x.length;
  const [mean] = meanAndError(n, (k) => x[k]);
  let [second, fourth] = [0, 0];
  for (let k = 0; k < n; k += 1) {
    const square = (x[k] - mean) ** 2;
    second += square / n;
    fourth += (square * square) / n;
  }
  return [(second * n) / (n - 1), Math.sqrt(Math.max(0, fourth - second * second) / n)];
}

export const gaussianDensity = (x, variance) => Math.exp((-x * x) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance);

/** Distribution function of the standard Gaussian: Marsaglia's series (2004), or its tail's continued fraction. */
export function gaussianCdf(z) {
  if (z < -5) {
    let fraction = 0;
    for (let k = 12; k > 0; k -= 1) fraction = k / (-z + fraction);
    return gaussianDensity(z, 1) / (-z + fraction);
  }
  if (z > 5) return 1 - gaussianCdf(-z);
  let [sum, term] = [z, z];
  for (let k = 3; sum + term !== sum; k += 2) sum += term *= (z * z) / k;
  return 0.5 + sum * gaussianDensity(z, 1);
}

/** Chances of 0, ..., n heads in n tosses of a coin that shows heads with the chance p; from the likeliest outwards. */
export function binomial(n, p) {
  const weights = new Float64Array(n + 1);
  const mode = Math.min(n, Math.floor((n + 1) * p));
  const odds = p / (1 - p);
  weights[mode] = 1;
  for (let k = mode; k < n; k += 1) weights[k + 1] = (weights[k] * odds * (n - k)) / (k + 1);
  for (let k = mode; k > 0; k -= 1) weights[k - 1] = (weights[k] * k) / (odds * (n - k + 1));
  const total = weights.reduce((sum, weight) => sum + weight);
  return Array.from(weights, (weight) => weight / total);
}

/** A number as its standard error supports it: to two digits of the error. */
export function rounded(value, error) {
  const places = error > 0 ? Math.min(8, Math.max(0, 1 - Math.floor(Math.log10(error)))) : 4;
  return value.toFixed(places).replace("-", "\u2212");
}

/** Masses of bins that gather over many steps: a mean that forgets the start and grows into the law. */
export class Histogram {
  constructor(bins, memory = 100) {
    Object.assign(this, { mass: new Float64Array(bins), now: new Float64Array(bins), memory, seen: 0 });
  }

  /** Add the values, of which [low, high] holds what is counted. */
  add(x, low, high) {
    const { mass, now } = this;
    const scale = mass.length / (high - low);
    now.fill(0);
    for (let k = 0; k < x.length; k += 1) {
      const bin = Math.min(mass.length - 1, Math.floor((x[k] - low) * scale));
      if (bin >= 0 && x[k] <= high) now[bin] += 1 / x.length;
    }
    this.seen += 1;
    const weight = Math.max(4 / (this.seen + 3), 1 / this.memory); // step k weighs like k^3
    for (let bin = 0; bin < mass.length; bin += 1) mass[bin] += weight * (now[bin] - mass[bin]);
  }

  clear() {
    this.seen = 0;
  }
}
