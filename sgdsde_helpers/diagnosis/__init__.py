"""One's own problem: what the book says of a loss at a learning rate and a batch size, each number with its error and its place.

`valley` looks at a loss near a minimum, once: leading curvatures by Lanczos, traces by Hutchinson, the noise and the examples'
curvatures along the leading directions. `diagnose` puts eta and B to what was seen. Only gradients are asked for; no d x d
array is made.
"""

from sgdsde_helpers.diagnosis.look import Valley, valley
from sgdsde_helpers.diagnosis.report import Diagnosis, Entry, diagnose

__all__ = ["Diagnosis", "Entry", "Valley", "diagnose", "valley"]
