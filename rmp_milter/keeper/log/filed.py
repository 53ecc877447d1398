"""The leaves under which documents came into dossiers, for holding the store's entries to them."""

from collections.abc import Iterator

import lmdb
import msgspec

from rmp_milter.keeper.log.file import LogTables
from rmp_milter.keeper.log.tree import LogFault

ADOPTION = "rattachement"
"""What had waited before: its mail came earlier than its leaf in the dossier says."""
ACTIONS = frozenset({"depot", ADOPTION, "rectification", "creation"})
"""By which documents come into a dossier."""
_INDEX_SIZE = 8
_LENGTH_SIZE = 2


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


def filed_leaves(transaction: lmdb.Transaction, tables: LogTables) -> Iterator[FiledLeaf]:
    """Yield these leaves of all dossiers that are not erased, dossier by dossier.

    Raises :class:`LogFault` for one that cannot be read.
    """
    with transaction.cursor(db=tables.dossiers) as cursor:
        for key in cursor.iternext(keys=True, values=False):
            dossier_id, index = key[_LENGTH_SIZE:-_INDEX_SIZE], key[-_INDEX_SIZE:]
            leaf = bytes(transaction.get(bytes(index), b"", db=tables.leaves))
            found = _filed(bytes(dossier_id), int.from_bytes(index), leaf)
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
