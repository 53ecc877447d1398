"""Users and groups of the parts: who owns what, and becoming that user when root.

Each part's files belong to its own user. A command run as root that opens them acts as
their owner, so that LMDB's files never end up as root's, and root's rights are gone before
anything that came from a mail is looked at.
"""

import errno
import grp
import os
import pwd
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TypeVar

import msgspec

ResultT = TypeVar("ResultT")

_PROGRAM = Path(__file__)


class UnknownNameError(Exception):
    """No such user or group on this machine; one clear line."""


@dataclass(frozen=True)
class Owner:
    """A user and a group, by number."""

    uid: int
    gid: int


def uid_of(user: str) -> int:
    """Return the uid of a user's name, or of digits; raises :class:`UnknownNameError`."""
    if user.isdecimal():
        return int(user)
    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError as error:
        raise UnknownNameError(f"there is no user {user}") from error


def owner_named(user: str) -> Owner:
    """Return a user and its first group; raises :class:`UnknownNameError`."""
    try:
        entry = pwd.getpwuid(uid_of(user))
    except KeyError as error:
        raise UnknownNameError(f"there is no user {user}") from error
    return Owner(entry.pw_uid, entry.pw_gid)


def gid_of(group: str) -> int:
    """Return the gid of a group's name, or of digits; raises :class:`UnknownNameError`."""
    if group.isdecimal():
        return int(group)
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError as error:
        raise UnknownNameError(f"there is no group {group}") from error


def name_of(uid: int) -> str:
    """Return a user's name, or the number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def become_owner(folder: Path, *groups: int) -> None:
    """If root, become for good the user that owns ``folder``; else do nothing.

    With ``groups``, a member of these as well, root's apart: what takes the place of a file of
    his can be given that file's group.
    Raises ``OSError`` where the folder cannot be looked at, and where that user cannot
    read the program.
    """
    status = folder.stat()
    if os.geteuid() != 0 or status.st_uid == 0:
        return
    name = name_of(status.st_uid)
    group = _first_group(status.st_uid, status.st_gid)
    own = os.getgrouplist(name, group) if not name.isdecimal() else [status.st_gid]
    os.setgroups([*own, *filter(None, groups)])
    os.setgid(group)
    os.setuid(status.st_uid)
    _check_program(name)


def _check_program(user: str) -> None:
    """See that the new user can read the program, parts of which are imported later."""
    if not os.access(_PROGRAM, os.R_OK):
        raise PermissionError(
            errno.EACCES, f"the user {user} cannot read the program", str(_PROGRAM)
        )


def _first_group(uid: int, otherwise: int) -> int:
    try:
        return pwd.getpwuid(uid).pw_gid
    except KeyError:
        return otherwise


def as_owner(folder: Path, action: Callable[[], ResultT], kind: type[ResultT]) -> ResultT:
    """Return what ``action`` returns, run as the owner of ``folder`` if we are root.

    It runs in a child process then; ``kind`` is the result's type, which must be one
    that msgspec encodes. Raises ``OSError`` where the child fails.
    """
    if os.geteuid() != 0 or folder.stat().st_uid == 0:
        return action()
    try:
        return in_child(lambda: become_owner(folder), action, kind)
    except ChildFailed as error:
        user = name_of(folder.stat().st_uid)
        raise OSError(f"cannot act as {user}, who owns {folder}: {error}") from error


class ChildFailed(Exception):  # noqa: N818 -- what happened to it
    """The child process did not end well; what it raised, in its words."""


def in_child(
    become: Callable[[], None], action: Callable[[], ResultT], kind: type[ResultT]
) -> ResultT:
    """Return what ``action`` returns, run in a child process behind ``become``.

    ``kind`` as in :func:`as_owner`. Raises :class:`ChildFailed`.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _answer_and_exit(become, action, writing)
    os.close(writing)
    with open(reading, "rb") as pipe:  # noqa: PTH123 -- a pipe has no path
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    if status != 0:
        raise ChildFailed(answer.decode())
    return msgspec.msgpack.decode(answer, type=kind)


def become(owner: Owner) -> None:
    """If root, become this user and group for good, and nothing else; else do nothing."""
    if os.geteuid() == 0 and owner.uid != 0:
        os.setgroups([])
        os.setgid(owner.gid)
        os.setuid(owner.uid)


def _answer_and_exit(
    become: Callable[[], None], action: Callable[[], object], writing: int
) -> NoReturn:
    """Child's part: no exception may leave it, or two processes would go on."""
    status = 0
    try:
        become()
        answer = msgspec.msgpack.encode(action())
    except BaseException as error:  # noqa: BLE001 -- the status tells the parent
        status, answer = 1, str(error).encode()
    with open(writing, "wb") as pipe:
        pipe.write(answer)
    os._exit(status)
