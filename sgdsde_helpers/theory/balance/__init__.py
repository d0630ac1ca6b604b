"""Currents, temperatures, fluctuation and dissipation."""

from sgdsde_helpers.theory.balance.current import *
from sgdsde_helpers.theory.balance.dissipation import *
from sgdsde_helpers.theory.balance.thermometers import *
