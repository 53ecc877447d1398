"""New files that must never replace an old one, and be on disk when they are said to be."""

import os
from pathlib import Path


def write_new(path: Path, content: bytes, mode: int) -> None:
    """Write ``content`` to the new file ``path`` with ``mode``, durable on return.

    Raises :class:`FileExistsError` where there is one, and any other ``OSError``.
    """
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with open(fd, "wb") as file:  # noqa: PTH123 -- the descriptor carries the exclusive mode
        file.write(content)
        file.flush()
        os.fchmod(fd, mode)  # whatever the umask took away
        os.fsync(fd)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in ``folder`` on disk: a file's own fsync does not see to its name."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
