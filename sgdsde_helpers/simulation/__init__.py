"""Simulation: SGD, SGD with Gaussian noise, and stochastic differential equations."""

from sgdsde_helpers.simulation._exact import brownian_motion, gradient_flow, ornstein_uhlenbeck
from sgdsde_helpers.simulation._langevin import langevin, mala
from sgdsde_helpers.simulation._recording import Moments, Paths
from sgdsde_helpers.simulation._sde import euler_maruyama, sgd_sde, stratonovich_heun, weak_second_order
from sgdsde_helpers.simulation._sgd import adam, gaussian_sgd, gaussian_weight_sgd, momentum, sgd, streaming_sgd, svag
from sgdsde_helpers.simulation._splitting import splitting
from sgdsde_helpers.simulation._streams import streams
from sgdsde_helpers.simulation._sweep import sgd_sweep

__all__ = [
    "Moments",
    "Paths",
    "adam",
    "brownian_motion",
    "euler_maruyama",
    "gaussian_sgd",
    "gaussian_weight_sgd",
    "gradient_flow",
    "langevin",
    "mala",
    "momentum",
    "ornstein_uhlenbeck",
    "sgd",
    "sgd_sde",
    "sgd_sweep",
    "splitting",
    "stratonovich_heun",
    "streaming_sgd",
    "streams",
    "svag",
    "weak_second_order",
]
