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
    (LIVE, "<= 0.51 * STEP", "<= 51 * STEP", "a move of the reader is a move", TESTS),
    (LIVE, "refused=ValueError)", "refused=ZeroDivisionError)", "bad input is read, not raised", TESTS),
    (LIVE, "setting = self.taken or self.eta.value, self.batch_size.value, self.seed.value", "setting = self.taken or self.eta.value, 1, self.seed.value", "the live picture is at its batch size", TESTS),
    (PAINTER, "caption = html.escape(self.caption)", "caption = self.caption", "a caption with < in it", TESTS),
    (PAINTER, 'facts.add_text("batch_size", str(batch_size))', 'facts.add_text("batch_size", str(eta))', "a picture knows its place", TESTS),
    (PAINTER, "            ax.set_prop_cycle(None)\n", "", "colours begin anew in each picture", TESTS),
    (PAINTER, "if frame != self.frame:", "if self.frame is None:", "axes that change are drawn anew", TESTS),
]
