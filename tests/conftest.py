"""What every test of the package starts from: figures are drawn into memory, on every machine."""

import matplotlib
import pytest

from tests.browsers import CHROMIUM

matplotlib.use("agg")  # not by MPLBACKEND, which the kernels of the notebooks would inherit


@pytest.fixture(scope="session")
def playwright():
    """The driver of all browsers: a second one would not start beside it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright):
    chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    yield chromium
    chromium.close()
