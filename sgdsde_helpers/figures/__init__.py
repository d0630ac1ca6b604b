"""Figures: the house style, the marks that chapters share, and one module of drawing functions for each chapter.

The chapters' modules are named as their notebooks and imported by name (``from sgdsde_helpers.figures import
stochastic_process as figures``), since each of them loads pyplot; what `style` and `marks` hold is for a reader's own figures.
"""

from sgdsde_helpers.figures.marks import *
from sgdsde_helpers.figures.style import *
