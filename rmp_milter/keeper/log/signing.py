"""What the log's own environment holds of what was signed, and how the next checkpoint is made."""

from pathlib import Path

import lmdb
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rmp_milter.keeper.log.file import LogTables
from rmp_milter.keeper.log.head import Signed, decode, next_signed, read_state, write_state
from rmp_milter.keeper.log.tree import LogFault, Tree
from rmp_milter.keeper.log.writing import size_of

SIGNED_KEY = b"signed"


def signed_in(transaction: lmdb.Transaction, tables: LogTables) -> Signed:
    """Return what the log says was signed last; raise :class:`~.tree.LogFault`."""
    return decode(bytes(transaction.get(SIGNED_KEY, b"", db=tables.meta)))


def check_end(transaction: lmdb.Transaction, tables: LogTables, state: Signed) -> None:
    """Look at the last leaf, and whether all extends what was signed last.

    ``state`` is what the state file says, read before the leaves, which only grow. Raises
    :class:`~.tree.LogFault`.
    """
    size, tree = size_of(transaction, tables), Tree(transaction, tables.nodes)
    own = signed_in(transaction, tables)
    if transaction.stat(tables.leaves)["entries"] != size:
        raise LogFault("leaves are missing among the others")
    with transaction.cursor(db=tables.leaves) as cursor:
        tree.check_end(size, bytes(cursor.value()) if cursor.last() else b"")
    if state.head.origin != own.head.origin:
        raise LogFault(f"the state file beside it is that of the log {state.head.origin}")
    for signed in (own, state):
        tree.check_extends(size, signed.head)


def sign(
    transaction: lmdb.Transaction, tables: LogTables, folder: Path, key: Ed25519PrivateKey
) -> bytes:
    """Sign the tree as the transaction sees it; return the checkpoint.

    The state file is written here, the log with the transaction. Raises
    :class:`~.tree.LogFault`, :class:`OSError`.
    """
    last = max(
        (signed_in(transaction, tables), read_state(folder)),
        key=lambda signed: signed.head.size,
    )
    tree, size = Tree(transaction, tables.nodes), size_of(transaction, tables)
    signed = next_signed(tree, size, last, key)
    write_state(folder, signed)
    transaction.put(SIGNED_KEY, signed.encode(), db=tables.meta)
    return signed.note
