"""The sum over N steps and its Gaussian: the central limit theorem, the window and its bottom."""

from sgdsde_helpers.theory.window.arms import *
from sgdsde_helpers.theory.window.bottom import *
from sgdsde_helpers.theory.window.clt import *
from sgdsde_helpers.theory.window.increment import *
