"""The built site, served on 127.0.0.1 and opened in a headless Chromium, one page after another.

Every test with the argument `opened` runs once for each page; the tests of one page share one visit, in the order of the
files, so that the last of them judges all that happened. `BOOK_HTML` names another build than _build/html.
"""

import json
import os
import re
import statistics
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page
from xdist.scheduler import LoadScopeScheduling

from tests.browsers import CHROMIUM, NO_CHROMIUM, leave_out

ROOT = Path(__file__).resolve().parents[2]
HTML = Path(os.environ.get("BOOK_HTML", ROOT / "_build" / "html"))
ADDRESS = os.environ.get("BOOK_URL", "")  # of the site in the web: what is asked of it is answered from the disk
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
SCREENSHOTS = HTML.parent / "screenshots"
PAGES = sorted(p.relative_to(HTML).as_posix() for p in HTML.rglob("*.html") if "_static" not in p.parts)
VISITED = [page for page in PAGES if 'http-equiv="Refresh"' not in (HTML / page).read_text("utf-8")]
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}

# Console messages of level "error" that are no fault of the book: (text, reason).
ALLOWED_ERRORS: list[tuple[str, str]] = []

MEASURED: dict[str, list[float]] = {}  # reported at the end; no test depends on time


def wait_for_formulas(page: Page) -> None:
    """Until all that is not folded is set: from then on nothing moves."""
    if page.locator(".math").count():
        page.wait_for_function("document.documentElement.dataset.formulas === 'set'")


class Visit:
    """A page of the site in the browser, and all that went wrong on it."""

    def __init__(self, page: Page, base: str, path: str) -> None:
        self.page, self.base, self.path = page, base, path
        self.foreign: list[str] = []
        self.missing: list[str] = []
        self.errors: list[str] = []
        page.on("request", self._request)
        page.on(
            "response",
            lambda reply: self.missing.append(f"{reply.status} {reply.url}") if reply.status >= 400 else None,
        )
        page.on("requestfailed", lambda request: self.missing.append(f"{request.failure} {request.url}"))
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(f"uncaught: {error}"))
        page.goto(base + path, wait_until="load")
        wait_for_formulas(page)
        self.views = page.locator("script[type='application/vnd.jupyter.widget-view+json']").count()
        if self.views:  # a widget's script comes when the widget comes near the screen
            page.locator(".explorer-still").first.scroll_into_view_if_needed()
            page.wait_for_function(
                "n => document.querySelectorAll('.explorer[role=group]').length === n", arg=self.views
            )

        if page.locator("sgd-scene").count():  # a live scene's script, too
            page.locator("sgd-scene").first.scroll_into_view_if_needed()
            page.wait_for_function("[...document.querySelectorAll('sgd-scene')].every(scene => scene.shadowRoot)")

    def _request(self, request) -> None:
        if not request.url.startswith((self.base, ADDRESS or self.base, "data:", "blob:")):
            self.foreign.append(request.url)

    def _console(self, message) -> None:
        if message.type == "error" and not any(text in message.text for text, _ in ALLOWED_ERRORS):
            self.errors.append(f"{message.text} ({message.location.get('url')})")

    def formulas_are_set(self) -> None:
        """Wait until all formulas are set, for the width that the page now has."""
        if self.page.locator(".math").count():
            self.page.wait_for_function(
                """() => document.documentElement.dataset.formulas === "set" &&
                  Number(document.documentElement.dataset.formulasFor) === document.querySelector(".bd-article").clientWidth"""
            )

    def theme(self, name: str) -> None:
        """Switch the page as its own button does."""
        self.page.evaluate("name => Object.assign(document.documentElement.dataset, {theme: name, mode: name})", name)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_args) -> None:
        pass


def missing() -> str | None:
    """What the tests of the site lack here, in words; None where all is there."""
    if not (HTML / "index.html").exists():
        return f"there is no site in {HTML}; build it with: make book"
    if not CHROMIUM:
        return NO_CHROMIUM
    return None


def pytest_collection_modifyitems(config, items) -> None:
    leave_out(config, items, Path(__file__).parent, missing())


@pytest.fixture(scope="session")
def base():
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=HTML))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


def _place(address: str) -> str:
    return address.removeprefix(ADDRESS).partition("?")[0].partition("#")[0]


@pytest.fixture(scope="session", params=VISITED or ["index.html"])
def opened(request, browser, base):
    context = browser.new_context(viewport=WIDE, color_scheme="light", reduced_motion="reduce")
    context.set_default_timeout(60_000)  # a hang ends; no test depends on how fast a machine is
    if ADDRESS:
        context.route(f"{ADDRESS}**", lambda route: route.fulfill(path=HTML / _place(route.request.url)))
    yield Visit(context.new_page(), base, request.param)
    context.close()


def states(path: str) -> list[dict]:
    """The widget state that a page carries, as it is written in its file."""
    _, *parts = (HTML / path).read_text("utf-8").split('<script type="application/vnd.jupyter.widget-state+json">')
    return [json.loads(part.split("</script>")[0])["state"] for part in parts]


class _ByPage(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        page = re.search(r"\[(.*?\.(html|ipynb))", nodeid)
        return page[1] if page else "site"


def pytest_xdist_make_scheduler(config, log) -> LoadScopeScheduling:
    """With -n, one worker takes all tests of a page, in order: the page is opened once."""
    return _ByPage(config, log)


def pytest_runtest_logreport(report) -> None:
    if report.when == "call":
        for name, values in report.user_properties:
            MEASURED.setdefault(name, []).extend(values)


def pytest_terminal_summary(terminalreporter) -> None:
    for name, values in MEASURED.items():
        values = sorted(values)
        terminalreporter.write_line(
            f"{name}: median {statistics.median(values):.3g}, from {values[0]:.3g} to {values[-1]:.3g} ({len(values)} values)"
        )
