"""What changes rest on: where a card that was presented is another by the commit, they conflict."""

import threading

from contract_case import refused
from msgspec.structs import replace
from store_case import (
    NOW,
    a_deposit,
    a_doctor,
    a_new_dossier,
    changed,
    close,
    some_key_packets,
    the_dossier,
    with_dossier,
)

from rmp_milter.dossier.changes import CardOf, Changes, DossierUpdate, Presented
from rmp_milter.dossier.model import Doctor
from rmp_milter.dossier.revisions import revised
from rmp_milter.store import Conflict, Store

CARD, NEXT = b"card 1", b"card 2"


def carded(store: Store) -> tuple[bytes, Doctor]:
    """Return a dossier and a doctor that have a card each."""
    dossier_id, doctor = with_dossier(store), replace(a_doctor(), card=CARD)
    update = changed(store, dossier_id, card=CARD)
    store.commit(Changes(updates=(update,), doctors=(doctor,)), NOW)
    return dossier_id, doctor


def count(store: Store, dossier_id: bytes) -> int:
    with store.snapshot() as view:
        return len(view.entries(dossier_id))


def test_a_deposit_on_the_cards_in_force_is_filed(store: Store) -> None:
    dossier_id, doctor = carded(store)
    ground = (
        Presented(CardOf.DOSSIER, dossier_id, CARD),
        Presented(CardOf.PERSON, doctor.doctor_id, CARD),
    )
    store.commit(Changes(entries=(a_deposit(dossier_id, b"a"),), ground=ground), NOW)
    assert count(store, dossier_id) == 1


def test_a_deposit_beside_a_change_of_its_dossier_is_decided_again(store: Store) -> None:
    dossier_id, _ = carded(store)
    store.commit(Changes(updates=(changed(store, dossier_id, card=NEXT),)), NOW)
    deposit = a_deposit(dossier_id, b"a")
    before = (Presented(CardOf.DOSSIER, dossier_id, CARD),)
    assert refused(store, Changes(entries=(deposit,), ground=before)) == "ground"
    assert count(store, dossier_id) == 0
    now = (Presented(CardOf.DOSSIER, dossier_id, NEXT),)
    store.commit(Changes(entries=(deposit,), ground=now), NOW)
    assert count(store, dossier_id) == 1


def test_key_packets_beside_a_change_of_key_are_decided_again(store: Store) -> None:
    dossier_id, doctor = carded(store)
    deposit = a_deposit(dossier_id, b"a")
    store.commit(Changes(entries=(deposit,)), NOW)
    store.commit(Changes(doctors=(replace(doctor, revision=1, card=NEXT),)), NOW)
    packets = (some_key_packets(deposit.bodies[0].document_id),)
    ground = (Presented(CardOf.PERSON, doctor.doctor_id, CARD),)
    assert refused(store, Changes(key_packets=packets, ground=ground)) == "ground"


def test_what_rests_on_somebody_who_left_is_decided_again(store: Store) -> None:
    dossier_id, doctor = carded(store)
    store.commit(Changes(removed_doctors=(doctor.doctor_id,)), NOW)
    ground = (Presented(CardOf.PERSON, doctor.doctor_id, CARD),)
    entries = (a_deposit(dossier_id, b"a"),)
    assert refused(store, Changes(entries=entries, ground=ground)) == "ground"


def test_what_changes_a_card_may_have_presented_the_one_before_and_the_next(
    store: Store,
) -> None:
    dossier_id, doctor = carded(store)
    ground = tuple(
        Presented(kind, identifier, card)
        for kind, identifier in (
            (CardOf.DOSSIER, dossier_id),
            (CardOf.PERSON, doctor.doctor_id),
        )
        for card in (CARD, NEXT)
    )
    update = changed(store, dossier_id, card=NEXT)
    doctors = (replace(doctor, revision=1, card=NEXT),)
    store.commit(Changes(updates=(update,), doctors=doctors, ground=ground), NOW)
    assert the_dossier(store, dossier_id).card == NEXT


def test_what_changes_a_record_still_needs_its_revision(store: Store) -> None:
    dossier_id, _ = carded(store)
    late = changed(store, dossier_id, card=NEXT, seen=4)
    close(store, dossier_id)
    ground = (Presented(CardOf.DOSSIER, dossier_id, CARD),)
    assert refused(store, Changes(updates=(late,), ground=ground)) == "dossier"


def test_a_new_dossiers_own_card_may_be_presented(store: Store) -> None:
    new = a_new_dossier("somebody")
    new = replace(new, dossier=replace(new.dossier, card=CARD))
    dossier_id = new.dossier.dossier_id
    ground = (Presented(CardOf.DOSSIER, dossier_id, CARD),)
    entries = (a_deposit(dossier_id, b"a"),)
    store.commit(Changes(dossiers=(new,), entries=entries, ground=ground), NOW)
    assert count(store, dossier_id) == 1


def test_a_mail_that_is_done_is_a_duplicate_whatever_it_rested_on(store: Store) -> None:
    dossier_id, _ = carded(store)
    store.commit(Changes(digest=b"d" * 32), NOW)
    ground = (Presented(CardOf.DOSSIER, dossier_id, NEXT),)
    assert refused(store, Changes(digest=b"d" * 32, ground=ground)) == "duplicate"


def test_of_many_at_one_moment_none_is_filed_on_a_card_that_went(store: Store) -> None:
    """They meet in one transaction; what stands before the change in it is filed."""
    dossier_id, _ = carded(store)
    ground = (Presented(CardOf.DOSSIER, dossier_id, CARD),)
    update = Changes(updates=(changed(store, dossier_id, card=NEXT),))
    deposits = [
        Changes(entries=(a_deposit(dossier_id, b"%d" % number),), ground=ground)
        for number in range(20)
    ]
    outcomes: list[str] = []
    begin = threading.Barrier(len(deposits) + 1)

    def commit(changes: Changes) -> None:
        begin.wait()
        try:
            store.commit(changes, NOW)
        except Conflict as conflict:
            outcomes.append(conflict.reason)

    threads = [
        threading.Thread(target=commit, args=(each,))
        for each in (*deposits[:10], update, *deposits[10:])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(outcomes) <= {"ground"}
    assert count(store, dossier_id) + len(outcomes) == len(deposits)
    assert the_dossier(store, dossier_id).card == NEXT
    late = Changes(entries=(a_deposit(dossier_id, b"late"),), ground=ground)
    assert refused(store, late) == "ground"


def test_who_is_given_packets_of_all_documents_misses_none_that_came_meanwhile(
    store: Store,
) -> None:
    dossier_id, _ = carded(store)
    store.commit(Changes(digest=b"one", entries=(a_deposit(dossier_id),)), NOW)
    with store.snapshot() as view:
        dossier = view.dossier(dossier_id)
        assert dossier is not None
        entries = len(view.entries(dossier_id))
    update = DossierUpdate(revised(dossier, card=NEXT), entries=entries)
    store.commit(Changes(digest=b"two", entries=(a_deposit(dossier_id),)), NOW)
    assert refused(store, Changes(updates=(update,))) == "entries"
    store.commit(Changes(updates=(replace(update, entries=entries + 1),)), NOW)
