"""Which records changes will be judged by, so that an engine far away gets them in one go.

Only speed hangs on it: what is not said here is read when it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmp_milter.dossier.changes import CardOf
from rmp_milter.dossier.model import Fault
from rmp_milter.engine.transaction import Expected
from rmp_milter.store.format.blind import LinkKind
from rmp_milter.store.format.codecs import tally_key, u32
from rmp_milter.store.format.tables import LEDGER_KEY, OUTBOX_LEDGER_KEY, StoreTable
from rmp_milter.store.write.validation import new_bodies, referred_bodies

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rmp_milter.dossier.changes import Changes
    from rmp_milter.store.format.codecs import Codecs

_LATEST = 0xFFFFFFFF
_PRUNED = (
    StoreTable.SEEN_EXPIRY,
    StoreTable.TALLY_EXPIRY,
    StoreTable.ORPHANS_DUE,
    StoreTable.SENT_EXPIRY,
)


def expected_of(batch: Iterable[tuple[Changes, int]], codecs: Codecs) -> Expected:
    """Return what recorders will most often ask for, to judge and write a batch of changes.

    Each comes with the time at which its mail's digest may be forgotten.
    """
    expected = Expected(beginnings=_PRUNED)
    expected.record(StoreTable.META, LEDGER_KEY)
    expected.record(StoreTable.META, OUTBOX_LEDGER_KEY)
    for changes, expires in batch:
        for dossier_id in _dossiers(changes):
            expected.record(StoreTable.DOSSIERS, dossier_id)
        for dossier_id in _filed_in(changes):
            expected.record(StoreTable.HEADS, dossier_id)
            expected.last(StoreTable.ENTRIES, dossier_id)
        for doctor_id in _doctors(changes):
            expected.record(StoreTable.DOCTORS, doctor_id)
        for key, until in _marks(changes, expires, codecs):
            expected.record(StoreTable.SEEN, key)
            expected.record(StoreTable.SEEN_EXPIRY, _beginning(until) + key)
        for fault, subject in _counted(changes):
            key = tally_key(codecs.blind, Fault(fault), subject)
            expected.record(StoreTable.TALLIES, key)
        for document_id in (*_new(changes), *referred_bodies(changes)):
            expected.record(StoreTable.BODIES, document_id)
        for line in changes.receipts:
            expected.last(StoreTable.RECEIPTS, line.doctor_id)
    return expected


def _dossiers(changes: Changes) -> Iterator[bytes]:
    yield from (each.id for each in changes.ground if each.kind is CardOf.DOSSIER)
    yield from (new.dossier.dossier_id for new in changes.dossiers)
    yield from (update.dossier.dossier_id for update in changes.updates)
    yield from _filed_in(changes)
    yield from changes.erased


def _filed_in(changes: Changes) -> Iterator[bytes]:
    yield from (entry.dossier_id for entry in changes.entries)
    yield from (adoption.dossier_id for adoption in changes.adoptions)
    yield from (counted.dossier_id for counted in changes.counted)


def _counted(changes: Changes) -> set[tuple[Fault, bytes]]:
    struck = {(each.fault, each.subject) for each in (*changes.strikes, *changes.cleared)}
    return struck | {(each.fault, each.subject) for each in changes.tried}


def _doctors(changes: Changes) -> Iterator[bytes]:
    yield from (each.id for each in changes.ground if each.kind is CardOf.PERSON)
    yield from (doctor.doctor_id for doctor in changes.doctors)
    yield from (line.doctor_id for line in changes.receipts)
    yield from changes.removed_doctors


def _marks(changes: Changes, expires: int, codecs: Codecs) -> Iterator[tuple[bytes, int]]:
    if changes.digest:
        yield codecs.blind.of(LinkKind.SEEN, changes.digest), expires
    for once in changes.once:
        yield codecs.blind.of(LinkKind.ONCE, once.value), once.expires


def _beginning(until: int) -> bytes:
    """Return a time as keys begin with it; one that cannot be written is refused elsewhere."""
    return u32(until) if 0 <= until <= _LATEST else b""


def _new(changes: Changes) -> Iterator[bytes]:
    return (body.document_id for body in new_bodies(changes))
