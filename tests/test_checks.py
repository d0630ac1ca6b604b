"""Bad input is refused in words that name argument, value and what is allowed."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

import sgdsde_helpers
from sgdsde_helpers import checks

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("bad", [0, -0.1, NAN, INF, -INF, "fast", None, [0.1, 0.2], 1j])
def test_positive_refuses(bad):
    with pytest.raises((ValueError, TypeError)) as caught:
        checks.positive("eta", bad)
    assert str(caught.value) == f"eta = {bad!r} is not allowed: it must be a finite number > 0"


@pytest.mark.parametrize("good", [0.1, 1, np.float64(2.5), np.array(3.0), np.int64(4)])
def test_positive_returns_a_float(good):
    assert checks.positive("eta", good) == float(good)
    assert type(checks.positive("eta", good)) is float


def test_non_negative_allows_zero_and_nothing_below():
    assert checks.non_negative("t", 0) == 0.0
    with pytest.raises(ValueError, match=r"t = -1 is not allowed: it must be a finite number >= 0"):
        checks.non_negative("t", -1)


@pytest.mark.parametrize(
    ("bad", "error"), [(0, ValueError), (-3, ValueError), (2.0, TypeError), (True, TypeError), ("2", TypeError)]
)
def test_count_refuses(bad, error):
    with pytest.raises(error, match="n_steps = .* is not allowed: it must be an integer >= 1"):
        checks.count("n_steps", bad)


def test_count_bounds_are_allowed():
    assert checks.count("k", np.int32(3), minimum=3, maximum=3) == 3
    with pytest.raises(ValueError, match="k = 4 is not allowed: it must be an integer >= 0 and <= 3"):
        checks.count("k", 4, minimum=0, maximum=3)


def test_batch_size_is_bounded_by_n_only_without_replacement():
    assert checks.batch_size(7) == 7
    assert checks.batch_size(5, n=5) == 5
    with pytest.raises(ValueError, match="batch_size = 6 is not allowed: .* 1 to n = 5"):
        checks.batch_size(6, n=5)
    with pytest.raises(ValueError, match="batch_size = 0 is not allowed"):
        checks.batch_size(0)


def test_one_of():
    assert checks.one_of("noise", "frozen", ("frozen", "state_dependent")) == "frozen"
    for bad in ("Frozen", 3, None, ["frozen"]):
        with pytest.raises(ValueError, match="noise = .* must be one of 'frozen', 'state_dependent'"):
            checks.one_of("noise", bad, ("frozen", "state_dependent"))


def test_array_names_the_first_bad_entry():
    with pytest.raises(ValueError, match=r"X = nan at index \(1, 0\) is not allowed: every entry must be finite"):
        checks.array("X", [[1.0, 2.0], [NAN, INF]])
    with pytest.raises(ValueError, match=r"x = inf is not allowed"):
        checks.array("x", INF)


def test_array_shapes():
    assert checks.array("X", [[1, 2]], (None, 2)).dtype == np.float64
    with pytest.raises(ValueError, match=r"X of shape \(1, 2\) is not allowed: its shape must be \(any, 3\)"):
        checks.array("X", [[1, 2]], (None, 3))
    with pytest.raises(ValueError, match=r"y of shape \(1, 2\) is not allowed: its shape must be \(4,\)"):
        checks.array("y", [[1, 2]], (4,))
    with pytest.raises(ValueError, match="it must have 1 axes"):
        checks.array("y", 1.0, ndim=1)
    with pytest.raises(ValueError, match="must not be empty"):
        checks.array("x", [])


@pytest.mark.parametrize("bad", [["a", "b"], [1j], [None], [[1], [1, 2]]])
def test_array_refuses_what_is_not_real_numbers(bad):
    with pytest.raises(TypeError, match="x = .* is not allowed: it must be an array of real numbers"):
        checks.array("x", bad)


def test_array_copies_so_that_a_loss_keeps_its_data():
    given = np.ones(3)
    kept = checks.array("x", given)
    given[0] = 5
    assert kept[0] == 1


def test_covariance_matrix():
    assert checks.covariance_matrix("sigma", 2, 0).shape == ()
    assert checks.covariance_matrix("sigma", 0.0) == 0
    singular = np.array([[1.0, 1.0], [1.0, 1.0]])
    assert np.array_equal(checks.covariance_matrix("sigma", singular, 2), singular)
    with pytest.raises(ValueError, match="a symmetric matrix"):
        checks.covariance_matrix("sigma", [[1, 0.5], [0, 1]])
    with pytest.raises(ValueError, match="positive semidefinite .its smallest eigenvalue is -1"):
        checks.covariance_matrix("sigma", [[1, 2], [2, 1]])
    with pytest.raises(
        ValueError, match="sigma = -1 is not allowed: it must be a number that is positive semidefinite"
    ):
        checks.covariance_matrix("sigma", -1)
    with pytest.raises(ValueError, match=r"its shape must be \(2, 2\)"):
        checks.covariance_matrix("sigma", 1.0, 2)
    with pytest.raises(ValueError, match="a number or a square matrix"):
        checks.covariance_matrix("sigma", [[1.0, 2.0]])
    with pytest.raises(ValueError, match=r"sigma = nan at index \(0, 1\)"):
        checks.covariance_matrix("sigma", [[1, NAN], [NAN, 1]])


def test_rounding_is_forgiven_in_a_covariance():
    rng = np.random.default_rng(1)
    factor = rng.standard_normal((6, 3))
    rank_three = factor @ factor.T  # three eigenvalues are rounding, of either sign
    rank_three[0, 1] += 1e-13
    kept = checks.covariance_matrix("sigma", rank_three)
    assert np.array_equal(kept, kept.T)


def test_positive_definite_refuses_what_is_only_semidefinite():
    checks.positive_definite("hessian", [[2.0, 1.0], [1.0, 2.0]])
    for bad in (0.0, -1.0, [[1.0, 1.0], [1.0, 1.0]]):
        with pytest.raises(ValueError, match="hessian = .* positive definite"):
            checks.positive_definite("hessian", bad)


def test_divergence_error_carries_its_report_between_processes():
    report = checks.DivergenceReport(eta=3.0, eta_bound=2.0, step=None, message="eta = 3 is too large")
    error = pickle.loads(pickle.dumps(checks.DivergenceError(report)))
    assert isinstance(error, ValueError)
    assert error.report == report
    assert str(error) == "eta = 3 is too large"


def test_importing_the_package_imports_nothing_slow():
    slow = "{'matplotlib.pyplot', 'scipy.stats', 'sklearn', 'sympy', 'ipywidgets'}"
    code = f"import sys, sgdsde_helpers, sgdsde_helpers.losses, sgdsde_helpers.comparison, sgdsde_helpers.problems; print({slow} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"


def test_the_package_is_its_table_of_contents():
    assert set(sgdsde_helpers.__all__) <= set(dir(sgdsde_helpers))
    assert sgdsde_helpers.losses.MeanEstimation
    with pytest.raises(AttributeError, match="no attribute 'loses'"):
        _ = sgdsde_helpers.loses


def test_one_or_each_takes_a_number_or_the_shape():
    assert checks.one_or_each("c", 2.0, (3,)).tolist() == [2.0, 2.0, 2.0]
    assert checks.one_or_each("c", [1.0, 2.0], (2,)).tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match=r"c of shape \(2,\) is not allowed: its shape must be \(\) or \(3,\)"):
        checks.one_or_each("c", [1.0, 2.0], (3,))
    with pytest.raises(ValueError, match=r"its shape must be \(\)$"):
        checks.one_or_each("c", [1.0], ())


def test_classes_are_whole_numbers_from_zero():
    assert checks.classes("y", [2, 0]).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert checks.classes("y", [False, True], 3).shape == (2, 3)
    for bad in ([0.5], [-1], [3]):
        with pytest.raises(ValueError, match="y = .* a whole number from 0 to"):
            checks.classes("y", bad, 3)
