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

from rmp_milter.keeper.dossier_leaves import newest_indexes, note_leaf
from rmp_milter.keeper.protocol import Event, PastEvent
from rmp_milter.keeper.sealing import framed
from rmp_milter.write_turn import WriteTurn

MAP_SIZE = 64 << 30  # bytes of address space, not of disk
MAX_LEAF = 65535  # bytes; C2SP tlog-tiles gives an entry a length of two bytes
DOCUMENTS_PER_LEAF = 1000
FORMAT = b"rmp access log 1"
_FORMAT_KEY = b"format"
_INDEX_SIZE = 8
_LIMITS = {
    "sender": 320,
    "action": 40,
    "outcome": 40,
    "rpps": 40,
    "key": 80,
    "dossier": 32,
    "proof": 40,
    "acting_for": 40,
    "subject": 40,
    "witnesses": 240,
}


class JournalError(Exception):
    """The log is missing, damaged or cannot be written: the keeper must not go on."""


class LeafError(ValueError):
    """An event that no leaf can hold."""


def leaves(event: Event, logged_at: int) -> list[bytes]:
    """Return the leaves of an event: canonical JSON, sorted keys, bytes as hex.

    One leaf, or one per :data:`DOCUMENTS_PER_LEAF` documents (or entries). ``at`` is when the mail
    came, ``logged`` the keeper's own clock. Raises :class:`LeafError` for fields too long.
    """
    step = DOCUMENTS_PER_LEAF
    starts = range(0, max(len(event.documents), len(event.entries), 1), step)
    return [_leaf(event, slice(at, at + step), logged_at) for at in starts]


def _leaf(event: Event, part: slice, logged_at: int) -> bytes:
    fields: dict[str, object] = {
        "action": event.action,
        "at": event.at,
        "documents": [document.hex() for document in event.documents[part]],
        "dossier": event.dossier_id.hex(),
        "key": event.actor_fingerprint,
        "logged": logged_at,
        "outcome": event.outcome,
        "request": event.request.hex(),
        "rpps": event.actor_rpps,
        "sender": event.sender,
        "v": 1,
        **_set_only(
            proof=event.proof,
            acting_for=event.acting_for,
            entries=event.entries[part],
            subject=event.subject,
            witnesses=event.witnesses,
        ),
    }
    leaf = msgspec.json.encode(fields, order="sorted")
    too_long = any(len(str(fields.get(name, ""))) > _LIMITS[name] for name in _LIMITS)
    if too_long or len(leaf) > MAX_LEAF:
        raise LeafError("event too long for the access log")
    return leaf


def _set_only(**fields: object) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value}


def _unique(event: Event) -> bytes:
    """Return the key under which the same event, tried again, finds its leaf.

    All that is said of the access counts, but for the times: what differs is another
    access and gets its own leaf, for the log may over-report and never under-report.
    """
    fields = (
        event.action.encode(),
        event.dossier_id,
        event.request,
        event.actor_fingerprint.encode(),
        event.actor_rpps.encode(),
        event.outcome.encode(),
        event.proof.encode(),
        event.acting_for.encode(),
        b"".join(entry.to_bytes(8) for entry in event.entries),
        event.subject.encode(),
        framed(*(name.encode() for name in event.witnesses)),
        *event.documents,
    )
    return hashlib.sha256(framed(*fields)).digest()


class _Leaf(msgspec.Struct):
    """What a patient's list shows of a leaf."""

    at: int
    action: str
    outcome: str
    rpps: str
    proof: str = ""
    acting_for: str = ""
    entries: tuple[int, ...] = ()


def past_event(index: int, leaf: bytes) -> PastEvent:
    """Read a leaf; raise :class:`JournalError` for one that cannot be read."""
    try:
        said = msgspec.json.decode(leaf, type=_Leaf)
    except msgspec.DecodeError as error:
        raise JournalError(f"access log: leaf {index} cannot be read") from error
    return PastEvent(
        index=index,
        at=said.at,
        action=said.action,
        outcome=said.outcome,
        actor_rpps=said.rpps,
        proof=said.proof,
        acting_for=said.acting_for,
        entries=said.entries,
    )


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
    return lmdb.open(str(folder), map_size=MAP_SIZE, max_dbs=4, create=create, mode=0o600)


def _tables(env: lmdb.Environment, *, create: bool = False) -> list[lmdb._Database]:
    names = (b"meta", b"leaves", b"unique", b"dossiers")
    return [env.open_db(name, create=create) for name in names]


class Journal:
    """An open log. Open one per process, after the fork."""

    def __init__(self, folder: Path) -> None:
        """Open an existing log; raise :class:`JournalError` for a missing or empty one."""
        if not (folder / "data.mdb").is_file():
            raise JournalError(f"{folder}: no access log there; it is made once, by init")
        try:
            self._env = _environment(folder)
            self._turn = WriteTurn(folder)
            self._meta, self._leaves, self._unique, self._dossiers = _tables(self._env)
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
            note_leaf(transaction, self._dossiers, event.dossier_id, last)
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

    def history(self, dossier_id: bytes, limit: int) -> list[PastEvent]:
        """Return the newest ``limit`` events of a dossier, oldest first."""
        with self._env.begin() as transaction:
            indexes = newest_indexes(transaction, self._dossiers, dossier_id, limit)
            found = [
                (index, transaction.get(index.to_bytes(_INDEX_SIZE), db=self._leaves))
                for index in indexes
            ]
        return [past_event(index, leaf) for index, leaf in found if leaf is not None]

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
