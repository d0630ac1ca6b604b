"""The pictures of a chapter's widgets drawn anew: from the chapter's own cells, and without the widget's painter."""

import ast
from collections.abc import Callable, Sequence
from pathlib import Path

import nbformat
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from sgdsde_helpers import widgets
from sgdsde_helpers.figures.style import PAPER, style_context
from sgdsde_helpers.widgets.painter import COLOURS, DPI, WIDTH


def explored(notebook: Path, monkeypatch) -> list[tuple[tuple, dict]]:
    """The arguments of each `explore` of a notebook; of its statements only those run on which they depend."""
    code = [cell.source for cell in nbformat.read(notebook, as_version=4).cells if cell.cell_type == "code"]
    kept, needed = [], {"explore"}
    for statement in reversed(ast.parse("\n".join(code)).body):
        names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
        used = {name.id for name in names if isinstance(name.ctx, ast.Load)}
        bound = {name.id for name in names if isinstance(name.ctx, ast.Store)}
        if isinstance(statement, ast.Import | ast.ImportFrom):
            bound = {alias.asname or alias.name for alias in statement.names}
        elif isinstance(statement, ast.FunctionDef):
            bound.add(statement.name)
        if "explore" in used or bound & needed:
            kept.append(statement)
            needed |= used
    calls: list[tuple[tuple, dict]] = []
    monkeypatch.setattr(widgets, "explore", lambda *values, **options: calls.append((values, options)))
    monkeypatch.chdir(notebook.parent)  # where its cells find their data
    exec(compile(ast.Module(kept[::-1], []), str(notebook), "exec"), {})  # noqa: S102  the book's own cells
    return calls


@style_context()
def drawn(
    draw: Callable, etas: Sequence[float], batch_sizes: Sequence[int], *, start, seed=1, height=3.5, panels=(1,), **_
) -> list[tuple[str, np.ndarray]]:
    """The caption and the picture of each setting, row by row, every one on emptied axes."""
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, layout="constrained", facecolor=PAPER)
    canvas = FigureCanvasAgg(figure)
    axes = figure.subplots(1, len(panels), squeeze=False, width_ratios=panels)[0]

    def picture(eta: float, size: int) -> tuple[str, np.ndarray]:
        for ax in axes:
            ax.clear()
        caption = draw(axes if len(axes) > 1 else axes[0], eta, size, seed)
        canvas.draw()
        seen = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
        return caption, grey(seen.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE))

    picture(etas[start[0]], batch_sizes[start[1]])  # by this one the widget lays out all
    figure.set_layout_engine("none")
    return [picture(eta, size) for eta in etas for size in batch_sizes]


def grey(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.convert("RGB").convert("L")).astype(np.int16)
