"""Every figure and panel that a test draws can be read: on the page, 690 px wide, and on a phone, 360 px wide."""

import itertools
from collections.abc import Iterator

import matplotlib.pyplot as plt
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from sgdsde_helpers.figures.style import TEXT, WIDTH, style_context


def words(figure: Figure) -> Iterator[tuple[Text, str]]:
    """All texts that are seen, with what they say."""
    hidden = {axis.label for ax in figure.axes if not ax.axison for axis in (ax.xaxis, ax.yaxis)}
    for text in set(figure.findobj(Text)) - hidden:
        if text.get_visible() and text.get_text().strip():
            yield text, text.get_text()


def ticks(axis, renderer) -> list:
    """The boxes of the labels of one axis's longer ticks that are seen, in their order."""
    texts = [t.label1 for t in axis.get_major_ticks() if t.label1.get_visible()]
    low, high = sorted(axis.get_view_interval())
    shown = [t for t in texts if t.get_text().strip() and low <= t.get_position()[axis.axis_name == "y"] <= high]
    boxes = [t.get_window_extent(renderer) for t in shown]
    return sorted(boxes, key=lambda box: box.y0 if axis.axis_name == "y" else box.x0)


def faults(figure: Figure) -> Iterator[str]:
    """What a reader could not read."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    frame = figure.bbox.padded(1)
    tick_labels = set()
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis) if ax.axison else ():
            tick_labels |= set(axis.get_ticklabels() + axis.get_ticklabels(minor=True))
            for one, other in itertools.pairwise(ticks(axis, renderer)):
                if one.overlaps(other):
                    yield f"labels of the {axis.axis_name} axis lie over each other"
                    break
        if ax.legend_ is not None:
            legend, panel = ax.legend_.get_window_extent(renderer), ax.get_window_extent(renderer)
            if legend.overlaps(panel) and legend.x0 < panel.x0 - 0.12 * panel.width:
                yield "the legend lies over the axis"
    for text, said in words(figure):
        box = text.get_window_extent(renderer)
        if text not in tick_labels and not (
            frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
        ):
            yield f"{said!r} runs out of the picture"
        if text.get_fontsize() < TEXT:
            yield f"{said!r} is too small on a phone: {text.get_fontsize():.1f} < {TEXT} points"


@pytest.fixture(autouse=True)
def all_that_is_drawn_can_be_read(monkeypatch):
    """Panels are drawn in the size and look of a widget; all that was drawn is looked at in the end."""
    drawn, make = [], Figure.__init__

    def made(figure, *args, **kwargs):
        make(figure, *args, **kwargs)
        drawn.append(figure)

    monkeypatch.setattr(Figure, "__init__", made)
    size = {"figure.figsize": (WIDTH, 3.5), "figure.constrained_layout.use": True}
    with style_context(), plt.rc_context(size):
        yield
        found = [fault for figure in drawn if figure.axes for fault in faults(figure)]
        plt.close("all")
    assert not found, found
