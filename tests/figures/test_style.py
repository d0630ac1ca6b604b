"""What every figure is made of: its size, its panels, the names of its axes."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from sgdsde_helpers.figures import style


def test_a_figure_has_the_panels_and_the_size_that_it_is_asked_for():
    usual, ax = style.new_figure()
    other, panels = style.new_figure(2, 3, height=5.0, width=4.0, sharex=True)
    assert usual.axes == [ax] and tuple(usual.get_size_inches()) == (style.WIDTH, 3.4)
    assert np.shape(panels) == (2, 3) and tuple(other.get_size_inches()) == (4.0, 5.0)
    plt.close(usual)
    plt.close(other)


def test_axes_are_named_and_a_name_may_be_left_off():
    ax = Figure().subplots()
    style.label_axes(ax, "across")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("across", "")
    style.label_axes(ax, y="up")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("across", "up")


def test_a_note_stands_where_it_is_put():
    ax = Figure().subplots()
    style.note(ax, "here")
    style.note(ax, "there", x=0.3, y=0.4)
    assert [text.get_position() for text in ax.texts] == [(0.98, 0.95), (0.3, 0.4)]
