"""What the log's own environment holds of what was signed, and how the next checkpoint is made."""

from pathlib import Path

import lmdb
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rmp_milter.audit.handovers import NamedKeys, handover_entry
from rmp_milter.keeper.log.file import LogTables
from rmp_milter.keeper.log.handovers import handovers_of, key_in_force, note_another
from rmp_milter.keeper.log.head import (
    Signed,
    check_last,
    decode,
    next_signed,
    read_state,
    verifier_key,
    write_state,
)
from rmp_milter.keeper.log.tree import LogFault, Tree
from rmp_milter.keeper.log.writing import INDEX_SIZE, size_of
from rmp_milter.tlog.checkpoints import sign_head
from rmp_milter.tlog.notes import VerifierKey, sign_too

SIGNED_KEY = b"signed"
OTHER_KEY = "was handed over to another key than this one"


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
    last = last_signed(transaction, tables, folder)
    see_in_force(transaction, tables, verifier_key(key, last.head.origin))
    tree, size = Tree(transaction, tables.nodes), size_of(transaction, tables)
    signed = next_signed(tree, size, last, key)
    write_state(folder, signed)
    transaction.put(SIGNED_KEY, signed.encode(), db=tables.meta)
    return signed.note


def hand_over(
    transaction: lmdb.Transaction,
    tables: LogTables,
    folder: Path,
    pair: tuple[Ed25519PrivateKey, Ed25519PrivateKey],
    now: int,
) -> Signed:
    """Write the entry by which the first key hands over to the second, and have both sign.

    So there is no hand-over that one of them has not signed: entry and checkpoint are there with
    the transaction, or neither is. The state file is the caller's to write, behind the commit:
    before it, a crash would leave it ahead of a log that lacks the entry. Raises
    :class:`~.tree.LogFault`.
    """
    last = last_signed(transaction, tables, folder)
    keys = NamedKeys(*(verifier_key(each, last.head.origin) for each in pair))
    see_in_force(transaction, tables, keys.former)
    _see_new(transaction, tables, keys)
    tree, index = Tree(transaction, tables.nodes), size_of(transaction, tables)
    check_last(tree, index, last, keys.former)
    entry = handover_entry(keys, now)
    transaction.put(index.to_bytes(INDEX_SIZE), entry, db=tables.leaves, append=True)
    tree.extend(index, entry)
    head = tree.head(last.head.origin, index + 1)
    by_former = sign_head(head, keys.former, pair[0].sign)
    signed = Signed(head, sign_too(by_former, keys.present, pair[1].sign))
    note_another(transaction, tables, signed.note)
    transaction.put(SIGNED_KEY, signed.encode(), db=tables.meta)
    return signed


def _see_new(transaction: lmdb.Transaction, tables: LogTables, keys: NamedKeys) -> None:
    """See that the next key never signed this log: each signs one stretch of it, and no other."""
    before = (each.keys.former for each in handovers_of(transaction, tables))
    if keys.present in {keys.former, *before}:
        raise LogFault("the key that it is to be handed over to was the log's before")


def last_signed(transaction: lmdb.Transaction, tables: LogTables, folder: Path) -> Signed:
    """Return what was signed last, by the log or by the state file; raise :class:`~.tree.LogFault`.

    Whoever was killed may have written one of them alone.
    """
    both = signed_in(transaction, tables), read_state(folder)
    return max(both, key=lambda signed: signed.head.size)


def see_in_force(transaction: lmdb.Transaction, tables: LogTables, key: VerifierKey) -> None:
    """See that the log was not handed over to another key; raise :class:`~.tree.LogFault`.

    The hand-over's own checkpoint bears the former key's signature too: by that alone whoever has
    the former key in memory still would go on signing.
    """
    present = key_in_force(transaction, tables)
    if present not in {None, key}:
        raise LogFault(OTHER_KEY)
