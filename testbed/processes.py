"""What the kernel says of processes and sockets, read from /proc."""

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def is_running(pid: int) -> bool:
    """Whether a process is there and at work (not a zombie that nobody has reaped)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def descendants(pid: int) -> list[int]:
    """Return the ids of a process's children, their children, and so on."""
    own = children(pid)
    return own + [further for child in own for further in descendants(child)]


def children(pid: int) -> list[int]:
    """Return the ids of the processes that a process started and that still exist."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        words = [word for task in tasks for word in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [int(word) for word in words]


def threads(pid: int) -> list[int]:
    """Return the ids of a process's threads; none if it is gone."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return [int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()]
    return []


def tracer(thread: int) -> int:
    """Return who traces a thread: a process id, or 0."""
    with suppress(FileNotFoundError, ProcessLookupError):
        status = Path(f"/proc/{thread}/status").read_text()
        return int(status.partition("\nTracerPid:")[2].split()[0])
    return 0


def written_files(pid: int) -> Iterator[Path]:
    """Yield the files that a process holds open to write; no sockets, pipes or memory."""
    links: list[Path] = []
    with suppress(FileNotFoundError, ProcessLookupError):
        links += Path(f"/proc/{pid}/fd").iterdir()
    for link in links:
        with suppress(FileNotFoundError, ProcessLookupError):
            flags = (link.parents[1] / "fdinfo" / link.name).read_text().split()[3]
            file = link.readlink()
            on_disk = file.is_absolute() and not file.parts[1].startswith("memfd:")
            if int(flags, 8) & os.O_ACCMODE and on_disk:
                yield file


def is_listening(path: Path) -> bool:
    """Whether somebody accepts connections on a unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(1)
        return client.connect_ex(str(path)) == 0
