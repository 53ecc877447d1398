"""Files that are on disk when they are said to be; a new one never replaces an old one."""

import os
from pathlib import Path


def write_new(path: Path, content: bytes, mode: int) -> None:
    """Write ``content`` to the new file ``path`` with ``mode``, durable on return.

    Raises :class:`FileExistsError` where there is one, and any other ``OSError``; a part of the
    content is then left nowhere.
    """
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with open(fd, "wb") as file:  # noqa: PTH123 -- the descriptor carries the exclusive mode
            file.write(content)
            file.flush()
            os.fchmod(fd, mode)  # whatever the umask took away
            os.fsync(fd)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_whole(path: Path, content: bytes, mode: int) -> None:
    """Write a new file as :func:`write_new` does, of which nobody ever sees a part.

    Whoever is killed meanwhile leaves at most ``path`` with ``.part`` behind its name.
    """
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    write_new(part, content, mode)
    try:
        path.hardlink_to(part)
    finally:
        part.unlink()
    sync_folder(path.parent)


def replace_whole(path: Path, content: bytes, mode: int) -> None:
    """Write a file, in the place of an old one if there is one, whole and durable on return."""
    part = path.with_name(f"{path.name}.new")
    part.unlink(missing_ok=True)
    write_new(part, content, mode)
    part.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in ``folder`` on disk: a file's own fsync does not see to its name."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
