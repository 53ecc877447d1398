"""Which leaves of the access log are a dossier's: a table beside the leaves.

Written in the transaction of the leaf itself, so that the two never differ; it holds
nothing that the leaves do not, and could be made anew from them.
"""

import lmdb

from rmp_milter.keeper.sealing import framed

_INDEX_SIZE = 8
_BEHIND_ALL = b"\xff" * (_INDEX_SIZE + 1)


def note_leaf(
    transaction: lmdb.Transaction, table: lmdb._Database, dossier_id: bytes, index: int
) -> None:
    """Note that the leaf at ``index`` is the dossier's; one of no dossier is not noted."""
    if dossier_id:
        transaction.put(framed(dossier_id) + index.to_bytes(_INDEX_SIZE), b"", db=table)


def newest_indexes(
    transaction: lmdb.Transaction, table: lmdb._Database, dossier_id: bytes, limit: int
) -> list[int]:
    """Return the indexes of the dossier's newest ``limit`` leaves, the oldest first."""
    prefix = framed(dossier_id)
    found: list[int] = []
    with transaction.cursor(db=table) as cursor:
        # Behind the dossier's last one; where nothing follows it, the table's end.
        at = cursor.prev() if cursor.set_range(prefix + _BEHIND_ALL) else cursor.last()
        while at and len(found) < limit and cursor.key()[: len(prefix)] == prefix:
            found.append(int.from_bytes(cursor.key()[len(prefix) :]))
            at = cursor.prev()
    return found[::-1]
