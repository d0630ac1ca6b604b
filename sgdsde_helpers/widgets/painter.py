"""Pictures for a widget: one reused Figure, drawn and encoded many times with the same frame."""

from __future__ import annotations

import base64
import html
import io
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from sgdsde_helpers.checks import DivergenceError
from sgdsde_helpers.figures.marks import setting
from sgdsde_helpers.figures.style import MUTED, PAPER, TEXT, WIDTH, style_context

Draw = Callable[[Any, float, int, int], str]

DPI = 135
COLOURS = 64  # lines, their smoothed edges and a filled histogram need no more; a third of the bytes of true colour


@dataclass(frozen=True)
class Picture:
    """One drawn setting.

    Attributes
    ----------
    png, caption : the picture, and the sentence that says what it shows.
    limits : what the panels span, ((x from, x to), (y from, y to)) for each; None where the picture is a message.
    """

    eta: float
    batch_size: int
    png: bytes
    caption: str
    limits: tuple | None

    def figure_html(self, label: str, size: tuple[int, int]) -> str:
        """The picture with its caption under it as an HTML figure; the alt text says what the caption says."""
        source = "data:image/png;base64," + base64.b64encode(self.png).decode()
        caption = html.escape(self.caption)
        return (
            f'<figure class="explorer-figure" style="margin:0;padding:0" aria-label="{html.escape(label)}">'
            f'<img src="{source}" width="{size[0]}" height="{size[1]}" decoding="sync" '
            f'style="display:block;width:100%;height:auto" alt="{caption}">'
            f'<figcaption style="line-height:1.4;margin:0.4em 0 0">{caption}</figcaption></figure>'
        )


class Painter:
    """Draws settings of (eta, batch size) on one Figure and encodes them.

    Parameters
    ----------
    draw : ``draw(ax, eta, batch_size, seed) -> caption``; ``ax`` is an array of axes where there are several panels.
    height : inches; the width is `WIDTH`.
    panels : relative widths of the panels, side by side.
    """

    def __init__(self, draw: Draw, height: float, panels: Sequence[float] = (1,)) -> None:
        self.draw, self.panels = draw, list(panels)
        with style_context():
            self.figure = Figure(figsize=(WIDTH, height), dpi=DPI, layout="constrained", facecolor=PAPER)
        FigureCanvasAgg(self.figure)
        self.axes: list[Axes] = []
        self.positions: list | None = None
        self.frame: list | None = None
        self.backdrop: Any = None
        self.size = (int(WIDTH * 100), int(height * 100))

    @style_context()
    def paint(self, eta: float, batch_size: int, seed: int) -> str:
        """Draw one setting and return its caption.

        Raises
        ------
        DivergenceError : from the drawing function, where eta is past stability.
        """
        self._clear()
        caption = self.draw(self.axes[0] if len(self.axes) == 1 else np.array(self.axes), eta, batch_size, seed)
        if self.positions is None:  # lay out the first picture; the axes of all others stand where its axes stand
            self.figure.draw_without_rendering()
            self.figure.set_layout_engine("none")
            self.positions = [ax.get_position() for ax in self.axes]
        return caption

    def paint_message(self, text: str) -> None:
        """Say in words, in the picture's place, why there is no picture."""
        self.figure.clear()
        wrapped = "\n".join(textwrap.wrap(text, 58))
        self.figure.text(0.5, 0.5, wrapped, ha="center", va="center", fontsize=TEXT, color=MUTED)

    def _clear(self) -> None:
        """Bare axes; the same axes where nothing but marks was drawn, since new ticks cost a third of a picture."""
        figure = self.figure
        if not self.axes or figure.axes != self.axes or figure.texts or figure.legends:
            figure.clear()
            self.axes = list(figure.subplots(1, len(self.panels), squeeze=False, width_ratios=self.panels)[0])
            for ax, position in zip(self.axes, self.positions or [], strict=False):
                ax.set_position(position)
            return
        for ax in self.axes:
            for group in list(ax.containers):  # marks with bars and their entry in the legend
                group.remove()
            for mark in _marks(ax) + ([ax.legend_] if ax.legend_ else []):
                mark.remove()
            ax.set_prop_cycle(None)
            ax.relim()

    def pixels(self) -> Image.Image:
        """What the figure shows now, in RGB."""
        canvas = self.figure.canvas
        if self.figure.axes == self.axes and not self.figure.texts:
            self._draw_over_backdrop(canvas)
        else:
            canvas.draw()
        return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")

    def _draw_over_backdrop(self, canvas: FigureCanvasAgg) -> None:
        """Draw the marks over the frame, which is drawn once: ticks and labels cost more than all the rest."""
        frame = [_frame(ax) for ax in self.axes]
        marks = [sorted(_marks(ax), key=lambda mark: mark.zorder) for ax in self.axes]
        if frame != self.frame:
            shown = [mark for of_ax in marks for mark in of_ax if mark.get_visible()]
            for mark in shown:
                mark.set_visible(False)
            canvas.draw()
            self.frame, self.backdrop = frame, canvas.copy_from_bbox(self.figure.bbox)
            for mark in shown:
                mark.set_visible(True)
        canvas.restore_region(self.backdrop)
        for ax, of_ax in zip(self.axes, marks, strict=True):
            for mark in of_ax:
                ax.draw_artist(mark)

    @style_context()
    def picture(
        self, eta: float, batch_size: int, seed: int, *, refused: type[ValueError] = DivergenceError
    ) -> Picture:
        """Draw and encode one setting.

        Parameters
        ----------
        eta, batch_size, seed : handed to the drawing function.
        refused : the errors of the drawing function that are shown as words in the picture's place; others are raised.
        """
        try:
            caption = self.paint(eta, batch_size, seed)
            limits = tuple((ax.get_xlim(), ax.get_ylim()) for ax in self.axes)
        except refused as error:
            caption, limits = f"{setting(eta, batch_size)}: {error}", None
            self.paint_message(str(error))
        return Picture(eta, batch_size, self._encode(eta, batch_size), caption, limits)

    def _encode(self, eta: float, batch_size: int) -> bytes:
        buffer, facts = io.BytesIO(), PngInfo()
        facts.add_text("eta", f"{eta:.3g}")  # a picture that stands at the wrong place of a grid can be told
        facts.add_text("batch_size", str(batch_size))
        few = self.pixels().quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        few.save(buffer, "PNG", pnginfo=facts, compress_level=6)  # level 9 saves a tenth and takes seven times as long
        return buffer.getvalue()

    @style_context()
    def with_caption(self, eta: float, batch_size: int, seed: int) -> bytes:
        """One setting as it is printed on paper: the picture in full colour with its caption under it."""
        lines, buffer = textwrap.wrap(self.paint(eta, batch_size, seed), 78), io.BytesIO()
        self.figure.text(0.02, -0.02, "\n".join(lines), va="top", fontsize=10.5)
        self.figure.savefig(buffer, format="png", bbox_inches="tight", dpi=180)
        return buffer.getvalue()


def _marks(ax: Axes) -> list[Artist]:
    """All that a drawing function put on the axes, and not the frame."""
    return [*ax.lines, *ax.patches, *ax.collections, *ax.texts, *ax.images, *ax.artists, *ax.child_axes]


def _frame(ax: Axes) -> tuple:
    """What the look of the frame depends on: pictures for which this is equal share one backdrop."""
    titles = [ax.get_title(loc) for loc in ("left", "center", "right")]
    sides = [
        (
            axis.get_scale(),
            axis.label.get_text(),
            *axis.get_majorticklocs(),
            *getattr(axis.get_major_formatter(), "seq", ()),
        )
        for axis in (ax.xaxis, ax.yaxis)
    ]
    return ax.get_xlim(), ax.get_ylim(), ax.axison, titles, sides, _legend(ax)


def _legend(ax: Axes) -> list[tuple]:
    """What a legend says; it takes longer to draw than all marks, and belongs to the frame."""
    if ax.legend_ is None:
        return []
    handles, texts = ax.legend_.legend_handles, ax.legend_.get_texts()
    colours = [tuple(np.ravel(h.get_color() if hasattr(h, "get_color") else h.get_facecolor())) for h in handles]
    return [(text.get_text(), colour) for text, colour in zip(texts, colours, strict=True)]
