#!/usr/bin/env python3
"""Lighthouse over every page of the built site, served with gzip: `make lighthouse`. Needs Node and a Chromium.

Prints performance, accessibility, best practices and SEO of each page, as a phone and as a desk see it, and the load of
the machine, since a busy one slows the page.
"""

import json
import os
import subprocess
import sys

from served import chromium, served, wanted

VERSION = "13.5.0"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")


def scores(address: str, desk: bool) -> list[int]:
    """The four scores of a page, from 0 to 100."""
    command = ["npx", "--yes", f"lighthouse@{VERSION}", address, "--quiet", "--output=json", "--output-path=stdout"]
    command += ["--chrome-flags=--headless=new --no-sandbox", f"--only-categories={','.join(CATEGORIES)}"]
    command += ["--preset=desktop"] if desk else []
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "CHROME_PATH": chromium()}
    )
    found = json.loads(done.stdout)["categories"]
    return [round(100 * (found[name]["score"] or 0)) for name in CATEGORIES]


def main() -> None:
    print(f"{'performance, accessibility, best practices, SEO':<52} phone               desk                load")
    with served() as base:
        for page in wanted(sys.argv[1:]):
            phone, desk = (" ".join(f"{score:4}" for score in scores(base + page, d)) for d in (False, True))
            print(f"{page:<48} {phone}   {desk}   {os.getloadavg()[0]:.1f}", flush=True)


if __name__ == "__main__":
    main()
