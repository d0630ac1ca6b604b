"""Pictures of a widget: their HTML says the caption and no more, and a frame that changes is drawn anew."""

from html.parser import HTMLParser

import numpy as np
import pytest

from sgdsde_helpers.widgets.painter import Painter, Picture


class Read(HTMLParser):
    """The tags, their attributes and the text of a piece of HTML, as a browser reads them."""

    def __init__(self, source):
        super().__init__()
        self.tags, self.text = {}, ""
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.tags[tag] = dict(attrs)

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("caption", ["η = 1, B < 2: <b>wide</b>", 'a "quoted" word & one more', "&lt; is written so"])
def test_a_caption_is_shown_as_it_is_and_makes_no_tags(caption):
    read = Read(Picture(0.1, 1, b"", caption, None).figure_html('A "label" & <more>', (7, 3)))
    assert list(read.tags) == ["figure", "img", "figcaption"]
    assert read.text == read.tags["img"]["alt"] == caption
    assert read.tags["figure"]["aria-label"] == 'A "label" & <more>'


def widening(ax, eta, batch_size, seed):
    """A line over axes that reach to eta and carry B in their label."""
    ax.plot([0, eta], [0, 1])
    ax.set(xlim=(0, eta), ylim=(0, 1), xlabel=f"B = {batch_size}")
    return "A line."


@pytest.mark.parametrize("after", [(0.4, 1), (0.1, 8)])
def test_a_frame_that_changes_is_drawn_anew(after):
    """The first picture leaves its ticks and its label behind; the next has others."""
    painter = Painter(widening, 3.5)
    painter.paint(0.1, 1, 1)
    painter.pixels()
    painter.paint(*after, 1)
    quick = np.asarray(painter.pixels()).astype(int)
    painter.figure.canvas.draw()
    anew = np.asarray(painter.figure.canvas.buffer_rgba())[..., :3].astype(int)
    assert (np.abs(quick - anew).max(axis=2) > 0).mean() < 1e-4


def test_marks_with_bars_leave_no_entry_in_the_next_legend():
    def barred(ax, eta, batch_size, seed):
        ax.errorbar([eta], [1.0], [0.1], fmt="o", label="measured")
        ax.set(xlim=(0, 1), ylim=(0, 2))
        ax.legend(loc="upper left")
        return "A mark."

    painter = Painter(barred, 3.5)
    for eta in (0.1, 0.2, 0.4):
        painter.paint(eta, 1, 1)
        painter.pixels()
    (ax,) = painter.figure.axes
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["measured"]
    assert len(ax.containers) == len(ax.collections) == 1
