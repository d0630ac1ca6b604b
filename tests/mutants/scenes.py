"""Mistakes in the live scenes: (file, old, new, why)."""

SCENES = "sgdsde_helpers/scenes/"
RANDOM, MEASURE, ENGINE, TWO = (SCENES + f"{name}.js" for name in ("random", "measure", "engine", "two_points"))

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
]
