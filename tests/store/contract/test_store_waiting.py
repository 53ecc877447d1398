"""Deposits for a patient without a dossier: kept, found, adopted once, expired."""

import threading

import pytest
from contract_case import clean, refused
from msgspec.structs import replace
from store_case import (
    DAY,
    KEYS,
    NOW,
    a_deposit,
    a_mail,
    a_new_dossier,
    a_waiting,
    an_adoption,
    close,
    new_id,
    some_key_packets,
    with_dossier,
)

from rmp_milter.dossier.changes import Adoption, CardOfWaiting, Changes, NewBody, NewWaiting
from rmp_milter.store import Conflict, Outbox, Store, StoreError
from rmp_milter.store.engines import Engine
from rmp_milter.store.surface import LOOK_AGAIN_SECONDS


def kept(store: Store, *bodies: bytes, days: int = 30) -> NewWaiting:
    new = a_waiting(*bodies, days=days)
    store.commit(Changes(waiting=(new,)), NOW)
    return new


def test_what_waits_is_found_by_how_its_reference_begins(store: Store) -> None:
    ids = [kept(store, b"waits").waiting.waiting_id for _ in range(3)]

    def beginning(reference: str) -> list[bytes]:
        with store.snapshot() as view:
            return [each.waiting_id for each in view.waiting_beginning(reference)]

    for each in ids:
        assert beginning(each.hex()) == beginning(each.hex().upper()) == [each]
        assert each in beginning(each.hex()[:3])
    for nothing in ("", "xyz", ids[0].hex() + "0", "0x", "a b"):
        assert beginning(nothing) == []


def test_a_waiting_deposit_is_found_by_its_traits_and_not_as_a_dossier(
    store: Store, engine: Engine
) -> None:
    new = a_waiting(b"one", b"two", traits=("a", "b"))
    other = a_waiting(b"three", traits=("c",))
    store.commit(Changes(waiting=(new, other)), NOW)
    with store.snapshot() as view:
        assert view.waiting_by_traits(["b", "a", "none"]) == (new.waiting,)
        assert len(view.waiting_by_traits(["a", "c"])) == 2
        assert view.waiting_one(new.waiting.waiting_id) == new.waiting
        assert view.waiting_one(new_id()) is None
        assert view.waiting_one(b"") is None
        assert {each.waiting_id for each in view.waiting()} == {
            new.waiting.waiting_id,
            other.waiting.waiting_id,
        }
        assert view.dossiers_by_traits(["a"]) == ()
        assert view.body(new.bodies[0].document_id) == b"one"
    assert store.stats()["deposits_waiting"] == 2
    assert clean(engine)


def test_a_dossier_is_not_found_as_a_waiting_deposit(store: Store) -> None:
    with_dossier(store, "a")
    with store.snapshot() as view:
        assert view.waiting_by_traits(["a"]) == ()


def test_the_longest_expired_come_first_and_within_the_limit(store: Store) -> None:
    late, early, later = (kept(store, days=days) for days in (3, 1, 9))
    with store.snapshot() as view:
        assert view.waiting_expired(NOW + DAY - 1, 10) == ()
        assert view.waiting_expired(NOW + DAY, 10) == (early.waiting,)
        assert view.waiting_expired(NOW + 8 * DAY, 10) == (early.waiting, late.waiting)
        assert view.waiting_expired(NOW + 9 * DAY, 1) == (early.waiting,)
        assert len(view.waiting_expired(NOW + 9 * DAY, 3)) == 3
        assert view.waiting_expired(NOW + 9 * DAY, 3)[-1] == later.waiting


def test_the_bodies_must_be_those_that_the_entry_describes(store: Store) -> None:
    new = a_waiting(b"body")
    wrong = NewBody(document_id=new.bodies[0].document_id, data=b"BODY")
    with pytest.raises(StoreError, match="digest"):
        store.commit(Changes(waiting=(replace(new, bodies=(wrong,)),)), NOW)
    with pytest.raises(StoreError, match="not the same"):
        store.commit(Changes(waiting=(replace(new, bodies=()),)), NOW)
    assert store.stats()["documents"] == 0


def test_neither_identifier_nor_document_is_taken_twice(store: Store) -> None:
    new = kept(store, b"body")
    with pytest.raises(StoreError, match="identifier is taken"):
        store.commit(Changes(waiting=(new,)), NOW)
    entry = a_deposit(with_dossier(store), b"body")
    deposit = replace(
        entry,
        entry=new.waiting.entry,
        bodies=new.bodies,
    )
    with pytest.raises(StoreError, match="identifier is taken"):
        store.commit(Changes(entries=(deposit,)), NOW)


def test_a_creation_adopts_what_waited(store: Store, engine: Engine) -> None:
    new, dossier = kept(store, b"one", b"two"), a_new_dossier("waits")
    adoption = an_adoption(new, dossier.dossier.dossier_id)
    store.commit(Changes(dossiers=(dossier,), adoptions=(adoption,)), NOW)
    with store.snapshot() as view:
        last = view.last_entry(dossier.dossier.dossier_id)
        assert last is not None
        assert (last.number, last.entry) == (1, adoption.entry)
        assert view.body(new.bodies[1].document_id) == b"two"
        assert list(view.waiting()) == []
        assert view.waiting_by_traits(["waits"]) == ()
        assert view.waiting_expired(NOW + 99 * DAY, 9) == ()
    assert clean(engine)


def test_of_two_creations_at_once_one_adopts(store: Store, engine: Engine) -> None:
    new, start = kept(store, b"one"), threading.Barrier(6)
    told: list[str] = []

    def create(number: int) -> None:
        dossier = a_new_dossier(f"unlike {number}")
        adoption = an_adoption(new, dossier.dossier.dossier_id)
        start.wait()
        try:
            store.commit(Changes(dossiers=(dossier,), adoptions=(adoption,)), NOW)
        except Conflict as conflict:
            told.append(conflict.reason)

    threads = [threading.Thread(target=create, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == ["waiting"] * 5
    assert store.stats()["dossiers"] == store.stats()["entries"] == 1
    assert clean(engine)


def wrong_adoptions(new: NewWaiting, dossier_id: bytes) -> list[Adoption]:
    right = an_adoption(new, dossier_id)
    first, *rest = right.entry.documents
    contents = [
        tuple(rest),
        (first, first, *rest),
        (replace(first, size=first.size + 1), *rest),
        (replace(first, digest=b"x" * 32), *rest),
        (replace(first, document_id=new_id()), *rest),
    ]
    return [replace(right, entry=replace(right.entry, documents=each)) for each in contents]


def test_only_the_documents_that_waited_are_adopted(store: Store) -> None:
    new, dossier_id = kept(store, b"one", b"two"), with_dossier(store)
    for adoption in wrong_adoptions(new, dossier_id):
        with pytest.raises(StoreError, match="not those that waited"):
            store.commit(Changes(adoptions=(adoption,)), NOW)
    assert store.stats()["entries"] == 0


def test_an_adoption_needs_an_open_dossier(store: Store) -> None:
    new, dossier_id = kept(store, b"one"), with_dossier(store)
    with pytest.raises(StoreError, match="does not exist"):
        store.commit(Changes(adoptions=(an_adoption(new, new_id()),)), NOW)
    close(store, dossier_id)
    assert refused(store, Changes(adoptions=(an_adoption(new, dossier_id),))) == "dossier"


def test_a_deposit_that_waits_is_given_its_card(store: Store, engine: Engine) -> None:
    new = kept(store, b"one")
    waiting_id = new.waiting.waiting_id
    store.commit(Changes(waiting_cards=(CardOfWaiting(waiting_id, b"card"),)), NOW)
    with store.snapshot() as view:
        assert view.waiting_one(waiting_id) == replace(new.waiting, card=b"card")
        assert len(view.waiting_by_traits(["waits"])) == 1
    store.commit(Changes(expired=(waiting_id,)), NOW)
    late = Changes(waiting_cards=(CardOfWaiting(waiting_id, b"card"),))
    assert refused(store, late) == "waiting"
    lost = engine.check(KEYS)
    assert lost.findings == ()


def test_what_ends_is_not_given_a_card(store: Store) -> None:
    waiting_id = kept(store, b"one").waiting.waiting_id
    cards = (CardOfWaiting(waiting_id, b"card"),)
    with pytest.raises(StoreError, match="two changes of one thing"):
        store.commit(Changes(waiting_cards=cards, expired=(waiting_id,)), NOW)


def test_adopting_and_expiring_at_once_is_refused(store: Store) -> None:
    new = kept(store, b"one")
    adoption = an_adoption(new, with_dossier(store))
    with pytest.raises(StoreError, match="at once"):
        store.commit(
            Changes(adoptions=(adoption,), expired=(new.waiting.waiting_id,)),
            NOW,
        )


def test_an_expired_deposit_goes_with_its_bodies(store: Store, engine: Engine) -> None:
    new, other = kept(store, b"one", b"two"), kept(store, b"three")
    store.commit(Changes(key_packets=(some_key_packets(new.bodies[0].document_id),)), NOW)
    store.commit(Changes(expired=(new.waiting.waiting_id,)), NOW)
    with store.snapshot() as view:
        assert list(view.waiting()) == [other.waiting]
        assert view.body(new.bodies[0].document_id) is None
        assert view.body(other.bodies[0].document_id) == b"three"
    assert store.stats()["key_packets"] == 0
    assert refused(store, Changes(expired=(new.waiting.waiting_id,))) == "waiting"
    assert clean(engine)


# Bodies that an answer still needs


def copied(store: Store) -> tuple[bytes, bytes]:
    """A deposit that waits, and the prescriber's copy not sent yet."""
    new = a_waiting(b"one")
    document_id = new.bodies[0].document_id
    store.commit(Changes(waiting=(new,), outbox=(a_mail(document_id),)), NOW)
    return new.waiting.waiting_id, document_id


def test_a_body_stays_until_the_copy_is_sent(
    store: Store, outbox: Outbox, engine: Engine
) -> None:
    waiting_id, document_id = copied(store)
    store.commit(Changes(expired=(waiting_id,)), NOW)
    store.commit(Changes(), NOW + LOOK_AGAIN_SECONDS)
    assert store.stats()["bodies_given_up"] == 1
    with outbox.snapshot() as outgoing:
        assert outgoing.body(document_id) == b"one"
    assert clean(engine)
    outbox.sent(1)
    assert clean(engine)
    store.commit(Changes(), NOW + 2 * LOOK_AGAIN_SECONDS - 1)
    assert store.stats()["bodies_given_up"] == 1
    store.commit(Changes(), NOW + 2 * LOOK_AGAIN_SECONDS)
    with store.snapshot() as view:
        assert view.body(document_id) is None
    assert store.stats()["bodies_given_up"] == 0
    assert clean(engine)


def test_a_body_stays_for_a_parked_copy(store: Store, outbox: Outbox, engine: Engine) -> None:
    waiting_id, document_id = copied(store)
    outbox.park(1, "550 no such user")
    store.commit(Changes(expired=(waiting_id,)), NOW)
    for days in range(1, 40):
        store.commit(Changes(), NOW + days * DAY)
    outbox.retry(1, NOW + 40 * DAY)
    with outbox.snapshot() as outgoing:
        assert outgoing.body(document_id) == b"one"
    assert clean(engine)


def test_a_body_stays_for_a_copy_of_the_same_commit(store: Store, engine: Engine) -> None:
    new = kept(store, b"one")
    document_id = new.bodies[0].document_id
    store.commit(Changes(expired=(new.waiting.waiting_id,), outbox=(a_mail(document_id),)), NOW)
    with store.snapshot() as view:
        assert view.body(document_id) == b"one"
    assert clean(engine)


def test_many_orphans_of_parked_rows_do_not_hide_the_others(
    store: Store, outbox: Outbox, engine: Engine
) -> None:
    """More than one pass looks at are still needed; the last one is not, and goes."""
    for _ in range(101):
        waiting_id, _ = copied(store)
        store.commit(Changes(expired=(waiting_id,)), NOW)
    outbox.sent(101)
    for _ in range(2):
        store.commit(Changes(), NOW + LOOK_AGAIN_SECONDS)
    assert store.stats()["bodies_given_up"] == 100
    assert clean(engine)


def test_no_key_packets_are_written_for_a_body_given_up(store: Store) -> None:
    waiting_id, document_id = copied(store)
    store.commit(Changes(expired=(waiting_id,)), NOW)
    with pytest.raises(StoreError, match="not stored"):
        store.commit(Changes(key_packets=(some_key_packets(document_id),)), NOW)


def test_rows_that_need_the_same_body_each_count(
    store: Store, outbox: Outbox, engine: Engine
) -> None:
    new = kept(store, b"one")
    document_id = new.bodies[0].document_id
    mails = (a_mail(document_id, document_id), a_mail(document_id))
    store.commit(Changes(outbox=mails, expired=(new.waiting.waiting_id,)), NOW)
    outbox.sent(1)
    store.commit(Changes(), NOW + LOOK_AGAIN_SECONDS)
    assert store.stats()["bodies_given_up"] == 1
    outbox.sent(2)
    store.commit(Changes(), NOW + 2 * LOOK_AGAIN_SECONDS)
    assert store.stats()["bodies_given_up"] == 0
    assert clean(engine)
