"""Functions for the sweeps of the tests, in a module of their own so that other processes can import them."""

import os
import signal
import time
from pathlib import Path

import numpy as np


def normal(x, seed):
    """A draw that only the seed decides."""
    return np.random.default_rng(seed).normal()


def other_normal(x, seed):
    return normal(x, seed)


def shifted(x, seed):
    return {"value": x + normal(x, seed), "steps": np.arange(3), "wave": np.exp(1j * np.arange(2.0))}


def logged(x, log, seed):
    """As `normal`; one more line in the log for each call, and an error for x = 0 as long as there is no file "cured"."""
    with open(log, "a") as file:
        file.write(f"{x}\n")
    if x == 0 and not Path(log).with_name("cured").exists():
        raise Unsendable("x is", 0)
    return normal(x, seed)


class Unsendable(Exception):
    """An exception that cannot be made again from its arguments in another process."""

    def __init__(self, first, second):
        super().__init__(f"{first} {second}")


def deadly(x, folder, seed):
    """As `normal`; the first process that is asked for x = 0 is killed, as by a system that is out of memory."""
    mark = Path(folder) / "killed"
    if x == 0 and not mark.exists():
        mark.touch()
        time.sleep(0.3)  # what ran before is back by then
        os.kill(os.getpid(), signal.SIGKILL)
    return normal(x, seed)


def words(x, seed):
    return "x"
