"""A Sphinx extension: the references stand in the order of the alphabet, letters with marks among those without.

Pybtex sorts names as they are written in TeX, where an S with a cedilla comes before A and an O with a stroke after Z.
"""

from unicodedata import combining, normalize

from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style
from pybtex.style.sorting.author_year_title import SortingStyle

STROKES = str.maketrans("øł", "ol")  # these have no mark that comes off


class Alphabetical(SortingStyle):
    """By authors, year and title, as pybtex does."""

    def person_key(self, person) -> str:
        names = (
            *person.rich_prelast_names,
            *person.rich_last_names,
            *person.rich_first_names,
            *person.rich_middle_names,
        )
        bare = normalize("NFD", " ".join(map(str, names)).lower()).translate(STROKES)
        return "".join(sign for sign in bare if not combining(sign))


class AlphabeticalStyle(Style):
    """Entries as in pybtex's plain style."""

    default_sorting_style = "alphabetical"


def setup(app) -> dict[str, bool]:
    register_plugin("pybtex.style.sorting", "alphabetical", Alphabetical)
    register_plugin("pybtex.style.formatting", "alphabetical", AlphabeticalStyle)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
