"""Verification of what ties the milter's tables together: index, search terms, ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmp_milter.store.format.tables import LEDGER_KEY

if TYPE_CHECKING:
    from rmp_milter.store.check.expected import Expected
    from rmp_milter.store.check.walk import Walk
    from rmp_milter.store.format.codecs import Codecs


def check_index(walk: Walk, expected: Expected) -> None:
    """Tell what index, search terms and words hold; what all records ask of them has been told."""
    walk.find_keys("index", expected["index"])
    walk.find_keys("terms", expected["terms"])
    walk.find_counts("words", expected["words"])


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
