"""The live scenes: chains that move in the page, and the same in a notebook.

Their code is JavaScript, in the modules beside this file: `engine.js` moves, draws and compares, `random.js` has the
generator, and each scene is a module of its own. One copy serves the site, where `tools/finish.py` puts what `script` gives,
and a notebook, where `scene` hands it to anywidget.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from sgdsde_helpers.checks import one_of, refuse

__all__ = ["SCENES", "scene", "script"]

SCENES = ("two-points", "window", "three-arms", "current", "uneven", "landscape")

_FOLDER = Path(__file__).parent
_IMPORT = re.compile(r'^import\b[^;]*?\bfrom "\./(\w+\.js)";\n', re.MULTILINE)
_COMMENT = re.compile(
    r"^[ ]*/\*.*?\*/\n|[ ]+// [^\n]*$|^// [^\n]*\n|^[ ]+", re.MULTILINE | re.DOTALL
)  # and indentation
_EXPORT = re.compile(r"^export (?:const|function|class) (\w+)", re.MULTILINE)


def _without_export(statement: re.Match) -> str:
    return statement[0].removeprefix("export ")


@cache
def script() -> str:
    """The modules of all scenes in one text without imports, that can stand in a script or in a module: each a scope of its own.

    Examples
    --------
    >>> "customElements.define" in script(), "import " in script()
    (True, False)
    """
    parts: dict[str, str] = {}

    def read(name: str) -> None:
        text = _COMMENT.sub("", (_FOLDER / name).read_text("utf-8"))
        for needed in _IMPORT.findall(text):
            if needed not in parts:
                read(needed)
        public = ", ".join(_EXPORT.findall(text))
        parts[name] = (
            f"const {{ {public} }} = (() => {{\n{_EXPORT.sub(_without_export, _IMPORT.sub('', text))}return {{ {public} }};\n}})();\n"
        )

    read("main.js")
    return "".join(parts.values())


def scene(name: str, settings: Mapping[str, Any] | None = None):
    """A live scene in a notebook; the page of the book has the same.

    Parameters
    ----------
    name : str
        One of `SCENES`.
    settings : mapping, optional
        What the sliders, choices and the seed begin with, by their names in the page's address: ``{"eta": 0.5, "B": 2}``.

    Returns
    -------
    anywidget.AnyWidget
        Its trait ``now`` has the settings that the reader has chosen.

    Raises
    ------
    ValueError
        If there is no scene of that name, or a setting is neither a number nor a word.
    ImportError
        If anywidget is not installed.

    Examples
    --------
    >>> scene("two-points", {"eta": 0.5}).settings
    'eta:0.5'
    """
    one_of("name", name, SCENES)
    settings = {} if settings is None else settings
    if not isinstance(settings, Mapping) or not all(type(value) in (int, float, str) for value in settings.values()):
        refuse("settings", settings, 'numbers and words by their names, as {"eta": 0.5}')
    try:
        import anywidget
    except ImportError as error:
        raise ImportError("a scene in a notebook needs anywidget: pip install anywidget") from error
    import traitlets

    class Scene(anywidget.AnyWidget):
        _esm = script() + "\nexport default { render };\n"
        name = traitlets.Unicode().tag(sync=True)
        settings = traitlets.Unicode().tag(sync=True)
        now = traitlets.Dict().tag(sync=True)

    return Scene(name=name, settings=",".join(f"{key}:{value}" for key, value in settings.items()))
