"""The rules of this folder: what each figure draws is read back, each of its options counts, a module is a notebook."""

import ast
import importlib
import inspect
import pkgutil
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from sgdsde_helpers import figures
from sgdsde_helpers.losses import DoubleWell, FunctionLoss, LeastSquares, ScalarQuadratic, TanhNetwork

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


RNG = np.random.default_rng(3)
LINE = LeastSquares(RNG.normal(size=(40, 3)), RNG.normal(size=40))
UNEVEN = ScalarQuadratic([0.5, 1.0, 1.5], [0.0, 1.0, 3.0])
BOWL = FunctionLoss(
    lambda x: np.exp(x) - x, lambda x: np.exp(x)[..., None] - 1 + np.array([0.8, -0.8]), 2, (), minimiser=0.0
)
NETWORK = TanhNetwork(RNG.random((20, 64)), RNG.integers(0, 10, 20), hidden=32, n_classes=10)  # of the digits' shape
WELL = DoubleWell(0.9)
CHAINS = {"chains": (40, 50)}
CASES = {  # a function's arguments before `ax`, how many axes it takes, and two values of each option
    "batch_size.rule_panel": ((UNEVEN,), 1, CHAINS),
    "central_limit_theorem.first_corrections": ((2.0,), 0, {"lengths": ((4, 16), (4, 25))}),
    "escape.escape_panel": ((WELL,), 1, CHAINS | {"end": (10.0, 20.0)}),
    "exact_chain.momentum_panel": ((), 2, CHAINS),
    "heavy_tails.tail_panel": ((), 1, {"chains": (1000, 1200), "n_steps": (5, 9)}),
    "linear_regression.settling_panel": ((LINE,), 1, CHAINS),
    "not_even_a_density.laws": (([0.3, 0.4, 0.5, 0.6], list("abcd")), 0, {"bins": (18, 20)}),
    "not_even_a_density.cascade": ((), 0, {"rows": (9, 12), "bins": (18, 20)}),
    "not_even_a_density.characteristic_functions": (({"a": (0.382, 1.618), "b": (0.3, 1.4)},), 0, {"steps": (5, 7)}),
    "not_even_a_density.law_panel": ((), 1, CHAINS),
    "scorecard.scorecard_panel": ((UNEVEN,), 1, CHAINS),
    "small_network.linear_rule": (
        ({"SGD": (np.array([1, 8]), np.array([0.41, 0.42]), np.full(2, 0.001))}, (np.ones(2), np.ones(2))),
        0,
        {"top": (0.5, 0.6)},
    ),
    "small_network.training_panel": ((NETWORK,), 1, {"end": (2.0, 3.0)}),
    "state_dependent_noise.well_panel": ((WELL,), 1, CHAINS | {"steps": (5, 9)}),
    "temperature.law_panel": ((BOWL,), 1, CHAINS),
    "thermometers.relation_panel": ((), 1, CHAINS),
    "two_temperatures.current_panel": ((), 2, CHAINS),
}


def figure_options(function) -> list[str]:
    return [p.name for p in inspect.signature(function).parameters.values() if p.default is not p.empty]


FUNCTIONS = {
    f"{name}.{key}": getattr(module, key)
    for name in MODULES
    for module in [importlib.import_module(f"sgdsde_helpers.figures.{name}")]
    for key in drawing_functions(module)
    if figure_options(getattr(module, key))
}


def picture(name: str, **options) -> list[bytes]:
    """All that is drawn: lines, patches, dots, images, words and limits."""
    before, n_axes, _ = CASES[name]
    if n_axes:
        axes = Figure().subplots(1, n_axes, squeeze=False)[0]
        FUNCTIONS[name](*before, axes if n_axes > 1 else axes[0], 0.4, 2, 5, **options)
    else:
        axes = FUNCTIONS[name](*before, **options).axes
    found = []
    for ax in axes:
        found += [np.asarray(a.get_xydata(), float) for a in ax.lines]
        found += [a.get_path().vertices for a in ax.patches]
        found += [np.asarray(a.get_offsets()) for a in ax.collections] + [a.get_array() for a in ax.collections]
        found += [a.get_array() for a in ax.images] + [ax.get_xlim(), ax.get_ylim()]
    return [np.ma.filled(np.ma.asarray(0 if a is None else a, dtype=float), np.nan).tobytes() for a in found]


def test_every_figure_with_options_has_a_row():
    assert {name: figure_options(f) for name, f in FUNCTIONS.items()} == {
        name: options for name, f in FUNCTIONS.items() if (options := list(CASES.get(name, ((), 0, {}))[2]))
    }


@pytest.mark.parametrize(("name", "option"), [(name, option) for name in CASES for option in CASES[name][2]])
def test_no_option_of_a_figure_is_ignored(name, option):
    usual = {key: values[0] for key, values in CASES[name][2].items()}
    one, other = (picture(name, **usual | {option: value}) for value in CASES[name][2][option])
    assert one != other
