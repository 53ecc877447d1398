"""The keeper's calls: a request in, a reply out, nothing else remembered.

Whatever hands out a key writes its leaf first: the calls (here, in :mod:`~.dossiers` and
:mod:`~.deposits`) are arranged so that nothing leaves before the log is on disk.
"""

import msgspec

from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol import (
    Adopt,
    Checkpoint,
    Checkpointed,
    Create,
    Failed,
    Forget,
    History,
    Open,
    Prove,
    Recode,
    Record,
    Recorded,
    Release,
    Reply,
    Request,
    Reseal,
    Seal,
    Sealed,
    Wait,
    Why,
)
from rmp_milter.errors import SHORT
from rmp_milter.keeper.desk.code_in_answer import with_code
from rmp_milter.keeper.desk.deposits import adopt, reseal, wait
from rmp_milter.keeper.desk.desk import (
    CallFailed,
    Desk,
    as_done,
    held_code,
    held_reason,
    write_leaf,
)
from rmp_milter.keeper.desk.dossiers import create, prove, recode, release
from rmp_milter.keeper.desk.histories import history
from rmp_milter.keeper.desk.opening import open_mail
from rmp_milter.keeper.desk.quick import QUICK_SECONDS, TooSlow, within
from rmp_milter.keeper.desk.sealmail import reader_keys, seal_message
from rmp_milter.keeper.desk.shared import has_means, reader, size_of
from rmp_milter.keeper.desk.signing import signed_message
from rmp_milter.keeper.keys.held import HeldError
from rmp_milter.keeper.openpgp.packets import PacketError
from rmp_milter.mail.header.cutting_reason import MAX_REASON

INLINE_REPLY = 1 << 16
"""Bytes up to which a sealed message travels in the reply itself."""


def answer(
    desk: Desk, request: Request, fd: int | None, now: int
) -> tuple[Reply, Memory | None]:
    """Do one call; ``fd`` is the request's shared memory, ``now`` epoch seconds.

    Returns the reply and its shared memory, if it has one. What fails for a reason that
    may be told is :class:`Failed`, ``UNAVAILABLE`` where this process lacks memory or
    descriptors; anything else is raised.
    """
    try:
        return _answer(desk, request, fd, now)
    except (CallFailed, PacketError) as failure:
        if not has_means():
            return Failed(Why.UNAVAILABLE, SHORT), None
        detail = failure.detail if isinstance(failure, CallFailed) else str(failure)
        return Failed(failure.why, detail), None
    except TooSlow:
        return Failed(Why.SLOW), None
    except HeldError as failure:
        return Failed(Why.UNAVAILABLE, str(failure)), None


def _answer(
    desk: Desk, request: Request, fd: int | None, now: int
) -> tuple[Reply, Memory | None]:
    match request:
        case Open():
            size = size_of(fd, desk.limits.message)
            with within(QUICK_SECONDS if request.quick else 0):
                opened, memory = open_mail(desk, request, reader(fd), size, now)
            ahead = max(0, desk.journal.latest() - now)
            return msgspec.structs.replace(opened, log_ahead=ahead), memory
        case Seal():
            return seal(desk, request, fd, now)
        case _:
            return _without_memory(desk, request, now), None


def _without_memory(  # noqa: C901, PLR0911 -- one line a call
    desk: Desk, request: Request, now: int
) -> Reply:
    match request:
        case Create():
            return create(desk, request, now)
        case Reseal():
            return reseal(desk, request, now)
        case Prove():
            return prove(desk, request, now)
        case Release():
            return release(desk, request, now)
        case Recode():
            return recode(desk, request, now)
        case Wait():
            return wait(desk, request, now)
        case Adopt():
            return adopt(desk, request, now)
        case History():
            return history(desk, request, now)
        case Record():
            return record(desk, request, now)
        case Forget():
            return forget(desk, request, now)
        case Checkpoint():
            return checkpoint(desk, request, now)
        case _:
            raise CallFailed(Why.UNENTITLED)


def record(desk: Desk, request: Record, now: int) -> Recorded:
    """Write a leaf, with the reason of a justification or a review if there is one.

    Raises :class:`CallFailed`, :class:`HeldError`.
    """
    event = request.event
    reason = held_reason(desk, request.held_reason, event.request, now) or request.words
    if len(reason) > MAX_REASON:
        raise CallFailed(Why.TOO_LARGE, "a reason too long")
    return Recorded(write_leaf(desk, event, now, reason))


def forget(desk: Desk, request: Forget, now: int) -> Recorded:
    """Write that a dossier was erased, then forget which leaves were its own.

    Raises :class:`CallFailed` for an event that no leaf can hold.
    """
    index = write_leaf(desk, as_done(request), now)
    desk.journal.forget(request.dossier_id)
    return Recorded(index)


def checkpoint(desk: Desk, request: Checkpoint, now: int) -> Checkpointed:
    """Sign the access log, its heartbeat included if the request brings one."""
    if request.event is not None:
        write_leaf(desk, request.event, now)
    return Checkpointed(desk.journal.checkpoint(desk.keys.log))


def seal(desk: Desk, request: Seal, fd: int | None, now: int) -> tuple[Sealed, Memory | None]:
    """Sign an answer with the service's key and encrypt it to its readers.

    Raises :class:`CallFailed` ``BAD_KEY``, ``TOO_LARGE``; :class:`HeldError`.
    """
    keys = [key for reader in request.readers for key in reader_keys(reader, now)]
    if not keys:
        raise CallFailed(Why.BAD_KEY, "no reader")
    plain = request.text or reader(fd)(0, size_of(fd, desk.limits.message))
    if request.held_code:
        code = held_code(desk, request.held_code, request.digest, now)
        plain = with_code(plain, code)
    sealed = seal_message(signed_message(plain, desk.keys, now), keys, desk.random)
    if len(sealed) <= INLINE_REPLY:
        return Sealed(sealed), None
    memory = Memory()
    memory.write(sealed)
    return Sealed(b""), memory
