"""An option that is ignored: each is put back to its default at the head of its function. (file, old, new, why, tests).

Every public function and method but those whose options are changed one by one: of theory, measure and problems in
`tests/test_every_function.py`, of figures and panels in `tests/figures/test_every_figure.py`.
"""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
CALLED = ("theory", "measure.py", "problems.py", "checks.py")
SAME = {  # options that may be ignored, of one function or of all, and why
    "score_decay.batch_size": "a mean does not know B",
    "by_example.batch_size": "it serves one draw, and is called like those that serve more",
    "order": "how states lie in memory; the numbers are the same",
    "independent": "batch_gradient may use that draws are independent, to be quick",
    "scale": "batch_gradient may take the factor in, and says whether it did",
    "progress": "a bar on the screen",
}


def tests_of(path: Path) -> str:
    """All tests of the module's room, for a function is often tested beside its relatives; a figure's own test."""
    room, *inside = path.relative_to(ROOT / "sgdsde_helpers").parts
    own = Path("tests") / room / f"test_{path.stem}.py"
    if room == "figures" and (ROOT / own).exists():
        return own.as_posix()
    if room == "simulation":  # most are caught by the first
        return "tests/simulation/test_options.py tests/simulation"
    return f"tests/{room}" if inside else f"tests/test_{room}"


def options(function: ast.FunctionDef) -> list[tuple[str, str]]:
    """The arguments that have a default, and their defaults."""
    of, plain = function.args, [*function.args.posonlyargs, *function.args.args]
    pairs = [*zip(plain[::-1], of.defaults[::-1]), *zip(of.kwonlyargs, of.kw_defaults)]
    return [(argument.arg, ast.unparse(default)) for argument, default in pairs if default is not None]


def ignored(path: Path) -> list[tuple[str, ...]]:
    """A row for each option of each public function and method of a module."""
    text = path.read_text("utf-8")
    lines, found = text.splitlines(keepends=True), []
    for top in ast.parse(text).body:
        if not isinstance(top, ast.FunctionDef | ast.ClassDef) or top.name.startswith("_"):
            continue
        for function in top.body if isinstance(top, ast.ClassDef) else [top]:
            if not isinstance(function, ast.FunctionDef) or re.match("_(?!_init__)", function.name):
                continue
            if path.parent.name == "figures" and (top.name.endswith("_panel") or ast.unparse(top.returns) == "Figure"):
                continue
            first = function.body[0]
            documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            head = "".join(lines[top.lineno - 1 : first.end_lineno if documented else first.lineno - 1])
            name = top.name if function is top else f"{top.name}.{function.name}"
            for option, default in options(function):
                if not {option, f"{name}.{option}"} & set(SAME):
                    new = f"{head}{' ' * first.col_offset}{option} = {default}\n"
                    why = f"{option} of {name} is not ignored"
                    found.append((str(path.relative_to(ROOT)), head, new, why, tests_of(path)))
    return found


MUTANTS = [
    row
    for path in sorted((ROOT / "sgdsde_helpers").rglob("*.py"))
    if path.relative_to(ROOT / "sgdsde_helpers").parts[0] not in CALLED
    for row in ignored(path)
]
