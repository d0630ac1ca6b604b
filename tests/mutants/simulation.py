"""Mistakes in the simulations: (file, old, new, why)."""

ROOM = "sgdsde_helpers/simulation/"
SGD, SDE, EXACT, LANGEVIN, RUN, RECORDING, FACTORS, STREAMS, SWEEP, DIVERGENCE = (
    ROOM + f"_{name}.py"
    for name in ("sgd", "sde", "exact", "langevin", "run", "recording", "factors", "streams", "sweep", "divergence")
)
SAMPLING, SPLITTING = "sgdsde_helpers/sampling.py", ROOM + "_splitting.py"
OF_EXACT = "tests/simulation/test_exact.py"
RELATIVES = "tests/simulation/test_relatives.py"

# fmt: off
MUTANTS = [
    (SGD, "phi -= eta * gradient(phi, batch)", "phi -= eta * loss.gradient(phi)", "SGD sees a batch"),
    (SGD, "report = stable(loss, rate, batch_size, sampling)", "report = stable(loss, rate, 1, sampling)", "the bound is that of the batch size"),
    (SGD, "root = factor(loss.covariance(phi)) / np.sqrt(batch)", "root = factor(loss.covariance(phi))", "B divides the noise"),
    (SGD, "loss.minimiser is None else loss.minimiser) / batch)", "loss.minimiser is None else loss.minimiser))", "B divides frozen noise too"),
    (SGD, "phi -= eta * (loss.gradient(phi) - apply(root, normal))", "phi -= eta * (loss.gradient(phi) - np.sqrt(eta) * apply(root, normal))", "noise per step, not per time"),
    (SGD, "(z - z.mean(axis=1, keepdims=True)) / np.sqrt(loss.n * batch)", "z / np.sqrt(loss.n * batch)", "the weights sum to 1", RELATIVES),
    (SGD, "- noise * z[-1]", "- z[-1]", "the labels' noise counts", RELATIVES),
    (SGD, "rows -= eta / size * np.einsum", "rows -= eta * np.einsum", "a batch is a mean", RELATIVES),
    (SGD, "v = mu * v - eta * gradient(phi, batch)", "v = mu * v - (1 - mu) * eta * gradient(phi, batch)", "heavy ball, not averaged momentum", RELATIVES),
    (SGD, "(1 - root) / 2 * gradient(phi, two)", "(root - 1) / 2 * gradient(phi, two)", "SVAG's weights sum to 1", RELATIVES),
    (SGD, "states, step = states_of_loss(loss, start, n_chains), eta / l", "states, step = states_of_loss(loss, start, n_chains), eta", "SVAG's steps are l times shorter", RELATIVES),
    (SGD, "size = np.sqrt(v / (1 - b2**i)) + eps", "size = np.sqrt(v) + eps", "Adam corrects the bias of v", RELATIVES),
    (SDE, "phi += drift(here) * dt + apply(root(here), dW)", "phi += drift(here) * dt + apply(root(phi + drift(here) * dt), dW)", "Ito: the noise is taken before the step"),
    (SDE, "for noise_dW in gaussians(rng, phi.shape, root * np.sqrt(dt)):\n            phi += drift(here) * dt + noise_dW", "for noise_dW in gaussians(rng, phi.shape, root * dt):\n            phi += drift(here) * dt + noise_dW", "Brownian motion grows like sqrt(dt)"),
    (SDE, "phi += (a + drift(phi + a * dt + noise_dW)) * dt / 2 + noise_dW", "phi += a * dt + noise_dW", "second order needs the drift at the end", "tests/simulation/test_weak_second_order.py"),
    (SDE, "(up - down) * (dW**2 - dt) / (4 * np.sqrt(dt))", "(up - down) * dW**2 / (4 * np.sqrt(dt))", "the Ito correction has mean 0", "tests/simulation/test_weak_second_order.py"),
    (SDE, "positive(\"eta\", eta) / checked_batch_size(batch_size)", "positive(\"eta\", eta)", "B divides the SDE's noise"),
    (SDE, "return np.sqrt(scale) * factor(loss.covariance(phi))", "return scale * factor(loss.covariance(phi))", "the factor is a square root"),
    (SDE, "    view.flags.writeable = False\n", "", "a drift that works in place changes the path"),
    (SDE, "if not np.array_equal(kept, value, equal_nan=True):", "if False:", "a drift with one array for all calls"),
    (SDE, "            change *= 0.5\n", "", "the mean of two ends", "tests/simulation/test_stratonovich_heun.py"),
    (SDE, "change += drift(ahead) * dt + apply(factor_at(ahead), dW)", "change += drift(ahead) * dt + apply(factor_at(here), dW)", "the noise at the end is what makes the reading Stratonovich's", "tests/simulation/test_stratonovich_heun.py"),
    (EXACT, "shift = mean - apply(decay, mean)", "shift = mean", "the centre of Ornstein-Uhlenbeck", OF_EXACT),
    (EXACT, "np.sqrt(dt) * factor(c)", "dt * factor(c)", "Brownian motion grows like sqrt(dt)", OF_EXACT),
    (EXACT, "return -loss.gradient(y.reshape(loss.shape))", "return loss.gradient(y.reshape(loss.shape))", "downhill", OF_EXACT),
    (LANGEVIN, "for noise in gaussians(rng, phi.shape, np.sqrt(2 * h * t)):\n            phi += noise - h * loss.gradient(phi)", "for noise in gaussians(rng, phi.shape, np.sqrt(h * t)):\n            phi += noise - h * loss.gradient(phi)", "noise of variance 2hT"),
    (LANGEVIN, "(4 * h * t)", "(2 * h * t)", "the density of MALA's proposal"),
    (LANGEVIN, "- log_density(phi, g, proposal)", "- log_density(phi, g, phi)", "detailed balance needs the way back"),
    (LANGEVIN, "yes = np.log(rng.random(len(phi))) < odds", "yes = odds > 0", "uphill moves are accepted by chance"),
    (LANGEVIN, '(plan.get("burn_in", 0) + n_steps)', "n_steps", "the share counts the burn-in's proposals too"),
    (LANGEVIN, "phi += noise - rate * gradient(phi, batch)", "phi += noise - h * loss.gradient(phi)", "SGLD sees a batch"),
    (RUN, 'last = count("burn_in", burn_in, 0) + count("n_steps", n_steps, 0)', 'last = count("n_steps", n_steps, 0) + 0 * count("burn_in", burn_in, 0)', "the burn-in is walked", "tests/simulation/test_recording.py tests/simulation/test_sgd.py"),
    (RUN, "keep.final[these] = phi", "keep.final[these] = start[these]", "the last states are kept", "tests/simulation/test_recording.py tests/simulation/test_sgd.py"),
    (RUN, "loss.n if self.scheme.distinct else None", "None", "B <= n without replacement", RELATIVES),
    (RUN, "np.zeros(loss.shape) if loss.minimiser is None else loss.minimiser", "np.zeros(loss.shape)", "chains start at the minimiser", "tests/simulation/test_sgd.py"),
    (RECORDING, "self.t = dt * self.steps", "self.t = dt * (self.steps - burn_in)", "time counts from the start of the run"),
    (RECORDING, "second[...] = products / self.n_steps - sum_of_products(mean[None])", "second[...] = products / self.n_steps", "central second moments"),
    (RECORDING, "mean[...] = total / self.n_steps", "mean[...] = total / (self.n_steps + 1)", "an average over the steps"),
    (RECORDING, "squares.sum(axis=0) / ((m - 1) * m)", "squares.sum(axis=0) / m**2", "the covariance about the common mean has no bias"),
    (RECORDING, "(self.mean.std(axis=0, ddof=1) / np.sqrt(m))", "self.mean.std(axis=0, ddof=1)", "an error of a mean of m chains"),
    (FACTORS, "np.sqrt(np.maximum(values, 0.0))[..., None, :]", "np.sqrt(np.maximum(values, 0.0))[..., :, None]", "a root of a singular covariance", "tests/simulation"),
    (FACTORS, "return normal @ root.T", "return normal @ root", "the factor acts from the left", "tests/simulation"),
    (STREAMS, "root.spawn(n)", "[root] * n", "each block has a stream of its own"),
    (STREAMS, "np.matmul(normal, root.T, out=noise)", "np.matmul(normal, root, out=noise)", "the factor acts from the left", "tests/simulation"),
    (SPLITTING, "    while len(phi):\n        above", "    phi = step(phi, rng)\n    while len(phi):\n        above", "a copy past the next level has hit it"),
    (SPLITTING, "passed.append(phi[above])", "passed.append(np.full(above.sum(), level + 1e-12))", "what is overshot is kept"),
    (SPLITTING, "states.append(phi[entered])", "states.append(np.full(entered.sum(), heights[0] + 1e-12))", "entries have a law of their own"),
    (SPLITTING, "phi[phi > heights[-1]] = begin", "pass", "a chain over the top starts again"),
    (SPLITTING, "np.sqrt(loss.covariance(phi) / size)", "np.sqrt(loss.covariance(phi)) + 0 * size", "B divides the noise"),
    (SPLITTING, "rates = np.bincount(runs, minlength=n_runs) / (particles * steps * eta)", "rates = np.bincount(runs, minlength=n_runs) / (particles * steps)", "a rate per time, not per step"),
    (SWEEP, "index[:size]", "index[: max(batch_sizes)]", "each setting has its own batch size"),
    (SWEEP, "phi_of_size -= eta * _for_each_eta", "phi_of_size -= eta[-1] * _for_each_eta", "each setting has its own learning rate"),
    (DIVERGENCE, "if bound is not None and eta >= bound:", "if bound is not None and eta > 2 * bound:", "a run beyond its bound is refused", "tests/simulation/test_sgd.py"),
    (DIVERGENCE, "if not max(phi.max(), -phi.min()) < HUGE:", "if max(phi.max(), -phi.min()) > HUGE:", "nan has diverged too", "tests/simulation"),
    (SAMPLING, "(n - size) / (size * (n - 1))", "(n - size) / (size * n)", "the factor of a subset"),
    (SAMPLING, "lambda n, size: 1 / size", "lambda n, size: 1 / size**2", "a batch's noise falls like 1/B"),
    (SAMPLING, "rng.integers(j, n, size=begin.size", "rng.integers(0, n, size=begin.size", "Fisher-Yates: an even shuffle", "tests/test_sampling.py tests/simulation/test_sgd.py"),
    (SAMPLING, "rng.permuted(decks, axis=1, out=decks)", "rng.shuffle(decks, axis=1)", "each chain has an order of its own", "tests/test_sampling.py tests/simulation"),
    (SAMPLING, "part[uneven] = rng.integers(0, below, size=uneven.size)", "pass", "Lemire's correction: whole numbers without bias", "tests/test_sampling.py"),
]
