"""No option of a simulation is ignored: at another value it gives other numbers."""

import inspect

import numpy as np
import pytest

from sgdsde_helpers import simulation
from sgdsde_helpers.losses import DoubleWell, ScalarQuadratic

LOSS = ScalarQuadratic([0.5, 1.0, 1.5, 2.0], [0.0, 1.0, -1.0, 3.0])
PLAN = {"n_steps": 3, "seed": 1}
SDE = {"drift": np.negative, "noise_factor": lambda x: 1.0 + x**2, "dt": 0.1, "start": 0.5, **PLAN}
ARGUMENTS = {  # what each simulation must be given
    **{name: {"loss": LOSS, "eta": 0.2, **PLAN} for name in ("sgd", "gaussian_sgd", "gaussian_weight_sgd", "adam")},
    "momentum": {"loss": LOSS, "eta": 0.2, "mu": 0.5, **PLAN},
    "svag": {"loss": LOSS, "eta": 0.2, "l": 2, **PLAN},
    "streaming_sgd": {"eta": 0.2, **PLAN},
    "langevin": {"loss": LOSS, "temperature": 0.5, "step": 0.1, **PLAN},
    "mala": {"loss": LOSS, "temperature": 0.5, "step": 0.1, **PLAN},
    **{name: SDE for name in ("euler_maruyama", "weak_second_order", "stratonovich_heun")},
    "ornstein_uhlenbeck": {"drift_matrix": 1.0, "noise_covariance": 1.0, "dt": 0.1, "start": 0.5, **PLAN},
    "brownian_motion": {"noise_covariance": 1.0, "dt": 0.1, **PLAN},
    "sgd_sde": {"loss": LOSS, "eta": 0.2},
    "sgd_sweep": {"loss": LOSS, "etas": [0.1, 0.2], "batch_sizes": [1, 2], "n_chains": 4, **PLAN},
    "splitting": {
        "loss": DoubleWell(0.9),
        "eta": 0.2,
        "levels": [-1.0, -0.5, 0.0],
        "start": -1.0,
        "n_particles": 30,
        "n_runs": 2,
        "seed": 1,
    },
}
OTHER = {  # a value that is not the default
    "batch_size": 3,
    "n_chains": 2,
    "n_paths": 2,
    "n_particles": 40,
    "n_runs": 3,
    "n_steps": 300,
    "start": 0.7,
    "center": 0.3,
    "sampling": "without_replacement",
    "noise": "frozen",
    "arm": "Gaussian SGD",
    "record": 1,
    "burn_in": 2,
    "b1": 0.5,
    "b2": 0.9,
    "eps": 0.1,
}
OWN = {("streaming_sgd", "noise"): 0.5, ("brownian_motion", "record"): "final"}
FUNCTIONS = {name: getattr(simulation, name) for name in ARGUMENTS}
OPTIONS = [
    (name, p.name)
    for name, f in FUNCTIONS.items()
    for p in inspect.signature(f).parameters.values()
    if p.default is not p.empty
]


def numbers(result) -> list[np.ndarray]:
    """All the arrays of a result; of functions, what they give."""
    if isinstance(result, tuple):
        return [array for part in result for array in numbers(part)]
    if callable(result):
        return [result(np.array([0.5, 1.0]))]
    return [np.asarray(value) for value in (vars(result).values() if hasattr(result, "__dict__") else [result])]


def test_every_simulation_is_tried():
    functions = {name for name in simulation.__all__ if inspect.isfunction(getattr(simulation, name))}
    assert functions - set(ARGUMENTS) == {"gradient_flow", "streams"}  # they have no options


@pytest.mark.parametrize(("name", "option"), OPTIONS)
def test_no_option_of_a_simulation_is_ignored(name, option):
    arguments = dict(ARGUMENTS[name])
    arguments.pop(option, None)
    if option == "sampling":
        arguments["batch_size"] = 3  # a single draw is the same in all schemes
    default = inspect.signature(FUNCTIONS[name]).parameters[option].default
    usual, other = (
        numbers(FUNCTIONS[name](**arguments, **{option: value}))
        for value in (default, OWN.get((name, option), OTHER[option]))
    )
    same = [a.shape == b.shape and np.array_equal(a, b) for a, b in zip(usual, other, strict=True)]
    assert not all(same)
