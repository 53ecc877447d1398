"""The keeper's calls: a request in, a reply out, nothing else remembered.

Whatever hands out a key writes its leaf first: the calls (here, in :mod:`~.dossiers` and
:mod:`~.deposits`) are arranged so that nothing leaves before the log is on disk.
"""

import logging

import msgspec

from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol.answering import Seal, Translate, Welcome
from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.cards import Amend, Compare, Forget, Relearn, Show, Vouch, Wake
from rmp_milter.calls.protocol.filing import Adopt, Create, Reseal, Wait
from rmp_milter.calls.protocol.leaves import (
    Checkpoint,
    Checkpointed,
    History,
    Record,
    RecordList,
)
from rmp_milter.calls.protocol.message import Failed, Why, heartbeat_at
from rmp_milter.calls.protocol.opening import Open
from rmp_milter.calls.protocol.releasing import Prove, Recode, Release, Renew
from rmp_milter.calls.protocol.rotating import Recard, Reslot, SealAgain, TryCustody
from rmp_milter.errors import SHORT
from rmp_milter.keeper.authority.refusals import Moved, Replayed, Unentitled, Untrusted
from rmp_milter.keeper.desk.changing import amend
from rmp_milter.keeper.desk.deposits import adopt, reseal, wait
from rmp_milter.keeper.desk.desk import CallFailed, Desk, write_leaf
from rmp_milter.keeper.desk.doors import Door, check_door
from rmp_milter.keeper.desk.dossiers import create, prove, recode, release
from rmp_milter.keeper.desk.histories import history
from rmp_milter.keeper.desk.hosts import forget, rekey, try_custody, vouch, wake
from rmp_milter.keeper.desk.opening import open_mail
from rmp_milter.keeper.desk.quick import QUICK_SECONDS, TooSlow, within
from rmp_milter.keeper.desk.recarding import recard
from rmp_milter.keeper.desk.records import record
from rmp_milter.keeper.desk.renewing import renew
from rmp_milter.keeper.desk.reslotting import reslot
from rmp_milter.keeper.desk.restored import compare, relearn
from rmp_milter.keeper.desk.seal_again import seal_again
from rmp_milter.keeper.desk.seal_answer import seal_answer
from rmp_milter.keeper.desk.shared import has_means, reader, size_of
from rmp_milter.keeper.desk.shortlisting import record_list
from rmp_milter.keeper.desk.showing import show
from rmp_milter.keeper.desk.translating import translate
from rmp_milter.keeper.desk.welcoming import welcome
from rmp_milter.keeper.desk.without_title import note_without_title
from rmp_milter.keeper.keys.custody import CustodyAway
from rmp_milter.keeper.keys.held import HeldError
from rmp_milter.keeper.log.leaves import logged_at
from rmp_milter.keeper.openpgp.packets import PacketError
from rmp_milter.mail.header.once import read_once

log = logging.getLogger("rmp.keeper")

TOLD_SECONDS = 31 * 86_400
"""For how long auditors are told of another key of the log: who misses some mails hears of it."""


def answer(
    desk: Desk, request: Request, fd: int | None, now: int, door: Door = Door.MILTER
) -> tuple[Reply, Memory | None]:
    """Do one call; ``fd`` is the request's shared memory, ``now`` epoch seconds.

    ``door`` is where it came in: what belongs to the other one is not done.

    Returns the reply and its shared memory, if it has one. What fails for a reason that
    may be told is :class:`Failed`, ``UNAVAILABLE`` where this process lacks memory or
    descriptors, or the custody key is away; anything else is raised.
    """
    try:
        check_door(door, request)
        return _answer(desk, request, fd, now)
    except (CallFailed, PacketError, TooSlow) as failure:
        failed = _failed(failure)
        if failed.why is Why.NOT_HERE and door is Door.MILTER:
            note_without_title(desk, request, failed.detail, now)
        return failed, None
    except CustodyAway as failure:
        log.critical("%s cannot open a slot now: %s", type(request).__name__, failure)
        return Failed(Why.UNAVAILABLE, str(failure)), None
    except Untrusted as failure:
        return Failed(Why.UNTRUSTED, str(failure)), None
    except (HeldError, Unentitled, Moved, Replayed) as failure:
        return _not_entitled(desk, request, failure, now), None


def _failed(failure: CallFailed | PacketError | TooSlow) -> Failed:
    if isinstance(failure, TooSlow):
        return Failed(Why.SLOW)
    if not has_means():
        return Failed(Why.UNAVAILABLE, SHORT)
    detail = failure.detail if isinstance(failure, CallFailed) else str(failure)
    return Failed(failure.why, detail)


def _not_entitled(
    desk: Desk, request: Request, failure: HeldError | Unentitled | Moved | Replayed, now: int
) -> Failed:
    """Say why; what an honest milter meets as well (two mails at once) leaves nothing."""
    if isinstance(failure, Moved):
        return Failed(Why.MOVED)
    note_without_title(desk, request, str(failure) or "done before", now)
    if isinstance(failure, Replayed):
        return Failed(Why.REPLAYED)
    return Failed(Why.UNENTITLED, str(failure))


def _answer(
    desk: Desk, request: Request, fd: int | None, now: int
) -> tuple[Reply, Memory | None]:
    match request:
        case Open():
            size = size_of(fd, desk.limits.message)
            with within(QUICK_SECONDS if request.quick else 0), read_once():
                opened, memory = open_mail(desk, request, reader(fd), size, now)
            ahead = max(0, desk.journal.latest() - now)
            return msgspec.structs.replace(opened, log_ahead=ahead), memory
        case Seal():
            return seal_answer(desk, request, fd, now)
        case Translate():
            return translate(desk, request, fd, now)
        case Show():
            return show(desk, request), None
        case (
            Vouch()
            | Relearn()
            | Wake()
            | Compare()
            | Forget()
            | Checkpoint()
            | Welcome()
            | SealAgain()
            | Reslot()
            | Recard()
            | TryCustody()
        ):
            return _for_the_host(desk, request, now), None
        case _:
            return _for_a_mail(desk, request, now), None


def _for_a_mail(  # noqa: C901, PLR0911 -- one line a call
    desk: Desk,
    request: Create
    | Reseal
    | Prove
    | Release
    | Renew
    | Recode
    | Wait
    | Adopt
    | History
    | Record
    | RecordList
    | Amend,
    now: int,
) -> Reply:
    match request:
        case Create():
            return create(desk, request, now)
        case Reseal():
            return reseal(desk, request, now)
        case Prove():
            return prove(desk, request, now)
        case Release():
            done = release if request.by.ticket else rekey
            return done(desk, request, now)
        case Renew():
            return renew(desk, request, now)
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
        case RecordList():
            return record_list(desk, request, now)
        case Amend():
            return amend(desk, request, now)


def _for_the_host(  # noqa: C901, PLR0911 -- one line a call
    desk: Desk,
    request: Vouch
    | Relearn
    | Wake
    | Compare
    | Forget
    | Checkpoint
    | Welcome
    | SealAgain
    | Reslot
    | Recard
    | TryCustody,
    now: int,
) -> Reply:
    match request:
        case Vouch():
            return vouch(desk, request, now)
        case Relearn():
            return relearn(desk, request, now)
        case Wake():
            return wake(desk, request, now)
        case Compare():
            return compare(desk, request)
        case Forget():
            return forget(desk, request, now)
        case Welcome():
            return welcome(desk, request, now)
        case SealAgain():
            return seal_again(desk, request, now)
        case Reslot():
            return reslot(desk, request, now)
        case Recard():
            return recard(desk, request, now)
        case TryCustody():
            return try_custody(desk)
        case Checkpoint():
            return checkpoint(desk, request, now)


def checkpoint(desk: Desk, request: Checkpoint, now: int) -> Checkpointed:
    """Sign the access log; a heartbeat's leaf, if the request asks for one, comes before.

    It is of this moment, whenever the request says that it was.
    """
    if request.event is not None:
        write_leaf(desk, heartbeat_at(now), now)
    return Checkpointed(
        desk.journal.checkpoint(desk.keys.log), handovers_since(desk, now - TOLD_SECONDS)
    )


def handovers_since(desk: Desk, since: int) -> tuple[bytes, ...]:
    """Return the hand-overs of the log's key since a time (epoch seconds), oldest first."""
    found = (each.proof for each in desk.journal.handovers())
    return tuple(proof.encode() for proof in found if logged_at(proof.entry) >= since)
