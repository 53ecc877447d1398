"""What a process of the service asks of Linux for itself, whoever started it.

The systemd units say the same from outside; under ``rmp serve``, in a container or by hand
nobody else does. What the milter and the keeper hold in memory (patients' names, for a moment
documents) belongs neither into a core file nor into a swap area.
"""

import ctypes
import logging
import os
import resource
from pathlib import Path

log = logging.getLogger("rmp.host")

MOST_FILES = 65_536
"""Open files of a process; a milter has one for each connection that Postfix holds open."""

_PR_SET_DUMPABLE = 4  # prctl(2)
_SWAPS = Path("/proc/swaps")
_OWN_GROUP = Path("/proc/self/cgroup")
_GROUPS = Path("/sys/fs/cgroup")
_NO_SWAP = "memory.swap.max"


def limit_itself(*, with_memory: bool) -> None:
    """Write no core file, allow many open files; ``with_memory`` says so where swap is used.

    To be called after the change of user, which makes a process dumpable again (prctl(2)).
    """
    keep_out_of_dumps()
    allow_files()
    if with_memory and not keep_out_of_swap():
        log.warning(
            "memory may be written to the swap area: use the systemd units (MemorySwapMax=0), "
            "a control group without swap, or swapoff"
        )


def keep_out_of_dumps() -> None:
    """Write no core file and let no other process of this user read the memory.

    Both are needed: a core that is piped to a program knows no limit (core(5)).
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def allow_files() -> None:
    """Raise the number of open files to what the host allows, at most :data:`MOST_FILES`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def keep_out_of_swap() -> bool:
    """Return whether this process's memory stays out of the swap area.

    It does where there is none, where its control group may not swap, or where that could be
    set here: a process can forbid it only to the whole group (cgroups(7), version 2).
    """
    if not swap_areas(_read(_SWAPS)):
        return True
    group = group_of(_read(_OWN_GROUP))
    if group is None:
        return False
    return may_not_swap(_GROUPS, group) or _forbid(_GROUPS / group)


def swap_areas(listed: str) -> list[str]:
    """Return the names of the swap areas in use, from the text of /proc/swaps."""
    return [line.split()[0] for line in listed.splitlines()[1:] if line.strip()]


def group_of(listed: str) -> Path | None:
    """Return the control group (version 2) out of /proc/self/cgroup, relative to the root."""
    for line in listed.splitlines():
        if line.startswith("0::/"):
            return Path(line.removeprefix("0::/"))
    return None


def may_not_swap(root: Path, group: Path) -> bool:
    """Return whether the group, or one that it lies in, has no swap at all."""
    places = [root / group, *(root / parent for parent in group.parents)]
    return any(_read(place / _NO_SWAP).strip() == "0" for place in places)


def _forbid(place: Path) -> bool:
    """Forbid swap to the group, where this process is alone in it."""
    members = {int(line) for line in _read(place / "cgroup.procs").split()}
    if members != {os.getpid()}:
        return False
    try:
        (place / _NO_SWAP).write_text("0")
    except OSError:
        return False
    return True


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""
