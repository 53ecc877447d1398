"""Figures of the store, for the host: counts and sizes, nothing about anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rmp_milter.store.format.tables import LEDGER_KEY, OUTBOX_LEDGER_KEY, StoreTable

if TYPE_CHECKING:
    from collections.abc import Mapping

    import lmdb
    from lmdb import _Database as Handle

    from rmp_milter.engine.transaction import ReadTransaction
    from rmp_milter.store.format.codecs import Codecs
    from rmp_milter.store.format.environment import Environment, Tables


def stats_of(environment: Environment) -> dict[str, int]:
    """Return counts of records, and bytes in use, by name. Raises :class:`StoreFailed`."""
    with environment.reading() as txn:
        counted = _counts(txn, environment.tables)
    return counted | environment.sizes()


def _counts(txn: lmdb.Transaction[memoryview], tables: Tables) -> dict[str, int]:
    counts = {name: int(txn.stat(table)["entries"]) for name, table in tables.items()}
    return figures(counts) | {
        "document_bytes": _bytes(txn, tables[StoreTable.BODIES]),
        "search_term_bytes": _bytes(txn, tables[StoreTable.TERMS]),
    }


def kept_counts(txn: ReadTransaction, codecs: Codecs) -> dict[str, int]:
    """Return by their tables' names what the ledgers say, which each commit keeps.

    For engines that would read a table to count it. Raises :class:`StoreError` where a ledger is
    not there, or damaged.
    """
    found = txn.get_many(StoreTable.META, (LEDGER_KEY, OUTBOX_LEDGER_KEY))
    ours, outbox = (each or b"" for each in found)
    ledger = codecs.ledger.open(LEDGER_KEY, ours)
    rows = codecs.outbox.ledger.open(OUTBOX_LEDGER_KEY, outbox)
    return msgspec.structs.asdict(ledger) | {
        "bodies": ledger.documents,
        "outbox_state": rows.waiting,
        "sent": rows.notes,
    }


def figures(counts: Mapping[str, int]) -> dict[str, int]:
    """Return what is shown of how many records each table has, by the names of all engines."""
    return {
        "dossiers": counts["dossiers"],
        "entries": counts["entries"],
        "documents": counts["bodies"] - counts["orphans"],
        "search_terms": counts["terms"],
        "family_words": counts["words"],
        "key_packets": counts["envelopes"],
        "doctors": counts["doctors"],
        "deposits_waiting": counts["waiting"],
        "receipt_lines": counts["receipts"],
        "emergencies": counts["emergencies"],
        "letters_to_post": counts["letters"],
        "tallies": counts["tallies"],
        "bodies_given_up": counts["orphans"],
        "outbox_waiting": counts["outbox_due"],
        "outbox_parked": counts["outbox_state"] - counts["outbox_due"],
        "outbox_sent_lately": counts["sent"],
        "duplicate_digests": counts["seen"],
    }


def _bytes(txn: lmdb.Transaction[memoryview], table: Handle) -> int:
    found = txn.stat(table)
    return (found["overflow_pages"] + found["leaf_pages"]) * found["psize"]
