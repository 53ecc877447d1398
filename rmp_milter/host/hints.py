"""What ``rmp check`` says to do. Never a step that loses what is there.

A file that is missing or damaged is put back; a mode, an owner, a clock is set right. Nobody is
sent to ``rmp init``: a new service has new keys, and opens nothing of the old one.
"""

import os
import stat
from pathlib import Path

from rmp_milter.host.owners import name_of

BACKUP = "put it back from your backup (docs/admin.md, Restoring); move nothing else"
OTHER_FORMAT = "a format is read by its own version of rmp-milter; nothing is lost or damaged"
LOG_LOST = "put the newest one back (docs/admin.md, The access log); an empty one is no log"
DKIM = "put it back from your backup; another key does too: docs/admin.md, Another DKIM key"
CLOCK = "set this machine's clock; until then mails but emergencies are put off"


def for_file(path: Path, missing: str = BACKUP) -> str:
    """Return what to do about a file that cannot be used: its mode, its owner, or a copy.

    ``missing`` is what to do where it is not there, or is there and no fault shows.
    """
    try:
        status, folder = path.stat(), path.parent.stat()
    except OSError:
        return missing
    if status.st_uid != folder.st_uid:
        return f"chown {name_of(folder.st_uid)} {path}"
    mode = stat.S_IMODE(status.st_mode)
    if path.is_file() and mode & 0o077:
        return f"chmod {mode & ~0o077:04o} {path}"
    return missing if os.access(path, os.R_OK) else f"chmod u+r {path}"


def named_in(line: str, otherwise: str = BACKUP) -> str:
    """Return what to do about the file that a fault's line begins with, as all of them do."""
    place, colon, _ = line.partition(": ")
    path = Path(place)
    return for_file(path, otherwise) if colon and path.is_absolute() else otherwise
