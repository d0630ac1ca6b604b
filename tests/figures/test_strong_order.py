"""The figures of the appendix on strong order, read back."""

import numpy as np
import pytest
from reading import assert_on, bars, lines

from sgdsde_helpers.figures import strong_order as figures
from sgdsde_helpers.figures.style import PREDICTION


def test_strong_errors_lie_on_their_lines():
    dts, rng = np.array([0.1, 0.05, 0.02]), np.random.default_rng(5)
    exact = {"multiplicative": 0.4 * np.sqrt(dts), "additive": 0.3 * dts}
    found = {name: (v * (1 + 0.01 * rng.normal(size=3)), 0.01 * v) for name, v in exact.items()}
    (ax,) = figures.strong_errors(dts, found, exact).axes
    for curve, marks, (name, (value, error)) in zip(lines(ax, PREDICTION), bars(ax), found.items(), strict=True):
        assert curve == pytest.approx(np.c_[dts, exact[name]])
        assert marks == pytest.approx(np.array([dts, value, error]))
        assert_on(marks, curve[::-1])
