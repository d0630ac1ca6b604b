"""Chapter 7's figures, read back."""

from functools import partial

import numpy as np
import pytest
from reading import assert_on, bars, line, three_settings

from sgdsde_helpers.figures import weak_order as figures
from sgdsde_helpers.losses import ScalarQuadratic
from sgdsde_helpers.simulation import sgd

UNEVEN = ScalarQuadratic(h=[0.2, 0.8, 1.0, 2.0], x=[1.0, -1.0, 2.0, 0.0])


def second_moments(eta, size, t, stretch):
    """E Phi^2 at the times t from Phi(0) = 2, by small steps of Heun's rule: drift -g (1 + stretch h), Ito noise."""
    h, c, state = UNEVEN.h, UNEVEN.h * UNEVEN.x, np.array([2.0, 4.0])
    hh, hc, cc = np.var(h), np.mean(h * c) - h.mean() * c.mean(), np.var(c)
    push = 1 + stretch * h.mean()

    def field(y):
        noise = hh * y[1] - 2 * hc * y[0] + cc
        force = h.mean() * y - c.mean() * np.array([1.0, y[0]])
        return np.array([-push * force[0], -2 * push * force[1] + eta / size * noise])

    found, at = [], 0.0
    for end in t:
        pieces = int(np.ceil((end - at) / 2e-3))
        for _ in range(pieces):
            dt = (end - at) / pieces
            middle = state + dt * field(state)
            state = state + dt / 2 * (field(state) + field(middle))
        at = end
        found.append(state)
    return np.array(found).T


def test_weak_errors_are_drawn_as_given():
    etas, error = np.array([0.01, 0.1]), {"SDE": np.array([1e-3, 1e-2]), "modified SDE": np.array([1e-5, 1e-3])}
    left, right = figures.weak_errors(etas, error, {"SDE": 2 * error["SDE"]}).axes
    for name, values in error.items():
        assert line(left, name) == pytest.approx(np.c_[etas, values])
    assert line(right, "SDE") == pytest.approx(np.c_[etas, 2 * error["SDE"]])


def test_widget_draws_errors_in_units_of_eta():
    panel = partial(figures.weak_panel, loss=UNEVEN, start=2.0)
    for (ax,), eta, size, caption in three_settings(panel, [(0.125, 1), (0.5, 4), (0.25, 2)]):
        t = line(ax, "SDE")[:, 0]
        one = np.array([[1 - eta * h, eta * h * x] for h, x in zip(UNEVEN.h, UNEVEN.x, strict=True)])
        spread, mean = np.cov(one.T, bias=True) / size, one.mean(axis=0)  # of the step of a batch, phi' = a phi + b
        first, second, chain = 2.0, 4.0, [4.0]
        for _ in range(round(t[-1] / eta)):
            square = np.outer(mean, mean) + spread
            second = square[0, 0] * second + 2 * square[0, 1] * first + square[1, 1]
            first = mean @ [first, 1.0]
            chain.append(second)
        chain = np.array(chain)[(t / eta).round().astype(int)]
        sde = second_moments(eta, size, t, 0.0)
        expected = {
            "SDE": sde[1],
            "gradient flow": sde[0] ** 2,
            "modified SDE": second_moments(eta, size, t, eta / 2)[1],
        }
        for name, moments in expected.items():
            assert line(ax, name) == pytest.approx(np.c_[t, (moments - chain) / eta], abs=2e-4)
        (marks,) = bars(ax)
        assert_on(marks[:, 1:], line(ax, "SDE")[1:])  # at time 0 there is no error
        squares = (
            sgd(UNEVEN, eta, n_steps=round(t[-1] / eta), batch_size=size, n_chains=3000, start=2.0, seed=8).final ** 2
        )
        assert marks[2, -1] == pytest.approx(squares.std() / np.sqrt(3000) / eta, rel=0.25)
        assert (
            f"of the SDE predicted {((sde[1] - chain) / eta)[np.argmin(abs(t - 1))]:.2f}".replace("-", "−") in caption
        )
