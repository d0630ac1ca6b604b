"""Mistakes in the widgets: (file, old, new, why)."""

EXPLORER, LIVE, PAINTER = (f"sgdsde_helpers/widgets/{name}.py" for name in ("explorer", "live", "painter"))
TESTS = "tests/widgets"

# fmt: off
MUTANTS = [
    (EXPLORER, '((self.eta, "index"), (grid, "selected_index"))', '((self.batch_size, "index"), (grid, "selected_index"))', "rows follow eta", TESTS),
    (EXPLORER, "selected_index=self.start[1], layout=layout", "selected_index=0, layout=layout", "each row starts at the batch size of the start", TESTS),
    (EXPLORER, "painter.with_caption(etas[start[0]], batch_sizes[start[1]], seed)", "painter.with_caption(etas[0], batch_sizes[0], seed)", "what is printed is what is shown first", TESTS),
    (EXPLORER, "[painter.picture(eta, size, seed) for size in batch_sizes]", "[painter.picture(eta, size, 1) for size in batch_sizes]", "the seed counts", TESTS),
    (EXPLORER, 'r"(?!\\d)"', '""', "a caption of B = 16 does not state B = 1", TESTS),
    (EXPLORER, "if len(spans) > 1:", "if len(spans) > 100:", "all settings share their axes", TESTS),
    (EXPLORER, "                j += step\n", "                j -= step\n", "eta/B is held fixed", TESTS),
    (EXPLORER, "np.abs(np.log(options / value)).argmin()", "np.abs(options - value).argmin()", "0.142 is nearer to 0.2 than to 0.1 on a slider of powers", TESTS),
    (EXPLORER, '_stand_at(self.eta, eta, f"{eta:.3g}")', "_stand_at(self.eta, eta, self.eta.value)", "the fixed slider says the rate that is drawn", TESTS),
    (EXPLORER, "            slider.index = index\n            _name(slider)\n", "            slider.index = index\n", "back on the grid a slider says the grid's values", TESTS),
    (LIVE, "<= 0.51 * self.step", "<= 51 * self.step", "a move of the reader is a move", TESTS),
    (LIVE, "np.round(powers / step)", "powers / step", "the continuous slider says the rates of the grid", TESTS),
    (LIVE, "refused=ValueError)", "refused=ZeroDivisionError)", "bad input is read, not raised", TESTS),
    (LIVE, "return self.taken or self.eta.value, self.batch_size.value, self.seed.value", "return self.taken or self.eta.value, 1, self.seed.value", "the live picture is at its batch size", TESTS),
    (PAINTER, "caption = html.escape(self.caption)", "caption = self.caption", "a caption with < in it", TESTS),
    (PAINTER, 'facts.add_text("batch_size", str(batch_size))', 'facts.add_text("batch_size", str(eta))', "a picture knows its place", TESTS),
    (PAINTER, "            ax.set_prop_cycle(None)\n", "", "colours begin anew in each picture", TESTS),
    (PAINTER, "for group in list(ax.containers):", "for group in []:", "marks with bars leave the legend", TESTS),
    (PAINTER, "if frame != self.frame:", "if self.frame is None:", "axes that change are drawn anew", TESTS),
]
