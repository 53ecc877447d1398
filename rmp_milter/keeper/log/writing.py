"""What one event writes into the access log, all in one transaction.

Its leaves, the tree's nodes over them, the sealed reason beside, and what leads back to
them: from the dossier, and from the same event tried again.
"""

import hashlib
import secrets
from collections.abc import Iterable
from typing import NamedTuple

from msgspec.structs import replace

from rmp_milter.calls.protocol.message import Event
from rmp_milter.engine.transaction import Expected, ReadTransaction, WriteTransaction
from rmp_milter.keeper.keys.sealing import framed
from rmp_milter.keeper.log.dossier_leaves import SALT_SIZE, commitment, note_leaf
from rmp_milter.keeper.log.leaves import leaves, unique_key
from rmp_milter.keeper.log.tables import LogTable, OwnTable
from rmp_milter.keeper.log.tree import GrowingTree

INDEX_SIZE = 8


class Written(NamedTuple):
    """The index of an event's last leaf, and whether it was written now or before."""

    last: int
    is_new: bool


def size_of(txn: ReadTransaction) -> int:
    """Return the index behind the last leaf."""
    last = txn.last_key(LogTable.LEAVES, b"")
    return 0 if last is None else int.from_bytes(last) + 1


def expected(events: Iterable[Event]) -> Expected:
    """Return what writing these events will ask for."""
    asked = Expected(beginnings=(OwnTable.ACTS_DUE, OwnTable.TRIES_DUE))
    asked.last(LogTable.LEAVES, b"")
    for event in events:
        if event.request:
            asked.record(LogTable.UNIQUE, unique_key(event))
        if event.dossier_id:
            asked.record(LogTable.DOSSIERS_SALT, framed(event.dossier_id))
    return asked


def put(txn: WriteTransaction, event: Event, logged_at: int, sealed: bytes) -> Written:
    """Write the event, unless it was written before; return where its last leaf is.

    One that was written keeps the reason that was sealed then. Raises
    :class:`~.leaves.LeafError`, and :class:`~.tree.LogFault` for a damaged tree.
    """
    unique = unique_key(event)
    found = txn.get(LogTable.UNIQUE, unique) if event.request else None
    if found is not None:
        return Written(int.from_bytes(found), is_new=False)
    reason = hashlib.sha256(sealed).digest() if sealed else b""
    last = _put_leaves(txn, replace(event, reason=reason), logged_at)
    index = last.to_bytes(INDEX_SIZE)
    if sealed:
        txn.put(LogTable.REASONS, index, sealed)
    if event.request:
        txn.put(LogTable.UNIQUE, unique, index)
    return Written(last, is_new=True)


def _put_leaves(txn: WriteTransaction, event: Event, logged_at: int) -> int:
    patient = commitment(txn, event.dossier_id, secrets.token_bytes(SALT_SIZE))
    tree = GrowingTree(txn)
    last = size_of(txn) - 1
    for leaf in leaves(event, logged_at, patient):
        last += 1
        txn.append(LogTable.LEAVES, last.to_bytes(INDEX_SIZE), leaf)
        tree.extend(last, leaf)
        note_leaf(txn, event.dossier_id, last)
    return last
