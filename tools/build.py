#!/usr/bin/env python3
"""Build the website: `make book`; with the argument `serve`, serve it and build again on each change.

Jupyter Book executes notebooks one after another, and its cache does not see a change of sgdsde_helpers. So the
notebooks are executed here, two at a time, into that cache, which is thrown away when the package or a pin changed.
Nothing is built where nothing changed, and a build starts from an empty folder: no page outlives its source.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
import webbrowser
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nbformat
from environment import JUPYTER_BOOK, PRINTED, ROOT, enter
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from notebooks import executed, stored

HTML, CACHE, STAMP = ROOT / "_build" / "html", ROOT / "_build" / ".jupyter_cache", ROOT / "_build" / "sources.sha256"
CODE = ("sgdsde_helpers", "requirements.txt")  # what a notebook's outputs depend on, beside its cells
SOURCES = ("chapters", "_config.yml", "_toc.yml", "tools", *CODE)  # what the site depends on
PORT = 8000


def fingerprint(*places: str) -> str:
    """A hash over Python's version and every file in the places, which are relative to the repository."""
    state = hashlib.sha256(sys.version.encode())
    for place in (ROOT / name for name in places):
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file() and not {"__pycache__", ".ipynb_checkpoints"} & set(path.parts):
                state.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return state.hexdigest()


def fill_cache() -> bool:
    """Execute the notebooks that the build's cache lacks; False if one fails."""
    stamp, code = CACHE / "package.sha256", fingerprint(*CODE)
    if not stamp.exists() or stamp.read_text() != code:
        shutil.rmtree(CACHE, ignore_errors=True)
        CACHE.mkdir(parents=True)
    cache = get_cache(str(CACHE))

    def stale(path: Path) -> bool:
        try:
            cache.match_cache_notebook(nbformat.read(path, as_version=4))
        except KeyError:
            return True
        return False

    def keep(path: Path, notebook: nbformat.NotebookNode, seconds: float) -> None:
        bundle = CacheBundleIn(notebook, str(path), data={"execution_seconds": seconds})
        cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)

    well = executed([path for path in stored() if not path.name.startswith("_") and stale(path)], keep)
    stamp.write_text(code)
    return well


def build() -> bool:
    """Build what changed; True if the site then stands as its sources say."""
    sources = fingerprint(*SOURCES) + os.environ.get("BOOK_URL", "") + str(PRINTED.exists() and PRINTED.stat().st_mtime)
    if STAMP.exists() and STAMP.read_text() == sources and (HTML / "index.html").exists():
        print(f"Nothing changed since the last build. Open {(HTML / 'index.html').as_uri()}")
        return True
    STAMP.unlink(missing_ok=True)
    if not fill_cache():
        return False
    shutil.rmtree(HTML, ignore_errors=True)
    command = [*JUPYTER_BOOK, "build", ".", "--all", "-W", "-n", "--keep-going"]
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        return False
    STAMP.write_text(sources)
    print(f"Open {(HTML / 'index.html').as_uri()}")
    return True


def serve() -> None:
    """Serve the site on this machine, and look for a change each second."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(HTML))
    server = ThreadingHTTPServer(("127.0.0.1", PORT), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"Serving http://127.0.0.1:{PORT} until Ctrl-C; a saved change is built again", flush=True)
    webbrowser.open(f"http://127.0.0.1:{PORT}")
    seen = None
    while True:
        now = fingerprint(*SOURCES)
        if now != seen:
            build()
            seen = now
        time.sleep(1)


if __name__ == "__main__":
    enter()
    if not build():
        sys.exit("The book was not built; the errors stand above.")
    if sys.argv[1:] == ["serve"]:
        with suppress(KeyboardInterrupt):
            serve()
