"""What the kernel says of processes and sockets, read from /proc."""

import socket
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


def is_listening(path: Path) -> bool:
    """Whether somebody accepts connections on a unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(1)
        return client.connect_ex(str(path)) == 0
