"""Every public function of theory, measure and problems, with bad values for each argument: an error that names it.

A new function is covered on the day it is born: its arguments are looked up by name in `ARGUMENTS`, and one whose name
is not there fails until it has a row. What one function alone wants is in `OWN`.
"""

import inspect

import numpy as np
import pytest

from sgdsde_helpers import checks, measure, problems, theory
from sgdsde_helpers.losses import DoubleWell, MeanEstimation, ScalarQuadratic

ODD = ["1", True, None, 1j, object(), [[1.0], [2.0, 3.0]]]  # no number, and no array of numbers
BAD = {
    "number": [*ODD, np.nan, np.inf, [1.0, 2.0]],
    "positive": [*ODD, np.nan, np.inf, [1.0, 2.0], 0.0, -1.0],
    "non-negative": [*ODD, np.nan, np.inf, [1.0, 2.0], -1.0],
    "count": [*ODD, np.nan, 1.5, 2.0, -1],
    "counts": [*ODD, np.nan, 1.5, -1, [3, -1], []],
    "lengths": [*ODD, np.nan, -1.0, [3.0, -1.0], []],
    "array": [*ODD, np.nan, [np.nan, 1.0], [True, False], ["a", "b"], []],
    "numbers": [*ODD, np.nan, [np.nan, 1.0], [True, False], ["a", "b"], []],
    "times": [*ODD, np.nan, -1.0, [np.nan, 1.0], ["a", "b"], []],
    "matrix": [*ODD, np.nan, [1.0, 2.0], [[1.0, 2.0, 3.0]], [[np.nan, 0.0], [0.0, 1.0]], []],
    "positive matrix": [*ODD, np.nan, -np.eye(2), [[1.0, 2.0], [0.0, 1.0]], [1.0, 2.0], [[1.0, 2.0, 3.0]], []],
    "covariance": [*ODD, np.nan, -np.eye(2), [[1.0, 2.0], [0.0, 1.0]], [1.0, 2.0], [[1.0, 2.0, 3.0]], []],
    "grid": [*ODD, np.nan, 1.0, [1.0, 1.0, 1.0], [2.0, 1.0, 0.0], [0.0, 1.0, np.nan], []],
    "loss": ["loss", 3.0, None, np.ones(3)],
    "function": ["f", 3.0, None],
    "word": ["nonsense", 3, None, ["with_replacement"]],
}

H, SIGMA, GRID = np.array([[2.0, 0.6], [0.6, 1.0]]), np.array([[1.0, -0.4], [-0.4, 2.0]]), np.linspace(-4.0, 6.0, 201)
LOSS = ScalarQuadratic([1.0, 1.0, 1.0], [0.0, 1.0, 3.5])
STATES = np.random.default_rng(0).normal(size=(40, 5, 2))
EXAMPLES = np.array([[[2.0, 0.5], [0.5, 1.0]], [[1.0, -0.3], [-0.3, 0.5]], [[0.2, 0.0], [0.0, 3.0]]])
DENSITY = np.exp(-((GRID - 1.0) ** 2)) / np.sqrt(np.pi)

ARGUMENTS = {
    "loss": ("loss", LOSS),
    "batch_size": ("count", 2),
    "sampling": ("word", "with_replacement"),
    "reading": ("word", "ito"),
    "equation": ("word", "first order"),
    "method": ("word", "steps"),
    "drift": ("function", lambda x: 1.0 - x),
    "noise_variance": ("function", lambda x: 0.3 + 0 * x),
    "log_density": ("function", lambda x: -(x**2)),
    "cdf": ("function", lambda x: np.clip(x, 0.0, 1.0)),
    "f": ("function", lambda x: x**2),
    "grid": ("grid", GRID),
    "edges": ("grid", np.linspace(-1.0, 1.0, 9)),
    "hessian": ("positive matrix", H),
    "sigma": ("covariance", SIGMA),
    "noise_covariance": ("covariance", SIGMA),
    "stationary_covariance": ("covariance", SIGMA),
    **{name: ("positive", 0.1) for name in ("eta", "temperature", "step", "dt", "curvature", "width", "reach")},
    **{
        name: ("positive", 1.0)
        for name in (
            "variance",
            "other_variance",
            "target_variance",
            "prior_variance",
            "standard_deviation",
            "alpha",
            "h",
        )
    },
    "span": ("non-negative", 1.0),
    **{name: ("number", 1.0) for name in ("place", "start", "mean", "other_mean", "gap", "third", "gamma")},
    "coupling": ("number", 0.5),
    "mu": ("non-negative", 0.5),
    "b1": ("non-negative", 0.5),
    "p": ("positive", 0.3),
    "t": ("non-negative", 1.0),
    **{name: ("count", 4) for name in ("n_steps", "n", "n_lags", "order", "points", "size")},
    **{name: ("count", 50) for name in ("nodes", "n_frequencies", "n_chains")},
    "k": ("count", 4),
    "u": ("array", [1.0, 2.0]),
    "survival": ("array", [1.0, 0.5, 0.2]),
    "coefficient": ("number", -1.0),
    "delta": ("positive", 2.0),
    "finest": ("count", 8),
    "coarsest": ("count", 5),
    "n_batches": ("count", 4),
    "seed": (None, 1),
    "arm": (None, problems.sgd),
    "features": (None, None),
    **{name: ("numbers", [0.0, 0.5, 1.0]) for name in ("x", "z", "phi", "lag", "omega", "values")},
    **{name: ("numbers", [1.0, 2.0, 4.0]) for name in ("pieces", "curvatures", "fluctuation")},
    "times": ("times", [0.0, 1.0]),
    "etas": ("array", [0.5, 0.25]),
    "sizes": ("array", [1.0, 2.0]),
    "errors": ("array", [1.0, 2.0]),
    "density": ("array", DENSITY),
    "weights": ("array", [1.0, 1.0, 2.0]),
    "center": ("array", [0.0, 0.0]),
    "half_widths": ("array", [5.0, 5.0]),
    "states": ("array", STATES),
    "sample": ("array", [0.1, 0.5, 0.7]),
    "series": ("array", np.arange(12.0)),
    "X": ("array", STATES[0]),
    "y": ("array", STATES[0, :, 0]),
    "interval": (None, (-3.0, 5.0)),
    "power": (None, 2),
    "noise_corrected": (None, True),
    "discrete": (None, True),
    "modified": (None, True),
    "independent": (None, True),
    "kappa": ("numbers", [0.1, 2.0]),
    **{name: ("array", np.linspace(0.1, 1.0, 30)) for name in ("phi_ghat", "ghat2", "grad2", "v_ghat")},
    "factor": ("non-negative", 1.0),
    "end": ("number", 2.0),
    "problem": (None, theory.affine_gradients(LOSS)),
}
OWN = {  # function: argument: (kind, good value)
    "affine_stationary_moments": {"temperature": ("non-negative", 0.1)},
    "batch_means": {"n_batches": ("count", 4)},
    "brownian_variation": {"t": ("positive", 1.0)},
    "chain_law": {"start": ("numbers", [1.0, 2.0])},
    "chain_exit_time": {"start": ("number", 1.5), "nodes": ("count", 201)},
    "characteristic_width": {"values": ("array", [0.0, 1.0, 2.5])},
    "circulation": {"hessian": ("matrix", H)},
    "commutator_norm": {"hessian": ("positive matrix", H)},
    "contraction": {"n_steps": ("lengths", [1, 2])},
    "covariance_and_error": {"values": ("array", STATES[:, 0])},
    "direction_temperatures": {},
    "edge_bounds": {"curvatures": ("array", EXAMPLES)},
    "mean_square_edge": {"curvatures": ("array", EXAMPLES)},
    "gauss_newton_edge": {"factors": ("array", EXAMPLES), "decay": ("non-negative", 0.1)},
    "entropy_production": {"hessian": ("matrix", H)},
    "esseen_ks": {"values": ("array", [0.0, 1.0, 2.5]), "n": ("lengths", [4, 8])},
    "flow_deviation": {"eta": ("numbers", 0.1)},
    "fluctuation_dissipation_samples": {"states": ("array", [0.5, 1.0])},
    "hessian_relation_samples": {"states": ("array", [0.5, 1.0])},
    "norm_change": {"v_ghat": ("array", np.linspace(0.1, 1.0, 30))},
    "settling": {"v_ghat": ("array", np.linspace(0.1, 1.0, 30))},
    "fokker_planck_evolution": {"start": ("number", 1.0)},
    "fokker_planck_plane": {"drift": ("function", lambda p: -p @ H), "points": ("count", 21)},
    "gaussian_chain_exit_time": {"reach": ("number", -3.0)},
    "sde_exit_time": {"reach": ("number", -3.0)},
    "exit_survival": {"t": ("times", [0.0, 1.0]), "mean": ("positive", 1.0)},
    "extrapolated_hill": {"sample": ("array", np.geomspace(0.1, 9.0, 40)), "ratio": ("count", 4)},
    "gaussian_features_exponent": {"arm": ("word", "SGD"), "d": ("count", 2)},
    "gaussian_features_limit": {"arm": ("word", "SGD")},
    "gaussian_features_sde_survival": {"r": ("times", [0.0, 1.0]), "noise": ("positive", 1.0)},
    "hill": {"sample": ("array", np.geomspace(0.1, 9.0, 40))},
    "hill_limit": {"grid": ("grid", [1.0, 2.0, 3.0])},
    "gibbs_mean_shift": {"temperature": ("numbers", 0.1)},
    "gibbs_density": {"temperature": ("positive", 0.3)},
    "increment_first_order": {"n_steps": ("lengths", [1, 2])},
    "increment_gaussian": {"t": ("times", [0.0, 1.0])},
    "kramers_time": {"loss": ("loss", DoubleWell(0.9)), "well": ("number", 1.0), "top": ("number", 0.0)},
    "lattice_span": {"values": ("array", [0.0, 1.0, 2.5])},
    "mean_and_error": {"values": ("shares", [0.0, 1.0, 2.0, 5.0])},
    "variance_and_error": {"values": ("shares", [0.0, 1.0, 2.0, 5.0])},
    "mean_temperature": {"hessian": ("matrix", H)},
    "measured_rotation": {},
    "minibatch_factor": {"n": ("count", 5)},
    "noise_sum": {"loss": (None, MeanEstimation([0.0, 1.0])), "batch_size": ("count", 1)},
    "normalised_density": {},
    "ou_autocovariance": {"hessian": ("matrix", H)},
    "ou_covariance": {"hessian": ("matrix", H), "t": ("times", [0.0, 1.0])},
    "ou_mean": {
        "hessian": ("matrix", H),
        "t": ("times", [0.0, 1.0]),
        "start": ("array", [1.0, 2.0]),
        "center": ("array", [0.0, 1.0]),
    },
    "ou_spectrum": {"hessian": ("matrix", H)},
    "ou_stationary_covariance": {"hessian": ("matrix", H)},
    "plane_kesten_exponent": {
        "matrices": ("array", [[[0.3, -0.4], [0.4, 0.3]], [[1.2, 0.1], [-0.2, 1.0]], [[0.5, 0.0], [0.3, 0.4]]]),
        "points": ("count", 40),
    },
    "points_with_covariance": {},
    "probability_current": {"hessian": ("matrix", H), "phi": ("array", [[1.0, 2.0], [0.0, 0.0]])},
    "quasi_potential": {"grid": ("grid", np.linspace(0.2, 3.0, 30))},
    "reshuffled_variance": {"batch_size": ("count", 1)},
    "rotation_rate": {"hessian": ("matrix", H)},
    "sgld_stationary_moments": {"temperature": ("non-negative", 0.1)},
    "skewness": {"values": ("array", [0.0, 1.0, 2.5])},
    "stable_width": {"n": ("lengths", [4, 8])},
    "two_point_characteristic_function": {"t": ("numbers", [0.0, 1.0])},
    "window_cdf": {"points": ("array", [0.0, 0.5])},
    "window_distances": {"n_steps": ("counts", [3, 4])},
    "exact_window_ks": {"n_steps": ("counts", [3, 4])},
    "predicted_window_ks": {"n_steps": ("counts", [3, 4])},
    "window_sides": {"n_steps": ("counts", [3, 4])},
}
BAD["shares"] = [value for value in BAD["numbers"] if value is not True and value != [True, False]]


def public_functions():
    for module in (theory, measure, problems):
        for name in getattr(module, "__all__", dir(module)):
            value = getattr(module, name)
            if inspect.isfunction(value) and value.__module__.startswith("sgdsde_helpers") and name[0] != "_":
                yield value


FUNCTIONS = {function.__name__: function for function in public_functions()}


def row(function, argument):
    known = OWN.get(function, {}).get(argument) or ARGUMENTS.get(argument)
    assert known, f"the argument {argument} of {function} has no row in ARGUMENTS: give it a kind and a good value"
    return known


def good_arguments(function):
    parameters = inspect.signature(FUNCTIONS[function]).parameters.values()
    wanted = [p.name for p in parameters if p.default is p.empty or p.name in OWN.get(function, {})]
    return {name: row(function, name)[1] for name in wanted}


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_good_arguments_are_taken(function):
    FUNCTIONS[function](**good_arguments(function))


CASES = [(name, argument) for name, f in sorted(FUNCTIONS.items()) for argument in inspect.signature(f).parameters]


@pytest.mark.parametrize(("function", "argument"), CASES)
def test_bad_values_are_refused_by_name(function, argument):
    kind, good = row(function, argument)
    optional = inspect.signature(FUNCTIONS[function]).parameters[argument].default is None
    arguments = {**good_arguments(function), argument: good}
    if function == "gaussian_chain_law" and argument in ("start", "n_steps"):
        arguments = {**arguments, "start": 1.0, "n_steps": 3}  # one is not allowed without the other
        optional = False
    if argument == "v_ghat":
        arguments["mu"] = 0.5  # read only where there is momentum
    for bad in BAD.get(kind, []):
        if bad is None and optional:
            continue
        with pytest.raises((ValueError, TypeError)) as refused:
            pytest.fail(f"{argument} = {bad!r} gave {FUNCTIONS[function](**{**arguments, argument: bad})!r}")
        assert argument in str(refused.value), f"{argument} = {bad!r}: {refused.value}"


def test_every_kind_of_check_refuses_what_float_would_take():
    for bad in (True, "1", np.bool_(True), [1.0], b"1"):
        with pytest.raises(TypeError, match="x = "):
            checks.number("x", bad)
    for bad in ([True, False], ["1"], [1j], [None]):
        with pytest.raises(TypeError, match="x = "):
            checks.array("x", bad)
    assert checks.array("x", [True, False], booleans=True).tolist() == [1.0, 0.0]


OTHER = {  # a value that is not the default, and that must change the answer
    "decay": 0.3,
    "arm": "SDE",
    "noise": 0.5,
    "d": 3,
    "ratio": 5,
    "batch_size": 3,
    "sampling": "without_replacement",
    "reading": "stratonovich",
    "equation": "second order",
    "order": 3,
    "method": "solve",
    "mu": 0.3,
    "center": [0.5, -0.5],
    "nodes": 77,
    "reach": 30.0,
    "points": 31,
    "n_frequencies": 3,
    "n": 3,
    "weights": [1.0, 2.0, 5.0],
    "start": 2.0,
    "n_steps": 5,
    "place": 0.5,
    "t": 0.7,
    "b1": 0.5,
    "mean": 0.4,
    "variance": 2.0,
    "other_mean": 0.4,
    "other_variance": 2.0,
    "curvature": 0.5,
    "finest": 9,
    "coarsest": 4,
    "temperature": 0.2,
    "noise_corrected": True,
    "modified": True,
    "v_ghat": np.linspace(1.0, 0.2, 30),
}
SAME = {  # options that are not meant to change the answer, or not alone, and why
    ("minibatch_factor", "independent"): "it refuses a scheme",
    ("gaussian_chain_law", "start"): "with n_steps only, below",
    ("gaussian_chain_law", "n_steps"): "with start only, below",
    ("norm_change", "v_ghat"): "read only where there is momentum",
    ("settling", "v_ghat"): "read only where there is momentum",
    ("settling", "mu"): "wants v_ghat",
    ("norm_change", "mu"): "wants v_ghat",
    ("noise_sum", "arm"): "tested with the problems",
    ("diabetes", "features"): "tested with the problems",
    ("chain_stationary_law", "method"): "both find the same law",
    ("backward_mean_sgd", "nodes"): "both find the same mean",
    ("backward_mean_sde", "nodes"): "both find the same mean",
    ("batch_means", "n_batches"): "tested with the estimates",
}
UNEVEN = ScalarQuadratic([0.5, 1.0, 2.5], [0.0, 1.0, 3.5])
SEEN = {  # where an option shows: arguments instead of the usual good ones
    "kesten_exponent": {"curvatures": [-0.5, 1.0, 4.0], "eta": 0.4},
    "kesten_limit": {"curvatures": [-0.5, 1.0, 4.0]},
    "momentum_stability_bound": {"loss": UNEVEN},
    "sde_stationary_density": {"loss": UNEVEN, "grid": np.linspace(-60.0, 60.0, 801)},
    "stationary_density": {"noise_variance": lambda x: 0.3 + 0.1 * np.sin(x)},
    "similarity_dimension": {"eta": 0.9},
    "reshuffled_variance": {"loss": MeanEstimation(np.arange(12.0))},
}
OPTIONS = [
    (name, p.name)
    for name, f in sorted(FUNCTIONS.items())
    for p in inspect.signature(f).parameters.values()
    if p.default is not p.empty and (name, p.name) not in SAME
]


def leaves(result):
    """The arrays in a result, with the names under which they stand."""
    if isinstance(result, dict):
        return {(key, *rest): leaf for key, value in result.items() for rest, leaf in leaves(value).items()}
    if isinstance(result, tuple) or hasattr(result, "__dataclass_fields__"):
        parts = result if isinstance(result, tuple) else vars(result).values()
        return {(i, *rest): leaf for i, value in enumerate(parts) for rest, leaf in leaves(value).items()}
    return {(): np.asarray(result, dtype=float)} if not callable(result) else {(): result(GRID)}


def differ(a, b):
    return a.shape != b.shape or not np.allclose(a, b, rtol=1e-7, atol=0)


@pytest.mark.parametrize(("function", "option"), OPTIONS)
def test_no_option_is_ignored(function, option):
    """Of a dictionary of arms every arm must change; of a tuple something must."""
    default = inspect.signature(FUNCTIONS[function]).parameters[option].default
    arguments = {**good_arguments(function), **SEEN.get(function, {})}
    arguments.pop(option, None)
    if option == "sampling":
        arguments["size" if function == "minibatch_factor" else "batch_size"] = (
            2  # a single draw is the same in all schemes
        )
    usual = leaves(FUNCTIONS[function](**arguments, **{option: default}))
    other = leaves(FUNCTIONS[function](**arguments, **{option: OTHER[option]}))
    arms = {}
    for name in usual:
        arms.setdefault(name[0] if name and isinstance(name[0], str) else None, []).append(name)
    for arm, names in arms.items():
        assert any(name not in other or differ(usual[name], other[name]) for name in names), (arm, usual, other)


def test_a_start_and_a_number_of_steps_change_the_law_together():
    run = [
        theory.gaussian_chain_law(LOSS, 0.1, grid=GRID, start=start, n_steps=steps).mean
        for start, steps in ((0.0, 3), (0.0, 4), (2.0, 3))
    ]
    assert len({round(mean, 6) for mean in run}) == 3


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_every_argument_and_result_has_a_type(function):
    signature = inspect.signature(FUNCTIONS[function])
    untyped = [p.name for p in signature.parameters.values() if p.annotation is p.empty]
    assert not untyped and signature.return_annotation is not signature.empty
    assert ") array" not in FUNCTIONS[function].__doc__, "a shape is written: ndarray of shape (d, d)"
