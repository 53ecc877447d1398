"""Verification of what ties the milter's tables together: the index and the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmp_milter.store.format.codecs import LINK_BYTES
from rmp_milter.store.format.tables import LEDGER_KEY

if TYPE_CHECKING:
    from rmp_milter.store.check.expected import Expected
    from rmp_milter.store.check.walk import Walk
    from rmp_milter.store.format.codecs import Codecs


def check_index(walk: Walk, expected: Expected) -> None:
    """Note where the index is not what all records together ask for."""
    for key, value in walk.records("index"):
        if key not in expected.links or len(value):
            walk.add(f"the index leads to {_target(key)} from what it has not")
        expected.links.discard(key)
    for key in sorted(expected.links):
        walk.add(f"the index does not lead to {_target(key)} from all it has")


def check_ledger(walk: Walk, codecs: Codecs) -> None:
    """Note where a table, all of them walked through, has not as many records as it must."""
    sealed = walk.get("meta", LEDGER_KEY)
    if sealed is None:
        walk.add("the store's ledger is missing")
        return
    ledger = walk.opened(codecs.ledger, LEDGER_KEY, sealed)
    if ledger is None:
        return
    walk.compare_count("dossiers", ledger.dossiers)
    walk.compare_count("entries", ledger.entries)
    walk.compare_count("bodies", ledger.documents)
    walk.compare_count("doctors", ledger.doctors)
    walk.compare_count("seen", ledger.seen)
    walk.compare_count("envelopes", ledger.envelopes)
    walk.compare_count("waiting", ledger.waiting)
    walk.compare_count("tallies", ledger.tallies)
    walk.compare_count("receipts", ledger.receipts)
    walk.compare_count("emergencies", ledger.emergencies)
    walk.compare_count("letters", ledger.letters)
    walk.compare_count("orphans", ledger.orphans)


def _target(key: bytes) -> str:
    return key[LINK_BYTES:].hex()
