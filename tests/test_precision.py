"""Work against precision: the equations, their references, and the page's numbers from the stored ones."""

import json
from pathlib import Path

import numpy as np
import precision
import precision_report as report
import pytest
import work

from sgdsde_helpers.losses import ScalarQuadratic

STORED = Path(__file__).parents[1] / "benchmarks"
FOUND = json.loads((STORED / "precision.json").read_text())
SCALAR = [key for key, problem in precision.PROBLEMS.items() if problem.functions]


@pytest.mark.parametrize("key", SCALAR)
def test_the_slope_that_stratonovichs_reading_takes_off(key):
    _, noise, slope = precision.PROBLEMS[key].functions(np)
    x = np.linspace(-2, 2, 9)
    derivative = noise(x + 1e-20j).imag / 1e-20
    np.testing.assert_allclose(slope(x), noise(x) * derivative, rtol=1e-12, atol=1e-15)


def test_the_equation_of_least_squares_is_that_of_its_loss():
    drift, noise, _ = precision.least_squares(np)
    loss, x = ScalarQuadratic(work.CURVATURES, work.POINTS), np.linspace(-2, 2, 9)
    np.testing.assert_allclose(drift(x), -loss.gradient(loss.minimiser + x), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(noise(x) ** 2, precision.ETA_OVER_B * loss.covariance(loss.minimiser + x), rtol=1e-10)


def test_the_reference_of_least_squares_has_the_moments_of_its_equation():
    """d mean = -h mean, and d E x^2 = -2h E x^2 + E noise^2, which is linear in both: the exponential of a matrix."""
    from scipy.linalg import expm

    h, share = work.CURVATURES.mean(), precision.ETA_OVER_B
    rates = np.zeros((3, 3))  # of 1, E x, E x^2
    rates[1, 1] = -h
    rates[2] = share * precision._REST, 2 * share * precision._MIXED, share * precision._GROWTH - 2 * h
    _, mean, second = expm(rates) @ [1.0, 1.0, 1.0]
    found = precision.reference(precision.PROBLEMS["squares"])
    assert abs(found["values"][0] - mean) <= found["error"][0] + 1e-9
    assert abs(found["values"][1] - (second - mean**2)) <= found["error"][1] + 1e-9
    np.testing.assert_allclose(FOUND["problems"]["squares"]["reference"]["values"], found["values"], atol=1e-10)


@pytest.mark.parametrize("key", list(precision.PROBLEMS))
def test_the_packages_schemes_go_to_the_reference(key):
    """At 32 steps the error is chance: at most ten numbers at five standard errors, a false alarm in 10^5 runs."""
    reference = FOUND["problems"][key]["reference"]
    truth = {name: np.array(value) for name, value in reference.items()}
    schemes, paths = precision.of_the_package(precision.PROBLEMS[key]), 2 * precision.BLOCK
    for name in {"weak second order", "Heun"} & set(schemes):
        error = precision.errors(schemes[name][0], 32, paths, truth)
        assert (np.abs(error) < 5 * truth["one"] / np.sqrt(paths) + 2e-3).all(), name


def test_the_exact_steps_are_exact():
    truth = {name: np.array(value) for name, value in FOUND["problems"]["B"]["reference"].items()}
    run, _ = precision.of_the_package(precision.PROBLEMS["B"])["exact steps"]
    paths = 4 * precision.BLOCK
    assert (np.abs(precision.errors(run, 1, paths, truth)) < 5 * truth["one"] / np.sqrt(paths)).all()


@pytest.mark.parametrize("order", [1, 2])
def test_the_least_time_for_an_error(order):
    """Bias C / n^order, a cost of a + b n: by hand, over the numbers of steps that are powers of two."""
    c, a, b, one = 0.3, 50.0, 20.0, 1.5
    scheme = {
        "order": order,
        "paths": 2**40,
        "errors": {str(n): [-c / n**order] for n in (2, 4, 8, 16)},
        "ns": {str(n): a + b * n for n in (2, 4, 8, 16)},
    }
    wanted = 2e-3
    times = {
        n: one**2 / (wanted**2 - (c / n**order) ** 2) * (a + b * n) / 1e9
        for n in map(int, report.STEPS[1:])
        if c / n**order < wanted
    }
    best = min(times, key=times.get)
    assert report.seconds(scheme, [one], [0], wanted) == (pytest.approx(times[best]), best)


def test_the_first_order_error_of_heun_has_the_square_of_the_noise():
    """The page's formula, by Gauss and Hermite, for one step on a linear equation in Stratonovich's reading."""
    z, weight = np.polynomial.hermite_e.hermegauss(12)
    h, s, dt = 1.3, 0.7, 1e-3
    y = -h * dt + s * np.sqrt(dt) * z
    mean = weight @ (1 + y + y**2 / 2) / weight.sum()
    assert (mean - np.exp((s**2 / 2 - h) * dt)) / dt**2 == pytest.approx(s**2 / 2 * (h - s**2 / 4), rel=5e-3)


def test_a_bias_that_is_not_seen_follows_from_one_that_is():
    scheme = {"order": 2, "paths": 10**6, "errors": {"1": [0.4], "2": [-0.1], "4": [0.0001]}, "ns": {"1": 1.0}}
    assert report.bias(scheme, 1.0, 0, 2) == 0.1
    assert report.bias(scheme, 1.0, 0, 4) == pytest.approx(0.1 / 4)  # 0.0001 is chance, not skill
    assert report.bias(scheme | {"order": 0}, 1.0, 0, 1) == 0.0


def test_equal_methods_share_their_errors():
    problem = FOUND["problems"]["well"]
    schemes, found = problem["schemes"], report.pooled(problem)
    same = [schemes[name] for name in ("weak second order", "diffrax Heun")]
    assert found["diffrax Heun"]["paths"] == sum(scheme["paths"] for scheme in same)
    for n in ("1", "16"):
        mean = sum(np.array(scheme["errors"][n]) * scheme["paths"] for scheme in same) / found["diffrax Heun"]["paths"]
        np.testing.assert_allclose(found["diffrax Heun"]["errors"][n], mean)
    assert found["diffrax ShARK"]["errors"] == schemes["diffrax ShARK"]["errors"]
    noisy = FOUND["problems"]["squares"]
    assert report.method("weak second order", noisy) == "weak second order" != report.method("Heun", noisy)


@pytest.mark.parametrize("key", list(precision.PROBLEMS))
def test_equal_methods_have_equal_errors(key):
    """Whoever takes the steps: stored numbers, so no false alarm; the widths of the scheme's law differ from the reference's."""
    problem = FOUND["problems"][key]
    schemes, one = problem["schemes"], np.array(problem["reference"]["one"])
    for name, scheme in schemes.items():
        for other in (
            each for key, each in schemes.items() if report.method(key, problem) == report.method(name, problem)
        ):
            error = one * np.sqrt(1 / scheme["paths"] + 1 / other["paths"])
            for n in ("4", "8", "16"):
                if n in scheme["errors"]:
                    gap = np.subtract(scheme["errors"][n], other["errors"][n])
                    assert (np.abs(gap[:2]) < 6 * error[:2]).all() and (np.abs(gap[2:]) < 8 * error[2:]).all(), (
                        name,
                        n,
                    )


def test_the_tables_are_those_of_the_stored_results():
    assert (STORED / "precision.md").read_text() == report.page(FOUND)
    assert list(FOUND["problems"]) == list(precision.PROBLEMS)


def test_the_diagrams_show_the_stored_errors_and_times():
    axes = report.diagrams(FOUND).axes
    assert len(axes) == 12
    for row, problem in enumerate(FOUND["problems"].values()):
        for column, places in enumerate(report.NUMBERS.values()):
            drawn = [bars.lines[0].get_xydata() for bars in axes[3 * row + column].containers]
            for points, scheme in zip(drawn, problem["schemes"].values(), strict=True):
                sizes = np.abs(list(scheme["errors"].values()))[:, places].max(axis=1)
                np.testing.assert_allclose(points, np.column_stack([sizes, list(scheme["ns"].values())]))
