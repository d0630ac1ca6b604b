"""The benchmarks do the work they say, and the page shows the results that are stored."""

import json
from dataclasses import replace
from pathlib import Path

import ours
import pytest
import report
import work
from peers import numpy_plain

STORED = Path(__file__).parents[1] / "benchmarks"


@pytest.mark.parametrize("row", work.ROWS, ids=lambda row: row.key)
def test_the_package_and_the_plain_loop_do_the_same_work(row):
    """Two routes to one law. Fewer than 2,000 comparisons at six standard errors: a false alarm in 10^5 of such runs."""
    small = replace(row, chains=400, steps=100 if row.key == "G" else 20)
    final = ours.contender(small)()
    ((plain, share),) = numpy_plain.contenders(small).values()
    recorded = {"B": (10,), "C": (), "D": (10,), "E": (64,), "F": (8, 6), "G": (100,), "H": (120,), "I": (20, 10)}
    assert final.shape == plain().shape == (400, *recorded.get(row.key[0], ())) and share == 1
    assert work.same_work(small, final, plain())


def test_the_check_of_the_work_sees_a_wrong_law():
    row = replace(work.BY_KEY["C8"], chains=4000, steps=50)
    right = ours.contender(row)()
    assert not work.same_work(row, right, ours.contender(replace(row, batch=4))())  # twice the variance
    assert not work.same_work(row, right, right + 0.2 * right.std())


def test_the_tables_are_those_of_the_stored_results():
    found = json.loads((STORED / "results.json").read_text())
    assert (STORED / "results.md").read_text() == report.page(found)
    assert [row["key"] for row in found["rows"]] == list(work.BY_KEY)
    assert all(peer["ns"] > 0 for row in found["rows"] for peer in row["peers"])


def test_the_table_of_the_gpu_is_that_of_its_stored_results():
    found = json.loads((STORED / "gpu.json").read_text())
    text = (STORED / "gpu.md").read_text()
    assert text == report.gpu_page(found)
    assert [row["key"] for row in found["rows"]] == [key for key in work.BY_KEY if key != "I"]
    assert found["machine"]["platform"] == "gpu"
    for row in found["rows"]:
        (line,) = [line for line in text.splitlines() if line.startswith(f"| **{row['key']}** ")]
        for cell, v in zip(line.split(" | ")[1:], row["by_chains"].values(), strict=True):
            ns, ratio = (float(x.strip(" ()|")) for x in cell.split(" ", 1))
            assert ns == pytest.approx(v["gpu_ns"], rel=0.06) and ratio == pytest.approx(
                v["numpy_ns"] / v["gpu_ns"], rel=0.06
            )


def test_the_table_of_sweeps_is_that_of_its_stored_results():
    found = json.loads((STORED / "sweeping.json").read_text())
    text = (STORED / "sweeping.md").read_text()
    assert text == report.sweeping_page(found)
    for name, v in found["executors"].items():
        (line,) = [line for line in text.splitlines() if line.startswith(f"| {name} |")]
        numbers = [float(cell) for cell in line.strip("| ").split(" | ")[1:]]
        speed_up = found["executors"]["here"]["busy_s"] / v["busy_s"]
        assert numbers == pytest.approx([v["first_s"], *v["ms"].values(), v["busy_s"], speed_up], abs=0.051)
