"""Folders of one's own in the temporary folder: ``TMPDIR``, which each test run sets anew."""

import stat
import tempfile
from pathlib import Path

LONGEST = 50
"""Characters: a socket's path has hardly 100, and gpg-agent makes its own in its home."""


def own_folder(prefix: str) -> Path:
    """Make a folder that is nobody else's.

    Where ``TMPDIR`` is too long for sockets, or closed to the users of Postfix, it lies
    in ``/tmp``.
    """
    here = Path(tempfile.gettempdir()).resolve()
    fit = len(str(here)) <= LONGEST and _all_can_enter(here)
    return Path(tempfile.mkdtemp(prefix=prefix, dir=here if fit else "/tmp"))  # noqa: S108 -- the fallback


def _all_can_enter(folder: Path) -> bool:
    return all(one.stat().st_mode & stat.S_IXOTH for one in (folder, *folder.parents))
