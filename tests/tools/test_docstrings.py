"""Docstrings on the reference page: signs of mathematics are escaped in prose, and examples are shown as they stand."""

import docstrings
import pytest


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (["phi (m, *shape) and |z|"], [r"phi (m, \*shape) and \|z\|"]),
        (["``a * b`` times :math:`|z|`"], ["``a * b`` times :math:`|z|`"]),
        ([">>> f(*[2.0])", "... | g", "a * b", "", "a * b"], [">>> f(*[2.0])", "... | g", "a * b", "", r"a \* b"]),
        (["    B.", "h. It is short.", "1. A step."], [r"    \B.", r"\h. It is short.", "1. A step."]),
        (
            [r".. math:: \Phi_{i+1} = |x|", r"    + \Phi_{i}", "a * b"],
            [r".. math:: \Phi_{i+1} = |x|", r"    + \Phi_{i}", r"a \* b"],
        ),
        (
            ["Attributes", "----------", "n, d : int", "    Sizes, of", "    data.", "eta, B : the sliders.", ""],
            [
                *[
                    "Attributes",
                    "----------",
                    "n : int",
                    "    Sizes, of",
                    "    data.",
                    "d : int",
                    "    Sizes, of",
                    "    data.",
                ],
                *["eta", "    the sliders.", "B", "    the sliders.", ""],
            ],
        ),
        (["Chapter 15, equation eq-exact-embedding."], ["Chapter 15, equation :eq:`eq-exact-embedding`."]),
        (
            [
                "Parameters",
                "----------",
                "eta : float",
                "    The rate.",
                "ax : the panel.",
                "",
                "Notes",
                "-----",
                "a : b.",
            ],
            [
                "Parameters",
                "----------",
                "eta : float",
                "    The rate.",
                "ax",
                "    the panel.",
                "",
                "Notes",
                "-----",
                "a : b.",
            ],
        ),
        (["as follows::", "", "    a * b", "", "a * b"], ["as follows::", "", "    a * b", "", r"a \* b"]),
    ],
)
def test_what_is_escaped(written, shown):
    lines = list(written)
    docstrings.escape(None, "function", "f", None, None, lines)
    assert lines == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("(arm: Callable = <function sgd at 0x7f>)", "(arm: Callable = sgd)"),
        ("(error: type[Exception] = <class 'ValueError'>)", "(error: type[Exception] = ValueError)"),
        ("(n: int, _edges: dict[tuple, float] = <factory>)", "(n: int)"),
    ],
)
def test_defaults_are_named(written, shown):
    assert docstrings.name_defaults(None, "function", "f", None, None, written, "int") == (shown, "int")
