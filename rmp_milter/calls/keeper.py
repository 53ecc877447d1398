"""The keeper as the milter sees it: one method a call, replies or refusals, nothing else."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Self, TypeVar

from rmp_milter.calls import wire
from rmp_milter.calls.authority import Authority
from rmp_milter.calls.client import KeeperAway, KeeperDown
from rmp_milter.calls.gate import Gate, Rank
from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol.answering import Seal, Sealed, Translate
from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.cards import Amend, Amended, Learned, Show
from rmp_milter.calls.protocol.filing import Adopt, Create, Created, Reseal, Resealed, Wait
from rmp_milter.calls.protocol.leaves import (
    History,
    Record,
    Recorded,
    RecordedList,
    RecordList,
    Told,
)
from rmp_milter.calls.protocol.message import Failed, Why
from rmp_milter.calls.protocol.opening import Open, Opened
from rmp_milter.calls.protocol.releasing import (
    Prove,
    Proven,
    Recode,
    Recoded,
    Release,
    Released,
    Renew,
)
from rmp_milter.errors import (
    AHEAD,
    FOREIGN,
    GONE,
    RESTORED,
    GoneError,
    LostError,
    MailError,
    try_again,
)

Resting = (
    Create
    | Reseal
    | Wait
    | Adopt
    | Prove
    | Release
    | Renew
    | Recode
    | History
    | Record
    | RecordList
    | Amend
)
"""The calls that bring on what they rest."""
Call = Callable[[Request, int | None], tuple[Reply, int | None]]
Way = Callable[[Rank, int, bytes], AbstractContextManager[Call]]
"""Gives a call's way to a keeper once it is its turn: by its rank, its size, whose it is."""
ReplyT = TypeVar("ReplyT", bound=Reply)

_OUTSIDE: Mapping[Why, str] = {
    Why.UNREADABLE: "unreadable",
    Why.NO_INTEGRITY: "no-integrity",
    Why.TOO_LARGE: "too-large",
    Why.UNSUPPORTED: "unsupported",
    Why.TOO_MANY_RECIPIENTS: "too-many-recipients",
    Why.WRONG_CODE: "no-access",
    Why.WEAK_CODE: "weak-code",
    Why.NO_TEXT: "no-text",
    Why.LAYERED: "layered",
    Why.BAD_KEY: "expired-key",
    Why.NO_SMIME: "smime",
    Why.SMIME_UNREADABLE: "smime-unreadable",
    Why.OLD_CIPHER: "old-cipher",
    Why.OLD_CERTIFICATE: "old-certificate",
    Why.OLD_KEY: "old-key",
    Why.UNTRUSTED: "key-untrusted",
}


class SlowMail(Exception):  # noqa: N818 -- reads as what it is where it is caught
    """A mail that was to be opened quickly takes longer."""


class GroundMoved(Exception):  # noqa: N818 -- the same
    """A card that was presented is not in force any more: what it was for is decided again."""


def _nobody(_request: Request, _fd: int | None) -> tuple[Reply, int | None]:
    raise KeeperAway("nobody is there")


def gated(call: Call, gate: Gate | None) -> Way:
    """Return the way of calls that wait at ``gate``, if there is one."""

    @contextmanager
    def way(rank: Rank, size: int, who: bytes) -> Iterator[Call]:
        if gate is None:
            yield call
            return
        with gate.place(rank, size, who):
            yield call

    return way


class RemoteKeeper:
    """Each call as a method; what it does is written at its request in :mod:`~.protocol`.

    Each raises :class:`MailError`: 451 where the keeper cannot work, as :class:`LostError` where
    it is away, the refusal that fits the reason otherwise; and :class:`GroundMoved`.
    """

    def __init__(
        self,
        call: Call,
        limit_megabytes: int,
        gate: Gate | None = None,
        rank: Rank = Rank.KNOWN,
        who: bytes = b"",
    ) -> None:
        """``limit_megabytes`` is told to whoever sends a larger mail.

        Calls wait at the ``gate``, if there is one, as those of ``rank`` and of ``who``.
        """
        self._way = gated(call, gate)
        self._megabytes = limit_megabytes
        self._rank = rank
        self._who = who

        self._shown: list[Authority] | None = None

    @classmethod
    def along(cls, way: Way, limit_megabytes: int) -> Self:
        """Return what makes its calls along a ``way`` of its own."""
        return cls(_nobody, limit_megabytes).by(way)

    def by(self, way: Way) -> Self:
        """Return what makes the same calls along another way."""
        other = type(self)(_nobody, self._megabytes, None, self._rank, self._who)
        other._way = way  # noqa: SLF001 -- our own class
        return other

    def at(self, rank: Rank, who: bytes = b"") -> Self:
        """Return the same keeper for calls of another rank, of whoever seems to have written."""
        return type(self)(_nobody, self._megabytes, None, rank, who).by(self._way)

    def noting(self, rank: Rank) -> Self:
        """Return the same keeper, for one mail or chore, noting what its calls rest on."""
        noting = self.at(rank)
        noting._shown = []  # noqa: SLF001 -- our own class
        return noting

    @property
    def shown(self) -> tuple[Authority, ...]:
        """What the calls so far rested on, if it is noted, the oldest first."""
        return tuple(self._shown or ())

    def open(self, request: Open, bodies: Memory) -> tuple[Opened, Memory]:
        """Open a mail; the memory returned holds what was split off it, often nothing.

        Raises :class:`SlowMail` as well, for a request that is to be quick.
        """
        opened, fresh = self._ask(Opened, request, bodies)
        ends = [each.span.offset + each.span.length for each in opened.bodies if each.fresh]
        if max(ends, default=0) > fresh.size:
            fresh.close()
            raise try_again("unavailable", "keeper: a reply without its memory")
        return opened, fresh

    def seal(self, request: Seal, plain: Memory | None) -> tuple[Sealed, Memory]:
        """Sign and encrypt an answer; a long one comes and goes in memory."""
        sealed, shared = self._ask(Sealed, request, plain)
        if not sealed.data and not shared.size:
            shared.close()
            raise try_again("unavailable", "keeper: an answer without its memory")
        return sealed, shared

    def translate(self, request: Translate, body: Memory) -> tuple[Sealed, Memory]:
        """Open a stored body and seal what it holds anew for a reader."""
        sealed, shared = self._ask(Sealed, request, body)
        if not sealed.data and not shared.size:
            shared.close()
            raise try_again("unavailable", "keeper: a translation without its memory")
        return sealed, shared

    def create(self, request: Create) -> Created:
        """Make a dossier's id, key, slots and card."""
        return self._told(Created, request)

    def reseal(self, request: Reseal) -> Resealed:
        """Seal a mail's session keys to a dossier."""
        return self._told(Resealed, request)

    def wait(self, request: Wait) -> Resealed:
        """Seal a mail's session keys to the waiting key."""
        return self._told(Resealed, request)

    def adopt(self, request: Adopt) -> Resealed:
        """Seal the keys of a waiting deposit to a dossier."""
        return self._told(Resealed, request)

    def prove(self, request: Prove) -> Proven:
        """Try a way into a dossier and hand nothing out."""
        return self._told(Proven, request)

    def release(self, request: Release) -> Released:
        """Open a dossier and write key packets of its documents."""
        return self._told(Released, request)

    def renew(self, request: Renew) -> Released:
        """Write a sender's standing packets for his renewed certificate."""
        return self._told(Released, request)

    def recode(self, request: Recode) -> Recoded:
        """Open a dossier and put it under a new code."""
        return self._told(Recoded, request)

    def history(self, request: History) -> Told:
        """Return the leaves of a dossier."""
        return self._told(Told, request)

    def record(self, request: Record) -> Recorded:
        """Write a leaf."""
        return self._told(Recorded, request)

    def record_list(self, request: RecordList) -> RecordedList:
        """Write the leaves of a short list; what comes back says of each whether it is there."""
        reply = self._told(RecordedList, request)
        if len(reply.numbers) != len(request.leaves):
            raise try_again("unavailable", "keeper: leaves of another list")
        return reply

    def amend(self, request: Amend) -> Amended:
        """Change what governs a dossier, or who somebody is."""
        return self._told(Amended, request)

    def show(self, cards: tuple[bytes, ...]) -> None:
        """Show cards that were committed just now."""
        _, shared = self._ask(Learned, Show(cards), None)
        shared.close()

    def _told(self, kind: type[ReplyT], request: Resting) -> ReplyT:
        if self._shown is not None:
            self._shown += _grounds(request)
        reply, shared = self._ask(kind, request, None)
        shared.close()
        return reply

    def _ask(
        self, kind: type[ReplyT], request: Request, memory: Memory | None
    ) -> tuple[ReplyT, Memory]:
        try:
            with self._way(self._rank, memory.size if memory else 0, self._who) as call:
                reply, fd = call(request, memory.fd if memory else None)
        except KeeperDown as error:
            asked = not isinstance(error, KeeperAway)
            raise LostError(f"keeper: {error}", asked=asked) from error
        except TimeoutError as error:  # at the gate
            raise try_again("unavailable", f"keeper: {error}") from error
        shared = _taken_over(fd)
        if isinstance(reply, kind):
            return reply, shared
        shared.close()
        if isinstance(reply, Failed) and reply.why is Why.SLOW:
            raise SlowMail
        if isinstance(reply, Failed) and reply.why is Why.MOVED:
            raise GroundMoved
        raise self._refusal(reply)

    def _refusal(self, reply: Reply) -> MailError:
        if not isinstance(reply, Failed):
            return try_again("unavailable", f"keeper: unexpected reply {type(reply).__name__}")
        detail = f"keeper: {reply.why} {reply.detail}"
        if reply.why is Why.REPLAYED:
            return MailError("replayed", enhanced="5.7.7", detail=detail)
        if reply.why is Why.UNENTITLED and reply.detail == FOREIGN:
            return LostError(detail, asked=True)  # started anew since it opened the mail
        if reply.why is Why.UNENTITLED and reply.detail in {AHEAD, GONE}:
            detail = f"{detail}: {RESTORED}"
            kind = GoneError if reply.detail == GONE else MailError
            return kind("unavailable", code=451, enhanced="4.3.0", detail=detail)
        if reply.why not in _OUTSIDE:
            return try_again("unavailable", detail)
        return MailError(
            _OUTSIDE[reply.why], detail=detail, facts={"limit": str(self._megabytes)}
        )


def _grounds(request: Resting) -> tuple[Authority, ...]:
    return request.grounds if isinstance(request, RecordList) else (request.by,)


def _taken_over(fd: int | None) -> Memory:
    """Return a reply's memory; its descriptor is not lost where there is no room for it."""
    try:
        return Memory(fd)
    except OSError as error:
        wire.close_all([] if fd is None else [fd])
        raise try_again("unavailable", f"no memory for a reply: {error.strerror}") from error
