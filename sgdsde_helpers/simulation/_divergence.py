"""What is said when a run diverges, before the first step or along the way."""

from __future__ import annotations

from collections.abc import Callable

from sgdsde_helpers.checks import Array, DivergenceError, DivergenceReport
from sgdsde_helpers.losses import Loss

HUGE = 1e100  # a state beyond this has diverged; its square can still be added up

Report = Callable[[int | None], DivergenceReport]


def stable(loss: Loss, eta: float, batch_size: int, sampling: str = "with_replacement", name: str = "eta") -> Report:
    """What is to be said of SGD at `eta` when it diverges; DivergenceError at once at or over a quadratic loss's bound.

    For another loss the bound is asked for when there is something to report: it may take a minimisation.
    """

    def report(step: int | None) -> DivergenceReport:
        bound = loss.max_stable_eta(batch_size, sampling)
        what = "makes the run diverge" if step is None else f"made the run diverge by step {step}"
        if bound is not None:
            what += f": it must be < {bound:.6g}" if loss.quadratic else f": near the minimum it must be < {bound:.6g}"
        return DivergenceReport(eta, bound, step, f"{name} = {eta:g} {what}")

    bound = loss.max_stable_eta(batch_size, sampling) if loss.quadratic else None
    if bound is not None and eta >= bound:
        raise DivergenceError(report(None))
    return report


def time_step(dt: float, name: str = "dt") -> Report:
    """What is to be said of a scheme with time step `dt`, of which no bound is known; `name` is what the caller calls it."""

    def report(step: int | None) -> DivergenceReport:
        return DivergenceReport(
            dt, None, step, f"{name} = {dt:g} made the run diverge by step {step}: a smaller {name} may help"
        )

    return report


def exact_transition(dt: float) -> Report:
    """What is to be said of a process that is followed without an error from dt, and grows without bound."""

    def report(step: int | None) -> DivergenceReport:
        return DivergenceReport(
            dt, None, step, f"the process is past {HUGE:g} by step {step}: its transitions are exact, at any dt"
        )

    return report


def look(phi: Array, step: int, report: Report) -> None:
    """Raise DivergenceError if a state is not finite, or is huge."""
    if not max(phi.max(), -phi.min()) < HUGE:  # false for nan too
        raise DivergenceError(report(step))
