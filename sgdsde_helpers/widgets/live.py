"""The part of the widget that needs a kernel: any learning rate, any batch size, any seed, simulated anew."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets as widgets
import numpy as np

from sgdsde_helpers.widgets.painter import Painter

BEYOND = 4.0  # the continuous slider reaches so far past the grid, so that a reader can walk over the edge of stability

STEP = 0.01  # of the continuous slider, in powers of ten, or somewhat less


class LivePanel(widgets.VBox):
    """Controls that simulate a setting anew through the widget's drawing function; hidden on a page without a kernel.

    Parameters
    ----------
    painter : draws; shared with the grid, so that frames agree.
    label : the widget's name.
    etas, batch_sizes, start, seed : as in `explore`.
    """

    def __init__(
        self,
        painter: Painter,
        label: str,
        etas: Sequence[float],
        batch_sizes: Sequence[int],
        start: tuple[int, int],
        seed: int,
    ) -> None:
        self.painter, self.label = painter, label
        self.taken: float | None = etas[start[0]]
        self.quiet = False
        wide, style = {"width": "100%"}, {"description_width": "8.5em"}
        self.step = _step(etas)
        beyond = self.step * np.ceil(np.log10(BEYOND) / self.step)  # whole steps, so that the grid stays on them
        self.eta = widgets.FloatLogSlider(
            etas[start[0]],
            min=np.log10(etas[0]) - beyond,
            max=np.log10(etas[-1]) + beyond,
            step=self.step,
            readout_format=".3g",
            description="any η",
            layout=wide,
            style=style,
        )
        self.batch_size = widgets.BoundedIntText(
            batch_sizes[start[1]], min=1, max=10**6, description="any B", layout={"width": "15em"}, style=style
        )
        self.seed = widgets.BoundedIntText(
            seed, min=0, max=2**31 - 1, description="seed", layout={"width": "12em"}, style={"description_width": "4em"}
        )
        self.picture = widgets.HTML()
        head = widgets.HTML("Simulate anew, at any setting:")
        row = widgets.HBox([self.batch_size, self.seed], layout={"flex_flow": "row wrap"})
        super().__init__([head, self.eta, row])
        self.add_class("explorer-live")
        for control in (self.eta, self.batch_size, self.seed):
            control.observe(self._simulate, "value")

    def take(self, eta: float, batch_size: int) -> None:
        """Start from a setting of the grid, without simulating it."""
        self.quiet, self.taken = True, eta
        self.eta.value, self.batch_size.value = eta, batch_size
        self.quiet = False

    @property
    def setting(self) -> tuple[float, int, int]:
        """The learning rate, the batch size and the seed that are simulated."""
        return self.taken or self.eta.value, self.batch_size.value, self.seed.value

    def _simulate(self, change) -> None:
        if self.quiet:
            return
        if change.owner is self.eta:
            if self.taken and abs(np.log10(change.new / self.taken)) <= 0.51 * self.step:
                return  # the browser's slider rounds what it is given to its own steps and sends that back
            self.taken = None
        # bad input is read, not raised past the reader
        picture = self.painter.picture(*self.setting, refused=ValueError)
        self.picture.value = picture.figure_html(self.label, self.painter.size)


def _step(etas: Sequence[float]) -> float:
    """The largest step up to STEP, in powers of ten, that comes from the first rate to each of the others, in three digits."""
    powers = np.log10(np.array(etas) / etas[0])
    n = max(1, int(np.ceil(powers[-1] / STEP)))
    while True:
        step = powers[-1] / n or STEP
        reached = etas[0] * 10 ** (step * np.round(powers / step))
        if all(f"{a:.3g}" == f"{b:.3g}" for a, b in zip(etas, reached, strict=True)):
            return float(step)
        n += 1
