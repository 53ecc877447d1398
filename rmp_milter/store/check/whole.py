"""Independent verification of a whole store: every record and index, both ways.

It shares the record formats and the keys with the code that writes, and nothing else: it
walks every table by itself. It reads one moment of the store, which may be in use; while
it runs LMDB reuses no freed page, so that a store in use grows meanwhile.

What it cannot see is a whole environment put back to an older state of itself. Ledgers
and chains bind all records of one moment together, not the moment to the calendar.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rmp_milter.store.check.bodies import check_bodies
from rmp_milter.store.check.cards import CardCheck
from rmp_milter.store.check.doctors import check_doctors, check_patients, check_receipts
from rmp_milter.store.check.dossiers import DossierCheck
from rmp_milter.store.check.emergencies import check_emergencies, check_letters
from rmp_milter.store.check.expected import Expected
from rmp_milter.store.check.look_ups import check_index, check_ledger
from rmp_milter.store.check.marks import check_marks, check_tallies
from rmp_milter.store.check.outbox import OutboxCheck
from rmp_milter.store.check.waiting import check_waiting
from rmp_milter.store.check.walk import Walk
from rmp_milter.store.format.codecs import Codecs
from rmp_milter.store.format.environment import Environment, lease, release
from rmp_milter.store.format.failures import StoreFailed
from rmp_milter.store.format.tables import (
    FORMAT_KEY,
    INDEX_CHECK_KEY,
    LEDGER_KEY,
    OUTBOX_LEDGER_KEY,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rmp_milter.store.format.keys import StoreKeys

__all__ = ["StoreReport", "check"]


class StoreReport(msgspec.Struct, frozen=True):
    """What was found: no ``findings`` in a sound store; ``counts`` of records by table.

    ``notes`` say what is to be done to one that may be sound.
    """

    findings: tuple[str, ...]
    counts: dict[str, int]
    notes: tuple[str, ...] = ()


def check(
    folder: Path,
    keys: StoreKeys,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> StoreReport:
    """Verify the store in ``folder`` and return the findings, one line each.

    ``progress`` is told now and then how many records of how many are done. The lines
    name tables and identifiers, nobody and nothing else. Raises :class:`StoreError`
    where there is no store to be read at all.
    """
    environment = lease(folder, 0, read_only=True)
    try:
        return _check(environment, Codecs(keys), progress)
    except StoreFailed as error:
        line = f"the files cannot be read to the end: {error.detail}"
        return StoreReport(findings=(line,), counts={})
    finally:
        release(environment)


def _check(
    environment: Environment, codecs: Codecs, progress: Callable[[int, int], None]
) -> StoreReport:
    with environment.reading() as txn:
        walk = Walk(txn, environment.tables, progress)
        _check_meta(walk, codecs)
        _check_records(walk, codecs)
        OutboxCheck(walk, codecs.outbox).run()
        walk.finish()
        return StoreReport(tuple(walk.findings), dict(walk.counts), tuple(walk.notes))


def _check_records(walk: Walk, codecs: Codecs) -> None:
    """Walk the tables with records of their own first, then those that hang on them."""
    expected, cards = Expected(), CardCheck(walk)
    check_doctors(walk, codecs, expected, cards)
    DossierCheck(walk, codecs, expected, cards).run()
    check_patients(walk, expected)
    check_waiting(walk, codecs, expected, cards)
    cards.finish()
    check_emergencies(walk, codecs, expected)
    check_letters(walk, codecs)
    check_bodies(walk, codecs, expected)
    check_receipts(walk, codecs, expected)
    check_marks(walk)
    check_tallies(walk, codecs)
    check_index(walk, expected)
    check_ledger(walk, codecs)


def _check_meta(walk: Walk, codecs: Codecs) -> None:
    """Names that no store has, and the index key; opening has checked the format."""
    for name in walk.unknown_tables():
        walk.add(f"there is a table {name} that no store has")
    for key in walk.keys("meta"):
        if key not in {FORMAT_KEY, INDEX_CHECK_KEY, LEDGER_KEY, OUTBOX_LEDGER_KEY}:
            walk.add(f"table meta has a record {key.hex()} that no store has")
    found = walk.get("meta", INDEX_CHECK_KEY)
    if found is None or bytes(found) != codecs.blind.check_value():
        walk.add("the index key is not that of this store")
