#!/usr/bin/env python3
"""Fetch the scripts and fonts that the site and its tests carry with them: `make vendor`.

To move to another version, change it here, run this, and commit what changed.
"""

import base64
import hashlib
import io
import json
import re
import tarfile
import urllib.request
from importlib.metadata import files
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

REGISTRY = "https://registry.npmjs.org"
ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "chapters" / "assets" / "vendor"

# name on npm, version, folder, {what to take from the package: where it goes in the folder}
PACKAGES = [
    (
        "@jupyter-widgets/html-manager",  # draws the widgets of a page that has no kernel
        "1.0.15",
        SITE / "widgets",
        {r"dist/(embed\.js|embed\.js\.LICENSE\.txt|\w+\.woff2)": r"\1"},
    ),
    (
        "mathjax",  # its parts, not its bundles: they are a third of the weight, and set a page many times as quickly
        "4.1.3",
        SITE / "mathjax",
        {r"(LICENSE|startup\.js|core\.js|input/tex\.js|output/chtml\.js|a11y/assistive-mml\.js)": r"\1"},
    ),
    (
        "@mathjax/mathjax-tex-font",
        "4.1.3",
        SITE / "mathjax-tex-font",
        {r"(chtml\.js|chtml/woff2/.*\.woff2)": r"\1"},
    ),
    (
        "@fortawesome/fontawesome-free",  # of the version whose names the theme's style sheet holds
        "6.5.2",
        SITE / "icons",
        {r"LICENSE\.txt": "LICENSE", r"webfonts/(fa-(brands-400|regular-400|solid-900)\.woff2)": r"\1"},
    ),
    (
        "@fontsource/source-serif-4",  # the typeface of the text
        "5.3.1",
        SITE / "source-serif-4",
        {
            r"(LICENSE)": r"\1",
            r"files/source-serif-4-((latin|greek)-(400|600)-(normal|italic)\.woff2)": r"\1",
        },
    ),
    (
        "axe-core",  # finds faults of accessibility in tests/site
        "4.14.1",
        ROOT / "tests" / "site" / "vendor",
        {r"(axe\.min\.js|LICENSE)": r"\1"},
    ),
]

FONTS = {"@jupyter-widgets/html-manager": "; its fonts are Font Awesome Free 5.15.4, SIL OFL 1.1"}

# What is kept of a font: first and last character of each range. A glyph that is missing here is drawn in the fallback.
ICONS = [
    *(0x2B, 0xF002, 0xF00C, 0xF00D, 0xF013, 0xF015, 0xF019, 0xF02D, 0xF030, 0xF03A, 0xF040, 0xF04B, 0xF04C, 0xF04D),
    *(
        0xF053,
        0xF054,
        0xF05A,
        0xF05E,
        0xF060,
        0xF064,
        0xF061,
        0xF062,
        0xF065,
        0xF06A,
        0xF06D,
        0xF071,
        0xF078,
        0xF09B,
        0xF0A1,
    ),
    *(0xF0C5, 0xF0C9, 0xF0EB, 0xF0F3, 0xF104, 0xF105, 0xF106, 0xF107, 0xF110, 0xF135, 0xF15B, 0xF185, 0xF186, 0xF188),
    *(0xF1C1, 0xF1DA, 0xF24E, 0xF303, 0xF35D, 0xF042, 0xF05D, 0xF058, 0xF057, 0xF06B, 0xF0E7, 0xF111, 0xF144, 0xF0A4),
]
RANGES = {
    "mjx-tex-n.woff2": [  # not the 700 letters of styles that the book does not use
        *((0x20, 0x3FF), (0x2000, 0x23FF), (0x25A0, 0x25FF), (0x27C0, 0x27FF), (0x1D434, 0x1D467)),
        *((0x1D538, 0x1D56B), (0x1D6E2, 0x1D71B), (0xE000, 0xE0FF)),
    ],
    **{f"fa-{style}.woff2": [(c, c) for c in ICONS] for style in ("brands-400", "regular-400", "solid-900")},
}


def fetch(name: str, version: str) -> tuple[tarfile.TarFile, str]:
    """The package from npm, checked against the registry's own hash, and its licence's name."""
    with urllib.request.urlopen(f"{REGISTRY}/{name.replace('/', '%2f')}/{version}") as reply:
        about = json.load(reply)
    with urllib.request.urlopen(about["dist"]["tarball"]) as reply:
        data = reply.read()
    method, _, expected = about["dist"]["integrity"].partition("-")
    if base64.b64encode(hashlib.new(method, data).digest()).decode() != expected:
        raise SystemExit(f"{name} {version}: the download does not have the hash that the registry states")
    return tarfile.open(fileobj=io.BytesIO(data)), about["license"]


def take(package: tarfile.TarFile, wanted: dict[str, str]) -> dict[str, bytes]:
    """The wanted files, by the path that they get; fonts with RANGES hold only these."""
    taken = {}
    for member in package.getmembers():
        path = member.name.partition("/")[2]  # all lies under package/
        for pattern, target in wanted.items():
            if member.isfile() and re.fullmatch(pattern, path):
                data = package.extractfile(member).read()
                ranges = RANGES.get(path.rpartition("/")[2])
                taken[re.sub(f"^{pattern}$", target, path)] = cut(data, ranges) if ranges else data
    return taken


def cut(font: bytes, ranges: list[tuple[int, int]]) -> bytes:
    """A web font with only the characters of the ranges."""
    options = subset.Options(flavor="woff2", drop_tables=["ltag", "DSIG"])
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[code for first, last in ranges for code in range(first, last + 1)])
    face = TTFont(io.BytesIO(font), recalcTimestamp=False)
    cutter.subset(face)
    face.flavor = "woff2"
    face.save(out := io.BytesIO())
    return out.getvalue()


def other_licence(name: str) -> bytes | None:
    """The licence of a package that leaves it out, from another of the same project."""
    if name == "@jupyter-widgets/html-manager":
        [path] = [path for path in files("ipywidgets") if path.name == "LICENSE"]
        return path.read_binary()
    return (SITE / "mathjax" / "LICENSE").read_bytes() if name == "@mathjax/mathjax-tex-font" else None


def main() -> None:
    for name, version, folder, wanted in PACKAGES:
        package, licence = fetch(name, version)
        taken = take(package, wanted)
        if "LICENSE" not in taken:
            taken["LICENSE"] = other_licence(name)
        for old in [path for path in folder.rglob("*") if path.is_file()]:
            old.unlink()
        for path, data in taken.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        rows = [f"{hashlib.sha256(taken[path]).hexdigest()}  {path}\n" for path in sorted(taken)]
        head = f"# npm {name} {version}, licence {licence}{FONTS.get(name, '')}; fetched by tools/vendor.py\n"
        (folder / "VERSIONS").write_text(head + "# check with: sha256sum -c VERSIONS\n" + "".join(rows))
        size = sum(map(len, taken.values())) / 1e6
        print(f"{name} {version}: {len(taken)} files, {size:.1f} MB in {folder.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
