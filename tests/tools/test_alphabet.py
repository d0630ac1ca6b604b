"""The order of the references."""

import alphabet
from pybtex.database import parse_string

NAMES = {
    "A": "Zagier, Don",
    "B": r"\c{S}im\c{s}ekli, Umut",
    "C": r"{\O}ksendal, Bernt",
    "D": "Smith, Samuel",
    "E": "Aharoni, Ron",
}


def test_letters_with_marks_stand_among_those_without():
    text = "".join(
        f"@article{{{key}, author = {{{name}}}, title = {{T}}, year = {{2000}}}}\n" for key, name in NAMES.items()
    )
    entries = parse_string(text, "bibtex").entries.values()
    assert [entry.key for entry in alphabet.Alphabetical().sort(entries)] == ["E", "C", "B", "D", "A"]
