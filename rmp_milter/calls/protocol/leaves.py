"""The access log: writing leaves, telling a dossier's, signing a checkpoint."""

import msgspec

from rmp_milter.calls.authority import NOTHING, Authority
from rmp_milter.calls.protocol.message import Event, Message

MAX_PROOFS = 100


MAX_COSIGNED = 32 << 10
"""Bytes of a cosigned checkpoint that stands in each proof."""
"""Proofs in one reply, at most: each becomes a file of a mail, and who needs those of more
events asks an auditor, who has the whole log."""


class History(Message, frozen=True):
    """Ask for the leaves of a dossier, oldest first; asking is an event itself.

    The newest ``proofs`` of them, at most :data:`MAX_PROOFS`, bring their proofs: under the
    checkpoint ``cosigned``, which witnesses signed, those that it counts.
    """

    by: Authority
    event: Event
    limit: int = 1000
    proofs: int = 0
    cosigned: bytes = b""


class PastEvent(msgspec.Struct, frozen=True):
    """One leaf as the patient's list shows it; ``number`` is its place in the log.

    ``documents`` are given where it names no entries: what a deposit's became is known by them.
    ``entry_proof``, where it was asked for, is a file (C2SP tlog-proof) that holds the whole
    leaf: it is for nobody but who sees all of the dossier.
    """

    number: int
    at: int
    action: str
    outcome: str
    actor_rpps: str
    proof: str = ""
    acting_for: str = ""
    entries: tuple[int, ...] = ()
    reference: str = ""
    entry_proof: bytes = b""
    documents: tuple[bytes, ...] = ()


class Told(Message, frozen=True):
    """The newest ``limit`` events of the dossier, oldest first."""

    events: tuple[PastEvent, ...]


class Record(Message, frozen=True):
    """Write a leaf: for reads that open no slot, for refusals, justifications and reviews.

    The mail's reason (``with_reason``) or the ``words`` of whoever reviews are sealed for the
    auditors and kept beside the leaf. Without a ticket it is the host's own: operator's door.
    """

    event: Event
    by: Authority = NOTHING
    with_reason: bool = False
    words: str = ""


MOST_LISTED = 10
"""Dossiers in an emergency's short list, at most: who gets one sees their patients' names."""


class ListedLeaf(msgspec.Struct, frozen=True):
    """The leaf of one dossier of a short list, and the card of it, if there is one."""

    event: Event
    dossier: bytes = b""


class RecordList(Message, frozen=True):
    """Write the leaves of an emergency's short list, with the mail's reason, all or none.

    What was erased has none; the others are written all the same. At most :data:`MOST_LISTED`.
    """

    by: Authority
    leaves: tuple[ListedLeaf, ...]

    @property
    def grounds(self) -> tuple[Authority, ...]:
        """What each leaf rests on: the mail, its sender, and the leaf's own dossier."""
        return tuple(
            msgspec.structs.replace(self.by, dossier=each.dossier) for each in self.leaves
        )


class RecordedList(Message, frozen=True):
    """The leaves are durable. ``numbers`` are their places in the log, in the request's order.

    None stands for a dossier that was erased: nobody may be shown it.
    """

    numbers: tuple[int | None, ...]


class Recorded(Message, frozen=True):
    """The leaf is durable; ``number`` is its place in the log."""

    number: int


class Checkpoint(Message, frozen=True):
    """Sign the access log as it is. ``event``, a heartbeat, gets its leaf before that."""

    event: Event | None = None


class Checkpointed(Message, frozen=True):
    """``note`` is the checkpoint, a signed note (C2SP tlog-checkpoint).

    ``handovers`` are the receipts by which the log went over from one key to another of late.
    """

    note: bytes
    handovers: tuple[bytes, ...] = ()
