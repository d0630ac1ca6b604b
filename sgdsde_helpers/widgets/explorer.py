"""`explore`: a picture and its caption that follow the learning rate and the batch size, with a kernel or without.

Two abilities in one widget. Without a kernel (the website, a file on a USB stick) two sliders choose among pictures that were
drawn when the page was built; the choice is made by links that live in the browser. With a kernel the reader also gets a
continuous learning rate, any batch size and the seed, and the same drawing function simulates anew.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from itertools import pairwise

import ipywidgets as widgets
import numpy as np

from sgdsde_helpers.figures.marks import setting
from sgdsde_helpers.widgets.live import LivePanel
from sgdsde_helpers.widgets.painter import Draw, Painter, Picture

LABEL_WIDTH = {"description_width": "8.5em"}


def explore(
    draw: Draw,
    etas: Sequence[float],
    batch_sizes: Sequence[int],
    *,
    label: str,
    start: tuple[int, int] = (0, 0),
    seed: int = 1,
    linked: bool = False,
    height: float = 3.5,
    panels: Sequence[float] = (1,),
) -> Explorer:
    """A widget with a slider for eta and one for the batch size, over pictures made by `draw`.

    Examples
    --------
    In the chapter's figures module::

        def law_panel(ax, eta, batch_size, seed):
            final = sgd(LOSS, eta, n_steps=500, batch_size=batch_size, n_chains=2000, seed=seed).final
            predicted = sgd_stationary_covariance(1.0, 1.0, eta, batch_size)
            measured, error = variance_and_error(final)
            histogram_with_density(ax, final, GRID, gaussian_density(GRID, variance=predicted), bins=EDGES)
            ax.set(xlim=(-2, 2), ylim=(0, 3))            # the same for all settings
            label_axes(ax, r"$\\Phi$", "density")
            return (f"{setting(eta, batch_size)}: stationary variance predicted {predicted:.3f}, "
                    f"measured {measured:.3f} ± {error:.3f}.")

    and in the chapter::

        explore(figures.law_panel, etas=[0.05, 0.1, 0.2, 0.4], batch_sizes=[1, 2, 4, 8],
                label="Stationary law of SGD", start=(1, 0), seed=11)

    A slider's values that do not increase are refused before anything is drawn:

    >>> explore(print, [0.2, 0.1], [1], label="Stationary law of SGD")
    Traceback (most recent call last):
        ...
    ValueError: etas = [0.2, 0.1] is not allowed: it must be increasing and > 0

    Parameters
    ----------
    draw : ``draw(ax, eta, batch_size, seed) -> caption``. It simulates and draws one setting on cleared axes, with limits
        that it sets itself and keeps THE SAME for all settings, so that what moves is the physics. Every setting gets the
        same seed: common random numbers, so that neighbours differ by physics and not by luck. The caption is one plain
        sentence, which is also the alt text; it contains ``setting(eta, batch_size)`` of `figures`, that is
        ``"η = 0.1, B = 8"``, and the quantity that matters, predicted and measured. Unicode, no LaTeX. A `DivergenceError`
        that `draw` lets through is shown as a message in the picture's place.
    etas, batch_sizes : increasing values of the sliders; 8 by 6 is a good grid. It is drawn when the cell runs, so `draw`
        should take at most 40 ms.
    label : what the widget shows, in a few words; names it for those who do not see it.
    start : indices (i, j) of the setting shown first, and the one on paper.
    seed : handed to `draw`.
    linked : offer "hold η/B fixed", which moves both sliders together. Both lists must then be geometric with one ratio.
    height : of the picture, in inches, at a width of 6.4.
    panels : relative widths of panels side by side; with more than one, `draw` gets an array of axes in place of ``ax``.

    Returns
    -------
    The widget; make it the last value of its cell.

    Raises
    ------
    ValueError : where a list is not increasing, a caption does not state its setting, limits differ, or `linked` does not suit the lists.
    """
    etas, batch_sizes = _checked_grid(etas, batch_sizes, start, linked)
    painter = Painter(draw, height, panels)
    return Explorer(painter, etas, batch_sizes, label=label, start=start, seed=seed, linked=linked)


def _checked_grid(etas, batch_sizes, start, linked) -> tuple[list[float], list[int]]:
    etas, batch_sizes = [float(eta) for eta in etas], [int(size) for size in batch_sizes]
    for name, values in (("etas", etas), ("batch_sizes", batch_sizes)):
        if not values or values[0] <= 0 or any(b <= a for a, b in pairwise(values)):
            raise ValueError(f"{name} = {values} is not allowed: it must be increasing and > 0")
    if not (0 <= start[0] < len(etas) and 0 <= start[1] < len(batch_sizes)):
        raise ValueError(f"start = {start} is not allowed: it must index etas and batch_sizes")
    if len({f"{eta:.3g}" for eta in etas}) < len(etas):
        raise ValueError(f"etas = {etas} is not allowed: values must differ in their first three digits")
    if linked:
        ratios = np.array([b / a for values in (etas, batch_sizes) for a, b in pairwise(values)])
        if not ratios.size or np.ptp(ratios) > 1e-6 * ratios[0]:
            raise ValueError("linked = True is not allowed: etas and batch_sizes must be geometric with one ratio")
    return etas, batch_sizes


class Explorer(widgets.VBox):
    """The widget that `explore` returns.

    Attributes
    ----------
    eta, batch_size : the sliders.
    pictures : list over eta of lists over the batch size of `Picture`.

    Examples
    --------
    It can be put beside other widgets, as any box of ipywidgets:

    >>> issubclass(Explorer, widgets.Box)
    True
    """

    def __init__(self, painter: Painter, etas, batch_sizes, *, label, start, seed, linked) -> None:
        self.label, self.start, self.moving = label, start, False
        self.printed = painter.with_caption(etas[start[0]], batch_sizes[start[1]], seed)
        self.pictures = _draw_grid(painter, etas, batch_sizes, seed)
        self.eta = _slider("learning rate η", [f"{eta:.3g}" for eta in etas], start[0]).add_class("explorer-eta")
        self.batch_size = _slider("batch size B", [str(size) for size in batch_sizes], start[1])
        self.batch_size.add_class("explorer-batch-size")
        grid = self._grid(painter)
        self.live = LivePanel(painter, label, etas, batch_sizes, start, seed)
        self.stage = widgets.Stack([grid, self.live.picture], selected_index=0).add_class("explorer-stage")
        buttons = self._buttons(linked)
        super().__init__([self.eta, self.batch_size, buttons, self.stage, self.live], layout={"max_width": "723px"})
        self.add_class("explorer")
        self.live.picture.observe(self._simulated, "value")
        for slider in (self.eta, self.batch_size):
            slider.observe(self._moved, "index")

    def _grid(self, painter: Painter) -> widgets.Stack:
        """Pictures in a Stack over eta of Stacks over the batch size; the sliders choose by links inside the browser."""
        layout, style = widgets.Layout(), widgets.HTML().style  # shared, so that the page holds one of each
        rows = []
        for pictures in self.pictures:
            shown = [
                widgets.HTML(p.figure_html(self.label, painter.size), layout=layout, style=style) for p in pictures
            ]
            rows.append(widgets.Stack(shown, selected_index=self.start[1], layout=layout))
        grid = widgets.Stack(rows, selected_index=self.start[0], layout=layout)
        self.links = [widgets.jslink((self.eta, "index"), (grid, "selected_index"))]
        self.links += [widgets.jslink((self.batch_size, "index"), (row, "selected_index")) for row in rows]
        return grid

    def _buttons(self, linked: bool) -> widgets.HBox:
        play = widgets.Play(
            value=self.start[0], min=0, max=len(self.eta.options) - 1, interval=900, show_repeat=False
        ).add_class("explorer-play")
        self.links.append(widgets.jslink((play, "value"), (self.eta, "index")))
        reset = widgets.Button(description="↺ reset", layout={"width": "auto"}).add_class("explorer-reset")
        reset.on_click(self._reset)
        self.play, self.reset, self.hold = play, reset, None
        buttons = [play, reset]
        if linked:
            self.hold = widgets.Checkbox(description="hold η/B fixed", indent=False, layout={"width": "auto"})
            buttons.append(self.hold.add_class("explorer-hold"))
        return widgets.HBox(buttons, layout={"flex_flow": "row wrap", "align_items": "center"})

    def _reset(self, _button=None) -> None:
        self.play.playing = False
        if self.hold is not None:
            self.hold.value = False
        self._put(*self.start)

    def _put(self, i: int, j: int) -> None:
        """With a kernel: move both sliders to a setting of the grid and show its picture."""
        self.moving = True
        for slider, index in ((self.eta, i), (self.batch_size, j)):
            slider.index = index
            _name(slider)
        self.moving = False
        self.live.take(float(self.eta.value), int(self.batch_size.value))
        self.stage.selected_index = 0

    def _simulated(self, _change) -> None:
        """With a kernel: show what was simulated anew; the sliders go to the nearest setting of the grid, and say the true one."""
        eta, size, _ = self.live.setting
        self.moving = True
        _stand_at(self.eta, eta, f"{eta:.3g}")
        _stand_at(self.batch_size, size, str(size))
        self.moving = False
        self.stage.selected_index = 1

    def _moved(self, change) -> None:
        """With a kernel: a slider was moved; where eta/B is held the other one follows, or neither moves."""
        if self.moving:
            return
        i, j = self.eta.index, self.batch_size.index
        if self.hold is not None and self.hold.value:
            step = change.new - change.old
            if change.owner is self.eta:
                j += step
            else:
                i += step
            if not (0 <= i < len(self.eta.options) and 0 <= j < len(self.batch_size.options)):
                self.play.playing = False
                i, j = (change.old, self.batch_size.index) if change.owner is self.eta else (self.eta.index, change.old)
        self._put(i, j)

    def __repr__(self) -> str:
        """The widget in words, the same in every run: the picture shown first and the grid's corners, with numbers."""
        i, j = self.start
        corners = [self.pictures[a][b].caption for a in (0, -1) for b in (0, -1)]
        lines = dict.fromkeys([self.pictures[i][j].caption, *corners])
        return "\n  ".join([f"{self.label} ({len(self.pictures)} × {len(self.pictures[0])} settings)", *lines])

    def _repr_mimebundle_(self, **kwargs) -> dict:
        """As ipywidgets does it, with the whole text, and with the first picture for paper."""
        bundle = super()._repr_mimebundle_(**kwargs)
        return bundle | {"text/plain": repr(self), "image/png": base64.b64encode(self.printed).decode()}


def _draw_grid(painter: Painter, etas: list[float], batch_sizes: list[int], seed: int) -> list[list[Picture]]:
    """All pictures of the grid; an error where one does not state its setting or does not span what the first one spans."""
    pictures, spans = [], set()
    for eta in etas:
        pictures.append([painter.picture(eta, size, seed) for size in batch_sizes])
        for picture in pictures[-1]:
            stated = setting(picture.eta, picture.batch_size)
            if not re.search(re.escape(stated) + r"(?!\d)", picture.caption):
                raise ValueError(f"the caption {picture.caption!r} is not allowed: it must contain {stated!r}")
            spans |= {picture.limits} - {None}
            if len(spans) > 1:
                raise ValueError(
                    f"the limits {picture.limits} of {stated} are not allowed: all settings must share them"
                )
    return pictures


def _slider(name: str, labels: list[str], index: int) -> widgets.SelectionSlider:
    options = list(zip(labels, labels, strict=True))
    return widgets.SelectionSlider(
        options=options, index=index, description=name, style=LABEL_WIDTH, layout={"width": "100%"}
    )


def _stand_at(slider: widgets.SelectionSlider, value: float, label: str) -> None:
    """Move to the nearest option on a logarithmic scale, and call it `label`."""
    options = np.array([float(option) for _, option in slider.options])
    slider.index = int(np.abs(np.log(options / value)).argmin())
    _name(slider, label)


def _name(slider: widgets.SelectionSlider, label: str | None = None) -> None:
    """What the slider says where it stands, in place of its option's own name."""
    labels = [name for name, _ in slider.options]
    labels[slider.index] = label or labels[slider.index]
    slider.set_trait("_options_labels", tuple(labels))
