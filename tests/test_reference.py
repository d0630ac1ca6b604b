"""The pages of the package's reference have every public name."""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

CHAPTERS = Path(__file__).parents[1] / "chapters"
PAGE = "\n".join((CHAPTERS / name).read_text(encoding="utf-8") for name in ("package.md", "package_theory.md"))
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef)
WHOLE_MODULES = set(re.findall(r"\.\. automodule:: (\S+)", PAGE))


def names_one_by_one() -> set[str]:
    """What `currentmodule` and autofunction or autoclass spell out."""
    names, module = set(), ""
    for kind, name in re.findall(r"\.\. (currentmodule|autofunction|autoclass):: (\S+)", PAGE):
        if kind == "currentmodule":
            module = name
        else:
            names.add(f"{module}.{name}")
    return names


def public_names(module) -> list[str]:
    """The module's own list; of a room that has none, the lists of its modules."""
    return getattr(module, "__all__", [name for name in dir(module) if callable(getattr(module, name))])


@pytest.mark.parametrize(
    "module",
    ["losses", "simulation", "theory", "widgets", "scenes", "measure", "comparison", "problems", "sweeps", "checks"],
)
def test_every_public_name_is_on_the_page(module):
    full = f"sgdsde_helpers.{module}"
    public = import_module(full)
    written = names_one_by_one()
    missing = [
        name
        for name in public_names(public)
        if full not in WHOLE_MODULES
        and f"{full}.{name}" not in written
        and getattr(getattr(public, name), "__module__", None) not in WHOLE_MODULES
    ]
    assert not missing


@pytest.mark.parametrize("name", sorted(names_one_by_one()))
def test_every_name_on_the_page_exists(name):
    module, _, attribute = name.rpartition(".")
    assert attribute in import_module(module).__all__


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[1] / "sgdsde_helpers").rglob("*.py")), ids=lambda path: path.stem
)
def test_formulas_of_docstrings_have_single_backslashes(path):
    """Two would break the line in the middle of a formula: a raw docstring is written as it is read."""
    nodes = [n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, DOCUMENTED)]
    formulas = re.findall(r":math:`([^`]*)`", " ".join(ast.get_docstring(node) or "" for node in nodes))
    assert [formula for formula in formulas if "\\\\" in formula] == []
