"""What README.md and CONTRIBUTING.md tell a reader to run runs, and prints what they say."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLACEHOLDERS = {
    "chapters/21_name.ipynb",
    "chapters/appendix_name.ipynb",
    "sgdsde_helpers/a/_b.py",
    "sgdsde_helpers/figures/name.py",
    "tests/a/test_b.py",
    "tests/figures/test_name.py",
    "tests/scenes/test_name.py",
}
FENCE = re.compile(r"^```(python|text)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_the_examples_run_and_print_what_is_said(name, capsys):
    names: dict = {}
    blocks = FENCE.findall((ROOT / name).read_text("utf-8"))
    assert blocks
    for kind, text in blocks:
        if kind == "python":
            exec(compile(text, name, "exec"), names)  # noqa: S102  the book's own examples
        else:
            assert capsys.readouterr().out == text


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_each_file_that_is_named_exists_and_each_command_is_one(name):
    from book import COMMANDS

    text = (ROOT / name).read_text("utf-8")
    for path in re.findall(r"`((?:chapters|tests|tools|sgdsde_helpers)/[\w/.]+)`", text):
        assert path in PLACEHOLDERS or (ROOT / path).exists(), path
    for command in re.findall(r"(?:make|tools/book\.py) ([a-z-]+)", text):
        assert command in {*COMMANDS, "help", "clean"} or command in ("all", "it"), command
