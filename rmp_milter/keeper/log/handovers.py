"""The hand-overs of the log's key, as the log's own environment has them.

Under a key of its own in ``meta``, which programs of before pass over, lie the checkpoints that
two keys signed, oldest first. Each ends with the entry that names both keys; together that is
what auditors hold (:mod:`rmp_milter.audit.handovers`).
"""

import msgspec

from rmp_milter.audit.handovers import HandOverError, LogHandOver, keys_in
from rmp_milter.engine.transaction import ReadTransaction, WriteTransaction
from rmp_milter.keeper.log.tables import LogTable
from rmp_milter.keeper.log.tree import LogFault, Tree
from rmp_milter.tlog.checkpoints import read_checkpoint
from rmp_milter.tlog.entry_proofs import EntryProofError, entry_proof_of
from rmp_milter.tlog.notes import NoteError, VerifierKey

KEY = b"handovers"
_INDEX_SIZE = 8

_decoder = msgspec.msgpack.Decoder(list[bytes])


def notes_in(txn: ReadTransaction) -> list[bytes]:
    """Return the checkpoints by two keys, oldest first; raise :class:`LogFault`."""
    found = txn.get(LogTable.META, KEY)
    try:
        return _decoder.decode(found) if found is not None else []
    except msgspec.MsgspecError:
        raise LogFault("its hand-overs cannot be read") from None


def note_another(txn: WriteTransaction, note: bytes) -> None:
    """Keep one more checkpoint by two keys."""
    notes = [*notes_in(txn), note]
    txn.put(LogTable.META, KEY, msgspec.msgpack.encode(notes))


def key_in_force(txn: ReadTransaction) -> VerifierKey | None:
    """Return the key that the log was handed over to last; None: it never was.

    Raises :class:`LogFault`.
    """
    notes = notes_in(txn)
    if not notes:
        return None
    try:
        number = read_checkpoint(notes[-1]).size - 1
    except NoteError as error:
        raise LogFault(f"its last hand-over cannot be read ({error})") from None
    keys = keys_in(_entry(txn, number))
    if keys is None:
        raise LogFault(f"leaf {number} is no hand-over")
    return keys.present


def handovers_of(txn: ReadTransaction) -> list[LogHandOver]:
    """Return the hand-overs, verified, oldest first; raise :class:`LogFault`."""
    tree, found = Tree(txn), list[LogHandOver]()
    for note in notes_in(txn):
        try:
            number = read_checkpoint(note).size - 1
            entry = _entry(txn, number)
            proof = entry_proof_of(tree.node, entry, number, note)
            found.append(LogHandOver.of(proof))
        except (NoteError, EntryProofError, HandOverError, IndexError) as error:
            raise LogFault(f"a hand-over of its key is not sound: {error}") from None
    return found


def _entry(txn: ReadTransaction, number: int) -> bytes:
    if number < 0:
        raise LogFault("a hand-over over no leaf")
    return bytes(txn.get(LogTable.LEAVES, number.to_bytes(_INDEX_SIZE)) or b"")
