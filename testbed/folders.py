"""Folders of one's own: in the temporary folder, ``TMPDIR``, which each test run sets anew.

A test run's temporary folder may lie in memory. What a running service writes lies on a disk all
the same (:data:`DISK`): "durable" means that here as at a host's. Its Postfix, which is tried by
nobody here, has its queue in memory.
"""

import os
import stat
import tempfile
from pathlib import Path

LONGEST = 50
"""Characters: a socket's path has hardly 100, and gpg-agent makes its own in its home."""

DISK = "RMP_TESTBED_DISK"
"""The environment's variable that names a folder on a disk; without it, ``TMPDIR`` is one."""


def own_folder(prefix: str, *, on_disk: bool = False) -> Path:
    """Make a folder that is nobody else's, ``on_disk`` for what must be durable there.

    Where the place is too long for sockets, or closed to the users of Postfix, it lies in
    ``/tmp``.
    """
    place = os.environ.get(DISK, "") if on_disk else ""
    here = Path(place or tempfile.gettempdir()).resolve()
    fit = len(str(here)) <= LONGEST and _all_can_enter(here)
    return Path(tempfile.mkdtemp(prefix=prefix, dir=here if fit else "/tmp"))  # noqa: S108 -- the fallback


def _all_can_enter(folder: Path) -> bool:
    return all(one.stat().st_mode & stat.S_IXOTH for one in (folder, *folder.parents))
