"""What all tests with a browser share: where Chromium is, and what is done where something that they need is not there."""

import os
import shutil
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
NO_CHROMIUM = "no Chromium was found: apt-get install chromium"


def leave_out(config, items, folder: Path, reason: str | None) -> None:
    """A run of all tests leaves those of a folder out, and says why, where they cannot run; a run of these alone fails."""
    if reason and any(folder.name in Path(argument.split("::")[0]).parts for argument in config.args):
        raise pytest.UsageError(reason)
    for item in items if reason else []:
        if item.path.is_relative_to(folder):
            item.add_marker(pytest.mark.skip(reason=reason))
