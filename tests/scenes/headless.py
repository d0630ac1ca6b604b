"""Scenes without a screen, in Node, or in Chromium where there is no Node: the same text that a page carries."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest

from sgdsde_helpers.scenes import script
from tests.browsers import CHROMIUM

PLAIN = "(_, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value)"


@cache
def evaluated(expression: str):
    """The value of an expression in JavaScript that knows all names of the scenes; arrays come as lists."""
    text = f"(() => {{ {script()}\n return JSON.stringify({expression}, {PLAIN}); }})()"
    if node := shutil.which("node"):
        done = subprocess.run(
            [node, "-"], input=f"process.stdout.write({text})", capture_output=True, encoding="utf-8", check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
    if not CHROMIUM:
        pytest.skip("a scene runs in Node or in Chromium, and neither was found")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            return json.loads(browser.new_page().evaluate(text))
        finally:
            browser.close()


def run(name: str, settings: dict, chains: int, steps: int) -> SimpleNamespace:
    """A scene after some steps: `cloud`, its arrays by their names; `theory`; and `rows`, what the page says."""
    call = f"headless({json.dumps(name)}, {json.dumps(settings)}, {chains}, {steps})"
    got = evaluated(
        f"(run => ({{cloud: run.cloud, theory: run.theory, rows: run.rows(), refusal: run.refusal}}))({call})"
    )
    arrays = {key: np.array(value) if isinstance(value, list) else value for key, value in got["cloud"].items()}
    return SimpleNamespace(**{**got, "cloud": SimpleNamespace(**arrays)})


def ks_bound(m: int, other: float = np.inf) -> float:
    """What the distance of a sample of m from its law, or from a second sample, passes once in a million: Kolmogorov's bound."""
    size = m if np.isinf(other) else m * other / (m + other)
    return float(np.sqrt(np.log(2e6) / (2 * size)))


def outside(sample: np.ndarray, grid: np.ndarray, mass: np.ndarray) -> float:
    """By how much a sample's distribution function leaves that of masses on a grid, moved by one and a half nodes to either side.

    The masses say to about a node where an atom is, so their distance is not Kolmogorov's but Levy's.
    """
    x, law, shift = np.sort(sample), np.cumsum(mass), 1.5 * (grid[1] - grid[0])
    low, high = (np.interp(x + move, grid, law, left=0.0, right=1.0) for move in (-shift, shift))
    share = np.arange(len(x)) / len(x)
    return float(max((share - high).max(), (low - share - 1 / len(x)).max()))


def rows_agree(rows: Sequence[dict], allowed: float = 5.0) -> None:
    """What a scene says of itself: no line is off by more than 5 standard errors, which chance does once in 1.7 million."""
    assert rows
    for row in rows:
        assert row["measured"] is not None, row
        assert row["z"] == pytest.approx((row["measured"] - row["predicted"]) / row["error"])
        assert abs(row["z"]) < allowed, row
