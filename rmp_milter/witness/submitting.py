"""What is submitted to a witness, and what its answer comes to: pure.

A submission holds the log's name, its size, its root, its own signature and a proof: nothing of
any entry.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rmp_milter.phrases.phrase import Phrase
from rmp_milter.tlog.checkpoints import TreeHead
from rmp_milter.tlog.cosignatures import CosignerKey, cosigned_at, lines_by
from rmp_milter.tlog.nodes import Nodes
from rmp_milter.tlog.notes import Note, NoteError, NoteSignature, parse, read_signatures
from rmp_milter.tlog.proofs import consistency_proof
from rmp_milter.tlog.witnessing import Submission, WitnessReply, told_size

SILENT = 0
"""Stands for the status where no answer came."""
TWO_HISTORIES = 298
"""Stands for the status where nobody was asked: another tree of this size was cosigned before."""
NOTHING_OF_ITS_OWN = 299
"""Stands for the status of an answer that should be cosignatures, and has none that holds."""


def submission(nodes: Nodes, head: TreeHead, checkpoint: bytes, old: int) -> Submission:
    """Return what is submitted to a witness that knows ``old`` entries.

    Raises what ``nodes`` raises for a tile that is missing, ``IndexError`` for an old size that
    is larger than the checkpoint's.
    """
    return Submission(old, tuple(consistency_proof(nodes, old, head.size)), checkpoint)


@dataclass(frozen=True)
class AnswerRead:
    """What a witness said: its lines that hold, or the size it knows, or neither."""

    status: int
    lines: tuple[NoteSignature, ...] = ()
    known: int | None = None
    times: dict[CosignerKey, int] = field(default_factory=dict)


def read_answer(
    status: int, body: bytes, checkpoint: bytes, keys: Sequence[CosignerKey]
) -> AnswerRead:
    """Read a witness's answer to the submission of ``checkpoint``.

    Of cosignatures count those by ``keys``, and only if all of them hold.
    """
    if status == WitnessReply.OTHER_SIZE:
        return AnswerRead(status, known=told_size(body))
    if status != WitnessReply.COSIGNED:
        return AnswerRead(status)
    try:
        lines = lines_by(read_signatures(body), keys)
        note = Note(parse(checkpoint).text, (*lines,))
        found = {key: cosigned_at(note, key) for key in keys}
    except NoteError:
        return AnswerRead(NOTHING_OF_ITS_OWN)
    times = {key: at for key, at in found.items() if at}
    if not times:
        return AnswerRead(NOTHING_OF_ITS_OWN)
    return AnswerRead(status, (*lines,), times=times)


_SAID = {
    SILENT: Phrase("did not answer"),
    NOTHING_OF_ITS_OWN: Phrase("answered without a signature of its own that holds"),
    TWO_HISTORIES: Phrase("is not asked: another tree of as many entries was cosigned before"),
    WitnessReply.OTHER_SIZE: Phrase(
        "refuses (409): it has cosigned another tree of this log, of as many entries"
    ),
    WitnessReply.INCONSISTENT: Phrase(
        "refuses (422): this is not the history that it has cosigned"
    ),
    WitnessReply.UNKNOWN_LOG: Phrase("does not witness this log (404)"),
    WitnessReply.NOT_BY_ITS_LOG: Phrase("knows the log by another key (403)"),
}


def said_by(status: int, size: int, known: int | None) -> Phrase:
    """Return in words what a witness said to a checkpoint of ``size`` entries."""
    if status == WitnessReply.COSIGNED:
        return Phrase("cosigned {size} entries", size=size)
    if status == WitnessReply.OTHER_SIZE and known is not None and known > size:
        return Phrase(
            "refuses (409): it has cosigned {known} entries, {size} are submitted: the log"
            " was cut, or this export is an old one",
            known=known,
            size=size,
        )
    return _SAID.get(status) or Phrase("answers {status}", status=status)
