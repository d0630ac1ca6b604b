"""Mistakes in the live scenes: (file, old, new, why)."""

SCENES = "sgdsde_helpers/scenes/"
RANDOM, MEASURE, ENGINE, TWO = (SCENES + f"{name}.js" for name in ("random", "measure", "engine", "two_points"))
THREE, CURRENT, WINDOW = (SCENES + f"{name}.js" for name in ("three_arms", "current", "window"))

# fmt: off
MUTANTS = [
    (RANDOM, "const angle = 2 * Math.PI", "const angle = Math.PI", "Box and Muller's angle goes all the way round"),
    (RANDOM, "Math.sqrt(-2 * Math.log", "Math.sqrt(-Math.log", "Box and Muller's radius"),
    (RANDOM, "this.bits() >>> (32 - B)", "this.bits() >>> (31 - B)", "B tosses, not B + 1"),
    (RANDOM, "s[3] = left(s[3], 11);", "s[3] = left(s[3], 10);", "the generator is the one that is named"),
    (MEASURE, "k / (-z + fraction)", "k / (-z - fraction)", "the tail of the bell", "tests/scenes/test_random.py"),
    (MEASURE, "Math.max(0, fourth - second * second) / n", "fourth / n", "the error of a variance", "tests/scenes/test_two_points.py"),
    (ENGINE, "(measured - value) / error", "(value - measured) / error", "z has a sign", "tests/scenes/test_two_points.py"),
    (TWO, "else x[k] -= eta * ghat;", "else x[k] -= Math.sqrt(eta) * ghat;", "the learning rate, not its root"),
    (TWO, "else x[k] -= eta * ghat;", "else x[k] += eta * ghat;", "a step goes down"),
    (TWO, "const ghat = x[k] - noise;", "const ghat = x[k] - 0.5 * noise;", "the size of the noise"),
    (TWO, "random.signs(B) :", "random.signs(1) :", "B averages the signs"),
    (TWO, "random.gaussian() / Math.sqrt(B)", "random.gaussian()", "B divides the variance"),
    (TWO, "(eta * (1 - Math.exp(-2 * eta))) / 2", "eta * (1 - Math.exp(-2 * eta))", "the SDE's variance is eta / 2"),
    (TWO, "(1 - eta) ** 2 * v + eta ** 2 / B", "(1 - eta) ** 2 * v + eta ** 2", "B in the prediction"),
    (TWO, "(1 - r) * ((2 * heads) / B - 1)", "r * ((2 * heads) / B - 1)", "the shifts of the self-similar law"),
    (TWO, "eta / (2 - eta) / B", "eta / 2 / B", "Gaussian SGD at a finite learning rate is wider than the SDE"),
    (THREE, "SGD[k] -= eta * (SGD[k]", "SGD[k] -= Math.sqrt(eta) * (SGD[k]", "the learning rate, not its root"),
    (THREE, "random.gaussian() / Math.sqrt(B)", "random.gaussian()", "B divides the variance of Gaussian SGD"),
    (THREE, "Math.sqrt(eta / B) * Math.sqrt(dt)", "Math.sqrt(eta) * Math.sqrt(dt)", "B divides the variance of the SDE"),
    (THREE, "+= -SDE[k] * dt", "+= SDE[k] * dt", "the drift goes down"),
    (THREE, "(1 - dt) ** 2 * variances.SDE", "Math.exp(-2 * dt) * variances.SDE", "steps of dt are no exact transition"),
    (THREE, "(eta ** 3 * SKEWNESS) / B ** 2", "(eta ** 3 * SKEWNESS) / B", "a third cumulant falls like 1/B^2"),
    (THREE, "eta * ((2 * rare) / B - 1)", "(1 - eta) * ((2 * rare) / B - 1)", "the shifts of the exact law"),
    (CURRENT, "const M = [[1 - eta * H[0], -eta * H[1]]", "const M = [[1 - eta * H[0], eta * H[1]]", "the sign of the bowl's tilt"),
    (CURRENT, "(eta / B) * (bits & 2 ? 1 : -1)", "eta * (bits & 2 ? 1 : -1)", "B averages the draws"),
    (CURRENT, "const step = Q.map((part) => eta * part);", "const step = Q.map((part) => Math.sqrt(eta) * part);", "noise per step is eta^2"),
    (CURRENT, "b / (flat + steep)", "b / (2 * flat + 2 * steep)", "the Lyapunov equation off its diagonal"),
    (CURRENT, "x[k] * ny - y[k] * nx", "y[k] * nx - x[k] * ny", "anticlockwise is positive"),
    (CURRENT, "SM[0][1] - SM[1][0]", "SM[1][0] - SM[0][1]", "the sign of the rate"),
    (CURRENT, "Math.sqrt(2 * stretch), Math.sqrt(2 / stretch)", "Math.sqrt(stretch), Math.sqrt(1 / stretch)", "d points on either side"),
    (WINDOW, "x[k] -= eta * ghat;", "x[k] -= Math.sqrt(eta) * ghat;", "the learning rate, not its root"),
    (WINDOW, "((high - low) * now) / B", "(high - low) * now", "B averages the draws"),
    (WINDOW, "now - heads[place]", "now", "the oldest draw leaves the window"),
    (WINDOW, "(1 - 2 * p) / Math.sqrt", "(2 * p - 1) / Math.sqrt", "the sign of a skewness"),
    (WINDOW, "(a ** N - 1 + N * eta) ** 2", "(a ** N - 1) ** 2", "the lecture's drift is taken off"),
    (WINDOW, "(1 - a ** (2 * N))", "(1 - a ** N)", "a variance shrinks twice as fast"),
    (MEASURE, "weights[k] * odds * (n - k)", "weights[k] * (n - k)", "a coin that is not fair", "tests/scenes/test_window.py"),
]
