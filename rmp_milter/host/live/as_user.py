"""Acting as another user for one look: in a child that becomes him for good."""

import os
import pwd
from collections.abc import Callable
from typing import NoReturn

import msgspec


def as_daemon(user: str, action: Callable[[], str]) -> str:
    """Return what ``action`` says, run as ``user`` with his first group alone, if we are root.

    So do Postfix's processes run. What fails is said as its line, never raised.
    """
    if os.geteuid() != 0:
        return _said(action)
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        return f"there is no user {user}"
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _answer_and_exit(entry, action, writing)
    os.close(writing)
    with open(reading, "rb") as pipe:  # noqa: PTH123 -- a pipe has no path
        answer = pipe.read()
    os.waitpid(child, 0)
    try:
        return msgspec.msgpack.decode(answer, type=str)
    except msgspec.MsgspecError:
        return f"no answer from a process of {user}"


def _said(action: Callable[[], str]) -> str:
    try:
        return action()
    except (OSError, EOFError, ValueError) as fault:
        return _words(fault)


def _words(fault: BaseException) -> str:
    text = fault.strerror if isinstance(fault, OSError) else None
    return text or str(fault) or type(fault).__name__


def _answer_and_exit(
    entry: pwd.struct_passwd, action: Callable[[], str], writing: int
) -> NoReturn:
    """Child's part: no exception may leave it, or two processes would go on."""
    try:
        os.setgroups([entry.pw_gid])
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)
        answer = _said(action)
    except BaseException as fault:  # noqa: BLE001 -- said to the parent
        answer = _words(fault)
    with open(writing, "wb") as pipe:
        pipe.write(msgspec.msgpack.encode(answer))
    os._exit(0)
