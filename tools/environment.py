"""The environment that notebooks, tests and builds run in: of the book's own making, whatever the user has set.

A backend, an rc file, a start-up script or a kernel of the user's would change what a notebook draws, and a home that cannot
be written would add a warning to what it prints. So all of these are looked for in a folder of the book.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRINTED = ROOT / "_build" / "pdf" / "sgd-and-sdes.pdf"  # the book on paper, which the site offers where it was made
PLACES = {
    "MPLCONFIGDIR": "matplotlib",
    "IPYTHONDIR": "ipython",
    "JUPYTER_CONFIG_DIR": "jupyter/config",
    "JUPYTER_DATA_DIR": "jupyter/data",
    "JUPYTER_RUNTIME_DIR": "jupyter/runtime",
}
# Not by the name of its script, which is another one on Windows.
JUPYTER_BOOK = (sys.executable, "-c", "from jupyter_book.cli.main import main; main()")
FORGOTTEN = {"MPLBACKEND", "MATPLOTLIBRC", "PYTHONSTARTUP", "PYTHONWARNINGS", "PYTHONDEVMODE"}


def enter() -> None:
    """Change this process's environment, which its children inherit; Matplotlib's list of fonts is made before a kernel needs it."""
    for name in [name for name in os.environ if name in FORGOTTEN or name.startswith(("JUPYTER_", "IPYTHON"))]:
        del os.environ[name]
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # sums are rounded the same way everywhere
    folder = _folder()
    for name, place in PLACES.items():
        (folder / place).mkdir(parents=True, exist_ok=True)
        os.environ[name] = str(folder / place)
    if not list((folder / "matplotlib").glob("fontlist-*.json")):
        scan = [sys.executable, "-c", "import matplotlib.font_manager"]  # else the first kernel says so on stderr
        subprocess.run(scan, check=True, capture_output=True)


def _folder() -> Path:
    """A folder that can be written: under _build, or a temporary one where the checkout is read-only."""
    folder = ROOT / "_build" / "environment"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return Path(tempfile.mkdtemp(prefix="sgd-and-sdes-"))


def kernel_manager():
    """A kernel of this Python, whatever kernels the user has installed under the same name."""
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--HistoryManager.enabled=False"]
    manager = AsyncKernelManager()
    manager._kernel_spec = KernelSpec(argv=command, display_name="Python 3", language="python", name="python3")
    return manager
