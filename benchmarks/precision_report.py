"""The results of `precision.py` as tables and as the page's picture."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import report
from matplotlib.figure import Figure
from PIL import Image

from sgdsde_helpers.figures.style import FLOW, GAUSSIAN_SGD, MUTED, PREDICTION, SGD, house_style, new_figure

PLACE = Path(__file__).resolve().parent.parent / "chapters" / "assets" / "precision.png"
NUMBERS = {"mean": [0], "variance": [1], "quantiles": [2, 3, 4]}  # places among the errors
SHORT = {"A": "row A", "B": "row B", "well": "two wells", "squares": "least squares"}
WANTED = 1e-3
STEPS = 2 ** np.arange(13)
MARKS = {
    "Euler": "o", "Euler-Maruyama": "o", "weak second order": "p", "exact steps": "X", "Heun": "s", "SPaRK": "^",
    "SRA1": "D", "ShARK": "v", "SRK": "D", "Milstein": "P",
}  # fmt: skip


def library(name: str) -> str:
    return next((each for each in ("diffrax", "torchsde") if name.startswith(each)), "the package")


def method(name: str, problem: dict) -> str:
    """What a contender does, whoever does it: with constant noise the package's second-order scheme is Heun's."""
    name = name.removeprefix(library(name)).strip()
    additive = "diffrax SRA1" in problem["schemes"]
    return "Heun" if additive and name == "weak second order" else name.removesuffix("-Maruyama")


def pooled(problem: dict) -> dict:
    """The schemes with the errors of their methods: those of all who take the same steps, by their numbers of paths."""
    schemes, found = problem["schemes"], {}
    for name, scheme in schemes.items():
        same = [other for key, other in schemes.items() if method(key, problem) == method(name, problem)]
        paths = [other["paths"] for other in same]
        errors = {
            n: np.average([other["errors"][n] for other in same], axis=0, weights=paths).tolist()
            for n in scheme["errors"]
        }
        found[name] = scheme | {"errors": errors, "paths": sum(paths)}
    return found


def bias(scheme: dict, one: float, place: int, steps: int) -> float:
    """The size of the error at `steps`: none where steps are exact, as measured where it is three times its standard error, else by the scheme's order from there.

    Where no number of steps shows an error, it is taken to be three times the standard error at the fewest.
    """
    if not scheme["order"]:
        return 0.0
    unseen = 3 * one / np.sqrt(scheme["paths"])
    measured = {int(n): abs(errors[place]) for n, errors in scheme["errors"].items()}
    seen = {n: b for n, b in measured.items() if b > unseen}
    if steps in seen:
        return seen[steps]
    n, b = max(seen.items(), default=(min(measured), unseen))
    return b * (n / steps) ** scheme["order"]


def cost(scheme: dict, steps: int) -> float:
    """Seconds of a path: measured, or one more step like the last."""
    ns = {int(n): value for n, value in scheme["ns"].items()}
    if steps in ns or len(ns) == 1:
        return ns.get(steps, next(iter(ns.values()))) / 1e9
    before, last = sorted(ns)[-2:]
    return (ns[last] + (steps - last) * (ns[last] - ns[before]) / (last - before)) / 1e9


def seconds(scheme: dict, one: list[float], places: list[int], wanted: float = WANTED) -> tuple[float, int]:
    """The least time for a root mean square error `wanted` in each place, by bias and by chance, and the number of steps."""
    best = np.inf, 0
    for n in STEPS if scheme["order"] else [1]:
        if int(n) < min(map(int, scheme["ns"])):
            continue
        left = [wanted**2 - bias(scheme, one[k], k, n) ** 2 for k in places]
        if min(left) > 0:
            paths = max(one[k] ** 2 / rest for k, rest in zip(places, left, strict=True))
            best = min(best, (paths * cost(scheme, n), int(n)))
    return best


def of_law(rungs: list[dict], places: list[int], wanted: float = WANTED) -> float | None:
    """The least time of a deterministic route whose errors stay below `wanted` from there on."""
    good = [rung["s"] for rung in rungs if max(abs(rung["errors"][k]) for k in places) < wanted]
    return min(good, default=None)


def contest(problem: dict, places: list[int]) -> dict:
    """The quickest scheme of each library: (seconds, steps, name)."""
    one, best = problem["reference"]["one"], {}
    for name, scheme in pooled(problem).items():
        entry = (*seconds(scheme, one, places), name)
        best[library(name)] = min(best.get(library(name), entry), entry)
    return best


def page(found: dict) -> str:
    rows, ratios, law_ratios, behind = [], {}, [], []
    for key, problem in found["problems"].items():
        for number, places in NUMBERS.items():
            best = contest(problem, places)
            ours, others = best.pop("the package"), min(best.values())
            law = of_law(problem["laws"].get("Fokker-Planck", []), places)
            ratio = ratios[key, number] = others[0] / ours[0]
            behind += [f"{SHORT[key]}, {number} ({others[2]}, {report.two_digits(ratio)})"] if ratio < 1 / 1.1 else []
            law_ratios += [others[0] / law] if law else []
            rows.append(
                [f"**{problem['title']}**" if number == "mean" else "", number, in_words(ours), in_words(others),
                 f"{ratio:#.2g}" if ratio < 100 else report.two_digits(ratio), report.two_digits(law) if law else ""]
            )  # fmt: skip
    head = ["equation", "number", "package, s", "quickest library, s", "library over package", "its law, s"]
    caption = "Seconds on one core for a number to a root mean square error of 0.001 standard deviations, with the best number of steps"
    words = (
        f"Measured on {found['date']} on one core of: {report.heading(found['machine'])}, with up to {found['paths']:,} paths, the "
        f"quickest of five rounds in turn; {found['note']}. The clock is the processor's. "
        f"At an error of 0.001 the package's paths are quicker than any library's by more than a tenth on "
        f"{sum(r > 1.1 for r in ratios.values())} of {len(ratios)} numbers, by factors up to {report.two_digits(max(ratios.values()))}, "
        f"and level within a tenth on {sum(1 / 1.1 <= r <= 1.1 for r in ratios.values())}. A library is quicker by more on: "
        f"{'; '.join(behind) or 'none'}. Where the law follows from an equation of its own, the quickest library's paths take "
        f"{min(law_ratios):.0f} to {report.two_digits(max(law_ratios))} times as long as that."
    )
    return "\n".join(
        ["<!-- words -->\n", words, "", "<!-- paths -->\n", report.table(caption, "tab-precision", head, rows), "", "<!-- sgd -->\n",
         sgd_table(found["sgd"]), "", "<!-- end -->", ""]
    )  # fmt: skip


def in_words(entry: tuple) -> str:
    time, steps, name = entry
    return f"{report.two_digits(time)} ({name}, {steps} step{'s' if steps > 1 else ''})"


def sgd_table(sgd: dict) -> str:
    entries = [(f"transfer operator, {rung['nodes']} nodes", rung) for rung in sgd["operator"]]
    entries.append((f"{sgd['ensemble']['chains']:,} chains of 30 steps", sgd["ensemble"]))
    rows = [
        [
            name,
            *(f"{max(abs(e['errors'][k]) for k in places):.0e}" for places in NUMBERS.values()),
            f"{e['s'] * 1e3:.3g}",
        ]
        for name, e in entries
    ]
    caption = "SGD's stationary law on ten points at η = 1/2: errors in standard deviations, and time"
    return report.table(caption, "tab-precision-sgd", ["method", *NUMBERS, "ms"], rows)


@house_style
def diagrams(found: dict) -> Figure:
    """Time of a path against the bias; a row for each equation, a column for each number."""
    problems = found["problems"]
    fig, axes = new_figure(len(problems), 3, height=2.4 * len(problems) + 1.2, sharex=True, sharey="row")
    colors = {"the package": SGD, "diffrax": GAUSSIAN_SGD, "torchsde": FLOW}
    drawn = {}
    for row, (key, problem) in zip(axes, problems.items(), strict=True):
        one = problem["reference"]["one"]
        for ax, (number, places) in zip(row, NUMBERS.items(), strict=True):
            for name, scheme in problem["schemes"].items():
                whose = library(name)
                mark = MARKS[name.removeprefix(f"{whose} ")]
                sizes = [max(abs(errors[k]) for k in places) for errors in scheme["errors"].values()]
                bars = max(one[k] for k in places) / np.sqrt(scheme["paths"])
                ns = list(scheme["ns"].values())
                drawn[name] = ax.errorbar(
                    sizes,
                    ns,
                    xerr=bars,
                    fmt=mark + "-",
                    color=colors[whose],
                    markersize=4,
                    linewidth=0.8,
                    elinewidth=0.6,
                )
            ax.axvline(WANTED, color=MUTED, linestyle=":")
            ax.set(xscale="log", yscale="log", xlim=(1e-4, 2))
            if ax in axes[0]:
                ax.set_title(number, color=PREDICTION)
        row[0].set_ylabel(f"{SHORT[key]}\nns per path")
    axes[-1][1].set_xlabel("error, in standard deviations")
    order = sorted(drawn, key=lambda name: (library(name) == "torchsde", library(name) == "diffrax"))
    fig.legend([drawn[name] for name in order], order, loc="outside upper center", ncols=3, fontsize="small")
    return fig


def draw(found: dict) -> None:
    """Write the picture, as PNG, since LaTeX reads no WebP."""
    buffer = io.BytesIO()
    diagrams(found).savefig(buffer, format="png", dpi=150)
    Image.open(buffer).convert("RGB").quantize(64).save(PLACE, optimize=True)
