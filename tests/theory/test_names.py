"""An argument's name says which noise it is: the table of the package's page, held to every signature."""

import inspect
import re
from pathlib import Path

import pytest

from sgdsde_helpers import simulation, theory

PAGE = Path(__file__).parents[2] / "chapters" / "package_theory.md"
TABLE = PAGE.read_text(encoding="utf-8").split("(package-noise-names)=")[1].split("\n#")[0]
NAMES = {name for row in re.findall(r"^\| (`.*?) \|", TABLE, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
FUNCTIONS = [
    value
    for room in (theory, simulation)
    for name, value in sorted(vars(room).items())
    if inspect.isfunction(value) and not name.startswith("_")
]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_the_name_says_which_noise_it_is(function):
    arguments = inspect.signature(function).parameters
    of_a_step = {"eta", "batch_size"} & set(arguments)
    for name, argument in arguments.items():
        if re.search("sigma|noise|variance|diffusion|deviation", name):
            assert name in NAMES, f"{function.__name__}({name}=...) is not in the table of {PAGE.name}"
        if name == "sigma":
            assert of_a_step, f"{name} of {function.__name__} is of one example, but there is no eta and no batch_size"
        if name in ("noise_covariance", "noise_variance", "noise_factor"):
            assert not of_a_step, f"{name} of {function.__name__} is per unit of time, which holds eta and B already"
        if name == "stationary_covariance":
            assert argument.kind is argument.KEYWORD_ONLY, f"{function.__name__} takes S in the place of a noise"


def test_every_name_of_the_table_is_used():
    assert {name for f in FUNCTIONS for name in inspect.signature(f).parameters} >= NAMES - {"eta", "batch_size"}
