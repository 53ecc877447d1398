"""What one event writes into the access log, all in one transaction.

Its leaves, the tree's nodes over them, the sealed reason beside, and what leads back to
them: from the dossier, and from the same event tried again.
"""

import hashlib
import secrets
from typing import NamedTuple

import lmdb
from msgspec.structs import replace

from rmp_milter.calls.protocol import Event
from rmp_milter.keeper.log.dossier_leaves import SALT_SIZE, commitment, note_leaf
from rmp_milter.keeper.log.file import LogTables
from rmp_milter.keeper.log.leaves import leaves, unique_key
from rmp_milter.keeper.log.tree import Tree

INDEX_SIZE = 8


class Written(NamedTuple):
    """The index of an event's last leaf, and whether it was written now or before."""

    last: int
    is_new: bool


def size_of(transaction: lmdb.Transaction, tables: LogTables) -> int:
    """Return the index behind the last leaf."""
    with transaction.cursor(db=tables.leaves) as cursor:
        return int.from_bytes(cursor.key()) + 1 if cursor.last() else 0


def put(
    transaction: lmdb.Transaction,
    tables: LogTables,
    event: Event,
    logged_at: int,
    sealed: bytes,
) -> Written:
    """Write the event, unless it was written before; return where its last leaf is.

    One that was written keeps the reason that was sealed then. Raises
    :class:`~.leaves.LeafError`, and :class:`~.tree.LogFault` for a damaged tree.
    """
    unique = unique_key(event)
    found = transaction.get(unique, db=tables.unique) if event.request else None
    if found is not None:
        return Written(int.from_bytes(found), is_new=False)
    reason = hashlib.sha256(sealed).digest() if sealed else b""
    last = _put_leaves(transaction, tables, replace(event, reason=reason), logged_at)
    index = last.to_bytes(INDEX_SIZE)
    if sealed:
        transaction.put(index, sealed, db=tables.reasons)
    if event.request:
        transaction.put(unique, index, db=tables.unique)
    return Written(last, is_new=True)


def _put_leaves(
    transaction: lmdb.Transaction, tables: LogTables, event: Event, logged_at: int
) -> int:
    fresh = secrets.token_bytes(SALT_SIZE)
    patient = commitment(transaction, tables.dossiers_salt, event.dossier_id, fresh)
    tree = Tree(transaction, tables.nodes)
    last = size_of(transaction, tables) - 1
    for leaf in leaves(event, logged_at, patient):
        last += 1
        transaction.put(last.to_bytes(INDEX_SIZE), leaf, db=tables.leaves, append=True)
        tree.extend(last, leaf)
        note_leaf(transaction, tables.dossiers, event.dossier_id, last)
    return last
