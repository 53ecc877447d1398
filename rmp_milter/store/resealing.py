"""A store written anew, record by record, under other keys.

The new file is filled from the old one in the order of its keys and has no freed pages: no
octet that was sealed under the old key is in it. What the keys do not touch is copied.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import lmdb
import msgspec

from rmp_milter.store.beside import MAX_TABLES, opened
from rmp_milter.store.format.blind import LinkKind
from rmp_milter.store.format.codecs import ID_BYTES, Codec, OutboxCodecs, number_of, u32
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.records import Head, body_references, chain_start
from rmp_milter.store.format.tables import LEDGER_KEY, OUTBOX_LEDGER_KEY, table_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from rmp_milter.store.format.keys import StoreKeys
    from rmp_milter.store.surface import Progress

Record: TypeAlias = tuple[bytes, bytes]

Anew: TypeAlias = Callable[[bytes, bytes], bytes]
"""Returns of a record's key and value the new value."""

METADATA_TABLES = (
    *("dossiers", "doctors", "envelopes", "waiting", "tallies", "receipts"),
    *("emergencies", "letters"),
)
OUTBOX_TABLES = ("outbox", "outbox_state", "sent")
"""What is sealed under each key, beside the chains of entries and the ledgers."""

BATCH_RECORDS, BATCH_BYTES = 1000, 16 << 20
"""What is written in one transaction: so many records at most, and about so many bytes."""


def reseal(
    source: Path, target: Path, old: StoreKeys, new: StoreKeys, progress: Progress
) -> None:
    """Write the store in ``source`` into the empty ``target``, sealed under the ``new`` keys.

    The index key must be the same. The old store must have been verified: a chain that was
    tampered with would be made whole. Nobody may have it open. Raises :class:`StoreError`.
    """
    if old.index != new.index:
        raise StoreError("look-ups cannot be made anew under another index key")
    with opened(source, read_only=True, lock=False) as was, _new_file(was, target) as becomes:
        Resealing(was, becomes, old, new, progress).run()
        becomes.sync(True)  # noqa: FBT003 -- lmdb's own


def _new_file(was: lmdb.Environment, target: Path) -> lmdb.Environment:
    """Return a new file that may grow as the old one may; one that is nearly full, beyond that."""
    info = was.info()
    used = (info["last_pgno"] + 1) * was.stat()["psize"]
    return lmdb.Environment(
        str(target),
        map_size=max(info["map_size"], 2 * used),
        lock=False,
        sync=False,
        mode=0o600,
        max_dbs=MAX_TABLES,
    )


class Resealing:
    """Copies all tables; entries before heads, which say where their chains end."""

    def __init__(
        self,
        was: lmdb.Environment,
        becomes: lmdb.Environment,
        old: StoreKeys,
        new: StoreKeys,
        progress: Progress,
    ) -> None:
        self._was, self._becomes = was, becomes
        self._old, self._new = old, new
        self._progress = progress
        self._sources = {name: was.open_db(name.encode(), create=False) for name in _in_order()}
        self._targets = {name: becomes.open_db(name.encode()) for name in _in_order()}
        with was.begin() as txn:
            self._total = sum(txn.stat(each)["entries"] for each in self._sources.values())
        self._done = 0

    def run(self) -> None:
        """Copy everything."""
        anew = self._by_table()
        for name in _in_order():
            if name == "outbox_bodies" and self._new.outbox != self._old.outbox:
                self._link_bodies()
            else:
                self._copy(name, anew.get(name, _as_it_is))

    def _by_table(self) -> Mapping[str, Anew]:
        """Return what becomes of the records of the tables that are not merely copied."""
        old, new, found = self._old, self._new, dict[str, Anew]()
        if new.metadata != old.metadata:
            found |= {
                name: resealed(name, old.metadata, new.metadata) for name in METADATA_TABLES
            }
            found["entries"] = Chains(old.metadata, new.metadata).anew
            found["heads"] = self._heads()
        if new.outbox != old.outbox:
            found |= {name: resealed(name, old.outbox, new.outbox) for name in OUTBOX_TABLES}
        found["meta"] = ledgers(old, new)
        return found

    def _heads(self) -> Anew:
        was = Codec("heads", self._old.metadata, Head)
        becomes = Codec("heads", self._new.metadata, Head)

        def anew(key: bytes, sealed: bytes) -> bytes:
            count = was.open(key, sealed).count
            last = (
                hashlib.sha256(self._entry(key, count)).digest() if count else chain_start(key)
            )
            return becomes.seal(key, Head(count=count, last=last))

        return anew

    def _entry(self, dossier_id: bytes, number: int) -> bytes:
        with self._becomes.begin(db=self._targets["entries"]) as txn:
            return bytes(txn.get(dossier_id + u32(number), b""))

    def _link_bodies(self) -> None:
        """Write anew what leads from bodies to the rows that need them."""
        mails = OutboxCodecs(self._old.outbox).mails
        blind = OutboxCodecs(self._new.outbox).blind
        for batch in self._batches("outbox"):
            found = [(key, body_references(mails.open(key, sealed))) for key, sealed in batch]
            links = (
                (blind.of(LinkKind.DOCUMENT, document) + key, b"")
                for key, documents in found
                for document in documents
            )
            self._write("outbox_bodies", sorted(links), in_order=False)
        self._tell(self._count("outbox_bodies"))

    def _copy(self, name: str, anew: Anew) -> None:
        for batch in self._batches(name):
            records = [(key, anew(key, value)) for key, value in batch]
            self._write(name, records, in_order=True)
            self._tell(len(batch))

    def _write(self, name: str, records: list[Record], *, in_order: bool) -> None:
        table = self._targets[name]
        with self._becomes.begin(write=True, db=table) as txn:
            for key, value in records:
                txn.put(key, value, append=in_order)

    def _batches(self, name: str) -> Iterator[list[Record]]:
        with self._was.begin(db=self._sources[name]) as txn:
            yield from bounded(iter(txn.cursor()))

    def _count(self, name: str) -> int:
        with self._was.begin() as txn:
            return int(txn.stat(self._sources[name])["entries"])

    def _tell(self, more: int) -> None:
        self._done += more
        self._progress(self._done, self._total)


def _in_order() -> list[str]:
    return sorted(table_names(), key="heads".__eq__)  # heads last


def _as_it_is(_key: bytes, value: bytes) -> bytes:
    return value


def resealed(table: str, old: bytes, new: bytes) -> Anew:
    """Return what seals a table's records anew, octet by octet the same inside."""
    was, becomes = Codec(table, old, msgspec.Raw), Codec(table, new, msgspec.Raw)
    return lambda key, sealed: becomes.seal(key, was.open(key, sealed))


def ledgers(old: StoreKeys, new: StoreKeys) -> Anew:
    """Return what seals the records of the table ``meta`` anew; format and digest stay."""
    milters = resealed("meta", old.metadata, new.metadata)
    outbox = resealed("outbox_meta", old.outbox, new.outbox)
    sealed = {LEDGER_KEY: milters, OUTBOX_LEDGER_KEY: outbox}
    return lambda key, value: sealed.get(key, _as_it_is)(key, value)


class ChainedEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry as :class:`~.records.StoredEntry` is written; what it says is left as it is."""

    previous: bytes
    entry: msgspec.Raw


class Chains:
    """Seals entries anew, in their order, each with the digest of the new one before it."""

    def __init__(self, old: bytes, new: bytes) -> None:
        self._was = Codec("entries", old, ChainedEntry)
        self._becomes = Codec("entries", new, ChainedEntry)
        self._dossier = self._last = b""

    def anew(self, key: bytes, sealed: bytes) -> bytes:
        """Return the next entry; raises :class:`StoreError` where one before it is missing."""
        dossier, number = key[:ID_BYTES], number_of(key[ID_BYTES:])
        if number == 1:
            self._dossier, self._last = dossier, chain_start(dossier)
        elif dossier != self._dossier:
            raise StoreError(f"entry 1 of dossier {dossier.hex()} is missing")
        entry = self._was.open(key, sealed).entry
        made = self._becomes.seal(key, ChainedEntry(previous=self._last, entry=entry))
        self._last = hashlib.sha256(made).digest()
        return made


def bounded(records: Iterator[Record]) -> Iterator[list[Record]]:
    """Yield records some at a time, and no more than fit well into memory."""
    batch, size = list[Record](), 0
    for key, value in records:
        batch.append((key, value))
        size += len(value)
        if len(batch) >= BATCH_RECORDS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
