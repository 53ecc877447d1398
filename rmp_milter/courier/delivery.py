"""What the courier does with a row, decided without I/O: the whole mail, the next try."""

import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rmp_milter.dossier.model import BodySlice, Slice
from rmp_milter.mail.outgoing.encode import UnsoundBodyError, encode, encoded_size
from rmp_milter.store.surface import OutboxRow

BodyOf = Callable[[bytes], memoryview | None]
"""Gives a stored body by its document's identifier, or None where there is none."""

_END_OF_HEADER = b"\r\n\r\n"
_ANY_LINE_END = re.compile(rb"\r\n|\r|\n")
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
_QUEUED = re.compile(r"queued as ([A-Za-z0-9]{5,20})\b")
_ADDRESS = re.compile(r"[^\s<>\x00-\x1f\x7f]{1,256}@[^\s<>@\x00-\x1f\x7f]{1,255}")


class UnsendableError(Exception):
    """The row can never become a mail; the message says why, without content."""


@dataclass(frozen=True)
class WholeMail:
    """A mail as bytes: header lines and body, both in CRLF form."""

    header: bytes
    body: bytes

    @property
    def size(self) -> int:
        """Its length in bytes as RFC 1870 counts it."""
        return len(self.header) + 2 + len(self.body)


@dataclass(frozen=True)
class Reply:
    """The SMTP server's last word on a mail; ``code`` 0: the connection was lost."""

    code: int
    text: str = ""

    @property
    def brief(self) -> str:
        """The codes alone, for the log: the text may name a recipient."""
        enhanced = _ENHANCED.match(self.text)
        queued = _QUEUED.search(self.text) if self.code == 250 else None  # noqa: PLR2004 -- done (RFC 5321, 4.2.3)
        words = [str(self.code), enhanced[0] if enhanced else "", queued[1] if queued else ""]
        return " ".join(word for word in words if word)


class Fate(StrEnum):
    """What becomes of a row."""

    SENT = "sent"
    LATER = "later"
    PARKED = "parked"


@dataclass(frozen=True)
class Decision:
    """A row's fate, why, and (``LATER``) when it is tried again, in epoch seconds."""

    fate: Fate
    reason: str = ""
    next_try: int = 0


@dataclass(frozen=True)
class Schedule:
    """The waits between tries in seconds, the last one repeated; when to give up."""

    retry_seconds: Sequence[int]
    give_up_seconds: int


def decide(
    reply: Reply, row: OutboxRow, now: int, schedule: Schedule, jitter: float
) -> Decision:
    """Decide on a row after ``reply``.

    ``now`` is in epoch seconds; ``jitter`` from 0 to 1 spreads rows that failed together.
    Refused for good (5xx): parked at once; for the moment (4xx, connection lost): later,
    and parked when its time is over.
    """
    reason = f"{reply.code} {reply.text}".strip() if reply.code else reply.text
    if 200 <= reply.code < 300:  # noqa: PLR2004 -- done (RFC 5321, 4.2.1)
        return Decision(Fate.SENT)
    if 500 <= reply.code < 600:  # noqa: PLR2004 -- refused for good (RFC 5321, 4.2.1)
        return Decision(Fate.PARKED, reason)
    end = row.since + schedule.give_up_seconds
    if now >= end:
        return Decision(Fate.PARKED, f"given up: {reason}")
    return Decision(Fate.LATER, reason, min(now + _wait(row.attempts, schedule, jitter), end))


def _wait(attempts: int, schedule: Schedule, jitter: float) -> int:
    """Return the wait in seconds, four to six fifths of the schedule's."""
    planned = schedule.retry_seconds[min(attempts, len(schedule.retry_seconds) - 1)]
    return max(1, round(planned * (0.8 + 0.4 * jitter)))


def usable_address(address: str) -> bool:
    """Return whether an address can stand in an SMTP command."""
    return _ADDRESS.fullmatch(address) is not None


def domain_of(address: str) -> str:
    """Return what the log may hold of a recipient: his domain."""
    return address.rpartition("@")[2] if usable_address(address) else "?"


def whole_size(pieces: Sequence[Slice | BodySlice], body_of: BodyOf) -> int:
    """Return the mail's size in bytes before anything is encoded.

    Raises :class:`UnsendableError` where a stored body is missing.
    """
    return sum(encoded_size(piece, len(_body(piece, body_of))) for piece in pieces)


def whole_mail(pieces: Sequence[Slice | BodySlice], body_of: BodyOf) -> WholeMail:
    """Put a mail together, each stored body encoded where it belongs.

    Raises :class:`UnsendableError` where a stored body or the header's end is missing, and
    where a body is not the one that was stored: all of it, before anything is handed over.
    """
    try:
        return _whole(_chunks(pieces, body_of))
    except UnsoundBodyError as error:
        raise UnsendableError(str(error)) from None


def _whole(chunks: Iterator[bytes]) -> WholeMail:
    start = b""
    for chunk in chunks:
        start += chunk
        if _END_OF_HEADER in start:
            break
    header, end, rest = start.partition(_END_OF_HEADER)
    if not (header and end):
        raise UnsendableError("the mail has no header")
    body = io.BytesIO()
    body.write(rest)
    body.writelines(chunks)
    return WholeMail(_in_lines(header), _in_lines(body.getvalue()))


def _chunks(pieces: Sequence[Slice | BodySlice], body_of: BodyOf) -> Iterator[bytes]:
    for piece in pieces:
        yield from encode(piece, _body(piece, body_of))


def _body(piece: Slice | BodySlice, body_of: BodyOf) -> memoryview:
    if isinstance(piece, Slice):
        return memoryview(b"")
    body = body_of(piece.document_id)
    if body is None:
        raise UnsendableError(f"body {piece.document_id.hex()} is missing")
    return body


def _in_lines(data: bytes) -> bytes:
    """Return text with every line ended by CRLF; text that is so already is not copied.

    A bare line end would break the DKIM signature, and Postfix may refuse it.
    """
    if not data.count(b"\r\n") == data.count(b"\n") == data.count(b"\r"):
        data = _ANY_LINE_END.sub(b"\r\n", data)
    return data if data.endswith(b"\r\n") or not data else data + b"\r\n"
