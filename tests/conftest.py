"""What every test of the package starts from: figures are drawn into memory, on every machine."""

import matplotlib

matplotlib.use("agg")  # not by MPLBACKEND, which the kernels of the notebooks would inherit
