"""Simulations and theory for the executable lecture notes "SGD and SDEs".

The table of contents of the package; every module loads at its first use, so that importing the package costs nothing.

=============  ====================================================================================================
`losses`       losses with per-example gradients: gradient, Hessian, covariance of the gradient noise, minimiser
`simulation`   the three arms: SGD, Gaussian SGD, the SDE; Brownian motion and gradient flow
`theory`       what the book derives: stationary laws, moments, weak errors, the window, the central limit theorem
`measure`      estimates from samples, with their standard errors; distances, orders, rotation
`comparison`   one line per comparison: predicted, measured, standard error, z; and its rival, where there is one
`problems`     the data the chapters use
`figures`      one module of figures per chapter (the only modules that import pyplot)
`widgets`      sliders over the learning rate and the batch size that work on a page without Python
`checks`       what is said when an argument is bad or a simulation diverges
=============  ====================================================================================================
"""

from importlib import import_module

__version__ = "0.1.0"
__all__ = ["checks", "comparison", "figures", "losses", "measure", "problems", "simulation", "theory", "widgets"]


def __getattr__(name: str):
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
