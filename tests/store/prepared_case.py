"""A rotation that is prepared while the store is in use, and what is done to it meanwhile."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from found_case import ONCE
from migration_case import silent
from msgspec.structs import replace
from rotation_case import Content, keys_in, succession_in
from store_case import (
    DAY,
    NOW,
    a_deposit,
    a_doctor,
    a_letter,
    a_line,
    a_mail,
    a_new_dossier,
    a_strike,
    a_waiting,
    an_adoption,
    an_emergency,
    changed,
    close,
    some_key_packets,
    with_dossier,
)

from rmp_milter.dossier.changes import Changes, ToldUpTo
from rmp_milter.dossier.model import EmergencyState
from rmp_milter.store import StoreKeys, lmdb_rotating, preparing
from rmp_milter.store.engines import Engine, PreparedRotation
from rmp_milter.store.format.codecs import Codec
from rmp_milter.store.format.records import RowState
from rmp_milter.store.format.succession import Rotated
from rmp_milter.store.format.tables import LEDGER_KEY, OUTBOX_LEDGER_KEY
from rmp_milter.store.in_use import FileInUse
from rmp_milter.store.lmdb_engine import LmdbEngine
from rmp_milter.store.resealing import METADATA_TABLES, OUTBOX_TABLES
from rmp_milter.store.surface import Outbox, Store

LATER = NOW + 100

Outboxes = Callable[[], Outbox]

BETWEEN = ("a dossier is made", "entries are appended", "rows leave", "marks come and go")
"""What happens to a store on any day."""


def prepare(home: Path, which: Rotated) -> PreparedRotation:
    return preparing.prepare(FileInUse(home / "store"), succession_in(home, which), silent)


def finish(home: Path, which: Rotated) -> bool:
    return lmdb_rotating.rotate(
        home / "store", succession_in(home, which), silent, prepared_only=True
    )


def _a_dossier_is_made(store: Store, _outbox: Outboxes) -> None:
    new = a_new_dossier("made since", dossier=None)
    deposit = a_deposit(new.dossier.dossier_id, b"first", b"second")
    mail = a_mail(deposit.bodies[0].document_id)
    packets = some_key_packets(deposit.bodies[0].document_id, 2)
    store.commit(Changes(dossiers=(new,), entries=(deposit,), outbox=(mail,)), LATER)
    store.commit(Changes(key_packets=(packets,)), LATER)


def _entries_are_appended(store: Store, _outbox: Outboxes) -> None:
    with store.snapshot() as view:
        ids = [each.dossier_id for each in view.dossiers_by_traits(["trait 0", "trait 1"])]
    for number in range(3):
        store.commit(
            Changes(entries=tuple(a_deposit(each, os.urandom(50 + number)) for each in ids)),
            LATER,
        )


def _a_dossier_is_changed(store: Store, _outbox: Outboxes) -> None:
    with store.snapshot() as view:
        (dossier,) = view.dossiers_by_traits(["trait 1"])
    married = replace(dossier.patient, birth_name="GRUBER")
    update = changed(store, dossier.dossier_id, "gruber", "trait 1", patient=married)
    store.commit(Changes(updates=(update,)), LATER)


def _doctors_change(store: Store, _outbox: Outboxes) -> None:
    with store.snapshot() as view:
        first, second = (
            view.doctor_by_rpps(a_doctor(1).rpps),
            view.doctor_by_rpps(a_doctor(2).rpps),
        )
    assert first
    assert second
    moved = replace(first, mail="moved@cabinet.example", revision=first.revision + 1)
    new = a_doctor(9)
    store.commit(
        Changes(
            doctors=(moved, new),
            removed_doctors=(second.doctor_id,),
            told=(ToldUpTo(first.doctor_id, NOW),),
            receipts=(a_line(new, LATER),),
        ),
        LATER,
    )


def _deposits_are_attached(store: Store, _outbox: Outboxes) -> None:
    dossier_id = with_dossier(store, "waits too")
    kept = a_waiting(b"comes since", traits=("waits since",))
    store.commit(Changes(waiting=(kept,)), LATER)
    with store.snapshot() as view:
        (waiting,) = view.waiting_by_traits(["waits too"])
        (other,) = view.waiting_by_traits(["waits"])
    adoption = an_adoption(replace(kept, waiting=waiting), dossier_id)
    store.commit(Changes(adoptions=(adoption,), expired=(other.waiting_id,)), LATER)


def _a_dossier_is_erased(store: Store, _outbox: Outboxes) -> None:
    with store.snapshot() as view:
        (dossier,) = view.dossiers_by_traits(["trait 0"])
    close(store, dossier.dossier_id)
    store.commit(Changes(erased=(dossier.dossier_id,)), LATER)


def _rows_leave(store: Store, outbox: Outboxes) -> None:
    with store.snapshot() as view:
        (dossier,) = view.dossiers_by_traits(["trait 1"])
        (entry, *_) = view.entries(dossier.dossier_id)
    document = entry.entry.documents[0].document_id
    store.commit(Changes(outbox=(a_mail(document), a_mail(document), a_mail())), LATER)
    with outbox() as opened_outbox:
        rows = [each.row for each in opened_outbox.rows() if each.state is RowState.WAITING]
        opened_outbox.sent(rows[0], rows[-1])
        opened_outbox.failed(rows[1], "not now", LATER + 60)
        opened_outbox.park(rows[2], "never")


def _emergencies_go_on(store: Store, _outbox: Outboxes) -> None:
    with store.snapshot() as view:
        first = view.emergency("U-ABCD-0001")
        (dossier,) = view.dossiers_by_traits(["trait 1"])
        letter, *_ = view.postal()
    assert first
    looked_into = replace(
        first, state=EmergencyState.CLOSED, reviewed_at=LATER, revision=first.revision + 1
    )
    new = an_emergency(dossier.dossier_id, 2, at=LATER)
    store.commit(
        Changes(
            emergencies=(looked_into, new),
            postal=(a_letter(2, LATER),),
            posted=(letter.letter_id,),
        ),
        LATER,
    )


def _marks_come_and_go(store: Store, _outbox: Outboxes) -> None:
    store.commit(
        Changes(
            digest=b"since" * 6,
            once=(replace(ONCE, value=b"attestation 2"),),
            strikes=(a_strike(b"one", LATER), a_strike(b"three", LATER)),
            cleared=(a_strike(b"two"),),
        ),
        LATER,
    )


def _all_that_is_over_goes(store: Store, _outbox: Outboxes) -> None:
    for _ in range(4):
        store.commit(Changes(), NOW + 400 * DAY)


def _nothing(_store: Store, _outbox: Outboxes) -> None:
    """The store is as it was."""


CHANGES: Mapping[str, Callable[[Store, Outboxes], None]] = {
    "nothing": _nothing,
    "a dossier is made": _a_dossier_is_made,
    "entries are appended": _entries_are_appended,
    "a dossier is changed": _a_dossier_is_changed,
    "doctors change": _doctors_change,
    "deposits are attached": _deposits_are_attached,
    "rows leave": _rows_leave,
    "emergencies go on": _emergencies_go_on,
    "marks come and go": _marks_come_and_go,
    "a dossier is erased": _a_dossier_is_erased,
    "all that is over goes": _all_that_is_over_goes,
}


def change(home: Path, *names: str, engine: Engine | None = None) -> None:
    """Do to the store what has these names; ``engine`` has it, the file's unless said."""
    keeps, keys = engine or LmdbEngine(home / "store", 0), keys_in(home)
    with keeps.open(keys) as store:
        for name in names:
            CHANGES[name](store, lambda: keeps.outbox(keys.outbox, clock=lambda: LATER))


def opened(found: Content, keys: StoreKeys) -> dict[str, object]:
    """Return what the records hold, whatever they were sealed with; of chains the length alone."""
    tables: dict[str, object] = {**found}
    for name in (*METADATA_TABLES, "entries", "heads"):
        tables[name] = _unsealed(found[name], name, keys.metadata)
    for name in OUTBOX_TABLES:
        tables[name] = _unsealed(found[name], name, keys.outbox)
    tables["meta"] = {
        **found["meta"],
        **_unsealed(_only(found["meta"], LEDGER_KEY), "meta", keys.metadata),
        **_unsealed(_only(found["meta"], OUTBOX_LEDGER_KEY), "outbox_meta", keys.outbox),
    }
    return tables


def _only(records: dict[bytes, bytes], key: bytes) -> dict[bytes, bytes]:
    return {key: records[key]}


def _unsealed(records: dict[bytes, bytes], name: str, key: bytes) -> dict[bytes, object]:
    codec = Codec(name, key, dict[str, object])
    found = {place: codec.open(place, sealed) for place, sealed in records.items()}
    for record in found.values():
        for chained in ("previous", "last") if name in {"entries", "heads"} else ():
            record.pop(chained, None)
    return {**found}


def stage_in(home: Path) -> str:
    found = preparing.waiting_in(home / "store")
    return "" if found is None else "ready" if found.ready else "begun"


def nothing_is_left(home: Path) -> bool:
    there = sorted(each.name for each in (home / "store").iterdir())
    return there == ["data.mdb", "lock.mdb"] and not list(home.glob("*.next"))
