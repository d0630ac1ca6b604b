"""Each figure of a notebook is a picture on its page. Read from the files; no browser is needed."""

import nbformat
import pytest
from bs4 import BeautifulSoup

from tests.site.conftest import HTML, PAGES, ROOT

CHAPTERS = [page for page in PAGES if (ROOT / page).with_suffix(".ipynb").exists()]
OFF_THE_PAGE = {"remove-cell", "remove-output"}


def figures(path: str) -> list[int]:
    """How many figures each code cell that is on the page has stored, by the text that stands for them."""
    cells = nbformat.read((ROOT / path).with_suffix(".ipynb"), as_version=4).cells
    shown = [c for c in cells if c.cell_type == "code" and not OFF_THE_PAGE & set(c.metadata.get("tags", []))]
    drawn = [[o.get("data", {}).get("text/plain", "").startswith("<Figure ") for o in cell.outputs] for cell in shown]
    return [sum(outputs) for outputs in drawn if any(outputs)]


@pytest.mark.parametrize("path", CHAPTERS)
def test_each_figure_cell_has_its_picture(path):
    page = BeautifulSoup((HTML / path).read_text("utf-8"), "html.parser")
    outputs = [cell for cell in page.select("div.cell_output") if not cell.select("[type*=widget-view]")]
    pictures = [cell.select("img") for cell in outputs]
    assert [len(images) for images in pictures if images] == figures(path)
    for image in (image for images in pictures for image in images):
        assert (HTML / path).parent.joinpath(image["src"]).stat().st_size > 2000, image["src"]
    assert not [cell.get_text() for cell in outputs if "<Figure " in cell.get_text()]
