"""What each idea brought: one problem, the plain loop first, then one idea added at a time."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import ours
import work
from peers import numpy_plain
from timing import in_turn

from sgdsde_helpers.losses._memory import aligned_empty
from sgdsde_helpers.sampling import uniform_integers

PROBLEMS = {
    "A": work.Row("A", "Euler-Maruyama, 1-D, noise of the state, 100,000 paths", "path × step", 100_000, 50),
    "C8": work.Row("C8", "SGD, scalar parabolas, B = 8, 100,000 chains", "chain × step", 100_000, 20, batch=8),
    "D8": work.BY_KEY["D8"],
    "E8": work.BY_KEY["E8"],
}


def measure(rounds: int) -> list[dict]:
    """For each problem the nanoseconds per unit of its versions, timed in turn."""
    found = []
    for (key, row), versions in zip(PROBLEMS.items(), (paths, parabolas, least_squares, logistic), strict=True):
        runs = versions(row) | {"the package": ours.contender(row)}
        reference = runs["the package"]()
        for name, run in runs.items():
            if not work.same_work(row, reference, run()):
                raise AssertionError(f"'{name}' does not do the work of row {key}")
        found.append({"row": key, "title": row.title, "ns": in_turn(runs, row.units, rounds)})
    return found


def blocks(row: work.Row, width: int):
    """The starts and widths of the blocks of chains."""
    return [(first, min(width, row.chains - first)) for first in range(0, row.chains, width)]


def paths(row: work.Row) -> dict:
    """Row A: another generator, then blocks of paths."""

    def loop(generator, width):
        def run():
            rng, final = np.random.Generator(generator(1)), np.empty(row.chains)
            for first, m in blocks(row, width):
                phi = np.zeros(m)
                for _ in range(row.steps):
                    dW = np.sqrt(work.DT) * rng.standard_normal(m)
                    phi = phi + work.drift(phi) * work.DT + ours.noise(phi) * dW
                final[first : first + m] = phi
            return final

        return run

    return {
        "plain loop, PCG64": loop(np.random.PCG64, row.chains),
        "+ SFC64": loop(np.random.SFC64, row.chains),
        "+ blocks of 16,384 paths": loop(np.random.SFC64, 2**14),
    }


def parabolas(row: work.Row) -> dict:
    """Row C: draws along the first axis, then blocks, then one gather of a complex number, then pairs of examples."""
    h, hx, eta = work.CURVATURES, work.CURVATURES * work.POINTS, work.ETA["C"]
    one = h + 1j * hx
    two = ((one[:, None] + one) / 2).reshape(-1)  # the means of all pairs of examples

    def loop(width, gradient, n, draws):
        def run():
            rng, final = np.random.Generator(np.random.SFC64(1)), np.empty(row.chains)
            for first, m in blocks(row, width):
                phi = np.zeros(m)
                for _ in range(row.steps):
                    phi = phi - eta * gradient(phi, rng.integers(0, n, size=(draws, m)))
                final[first : first + m] = phi
            return final

        return run

    def two_gathers(phi, index):
        return h.take(index).mean(axis=0) * phi - hx.take(index).mean(axis=0)

    def one_gather(table):
        def gradient(phi, index):
            mean = table.take(index).mean(axis=0)
            return mean.real * phi - mean.imag

        return gradient

    return {
        "plain loop": numpy_plain.chains(row),
        "+ draws along the first axis": loop(row.chains, two_gathers, 100, row.batch),
        "+ blocks of 16,384 chains": loop(2**14, two_gathers, 100, row.batch),
        "+ one gather": loop(2**14, one_gather(one), 100, row.batch),
        "+ pairs of examples": loop(2**14, one_gather(two), 100**2, row.batch // 2),
    }


def least_squares(row: work.Row) -> dict:
    """Row D: feature by feature, then eta / B in the examples."""
    columns = np.array([*work.FEATURES.T, work.TARGETS])
    share = work.ETA["D"] / row.batch

    def loop(columns, share):
        def run():
            rng, phi = np.random.Generator(np.random.SFC64(1)), np.zeros((10, row.chains))
            for _ in range(row.steps):
                examples = columns.take(rng.integers(0, 1000, size=(row.batch, row.chains)), axis=1)
                residual = np.einsum("dbm,dm->bm", examples[:10], phi) - examples[10]
                step = np.einsum("bm,dbm->dm", residual, examples[:10])
                phi -= step if share == 1 else share * step
            return phi.T

        return run

    return {
        "plain loop": numpy_plain.chains(row),
        "+ chains side by side, feature by feature": loop(columns, share),
        "+ η in the examples": loop(np.sqrt(share) * columns, 1),
    }


def logistic(row: work.Row) -> dict:
    """Row E: products of matrices, then the label in the sign of the example."""
    x, y, eta = work.DIGITS, work.ABOVE_FOUR, work.ETA["E"]
    signed = (2 * y - 1)[:, None] * x

    def loop(table, weights):
        def run():
            rng, phi = np.random.Generator(np.random.SFC64(1)), np.zeros((row.chains, 64))
            for _ in range(row.steps):
                index = rng.integers(0, len(x), size=(row.chains, row.batch))
                examples = table.take(index, axis=0)
                phi -= np.vecmat(weights(np.matvec(examples, phi), index), examples)
            return phi

        return run

    def of_labels(z, index):
        return eta / row.batch * (1 / (1 + np.exp(-z)) - y.take(index))

    def of_signs(z, _):
        return -eta / row.batch / (1 + np.exp(z))

    return {
        "plain loop": numpy_plain.chains(row),
        "+ products of matrices": loop(x, of_labels),
        "+ label in the sign of the example": loop(signed, of_signs),
    }


def lost(rounds: int) -> dict:
    """Nanoseconds per chain of a batch's sum: by gathers, and by a multinomial draw of how often each example is in it."""
    rng, m, found = np.random.Generator(np.random.SFC64(1)), 10_000, {}
    for n, size in ((10, 64), (100, 8)):
        table = np.ones(n) + 1j
        runs = {
            "gathers": lambda t=table, n=n, size=size: t.take(rng.integers(0, n, size=(size, m))).sum(axis=0),
            "counts": lambda t=table, n=n, size=size: rng.multinomial(size, np.full(n, 1 / n), size=m) @ t,
        }
        found[f"batches of {size} from {n} examples"] = in_turn(runs, m, rounds)
    return found


def composed(rounds: int) -> dict:
    """Nanoseconds per chain and step of row C1: step by step, and by maps composed of two steps."""
    row = work.BY_KEY["C1"]
    slope, shift = 1 - work.ETA["C"] * work.CURVATURES, work.ETA["C"] * work.CURVATURES * work.POINTS
    two = (slope[:, None] * slope + 1j * (slope * shift[:, None] + shift)).reshape(-1)  # first k, then l

    def by_twos():
        rng, phi, index = np.random.Generator(np.random.SFC64(1)), np.zeros(row.chains), np.empty(row.chains, np.int64)
        for _ in range(row.steps // 2):
            uniform_integers(rng, len(two), index)
            step = two.take(index)
            phi = step.real * phi + step.imag
        return phi

    runs = {"steps": ours.contender(row), "composed": by_twos}
    if not work.same_work(row, runs["steps"](), by_twos()):
        raise AssertionError("composed maps do not do the work of row C1")
    return in_turn(runs, row.units, rounds)


TEMPORARIES = """
import sys
from time import process_time
import numpy as np
if sys.argv[1] == "kept":
    np.empty(2**21)
phi, times = np.zeros(2**15), []
for _ in range(int(sys.argv[2])):
    start = process_time()
    for _ in range(100):
        phi * (1.0 - phi * phi) + np.sqrt(0.1 * (1.0 + phi * phi)) * phi
    times.append((process_time() - start) / 100 / phi.size * 1e9)
print(np.median(times))
"""


def pages(rounds: int) -> dict:
    """Nanoseconds per number of row A's drift and noise on 32,768 numbers, by what becomes of freed memory."""
    found = {}
    for state in ("returned", "kept"):
        command = [sys.executable, "-c", TEMPORARIES, state, str(rounds)]
        found[state] = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def lines(rounds: int) -> dict:
    """Nanoseconds per batch of the two products of row E8, by how many bytes behind a cache line's beginning the arrays lie."""
    m, size, d = 500, 8, 64

    def products(behind):
        examples, phi, total = (
            aligned_empty((count + 1) * d)[behind // 8 :][: count * d] for count in (m * size, m, m)
        )
        for array in (examples, phi):
            array[...] = 1.0
        examples, phi, total = examples.reshape(m, size, d), phi.reshape(m, d), total.reshape(m, d)

        def run():
            for _ in range(50):
                np.vecmat(np.matvec(examples, phi), examples, out=total)

        return run

    return in_turn({str(behind): products(behind) for behind in (16, 0)}, 50 * m, rounds)
