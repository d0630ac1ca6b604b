"""sdepy, sdeint and scikit-learn, each where it can do the row."""

from __future__ import annotations

import numpy as np
import work
from work import Row


def sdepy_contender(row: Row):
    import sdepy

    @sdepy.integrate
    def process(t, x):
        return {"dt": work.drift(x), "dw": np.sqrt(work.noise_variance(x))}

    def run():
        np.random.seed(7)  # sdepy draws from NumPy's global generator
        times = np.linspace(0, row.steps * work.DT, 101) if row.key == "G" else (0.0, row.steps * work.DT)
        solve = process(x0=0.0, paths=row.chains, steps=row.steps)
        paths = np.asarray(solve(times))
        return work.records(paths[1:]) if row.key == "G" else paths[-1]

    return run


def sdeint_contender(row: Row, paths: int):
    """A few paths, too few for a check of their moments."""
    import sdeint

    times = np.linspace(0, row.steps * work.DT, row.steps + 1)

    def noise(phi, t):
        return np.diag(np.sqrt(work.noise_variance(phi)))

    def run():
        generator = np.random.default_rng(8)
        for _ in range(paths):
            sdeint.itoEuler(lambda phi, t: work.drift(phi), noise, np.zeros(1), times, generator=generator)

    return run


def scikit_learn_contender(row: Row, chains: int):
    """An epoch of each chain, reshuffled: another law, so not checked."""
    from sklearn.linear_model import SGDClassifier

    def run():
        for chain in range(chains):
            model = SGDClassifier(
                "log_loss", penalty=None, fit_intercept=False, learning_rate="constant", eta0=work.ETA["E"],
                max_iter=1, tol=None, random_state=chain,
            )  # fmt: skip
            with np.errstate(all="ignore"):
                model.fit(work.DIGITS, work.ABOVE_FOUR)

    return run


def contenders(row: Row) -> dict:
    found = {}
    if row.key in ("A", "G"):
        _add(found, "sdepy", lambda: (sdepy_contender(row), 1.0))
        if row.key == "A":
            _add(found, "sdeint", lambda: (sdeint_contender(row, 10), 10 / row.chains))
    if row.key == "E1":
        share = 5 * len(work.DIGITS) / (row.chains * row.steps)
        _add(found, "scikit-learn, SGDClassifier (an epoch a chain)", lambda: (scikit_learn_contender(row, 5), share))
    return found


def _add(found: dict, name: str, make) -> None:
    try:
        found[name] = make()
    except ImportError as error:
        print(f"skipped: {name} ({error})")
