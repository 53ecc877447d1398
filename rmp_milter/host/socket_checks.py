"""Whether Postfix's user may reach the milter's socket, by the modes on the way to it.

Postfix's processes drop all groups but their user's first one: that the user is a member of the
socket's group is of no use.
"""

import grp
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from rmp_milter.host.owners import UnknownNameError, owner_named
from rmp_milter.postfix.facts import PostfixFinding, error

_SEARCH, _WRITE = 0o1, 0o2


def socket_findings(socket: Path, user: str) -> Iterator[PostfixFinding]:
    """Yield the first folder on the way, or the socket, that keeps Postfix's user out."""
    try:
        owner = owner_named(user)
    except UnknownNameError as fault:
        yield error(f"postfix: mail_owner: {fault}", "set it to Postfix's user")
        return
    for folder in reversed(socket.parents):
        if not _may(folder, owner.uid, owner.gid, _SEARCH):
            group = _group_of(owner.gid)
            yield error(
                f"{folder}: {user} may not go through it to the milter's socket "
                f"(mode {_mode(folder):04o}): all mail hears 451",
                f"chgrp {group} {folder}; chmod 2750 {folder}"
                if folder == socket.parent
                else f"chmod o+x {folder}",
            )
            return
    if socket.exists() and not _may(socket, owner.uid, owner.gid, _WRITE):
        yield error(
            f"{socket}: {user} may not connect (mode {_mode(socket):04o}): all mail hears 451",
            f'in rmp.toml, [sockets] milter_group = "{_group_of(owner.gid)}" and milter_mode '
            '= "0660"; start the milter anew',
        )


def _may(path: Path, uid: int, gid: int, bit: int) -> bool:
    try:
        status = path.stat()
    except OSError:
        return True  # not there, or not to be seen: said elsewhere
    if os.geteuid() != 0 and uid == os.geteuid():
        return os.access(path, os.X_OK if bit == _SEARCH else os.W_OK)
    if status.st_uid == uid:
        return bool(status.st_mode & bit << 6)
    if status.st_gid == gid:
        return bool(status.st_mode & bit << 3)
    return bool(status.st_mode & bit)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _group_of(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
