"""A dossier's events, for the patient's list; on request with proofs that they are logged."""

from collections.abc import Sequence

from msgspec.structs import replace

from rmp_milter.calls.protocol import MAX_PROOFS, History, PastEvent, Told
from rmp_milter.keeper.desk.desk import Desk, as_done, write_leaf
from rmp_milter.keeper.log.journal import JournalError
from rmp_milter.keeper.log.tree import LogFault
from rmp_milter.tlog.entry_proofs import EntryProofError, entry_proof_of


def history(desk: Desk, request: History, now: int) -> Told:
    """Return the newest events of a dossier, oldest first; the asking itself is the last.

    Raises :class:`~.desk.CallFailed` for an event that no leaf can hold,
    :class:`JournalError` where the log is damaged.
    """
    write_leaf(desk, as_done(request), now)
    events = desk.journal.history(request.dossier_id, request.limit)
    wanted = min(request.proofs, MAX_PROOFS, len(events))
    if wanted <= 0:
        return Told(tuple(events))
    return Told((*events[:-wanted], *_proven(desk, events[-wanted:])))


def _proven(desk: Desk, events: Sequence[PastEvent]) -> list[PastEvent]:
    """Return the events with their proofs, all under one checkpoint.

    It is signed now, after they were read: so it counts them all, this very request too.
    """
    checkpoint = desk.journal.checkpoint(desk.keys.log)
    proven = []
    with desk.journal.snapshot() as log:
        try:
            for past in events:
                (leaf,) = log.entries(past.number, past.number + 1)
                proof = entry_proof_of(log.node, leaf, past.number, checkpoint)
                proven.append(replace(past, entry_proof=proof.encode()))
        except (LogFault, EntryProofError) as fault:
            raise JournalError(f"access log: {fault}") from fault
    return proven
