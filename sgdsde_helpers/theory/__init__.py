"""Theory: what the lecture notes predict, exactly where it can be had.

=========  ============================================================================================================
`moments`  means and covariances: of the chain, of the SDE, at stationarity and on the way there
`laws`     whole laws: Gibbs, Fokker-Planck, transfer operators, Bernoulli convolutions, tails
`window`   the sum over N steps and its Gaussian: the central limit theorem, the window and its bottom
`balance`  currents, temperatures, fluctuation and dissipation
=========  ============================================================================================================

Each module lists its own names, in its `__all__`; a room, and this page, take them from there.
"""

from sgdsde_helpers.theory.balance import *
from sgdsde_helpers.theory.laws import *
from sgdsde_helpers.theory.moments import *
from sgdsde_helpers.theory.window import *
