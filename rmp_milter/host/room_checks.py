"""Room and time: disks that fill, the store's bound, the clock, what was not done for long."""

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from rmp_milter.disk.room import free_bytes
from rmp_milter.host.hints import CLOCK
from rmp_milter.milter.clocks import BEHIND
from rmp_milter.postfix.facts import PostfixFinding, error, warning
from rmp_milter.status.diary import HostWork, last

FULL, NEARLY_FULL = 0.97, 0.85
"""Shares of what the store may hold."""
MAILS_OF_ROOM = 20
"""Mails of the largest size for which a file system must have room, before that is said."""
DAY = 86_400
OLD_DAYS = 8
_MEGABYTE = 1_000_000


def room_findings(
    places: Iterable[Path], message_bytes: int, free: Callable[[Path], int] | None = None
) -> Iterator[PostfixFinding]:
    """Yield the file systems with little room, each once; ``free`` tells the bytes of one."""
    seen: set[int] = set()
    for place in places:
        try:
            device = place.stat().st_dev
            left = (free or free_bytes)(place)
        except OSError:
            continue  # said where it is used
        if device in seen:
            continue
        seen.add(device)
        if left < MAILS_OF_ROOM * message_bytes:
            some = f"{left // _MEGABYTE} MB are left on its file system"
            line = f"{place}: {some if left >= _MEGABYTE else 'its file system is full'}"
            hint = "make room there or give it more; mails hear 451 meanwhile, nothing is lost"
            is_over = left < 2 * message_bytes
            yield error(line, hint) if is_over else warning(line, hint)


def fill_findings(used: int, most: int) -> Iterator[PostfixFinding]:
    """Hold the octets that the store uses to the most that it may use; 0 is no bound."""
    if most and used >= NEARLY_FULL * most:
        line = f"the store uses {used} of the {most} bytes that it may ever hold"
        hint = (
            "let it have more ([store] in rmp.toml; it costs address space, no disk) and start "
            "milter and courier anew"
        )
        yield error(line, hint) if used >= FULL * most else warning(line, hint)


def clock_findings(ahead: int) -> Iterator[PostfixFinding]:
    """Say that the log was written later than now: its clock or this one was wrong."""
    if ahead > BEHIND:
        yield warning(f"the access log was written {ahead} s from now", CLOCK)


def written_later(folder: Path, now: float) -> Iterator[PostfixFinding]:
    """Say that files of a folder were written later than now; raises ``OSError``."""
    newest = max((each.stat().st_mtime for each in folder.iterdir()), default=0)
    if newest - now > BEHIND:
        yield warning(f"{folder} was written {int(newest - now)} s from now", CLOCK)


_WORKS = (
    (HostWork.BACKUP, "backup", "rmp backup DIR (docs/admin.md, Backups)"),
    (HostWork.STORE_CHECK, "rmp store check", "rmp store check, as root; best each night"),
)


def diary_findings(store: Path, since: int, now: int) -> Iterator[PostfixFinding]:
    """Say what was not done for a week, and what a store check found.

    ``since`` is when the service was made: a younger one owes nothing yet.
    """
    for work, name, hint in _WORKS:
        done = last(store, work)
        at = done.at if done else since
        if done and not done.fine:
            yield warning(f"the last {name} was not well: {done.said}", hint)
        elif now - at > OLD_DAYS * DAY:
            ago = f"{(now - at) // DAY} days ago" if done else "never noted"
            yield warning(f"the last {name}: {ago}", hint)


def made_at(config_file: Path, folder: Path) -> int:
    """Return about when a service was made: the age of the oldest file of its keys."""
    times = [each.stat().st_mtime for each in folder.iterdir()] or [config_file.stat().st_mtime]
    return int(min([*times, time.time()]))
