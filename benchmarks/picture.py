"""The picture of the book's page: how many times the package's cost the others have, row by row."""

from __future__ import annotations

import io
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from PIL import Image
from report import kind

from sgdsde_helpers.figures.style import FLOW, GAUSSIAN_SGD, MUTED, PREDICTION, SGD, house_style, new_figure

PLACE = Path(__file__).resolve().parent.parent / "chapters" / "assets" / "speed.png"
MARKS = {
    "by hand": (SGD, "o", "written by hand"),
    "library": (GAUSSIAN_SGD, "D", "a library"),
    "compiled": (FLOW, "v", "compiled (Numba)"),
}


@house_style
def ratios(rows: list[dict]) -> Figure:
    """A line for each row; the package is at 1, what is slower to the right of it."""
    fig, ax = new_figure(height=0.34 * len(rows) + 1.6)
    ax.axvline(1.0, color=PREDICTION)
    ax.axvline(0.5, color=MUTED, linestyle=":")
    for place, row in enumerate(rows):
        ax.axhline(place, color=MUTED, linewidth=0.4, zorder=0)
        for peer in row["peers"]:
            color, mark, _ = MARKS[kind(peer["name"])]
            ax.plot(peer["ratio"][1], place, mark, color=color, markersize=6.5, alpha=0.85)
    for color, mark, words in MARKS.values():
        ax.plot([], [], mark, color=color, label=words)
    ax.set(xscale="log", yticks=range(len(rows)), ylim=(len(rows) - 0.5, -0.5))
    ax.set_yticklabels([row["key"] for row in rows])
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    ax.set_xlabel("time over the package's time on the same work")
    ax.set_ylabel("row")
    fig.legend(loc="outside upper center", ncols=3)
    return fig


def draw(rows: list[dict]) -> None:
    """Write the picture, as PNG, since LaTeX reads no WebP."""
    buffer = io.BytesIO()
    ratios(rows).savefig(buffer, format="png", dpi=180)
    Image.open(buffer).convert("RGB").quantize(64).save(PLACE, optimize=True)
