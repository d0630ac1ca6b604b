"""The built site, served as a site on the net is: text is sent compressed."""

import gzip
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from finish import pages

HTML = Path(__file__).resolve().parent.parent / "_build" / "html"
TEXT = (".html", ".css", ".js", ".svg", ".json", ".xml")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class Gzipped(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # a connection is kept

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if path.is_dir():
            path /= "index.html"
        if path.suffix not in TEXT or not path.is_file():
            return super().do_GET()
        body = gzip.compress(path.read_bytes(), 6)
        self.send_response(200)
        self.send_header("Content-Type", f"{self.guess_type(str(path))}; charset=utf-8")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        self.wfile.write(body)
        return None

    def log_message(self, *_args) -> None:
        pass


def chromium() -> str:
    """The path of a Chromium, or nothing."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), "")


def wanted(places: list[str]) -> list[str]:
    """The pages that are asked for, or all of the site."""
    return places or [path.relative_to(HTML).as_posix() for path in pages(HTML) if path.name != "index.html"]


@contextmanager
def served() -> Iterator[str]:
    """The address of the site while it is served on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Gzipped, directory=str(HTML)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
