"""A folder that a command writes into after it became a part's owner."""

import os
from pathlib import Path

from rmp_milter.cli.errors import CommandError
from rmp_milter.host.owners import name_of


def make_folder_for(folder: Path, part: Path) -> None:
    """Make the folder, for the owner of ``part`` alone, and see that he can write into it.

    Raises :class:`CommandError` for one that is there and somebody else's.
    """
    owner = part.stat()
    if not folder.exists():
        folder.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(folder, owner.st_uid, owner.st_gid, follow_symlinks=False)
    elif os.geteuid() == 0 and folder.stat().st_uid != owner.st_uid:
        user = name_of(owner.st_uid)
        raise CommandError(f"{folder}: does not belong to {user}", "name one that is not there")
