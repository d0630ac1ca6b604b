"""Simulations and theory for the executable lecture notes "SGD and SDEs".

What a user reaches for first is here: ``from sgdsde_helpers import sgd, MeanEstimation, compare, explore, theory``. Everything
loads at its first use, so that importing the package costs nothing.

=============  ====================================================================================================
`losses`       losses with per-example gradients: gradient, Hessian, covariance of the gradient noise, minimiser
`simulation`   the three arms: SGD, Gaussian SGD, the SDE; Brownian motion and gradient flow
`theory`       what the book derives: stationary laws, moments, weak errors, the window, the central limit theorem
`measure`      estimates from samples, with their standard errors; distances, orders, rotation
`diagnosis`    a report on a loss of one's own: edge, regime, temperatures, what doubling the batch would do
`comparison`   one line per comparison: predicted, measured, standard error, z; and its rival, where there is one
`problems`     the data the chapters use
`sweeps`       many settings of one function, on any executor: resumed from a store, failures reported
`figures`      one module of figures per chapter (the only modules that import pyplot)
`widgets`      sliders over the learning rate and the batch size that work on a page without Python
`scenes`       chains that move in a page or a notebook, in JavaScript
`checks`       what is said when an argument is bad or a simulation diverges
=============  ====================================================================================================

All public names of `losses`, `simulation`, `measure`, `comparison`, `diagnosis` and `widgets` are names of the package too.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what `__getattr__` finds, for editors and type checkers
    from sgdsde_helpers.comparison import *
    from sgdsde_helpers.diagnosis import *
    from sgdsde_helpers.losses import *
    from sgdsde_helpers.measure import *
    from sgdsde_helpers.simulation import *
    from sgdsde_helpers.widgets import *

__version__ = "0.1.0"
__all__ = [
    "checks",
    "comparison",
    "diagnosis",
    "figures",
    "losses",
    "measure",
    "problems",
    "scenes",
    "simulation",
    "sweeps",
    "theory",
    "widgets",
]
_FACE = [
    "comparison",
    "diagnosis",
    "measure",
    "losses",
    "simulation",
    "widgets",
]  # their `__all__` are the lists; the slowest is last


def __getattr__(name: str):
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    for room in _FACE if not name.startswith("_") else []:
        module = import_module(f"{__name__}.{room}")
        if name in module.__all__:
            return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    face = [name for room in _FACE for name in __getattr__(room).__all__]
    return sorted({*(name for name in globals() if name.startswith("__")), *__all__, *face})
