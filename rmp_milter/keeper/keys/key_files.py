"""Files that nobody but their owner may read: how they are read, and how that fails."""

import base64
import binascii
import errno
import os
import stat
from pathlib import Path

MAX_FILE = 1 << 20
OWNERS = 0o600
RAW_KEY = 32
"""Octets of the keys that a file holds in base64."""


PUT_BACK = "put it back from your copy of this service; nothing was changed"


class KeyFileError(Exception):
    """A key file that cannot be used; ``str`` is one line for the host, without secrets.

    ``hint`` says in one line what to do, and never what would lose what is there.
    """

    def __init__(self, line: str, hint: str = "") -> None:
        super().__init__(line)
        self.hint = hint


def read_private(path: Path) -> bytes:
    """Read a small file that nobody but its owner may read; raise :class:`KeyFileError`."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise KeyFileError(f"{path}: not a file", PUT_BACK)
            if mode & 0o077:
                line = f"{path}: others may read it (mode {mode & 0o777:04o})"
                raise KeyFileError(line, f"chmod {OWNERS:04o} {path}")
            return file.read(MAX_FILE)
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}", hint_for(error, path)) from None


def read_raw(path: Path) -> bytes:
    """Read a file that holds a key of 32 octets; raise :class:`KeyFileError`."""
    return raw_key(path, read_private(path))


def raw_key(path: Path, content: bytes) -> bytes:
    """Return the key that is the ``content`` of a file; raise as :func:`read_raw` does."""
    try:
        raw = base64.b64decode(content.strip(), validate=True)
    except binascii.Error:
        raise KeyFileError(f"{path}: not base64", PUT_BACK) from None
    if len(raw) != RAW_KEY:
        line = f"{path}: holds {len(raw)} bytes, {RAW_KEY} are wanted"
        raise KeyFileError(line, PUT_BACK)
    return raw


def raw_file(raw: bytes) -> bytes:
    """Return what a file holds that :func:`read_raw` reads."""
    return base64.b64encode(raw) + b"\n"


def hint_for(error: OSError, path: Path) -> str:
    """Return what helps where a key file cannot be read: its owner is wrong, or it is gone.

    Nothing where this user is not whose the files are: then he is the one who is wrong.
    """
    if error.errno == errno.ENOENT:
        return PUT_BACK
    try:
        is_ours = path.parent.stat().st_uid == os.geteuid()
    except OSError:
        is_ours = False
    return f"as root: chown --reference={path.parent} {path}" if is_ours else ""
