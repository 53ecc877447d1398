"""Whether somebody has an environment of LMDB's open.

LMDB holds a lock (fcntl) on its lock file from opening to closing. So who asks for it alone
hears whether anybody has it. Not for a process that has the environment open itself: what closes
the file there gives LMDB's lock up as well.
"""

import fcntl
from pathlib import Path


def in_use(folder: Path) -> bool:
    """Whether another process has the environment open."""
    try:
        with (folder / "lock.mdb").open("r+b") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
