"""The access log's beginning: leaves in the order in which they were written.

An LMDB environment of the keeper's own. Each leaf is canonical bytes under its index,
so that a Merkle tree can be laid over the same leaves later. Several worker processes
share it; each opens it after its fork.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import lmdb
import msgspec

from rmp_milter.keeper.protocol import Event
from rmp_milter.keeper.sealing import framed
from rmp_milter.write_turn import WriteTurn

MAP_SIZE = 64 << 30  # bytes of address space, not of disk
MAX_LEAF = 65535  # bytes; C2SP tlog-tiles gives an entry a length of two bytes
DOCUMENTS_PER_LEAF = 1000
FORMAT = b"rmp access log 1"
_FORMAT_KEY = b"format"
_INDEX_SIZE = 8
_LIMITS = {"sender": 320, "action": 40, "outcome": 40, "rpps": 40, "key": 80}


class JournalError(Exception):
    """The log is missing, damaged or cannot be written: the keeper must not go on."""


class LeafError(ValueError):
    """An event that no leaf can hold."""


def leaves(event: Event, logged_at: int) -> list[bytes]:
    """Return the leaves of an event: canonical JSON, sorted keys, bytes as hex.

    One leaf, or one per :data:`DOCUMENTS_PER_LEAF` documents. ``at`` is when the mail
    came, ``logged`` the keeper's own clock. Raises :class:`LeafError` for fields too long.
    """
    step = DOCUMENTS_PER_LEAF
    starts = range(0, max(len(event.documents), 1), step)
    return [_leaf(event, event.documents[at : at + step], logged_at) for at in starts]


def _leaf(event: Event, documents: tuple[bytes, ...], logged_at: int) -> bytes:
    fields = {
        "action": event.action,
        "at": event.at,
        "documents": [document.hex() for document in documents],
        "dossier": event.dossier_id.hex(),
        "key": event.actor_fingerprint,
        "logged": logged_at,
        "outcome": event.outcome,
        "request": event.request.hex(),
        "rpps": event.actor_rpps,
        "sender": event.sender,
        "v": 1,
    }
    leaf = msgspec.json.encode(fields, order="sorted")
    too_long = any(len(str(fields[name])) > limit for name, limit in _LIMITS.items())
    if too_long or len(leaf) > MAX_LEAF:
        raise LeafError("event too long for the access log")
    return leaf


def _unique(event: Event) -> bytes:
    """Return the key under which the same event, tried again, finds its leaf.

    Outcome, actor and documents count too: what differs in them is another access and
    gets its own leaf, for the log may over-report and never under-report.
    """
    fields = (
        event.action.encode(),
        event.dossier_id,
        event.request,
        event.actor_fingerprint.encode(),
        event.actor_rpps.encode(),
        event.outcome.encode(),
        *event.documents,
    )
    return hashlib.sha256(framed(*fields)).digest()


def create(folder: Path) -> None:
    """Start an empty log in a new folder: an explicit act, done once."""
    try:
        folder.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        raise JournalError(f"{folder}: exists already, is not overwritten") from None
    with _environment(folder, create=True) as env:
        meta, *_ = _tables(env, create=True)
        with env.begin(db=meta, write=True) as transaction:
            transaction.put(_FORMAT_KEY, FORMAT)


def _environment(folder: Path, *, create: bool = False) -> lmdb.Environment:
    return lmdb.open(str(folder), map_size=MAP_SIZE, max_dbs=3, create=create, mode=0o600)


def _tables(env: lmdb.Environment, *, create: bool = False) -> list[lmdb._Database]:
    return [env.open_db(name, create=create) for name in (b"meta", b"leaves", b"unique")]


class Journal:
    """An open log. Open one per process, after the fork."""

    def __init__(self, folder: Path) -> None:
        """Open an existing log; raise :class:`JournalError` for a missing or empty one."""
        if not (folder / "data.mdb").is_file():
            raise JournalError(f"{folder}: no access log there; it is made once, by init")
        try:
            self._env = _environment(folder)
            self._turn = WriteTurn(folder)
            self._meta, self._leaves, self._unique = _tables(self._env)
            self._check_format(folder)
        except lmdb.Error as error:
            raise JournalError(f"{folder}: not an access log ({error})") from None

    def _check_format(self, folder: Path) -> None:
        with self._env.begin(db=self._meta) as transaction:
            if transaction.get(_FORMAT_KEY) != FORMAT:
                raise JournalError(f"{folder}: access log of an unknown format")

    def append(self, event: Event, logged_at: int) -> int:
        """Write the event's leaves; return the index of the last, durable.

        The same event, tried again (same action, dossier, request, actor, outcome and
        documents), finds its leaf and writes nothing; an event without a request is
        always new. Raises :class:`JournalError` where it cannot be written.
        """
        made = leaves(event, logged_at)
        try:
            with self._turn, self._env.begin(write=True) as transaction:
                return self._put(transaction, event, made)
        except lmdb.Error as error:
            raise JournalError(f"access log: {type(error).__name__}") from error

    def _put(self, transaction: lmdb.Transaction, event: Event, made: list[bytes]) -> int:
        unique = _unique(event)
        found = transaction.get(unique, db=self._unique) if event.request else None
        if found is not None:
            return int.from_bytes(found)
        last = self._size(transaction) - 1
        for leaf in made:
            last += 1
            index = last.to_bytes(_INDEX_SIZE)
            transaction.put(index, leaf, db=self._leaves, append=True)
        if event.request:
            transaction.put(unique, last.to_bytes(_INDEX_SIZE), db=self._unique)
        return last

    def _size(self, transaction: lmdb.Transaction) -> int:
        """Return the index behind the last leaf."""
        with transaction.cursor(db=self._leaves) as cursor:
            return int.from_bytes(cursor.key()) + 1 if cursor.last() else 0

    def __len__(self) -> int:
        with self._env.begin() as transaction:
            return self._size(transaction)

    def read(self) -> Iterator[bytes]:
        """Yield all leaves in their order."""
        with self._env.begin() as transaction, transaction.cursor(self._leaves) as cursor:
            for leaf in cursor.iternext(keys=False):
                yield bytes(leaf)

    def close(self) -> None:
        """Close the environment."""
        self._env.close()
        self._turn.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
