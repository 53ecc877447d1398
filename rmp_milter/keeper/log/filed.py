"""The leaves under which documents came into dossiers, for holding the store's entries to them."""

from collections.abc import Iterator
from itertools import islice

import msgspec

from rmp_milter.engine.transaction import ReadTransaction
from rmp_milter.keeper.log.tables import LogTable
from rmp_milter.keeper.log.tree import LogFault

ADOPTION = "rattachement"
"""What had waited before: its mail came earlier than its leaf in the dossier says."""
ACTIONS = frozenset({"depot", ADOPTION, "rectification", "creation"})
"""By which documents come into a dossier."""
_INDEX_SIZE = 8
_LENGTH_SIZE = 2
_AT_ONCE = 64


class FiledLeaf(msgspec.Struct, frozen=True):
    """One leaf by which documents came into a dossier: when, by whom, which.

    ``rpps`` is empty where it was nobody who has such a number.
    """

    number: int
    dossier_id: bytes
    action: str
    at: int
    rpps: str
    documents: tuple[bytes, ...]


class _FiledFields(msgspec.Struct):
    action: str
    at: int
    outcome: str
    rpps: str
    documents: tuple[str, ...] = ()


_decode = msgspec.json.Decoder(_FiledFields).decode


def filed_leaves(txn: ReadTransaction) -> Iterator[FiledLeaf]:
    """Yield these leaves of all dossiers that are not erased, dossier by dossier.

    Raises :class:`LogFault` for one that cannot be read.
    """
    keys = txn.keys(LogTable.DOSSIERS)
    while some := [*islice(keys, _AT_ONCE)]:
        leaves = txn.get_many(LogTable.LEAVES, [key[-_INDEX_SIZE:] for key in some])
        for key, leaf in zip(some, leaves, strict=True):
            dossier_id, index = key[_LENGTH_SIZE:-_INDEX_SIZE], key[-_INDEX_SIZE:]
            found = _filed(dossier_id, int.from_bytes(index), bytes(leaf or b""))
            if found is not None:
                yield found


def _filed(dossier_id: bytes, number: int, leaf: bytes) -> FiledLeaf | None:
    try:
        said = _decode(leaf)
        documents = tuple(map(bytes.fromhex, said.documents))
    except (msgspec.DecodeError, ValueError) as error:
        raise LogFault(f"leaf {number} cannot be read") from error
    if said.action not in ACTIONS or said.outcome != "granted" or not documents:
        return None
    return FiledLeaf(number, dossier_id, said.action, said.at, said.rpps, documents)
