"""Logs that are made, exported, and tampered with; somebody else's reader beside ours."""

import shutil
from pathlib import Path

from testbed.made_log import KEY, ORIGIN, SIGNER, MadeLog, made_entries

__all__ = ["KEY", "ORIGIN", "SIGNER", "MadeLog", "copied", "made_entries"]


def copied(folder: Path, to: Path) -> Path:
    if to.exists():
        shutil.rmtree(to)
    return Path(shutil.copytree(folder, to))
