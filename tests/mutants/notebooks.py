"""Mistakes in the notebooks' own cells, caught by their comparisons or by their stored outputs: (file, old, new, why)."""

ONE, TWO, THREE, WINDOW, FOUR, TEN, ELEVEN, TWELVE, THIRTEEN, FIFTEEN, SIXTEEN = (
    f"chapters/{name}.ipynb"
    for name in (
        "01_stochastic_process",
        "02_fixed_learning_rate",
        "03_central_limit_theorem",
        "04_best_window",
        "05_noise_in_one_dimension",
        "13_not_even_a_density",
        "14_langevin_dynamics",
        "15_exact_chain",
        "16_batch_size",
        "18_linear_regression",
        "19_small_network",
    )
)

# fmt: off
MUTANTS = [
    (ONE, "variance = eta / (2 - eta) * sigma2 *", "variance = eta / 2 * sigma2 *", "the chain is wider than the SDE"),
    (ONE, "v = sigma2 / 2 * (10 - 2) / (10 - 1)", "v = sigma2 / 2", "batches of an epoch are drawn without replacement"),
    (ONE, "independent_draws = eta / (2 - eta) * sigma2 / 2", "independent_draws = eta / (2 - eta) * sigma2", "a line that is drawn: B = 2 divides the variance"),
    (ONE, "excess = -2 * (1 - a2) / (1 + a2)", "excess = -2 * (1 + a2) / (1 - a2)", "the kurtosis of two points"),
    (TWO, "C_one = (1 - np.exp(-2)) / 2", "C_one = 1 - np.exp(-2)", "the variance of the fluctuation at t = 1"),
    (TWO, "chains - flow[::5, None]) ** 2, axis=1) / eta)", "chains - flow[::5, None]) ** 2, axis=1))", "marks that are drawn: scaled by sqrt(eta)"),
    (TWO, "r2, third = np.mean(weights**2)", "r2, third = np.mean(weights)", "squares of the weights"),
    (TWO, "np.mean(weights**3) / np.sqrt(N)", "np.mean(weights**3)", "the skewness of a sum falls"),
    (TWO, "rates = 2.0 ** -np.arange(6, 10)", "rates = 2.0 ** -np.arange(1, 5)", "an order is seen at small rates"),
    (THREE, "predicted = eta**2 * sigma**2 * np.sum((1 - (1 - eta) ** np.arange(N)) ** 2)", "predicted = eta**2 * sigma**2 * N", "what the change of the gradient adds"),
    (THREE, "predicted = 0.5 + third / (6 * np.sqrt(2 * np.pi * N))", "predicted = 0.5 - third / (6 * np.sqrt(2 * np.pi * N))", "the sign of Edgeworth's term"),
    (THREE, "height = binom(N, N // 2) / 2**N", "height = 2 * binom(N, N // 2) / 2**N", "the largest step of a binomial"),
    (THREE, "constant = skewness(one_sided(n)) / np.sqrt(n)", "constant = skewness(one_sided(n))", "the skewness of heavy tails grows like sqrt(n)"),
    (WINDOW, "best_far = np.sqrt(abs(gamma) * sigma / (9 * far_etas * 2.0))", "best_far = np.sqrt(abs(gamma) * sigma / (3 * far_etas * 2.0))", "the bottom, far from the minimiser"),
    (WINDOW, "N = np.unique((crossing * np.geomspace", "N = np.unique((2 * crossing * np.geomspace", "the unit of a length"),
    (FOUR, "subset * M**2 * (M + 1) / 12", "subset * M**2 * (M + 1) / 6", "an epoch's variance"),
    (FOUR, "corrected = plain * (1 - (N - 1) * eta * bracket(phi))", "corrected = plain * (1 + (N - 1) * eta * bracket(phi))", "early noise has been contracted"),
    (TEN, 'SGD\\": eta / (2 - eta), \\"Gaussian SGD', 'SGD\\": eta / 2, \\"Gaussian SGD', "the chain is wider than the SDE"),
    (TEN, "place = 0.9 * np.sqrt(eta / 2)", "place = 0.9 * eta", "a place on the ruler of the cloud"),
    (ELEVEN, "posterior = np.linalg.inv(n * hessian)", "posterior = np.linalg.inv(hessian)", "n observations"),
    (ELEVEN, "wide, estimate = 1 / (1 - h * curvature / 2)", "wide, estimate = 1 / (1 - h * curvature)", "the unadjusted chain is too wide by"),
    (ELEVEN, "diagonal = np.diag(2 * batch_size * temperature / np.diag(sigma))", "diagonal = np.diag(batch_size * temperature / np.diag(sigma))", "a preconditioner of half the size"),
    (TWELVE, "off = np.array([equation(h, sigma2, e) for e in small]) / truth - 1", "off = np.array([equation(h, sigma2, e) for e in small]) / truth", "a relative error is about one"),
    (TWELVE, "one - eta * h3, mu * one], [-eta * h3, mu * one", "one - eta * h3, mu * one], [eta * h3, mu * one", "the momentum's own equation"),
    (THIRTEEN, "kappa = eta * curvatures * m", "kappa = eta * curvatures", "steps in an epoch"),
    (THIRTEEN, "base = eta * sigma / 2", "base = eta * sigma", "Adam's spread at small rates"),
    (FIFTEEN, "lowest = etas / (4 * B) * np.trace(Sigma)", "lowest = etas / (2 * B) * np.trace(Sigma)", "curves that are drawn: eta trace / 4B"),
    (FIFTEEN, "iid = eta * s / (B * h * (2 - eta * h))", "iid = eta * s / (h * (2 - eta * h))", "B divides the noise"),
    (SIXTEEN, "predicted = eta * noise / (B * h * (2 - eta * h))", "predicted = eta * noise / (B * h * 2)", "a chain, not its SDE"),
    (SIXTEEN, "predicted = a.eta / 4 * a.chains", "predicted = a.eta / 2 * a.chains", "a quarter of eta g^2"),
]
