"""Losses with per-example gradients."""

from sgdsde_helpers.losses._base import FunctionLoss, Loss
from sgdsde_helpers.losses._double_well import DoubleWell
from sgdsde_helpers.losses._examples import ExamplesLoss
from sgdsde_helpers.losses._network import TanhNetwork
from sgdsde_helpers.losses._quadratic import MeanEstimation, ScalarQuadratic, TiltedQuadratic
from sgdsde_helpers.losses._regression import LeastSquares, LogisticRegression, SoftmaxRegression

__all__ = [
    "DoubleWell",
    "ExamplesLoss",
    "FunctionLoss",
    "LeastSquares",
    "LogisticRegression",
    "Loss",
    "MeanEstimation",
    "ScalarQuadratic",
    "SoftmaxRegression",
    "TanhNetwork",
    "TiltedQuadratic",
]
