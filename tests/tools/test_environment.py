"""Notebooks run alike whatever the user has set, and what fails is shown and kept by nobody."""

import json
import os
import subprocess
import sys

import nbformat
import notebooks
import pytest
from nbformat.v4 import new_code_cell, new_notebook

FIGURE = "import matplotlib.pyplot as plt\nfigure, ax = plt.subplots()\nplt.close()\nfigure"


def written(folder, *sources):
    nbformat.write(new_notebook(cells=[new_code_cell(source) for source in sources]), folder / "chapter.ipynb")
    return folder / "chapter.ipynb"


def test_neither_backend_nor_rc_file_nor_start_up_nor_kernel_nor_home_is_the_users(tmp_path):
    user = tmp_path / "user"
    (user / "profile_default" / "startup").mkdir(parents=True)
    (user / "matplotlibrc").write_text("figure.figsize: 1, 1\nbackend: svg\n")
    (user / "profile_default" / "startup" / "mine.py").write_text("print('good morning')")
    (user / "kernels" / "python3").mkdir(parents=True)
    spec = {"argv": ["/bin/false"], "display_name": "Python 3", "language": "python"}
    (user / "kernels" / "python3" / "kernel.json").write_text(json.dumps(spec))
    users = {
        "MPLBACKEND": "Agg",
        "MATPLOTLIBRC": str(user),
        "MPLCONFIGDIR": str(user),
        "PYTHONWARNINGS": "error",
    }
    users |= {"IPYTHONDIR": str(user), "JUPYTER_DATA_DIR": str(user), "HOME": "/dev/null/nowhere"}
    path = written(tmp_path, FIGURE, "2")
    code = (
        "import sys; from pathlib import Path; sys.path[:0] = ['tools']; import environment, notebooks, nbformat\n"
        "if __name__ == '__main__':\n"
        "    environment.enter()\n"
        f"    path = Path({str(path)!r})\n"
        "    well = notebooks.executed([path], lambda path, notebook, seconds: nbformat.write(notebook, path))\n"
        "    sys.exit(not well)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        cwd=notebooks.ROOT,
        env={**os.environ, **users},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (figure,), (number,) = (cell.outputs for cell in nbformat.read(path, as_version=4).cells)
    assert figure.data["text/plain"] == "<Figure size 640x480 with 1 Axes>"
    assert "image/png" in figure.data
    assert number.data["text/plain"] == "2"


FAILURES = {
    "error": ("1 / 0", "ZeroDivisionError"),
    "stderr": ("import sys; _ = sys.stderr.write('a warning of a library')", "a warning of a library"),
    "dead kernel": ("import os; os._exit(3)", "died"),
    "no picture": (
        "from IPython.display import display\ndisplay({'text/plain': '<Figure size 9x9>'}, raw=True)",
        "<Figure size 9x9>",
    ),
}


@pytest.mark.parametrize("source, text", FAILURES.values(), ids=FAILURES.keys())
def test_what_fails_is_shown_with_its_text_and_handed_to_nobody(tmp_path, capsys, source, text):
    kept = []
    assert not notebooks.executed([written(tmp_path, source)], lambda *run: kept.append(run))
    assert kept == []
    assert text in capsys.readouterr().err
