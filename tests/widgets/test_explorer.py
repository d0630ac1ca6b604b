"""`explore`: each picture stands at its place with its sentence, the links join what they should, a kernel adds the rest."""

import base64
import html
import io
import re

import numpy as np
import pytest
from PIL import Image

from sgdsde_helpers.checks import DivergenceError, DivergenceReport
from sgdsde_helpers.figures import setting
from sgdsde_helpers.widgets import explore
from sgdsde_helpers.widgets.painter import Painter

ETAS, SIZES = [0.1, 0.2, 0.4], [1, 2, 4, 8]


def bar(ax, eta, batch_size, seed):
    """A drawing function whose picture is known: a bar from 0 to eta/B, and one mark that depends on the seed."""
    if eta >= 2:
        raise DivergenceError(DivergenceReport(eta, 2.0, None, f"eta = {eta} is not allowed: it must be < 2"))
    if batch_size > 100:
        raise ValueError(f"batch_size = {batch_size} is not allowed: it must be <= 100")
    ax.barh(0, eta / batch_size, color="#000000")
    ax.plot(np.random.default_rng(seed).random(), 0.8, "o")
    ax.set(xlim=(0, 0.5), ylim=(-0.5, 1))
    return f"{setting(eta, batch_size)}: η/B = {eta / batch_size:.3f} & < 1."


def widget(draw=bar, etas=ETAS, sizes=SIZES, **options):
    return explore(draw, etas, sizes, **({"label": "A bar", "start": (1, 0), "seed": 3} | options))


@pytest.fixture(scope="module")
def drawn():
    return widget()


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("L")).astype(int)


def bar_length(png: bytes) -> int:
    return int((pixels(png)[260] < 40).sum())


def shown(html_widget) -> tuple[bytes, str, str]:
    """PNG, alt text and caption of an HTML figure."""
    source, alt, caption = re.search(
        r'base64,([^"]+)".* alt="([^"]*)"><figcaption[^>]*>(.*)</figc', html_widget.value
    ).groups()
    return base64.b64decode(source), html.unescape(alt), html.unescape(caption)


def test_every_picture_stands_at_its_place_with_its_sentence(drawn):
    rows = drawn.stage.children[0].children
    assert [len(row.children) for row in rows] == [len(SIZES)] * len(ETAS)
    for eta, row in zip(ETAS, rows, strict=True):
        for size, leaf in zip(SIZES, row.children, strict=True):
            png, alt, caption = shown(leaf)
            assert Image.open(io.BytesIO(png)).text == {"eta": f"{eta:.3g}", "batch_size": str(size)}
            assert alt == caption == f"{setting(eta, size)}: η/B = {eta / size:.3f} & < 1."
            # the bar reaches from 0.5 units of the axes' width: the picture itself shows eta/B, not only its name
            assert bar_length(png) / bar_length(drawn.pictures[2][0].png) == pytest.approx(eta / size / 0.4, abs=0.03)


def test_pictures_do_not_depend_on_what_was_drawn_before(drawn):
    for i, j in [(0, 0), (2, 3)]:
        alone = Painter(bar, 3.5)
        alone.paint(ETAS[1], SIZES[0], 3)  # sets the frame, as the widget's first picture does
        assert alone.picture(ETAS[i], SIZES[j], 3).png == drawn.pictures[i][j].png


def test_the_kept_frame_looks_as_if_all_were_drawn_anew(drawn):
    painter = Painter(bar, 3.5)
    painter.paint(0.2, 1, 3)
    painter.picture(0.4, 8, 3)
    quick = np.asarray(painter.pixels()).astype(int)
    painter.figure.canvas.draw()
    anew = np.asarray(painter.figure.canvas.buffer_rgba())[..., :3].astype(int)
    assert (np.abs(quick - anew).max(axis=2) > 0).mean() < 0.01  # marks may lie over the axes' lines, no more


def test_a_picture_has_few_colours_and_few_bytes(drawn):
    for row in drawn.pictures:
        for picture in row:
            assert len(Image.open(io.BytesIO(picture.png)).convert("RGB").getcolors(256)) <= 64
            assert len(picture.png) < 15_000


def test_links_join_each_slider_to_all_that_it_moves(drawn):
    grid = drawn.stage.children[0]
    joined = {(link.source, link.target) for link in drawn.links}
    expected = {((drawn.eta, "index"), (grid, "selected_index")), ((drawn.play, "value"), (drawn.eta, "index"))}
    expected |= {((drawn.batch_size, "index"), (row, "selected_index")) for row in grid.children}
    assert joined == expected


def test_first_state_is_the_start(drawn):
    assert (drawn.eta.value, drawn.batch_size.value) == ("0.2", "1")
    grid = drawn.stage.children[0]
    assert grid.selected_index == drawn.play.value == 1
    assert {row.selected_index for row in grid.children} == {0}
    assert drawn.stage.selected_index == 0


def test_every_setting_gets_the_same_seed():
    seeds = set()

    def watch(ax, eta, batch_size, seed):
        seeds.add(seed)
        return bar(ax, eta, batch_size, seed)

    widget(watch, seed=17)
    assert seeds == {17}


def test_text_is_the_same_in_every_run_and_holds_the_numbers(drawn):
    text = repr(drawn)
    assert text == repr(widget())
    assert text.splitlines()[0] == "A bar (3 × 4 settings)"
    for eta, size in [(0.2, 1), (0.1, 1), (0.1, 8), (0.4, 1), (0.4, 8)]:
        assert f"{setting(eta, size)}: η/B = {eta / size:.3f}" in text


def test_paper_gets_the_first_picture_with_its_caption(drawn):
    bundle = drawn._repr_mimebundle_()
    assert bundle["text/plain"] == repr(drawn)
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == drawn.model_id
    printed = pixels(base64.b64decode(bundle["image/png"]))
    bare = pixels(drawn.pictures[1][0].png)
    assert printed.shape[0] / printed.shape[1] > bare.shape[0] / bare.shape[1]  # taller, by the caption
    assert (printed[-60:] < 128).sum() > 200  # its letters


def test_past_stability_the_picture_is_the_message():
    beyond = widget(etas=[1.0, 2.0], start=(0, 0))
    assert beyond.pictures[1][0].caption == "η = 2, B = 1: eta = 2.0 is not allowed: it must be < 2"
    assert bar_length(beyond.pictures[1][0].png) < bar_length(beyond.pictures[0][0].png)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"etas": [0.2, 0.1]}, "etas"),
        ({"etas": [0.0, 0.1]}, "etas"),
        ({"etas": [0.1, 0.10001]}, "first three digits"),
        ({"sizes": [1, 1]}, "batch_sizes"),
        ({"sizes": []}, "batch_sizes"),
        ({"start": (3, 0)}, "start"),
        ({"linked": True, "sizes": [1, 3, 9]}, "geometric"),
        ({"sizes": [1, 200]}, "batch_size = 200"),  # a mistake of the grid is not shown to readers
        ({"draw": lambda ax, eta, batch_size, seed: "η = 0.1, B = 16"}, "must contain 'η = 0.1, B = 1'"),
    ],
)
def test_bad_input_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        widget(**options)


def test_settings_must_share_their_limits():
    def zooming(ax, eta, batch_size, seed):
        caption = bar(ax, eta, batch_size, seed)
        ax.set_xlim(0, eta)
        return caption

    with pytest.raises(ValueError, match="all settings must share them"):
        widget(zooming)


def test_held_ratio_moves_both_sliders_and_stops_at_the_edge():
    held = widget(linked=True, start=(0, 0))
    held.hold.value = True
    held.eta.index = 2
    assert (held.eta.value, held.batch_size.value) == ("0.4", "4")
    held.batch_size.index = 1
    assert (held.eta.value, held.batch_size.value) == ("0.2", "2")
    held.batch_size.index = 3  # would need eta = 0.8
    assert (held.eta.value, held.batch_size.value) == ("0.2", "2")
    held.hold.value = False
    held.batch_size.index = 3
    assert (held.eta.value, held.batch_size.value) == ("0.2", "8")


def test_reset_goes_back_to_the_start():
    moved = widget(linked=True)
    moved.hold.value = True
    moved.eta.index, moved.play.playing, moved.live.eta.value = 2, True, 0.33
    moved.reset.click()
    assert (moved.eta.index, moved.batch_size.index, moved.play.playing, moved.hold.value) == (1, 0, False, False)
    assert (moved.stage.selected_index, moved.live.eta.value) == (0, 0.2)


def test_a_kernel_simulates_any_setting_and_seed():
    live = widget()
    live.live.eta.value = 0.123
    first, alt, caption = shown(live.live.picture)
    assert alt == caption == "η = 0.123, B = 1: η/B = 0.123 & < 1."
    assert live.stage.selected_index == 1
    live.live.seed.value = 4
    other, _, _ = shown(live.live.picture)
    live.live.seed.value = 3
    again, _, _ = shown(live.live.picture)
    assert first == again != other
    live.live.batch_size.value = 5
    assert shown(live.live.picture)[2].startswith("η = 0.123, B = 5")
    live.eta.index = 2
    assert (live.stage.selected_index, live.live.eta.value, live.live.batch_size.value) == (0, 0.4, 4)


def test_the_rounding_of_the_browsers_slider_is_no_move():
    live = widget()
    live.live.eta.value = 0.2011  # what the browser sends back when it shows 0.2
    assert live.stage.selected_index == 0
    live.live.seed.value = 5
    assert shown(live.live.picture)[2].startswith("η = 0.2, B = 1")
    live.live.eta.value = 0.21
    live.live.eta.value = 0.2011
    assert shown(live.live.picture)[2].startswith("η = 0.201, B = 1")


@pytest.mark.parametrize("etas", [[0.1, 0.2, 0.4], [0.05, 0.2, 1 / 3, 0.5, 2 / 3], [0.002, 0.005, 0.01], [0.3]])
def test_the_continuous_slider_comes_to_every_rate_of_the_grid(etas):
    slider = widget(etas=etas, start=(0, 0)).live.eta
    places = (np.log10(etas) - slider.min) / slider.step
    reached = 10 ** (slider.min + slider.step * np.round(places))
    assert [f"{eta:.3g}" for eta in reached] == [f"{eta:.3g}" for eta in etas]
    assert 1e-4 < slider.step <= 0.01
    assert 10**slider.max >= 4 * etas[-1]
    assert 10**slider.min <= etas[0] / 4


def says(slider) -> tuple[int, str]:
    return slider.index, slider._options_labels[slider.index]


def test_both_sliders_say_what_was_simulated():
    """They stand at the nearest setting of the grid, on a logarithmic scale, and their own names come back."""
    both = widget()
    for eta, stands in [(0.141, 0), (0.142, 1), (0.5, 2), (0.03, 0), (0.4, 2)]:
        both.live.eta.value = eta
        assert says(both.eta) == (stands, f"{eta:.3g}")
    both.live.batch_size.value = 6
    assert (says(both.batch_size), both.stage.selected_index) == ((3, "6"), 1)
    both.eta.index = 1
    assert (says(both.eta), says(both.batch_size), both.stage.selected_index) == ((1, "0.2"), (3, "8"), 0)
    both.live.eta.value = 0.25
    both.reset.click()
    assert (both.eta._options_labels, says(both.batch_size)) == (("0.1", "0.2", "0.4"), (0, "1"))


def test_a_kernel_says_what_is_wrong_and_goes_on():
    live = widget()
    live.live.batch_size.value = 101
    assert shown(live.live.picture)[2] == "η = 0.2, B = 101: batch_size = 101 is not allowed: it must be <= 100"
    live.live.batch_size.value = 100
    assert "η/B = 0.002" in shown(live.live.picture)[2]
    wide = widget(etas=[0.5, 1.0], start=(1, 0))
    wide.live.eta.value = 3.0
    assert "eta = 3.0 is not allowed" in shown(wide.live.picture)[2]


def test_several_panels_keep_their_frame():
    def pair(axes, eta, batch_size, seed):
        bar(axes[0], eta, batch_size, seed)
        return bar(axes[1], eta, batch_size, seed)

    double = widget(pair, panels=(2, 1))
    first, last = pixels(double.pictures[0][0].png), pixels(double.pictures[2][0].png)
    assert ((first < 120) & (last >= 200)).mean() < 0.01  # bars grow; nothing of the first frame moves


def test_a_picture_is_as_high_as_it_is_asked_to_be():
    usual, low = (pixels(widget(**options).pictures[0][0].png).shape for options in ({}, {"height": 2.0}))
    assert low[1] == usual[1] and low[0] / usual[0] == pytest.approx(2.0 / 3.5, abs=0.01)


def test_every_row_and_the_printed_picture_begin_at_the_start():
    explorer = explore(bar, ETAS, SIZES, label="bars", start=(1, 2))
    grid = explorer.stage.children[0]
    assert grid.selected_index == 1
    assert [row.selected_index for row in grid.children] == [2, 2, 2]
    assert explorer.printed == Painter(bar, 3.5).with_caption(ETAS[1], SIZES[2], 1)
