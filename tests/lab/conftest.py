"""The chapters in a real JupyterLab with jupyterlab-myst, on 127.0.0.1, opened in a headless Chromium.

Lab works on a copy, so that what it saves changes no chapter. The tests of one chapter share one visit, in the order of the file.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import lab as extension
import nbformat
import pytest
from playwright.sync_api import Page

from tests.browsers import CHROMIUM, NO_CHROMIUM, leave_out
from tests.site.conftest import ROOT

CHAPTERS = ["09_temperature.ipynb", "10_two_temperatures.ipynb", "15_exact_chain.ipynb"]
EXTENSION = Path(sys.prefix, "share", "jupyter", "labextensions", "jupyterlab-myst")
OWN = ("config_dir", "data_dir", "runtime_dir")
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},  # every cell is in the page, seen or not
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    **{
        name.removeprefix("@jupyterlab/").replace(":", "/"): values
        for name, values in extension.MARKDOWN_IS_SHOWN.items()
    },
}


# A role, an option, a fence, TeX, a reference that was not found: nothing of it should be seen.
RAW = re.compile(r"\{[a-z:-]+\}|:(?:label|class|name):|```|\$|\\[a-zA-Z]+|Unknown [RD]\w+|\?\?")


@dataclass
class Lab:
    """Where a JupyterLab is served, and the folder in which it works."""

    address: str
    chapters: Path


def missing() -> str | None:
    """What these tests lack here, in words; None where all is there."""
    if not find_spec("jupyterlab") or not EXTENSION.exists():
        return "there is no JupyterLab with jupyterlab-myst; `make test-site` installs them"
    return None if CHROMIUM else NO_CHROMIUM


def pytest_collection_modifyitems(config, items) -> None:
    leave_out(config, items, Path(__file__).parent, missing())


@pytest.fixture(scope="session")
def lab(tmp_path_factory) -> Iterator[Lab]:
    """A JupyterLab that has nothing of the user's: no settings, no kernels, no open tabs."""
    home = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "chapters", home / "chapters", ignore=shutil.ignore_patterns("vendor", ".ipynb_checkpoints"))
    for plugin, values in SETTINGS.items():
        file = home / "settings" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    own = {f"JUPYTER_{name.upper()}": str(home / name) for name in OWN}
    extension.install(home / "data_dir")
    own |= {"JUPYTERLAB_SETTINGS_DIR": str(home / "settings"), "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces")}
    own |= {"IPYTHONDIR": str(home / "ipython"), "PYTHONPATH": str(ROOT)}
    users = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "IPYTHON", "MPLB"))}
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", "--ServerApp.port=0"]
    command += ["--MappingKernelManager.cull_idle_timeout=5", "--MappingKernelManager.cull_interval=5"]  # of pages left
    command += ["--IdentityProvider.token=", f"--ServerApp.root_dir={home / 'chapters'}"]
    with (home / "log").open("w") as log:
        server = subprocess.Popen(command, env=users | own, stdout=log, stderr=subprocess.STDOUT)
    yield Lab(_address(server, home), home / "chapters")
    server.terminate()
    server.wait()


def _address(server: subprocess.Popen, home: Path) -> str:
    for _ in range(600):
        for file in (home / "runtime_dir").glob("jpserver-*.json"):
            if found := re.search(r'"url": "([^"]+)"', file.read_text()):
                return found[1].replace("localhost", "127.0.0.1")
        if server.poll() is not None:
            break
        time.sleep(0.1)
    server.terminate()
    raise RuntimeError(f"JupyterLab did not start:\n{(home / 'log').read_text()[-2000:]}")


@pytest.fixture(scope="session", params=CHAPTERS)
def chapter(request, lab, browser):
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(60_000)  # a hang ends; no test depends on how fast a machine is
    yield Chapter(context.new_page(), lab.address, lab.chapters / request.param)
    context.close()


# Text that a reader sees, of the cells in words and the captions: not what is folded, and of a formula only what is drawn.
SEEN = """() => {
  const found = [];
  for (const cell of document.querySelectorAll(".jp-MarkdownCell, .jp-CodeCell > .myst")) {
    const walk = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const parent = walk.currentNode.parentElement;
      if (!parent.closest(".katex, :not(pre) > code") && parent.checkVisibility()) found.push(walk.currentNode.textContent);
    }
    found.push("\\n");
  }
  return found.join("");
}"""


class Chapter:
    """A notebook that is open in Lab."""

    def __init__(self, page: Page, lab: str, file: Path) -> None:
        self.page, self.file, self.foreign, self.errors = page, file, [], []
        self.cells = nbformat.read(file, as_version=4).cells
        page.on("request", lambda request: self._request(request.url, lab))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(f"{lab}lab/tree/{file.name}?reset")
        self.kernel_is("idle")
        page.wait_for_function(
            """([cells, set]) => document.querySelectorAll(".jp-Notebook .jp-Cell").length === cells &&
               document.querySelectorAll(".jp-MarkdownCell:has(.myst), .jp-CodeCell:has(.myst:not(:empty))").length === set""",
            arg=[len(self.cells), len(self.set())],
        )

    def _request(self, address: str, lab: str) -> None:
        if not address.startswith((lab, lab.replace("http", "ws"), "data:", "blob:")):
            self.foreign.append(address)

    def set(self) -> list[nbformat.NotebookNode]:
        """The cells in which the book's text is set: those in words, and those that draw a figure with a caption."""
        return [
            cell for cell in self.cells if cell.cell_type == "markdown" or "figure" in cell.metadata.get("mystnb", {})
        ]

    def kernel_is(self, state: str) -> None:
        self.page.locator(f".jp-Notebook-ExecutionIndicator[data-status={state}]").wait_for()

    def words(self, kind: str) -> str:
        return "\n".join(cell.source for cell in self.cells if cell.cell_type == kind)

    def seen(self) -> str:
        return self.page.evaluate(SEEN)

    def run_all(self) -> None:
        """As a reader does it, by the menu; until every cell of code has been run."""
        self.page.locator(".lm-MenuBar-itemLabel", has_text=re.compile("^Run$")).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        self.page.wait_for_function(
            """() => [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")].some(one => one.textContent.includes("*"))"""
        )
        self.kernel_is("idle")

    def saved(self) -> list[nbformat.NotebookNode]:
        """The cells as Lab saves them."""
        with self.page.expect_response(lambda reply: reply.request.method == "PUT" and self.file.name in reply.url):
            self.page.locator(".jp-Notebook").press("Control+s")
        return nbformat.read(self.file, as_version=4).cells
