"""Mistakes in the report on one's own loss: (file, old, new, why)."""

LOOK, REPORT = "sgdsde_helpers/diagnosis/look.py", "sgdsde_helpers/diagnosis/report.py"
EXAMPLES = "sgdsde_helpers/losses/_examples.py"

# fmt: off
MUTANTS = [
    (REPORT, "return eta * h / (2 * (1 + mu)), eta", "return eta * h / 2, eta", "momentum shrinks the step term"),
    (REPORT, "frozen = rate / 4 * share", "frozen = eta / 4 * share", "the rate is eta/(1 - mu)"),
    (LOOK, "trace_noise = float(squares - mean @ mean)", "trace_noise = float(squares)", "tr Sigma is about the mean gradient", "tests/diagnosis"),
    (LOOK, "- 3 * s**2", "", "a cumulant, not a moment"),
    (REPORT, "* 2**1.5 / 3 * k3 / s**1.5", "* 2**1.5 * k3 / s**1.5", "a third cumulant decays three times as fast"),
    (LOOK, "(self.trace_hessian[0] - self.curvatures.sum()) / others", "self.trace_hessian[0] / others", "what was found is taken off"),
    (LOOK, "float(h.sum() + values.mean()), float(values.std(ddof=1)", "float(values.mean()), float(values.std(ddof=1)", "the leading part is added"),
    (LOOK, "float(h @ np.diag(noise) + left * curved_left)", "float(left * curved_left)", "the leading part is added"),
    (LOOK, "rng.standard_exponential((len(rows), TRACED)) / np.einsum(\"ij,ij->i\", left, left)[:, None]", "rng.standard_exponential((len(rows), TRACED))", "a mean of quotients wants draws by the square"),
    (LOOK, "sooner = rings.min(axis=0) < rang", "sooner = rings.min(axis=0) < np.inf", "the first clock to ring, over all blocks", "tests/diagnosis"),
    (REPORT, "2 * eta * (1 - heavy) / (1 - mu), 2 * size, heavy", "2 * eta, 2 * size, heavy", "eta/(1 - mu) is kept"),
    (REPORT, "means = np.bincount(cluster, temperatures) / np.bincount(cluster)", "means = np.bincount(cluster, temperatures)", "a mean over a cluster"),
    (EXAMPLES, "for block in self.gradient_blocks(phi)) / self.n", "for block in self.gradient_blocks(phi))", "a mean over all examples"),
    (EXAMPLES, "np.arange(first, min(first + size, self.n))", "np.arange(first, min(first + size, self.n - 1))", "the last example is one of them"),
    (EXAMPLES, "size = max(1, BLOCK // self.shape[0])", "size = self.n", "never all the examples' gradients at once"),
    (EXAMPLES, "self._whole = self._mean if gradient is None", "self._whole = self._mean if True", "a quick gradient that is given is used"),
    (EXAMPLES, "> 1e-5 * np.linalg.norm(mean)", "> 1e5 * np.linalg.norm(mean)", "a gradient that is not the examples' mean"),
]
