"""Files of the trust folder: read without following links, replaced whole or not at all."""

import os
import secrets
import stat
from pathlib import Path

from rmp_milter.disk.new_files import sync_folder

OTHERS_WRITE, ALL_WRITE = 0o022, 0o002


class TrustFileError(Exception):
    """A file that cannot be used; ``str`` is one line that names it."""


def read_file(path: Path, most: int, forbidden: int = OTHERS_WRITE) -> bytes:
    """Return a file's content: a regular one of at most ``most`` bytes.

    ``forbidden`` are permission bits that it may not have. Raises :class:`TrustFileError`, and
    FileNotFoundError where it is not there.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise TrustFileError(f"{path}: {error.strerror}") from None
    with open(fd, "rb") as file:  # noqa: PTH123 -- the descriptor follows no link
        mode = os.fstat(fd).st_mode
        if not stat.S_ISREG(mode) or mode & forbidden:
            raise TrustFileError(f"{path}: others may write it (mode {mode & 0o777:04o})")
        content = file.read(most + 1)
    if len(content) > most:
        raise TrustFileError(f"{path}: is larger than {most} bytes")
    return content


def replace_file(path: Path, content: bytes, mode: int) -> None:
    """Write ``content`` in the place of ``path``, durable on return: the old one or the new.

    Raises ``OSError``; what was begun is gone then.
    """
    new = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write(new, content, mode)
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def _write(path: Path, content: bytes, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with open(os.open(path, flags, mode), "wb") as file:  # noqa: PTH123 -- exclusive
        file.write(content)
        file.flush()
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())


def names_in(folder: Path, suffix: str) -> list[str]:
    """Return the names of files with that suffix, sorted; none where there is no folder."""
    try:
        names = [each.name for each in folder.iterdir()]
    except FileNotFoundError:
        return []
    return sorted(each for each in names if each.endswith(suffix) and not each.startswith("."))
