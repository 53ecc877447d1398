"""What takes long to be made, made once: a test run's workers share it."""

import atexit
import fcntl
import os
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

from testbed.folders import own_folder

SHARED = "RMP_TESTBED_SHARED"
"""The environment's variable that names the folder of a run; else a process has its own."""


def once(name: str, make: Callable[[Path], None]) -> Path:
    """Return the folder ``name``, which ``make`` has filled; nobody changes it afterwards.

    Whoever asks first makes it, and others wait. What ``make`` raises is raised, and the next one
    who asks tries again.
    """
    place = _shared_folder() / name
    part = place.with_name(f"{name}.part")
    with place.with_name(f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            make(part)
            part.rename(place)
    return place


def _shared_folder() -> Path:
    return Path(os.environ[SHARED]) if SHARED in os.environ else _own()


@cache
def _own() -> Path:
    made = own_folder("rmp-made-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made
