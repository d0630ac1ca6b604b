"""A live scene in JupyterLab: the page's own script, by anywidget."""

import re

import nbformat
import pytest

from tests.lab.conftest import Chapter

CELL = 'from sgdsde_helpers.scenes import scene\nscene("two-points", {"eta": 0.5})'


@pytest.fixture
def notebook(lab, browser):
    path = lab.chapters / "a_scene.ipynb"
    cells = [nbformat.v4.new_code_cell(CELL)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, reduced_motion="reduce")
    context.set_default_timeout(60_000)
    yield Chapter(context.new_page(), lab.address, path)
    context.close()


def test_a_scene_lives_in_jupyterlab(notebook):
    page = notebook.page
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()  # what is run before the kernel is there is not run
    page.locator(".jp-CodeCell .jp-InputPrompt").first.click()
    page.locator(".lm-MenuBar-itemLabel", has_text=re.compile("^Run$")).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function("document.querySelector('sgd-scene')?.told")
    scene = page.locator("sgd-scene")
    assert scene.evaluate("one => one.run.settings.eta") == 0.5
    assert scene.evaluate("one => one.run.rows().every(({z}) => Math.abs(z) < 5)")
    scene.get_by_role("button", name="Cantor").click()
    assert scene.evaluate("one => one.run.settings.eta") == pytest.approx(2 / 3)
    assert notebook.errors == []
    assert notebook.foreign == []
