"""The rule of this folder: each figure function has a test that reads back what it has drawn; a module is a notebook."""

import ast
import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest

from sgdsde_helpers import figures

ROOT = Path(__file__).resolve().parents[2]
SHARED = {"marks", "style"}
MODULES = sorted(m.name for m in pkgutil.iter_modules(figures.__path__) if m.name not in SHARED)
READERS = {"line", "lines", "bars", "marks", "histograms", "ellipses", "get_xydata", "get_offsets", "get_array"}


def drawing_functions(module) -> list[str]:
    """Public functions of a module that return a figure, or draw a widget's panels."""
    return [
        name
        for name, f in inspect.getmembers(module, inspect.isfunction)
        if f.__module__ == module.__name__
        and not name.startswith("_")
        and (f.__annotations__.get("return") == "Figure" or name.endswith(("_panel", "_panels")))
    ]


def names_in(test: ast.FunctionDef) -> tuple[set[str], set[str]]:
    """Attributes of `figures` that a test uses, and all names in it."""
    attributes = [node for node in ast.walk(test) if isinstance(node, ast.Attribute)]
    of_figures = {a.attr for a in attributes if isinstance(a.value, ast.Name) and a.value.id == "figures"}
    return of_figures, {a.attr for a in attributes} | {n.id for n in ast.walk(test) if isinstance(n, ast.Name)}


def settings_in(test: ast.FunctionDef) -> set[tuple[str, int]]:
    """Pairs (eta, B) that are written out in a test or above it."""
    pairs = [node.elts for node in ast.walk(test) if isinstance(node, ast.Tuple) and len(node.elts) == 2]
    constants = [(ast.unparse(eta), size.value) for eta, size in pairs if isinstance(size, ast.Constant)]
    return {pair for pair in constants if type(pair[1]) is int and pair[1] > 0}


@pytest.mark.parametrize("name", MODULES)
def test_each_figure_is_read_back(name):
    module = importlib.import_module(f"sgdsde_helpers.figures.{name}")
    path = Path(__file__).parent / f"test_{name}.py"
    assert path.exists(), f"no test reads the figures of {name} back: write {path.name}"
    tests = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    tests = [test for test in tests if test.name.startswith("test_")]
    used = [(*names_in(test), settings_in(test)) for test in tests]
    read = {f for of_figures, names, _ in used if names & READERS for f in of_figures}
    settings = {f: pairs for of_figures, _, pairs in used for f in of_figures}
    drawn = drawing_functions(module)
    assert drawn
    assert set(drawn) <= read, f"no test reads back what these draw: {sorted(set(drawn) - read)}"
    for panel in (f for f in drawn if f.endswith(("_panel", "_panels"))):
        assert len(settings[panel]) >= 3, f"{panel} needs a test at three settings (eta, B)"
        assert max(size for _, size in settings[panel]) > 1, f"{panel} needs a test at a batch size > 1"


def test_a_module_of_figures_is_named_as_its_notebook():
    notebooks = {path.stem.split("_", 1)[1] for path in (ROOT / "chapters").glob("*_*.ipynb")}
    assert notebooks >= set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_a_chapters_figures_do_not_import_anothers(name):
    tree = ast.parse((ROOT / "sgdsde_helpers" / "figures" / f"{name}.py").read_text())
    imported = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module}
    assert not imported & {f"sgdsde_helpers.figures.{other}" for other in MODULES}


@pytest.mark.parametrize("name", MODULES)
def test_no_law_is_written_out_in_a_figure(name):
    """Exponentials and special functions of a prediction are theory's; a figure takes roots and logarithms of its units."""
    tree = ast.parse((ROOT / "sgdsde_helpers" / "figures" / f"{name}.py").read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "np":
            assert node.attr not in {"exp", "expm1", "power"}, f"np.{node.attr} in line {node.lineno} of {name}"
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("scipy"):
            assert {alias.name for alias in node.names} <= {"ndtr"}, f"scipy in line {node.lineno} of {name}"
