"""The comparison's arithmetic, its line, its bound and its rival."""

import numpy as np
import pytest

from sgdsde_helpers.comparison import Comparison, DisagreementError, UndecidedError, agree, compare


def test_line_and_z(capsys):
    c = compare("variance at stationarity", 0.0526, 0.05241, 0.00031)
    assert c.z == pytest.approx((0.05241 - 0.0526) / 0.00031)
    line = capsys.readouterr().out
    assert line == "variance at stationarity           predicted 0.05260   measured 0.05241   s.e. 0.00031  z = -0.6\n"


@pytest.mark.parametrize(
    ("predicted", "measured", "error", "shown"),
    [
        (1.0, 1.04, 0.05, ("1.000", "1.040", "0.050", "+0.8")),
        (1.0, 1.0, 0.05, ("1.000", "1.000", "0.050", "+0.0")),
        (1.0, 0.9999, 0.05, ("1.000", "1.000", "0.050", "+0.0")),
        (-0.0001, 0.001, 0.05, ("0.000", "0.001", "0.050", "+0.0")),
        (0.0, 2e-9, 1.5e-9, ("0", "2.0e-09", "1.5e-09", "+1.3")),
        (2.345678e-9, 2.3456e-9, 2.1e-12, ("2.3457e-09", "2.3456e-09", "2.1e-12", "+0.0")),
        (123456.0, 123321.0, 210.0, ("1.2346e+05", "1.2332e+05", "2.1e+02", "-0.6")),
    ],
)
def test_numbers_are_rounded_to_the_second_digit_of_the_standard_error(predicted, measured, error, shown):
    line = str(Comparison("q", predicted, measured, error)).split()
    assert (line[2], line[4], line[6], line[9]) == shown


def test_the_bound_is_two_sided_and_where_it_is_said(capsys):
    for sign in (-1, 1):
        compare("q", 0.0, sign * 4.49, 1.0)
        with pytest.raises(DisagreementError, match="beyond the bound of 4.5"):
            compare("q", 0.0, sign * 4.51, 1.0)
        compare("q", 0.0, sign * 4.51, 1.0, bound=5)
        with pytest.raises(DisagreementError):
            compare("q", 0.0, sign * 2.1, 1.0, bound=2)
    assert "z = +4.5" in capsys.readouterr().out


@pytest.mark.parametrize("error", [0.0, -1.0, float("nan")])
def test_compare_needs_a_standard_error(error):
    with pytest.raises(ValueError, match="standard_error = .* must be a finite number > 0"):
        compare("q", 1.0, 1.0, error)


def test_compare_refuses_what_is_not_a_number():
    with pytest.raises(ValueError, match="measured = nan"):
        compare("q", 1.0, np.nan, 1.0)
    with pytest.raises(TypeError, match="predicted = "):
        compare("q", [1.0, 2.0], 1.0, 1.0)


def test_a_cell_that_ends_in_compare_shows_its_line_once(capsys):
    c = compare("q", 1.0, 1.0, 1.0)
    capsys.readouterr()
    c._ipython_display_()
    assert capsys.readouterr().out == ""


def test_agree(capsys):
    agree("two routes", 0.25, 0.25 * (1 + 1e-13), 1e-12)
    assert capsys.readouterr().out == "two routes                         two routes agree to 1e-12   (0.25)\n"
    with pytest.raises(DisagreementError, match="differ by 0.1, beyond 0.01"):
        agree("q", 1.0, 1.1, 0.01)
    with pytest.raises(DisagreementError):
        agree("q", 100.0, 101.1, 0.01)  # relative
    agree("q", 100.0, 100.9, 0.01)
    with pytest.raises(DisagreementError):
        agree("q", 0.0, 0.011, 0.01)  # absolute where zero is expected
    with pytest.raises(DisagreementError):
        agree("q", [1.0, 2.0], [1.0, 2.1], 0.01)
    with pytest.raises(DisagreementError, match="differ by 0.1,"):
        agree("q", np.ones(100), np.append(np.ones(99), 1.1), 0.01)  # every number, not the average
    with pytest.raises(ValueError, match="its shape must be that of expected"):
        agree("q", [1.0, 2.0], 1.0, 0.01)
    with pytest.raises(ValueError, match="computed = nan"):
        agree("q", 1.0, np.nan, 0.01)


def test_false_alarms_come_at_the_stated_rate():
    from scipy import stats

    assert 2 * stats.norm.sf(4.5) == pytest.approx(7e-6, rel=0.05)
    assert 2 * stats.t.sf(4.5, 31) == pytest.approx(9e-5, rel=0.05)
    assert 2 * stats.t.sf(4.5, 99) == pytest.approx(2e-5, rel=0.1)


def test_a_rival_is_ruled_out_or_the_comparison_fails(capsys):
    c = compare("q", 1.0, 1.1, 0.1, rival=("other", 2.0))
    assert (c.z, c.z_rival) == pytest.approx((1.0, -9.0))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == str(Comparison("q", 1.0, 1.1, 0.1))  # the first line is that of a comparison without a rival
    assert lines[1].split() == ["rival:", "other", "predicted", "2.00", "z", "=", "-9.0"]
    assert lines[1].index("z =") == lines[0].index("z =")
    for sign in (-1, 1):
        with pytest.raises(UndecidedError, match="does not rule the rival out"):
            compare("q", 0.0, 0.0, 1.0, rival=("near", sign * 4.49))
        compare("q", 0.0, 0.0, 1.0, rival=("far", sign * 4.51))
    with pytest.raises(DisagreementError, match="beyond the bound") as failed:  # a wrong prediction is said first
        compare("q", 0.0, 9.0, 1.0, rival=("right", 9.0))
    assert not isinstance(failed.value, UndecidedError)
    with pytest.raises(TypeError, match="a pair of a name and a number"):
        compare("q", 0.0, 0.0, 1.0, rival=9.0)
    with pytest.raises(ValueError, match="the rival's prediction = nan"):
        compare("q", 0.0, 0.0, 1.0, rival=("nan", np.nan))
