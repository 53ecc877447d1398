"""A store written anew, record by record, sealed under other keys.

No octet that was sealed under the old key is in the new file. What the keys do not touch is
copied.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from rmp_milter.store.format.blind import LinkKind
from rmp_milter.store.format.codecs import ID_BYTES, Codec, OutboxCodecs, number_of, u32
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.records import Head, body_references, chain_start
from rmp_milter.store.format.tables import LEDGER_KEY, OUTBOX_LEDGER_KEY, table_names
from rmp_milter.store.redigesting import Redigesting
from rmp_milter.store.rewriting import as_it_is, rewriting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from rmp_milter.store.engines import Progress
    from rmp_milter.store.format.keys import StoreKeys
    from rmp_milter.store.rewriting import Anew, Rewriting

METADATA_TABLES = (
    *("dossiers", "doctors", "envelopes", "waiting", "tallies", "receipts"),
    *("emergencies", "letters"),
)
OUTBOX_TABLES = ("outbox", "outbox_state", "sent")
"""What is sealed under each key, beside the chains of entries and the ledgers."""


def reseal(
    source: Path, target: Path, old: StoreKeys, new: StoreKeys, progress: Progress
) -> None:
    """Write the store in ``source`` into the empty ``target``, under the ``new`` keys.

    An index key must follow that of before, alone (:mod:`.redigesting`). The old store must have
    been verified: a chain that was tampered with would be made whole. Nobody may have it open.
    Raises :class:`StoreError`.
    """
    with rewriting(source, target, progress) as files:
        how = Resealing if new.index == old.index else Redigesting
        how(files, old, new).run()


class Resealing:
    """Copies all tables; entries before heads, which say where their chains end."""

    def __init__(self, files: Rewriting, old: StoreKeys, new: StoreKeys) -> None:
        self._files = files
        self._old, self._new = old, new

    def run(self) -> None:
        """Copy everything."""
        anew = self._by_table()
        for name in sorted(table_names(), key="heads".__eq__):  # heads last
            if name == "outbox_bodies" and self._new.outbox != self._old.outbox:
                self._link_bodies()
            else:
                self._files.copy(name, anew.get(name, as_it_is))

    def _by_table(self) -> Mapping[str, Anew]:
        """Return what becomes of the records of the tables that are not merely copied."""
        old, new = self._old, self._new
        found = sealed_anew(old, new)
        if new.metadata != old.metadata:
            found["entries"] = Chains(old.metadata, new.metadata).anew
            found["heads"] = self._heads()
        return found

    def _heads(self) -> Anew:
        return heads_anew(
            self._old, self._new, lambda place: self._files.written("entries", place)
        )

    def _link_bodies(self) -> None:
        """Write anew what leads from bodies to the rows that need them."""
        links_of = body_links(self._old, self._new)
        for batch in self._files.batches("outbox"):
            links = [(link, b"") for row in batch for link in links_of(*row)]
            self._files.write("outbox_bodies", sorted(links), in_order=False)
        self._files.tell(self._files.count("outbox_bodies"))


def heads_anew(old: StoreKeys, new: StoreKeys, entry_at: Callable[[bytes], bytes]) -> Anew:
    """Return what seals heads anew; ``entry_at`` gives an entry as it is sealed by now."""
    was, becomes = Codec("heads", old.metadata, Head), Codec("heads", new.metadata, Head)

    def anew(key: bytes, sealed: bytes) -> bytes:
        count = was.open(key, sealed).count
        last = (
            hashlib.sha256(entry_at(key + u32(count))).digest() if count else chain_start(key)
        )
        return becomes.seal(key, Head(count=count, last=last))

    return anew


def body_links(old: StoreKeys, new: StoreKeys) -> Callable[[bytes, bytes], Iterable[bytes]]:
    """Return what gives, of a row as it was sealed, the keys that lead to it from bodies."""
    mails, blind = OutboxCodecs(old.outbox).mails, OutboxCodecs(new.outbox).blind

    def links(key: bytes, sealed: bytes) -> Iterable[bytes]:
        documents = body_references(mails.open(key, sealed))
        return [blind.of(LinkKind.DOCUMENT, document) + key for document in documents]

    return links


def sealed_anew(old: StoreKeys, new: StoreKeys) -> dict[str, Anew]:
    """Return what becomes of the records that are sealed by themselves, without a chain."""
    found: dict[str, Anew] = {"meta": ledgers(old, new)}
    if new.metadata != old.metadata:
        found |= {name: resealed(name, old.metadata, new.metadata) for name in METADATA_TABLES}
    if new.outbox != old.outbox:
        found |= {name: resealed(name, old.outbox, new.outbox) for name in OUTBOX_TABLES}
    return found


def resealed(table: str, old: bytes, new: bytes) -> Anew:
    """Return what seals a table's records anew, octet by octet the same inside."""
    was, becomes = Codec(table, old, msgspec.Raw), Codec(table, new, msgspec.Raw)
    return lambda key, sealed: becomes.seal(key, was.open(key, sealed))


def ledgers(old: StoreKeys, new: StoreKeys) -> Anew:
    """Return what seals the records of the table ``meta`` anew; format and digest stay."""
    milters = resealed("meta", old.metadata, new.metadata)
    outbox = resealed("outbox_meta", old.outbox, new.outbox)
    sealed = {LEDGER_KEY: milters, OUTBOX_LEDGER_KEY: outbox}
    return lambda key, value: sealed.get(key, as_it_is)(key, value)


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

    def go_on(self, dossier: bytes, last: bytes) -> None:
        """Go on behind an entry of a dossier that is sealed anew already: ``last``."""
        self._dossier, self._last = dossier, hashlib.sha256(last).digest()

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
