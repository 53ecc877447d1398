"""A closed dossier erased: what is destroyed, what stays as the trace."""

import pytest
from contract_case import clean
from msgspec.structs import replace
from store_case import (
    DAY,
    NOW,
    a_deposit,
    a_mail,
    a_patient,
    an_entry,
    changed,
    close,
    new_id,
    some_key_packets,
    the_dossier,
    with_dossier,
)

from rmp_milter.dossier.changes import Changes, NewBody, NewEntry
from rmp_milter.dossier.model import Patient, Sheet, Slots, StandingKey
from rmp_milter.store import Conflict, Outbox, Store, StoreError
from rmp_milter.store.engines import Engine
from rmp_milter.store.surface import LOOK_AGAIN_SECONDS

LATER = NOW + 10 * DAY


def a_standing_deposit(dossier_id: bytes, *bodies: bytes) -> NewEntry:
    """A deposit with key packets of a standing reader."""
    new = a_deposit(dossier_id, *bodies)
    standing = (StandingKey(fingerprint="ab" * 20, packet=b"standing"),)
    documents = tuple(replace(each, standing=standing) for each in new.entry.documents)
    return replace(new, entry=replace(new.entry, documents=documents, prescriber="Dr P"))


def filled(store: Store) -> tuple[bytes, tuple[NewBody, ...]]:
    """A closed dossier of three entries, with late key packets and a patient's key."""
    dossier_id = with_dossier(store, "name", "number")
    update = changed(store, dossier_id, sheet=Sheet("BAUM"), card=b"digests")
    store.commit(Changes(updates=(update,)), NOW)
    entries = tuple(a_standing_deposit(dossier_id, b"a", b"b") for _ in range(3))
    bodies = tuple(body for entry in entries for body in entry.bodies)
    key_packets = tuple(
        some_key_packets(body.document_id, reader) for body in bodies for reader in (1, 2)
    )
    patient = a_patient(dossier_id)
    store.commit(Changes(entries=entries, key_packets=key_packets, doctors=(patient,)), NOW)
    close(store, dossier_id)
    return dossier_id, bodies


@pytest.mark.promise(number=16)
def test_keys_bodies_and_names_are_destroyed(store: Store, engine: Engine) -> None:
    dossier_id, bodies = filled(store)
    before = the_dossier(store, dossier_id)
    store.commit(Changes(erased=(dossier_id,)), LATER)
    after = the_dossier(store, dossier_id)
    assert after.slots == Slots(code=None, custody=b"", vitale=b"")
    assert after.patient == Patient("", "", "")
    assert after.sheet == Sheet()
    assert (before.card, after.card) == (b"digests", b"")
    assert after.closure is not None
    assert after.closure.erased_at == LATER
    assert after.revision == before.revision + 1
    with store.snapshot() as view:
        assert view.dossiers_by_traits(["name", "number"]) == ()
        assert view.patient_of(dossier_id) is None
        assert all(view.body(body.document_id) is None for body in bodies)
        assert all(view.key_packets(body.document_id, f"{1:040x}") == b"" for body in bodies)
    stats = store.stats()
    assert (stats["documents"], stats["key_packets"], stats["doctors"]) == (0, 0, 0)
    assert clean(engine)


@pytest.mark.promise(number=16)
def test_the_trace_of_each_entry_stays(store: Store) -> None:
    dossier_id, bodies = filled(store)
    with store.snapshot() as view:
        before = view.entries(dossier_id)
    store.commit(Changes(erased=(dossier_id,)), LATER)
    with store.snapshot() as view:
        after = view.entries(dossier_id)
    assert [each.number for each in after] == [1, 2, 3]
    for old, new in zip(before, after, strict=True):
        assert (new.entry.author, new.entry.received_at) == (
            old.entry.author,
            old.entry.received_at,
        )
        assert (new.entry.document_type, new.entry.onglet_reason) == ("", "")
        assert new.entry.prescriber == ""
    documents = [document for each in after for document in each.entry.documents]
    assert [each.document_id for each in documents] == [each.document_id for each in bodies]
    assert {(each.sealed_key, each.standing, each.parts) for each in documents} == {
        (b"", (), ())
    }


def test_another_dossier_is_left_alone(store: Store, engine: Engine) -> None:
    dossier_id, _ = filled(store)
    other = with_dossier(store, "another")
    entry = a_standing_deposit(other, b"stays")
    late = some_key_packets(entry.bodies[0].document_id)
    store.commit(Changes(entries=(entry,), key_packets=(late,)), NOW)
    store.commit(Changes(erased=(dossier_id,)), LATER)
    with store.snapshot() as view:
        assert view.entries(other)[0].entry == entry.entry
        assert view.body(late.document_id) == b"stays"
        assert view.key_packets(late.document_id, late.fingerprint) == late.packet
    assert clean(engine)


def test_a_dossier_without_entries_can_be_erased(store: Store, engine: Engine) -> None:
    dossier_id = with_dossier(store)
    close(store, dossier_id)
    store.commit(Changes(erased=(dossier_id,)), LATER)
    assert clean(engine)


@pytest.mark.parametrize("state", ["open", "erased", "unknown"])
def test_only_a_closed_dossier_is_erased(store: Store, state: str) -> None:
    dossier_id = new_id() if state == "unknown" else with_dossier(store)
    if state == "erased":
        close(store, dossier_id)
        store.commit(Changes(erased=(dossier_id,)), LATER)
    with pytest.raises(Conflict) as conflict:
        store.commit(Changes(erased=(dossier_id,)), LATER)
    assert conflict.value.reason == "dossier"


def test_an_erased_dossier_takes_nothing_more(store: Store) -> None:
    dossier_id, _ = filled(store)
    store.commit(Changes(erased=(dossier_id,)), LATER)
    entry = NewEntry(dossier_id=dossier_id, entry=an_entry(), bodies=())
    with pytest.raises(Conflict):
        store.commit(Changes(entries=(entry,)), LATER)
    update = changed(store, dossier_id, patient=Patient("BAUM", "L", "1950-02-03"))
    with pytest.raises(StoreError, match="erased"):
        store.commit(Changes(updates=(update,)), LATER)


def test_an_update_cannot_say_that_a_dossier_is_erased(store: Store) -> None:
    dossier_id, _ = filled(store)
    closure = the_dossier(store, dossier_id).closure
    assert closure is not None
    update = changed(store, dossier_id, closure=replace(closure, erased_at=NOW))
    with pytest.raises(StoreError, match="erases"):
        store.commit(Changes(updates=(update,)), NOW)


def test_the_patient_may_have_a_new_dossier_after_an_erasure(
    store: Store, engine: Engine
) -> None:
    dossier_id, _ = filled(store)
    store.commit(Changes(erased=(dossier_id,)), LATER)
    assert with_dossier(store, "name", "number") != dossier_id
    assert clean(engine)


def test_a_copy_not_sent_yet_keeps_its_body_and_no_key_packets(
    store: Store, outbox: Outbox, engine: Engine
) -> None:
    dossier_id, (first, *rest) = filled(store)
    store.commit(Changes(outbox=(a_mail(first.document_id),)), NOW)
    store.commit(Changes(erased=(dossier_id,)), LATER)
    stats = store.stats()
    assert (stats["bodies_given_up"], stats["documents"], stats["key_packets"]) == (1, 0, 0)
    with store.snapshot() as view:
        assert view.body(first.document_id) == b"a"
        assert all(view.body(each.document_id) is None for each in rest)
    assert clean(engine)
    outbox.sent(1)
    store.commit(Changes(), LATER + LOOK_AGAIN_SECONDS)
    with store.snapshot() as view:
        assert view.body(first.document_id) is None
    assert clean(engine)
