"""The stationary law on one parameter, in each of the three arms."""

from __future__ import annotations

from sgdsde_helpers.checks import Array, number
from sgdsde_helpers.losses import Loss
from sgdsde_helpers.theory.laws.density import density_cdf
from sgdsde_helpers.theory.laws.gaussian_chain import gaussian_chain_law
from sgdsde_helpers.theory.laws.gibbs import sde_stationary_density
from sgdsde_helpers.theory.laws.transfer import chain_stationary_law

__all__ = ["shares_below"]


def shares_below(loss: Loss, eta: float, batch_size: int = 1, *, place: float = 0.0, grid: Array) -> dict[str, float]:
    """Stationary probability of a state <= `place` in each arm: the share of a well, where the place is between two.

    Parameters
    ----------
    loss : Loss
        Of parameter shape (), whose chain stays in a bounded interval.
    eta, batch_size : float, int
        Learning rate and B.
    place : float
    grid : ndarray of shape (K,)
        For the laws of Gaussian SGD and of the SDE, which are not bounded.

    Returns
    -------
    dict
        Name of the arm -> probability.

    Examples
    --------
    >>> import numpy as np
    >>> from sgdsde_helpers.losses import DoubleWell
    >>> shares = shares_below(DoubleWell(noise=0.9, tilt=0.3), 0.25, grid=np.linspace(-2.2, 2.6, 801))
    >>> {arm: round(float(share), 3) for arm, share in shares.items()}
    {'SGD': 0.949, 'Gaussian SGD': 0.933, 'SDE': 0.925}
    """
    x = number("place", place)
    sde = sde_stationary_density(loss, eta, batch_size, grid=grid)
    return {
        "SGD": chain_stationary_law(loss, eta, batch_size, method="solve").cdf(x),
        "Gaussian SGD": gaussian_chain_law(loss, eta, batch_size, grid=grid).cdf(x),
        "SDE": density_cdf(grid, sde)(x),
    }
