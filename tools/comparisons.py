"""The lines that `compare` prints, as tables on the pages of the site; and the ledger of all of them.

Notebooks, Lab and paper keep the printed line. On a page each line becomes a row with z as a mark on a scale from
-4.5 to 4.5, and has an address, to which the ledger leads.
"""

import html
import re
from dataclasses import dataclass
from math import erf, sqrt
from statistics import fmean, pstdev

LINE = re.compile(
    r"(?P<quantity>.*?) +predicted (?P<predicted>\S+) +measured (?P<measured>\S+)"
    r" +s\.e\. (?P<error>\S+) +z = (?P<z>[+-]\d+\.\d)\s*"
)
RIVAL = re.compile(r"  (?P<quantity>rival: .*?) +predicted (?P<predicted>\S+) +z = (?P<z>[+-]\d+\.\d)\s*")
AGREED = re.compile(r"( +)(two routes agree to \S+   \(.*\))$", re.MULTILINE)  # as `agree` prints it
OUTPUT = re.compile(
    r'<div class="output stream[^"]*"><div class="highlight"><pre>(?:<span></span>)?(.*?)</pre>\s*</div>\s*</div>',
    re.DOTALL,
)
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Row:
    """A comparison on a page."""

    page: str
    chapter: str
    number: int
    quantity: str  # as it stands in HTML
    z: float

    @property
    def address(self) -> str:
        return f"{self.page}#comparison-{self.number}"


def minus(number: str) -> str:
    """A printed number as it is set in text."""
    return number.replace("-", MINUS)


def signed(x: float, digits: int) -> str:
    """A number with its sign, as it is set in text."""
    return minus(f"{x:+.{digits}f}")


def scale(z: float) -> str:
    """z as a mark on its scale, and as a number."""
    far = " far" if abs(z) > 3 else ""
    return f'<span class="z-scale{far}" aria-hidden="true" style="--z:{z}"></span><span class="z-value">{signed(z, 1)}</span>'


def tables(text: str, page: str) -> tuple[str, list[Row]]:
    """The page with tables in place of printed comparisons, and its comparisons in order."""
    title = re.search(r'<h1>((?:(?!</h1>).)*?)<a class="headerlink"', text, re.DOTALL)  # not the h1 that is printed
    chapter = re.sub(r"<[^>]*>", "", title[1]) if title else page
    rows: list[Row] = []

    def table(lines: list[re.Match]) -> str:
        out = []
        for line in lines:
            if line.re is RIVAL:
                out.append(
                    f'<tr class="rival"><th scope="row">{line["quantity"]}</th><td data-label="predicted">{minus(line["predicted"])}</td>'
                    f'<td></td><td></td><td class="z"><span class="z-value">{signed(float(line["z"]), 1)}</span></td></tr>'
                )
                continue
            row = Row(page, chapter, len(rows) + 1, line["quantity"].strip(), float(line["z"]))
            rows.append(row)
            cells = "".join(
                f'<td data-label="{label}">{minus(line[key])}</td>'
                for label, key in (("predicted", "predicted"), ("measured", "measured"), ("s.e.", "error"))
            )
            out.append(
                f'<tr id="comparison-{row.number}"><th scope="row">{row.quantity}</th>{cells}'
                f'<td class="z">{scale(row.z)}</td></tr>'
            )
        head = "".join(f'<th scope="col">{name}</th>' for name in ("quantity", "predicted", "measured", "s.e.", "z"))
        return f'<table class="comparisons"><thead><tr>{head}</tr></thead><tbody>{"".join(out)}</tbody></table>'

    def output(match: re.Match) -> str:
        parts: list[tuple[bool, list]] = []
        for line in match[1].rstrip("\n").split("\n"):
            found = LINE.fullmatch(line) or RIVAL.fullmatch(line)
            if not parts or parts[-1][0] != bool(found):
                parts.append((bool(found), []))
            parts[-1][1].append(found or line)
        if not any(compared for compared, _ in parts):
            return match[0]
        plain = '<div class="output stream highlight-myst-ansi notranslate"><div class="highlight"><pre>{}</pre></div></div>'
        return "".join(
            table(lines) if compared else plain.format("\n".join(lines))
            for compared, lines in parts
            if compared or any(lines)
        )

    text = AGREED.sub(r'<span class="pad">\1</span>\2', text)  # a phone begins a line there
    return OUTPUT.sub(output, text), rows


def normal(low: float, high: float) -> float:
    """The standard normal law's mass between two numbers."""
    return (erf(high / sqrt(2)) - erf(low / sqrt(2))) / 2


def histogram(values: list[float]) -> str:
    """How the values of z are spread, with the normal law: bins half a unit wide, whose edges no rounded z can meet."""
    middles = [k / 2 for k in range(-9, 10)]
    counts = [sum(m - 0.25 < z < m + 0.25 for z in values) for m in middles]
    expected = [len(values) * normal(m - 0.25, m + 0.25) for m in middles]
    top = max(*counts, *expected) * 1.08
    bars = "".join(
        f'<rect x="{20 * i + 2}" y="{120 - 110 * n / top:.1f}" width="16" height="{110 * n / top:.1f}"/>'
        for i, n in enumerate(counts)
    )
    line = " ".join(f"{20 * i + 10},{120 - 110 * n / top:.1f}" for i, n in enumerate(expected))
    ticks = "".join(
        f'<text x="{20 * i + 10}" y="136">{f"{m:.0f}".replace("-", MINUS)}</text>'
        for i, m in enumerate(middles)
        if m == int(m)
    )
    return (
        f'<svg class="ledger-histogram" viewBox="0 0 380 142" role="img" aria-label="Histogram of z over all '
        f'{len(values)} comparisons, with the normal law as a line">{bars}<polyline points="{line}"/>{ticks}</svg>'
    )


def summary(rows: list[Row], to: str, ledger: str) -> str:
    """The ledger in a few lines; `to` leads from the page to the root of the site."""
    if not rows:
        return ""
    values = [row.z for row in rows]
    worst = max(rows, key=lambda row: abs(row.z))
    chapters = len({row.page for row in rows})
    shares = ", ".join(
        f"{sum(abs(z) > k for z in values) / len(values):.1%} beyond {k} (normal law: {1 - normal(-k, k):.1%})"
        for k in (1, 2, 3)
    )
    return (
        f'<div class="ledger">{histogram(values)}<p><strong>{len(rows)} comparisons</strong> of prediction and measurement '
        f"stand in {chapters} chapters and appendices. Mean of z {signed(fmean(values), 2)}, standard deviation {pstdev(values):.2f}; {shares}. "
        f'The largest |z| is {abs(worst.z):.1f}: <a href="{to}{worst.address}">{worst.quantity}</a>. Bars: all comparisons; '
        f'line: the normal law. <a href="{to}{ledger}">Each with a link to its place</a>.</p></div>'
    )


def everything(rows: list[Row], to: str) -> str:
    """All comparisons, a table for each chapter."""
    parts = []
    for page in dict.fromkeys(row.page for row in rows):
        here = [row for row in rows if row.page == page]
        lines = "".join(
            f'<tr><th scope="row"><a href="{to}{row.address}">{row.quantity}</a></th><td class="z">{scale(row.z)}</td></tr>'
            for row in here
        )
        name = html.escape(html.unescape(here[0].chapter))
        parts.append(
            f"<details><summary>{name}: {len(here)}, largest |z| {max(abs(row.z) for row in here):.1f}</summary>"
            f'<table class="comparisons"><thead><tr><th scope="col">quantity</th><th scope="col">z</th></tr></thead>'
            f"<tbody>{lines}</tbody></table></details>"
        )
    return "".join(parts)
