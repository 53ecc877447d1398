"""A dossier's events, for the patient's list; on request with proofs that they are logged."""

from collections.abc import Sequence

from msgspec.structs import replace

from rmp_milter.calls.protocol.leaves import MAX_COSIGNED, MAX_PROOFS, History, PastEvent, Told
from rmp_milter.dossier.model import Verb
from rmp_milter.dossier.rules import Relation
from rmp_milter.keeper.authority.judging import SEES_ALL, dossier_grant, opens
from rmp_milter.keeper.authority.refusals import Unentitled
from rmp_milter.keeper.desk.desk import Desk
from rmp_milter.keeper.desk.entitled import acting_for, entitled, leaf_of, write_entitled
from rmp_milter.keeper.log.head import verifier_key
from rmp_milter.keeper.log.journal import JournalError
from rmp_milter.keeper.log.tree import LogFault
from rmp_milter.tlog.checkpoints import read_checkpoint
from rmp_milter.tlog.entry_proofs import EntryProofError, entry_proof_of
from rmp_milter.tlog.nodes import Nodes
from rmp_milter.tlog.notes import NoteError
from rmp_milter.tlog.proofs import tree_root


def history(desk: Desk, request: History, now: int) -> Told:
    """Return the newest events of a dossier, oldest first; the asking itself is the last.

    Raises :class:`~.desk.CallFailed` for an event that no leaf can hold,
    :class:`JournalError` where the log is damaged.
    """
    found = entitled(desk, request.by, now)
    dossier, relation, grant = dossier_grant(desk.rules, desk.sealer, found.ground)
    if found.ticket.verb is not Verb.ACCES or not opens(grant, found.ground, dossier):
        raise Unentitled("no list of accesses is asked for")
    leaf = leaf_of(
        found,
        request.event,
        dossier=dossier.dossier,
        way=grant.way,
        acting_for=acting_for(found.ground, is_locum=relation is Relation.LOCUM),
    )
    write_entitled(desk, found, leaf, now)
    events = desk.journal.history(dossier.dossier, request.limit)
    wanted = min(request.proofs if relation in SEES_ALL else 0, MAX_PROOFS, len(events))
    if wanted <= 0:
        return Told(tuple(events))
    return Told((*events[:-wanted], *_proven(desk, events[-wanted:], request.cosigned)))


def _proven(desk: Desk, events: Sequence[PastEvent], cosigned: bytes) -> list[PastEvent]:
    """Return the events with their proofs: under what is cosigned, or under a new checkpoint.

    That is signed now, after they were read: so it counts them all, this very request too.
    """
    checkpoint = desk.journal.checkpoint(desk.keys.log)
    proven = []
    with desk.journal.snapshot() as log:
        try:
            counted = _counted(desk, log.node, cosigned, checkpoint)
            for past in events:
                (leaf,) = log.entries(past.number, past.number + 1)
                note = cosigned if past.number < counted else checkpoint
                proof = entry_proof_of(log.node, leaf, past.number, note)
                proven.append(replace(past, entry_proof=proof.encode()))
        except (LogFault, EntryProofError) as fault:
            raise JournalError(f"access log: {fault}") from fault
    return proven


def _counted(desk: Desk, nodes: Nodes, cosigned: bytes, checkpoint: bytes) -> int:
    """Return how many entries of this log a cosigned checkpoint counts; 0 for any other note.

    It comes from the milter. Who cosigned it is for the proof's reader to judge; that it is a
    checkpoint of this very log is seen to here.
    """
    if not cosigned or len(cosigned) > MAX_COSIGNED:
        return 0
    try:
        head = read_checkpoint(cosigned, verifier_key(desk.keys.log, desk.journal.origin))
    except NoteError:
        return 0
    if head.size > read_checkpoint(checkpoint).size:
        return 0
    return head.size if tree_root(nodes, head.size) == head.root else 0
