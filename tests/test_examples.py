"""The examples in the docstrings run, and print what they say."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import sgdsde_helpers

ROOT = Path(sgdsde_helpers.__file__).parent
MODULES = sorted(
    ".".join(["sgdsde_helpers", *path.relative_to(ROOT).with_suffix("").parts]).removesuffix(".__init__")
    for path in ROOT.rglob("*.py")
    if ">>> " in path.read_text("utf-8")
)


@pytest.mark.parametrize("module", MODULES)
def test_examples_print_what_they_say(module):
    failed, attempted = doctest.testmod(import_module(module))
    assert attempted and not failed, "the report is in the captured output"
