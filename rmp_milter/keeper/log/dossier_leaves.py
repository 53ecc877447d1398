"""Which leaves of the access log are a dossier's: tables beside the leaves.

A leaf stays for ever, so it does not name the dossier: it holds a commitment, the SHA-256
of a salt and the dossier's id. The salt is the dossier's own, random, and kept outside the
tree: once it is erased nobody can tell any more whose leaf that was, nor try ids against
it. All is written in the transaction of the leaf itself, so that they never differ.
"""

import hashlib

import lmdb

from rmp_milter.keeper.keys.sealing import framed

_INDEX_SIZE = 8
_BEHIND_ALL = b"\xff" * (_INDEX_SIZE + 1)
SALT_SIZE = 32


def commitment(
    transaction: lmdb.Transaction, salts: lmdb._Database, dossier_id: bytes, fresh: bytes
) -> bytes:
    """Return what stands for the dossier in its leaves; none for no dossier.

    ``fresh`` random bytes become its salt if it has none yet; without any it has none.
    """
    salt = transaction.get(framed(dossier_id), db=salts)
    if not dossier_id or not (salt or fresh):
        return b""
    if salt is None:
        salt = fresh
        transaction.put(framed(dossier_id), salt, db=salts)
    return hashlib.sha256(bytes(salt) + dossier_id).digest()


def forget(
    transaction: lmdb.Transaction,
    salts: lmdb._Database,
    table: lmdb._Database,
    dossier_id: bytes,
) -> None:
    """Delete a dossier's salt, and all that leads from it to its leaves."""
    prefix = framed(dossier_id)
    transaction.delete(prefix, db=salts)
    with transaction.cursor(db=table) as cursor:
        found = cursor.set_range(prefix)
        while found and bytes(cursor.key()).startswith(prefix):
            found = cursor.delete() and bool(cursor.key())


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
