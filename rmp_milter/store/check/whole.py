"""Independent verification of a whole store: every record and index, both ways.

It shares the record formats and the keys with the code that writes, and nothing else: it
walks every table by itself. It reads one moment of the store, which may be in use; while
it runs LMDB reuses no freed page, so that a store in use grows meanwhile. Its memory does
not grow with the store: what two tables say both is held against each other by look-ups, or
by sums over all keys (:mod:`rmp_milter.store.check.keys`).

What it cannot see is a whole environment put back to an older state of itself. Ledgers
and chains bind all records of one moment together, not the moment to the calendar.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rmp_milter.store.check.bodies import check_bodies
from rmp_milter.store.check.cards import CardCheck
from rmp_milter.store.check.doctors import DoctorCheck, check_receipts
from rmp_milter.store.check.dossiers import DossierCheck
from rmp_milter.store.check.emergencies import check_emergencies, check_letters
from rmp_milter.store.check.keys import RUN_KEY_BYTES, Hasher, Remembered, Sums
from rmp_milter.store.check.look_ups import check_index, check_ledger
from rmp_milter.store.check.marks import check_marks, check_tallies
from rmp_milter.store.check.naming import WORDS, name_differences
from rmp_milter.store.check.outbox import OutboxCheck
from rmp_milter.store.check.waiting import check_waiting
from rmp_milter.store.check.walk import Walk
from rmp_milter.store.engines import StoreReport
from rmp_milter.store.format.codecs import Codecs
from rmp_milter.store.format.environment import Environment, lease, release, untouched
from rmp_milter.store.format.failures import StoreFailed
from rmp_milter.store.format.lmdb_access import LmdbAccess
from rmp_milter.store.format.tables import (
    FORMAT_KEY,
    INDEX_CHECK_KEY,
    LEDGER_KEY,
    OUTBOX_LEDGER_KEY,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from rmp_milter.engine.transaction import WholeMoment
    from rmp_milter.store.check.expected import Expected
    from rmp_milter.store.format.keys import StoreKeys

__all__ = ["StoreReport", "check"]


def check(
    folder: Path,
    keys: StoreKeys,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    *,
    copy: bool = False,
) -> StoreReport:
    """Verify the store in ``folder`` and return the findings, one line each.

    Of a ``copy``, which no process has open, nothing in its folder is touched.

    ``progress`` is told now and then how many records of how many are done. The lines
    name tables and identifiers, nobody and nothing else. Raises :class:`StoreError`
    where there is no store to be read at all.
    """
    try:
        with (
            untouched(folder) if copy else _leased(folder) as environment,
            LmdbAccess(environment).reading() as txn,
        ):
            return check_moment(txn, Codecs(keys), progress)
    except StoreFailed as error:
        line = f"the files cannot be read to the end: {error.detail}"
        return StoreReport(findings=(line,), counts={})


@contextmanager
def _leased(folder: Path) -> Iterator[Environment]:
    environment = lease(folder, 0, read_only=True)
    try:
        yield environment
    finally:
        release(environment)


def check_moment(
    txn: WholeMoment, codecs: Codecs, progress: Callable[[int, int], None]
) -> StoreReport:
    """Verify what ``txn`` shows of a store, in any engine."""
    walk = Walk(txn, progress)
    check_meta(walk, codecs)
    hasher = Hasher(os.urandom(RUN_KEY_BYTES))
    sums = {table: Sums(hasher) for table in WORDS}
    check_tables(walk, codecs, sums)
    _name_what_differs(walk, codecs, hasher, sums)
    walk.finish()
    return StoreReport(tuple(walk.findings), dict(walk.counts), tuple(walk.notes))


def _name_what_differs(
    walk: Walk, codecs: Codecs, hasher: Hasher, sums: Mapping[str, Sums]
) -> None:
    """Walk through all once more where a table's keys are not those asked for."""
    unequal = {table: each.unequal() for table, each in sums.items()}
    if not any(unequal.values()):
        return
    remembered = dict[str, Remembered]()
    for table, parts in unequal.items():
        few = sums[table].few(parts)
        remembered[table] = Remembered(hasher, few, whole=len(few) == len(parts))
    check_tables(walk.again(), codecs, remembered)
    for table, keys in remembered.items():
        name_differences(walk, WORDS[table], keys)


def check_tables(walk: Walk, codecs: Codecs, expected: Expected) -> None:
    """Walk the tables with records of their own first, then those that hang on them."""
    cards = CardCheck(walk)
    DoctorCheck(walk, codecs, expected, cards).run()
    DossierCheck(walk, codecs, expected, cards).run()
    check_waiting(walk, codecs, expected, cards)
    cards.finish()
    check_emergencies(walk, codecs, expected)
    check_letters(walk, codecs)
    check_bodies(walk, codecs, expected)
    check_receipts(walk, codecs)
    check_marks(walk, expected)
    check_tallies(walk, codecs, expected)
    check_index(walk, expected)
    check_ledger(walk, codecs)
    OutboxCheck(walk, codecs.outbox, expected).run()


def check_meta(walk: Walk, codecs: Codecs) -> None:
    """Names that no store has, and the index key; opening has checked the format."""
    for name in walk.unknown_tables():
        walk.add(f"there is a table {name} that no store has")
    for key in walk.keys("meta"):
        if key not in {FORMAT_KEY, INDEX_CHECK_KEY, LEDGER_KEY, OUTBOX_LEDGER_KEY}:
            walk.add(f"table meta has a record {key.hex()} that no store has")
    found = walk.get("meta", INDEX_CHECK_KEY)
    if found is None or bytes(found) != codecs.blind.check_value():
        walk.add("the index key is not that of this store")
