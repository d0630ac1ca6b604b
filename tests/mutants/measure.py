"""Mistakes in what measures, compares and checks: (file, old, new, why)."""

MEASURE, COMPARISON, CHECKS, PROBLEMS, SCORECARD, ENSEMBLES, FACE = (
    f"sgdsde_helpers/{name}.py"
    for name in ("measure", "comparison", "checks", "problems", "scorecard", "ensembles", "__init__")
)

# fmt: off
MUTANTS = [
    (MEASURE, "return x.mean(axis=0), x.std(axis=0, ddof=1) / np.sqrt(len(x))", "return x.mean(axis=0), x.std(axis=0, ddof=1) / len(x)", "1/sqrt(N), not 1/N"),
    (MEASURE, "spread = (noise**4).mean(axis=0) - variance**2 * (m - 3) / (m - 1)", "spread = 2 * variance**2", "the error of a variance is not always a Gaussian's"),
    (MEASURE, "covariance = noise.T @ noise / (m - 1)", "covariance = noise.T @ noise / m", "no bias"),
    (MEASURE, "x = x[len(x) % n_batches :]", "x = x[: len(x) - len(x) % n_batches]", "the first times are left out, not the last"),
    (MEASURE, "return float(max((after - f).max(), (f - before).max()))", "return float((after - f).max())", "a two-sided distance"),
    (MEASURE, "float((k - 1) / np.log(", "float(k / np.log(", "Hill with k for k - 1 is high"),
    (MEASURE, '"value k + 1 of sample", x[k]', '"value k + 1 of sample", x[k - 1]', "the threshold is the next value, not the last"),
    (MEASURE, "return estimate, estimate / float(np.sqrt(k - 2))", "return estimate, estimate / (k - 2)", "1/sqrt(k)"),
    (MEASURE, "share * (2 + share) * error_low**2", "share**2 * error_low**2", "the larger sample holds the smaller"),
    (MEASURE, 'checks.positive("standard deviation of values", x.std()) ** 3', 'checks.positive("standard deviation of values", x.std(ddof=1)) ** 3', "the population's skewness"),
    (MEASURE, "np.polyfit(np.log(x), np.log(y), 1)[0]", "np.polyfit(np.log(y), np.log(x), 1)[0]", "errors against sizes"),
    (MEASURE, "- before[..., 1] * after[..., 0]", "+ before[..., 1] * after[..., 0]", "an area is antisymmetric"),
    (COMPARISON, "return (self.measured - self.predicted) / self.standard_error", "return (self.predicted - self.measured) / self.standard_error", "z is positive where the measurement is above"),
    (COMPARISON, "if abs(c.z) > bound:", "if c.z > bound:", "too low is wrong too"),
    (COMPARISON, "bound: float = 4.5", "bound: float = 45", "the bound of all comparisons"),
    (COMPARISON, "abs(c.z_rival) <= bound:", "abs(c.z_rival) <= 0:", "a rival that would pass decides nothing"),
    (COMPARISON, "if difference > tolerance:", "if difference > 10 * tolerance:", "the tolerance is the one that is printed"),
    (COMPARISON, "float(np.abs(a - b).max() / (np.abs(a).max() or 1.0))", "float(np.abs(a - b).mean() / (np.abs(a).max() or 1.0))", "every number agrees, not the average"),
    (CHECKS, "return x if x > 0 else refuse(name, value, \"a finite number > 0\")", "return x", "zero is not positive"),
    (CHECKS, "if isinstance(value, bool):", "if False:", "True is no count"),
    (CHECKS, 'if given.dtype.kind not in ("fiub" if booleans else "fiu"):', "if False:", "strings are no numbers"),
    (CHECKS, "if not np.isfinite(x).all():", "if np.isnan(x).any():", "infinity is refused"),
    (CHECKS, "if np.abs(matrix - matrix.T).max() > _ROUNDING * scale:", "if False:", "a covariance is symmetric"),
    (CHECKS, "if n is not None and size > n:", "if n is not None and size > n + 1:", "B <= n without replacement"),
    (CHECKS, "super().__init__(report)  #", "super().__init__(report.message)  #", "an error that is sent between processes keeps its report"),
    (PROBLEMS, "return (x - x.mean(axis=0)) / x.std(axis=0)", "return x / x.std(axis=0)", "standardised data have mean 0"),
    (PROBLEMS, "roots = np.sqrt(len(axes)) *", "roots = len(axes) *", "points of the covariance that was asked for"),
    (PROBLEMS, "return (run.final - loss.minimiser) / eta", "return (run.final - loss.minimiser)", "the sum of the noise, from the equation of the chain"),
    (FACE, "if name in module.__all__:", "if hasattr(module, name):", "the face has public names only", "tests/test_face.py"),
    (FACE, "for name in globals() if name.startswith(\"__\")", "for name in globals()", "dir shows no helpers", "tests/test_face.py"),
    (SCORECARD, "(value - self.sgd) / (abs(self.sgd) or 1.0)", "(value - self.sgd) / (value or 1.0)", "an error is a share of SGD's value"),
    (SCORECARD, "return Score((1 - eta * h) ** steps,", "return Score((1 - eta * h) ** time,", "a product over steps"),
    (SCORECARD, "np.sqrt(checks.positive(\"q\", q) * checks.batch_size(batch_size) / checks.positive(\"eta\", eta))", "np.sqrt(checks.positive(\"q\", q) / checks.positive(\"eta\", eta))", "q is eta nu^2 / B"),
    (SCORECARD, "float(np.trace(h @ chain) / 2)", "float(np.trace(h @ chain))", "half a parabola"),
    (SCORECARD, "(later[1, 0] - later[0, 1]) / eta", "(later[0, 1] - later[1, 0]) / eta", "the sense of the rotation"),
    (SCORECARD, "second = h + eta * h @ h / 2", "second = h + eta * h @ h", "eta/4 of the square's gradient"),
    (SCORECARD, "np.abs(errors).min() < _EXACT", "np.abs(errors).max() < 0", "an exact theory has no order"),
    (ENSEMBLES, "return self.eta / 4 * self.chains", "return self.eta / 2 * self.chains", "a quarter of eta g^2"),
]
