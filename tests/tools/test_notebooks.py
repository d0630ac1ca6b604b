"""The check of stored notebooks finds what it is there to find: each test plants one fault in a clean notebook."""

import nbformat
import notebooks
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output


def result(count, **data):
    return new_output("execute_result", data, execution_count=count)


@pytest.fixture
def clean():
    cells = [
        new_markdown_cell("# A chapter\n\nWhat is it?\n\nIt is $x$."),
        new_code_cell("2", execution_count=1, outputs=[result(1, **{"text/plain": "2"})]),
        new_code_cell("print(3)", execution_count=2, outputs=[new_output("stream", text="3\n")]),
    ]
    return notebooks.clean(new_notebook(cells=cells))


@pytest.fixture
def stored(tmp_path):
    def store(notebook):
        nbformat.write(notebook, tmp_path / "chapter.ipynb")
        return tmp_path / "chapter.ipynb"

    return store


def test_a_clean_notebook_has_no_problem(clean, stored):
    assert notebooks.problems(stored(clean)) == []


def plant_output(**fields):
    return lambda cells: cells[1].outputs.append(new_output(**fields))


FAULTS = {
    "picture": (plant_output(output_type="display_data", data={"image/png": "iVBORw0="}), "picture"),
    "svg": (plant_output(output_type="display_data", data={"image/svg+xml": "<svg/>"}), "picture"),
    "widget": (
        plant_output(output_type="display_data", data={"application/vnd.jupyter.widget-view+json": {}}),
        "widget",
    ),
    "error": (plant_output(output_type="error", ename="ValueError", evalue="no"), "error: ValueError"),
    "stderr": (plant_output(output_type="stream", name="stderr", text="careful\n"), "stderr: careful"),
    "address": (plant_output(output_type="stream", text="<object at 0x7f3b2c1d>\n"), "address"),
    "not executed": (lambda cells: cells[2].update(execution_count=None), "execution count None, not 2"),
    "out of order": (lambda cells: cells[1].update(execution_count=2), "execution count 2, not 1"),
    "long cell": (lambda cells: cells[2].update(source="print(3)\n" * 26), "26 lines"),
    "tag that hides": (lambda cells: cells[1].metadata.update(tags=["nbval-skip"]), "kept from the comparison"),
    "comment that hides": (
        lambda cells: cells[1].update(source="# NBVAL_IGNORE_OUTPUT\n2"),
        "kept from the comparison",
    ),
    "metadata for Jupyter": (
        lambda cells: cells[1].metadata.update(jupyter={"source_hidden": True, "collapsed": True}),
        "other metadata for Jupyter",
    ),
    "opening that waits": (
        lambda cells: cells[0].update(source="# A chapter\n\nWhat is $x$?\n\nMore."),
        "opening paragraph has a formula",
    ),
    "timings": (
        lambda cells: cells[1].metadata.update(execution={"iopub.status.busy": "now"}),
        "not in the stored form",
    ),
}


@pytest.mark.parametrize("plant, message", FAULTS.values(), ids=FAULTS.keys())
def test_a_planted_fault_is_named(clean, stored, plant, message):
    plant(clean.cells)
    assert any(message in line for line in notebooks.problems(stored(clean)))


def test_a_sentence_may_be_mended_by_hand(clean, stored):
    clean.cells[0].source = "# The chapter"
    assert notebooks.problems(stored(clean)) == []


def test_code_may_be_folded_in_jupyter(clean, stored):
    clean.cells[1].metadata["jupyter"] = {"source_hidden": True, "outputs_hidden": True}
    assert notebooks.problems(stored(clean)) == []


def test_widget_state_in_the_metadata_is_a_problem(clean, stored):
    clean.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {}}
    assert notebooks.problems(stored(clean))


def test_cleaning_twice_changes_nothing_more(clean):
    assert nbformat.writes(notebooks.clean(clean)) == nbformat.writes(clean)


def test_cells_with_equal_source_get_different_ids():
    cells = [new_code_cell("2") for _ in range(3)]
    ids = [cell.id for cell in notebooks.clean(new_notebook(cells=cells)).cells]
    assert len(set(ids)) == 3


def test_seeds_that_comparisons_share_are_named():
    own = ["x = sgd(loss, 0.1, seed=1)\ncompare('a', 0, *f(x))", "x = sgd(loss, 0.1, seed=2)"]
    assert notebooks.reused_seeds(own) == []
    assert "share the seed 1" in notebooks.reused_seeds([own[0], "y = np.random.default_rng(1)"])[0]
    looped = "for k in range(3):\n    compare('a', k, *f(sgd(loss, 0.1, seed={})))"
    assert "at every turn" in notebooks.reused_seeds([looped.format("5")])[0]
    assert notebooks.reused_seeds([looped.format("5 + k")]) == []
    assert notebooks.reused_seeds(["%matplotlib inline\nx = dict(seed=3)"]) == []
