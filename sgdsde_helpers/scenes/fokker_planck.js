/* The Fokker-Planck equation of dPhi = -L' dt + sqrt(2D) dW, solved in the page. The rates between neighbouring cells are
   those of Scharfetter and Gummel (IEEE Transactions on Electron Devices 16, 1969), whose law at rest is Gibbs exactly;
   time goes by the scheme of Crank and Nicolson. */

const bernoulli = (x) => (Math.abs(x) < 1e-6 ? 1 - x / 2 : x / Math.expm1(x));

export class FokkerPlanck {
  /** Cells of the width h with the losses L at their middles. */
  constructor(L, D, h) {
    const n = L.length;
    this.right = Float64Array.from({ length: n - 1 }, (_, k) => (D / h ** 2) * bernoulli((L[k + 1] - L[k]) / D));
    this.left = Float64Array.from({ length: n - 1 }, (_, k) => (D / h ** 2) * bernoulli((L[k] - L[k + 1]) / D));
    this.out = Float64Array.from({ length: n }, (_, k) => (k < n - 1 ? this.right[k] : 0) + (k > 0 ? this.left[k - 1] : 0));
  }

  /** The masses after the time dt: (1 - dt A / 2) new = (1 + dt A / 2) old, a tridiagonal system. */
  after(mass, dt) {
    const { right, left, out } = this;
    const [n, half] = [mass.length, dt / 2];
    const [up, value] = [new Float64Array(n), new Float64Array(n)];
    for (let k = 0; k < n; k += 1) {
      const fromLeft = k > 0 ? right[k - 1] : 0;
      const fromRight = k < n - 1 ? left[k] : 0;
      const known = mass[k] * (1 - half * out[k]) + half * (fromLeft * (mass[k - 1] ?? 0) + fromRight * (mass[k + 1] ?? 0));
      const pivot = 1 + half * out[k] + (k > 0 ? half * fromLeft * up[k - 1] : 0);
      up[k] = (-half * fromRight) / pivot;
      value[k] = (known + (k > 0 ? half * fromLeft * value[k - 1] : 0)) / pivot;
    }
    for (let k = n - 2; k >= 0; k -= 1) value[k] -= up[k] * value[k + 1];
    return value;
  }
}
