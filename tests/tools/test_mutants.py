"""The driver tells what is caught from what survives, and its lists fit the sources as they are."""

import mutants
import pytest

ALL = mutants.rows([])


@pytest.mark.parametrize("row", ALL, ids=[f"{row[0]}: {row[3]}" for row in ALL])
def test_each_row_can_be_planted(row):
    assert mutants.misfit(row) is None


def test_a_mistake_is_caught_and_one_that_changes_nothing_survives(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\npythonpath = ['.']\n")
    (tmp_path / "twice.py").write_text("def twice(x):\n    return 2 * x\n")
    (tmp_path / "test_twice.py").write_text("from twice import twice\n\ndef test_it():\n    assert twice(3) == 6\n")
    caught, alive = (("twice.py", "2 * x", new, "a test", "test_twice.py") for new in ("3 * x", "x + x"))
    assert not mutants.survives(caught, tmp_path)
    assert mutants.survives(alive, tmp_path)
    assert mutants.survives((*alive[:4], "test_thrice.py"), tmp_path)  # a test that is not there catches nothing
    assert (tmp_path / "twice.py").read_text().endswith("2 * x\n")


@pytest.mark.parametrize(
    "row, fault",
    [
        (("no.py", "a", "b", "why"), "no such file"),
        (("conftest.py", "e", "f", "why"), "times"),
        (("conftest.py", "environment.enter()", "environment.enter(", "why"), "no Python"),
        (("conftest.py", "environment.enter()", "pass", "why", "tests/no.py"), "no such test"),
    ],
)
def test_a_row_that_does_not_fit_is_named(row, fault):
    assert fault in mutants.misfit(row)
