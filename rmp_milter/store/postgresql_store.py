"""The open store and the open outbox in PostgreSQL."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from rmp_milter.disk.closing import Closing
from rmp_milter.engine.postgresql.access import PostgresqlAccess
from rmp_milter.engine.postgresql.connecting import connect
from rmp_milter.engine.postgresql.leading import PostgresqlLead
from rmp_milter.engine.postgresql.leases import PostgresqlLeases, check_leases
from rmp_milter.engine.postgresql.locks import PostgresqlLocks
from rmp_milter.engine.postgresql.reading import PostgresqlReads
from rmp_milter.engine.postgresql.schema import check_format
from rmp_milter.store.format.codecs import Codecs, OutboxCodecs
from rmp_milter.store.format.own_keys import check_all
from rmp_milter.store.format.tables import StoreTable
from rmp_milter.store.leases import Shared
from rmp_milter.store.moving import write_file
from rmp_milter.store.open_store import OpenStore
from rmp_milter.store.outbox import OpenOutbox, check_outbox_key
from rmp_milter.store.postgresql.schema import LAYOUT
from rmp_milter.store.stats import figures, kept_counts
from rmp_milter.store.surface import DUPLICATE_DAYS

if TYPE_CHECKING:
    from collections.abc import Callable

    from rmp_milter.engine.postgresql.place import PostgresqlPlace
    from rmp_milter.store.format.keys import StoreKeys
    from rmp_milter.store.surface import Leases


TURN_SECONDS, STILL_SECONDS = 15, 10
"""How long a turn to write is waited for, and lies still, before who waits ends it."""

_ESTIMATED = (StoreTable.TERMS, StoreTable.WORDS)


class PostgresqlStore(Closing, OpenStore):
    """An open store. Its methods may be called from many threads at once, all Python's own.

    The driver calls back into Python for what a server says unasked, and a thread that Python
    did not start has no place for that.
    """

    def __init__(
        self, access: PostgresqlAccess, codecs: Codecs, *, duplicate_days: int
    ) -> None:
        self._locks = PostgresqlLocks(access.place, "tries")
        super().__init__(access, codecs, duplicate_days=duplicate_days, beyond=self._locks)
        self._connections = access
        self._lead = PostgresqlLead(access.place, "chores")

    @classmethod
    def open(
        cls,
        place: PostgresqlPlace,
        keys: StoreKeys,
        *,
        read_only: bool = False,
        duplicate_days: int = DUPLICATE_DAYS,
    ) -> Self:
        """Open the store; raises :class:`StoreError` at once where that cannot be now."""
        with connect(place) as connection:
            check_format(connection, place, LAYOUT)
            reads = PostgresqlReads(connection, place.schema)
            check_all(lambda key: reads.get(StoreTable.META, key) or b"", keys, str(place))
            identity = reads.identity()
        access = PostgresqlAccess(_impatient(place), read_only=read_only, identity=identity)
        return cls(access, Codecs(keys), duplicate_days=duplicate_days)

    def leads(self) -> bool:
        """Whether this one does the chores."""
        return self._lead.held()

    @property
    def estimated(self) -> frozenset[str]:
        """The largest tables, which no ledger counts."""
        return frozenset({"search_terms", "family_words"})

    def stats(self) -> dict[str, int]:
        """Return how many records of each kind there are and what room they take."""
        with self._connections.reading() as txn:
            estimated = {table.value: txn.about(table) for table in _ESTIMATED}
            outbox_due = {"outbox_due": txn.count(StoreTable.OUTBOX_DUE)}
            counts = kept_counts(txn, self._codecs) | estimated | outbox_due
            return figures(counts) | {
                "document_bytes": txn.size(StoreTable.BODIES),
                "search_term_bytes": txn.size(StoreTable.TERMS),
                "used_bytes": txn.size(),
            }

    def room(self) -> tuple[int, int]:
        """Return how many octets are taken; the server's disk is what bounds them."""
        with self._connections.reading() as txn:
            return txn.size(), 0

    def doubts(self) -> tuple[str, ...]:
        """Return which of the server's settings lose what it says to have written."""
        with self._connections.reading() as txn:
            return tuple(
                f"the store's server has {name} off: a power cut may lose what it acknowledged"
                for name in txn.settings_off("fsync", "full_page_writes")
            )

    def copy(self, folder: Path) -> None:
        """Write a store of LMDB's into the empty ``folder``, with the same records."""
        with self._connections.reading() as txn:
            write_file(txn, folder, txn.size())

    def close(self) -> None:
        """Give the connections back; closing twice does nothing."""
        self._lead.close()
        self._locks.close()
        self._connections.close()


def _impatient(place: PostgresqlPlace) -> PostgresqlPlace:
    """Have nobody wait for long for a process that was stopped in its turn."""
    return replace(place, turn_wait=TURN_SECONDS, still=STILL_SECONDS)


class PostgresqlOutbox(Closing, OpenOutbox):
    """An open outbox. Its methods may be called from many threads at once."""

    def __init__(
        self, access: PostgresqlAccess, codecs: OutboxCodecs, clock: Callable[[], float]
    ) -> None:
        super().__init__(access, codecs, clock)
        self._connections = access
        self._leases = PostgresqlLeases(access.place)
        self._shared = Shared(self._leases, codecs.leases)

    @classmethod
    def open(
        cls, place: PostgresqlPlace, key: bytes, *, clock: Callable[[], float] = time.time
    ) -> Self:
        """Open the outbox; raises :class:`StoreError` at once where that cannot be now."""
        codecs = OutboxCodecs(key)
        with connect(place) as connection:
            check_format(connection, place, LAYOUT)
            check_leases(connection, place)
            reads = PostgresqlReads(connection, place.schema)
            check_outbox_key(reads, codecs, str(place))
            identity = reads.identity()
        return cls(PostgresqlAccess(_impatient(place), identity=identity), codecs, clock)

    @property
    def leases(self) -> Leases:
        """Which readers are this courier's."""
        return self._shared

    def close(self) -> None:
        """Give the connections back; closing twice does nothing."""
        self._leases.close()
        self._connections.close()
