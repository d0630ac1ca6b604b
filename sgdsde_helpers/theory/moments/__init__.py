"""Means and covariances: of the chain, of the SDE, at stationarity and on the way there."""

from sgdsde_helpers.theory.moments.adam import *
from sgdsde_helpers.theory.moments.affine import *
from sgdsde_helpers.theory.moments.backward import *
from sgdsde_helpers.theory.moments.edge import *
from sgdsde_helpers.theory.moments.embedding import *
from sgdsde_helpers.theory.moments.fluctuation import *
from sgdsde_helpers.theory.moments.higher import *
from sgdsde_helpers.theory.moments.momentum import *
from sgdsde_helpers.theory.moments.ornstein_uhlenbeck import *
from sgdsde_helpers.theory.moments.posterior import *
from sgdsde_helpers.theory.moments.reshuffling import *
from sgdsde_helpers.theory.moments.stationary import *
from sgdsde_helpers.theory.moments.weak_error import *
