"""What is not a row: the floor, what each idea brought, size, memory, processes, better algorithms, start-up, the widget."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from time import perf_counter

import ideas
import numpy as np
import ours
import work
from timing import in_turn, times_in_turn

from sgdsde_helpers.losses import MeanEstimation
from sgdsde_helpers.sampling import uniform_integers
from sgdsde_helpers.simulation import euler_maruyama, sgd, weak_second_order
from sgdsde_helpers.simulation._streams import WIDEST
from sgdsde_helpers.theory import chain_stationary_law


def measure(rounds: int, cores: set[int]) -> dict:
    """All of them, in the order of the page."""
    return {
        "floor": floor(rounds),
        "diffusion": diffusion(rounds),
        "ideas": ideas.measure(rounds),
        "pages": ideas.pages(rounds),
        "lines": ideas.lines(rounds),
        "composed": ideas.composed(rounds),
        "lost": ideas.lost(rounds),
        "size": size(rounds),
        "memory": memory(),
        "processes": processes(rounds, cores),
        "schemes": schemes(rounds),
        "transfer": transfer(rounds),
        "start": start_up(rounds),
        "widget": widget(rounds),
    }


def floor(rounds: int) -> dict:
    """What one random number costs, drawn by NumPy and as the package draws."""
    sfc, pcg = np.random.Generator(np.random.SFC64(1)), np.random.default_rng(1)
    block, repeats = np.empty(8192), 100

    def normal(rng):
        return lambda: [rng.standard_normal(out=block) for _ in range(repeats)]

    def small(n):
        return lambda: [sfc.integers(0, n, size=16384, dtype=np.uint16) for _ in range(repeats // 2)]

    def tall(n):
        return lambda: [sfc.integers(0, n, size=16384) for _ in range(repeats // 2)]

    def packaged(n):
        index = np.empty(16384, np.int64)
        return lambda: [uniform_integers(sfc, n, index) for _ in range(repeats // 2)]

    runs = {
        "normal, SFC64": normal(sfc),
        "normal, PCG64": normal(pcg),
        "index below 100, as the package draws": packaged(100),
        "index below 10,000, as the package draws": packaged(10_000),
        "index below 100, 16 bits": small(100),
        "index below 1,000, 16 bits": small(1000),
        "index below 1,000, 64 bits": tall(1000),
    }
    return in_turn(runs, 8192 * repeats, rounds)


def diffusion(rounds: int) -> dict:
    """Cost of a path and step of Euler-Maruyama over that of its normal number, each pair timed in turn."""
    rng, block = np.random.Generator(np.random.SFC64(1)), np.empty(8192)
    row = work.Row("A", "", "", 16_384, 100)
    k = {"dt": work.DT, "n_steps": row.steps, "start": 0.0, "n_paths": row.chains, "seed": 1}
    runs = {
        "Brownian motion": lambda: euler_maruyama(np.zeros_like, 1.0, **k),
        "linear drift, constant noise": lambda: euler_maruyama(np.negative, 1.0, **k),
        "row A: cubic drift, noise of the state": ours.contender(row),
        "drift and noise of row A by themselves": drift_and_noise(row),
    }
    normal = "a normal number by itself"
    runs[normal] = lambda: [rng.standard_normal(out=block) for _ in range(row.units // block.size)]
    rounds_of = times_in_turn(runs, row.units, rounds)
    return {
        name: {"ns": float(np.median(ns)), "normals": float(np.median(np.divide(ns, rounds_of[normal])))}
        for name, ns in rounds_of.items()
    }


def drift_and_noise(row: work.Row):
    """What the reader's functions of row A cost, whoever calls them."""
    phi = np.linspace(-1.5, 1.5, min(row.chains, WIDEST))

    def run():
        for _ in range(row.units // len(phi)):
            work.drift(phi), ours.noise(phi)

    return run


def size(rounds: int) -> dict:
    """Cost per path or chain and step of rows A and C8, and of the reader's functions of A, from 10^3 to 10^6 of them."""
    works = [
        (work.BY_KEY["A"].title, "A", ours.contender),
        ("its drift and noise by themselves", "A", drift_and_noise),
        (work.BY_KEY["C8"].title, "C8", ours.contender),
    ]
    runs, units = {}, {}
    for title, key, maker in works:
        for m, steps in ((10**3, 2000), (10**4, 200), (10**5, 20), (10**6, 10)):
            row = work.Row(key, "", "", m, steps, batch=work.BY_KEY[key].batch)
            runs[title, m], units[title, m] = maker(row), m * steps
    found = {title: {} for title, _, _ in works}
    for (title, m), ns in times_in_turn(runs, units, rounds).items():
        found[title][f"{m:,}"] = min(ns)  # the sizes are compared, and slow spells do not fall on all of them
    return found


def processes(rounds: int, cores: set[int]) -> dict:
    """How much faster two processes, one for each seed, do the work of eight blocks, on two cores."""
    if len(cores) < 2:
        return {}
    os.sched_setaffinity(0, cores)
    found = {}
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as pool:
        for key, chains in (("A", 2**17), ("C8", 2**17), ("D64", 2**15 // 10 * 8), ("E8", 2**12)):
            row = work.BY_KEY[key]
            job = work.Row(key, row.title, row.unit, chains, 40, batch=row.batch)
            half = replace(job, chains=chains // 2)
            runs = {1: ours.contender(job), 2: lambda half=half: list(pool.map(run_row, [half, half]))}
            times = in_turn(runs, job.units, min(rounds, 5), perf_counter)
            found[row.title] = times[1] / times[2]
    os.sched_setaffinity(0, {max(cores)})
    return found


def run_row(row: work.Row) -> float:
    """Do the row's work in a process of a pool; the mean of the final states, so that little is sent back."""
    return float(ours.contender(row)().mean())


def memory() -> dict:
    """Peak megabytes of 10,000 chains over 100 and over 1,000 steps, by what is recorded."""
    found = {}
    for record in ("final", "moments", 100):
        peaks = []
        for n_steps in (100, 1000):
            tracemalloc.start()
            sgd(ours.LOSSES["C"], 0.1, n_steps=n_steps, n_chains=10_000, record=record, seed=1)
            peaks.append(tracemalloc.get_traced_memory()[1] / 1e6)
            tracemalloc.stop()
        found[str(record)] = peaks
    return found


def start_up(rounds: int) -> dict:
    """Seconds that imports, and then the first call of SGD, add to a bare interpreter."""
    first_call = "from sgdsde_helpers.losses import MeanEstimation; from sgdsde_helpers.simulation import sgd; "
    first_call += "sgd(MeanEstimation([-1.0, 1.0]), 0.1, n_steps=10, n_chains=10, seed=1)"
    codes = [
        "import numpy",
        "import sgdsde_helpers",
        "import sgdsde_helpers.simulation",
        "import sgdsde_helpers.theory",
    ]
    programs = {"pass": "pass"} | {code: code for code in codes} | {"a first call of sgd": first_call}
    runs = {
        name: lambda code=code: subprocess.run([sys.executable, "-c", code], check=True)
        for name, code in programs.items()
    }
    seconds = {name: ns / 1e9 for name, ns in in_turn(runs, 1, rounds, perf_counter).items()}
    bare = seconds.pop("pass")
    return {name: s - bare for name, s in seconds.items()}


def widget(rounds: int) -> dict:
    """Milliseconds of a live redraw (2,000 chains of 500 steps and the picture), and of a grid of 8 x 6 settings."""
    from sgdsde_helpers.figures import histogram_with_density, label_axes, setting
    from sgdsde_helpers.widgets import explore

    grid, edges = np.linspace(-2, 2, 200), np.linspace(-2, 2, 81)
    loss = MeanEstimation([-1.0, 1.0])

    def simulate(eta, batch_size, seed):
        return sgd(loss, eta, n_steps=500, batch_size=batch_size, n_chains=2000, start=0.0, seed=seed).final

    def law_panel(ax, eta, batch_size, seed):
        variance = eta / batch_size / (2 - eta)
        final = simulate(eta, batch_size, seed)
        histogram_with_density(
            ax, final, grid, np.exp(-(grid**2) / (2 * variance)) / np.sqrt(2 * np.pi * variance), bins=edges
        )
        ax.set(xlim=(-2, 2), ylim=(0, 6))
        label_axes(ax, r"$\Phi$", "density")
        return f"{setting(eta, batch_size)}: variance {variance:.3f}, measured {final.var():.3f}."

    etas, sizes = np.geomspace(0.02, 0.6, 8), [1, 2, 4, 8, 16, 32]
    explorer = explore(law_panel, etas, sizes, label="law")
    seeds = iter(range(10**6))

    def redraw():
        explorer.live.seed.value = next(seeds) + 2  # as a reader does who types a seed

    runs = {
        "simulate 2,000 chains × 500 steps": lambda: simulate(0.1, 1, 1),
        "simulate and redraw": redraw,
        "grid of 48 settings, simulated, drawn and encoded": lambda: explore(law_panel, etas, sizes, label="law"),
    }
    return in_turn(runs, 1e6, min(rounds, 5))


def schemes(rounds: int) -> list[dict]:
    """Error of the mean of phi(1)^2 on d phi = -phi dt + 0.5 phi dW, and cost of a path, of both schemes."""
    found, runs, units, a, b, m = [], {}, {}, -1.0, 0.5, 20_000
    exact = np.exp(2 * a + b**2)
    for scheme, dt in [(euler_maruyama, 1 / 8), (euler_maruyama, 1 / 128), (weak_second_order, 1 / 8)]:
        name, n_steps = f"{scheme.__name__}, dt = 1/{round(1 / dt)}", round(1 / dt)
        k = {"dt": dt, "n_steps": n_steps, "start": 1.0, "n_paths": m, "seed": 1}
        runs[name] = lambda scheme=scheme, k=k: scheme(lambda p: a * p, lambda p: b * p, **k)
        units[name] = m
        found.append({"name": name, "relative_error": (second_moment(scheme, dt, a, b) - exact) / exact})
    times = in_turn(runs, units, rounds)
    return [entry | {"ns": times[entry["name"]]} for entry in found]


def second_moment(scheme, dt: float, a: float, b: float) -> float:
    """E phi(1)^2 of the scheme, exactly: one step multiplies phi by a polynomial in a Gaussian increment."""
    z, weight = np.polynomial.hermite_e.hermegauss(20)
    dW = np.sqrt(dt) * z
    factor = 1 + a * dt + b * dW
    if scheme is weak_second_order:
        drift, noise = a * (2 + a * dt + b * dW) * dt / 2, b * (4 + 2 * a * dt) * dW / 4
        factor = 1 + drift + noise + b * b * (dW**2 - dt) / 2
    return float((weight @ factor**2 / weight.sum()) ** round(1 / dt))


def transfer(rounds: int) -> dict:
    """The stationary variance of two points at eta = 2/3: by the transfer operator, and by 10^5 chains."""
    loss, eta = MeanEstimation([-1.0, 1.0]), 2 / 3
    exact = eta / (2 - eta)
    runs = {
        "transfer operator": lambda: chain_stationary_law(loss, eta, nodes=1000).variance,
        "100,000 chains of 30 steps": lambda: sgd(loss, eta, n_steps=30, n_chains=100_000, seed=1).final.var(),
    }
    times = in_turn(runs, 1e6, rounds)  # milliseconds
    return {name: {"ms": times[name], "relative_error": run() / exact - 1} for name, run in runs.items()}
