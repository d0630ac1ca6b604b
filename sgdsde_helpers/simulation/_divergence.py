"""What is said when a run diverges, before the first step or along the way."""

from __future__ import annotations

from collections.abc import Callable

from sgdsde_helpers.checks import Array, DivergenceError, DivergenceReport, one_of
from sgdsde_helpers.losses import Loss

HUGE = 1e100  # a state beyond this has diverged; its square can still be added up

Report = Callable[[int | None], DivergenceReport]


def learning_rate_report(eta: float, max_stable_eta: Callable[[], float | None], exact: bool) -> Report:
    """Reports for SGD at `eta`; the bound on eta is `exact` where the loss is quadratic.

    The bound is asked for when there is something to report: for some losses it takes a minimisation.
    """

    def report(step: int | None) -> DivergenceReport:
        bound = max_stable_eta()
        what = "makes SGD diverge" if step is None else f"made the run diverge by step {step}"
        if bound is not None:
            what += f": it must be < {bound:.6g}" if exact else f": near the minimum it must be < {bound:.6g}"
        return DivergenceReport(eta, bound, step, f"eta = {eta:g} {what}")

    return report


def time_step_report(dt: float, name: str = "dt") -> Report:
    """Reports for a scheme with time step `dt`, which stands in for the learning rate; `name` is what the caller calls it."""

    def report(step: int | None) -> DivergenceReport:
        return DivergenceReport(
            dt, None, step, f"{name} = {dt:g} made the run diverge by step {step}: a smaller {name} may help"
        )

    return report


def unstable(loss: Loss, eta: float, bound: Callable[[], float | None]) -> bool:
    """Whether `eta` is at or over the exact bound of a quadratic loss, where it has one."""
    exact = bound() if loss.quadratic else None
    return exact is not None and eta >= exact


def look(phi: Array, step: int, report: Report) -> None:
    """Raise DivergenceError if a state is not finite, or is huge."""
    if not max(phi.max(), -phi.min()) < HUGE:  # false for nan too
        raise DivergenceError(report(step))


def outcome(simulate: Callable, on_divergence: str):
    """The result of `simulate()`; where it diverges, raise or return the report, as `on_divergence` asks."""
    one_of("on_divergence", on_divergence, ("raise", "return"))
    try:
        return simulate()
    except DivergenceError as error:
        if on_divergence == "raise":
            raise
        return error.report
