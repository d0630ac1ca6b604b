"""Mistakes in the losses: (file, old, new, why)."""

LOSSES = "sgdsde_helpers/losses/"
BASE, QUADRATIC, REGRESSION = LOSSES + "_base.py", LOSSES + "_quadratic.py", LOSSES + "_regression.py"
WELL, NETWORK, BATCHES, NUMERICS = (
    LOSSES + f"_{name}.py" for name in ("double_well", "network", "batches", "numerics")
)

# fmt: off
MUTANTS = [
    (BASE, "@ noise / self.n", "@ noise / (self.n - 1)", "Sigma of the population, not of a sample"),
    (BASE, "return (noise**2).mean(axis=-1)", "return noise.var(axis=-1, ddof=1)", "the scalar Sigma likewise"),
    (BASE, "return 2.0 / float(curvature)", "return 1.0 / float(curvature)", "the edge of stability is 2 over the curvature"),
    (BASE, "eigvalsh(np.atleast_2d(self.hessian(self.minimiser)))[-1]", "eigvalsh(np.atleast_2d(self.hessian(self.minimiser)))[0]", "the largest curvature decides"),
    (BASE, "return (h + np.swapaxes(h, -1, -2)) / 2", "return (h - np.swapaxes(h, -1, -2)) / 2", "a Hessian is symmetric"),
    (BASE, '(self.gradient(phi + step) - self.gradient(phi - step)) / (', '(self.gradient(phi + step) - self.gradient(phi - step)) / 2 / (', "central differences span two steps"),
    (BASE, "long = ~(change < 1e-3)", "long = (change > 1e30)", "in small units a step of order one leaves the loss's shape", "tests/losses/test_units.py"),
    (BASE, "6e-6 * np.maximum(1.0, np.abs(phi))", "6e-6 * np.maximum(1.0, 0 * np.abs(phi))", "in large units a step of order one is lost in rounding", "tests/losses/test_units.py"),
    (BASE, 'np.einsum("mn,mn...->m...", weights,', 'np.einsum("mn,mn...->m...", weights / weights,', "the weights count"),
    (BASE, 'plain = {"minibatch_gradient", "batch_gradient", "weighted_gradient"}', "plain = set()", "a subclass does not inherit quick ways to other gradients"),
    (BASE, 'plain = {"batch_gradient"}', "plain = set()", "a subclass with its own minibatch gradient uses it"),
    (BASE, "minibatch_factor(self.n, size, sampling, independent=False)", 'minibatch_factor(self.n, size, "with_replacement", independent=False)', "stability depends on the sampling"),
    (BASE, "array(name, getattr(self, name)(probe))", "getattr(self, name)(probe)", "a gradient that is not finite is refused at the start"),
    (QUADRATIC, "self.minimiser = self.x.mean(axis=0)", "self.minimiser = np.median(self.x, axis=0)", "the mean minimises squares"),
    (QUADRATIC, "self._floor = np.trace(np.atleast_2d(self._sigma)) / 2", "self._floor = np.trace(np.atleast_2d(self._sigma))", "the loss at its bottom"),
    (QUADRATIC, "self._sigma = np.cov(self.b.T, bias=True)", "self._sigma = np.cov(self.b.T)", "Sigma of the population"),
    (QUADRATIC, "return phi @ self.H - self.b.take(index, axis=0).mean(axis=0)", "return phi @ self.H - self.b.take(index[:1], axis=0).mean(axis=0)", "a batch is all its draws"),
    (QUADRATIC, "return 2.0 / float(np.linalg.eigvalsh(self.H)[-1])", "return 2.0 / float(np.trace(self.H))", "the largest eigenvalue, not the trace"),
    (QUADRATIC, "self.minimiser = np.asarray(self._hx.mean() / self.mean_h)", "self.minimiser = np.asarray(self.x.mean())", "curvatures weigh the centres"),
    (QUADRATIC, "(self.var_h * u + 2 * self.cov_hr) * u", "(self.var_h * u + self.cov_hr) * u", "the covariance of curvature and residual comes twice"),
    (QUADRATIC, "return 2 * self.mean_h / (self.mean_h**2 + spread)", "return 2 / self.mean_h", "spread of the curvature lowers the edge"),
    (QUADRATIC, "spread = self.var_h * self._excess(batch_size, sampling)", "spread = self.var_h * self._excess(1, sampling)", "B softens the spread"),
    (REGRESSION, "self._hessian = self.X.T @ self.X / self.n", "self._hessian = self.X.T @ self.X / (self.n - 1)", "a mean over all examples"),
    (REGRESSION, "return (scores * scores).sum(axis=-1) / 2 + self._floor", "return (scores * scores).sum(axis=-1) + self._floor", "half a square"),
    (REGRESSION, "p, y = _sigmoid(z), self.y[:, None]", "p, y = _sigmoid(z), 1 - self.y[:, None]", "the labels of the minimiser"),
    (REGRESSION, "curve = lambda v: p * (v - (p * v).sum(axis=1, keepdims=True))", "curve = lambda v: p * v", "the curvature of softmax; without it Newton's steps do not die out"),
    (NUMERICS, "if here.separated and ridge == 0:", "if here.separated:", "with a ridge separated data have a minimiser"),
    (NUMERICS, "away = span @ (span.T @ away)", "away = 1.0 * away", "along flat directions the minimiser is the smallest"),
    (NUMERICS, "unit = np.sqrt((rows**2).mean(axis=0))", "unit = np.ones(d)", "features of very different units"),
    (NUMERICS, "np.sqrt(n * ridge) * np.eye(d)", "0 * np.eye(d)", "the ridge bends flat directions"),
    (BASE, "self._functions[name](phi.copy())", "self._functions[name](phi)", "a reader's function may work in place"),
    (BASE, "            _check_gradient(self, probe)", "            pass", "a gradient that is not the loss's"),
    (REGRESSION, "root = np.sqrt(scale / batch_size)", "root = np.sqrt(scale)", "a batch gradient is a mean"),
    (REGRESSION, "return second - mean[..., :, None] * mean[..., None, :]", "return second", "a covariance, not a second moment"),
    (REGRESSION, "if c not in self._bounds:", "if not self._bounds:", "each batch size has a bound of its own"),
    (REGRESSION, "return 0.5 + 0.5 * np.tanh(0.5 * z)", "return 0.5 + 0.5 * np.tanh(z)", "the sigmoid's slope at 0 is a quarter"),
    (REGRESSION, "signed = (2 * self.y - 1)[:, None] * self.X", "signed = (1 - 2 * self.y)[:, None] * self.X", "the sign of a label"),
    (REGRESSION, "data(phi, index) + scale * self.ridge * phi", "data(phi, index) + 0 * phi", "the ridge pulls in every batch"),
    (REGRESSION, "h = np.einsum(\"...nkl,ni,nj->...kilj\"", "h = np.einsum(\"...nkl,ni,nj->...ikjl\"", "rows and columns of the softmax's Hessian", "tests/losses/test_losses.py tests/losses/test_batches.py"),
    (WELL, "return 3 * phi * phi - 1", "return 3 * phi * phi + 1", "the barrier is concave"),
    (WELL, "sign = 1.0 - 2.0 * index.mean(axis=0)", "sign = 2.0 * index.mean(axis=0) - 1.0", "the first example is the one with +"),
    (NETWORK, "-1, -2)) * (1 - a * a)", "-1, -2)) * (1 - a)", "the derivative of tanh"),
    (NETWORK, "self._backward(phi, self.X, self._one_hot, weights) + self.decay * phi", "self._backward(phi, self.X, self._one_hot, weights)", "weight decay is in the gradient"),
    (NETWORK, "((self.X**2).sum(axis=-1) + 1)", "(self.X**2).sum(axis=-1)", "the bias has a gradient too"),
    (BATCHES, "total *= batch_size / len(index)", "total *= 1.0", "the last batch of an epoch is smaller"),
    (BATCHES, "return sums / together", "return sums", "a tuple stands for the mean of its examples"),
    (NUMERICS, "product * s + share * noise(s)", "2 * product * s + share * noise(s)", "the mean-square bound counts the mean once"),
    (REGRESSION, "kept = values > 1e-12 * values[-1]", "kept = values > -1", "flat directions do not count"),
]
