"""Whole laws: Gibbs, Fokker-Planck, transfer operators, Bernoulli convolutions, tails."""

from sgdsde_helpers.theory.laws.arms import *
from sgdsde_helpers.theory.laws.bernoulli import *
from sgdsde_helpers.theory.laws.density import *
from sgdsde_helpers.theory.laws.exit import *
from sgdsde_helpers.theory.laws.fokker_planck import *
from sgdsde_helpers.theory.laws.gaussian_chain import *
from sgdsde_helpers.theory.laws.gibbs import *
from sgdsde_helpers.theory.laws.kesten import *
from sgdsde_helpers.theory.laws.plane import *
from sgdsde_helpers.theory.laws.rare import *
from sgdsde_helpers.theory.laws.tails import *
from sgdsde_helpers.theory.laws.transfer import *
