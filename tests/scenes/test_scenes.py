"""One copy of the scenes' code for the page and for a notebook; and what every scene must keep."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from sgdsde_helpers import scenes
from sgdsde_helpers.scenes import SCENES, scene, script
from tests.scenes.headless import evaluated, run

FOLDER = Path(scenes.__file__).parent
BOOK = Path(__file__).resolve().parents[2]
CHAPTERS = BOOK / "chapters"


def test_every_module_is_part_of_the_script_and_every_scene_is_listed():
    public = re.compile(r"^export (?:const|function|class) (\w+)", re.MULTILINE)
    names = [name for path in FOLDER.glob("*.js") for name in public.findall(path.read_text("utf-8"))]
    assert len(names) == len(set(names)) > 20
    assert evaluated(f"[{', '.join(names)}].map(one => one === undefined)") == [False] * len(names)
    assert "import " not in script()
    assert evaluated("scenes.map(({ name }) => name)") == list(SCENES)


def test_the_script_is_small():
    import gzip

    assert len(gzip.compress(script().encode())) < 25_000


@pytest.mark.parametrize("name", SCENES)
def test_a_scene_has_a_picture_and_a_place(name):
    assert (CHAPTERS / "assets" / "scenes" / f"{name}.png").exists()
    pages = [path.read_text("utf-8") for path in CHAPTERS.glob("*.*") if path.suffix in (".md", ".ipynb")]
    assert any(f"scene-{name}" in page for page in pages)
    for page in pages:
        for used in re.findall(r":figclass: scene-([a-z-]+)", page):
            assert used in SCENES


@pytest.mark.parametrize("name", SCENES)
def test_a_scene_at_rest_is_the_same_for_the_same_seed(name):
    chains = [run(name, {"seed": seed}, 50, 12).cloud.__dict__ for seed in (3, 3, 4)]
    first, again, other = (json.dumps(one, default=lambda array: np.asarray(array).tolist()) for one in chains)
    assert first == again != other


def test_a_notebook_gets_the_page_s_script():
    pytest.importorskip("anywidget")
    live = scene("two-points", {"eta": 0.5, "arm": "SDE"})
    assert (live.name, live.settings) == ("two-points", "eta:0.5,arm:SDE")
    assert str(live._esm).startswith(script())
    assert "export default { render }" in str(live._esm)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere",), "name"),
        ((3,), "name"),
        (("two-points", {"eta": None}), "settings"),
        (("two-points", 0.5), "settings"),
    ],
)
def test_bad_arguments_are_named(arguments, said):
    with pytest.raises(ValueError, match=said):
        scene(*arguments)


def test_the_scene_of_the_guide_works():
    """CONTRIBUTING's example, as a module beside the others."""
    text = (BOOK / "CONTRIBUTING.md").read_text("utf-8")
    code = re.search(r"```js\n(.*?)```", text, re.DOTALL)[1]
    code = re.sub(r"^import .*\n|^export ", "", code, flags=re.MULTILINE)
    rows = evaluated(
        f"(() => {{ {code}; const run = new Run(bell, {{eta: 0.3, seed: 2}}, 20000); run.step(100);"
        " return [...run.rows(), run.theory, run.cloud.variance]; })()"
    )
    assert abs(rows[0]["z"]) < 5
    assert rows[2] == pytest.approx(rows[1]["stationary"])
