"""Which leaves of the access log are a dossier's: tables beside the leaves.

A leaf stays for ever, so it does not name the dossier: it holds a commitment, the SHA-256
of a salt and the dossier's id. The salt is the dossier's own, random, and kept outside the
tree: once it is erased nobody can tell any more whose leaf that was, nor try ids against
it. All is written in the transaction of the leaf itself, so that they never differ.
"""

import hashlib

from rmp_milter.engine.transaction import ReadTransaction, WriteTransaction
from rmp_milter.keeper.keys.sealing import framed
from rmp_milter.keeper.log.tables import LogTable

_INDEX_SIZE = 8
SALT_SIZE = 32


def commitment(txn: WriteTransaction, dossier_id: bytes, fresh: bytes) -> bytes:
    """Return what stands for the dossier in its leaves; none for no dossier.

    ``fresh`` random bytes become its salt if it has none yet; without any it has none.
    """
    salt = txn.get(LogTable.DOSSIERS_SALT, framed(dossier_id))
    if not dossier_id or not (salt or fresh):
        return b""
    if salt is None:
        salt = fresh
        txn.put(LogTable.DOSSIERS_SALT, framed(dossier_id), salt)
    return hashlib.sha256(bytes(salt) + dossier_id).digest()


def forget(txn: WriteTransaction, dossier_id: bytes) -> None:
    """Delete a dossier's salt, and all that leads from it to its leaves."""
    prefix = framed(dossier_id)
    txn.delete(LogTable.DOSSIERS_SALT, prefix)
    for key in [*txn.keys(LogTable.DOSSIERS, prefix)]:
        txn.delete(LogTable.DOSSIERS, key)


def note_leaf(txn: WriteTransaction, dossier_id: bytes, index: int) -> None:
    """Note that the leaf at ``index`` is the dossier's; one of no dossier is not noted."""
    if dossier_id:
        txn.put(LogTable.DOSSIERS, framed(dossier_id) + index.to_bytes(_INDEX_SIZE), b"")


def newest_indexes(txn: ReadTransaction, dossier_id: bytes, limit: int) -> list[int]:
    """Return the indexes of the dossier's newest ``limit`` leaves, the oldest first."""
    prefix = framed(dossier_id)
    found = txn.last_keys(LogTable.DOSSIERS, prefix, limit)
    return [int.from_bytes(key[len(prefix) :]) for key in found]
