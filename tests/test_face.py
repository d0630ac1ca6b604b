"""The package's face: what a user reaches for is at the top, and costs nothing before it is used."""

import subprocess
import sys

import pytest

import sgdsde_helpers

HEAVY = ["numpy", "scipy", "matplotlib", "ipywidgets", "PIL"]


def loaded_after(code: str) -> set[str]:
    """The heavy modules that a new Python has loaded after `code`."""
    report = f"import sys; {code}; print(*[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", report], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_importing_the_package_loads_nothing():
    assert loaded_after("import sgdsde_helpers") == set()


def test_a_comparison_loads_neither_pyplot_nor_widgets():
    assert loaded_after("from sgdsde_helpers import compare, sgd, MeanEstimation") <= {"numpy", "scipy"}


def test_the_face_is_the_rooms_own():
    from sgdsde_helpers import MeanEstimation, compare, explore, sgd, theory
    from sgdsde_helpers.comparison import compare as compare_of_its_room
    from sgdsde_helpers.losses import MeanEstimation as loss_of_its_room
    from sgdsde_helpers.simulation import sgd as sgd_of_its_room
    from sgdsde_helpers.widgets import explore as explore_of_its_room

    assert (sgd, MeanEstimation) == (sgd_of_its_room, loss_of_its_room)
    assert (compare, explore) == (compare_of_its_room, explore_of_its_room)
    assert theory.__name__ == "sgdsde_helpers.theory"


def test_dir_lists_rooms_and_face_and_each_name_is_there():
    names = dir(sgdsde_helpers)
    assert {"sgd", "MeanEstimation", "compare", "explore", "theory", "simulation", "__version__"} <= set(names)
    assert all(hasattr(sgdsde_helpers, name) for name in names)


def test_no_name_is_in_two_rooms_of_the_face():
    names = [name for room in sgdsde_helpers._FACE for name in getattr(sgdsde_helpers, room).__all__]
    assert len(names) == len(set(names))
    assert not set(names) & set(sgdsde_helpers.__all__)


def test_dir_shows_no_helpers_of_the_face_itself():
    assert not {"import_module", "TYPE_CHECKING", "_FACE"} & set(dir(sgdsde_helpers))


@pytest.mark.parametrize("name", ["gsd", "_sgd", "sgd_stationary_moments", "np", "annotations", "positive"])
def test_a_name_that_is_nowhere_is_an_attribute_error(name):
    with pytest.raises(AttributeError, match=f"'sgdsde_helpers' has no attribute '{name}'"):
        getattr(sgdsde_helpers, name)
