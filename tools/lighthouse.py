#!/usr/bin/env python3
"""Lighthouse over every page of the built site, served with gzip: `make lighthouse`. Needs Node and a Chromium.

Prints performance, accessibility, best practices and SEO of each page, as a phone and as a desk see it.
"""

import gzip
import json
import os
import shutil
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from finish import pages

VERSION = "13.5.0"
HTML = Path(__file__).resolve().parent.parent / "_build" / "html"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
TEXT = (".html", ".css", ".js", ".svg", ".json", ".xml")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


class Gzipped(SimpleHTTPRequestHandler):
    """A server as a site has it: text is sent compressed, and what has a hash in its name may be kept."""

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


def scores(address: str, desk: bool) -> list[int]:
    """The four scores of a page, from 0 to 100."""
    chromium = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), "")
    command = ["npx", "--yes", f"lighthouse@{VERSION}", address, "--quiet", "--output=json", "--output-path=stdout"]
    command += ["--chrome-flags=--headless=new --no-sandbox", f"--only-categories={','.join(CATEGORIES)}"]
    command += ["--preset=desktop"] if desk else []
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "CHROME_PATH": chromium}
    )
    found = json.loads(done.stdout)["categories"]
    return [round(100 * (found[name]["score"] or 0)) for name in CATEGORIES]


def main() -> None:
    wanted = sys.argv[1:] or [path.relative_to(HTML).as_posix() for path in pages(HTML) if path.name != "index.html"]
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Gzipped, directory=str(HTML)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"{'performance, accessibility, best practices, SEO':<52} phone               desk")
    for page in wanted:
        address = f"http://127.0.0.1:{server.server_port}/{page}"
        phone, desk = (" ".join(f"{score:4}" for score in scores(address, d)) for d in (False, True))
        print(f"{page:<48} {phone}   {desk}", flush=True)


if __name__ == "__main__":
    main()
