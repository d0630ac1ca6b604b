"""Work against precision: how long a scheme takes for a number of given accuracy, in the package and in libraries.

    python benchmarks/precision.py           writes precision.json and precision.md, and the page's picture; some minutes
    python benchmarks/precision.py --trial   a hundredth of the paths, to see that it runs; writes nothing

Four equations up to time 1. For each contender and each number of steps: the error of the mean, of the variance and of three quantiles,
from up to eight million paths, in units of the law's standard deviation (of its square for the variance); and the processor time of a path,
the smallest of five runs in turn. Pinned to one core, float64. A reference is exact or a Richardson limit, with its error.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"  # before NumPy is imported
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import numpy as np
import precision_report
import report
import work

from sgdsde_helpers.losses import MeanEstimation
from sgdsde_helpers.simulation import euler_maruyama, ornstein_uhlenbeck, sgd, stratonovich_heun, weak_second_order
from sgdsde_helpers.theory import chain_stationary_law, fokker_planck_evolution, ou_covariance, ou_mean

LEVELS = np.array([0.05, 0.5, 0.95])
STEPS = [1, 2, 4, 8, 16, 32]
PATHS, BLOCK = 2**23, 2**14


@dataclass(frozen=True)
class Problem:
    """d phi = drift dt + noise dW up to time 1; `slope` is noise noise', which Stratonovich's reading takes half of from the drift.

    `functions(xp)` gives drift, noise and slope for the arrays of NumPy, JAX or PyTorch.
    """

    title: str
    start: float
    functions: Callable
    additive: bool
    interval: tuple[float, float] = (-4.0, 4.0)


def row_a(xp):
    return work.drift, lambda x: xp.sqrt(work.noise_variance(x)), lambda x: 0.1 * x


def double_well(xp):
    return work.drift, lambda x: 0.5 + 0 * x, lambda x: 0 * x


# Least squares in one dimension, with the features of C's parabolas: curvature h, and noise that grows with the distance.
ETA_OVER_B = 0.2
_MINIMUM = (work.CURVATURES * work.POINTS).mean() / work.CURVATURES.mean()
_SHIFT = work.CURVATURES * (_MINIMUM - work.POINTS)
_GROWTH, _MIXED, _REST = work.CURVATURES.var(), (work.CURVATURES * _SHIFT).mean(), (_SHIFT**2).mean()


def least_squares(xp):
    """In x = phi - minimum: the batch gradient of example k is h_k x + r_k."""
    h = work.CURVATURES.mean()

    def variance(x):
        return ETA_OVER_B * (_GROWTH * x * x + 2 * _MIXED * x + _REST)

    return lambda x: -h * x, lambda x: xp.sqrt(variance(x)), lambda x: ETA_OVER_B * (_GROWTH * x + _MIXED)


PROBLEMS = {
    "A": Problem("row A: two wells, noise of the state", 0.5, row_a, additive=False),
    "B": Problem("row B: ten dimensions, linear, their sum", 1.0, None, additive=True),
    "well": Problem("two wells, constant noise", 0.5, double_well, additive=True),
    "squares": Problem("least squares, noise of the state", 1.0, least_squares, additive=False),
}
SUM = np.full(10, 1 / np.sqrt(10))  # what is looked at in ten dimensions


# --- references ---------------------------------------------------------------------------------------------------------------


def of_density(x: np.ndarray, density: np.ndarray) -> dict:
    """Mean, variance, quantiles, and the standard deviations of their estimates from one path, as `reference` says."""
    spacing = x[1] - x[0]
    mean = spacing * density @ x
    variance, fourth = (spacing * density @ (x - mean) ** power for power in (2, 4))
    cdf = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2) * spacing])
    quantiles = np.interp(LEVELS, cdf, x)
    at = np.interp(quantiles, x, density)
    spread = np.sqrt(variance)
    return {
        "values": np.array([mean, variance, *quantiles]),
        "scale": np.array([spread, variance, spread, spread, spread]),
        "one": np.array([1.0, np.sqrt(fourth / variance**2 - 1), *np.sqrt(LEVELS * (1 - LEVELS)) / at / spread]),
    }


def evolved(problem: Problem, points: int, n_steps: int) -> dict:
    drift, noise, _ = problem.functions(np)
    x = np.linspace(*problem.interval, points)
    (density,) = fokker_planck_evolution(drift, lambda x: noise(x) ** 2, x, problem.start, [1.0], n_steps=n_steps)
    return of_density(x, density)


def in_time(problem: Problem, points: int, n_steps: int) -> np.ndarray:
    """The limit of small steps, of which the error is of first order."""
    coarse, fine = (evolved(problem, points, n)["values"] for n in (n_steps, 2 * n_steps))
    return 2 * fine - coarse


def reference(problem: Problem) -> dict:
    """Values, scale, and the standard deviation of one path's share in each estimate; and the error of the values."""
    if problem.functions is None:
        mean = float(SUM @ ou_mean(1.0, np.ones(10), work.H))
        variance = float(SUM @ ou_covariance(1.0, work.H, work.G @ work.G.T) @ SUM)
        x = mean + np.sqrt(variance) * np.linspace(-8, 8, 8001)
        found = of_density(x, np.exp(-((x - mean) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance))
        return found | {"error": np.zeros(5)}
    found = evolved(problem, 1601, 2000)
    coarse, fine, quick = (in_time(problem, *size) for size in ((801, 2000), (1601, 2000), (1601, 1000)))
    values = fine + (fine - coarse) / 3
    return found | {"values": values, "error": np.abs(values - fine) / 3 + np.abs(fine - quick)}


# --- contenders: functions (steps, paths, seed) -> what is looked at, (paths,) -------------------------------------------------


def of_the_package(problem: Problem) -> dict:
    if problem.functions is None:
        drift, noise, start = lambda p: p @ -work.H, work.G, np.ones(10)
    else:
        drift, noise, _ = problem.functions(np)
        noise, start = (float(noise(0.0)) if problem.additive else noise), problem.start

    def scheme(simulate, drift=drift):
        def run(steps, paths, seed):
            k = {"dt": 1 / steps, "n_steps": steps, "start": start, "n_paths": paths, "seed": seed}
            return looked_at(simulate(drift, noise, **k).final)

        return run

    def exact(steps, paths, seed):
        k = {"dt": 1 / steps, "n_steps": steps, "start": start, "n_paths": paths, "seed": seed}
        return looked_at(ornstein_uhlenbeck(work.H, work.G @ work.G.T, **k).final)

    found = {"Euler-Maruyama": (scheme(euler_maruyama), 1), "weak second order": (scheme(weak_second_order), 2)}
    if problem.functions is None:
        return found | {"exact steps": (exact, 0)}
    if problem.additive:
        return found
    _, _, slope = problem.functions(np)
    return found | {"Heun": (scheme(stratonovich_heun, lambda x: drift(x) - slope(x) / 2), 2)}


def looked_at(final) -> np.ndarray:
    final = np.asarray(final)
    return final @ SUM if final.ndim == 2 else final


def of_diffrax(problem: Problem) -> dict:
    """Its solvers on all paths in one state, which is its quickest way on a processor; Stratonovich's with their own drift."""
    import diffrax
    import jax
    import jax.numpy as jnp
    import lineax

    jax.config.update("jax_enable_x64", True)

    def solve(solver, stratonovich, levy):
        linear = problem.functions is None

        def end(field, noise, shape, key, steps):
            area = {"levy_area": diffrax.SpaceTimeLevyArea} if levy else {}
            path = diffrax.UnsafeBrownianPath(shape=shape, key=key, **area)
            terms = diffrax.MultiTerm(diffrax.ODETerm(field), diffrax.ControlTerm(noise, path))
            k = {"saveat": diffrax.SaveAt(t1=True), "adjoint": diffrax.DirectAdjoint(), "max_steps": None}
            return diffrax.diffeqsolve(terms, solver(), 0.0, 1.0, 1 / steps, jnp.full(shape, problem.start), **k).ys[-1]

        def all_at_once(key, steps, paths):
            shape = (paths, 10) if linear else (paths,)
            if linear:
                h, root = jnp.asarray(work.H), jnp.asarray(work.G)
                of_all = jax.ShapeDtypeStruct(shape, jnp.float64)
                noise = lambda t, x, args: lineax.FunctionLinearOperator(lambda dW: dW @ root.T, of_all)
                return end(lambda t, x, args: -x @ h, noise, shape, key, steps)
            drift, factor, slope = problem.functions(jnp)
            half = 0.5 if stratonovich and not problem.additive else 0.0
            constant = jnp.full(shape, factor(0.0))  # these solvers want to see that it is constant
            noise = lambda t, x, args: lineax.DiagonalLinearOperator(constant if problem.additive else factor(x))
            return end(lambda t, x, args: drift(x) - half * slope(x), noise, shape, key, steps)

        def one_by_one(key, steps, paths):
            h, root = jnp.asarray(work.H), jnp.asarray(work.G)
            field, noise = lambda t, x, args: -x @ h, lambda t, x, args: root
            return jax.vmap(lambda key: end(field, noise, (10,), key, steps))(jax.random.split(key, paths))

        # The stochastic Runge-Kutta solvers take no function for an operator.
        run = jax.jit(one_by_one if linear and levy else all_at_once, static_argnums=2)
        return lambda steps, paths, seed: looked_at(run(jax.random.key(seed), float(steps), paths))

    found = {
        "diffrax Euler": (solve(diffrax.Euler, False, False), 1),
        "diffrax Heun": (solve(diffrax.Heun, True, False), 2),
        "diffrax SPaRK": (solve(diffrax.SPaRK, True, True), 2),
    }
    if problem.additive:
        found["diffrax SRA1"] = (solve(diffrax.SRA1, True, True), 2)
        found["diffrax ShARK"] = (solve(diffrax.ShARK, True, True), 2)
    return found


def of_torchsde(problem: Problem) -> dict:
    import torch
    import torchsde

    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)

    class Equation(torch.nn.Module):
        sde_type = "ito"
        noise_type = "additive" if problem.functions is None else "diagonal"

        if problem.functions is None:
            h, root = torch.from_numpy(work.H), torch.from_numpy(work.G)

            def f(self, t, x):
                return -x @ self.h

            def g(self, t, x):
                return self.root.expand(len(x), 10, 10)

        else:

            def f(self, t, x):
                return problem.functions(torch)[0](x)

            def g(self, t, x):
                return problem.functions(torch)[1](x)

    def solve(method):
        def run(steps, paths, seed):
            torch.manual_seed(seed)
            start = torch.full((paths, 10 if problem.functions is None else 1), problem.start)
            with torch.no_grad():
                final = torchsde.sdeint(Equation(), start, torch.tensor([0.0, 1.0]), method=method, dt=1 / steps)[-1]
            return looked_at(final.numpy() if problem.functions is None else final[:, 0].numpy())

        return run

    found = {"torchsde Euler": (solve("euler"), 1), "torchsde SRK": (solve("srk"), 2)}
    return found if problem.additive else found | {"torchsde Milstein": (solve("milstein"), 1)}


# --- measuring ----------------------------------------------------------------------------------------------------------------


def estimates(sample: np.ndarray) -> np.ndarray:
    return np.array([sample.mean(), sample.var(ddof=1), *np.quantile(sample, LEVELS)])


def errors(run, steps: int, paths: int, truth: dict) -> np.ndarray:
    blocks = [run(steps, BLOCK, seed) for seed in range(1, max(1, paths // BLOCK) + 1)]
    return (estimates(np.concatenate(blocks)) - truth["values"]) / truth["scale"]


def measured(problem: Problem, paths: int, rounds: int) -> dict:
    truth = reference(problem)
    contenders = of_the_package(problem) | of_diffrax(problem) | of_torchsde(problem)
    found, began = {}, process_time()
    for name, (run, order) in contenders.items():
        slow = 32 if problem.functions is None else 8 if name.startswith("torchsde") or order == 1 else 1
        ladder = [steps for steps in STEPS if (steps > 1 if order == 1 else steps < 32)]
        ladder = ladder if order else ladder[:1]
        at = {steps: errors(run, steps, paths // slow, truth).tolist() for steps in ladder}
        found[name] = {
            "order": order,
            "paths": paths // slow,
            "errors": at,
            "ns": dict.fromkeys(map(str, ladder), np.inf),
        }
        print(f"  {name:<20} {process_time() - began:4.0f} s", flush=True)
    for _ in range(rounds):
        for name, (run, _) in contenders.items():
            for steps in found[name]["errors"]:
                start = process_time()
                run(steps, BLOCK, 0)
                ns = (process_time() - start) / BLOCK * 1e9
                found[name]["ns"][str(steps)] = min(ns, found[name]["ns"][str(steps)])
    laws = {} if problem.functions is None else {"Fokker-Planck": of_the_law(problem, truth, rounds)}
    said = {name: np.asarray(truth[name]).tolist() for name in ("values", "scale", "one", "error")}
    return {"title": problem.title, "reference": said, "schemes": found, "laws": laws}


def of_the_law(problem: Problem, truth: dict, rounds: int) -> list[dict]:
    """The density itself, extrapolated in time: no paths."""
    found = []
    for points, n_steps in ((101, 10), (201, 20), (401, 40), (801, 80)):
        times = []
        for _ in range(rounds):
            start = process_time()
            values = in_time(problem, points, n_steps)
            times.append(process_time() - start)
        error = (values - truth["values"]) / truth["scale"]
        found.append({"grid": points, "steps": n_steps, "errors": error.tolist(), "s": min(times)})
    return found


def quantiles(law) -> np.ndarray:
    return np.interp(LEVELS, law.cdf(law.edges), law.edges)


def of_sgd(paths: int, rounds: int) -> dict:
    """SGD's stationary law on ten points at eta = 1/2: by the transfer operator, and by ensembles."""
    points = np.random.default_rng(1).normal(size=10)
    loss, eta = MeanEstimation(points - points.mean()), 0.5
    laws = {nodes: chain_stationary_law(loss, eta, nodes=nodes) for nodes in (8000, 4000)}
    exact_variance = eta / (2 - eta) * points.var()
    values = [[0.0, law.variance, *quantiles(law)] for law in laws.values()]
    truth = np.array([0.0, exact_variance, *values[0][2:]])
    scale = np.array([1.0, np.sqrt(exact_variance), 1.0, 1.0, 1.0]) * np.sqrt(exact_variance)
    operator = []
    for nodes in (50, 100, 200, 400, 800):
        times = []
        for _ in range(rounds):
            start = process_time()
            law = chain_stationary_law(loss, eta, nodes=nodes)
            got = np.array([law.mean, law.variance, *quantiles(law)])
            times.append(process_time() - start)
        operator.append({"nodes": nodes, "errors": ((got - truth) / scale).tolist(), "s": min(times)})
    start = process_time()
    final = sgd(loss, eta, n_steps=30, n_chains=paths, seed=1).final
    error = (estimates(final) - truth) / scale
    return {
        "reference_error": (np.abs(np.array(values[0]) - values[1]) / scale).tolist(),
        "operator": operator,
        "ensemble": {"chains": paths, "errors": error.tolist(), "s": process_time() - start},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Work against precision.")
    parser.add_argument("--trial", action="store_true", help="a hundredth of the paths; writes nothing")
    parser.add_argument("--note", default="nothing else ran", help="what else the machine did, for the page")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    paths, rounds = (PATHS // 100, 1) if options.trial else (PATHS, 5)
    found = {"machine": report.machine(), "date": f"{datetime.now(UTC):%Y-%m-%d}", "paths": paths, "note": options.note}
    found["problems"] = {}
    for key, problem in PROBLEMS.items():
        print(problem.title, flush=True)
        found["problems"][key] = measured(problem, paths, rounds)
    found["sgd"] = of_sgd(paths, rounds)
    if options.trial:
        print(json.dumps(found, indent=1)[:6000])
    else:
        (HERE / "precision.json").write_text(json.dumps(found, indent=1) + "\n")
        (HERE / "precision.md").write_text(precision_report.page(found))
        precision_report.draw(found)


if __name__ == "__main__":
    main()
