"""The access log: leaves in the order in which they were written, under a Merkle tree.

An LMDB environment of the keeper's own. Each leaf is canonical bytes under its index; the
transaction that writes it also writes what the tree over all leaves (RFC 6962) gains by
it. Several worker processes share the log; each opens it after its fork.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import lmdb
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rmp_milter.keeper import log_head
from rmp_milter.keeper.dossier_leaves import newest_indexes, note_leaf
from rmp_milter.keeper.log_file import DATA, open_environment, open_tables
from rmp_milter.keeper.log_head import Signed
from rmp_milter.keeper.log_tree import LogFault, Snapshot, Tree
from rmp_milter.keeper.protocol import Event, PastEvent
from rmp_milter.keeper.sealing import framed
from rmp_milter.write_turn import WriteTurn

MAX_LEAF = 65535  # bytes; C2SP tlog-tiles gives an entry a length of two bytes
DOCUMENTS_PER_LEAF = 1000
FORMAT = b"rmp access log 2"
_FORMAT_KEY, _SIGNED_KEY = b"format", b"signed"
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
            proof=event.proof, acting_for=event.acting_for, entries=event.entries[part]
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


def create(folder: Path, origin: str) -> None:
    """Start an empty log in a new folder: an explicit act, done once.

    ``origin`` is the log's name in its checkpoints, for ever: a host and a path by custom,
    without spaces or plus signs. Raises :class:`JournalError` where there is or was a log.
    """
    for path in (folder, log_head.state_file(folder)):
        if path.exists():
            raise JournalError(f"{path}: exists already, is not overwritten")
    try:
        state = log_head.unsigned(origin)
    except LogFault as fault:
        raise JournalError(f"access log: {fault}") from None
    folder.mkdir(mode=0o700, parents=True)
    with open_environment(folder, create=True) as env:
        meta, *_ = open_tables(env, create=True)
        with env.begin(db=meta, write=True) as transaction:
            transaction.put(_FORMAT_KEY, FORMAT)
            transaction.put(_SIGNED_KEY, state.encode())
    log_head.begin_state(folder, state)


class Journal:
    """An open log. Open one per process, after the fork."""

    def __init__(self, folder: Path) -> None:
        """Open an existing log and look at its end.

        Raises :class:`JournalError` for a log that is missing, empty or cut, that is older
        than its last checkpoint, or whose tree does not end with its last leaf.
        """
        if not (folder / DATA).is_file():
            raise JournalError(f"{folder}: no access log there; it is made once, by init")
        self._folder = folder
        try:
            state = log_head.read_state(folder)  # before the log, which only grows meanwhile
            self._env = open_environment(folder)
            self._turn = WriteTurn(folder)
            self._look(state)
        except LogFault as fault:
            raise JournalError(f"{folder}: {fault}") from None
        except lmdb.Error as error:
            raise JournalError(f"{folder}: not an access log ({error})") from None

    def _look(self, state: Signed) -> None:
        """Open the tables and check what is cheap to check; close the log if it is wrong."""
        try:
            self._meta, self._leaves, self._unique, self._nodes, self._dossiers = open_tables(
                self._env
            )
            with self._env.begin() as transaction:
                self._check_format(transaction)
                self._check_end(transaction, state)
        except BaseException:
            self.close()
            raise

    def _check_format(self, transaction: lmdb.Transaction) -> None:
        if transaction.get(_FORMAT_KEY, db=self._meta) != FORMAT:
            raise LogFault("access log of an unknown format")

    def _check_end(self, transaction: lmdb.Transaction, state: Signed) -> None:
        """Look at the last leaf, and whether all extends what was signed last."""
        size, tree = self._size(transaction), self._tree(transaction)
        own = self._signed(transaction)
        if transaction.stat(self._leaves)["entries"] != size:
            raise LogFault("leaves are missing among the others")
        with transaction.cursor(db=self._leaves) as cursor:
            tree.check_end(size, bytes(cursor.value()) if cursor.last() else b"")
        if state.head.origin != own.head.origin:
            raise LogFault(f"the state file beside it is that of the log {state.head.origin}")
        for signed in (own, state):
            tree.check_extends(size, signed.head)

    def _tree(self, transaction: lmdb.Transaction) -> Tree:
        return Tree(transaction, self._nodes)

    def _signed(self, transaction: lmdb.Transaction) -> Signed:
        return log_head.decode(bytes(transaction.get(_SIGNED_KEY, b"", db=self._meta)))

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
        except (lmdb.Error, LogFault) as error:
            raise JournalError(f"access log: {_reason(error)}") from error

    def _put(self, transaction: lmdb.Transaction, event: Event, made: list[bytes]) -> int:
        unique = _unique(event)
        found = transaction.get(unique, db=self._unique) if event.request else None
        if found is not None:
            return int.from_bytes(found)
        tree = self._tree(transaction)
        last = self._size(transaction) - 1
        for leaf in made:
            last += 1
            index = last.to_bytes(_INDEX_SIZE)
            transaction.put(index, leaf, db=self._leaves, append=True)
            tree.extend(last, leaf)
            note_leaf(transaction, self._dossiers, event.dossier_id, last)
        if event.request:
            transaction.put(unique, last.to_bytes(_INDEX_SIZE), db=self._unique)
        return last

    def _size(self, transaction: lmdb.Transaction) -> int:
        """Return the index behind the last leaf."""
        with transaction.cursor(db=self._leaves) as cursor:
            return int.from_bytes(cursor.key()) + 1 if cursor.last() else 0

    def checkpoint(self, key: Ed25519PrivateKey) -> bytes:
        """Sign the tree as it is now; return the checkpoint (C2SP tlog-checkpoint).

        What was signed is on disk, here and in the state file, before this returns. Raises
        :class:`JournalError` for a log that does not extend what was signed before.
        """
        try:
            with self._turn, self._env.begin(write=True) as transaction:
                last = max(
                    (self._signed(transaction), log_head.read_state(self._folder)),
                    key=lambda signed: signed.head.size,
                )
                tree, size = self._tree(transaction), self._size(transaction)
                signed = log_head.next_signed(tree, size, last, key)
                log_head.write_state(self._folder, signed)
                transaction.put(_SIGNED_KEY, signed.encode(), db=self._meta)
        except (lmdb.Error, LogFault, OSError) as error:
            raise JournalError(f"access log: {_reason(error)}") from error
        return signed.note

    @property
    def origin(self) -> str:
        """The log's name."""
        with self._env.begin() as transaction:
            return self._signed(transaction).head.origin

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Give the log as it is now, for as long as the block lasts."""
        with self._env.begin() as transaction:
            yield Snapshot(transaction, self._leaves, self._tree(transaction))

    def __len__(self) -> int:
        with self._env.begin() as transaction:
            return self._size(transaction)

    def read(self) -> Iterator[bytes]:
        """Yield all leaves in their order."""
        with self.snapshot() as log:
            yield from log.entries(0, self._size(log.transaction))

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


def _reason(error: Exception) -> str:
    """Return what the host's log may hold of it: a fault says where, LMDB only its kind."""
    return str(error) if isinstance(error, LogFault) else type(error).__name__
