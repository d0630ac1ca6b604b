"""The scorecard: its values against routes of the test's own, and the table."""

from functools import partial

import numpy as np
import pytest
from scipy.linalg import expm, solve_continuous_lyapunov, solve_discrete_lyapunov
from scipy.stats import norm

from sgdsde_helpers import scorecard as scores
from sgdsde_helpers.losses import DoubleWell, LeastSquares, MeanEstimation, ScalarQuadratic
from sgdsde_helpers.theory import chain_exit_time

CURVATURES, PULLS = np.array([-1.0, 1.0, 2.0, 2.0]), np.array([1.5, -0.5, -0.5, -0.5])
LINE = ScalarQuadratic(CURVATURES, PULLS / CURVATURES)
X = np.array([[1.0, 0.3], [-0.4, 1.0], [1.2, -0.7], [0.2, 0.4], [-1.0, 0.9]])
PLANE = LeastSquares(X, [1.0, -0.5, 2.0, 0.3, 0.1])


def test_decay_is_the_product_of_the_steps():
    score = scores.score_decay(LINE, 0.25, t=2.0)
    assert score.sgd == pytest.approx(0.75**8)
    assert score.theories["embedding"] == pytest.approx(0.75**8)
    assert score.theories["SDE"] == score.theories["gradient flow"] == pytest.approx(np.exp(-2.0))
    assert score.theories["second order"] == pytest.approx(np.exp(-2.0 * 1.125))


@pytest.mark.parametrize("batch_size", [1, 4])
def test_variances_in_closed_form(batch_size):
    eta, noise = 0.2, 0.75 * 0.2 / batch_size
    score = scores.score_variance(LINE, eta, batch_size)
    multiplied = eta * 1.5 / batch_size
    assert score.sgd == pytest.approx(noise / (2 - eta - multiplied))
    expected = {
        "gradient flow": 0.0,
        "frozen SDE": noise / 2,
        "SDE": noise / (2 - multiplied),
        "second order": noise / (2 + eta - multiplied),
        "second, noise too": noise * 1.2 / (2 + eta - 1.2 * multiplied),
        "embedding": noise / (2 - eta),
    }
    assert score.theories == pytest.approx(expected)


@pytest.mark.parametrize(("eta", "batch_size"), [(0.1, 1), (0.2, 3)])
def test_current_and_excess_by_general_solvers(eta, batch_size):
    h, sigma = PLANE.hessian(PLANE.minimiser), PLANE.covariance(PLANE.minimiser)
    step = np.eye(2) - eta * h
    frozen = solve_continuous_lyapunov(h, eta / batch_size * sigma)
    chain_of_constant_noise = solve_discrete_lyapunov(step, eta**2 / batch_size * sigma)
    # The chain itself: E u'u'^T as a linear map of E uu^T, a batch being the mean of B of the A_k.
    hessians = X[:, :, None] * X[:, None, :]
    spread = np.mean([np.kron(a - h, a - h) for a in hessians], axis=0) / batch_size
    operator = np.eye(4) - np.kron(step, step) - eta**2 * spread
    chain = np.linalg.solve(operator, (eta**2 / batch_size * sigma).ravel()).reshape(2, 2)
    excess, current = scores.score_excess(PLANE, eta, batch_size), scores.score_current(PLANE, eta, batch_size)
    assert excess.sgd == pytest.approx(np.trace(h @ chain) / 2)
    assert excess.theories["frozen SDE"] == pytest.approx(eta / (4 * batch_size) * np.trace(sigma))
    assert excess.theories["embedding"] == pytest.approx(np.trace(h @ chain_of_constant_noise) / 2)

    def turned(covariance, one_step):
        after = covariance @ one_step.T  # E phi phi'^T
        return (after[0, 1] - after[1, 0]) / eta

    assert current.sgd == pytest.approx(turned(chain, step))
    assert current.theories["embedding"] == pytest.approx(turned(chain_of_constant_noise, step))
    assert current.theories["frozen SDE"] == pytest.approx(turned(frozen, expm(-eta * h)))
    assert current.theories["second order"] == pytest.approx(
        turned(
            solve_continuous_lyapunov(h + eta * h @ h / 2, eta / batch_size * sigma), expm(-eta * (h + eta * h @ h / 2))
        )
    )


def test_a_gaussian_has_no_skewness_and_no_tail():
    skewness, tail = scores.score_skewness(LINE, 0.1, 2), scores.score_tail(LINE, 0.1, 2)
    for score in (skewness, tail):
        assert score.theories["embedding"] == score.theories["frozen SDE"] == 0
        assert "gradient flow" not in score.theories
    assert tail.theories["SDE"] == pytest.approx(1 / (1 + 2 * 2 / (0.1 * 1.5)))
    alpha = 1 / tail.sgd  # E|1 - eta h_b|^alpha = 1 over the 16 batches of two
    means = (CURVATURES[:, None] + CURVATURES).ravel() / 2
    assert np.mean(np.abs(1 - 0.1 * means) ** alpha) == pytest.approx(1.0)


@pytest.mark.parametrize("batch_size", [1, 2])
def test_skewness_of_constant_noise_in_closed_form(batch_size):
    """Three points, of variance 2 and third cumulant 2; a gradient has the opposite sign, and a step turns it back."""
    score = scores.score_skewness(MeanEstimation([-1.0, -1.0, 2.0]), 0.3, batch_size)
    third, variance = 0.3**3 * 2 / (batch_size**2 * (1 - 0.7**3)), 0.3 * 2 / (batch_size * 1.7)
    assert score.sgd == pytest.approx(third / variance**1.5)


@pytest.mark.parametrize("batch_size", [1, 2])
def test_the_law_s_distance_is_an_error_as_it_stands(batch_size):
    """The mean of B uniform variables on (-1, 1) against Gaussians of variance 1/4B, and of 1/3B."""
    score = scores.score_law(0.5, batch_size)
    assert score.sgd == 0
    x = np.linspace(-3, 3, 60_001)
    law = np.clip((x + 1) / 2, 0, 1)
    if batch_size == 2:
        law = np.where(x < 0, np.clip(1 + x, 0, 1) ** 2 / 2, 1 - np.clip(1 - x, 0, 1) ** 2 / 2)
    for name, variance in (("SDE", 1 / 4), ("embedding", 1 / 3)):
        distance = np.abs(norm.cdf(x, scale=(variance / batch_size) ** 0.5) - law).max()
        assert score.errors[name] == pytest.approx(distance, abs=1e-4)
    assert score.errors["gradient flow"] == 0.5


def test_the_rate_of_exit_keeps_the_noise_per_time():
    """Kramers' time to the top at q = 0.1, and twice that to the other bottom; B and eta change it little."""
    rate = np.sqrt(2) / np.pi * np.exp(-2 * 0.25 / 0.1)
    for eta, batch_size in ((0.02, 1), (0.02, 2)):
        top, beyond = (scores.score_exit(eta, batch_size, q=0.1, end=end) for end in (0.0, 1.0))
        assert top.theories["SDE"] == pytest.approx(rate, rel=0.12)
        assert top.theories["SDE"] / beyond.theories["SDE"] == pytest.approx(2.0, rel=0.03)
        assert 0.5 < top.sgd / top.theories["SDE"] < 1


def test_the_rate_of_exit_is_that_of_batches_of_this_size():
    """In the bracket of the well whose noise is q at this B, and in no other's."""
    brackets = {
        size: [1 / time for time in chain_exit_time(DoubleWell(np.sqrt(1.6 * size)), 0.1, size, start=-1.0, end=0.0)]
        for size in (1, 4)
    }
    for size, (high, low) in brackets.items():
        rates = {other: scores.score_exit(0.1, other).sgd for other in brackets}
        assert [low < rate < high for rate in rates.values()] == [other == size for other in rates]


CARD = scores.scorecard({"decay": partial(scores.score_decay, LINE), "law": scores.score_law}, [0.05, 0.1, 0.2])


def test_the_table_says_the_middle_error_and_the_order():
    assert CARD.order("decay", "SDE") == pytest.approx(1.0, abs=0.15)
    assert CARD.order("decay", "second order") == pytest.approx(2.0, abs=0.15)
    assert CARD.order("decay", "embedding") is None
    assert CARD.order("law", "second order") is None
    assert CARD.errors("law", "second order") is None
    text, html = repr(CARD), CARD._repr_html_()
    decay = next(line for line in text.splitlines() if line.startswith("decay"))
    assert f"{CARD.errors('decay', 'SDE')[1]:+.1%}, 1.1" in decay
    assert decay.endswith("exact")
    assert "at η = 0.1" in text
    assert html.count("<td>") == 2 * len(scores.THEORIES)
    assert "<td>\N{EN DASH}</td>" in html
    html = scores.scorecard({"variance": partial(scores.score_variance, LINE)}, [0.05, 0.1])._repr_html_()
    assert "<td>\N{MINUS SIGN}100.0%, 0.0</td>" in html


def test_least_squares_with_one_column_goes_where_a_scalar_loss_goes():
    column, y = np.array([0.5, 1.0, 2.0]), np.array([1.0, -1.0, 2.0])
    scalar, wide = ScalarQuadratic(column**2, y / column), LeastSquares(column[:, None], y)
    for score in (scores.score_decay, scores.score_variance, scores.score_skewness, scores.score_tail):
        assert score(wide, 0.1, 2).theories == pytest.approx(score(scalar, 0.1, 2).theories)
        assert score(wide, 0.1, 2).sgd == pytest.approx(score(scalar, 0.1, 2).sgd)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="loss of parameter shape"):
        scores.score_variance(PLANE, 0.1)
    with pytest.raises(ValueError, match="loss of parameter shape"):
        scores.score_current(LINE, 0.1)
    with pytest.raises(ValueError, match="etas"):
        scores.scorecard({"law": scores.score_law}, [0.1])
    with pytest.raises(ValueError, match="q = "):
        scores.score_exit(0.1, q=0.0)
    with pytest.raises(ValueError, match="eta = 1.5"):
        scores.score_decay(MeanEstimation([0.0, 1.0]), 1.5)
