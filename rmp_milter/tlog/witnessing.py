"""What a witness answers when a checkpoint is submitted to it (C2SP tlog-witness): pure.

It knows of each log the keys and the largest checkpoint that it cosigned, and cosigns another one
only if a proof shows that this one extends that. What comes in is a request's body; what goes out
is a ruling: cosign this head, which is what it knows from then on, or refuse. Whoever carries it
out has the new state on disk before the cosignature leaves, and rules on one request at a time.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from rmp_milter.phrases.phrase import Phrase, line_of
from rmp_milter.tlog.checkpoints import TreeHead, parse_head
from rmp_milter.tlog.hashing import EMPTY_ROOT, HASH_SIZE
from rmp_milter.tlog.notes import NoteError, VerifierKey, parse, verify
from rmp_milter.tlog.proofs import is_consistent

MAX_SUBMISSION = 256 << 10
"""Bytes: a checkpoint with sixteen signatures of the largest kind, and its proof, are a third."""
MOST_HASHES = 63
SIZE_TYPE = "text/x.tlog.size"
_OLD = re.compile("old (0|[1-9][0-9]{0,18})")


class SubmissionError(ValueError):
    """A request that is none; one clear line."""


class WitnessReply(IntEnum):
    """What a witness says, by the status that HTTP has for it."""

    COSIGNED = 200
    MALFORMED = 400
    NOT_BY_ITS_LOG = 403
    UNKNOWN_LOG = 404
    OTHER_SIZE = 409
    INCONSISTENT = 422


@dataclass(frozen=True)
class Submission:
    """A checkpoint (a signed note) with the proof that it extends the tree of ``old`` entries."""

    old: int
    path: tuple[bytes, ...]
    note: bytes

    def encode(self) -> bytes:
        """Return the body of the request."""
        lines = [f"old {self.old}", *(base64.b64encode(each).decode() for each in self.path)]
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.note

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a request's body, unverified; raise :class:`SubmissionError`."""
        if len(data) > MAX_SUBMISSION:
            raise SubmissionError("request too long")
        lines, empty_line, note = data.partition(b"\n\n")
        try:
            old, *hashes = lines.decode("ascii").split("\n")
            path = tuple(base64.b64decode(each, validate=True) for each in hashes)
        except (UnicodeDecodeError, binascii.Error, ValueError):
            raise SubmissionError("no size and proof before an empty line") from None
        found = _OLD.fullmatch(old)
        sound = len(path) <= MOST_HASHES and all(len(each) == HASH_SIZE for each in path)
        if not found or not empty_line or not sound:
            raise SubmissionError("no size and proof before an empty line")
        return cls(int(found[1]), path, note)

    @property
    def head(self) -> TreeHead:
        """The checkpoint's tree head, whoever signed it; raises :class:`~.notes.NoteError`."""
        return parse_head(parse(self.note).text)


@dataclass(frozen=True)
class WatchedLog:
    """A log that a witness cosigns: its keys, and the head that was cosigned last, if any."""

    keys: tuple[VerifierKey, ...]
    head: TreeHead | None = None


@dataclass(frozen=True)
class Ruling:
    """What is answered, why, and the head that is to be cosigned.

    ``known`` is the size that was cosigned last, which is the whole answer of another size.
    ``contradicts`` says that the log itself signed two histories, which is proved by this
    checkpoint and the last one.
    """

    reply: WitnessReply
    why: str
    known: int = 0
    head: TreeHead | None = None
    contradicts: bool = False


def rule(asked: Submission, log: WatchedLog | None) -> Ruling:
    """Rule on a submission; ``log`` is what is known of the log that it names."""
    try:
        note = parse(asked.note)
        head = parse_head(note.text)
    except NoteError as error:
        return Ruling(WitnessReply.MALFORMED, line_of(error))
    if log is None:
        return Ruling(WitnessReply.UNKNOWN_LOG, Phrase("a log that is not witnessed here"))
    if head.origin not in {key.name for key in log.keys}:
        raise ValueError("ruled by what is known of another log")
    known = log.head.size if log.head else 0
    try:
        verify(note, log.keys)
    except NoteError as error:
        return Ruling(WitnessReply.NOT_BY_ITS_LOG, line_of(error), known)
    return _rule_signed(asked, head, log.head or TreeHead(head.origin, 0, EMPTY_ROOT))


def _rule_signed(asked: Submission, head: TreeHead, last: TreeHead) -> Ruling:
    """Rule on a checkpoint that its log signed, by the one that was cosigned last."""
    if asked.old > head.size:
        why = Phrase("the old size is larger than the checkpoint's")
        return Ruling(WitnessReply.MALFORMED, why, last.size)
    if head.size == last.size and head.root != last.root:
        # Whatever was asked: the log signed two trees of one size.
        line = "the log signed two trees of {size} entries"
        why = Phrase(line, size=head.size)
        status = (
            WitnessReply.INCONSISTENT if asked.old == last.size else WitnessReply.OTHER_SIZE
        )
        return Ruling(status, why, last.size, contradicts=True)
    if asked.old != last.size:
        line = "the checkpoint that was cosigned last has {size} entries"
        return Ruling(WitnessReply.OTHER_SIZE, Phrase(line, size=last.size), last.size)
    empty = head.size == 0 and head.root != EMPTY_ROOT
    if empty or not is_consistent(last.size, last.root, head.size, head.root, asked.path):
        line = "not proved to extend the checkpoint of {size} entries that was cosigned last"
        return Ruling(WitnessReply.INCONSISTENT, Phrase(line, size=last.size), last.size)
    return Ruling(WitnessReply.COSIGNED, Phrase("cosigned"), last.size, head)


def told_size(body: bytes) -> int | None:
    """Return the size that a witness says it knows, in its answer of another size."""
    found = re.fullmatch(rb"(0|[1-9][0-9]{0,18})\n?", body)
    return int(found[1]) if found else None


def watched(keys: Sequence[VerifierKey], note: bytes | None) -> WatchedLog:
    """Return what is known of a log: its keys, and the note that was cosigned last.

    Raises :class:`~.notes.NoteError` where that is no checkpoint of this log.
    """
    if not note:
        return WatchedLog((*keys,))
    head = parse_head(parse(note).text)
    if {key.name for key in keys} != {head.origin}:
        raise NoteError(Phrase("a checkpoint of another log, {origin}", origin=head.origin))
    return WatchedLog((*keys,), head)
