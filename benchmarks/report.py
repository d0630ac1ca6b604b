"""The results as text: lines for the terminal, and the tables that the book's page includes."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import numpy as np
from work import BY_KEY

LIBRARIES = ("torchsde", "diffrax", "sdepy", "sdeint", "torch.optim", "torch.func", "scikit-learn")


def machine() -> dict:
    """Processor, core count, and versions."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def heading(m: dict) -> str:
    """One line on the machine."""
    return f"{m['processor']}, {m['cores']} cores, {m['system']}, Python {m['python']}, NumPy {m['numpy']}"


def number(x: float) -> str:
    """Two digits after the point for small numbers, none for large ones."""
    return f"{x:,.0f}" if x >= 100 else f"{x:.1f}" if x >= 10 else f"{x:.2f}"


def row_lines(row: dict) -> str:
    """A row on the terminal."""
    lines = [f"{row['key']:<4} {row['title']}: ours {number(row['ours_ns'])} ns per {row['unit']}"]
    for peer in by_speed(row):
        low, middle, high = peer["ratio"]
        lines.append(
            f"       {peer['name']:<46} {number(peer['ns']):>9} ns   {middle:8.2f} x ours ({low:.2f} to {high:.2f})"
        )
    return "\n".join(lines)


def by_speed(row: dict) -> list[dict]:
    """The row's contenders, the quickest first."""
    return sorted(row["peers"], key=lambda peer: peer["ratio"][1])


def kind(name: str) -> str:
    """Compiled code, a library, or a peer written by hand."""
    return "compiled" if name.startswith("Numba") else "library" if name.startswith(LIBRARIES) else "by hand"


def page(found: dict) -> str:
    """All tables in Markdown, each between marks by which the page includes it."""
    parts = {"machine": opening(found), "rows": rows_table(found["rows"]), "verdict": verdict(found["rows"])}
    return (
        "\n".join(f"<!-- {name} -->\n\n{text}\n" for name, text in (parts | tables(found["extras"])).items())
        + "\n<!-- end -->\n"
    )


def opening(found: dict) -> str:
    """When and where it was measured."""
    return (
        f"Measured on {found['date']} on one core of: {heading(found['machine'])}. Times are medians over {found['rounds']} "
        "rounds taken in turn; over 5 for the widget and for two workers. The tables were taken one after another, and the machine "
        "is not always equally quick: compare within a table."
    )


def rows_table(rows: list[dict]) -> str:
    """The main table: ours, and the quickest contender of each kind."""
    kinds = ("by hand", "library", "compiled")
    lines = []
    for row in rows:
        cells = []
        for wanted in kinds:
            best = next((peer for peer in by_speed(row) if kind(peer["name"]) == wanted), None)
            cells.append(
                f"{best['name']}: {best['ratio'][1]:.2f} ({best['ratio'][0]:.2f} to {best['ratio'][2]:.2f})"
                if best
                else ""
            )
        lines.append([f"**{row['key']}** {row['title']}; {row['unit']}", number(row["ours_ns"]), *cells])
    head = ["work; unit", "ours, ns per unit", "quickest by hand", "quickest library", "compiled"]
    caption = "Cost of a unit of work in the package, and how many times that the others take (quartiles of the rounds)"
    return table(caption, "tab-speed", head, lines)


def gpu_page(found: dict) -> str:
    """The table of `gpu.py`, and what a reader of it wants to know first, in words."""
    m = found["machine"]
    where = f"Measured on {found['date']} on: {heading(m)}; {m['device']}, JAX {m['jax']}."
    sizes = ["100 chains", "the row's size", "20 or 100 times as many"]
    lines = [
        [f"**{row['key']}** {row['title']}; {row['unit']}", *(gpu_cell(v) for v in row["by_chains"].values())]
        for row in found["rows"]
    ]
    caption = "Nanoseconds per unit on the GPU and, in brackets, how many times that the package takes on one processor beside it"
    return f"<!-- where -->\n\n{where} {gpu_words(found['rows'])}\n\n{table(caption, 'tab-gpu', ['work; unit', *sizes], lines)}\n"


def gpu_cell(v: dict) -> str:
    """A time on the GPU, and the package's over it."""
    return f"{two_digits(v['gpu_ns'])} ({two_digits(v['numpy_ns'] / v['gpu_ns'])})"


def two_digits(x: float) -> str:
    return f"{float(f'{x:.1e}'):g}"


def gpu_words(rows: list[dict]) -> str:
    """The ranges of the ratios, and of the time of a step and of a first call."""
    few, own, many = (
        [v["numpy_ns"] / v["gpu_ns"] for v in size] for size in zip(*(row["by_chains"].values() for row in rows))
    )
    slower = [row["key"] for row, ratio in zip(rows, few, strict=True) if ratio < 1]
    steps = [
        next(iter(row["by_chains"].values()))["gpu_ns"] * 100 * BY_KEY[row["key"]].units_per_step / 1e3 for row in rows
    ]
    first = [v["first_call_s"] for row in rows for v in row["by_chains"].values()]
    return (
        f"With 100 chains the package is quicker than the GPU on {', '.join(slower)}; at the row's size the GPU is {min(own):.0f} to "
        f"{max(own):.0f} times as quick, and with 20 or 100 times as many chains {min(many):.0f} to {max(many):.0f} times. "
        f"A step of 100 chains takes the GPU {min(steps):.0f} to {max(steps):.0f} microseconds, and a first call "
        f"{min(first):.1f} to {max(first):.1f} s."
    )


def sweeping_page(found: dict) -> str:
    """The table of `sweeping.py`."""
    alone = found["executors"]["here"]["busy_s"]
    lines = [
        [
            name,
            f"{v['first_s']:.1f}",
            *(f"{ms:.2f}" for ms in v["ms"].values()),
            f"{v['busy_s']:.2f}",
            f"{alone / v['busy_s']:.2f}",
        ]
        for name, v in found["executors"].items()
    ]
    head = ["executor", "start, s", "idle, ms", "idle and stored, ms", "found, ms", "busy, s", "speed-up"]
    return (
        f"<!-- where -->\n\nMeasured on {found['date']} on: {heading(found['machine'])}; the quickest of {found['rounds']} runs; {found['note']}.\n\n"
        + table("What a sweep costs for one setting, by the wall clock", "tab-sweeping", head, lines)
        + "\n"
    )


def verdict(rows: list[dict]) -> str:
    """Who is ahead, in words: a ratio under 1 is a win of the other's."""
    ahead, level, twice_as_quick = [], [], []
    for row in rows:
        for peer in row["peers"]:
            low, middle, high = peer["ratio"]
            if kind(peer["name"]) == "compiled":
                if middle < 0.5:
                    twice_as_quick.append(f"{row['key']} ({1 / middle:.1f} times)")
            elif high < 1:
                ahead.append(f"{peer['name']} on {row['key']} ({middle:.2f})")
            elif low <= 1:
                level.append(f"{peer['name']} on {row['key']} ({middle:.2f})")
    return (
        f"Quicker than the package in three rounds of four, compiled code aside: {'; '.join(ahead) or 'nobody'}. "
        f"Level with it, neither quicker nor slower in three of four: {'; '.join(level) or 'nobody'}. "
        f"Rows on which compiled and fused code is more than twice as quick: {', '.join(twice_as_quick) or 'none'}."
    )


def table(caption: str, name: str, head: list[str], rows: list[list[str]]) -> str:
    """A numbered table in Markdown."""
    lines = [f"```{{table}} {caption}", f":name: {name}", "", "| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows] + ["```"])


def ideas_rows(x: dict) -> list[list[str]]:
    """What each idea brought: on a row, with memory, if it was taken; and what was lost."""
    rows = [
        ["" if place else f"**{problem['row']}**", name, number(ns)]
        for problem in x["ideas"]
        for place, (name, ns) in enumerate(problem["ns"].items())
    ]
    rows += [
        ["**pages**", "drift and noise of 32,768 numbers, freed memory given back", number(x["pages"]["returned"])],
        ["", "freed memory kept", number(x["pages"]["kept"])],
        [
            "**lines**",
            "two products with a batch of 8 × 64, 16 bytes behind a cache line's beginning",
            number(x["lines"]["16"]),
        ],
        ["", "arrays that begin with a cache line", number(x["lines"]["0"])],
    ]
    rows += [
        ["**not taken**", "C1, the package, step by step", number(x["composed"]["steps"])],
        ["", "C1, by maps composed of two steps", number(x["composed"]["composed"])],
    ]
    rows += [
        entry
        for title, ns in x["lost"].items()
        for entry in (
            ["**lost**", f"{title}, by gathers", number(ns["gathers"])],
            ["", "by multinomial counts", number(ns["counts"])],
        )
    ]
    return rows


def tables(x: dict) -> dict[str, str]:
    """The other measurements, each as a table."""
    return simulation_tables(x) | reader_tables(x)


def simulation_tables(x: dict) -> dict[str, str]:
    """What a step costs, and why."""
    sizes = list(next(iter(x["size"].values())))
    recorded = {"final": "final states", "moments": "running moments", "100": "every 100th step"}
    return {
        "floor": table(
            "The floor: nanoseconds for one random number of NumPy's", "tab-floor", ["draw", "ns"],
            [[name, number(ns)] for name, ns in x["floor"].items()],
        ),
        "diffusion": table(
            "Diffusion over its floor", "tab-diffusion", ["equation", "ns per path × step", "in normal numbers"],
            [[name, number(v["ns"]), f"{v['normals']:.2f}"] for name, v in x["diffusion"].items()],
        ),
        "ideas": table("What each idea brought, added one at a time", "tab-ideas", ["work", "version", "ns per unit"], ideas_rows(x)),
        "size": table(
            "Nanoseconds per unit against the number of paths or chains, the quickest of the rounds", "tab-size", ["work", *sizes],
            [[title, *(number(v) for v in by_size.values())] for title, by_size in x["size"].items()],
        ),
        "memory": table(
            "Peak memory of 10,000 scalar chains, in MB", "tab-memory", ["recorded", "100 steps", "1,000 steps"],
            [[recorded[name], *(f"{mb:.2f}" for mb in v)] for name, v in x["memory"].items()],
        ),
        "processes": table(
            "How many times faster two processes are than one", "tab-processes", ["work", "two processes"],
            [[title, f"{v:.2f}"] for title, v in x["processes"].items()],
        ),
    }  # fmt: skip


def reader_tables(x: dict) -> dict[str, str]:
    """Better algorithms, and what a reader waits for."""
    return {
        "schemes": table(
            "A better scheme: second moment of a path at time 1", "tab-schemes", ["scheme", "relative error", "ns per path"],
            [[s["name"].replace("_", " "), f"{s['relative_error']:+.1e}", number(s["ns"])] for s in x["schemes"]],
        ),
        "transfer": table(
            "A better algorithm: stationary variance of two points at η = 2/3", "tab-transfer", ["method", "relative error", "ms"],
            [[name, f"{v['relative_error']:+.0e}", number(v["ms"])] for name, v in x["transfer"].items()],
        ),
        "start": table(
            "What a reader waits for at the start", "tab-start", ["what", "seconds after Python's own start"],
            [[f"`{name}`" if name.startswith("import") else name, f"{max(s, 0.0):.2f}"] for name, s in x["start"].items()],
        ),
        "widget": table(
            "The widget on one core", "tab-widget", ["what", "ms"], [[name, number(ms)] for name, ms in x["widget"].items()]
        ),
    }  # fmt: skip
