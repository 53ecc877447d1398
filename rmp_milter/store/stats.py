"""Figures of the store, for the host: counts and sizes, nothing about anybody."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import lmdb
    from lmdb import _Database as Table

    from rmp_milter.store.format.environment import Environment
    from rmp_milter.store.format.tables import Tables


def stats_of(environment: Environment) -> dict[str, int]:
    """Return counts of records, and bytes in use, by name. Raises :class:`StoreFailed`."""
    with environment.reading() as txn:
        figures = _counts(txn, environment.tables)
    return figures | environment.sizes()


def _counts(txn: lmdb.Transaction[memoryview], tables: Tables) -> dict[str, int]:
    counts = {
        field.name: txn.stat(getattr(tables, field.name))["entries"] for field in fields(tables)
    }
    return {
        "dossiers": counts["dossiers"],
        "entries": counts["entries"],
        "documents": counts["bodies"] - counts["orphans"],
        "document_bytes": _bytes(txn, tables.bodies),
        "search_terms": counts["terms"],
        "search_term_bytes": _bytes(txn, tables.terms),
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


def _bytes(txn: lmdb.Transaction[memoryview], table: Table) -> int:
    found = txn.stat(table)
    return (found["overflow_pages"] + found["leaf_pages"]) * found["psize"]
