"""What the log's own environment holds of what was signed, and how the next checkpoint is made."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rmp_milter.audit.handovers import NamedKeys, handover_entry
from rmp_milter.engine.transaction import ReadTransaction, WriteTransaction
from rmp_milter.keeper.log.handovers import handovers_of, key_in_force, note_another
from rmp_milter.keeper.log.head import (
    Signed,
    check_last,
    decode,
    next_signed,
    read_state,
    verifier_key,
)
from rmp_milter.keeper.log.tables import LogTable
from rmp_milter.keeper.log.tree import GrowingTree, LogFault, Tree
from rmp_milter.keeper.log.writing import INDEX_SIZE, size_of
from rmp_milter.tlog.checkpoints import sign_head
from rmp_milter.tlog.notes import VerifierKey, sign_too

SIGNED_KEY = b"signed"
OTHER_KEY = "was handed over to another key than this one"


def signed_in(txn: ReadTransaction) -> Signed:
    """Return what the log says was signed last; raise :class:`~.tree.LogFault`."""
    return decode(bytes(txn.get(LogTable.META, SIGNED_KEY) or b""))


def check_end(txn: ReadTransaction, state: Signed) -> None:
    """Look at the last leaf, and whether all extends what was signed last.

    ``state`` is what the state file says, read before the leaves, which only grow. Raises
    :class:`~.tree.LogFault`.
    """
    size, tree = size_of(txn), Tree(txn)
    own = signed_in(txn)
    if txn.count(LogTable.LEAVES) != size:
        raise LogFault("leaves are missing among the others")
    last = txn.get(LogTable.LEAVES, (size - 1).to_bytes(INDEX_SIZE)) if size else None
    tree.check_end(size, bytes(last or b""))
    if state.head.origin != own.head.origin:
        raise LogFault(f"the state file beside it is that of the log {state.head.origin}")
    for signed in (own, state):
        tree.check_extends(size, signed.head)


def sign(txn: WriteTransaction, folder: Path, key: Ed25519PrivateKey) -> Signed:
    """Sign the tree as the transaction sees it; return what is signed.

    The state file is the caller's to write, behind the commit: nobody has the checkpoint before
    both are on disk. Raises :class:`~.tree.LogFault`.
    """
    last = last_signed(txn, folder)
    see_in_force(txn, verifier_key(key, last.head.origin))
    tree, size = Tree(txn), size_of(txn)
    signed = next_signed(tree, size, last, key)
    txn.put(LogTable.META, SIGNED_KEY, signed.encode())
    return signed


def hand_over(
    txn: WriteTransaction,
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
    last = last_signed(txn, folder)
    keys = NamedKeys(*(verifier_key(each, last.head.origin) for each in pair))
    see_in_force(txn, keys.former)
    _see_new(txn, keys)
    tree, index = GrowingTree(txn), size_of(txn)
    check_last(tree, index, last, keys.former)
    entry = handover_entry(keys, now)
    txn.append(LogTable.LEAVES, index.to_bytes(INDEX_SIZE), entry)
    tree.extend(index, entry)
    head = tree.head(last.head.origin, index + 1)
    by_former = sign_head(head, keys.former, pair[0].sign)
    signed = Signed(head, sign_too(by_former, keys.present, pair[1].sign))
    note_another(txn, signed.note)
    txn.put(LogTable.META, SIGNED_KEY, signed.encode())
    return signed


def _see_new(txn: ReadTransaction, keys: NamedKeys) -> None:
    """See that the next key never signed this log: each signs one stretch of it, and no other."""
    before = (each.keys.former for each in handovers_of(txn))
    if keys.present in {keys.former, *before}:
        raise LogFault("the key that it is to be handed over to was the log's before")


def last_signed(txn: ReadTransaction, folder: Path) -> Signed:
    """Return what was signed last, by the log or by the state file; raise :class:`~.tree.LogFault`.

    Whoever was killed may have written one of them alone.
    """
    both = signed_in(txn), read_state(folder)
    return max(both, key=lambda signed: signed.head.size)


def see_in_force(txn: ReadTransaction, key: VerifierKey) -> None:
    """See that the log was not handed over to another key; raise :class:`~.tree.LogFault`.

    The hand-over's own checkpoint bears the former key's signature too: by that alone whoever has
    the former key in memory still would go on signing.
    """
    present = key_in_force(txn)
    if present not in {None, key}:
        raise LogFault(OTHER_KEY)
