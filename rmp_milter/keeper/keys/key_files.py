"""Files that nobody but their owner may read: how they are read, and how that fails."""

import os
import stat
from pathlib import Path

MAX_FILE = 1 << 20
OWNERS = 0o600


class KeyFileError(Exception):
    """A key file that cannot be used; ``str`` is one line for the host, without secrets."""


def read_private(path: Path) -> bytes:
    """Read a small file that nobody but its owner may read; raise :class:`KeyFileError`."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise KeyFileError(f"{path}: not a file")
            if mode & 0o077:
                raise KeyFileError(f"{path}: others may read it (mode {mode & 0o777:04o})")
            return file.read(MAX_FILE)
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}") from None
