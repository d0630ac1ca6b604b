#!/usr/bin/env python3
"""Draw the book's mark and the picture of the README: `make mark`.

The subject is SGD on the two examples x = -1 and x = +1 with loss (phi - x)^2 / 2 and batch size 1, whose step is
phi <- (1 - eta) phi + eta x with x = -1 or +1 by the toss of a coin. At eta = 2/3 its law lies on the Cantor set:
the bars of the mark are where the chain can be after 1, 2 and 3 steps, and the arch is the Gaussian of the SDE.
"""

from pathlib import Path

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from PIL import Image, ImageDraw
from scipy.stats import norm

from sgdsde_helpers.figures.style import ARMS, PAPER, house_style, label_axes, new_figure, panel_title
from sgdsde_helpers.theory.laws.bernoulli import two_point_density

ASSETS = Path(__file__).resolve().parent.parent / "chapters" / "assets"
SIZE = 64  # side of the mark, in its own units


def cantor_bars(steps: int) -> list[tuple[float, float]]:
    """Where [-1, 1] is sent by `steps` steps at eta = 2/3: 2**steps intervals."""
    bars = [(-1.0, 1.0)]
    for _ in range(steps):
        bars = [(low / 3 + 2 / 3 * x, high / 3 + 2 / 3 * x) for x in (-1, 1) for low, high in bars]
    return bars


def rectangles() -> list[tuple[float, float, float, float]]:
    """The bars of the mark as (left, top, width, height)."""
    half = SIZE / 2 - 6
    return [
        (SIZE / 2 + half * low, 12 + 12 * steps, half * (high - low), 9)
        for steps in (1, 2, 3)
        for low, high in cantor_bars(steps)
    ]


def arch() -> list[tuple[float, float]]:
    """The SDE's Gaussian at eta = 2/3, of variance eta / 2, over the same axis as the bars."""
    phi = np.linspace(-1, 1, 41)
    height = np.exp(-(phi**2) / (2 * (2 / 3) / 2))
    return [(SIZE / 2 + (SIZE / 2 - 6) * x, 21 - 15 * y) for x, y in zip(phi, height, strict=True)]


def logo() -> str:
    """The mark as SVG."""
    bars = "".join(f'<rect x="{x:.2f}" y="{y}" width="{w:.2f}" height="{h}"/>' for x, y, w, h in rectangles())
    line = " ".join(f"{x:.2f},{y:.2f}" for x, y in arch())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" role="img">\n'
        f"<title>SGD and SDEs</title>\n"
        f'<rect width="{SIZE}" height="{SIZE}" rx="10" fill="{PAPER}"/>\n'
        f'<g fill="{ARMS["SGD"]}">{bars}</g>\n'
        f'<polyline points="{line}" fill="none" stroke="{ARMS["SDE"]}" stroke-width="4" stroke-linecap="round"/>\n'
        "</svg>\n"
    )


def favicon(side: int) -> Image.Image:
    """The mark in pixels, drawn large and shrunk."""
    scale = 512 / SIZE
    image = Image.new("RGBA", (512, 512))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, 511, 511), 10 * scale, fill=PAPER)
    for x, y, width, height in rectangles():
        draw.rectangle([scale * v for v in (x, y, x + width, y + height)], fill=ARMS["SGD"])
    draw.line([(scale * x, scale * y) for x, y in arch()], fill=ARMS["SDE"], width=int(4 * scale), joint="curve")
    return image.resize((side, side), Image.Resampling.LANCZOS)


@house_style
def two_points() -> Figure:
    """For each learning rate a row: the law that SGD settles to, beside the law of its SDE."""
    etas, edges = np.linspace(0.02, 2 / 3, 260), np.linspace(-1, 1, 1201)
    laws = {
        "SGD": np.array([two_point_density(edges, eta) for eta in etas]),
        "SDE": np.array([np.diff(norm.cdf(edges, scale=np.sqrt(eta / 2))) for eta in etas]),
    }
    figure, axes = new_figure(1, 2, height=2.9, sharey=True)
    for ax, (arm, law) in zip(axes, laws.items(), strict=True):
        shades = LinearSegmentedColormap.from_list(arm, [PAPER, ARMS[arm], "#0b1f30"])
        law = np.maximum(law, 0)  # rounding can pass below 0
        shade = np.sqrt(law / law.max(axis=1, keepdims=True))  # the root, so that thin places show
        ax.imshow(
            shade, cmap=shades, origin="lower", extent=(-1, 1, 0.02, 2 / 3), aspect="auto", interpolation="antialiased"
        )
        label_axes(ax, r"parameter $\Phi$", r"learning rate $\eta$" if arm == "SGD" else None)
        ax.set_xticks([-1, 0, 1])
        panel_title(ax, {"SGD": "where SGD settles", "SDE": "where its SDE settles"}[arm])
    return figure


def main() -> None:
    (ASSETS / "logo.svg").write_text(logo())
    favicon(48).save(ASSETS / "favicon.ico", sizes=[(16, 16), (32, 32), (48, 48)])
    two_points().savefig(
        ASSETS / "two_points.jpg",
        dpi=190,
        facecolor=PAPER,
        pil_kwargs={"quality": 78, "optimize": True, "progressive": True},
    )  # LaTeX reads no WebP


if __name__ == "__main__":
    main()
