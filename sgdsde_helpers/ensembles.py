"""Stored ensembles of a small network: one number a chain, for each of many arms, and what they say together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sgdsde_helpers.checks import Array, refuse
from sgdsde_helpers.measure import mean_and_error

__all__ = ["COLDEST", "DECAY", "Ensemble", "load_ensembles", "valley_floors"]

DECAY = 0.005  # weight decay of the network whose ensembles are stored
COLDEST = ("B=8 eta=0.0125", "B=8 eta=0.025", "B=8 eta=0.05")  # the arms of SGD whose learning rates are the smallest
PER_CHAIN = ("train", "test", "accuracy", "norm2", "grad2", "noise", "phi_g", "ghat2", "final_train", "final_test")


@dataclass(frozen=True)
class Ensemble:
    """The chains of one arm: its setting, and time averages of every chain over the second part of its run.

    Attributes
    ----------
    name, kind : str
        The arm's name, and what it is: "sgd", "svag", "gauss", "epoch", "momentum" or "adam".
    eta : float
        The learning rate; for "svag" and "gauss" the one that is imitated, in steps of eta / l.
    batch_size, l : int
        B, and the number of steps that stand for one.
    mu : float
        Momentum.
    chains : dict of ndarrays of shape (m,)
        "train", "test": cross-entropy without the decay; "norm2": |phi|^2; "grad2": |g|^2; "noise": tr Sigma at batch size 1;
        "phi_g": <phi . ghat>; "ghat2": <|ghat|^2>; "accuracy"; "final_train", "final_test": at the end of the run.
    times, curve_mean, curve_sd : ndarrays
        Times t (sums of effective learning rates), and mean and standard deviation over chains of the training loss at them.

    Examples
    --------
    >>> chains = {"train": np.array([1.0, 2.0]), "norm2": np.array([4.0, 0.0])}
    >>> arm = Ensemble("a", "sgd", 0.1, 1, 1, 0.0, chains, np.zeros(1), np.zeros(1), np.zeros(1))
    >>> arm.objective.round(6).tolist()
    [1.01, 2.0]
    """

    name: str
    kind: str
    eta: float
    batch_size: int
    l: int
    mu: float
    chains: dict[str, Array]
    times: Array
    curve_mean: Array
    curve_sd: Array

    @property
    def objective(self) -> Array:
        """The whole loss of each chain, decay included, which is the potential that SGD descends; of shape (m,)."""
        return self.chains["train"] + DECAY / 2 * self.chains["norm2"]

    @property
    def thermometer(self) -> Array:
        """A quarter of eta |ghat|^2, which is SGD's excess over the floor of a valley that is a parabola (chapter 19); of shape (m,)."""
        return self.eta / 4 * self.chains["ghat2"]


def load_ensembles(path: str | Path) -> dict[str, Ensemble]:
    """The ensembles stored in a file, by name.

    Parameters
    ----------
    path : path of an .npz file
        As `benchmarks/network_ensembles.py` writes it: arrays "NAME/KEY", and "meta", the settings as JSON.

    Returns
    -------
    dict of Ensemble

    Raises
    ------
    ValueError
        If the file has no settings.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> stored = {f"a/{key}": np.ones(2) for key in (*PER_CHAIN, "times", "curve_mean", "curve_sd")}
    >>> stored["meta"] = '{"a": {"kind": "sgd", "eta": 0.1, "batch_size": 1, "l": 1, "mu": 0.0}}'
    >>> with TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/stored.npz", **stored)
    ...     load_ensembles(f"{folder}/stored.npz")["a"].objective.round(6).tolist()
    [1.0025, 1.0025]
    """
    with np.load(path) as data:
        if "meta" not in data:
            refuse("path", str(path), "a file of ensembles, with their settings under 'meta'")
        arms = {}
        for name, m in json.loads(str(data["meta"])).items():
            chains = {key: data[f"{name}/{key}"].astype(float) for key in PER_CHAIN}
            curve = (data[f"{name}/{key}"].astype(float) for key in ("times", "curve_mean", "curve_sd"))
            setting = (m["kind"], m["eta"], m["batch_size"], m["l"], m["mu"])
            arms[name] = Ensemble(name, *setting, chains, *curve)
    return arms


def valley_floors(arms: Mapping[str, Ensemble]) -> tuple[Array, Array]:
    """The objective less what the `thermometer` reads of SGD's excess, for each of the three smallest learning rates.

    Parameters
    ----------
    arms : dict of Ensemble
        As `load_ensembles` gives them.

    Returns
    -------
    floors, standard_errors : ndarrays of shape (3,)

    Examples
    --------
    >>> chains = {"train": np.array([1.0, 2.0]), "norm2": np.zeros(2), "ghat2": np.array([2.0, 6.0])}
    >>> arm = Ensemble("a", "sgd", 0.4, 8, 1, 0.0, chains, np.zeros(1), np.zeros(1), np.zeros(1))
    >>> floors, errors = valley_floors(dict.fromkeys(COLDEST, arm))
    >>> floors.round(6).tolist(), errors.round(6).tolist()
    ([1.1, 1.1, 1.1], [0.3, 0.3, 0.3])
    """
    return tuple(np.array([mean_and_error(arms[name].objective - arms[name].thermometer) for name in COLDEST]).T)
