import functools
import os
import threading

import msgspec
import pytest
from contract_case import findings, made, meet, run_all
from engines import Tried
from store_case import (
    DAY,
    KEYS,
    NOW,
    a_deposit,
    a_doctor,
    a_dossier,
    a_mail,
    a_new_dossier,
    new_id,
    usable,
    with_dossier,
)

from rmp_milter.dossier.changes import Changes, NewBody, NewEntry
from rmp_milter.store import Conflict, Store, StoreError
from rmp_milter.store.engines import Engine


def test_all_that_a_mail_does_is_there_after_the_commit(store: Store, engine: Engine) -> None:
    new = a_new_dossier("trait")
    entry = a_deposit(new.dossier.dossier_id, b"body one", b"body two")
    doctor = a_doctor()
    store.commit(
        Changes(
            digest=b"d" * 32,
            dossiers=(new,),
            entries=(entry,),
            outbox=(a_mail(entry.bodies[0].document_id),),
            doctors=(doctor,),
        ),
        NOW,
    )
    with store.snapshot() as view:
        assert view.seen(b"d" * 32)
        assert view.dossiers_by_traits(["trait"]) == (new.dossier,)
        assert view.entries(new.dossier.dossier_id)[0].entry == entry.entry
        assert view.body(entry.bodies[1].document_id) == b"body two"
        assert view.doctor(doctor.doctor_id) == doctor
    assert store.stats()["outbox_waiting"] == 1
    assert findings(engine) == ()


@pytest.mark.promise(number=7)
def test_a_mail_that_is_done_is_not_done_again(store: Store) -> None:
    dossier_id = with_dossier(store)
    store.commit(Changes(digest=b"d" * 32), NOW)
    with pytest.raises(Conflict) as conflict:
        store.commit(
            Changes(
                digest=b"d" * 32, entries=(a_deposit(dossier_id, b"x"),), outbox=(a_mail(),)
            ),
            NOW,
        )
    assert conflict.value.reason == "duplicate"
    assert store.stats()["entries"] == 0
    assert store.stats()["outbox_waiting"] == 0


def test_a_command_without_digest_is_never_a_duplicate(store: Store) -> None:
    store.commit(Changes(outbox=(a_mail(),)), NOW)
    store.commit(Changes(outbox=(a_mail(),)), NOW)
    assert store.stats()["outbox_waiting"] == 2


def test_a_second_dossier_that_the_decision_did_not_know_of_is_refused(store: Store) -> None:
    with_dossier(store, "name", "number")
    with pytest.raises(Conflict) as conflict:
        store.commit(
            Changes(digest=b"d" * 32, dossiers=(a_new_dossier("other", "number"),)), NOW
        )
    assert conflict.value.reason == "patient"
    assert store.stats()["dossiers"] == 1
    assert store.stats()["duplicate_digests"] == 0


def test_homonyms_that_the_decision_knew_of_may_both_have_a_dossier(
    store: Store, engine: Engine
) -> None:
    first = with_dossier(store, "name", "number 1")
    second = a_new_dossier("name", "number 2", seen=(first,))
    store.commit(Changes(dossiers=(second,)), NOW)
    with store.snapshot() as view:
        found = view.dossiers_by_traits(["name", "number 1", "number 2"])
    assert {dossier.dossier_id for dossier in found} == {first, second.dossier.dossier_id}
    assert findings(engine) == ()


def test_two_dossiers_of_one_mail_must_not_share_a_trait(store: Store) -> None:
    twins = (a_new_dossier("name"), a_new_dossier("name"))
    with pytest.raises(Conflict):
        store.commit(Changes(dossiers=twins), NOW)
    assert store.stats()["dossiers"] == 0


def test_many_creations_at_once_make_one_dossier(store: Store, engine: Engine) -> None:
    reasons: list[str] = []
    start = threading.Barrier(8)

    def create() -> None:
        start.wait()
        try:
            store.commit(Changes(dossiers=(a_new_dossier("name"),)), NOW)
        except Conflict as conflict:
            reasons.append(conflict.reason)

    run_all([create] * 8)
    assert reasons == ["patient"] * 7
    assert store.stats()["dossiers"] == 1
    assert findings(engine) == ()


@pytest.mark.parametrize("field", ["rpps", "mail", "account", "fingerprint", "key_ids"])
def test_two_doctors_never_share_what_one_is_known_by(store: Store, field: str) -> None:
    first = a_doctor(1, account="zebulon")
    store.commit(Changes(doctors=(first,)), NOW)
    shared = getattr(first, field)
    shared = shared.upper() if field == "mail" else shared
    second = msgspec.structs.replace(a_doctor(2), **{field: shared})
    with pytest.raises(Conflict) as conflict:
        store.commit(Changes(doctors=(second,)), NOW)
    assert conflict.value.reason == "doctor"
    assert store.stats()["doctors"] == 1


def test_two_doctors_of_one_commit_never_share_either(store: Store) -> None:
    with pytest.raises(Conflict):
        store.commit(Changes(doctors=(a_doctor(1), a_doctor(1))), NOW)


def test_doctors_without_an_account_do_not_share_one(store: Store) -> None:
    store.commit(Changes(doctors=(a_doctor(1), a_doctor(2))), NOW)
    assert store.stats()["doctors"] == 2


def test_a_doctor_of_the_same_identifier_replaces_the_old_one(
    store: Store, engine: Engine
) -> None:
    old = a_doctor(1, account="old")
    new = a_doctor(2, doctor_id=old.doctor_id, account="new")
    new = msgspec.structs.replace(new, revision=1)
    store.commit(Changes(doctors=(old,)), NOW)
    store.commit(Changes(doctors=(new,)), NOW)
    with store.snapshot() as view:
        assert list(view.doctors()) == [new]
        assert view.doctor_by_account("old") is None
        assert view.doctor_by_rpps(old.rpps) is None
        assert view.doctor_by_account("new") == new
    assert findings(engine) == ()


def test_a_removed_doctor_is_found_by_nothing(store: Store, engine: Engine) -> None:
    doctor = a_doctor(1, account="zebulon")
    store.commit(Changes(doctors=(doctor,)), NOW)
    store.commit(Changes(removed_doctors=(doctor.doctor_id,)), NOW)
    with store.snapshot() as view:
        assert list(view.doctors()) == []
        assert view.doctor_by_account("zebulon") is None
        assert view.doctor_by_fingerprint(doctor.fingerprint) is None
    assert findings(engine) == ()


def test_what_a_removed_doctor_had_may_go_to_another_in_the_same_commit(store: Store) -> None:
    old, new = a_doctor(1), a_doctor(1)
    store.commit(Changes(doctors=(old,)), NOW)
    store.commit(Changes(doctors=(new,), removed_doctors=(old.doctor_id,)), NOW)
    with store.snapshot() as view:
        assert list(view.doctors()) == [new]


@pytest.mark.parametrize("count", [2, 3])
def test_doctors_of_one_commit_may_change_addresses_with_each_other(
    store: Store, engine: Engine, count: int
) -> None:
    before = [a_doctor(number) for number in range(count)]
    store.commit(Changes(doctors=tuple(before)), NOW)
    after = [
        msgspec.structs.replace(each, mail=before[(at + 1) % count].mail, revision=1)
        for at, each in enumerate(before)
    ]
    with pytest.raises(Conflict, match="doctor"):  # one alone would share it
        store.commit(Changes(doctors=(after[0],)), NOW)
    store.commit(Changes(doctors=tuple(after)), NOW)
    with store.snapshot() as view:
        assert [view.doctor_by_mail(each.mail) for each in after] == after
    assert findings(engine) == ()


def test_removing_a_doctor_who_is_not_there_is_a_conflict(store: Store) -> None:
    with pytest.raises(Conflict):
        store.commit(Changes(removed_doctors=(new_id(),)), NOW)


def a_wrong_body(entry: NewEntry, **changed: object) -> NewEntry:
    body = msgspec.structs.replace(entry.bodies[0], **changed)
    return msgspec.structs.replace(entry, bodies=(body,))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"data": b"BODY"}, "digest"),
        ({"data": b"body and more"}, "size"),
        ({"document_id": b"z" * 16}, "not the same"),
        ({"document_id": b"z"}, "16 bytes"),
    ],
)
def test_a_body_that_is_not_what_its_document_says_is_refused(
    store: Store, changed: dict[str, object], reason: str
) -> None:
    entry = a_deposit(with_dossier(store), b"body")
    with pytest.raises(StoreError, match=reason):
        store.commit(Changes(entries=(a_wrong_body(entry, **changed),)), NOW)
    assert store.stats()["documents"] == 0


def test_a_document_cannot_be_stored_twice(store: Store, engine: Engine) -> None:
    dossier_id = with_dossier(store)
    entry = a_deposit(dossier_id, b"body")
    with pytest.raises(StoreError, match="used twice"):
        store.commit(Changes(entries=(entry, entry)), NOW)
    store.commit(Changes(entries=(entry,)), NOW)
    with pytest.raises(StoreError, match="is taken"):
        store.commit(Changes(entries=(entry,)), NOW)
    assert findings(engine) == ()


def test_an_entry_needs_its_dossier(store: Store) -> None:
    with pytest.raises(StoreError, match="does not exist"):
        store.commit(Changes(entries=(a_deposit(new_id(), b"x"),)), NOW)


def test_an_answer_needs_the_bodies_it_refers_to(store: Store) -> None:
    with pytest.raises(StoreError, match="not stored"):
        store.commit(Changes(outbox=(a_mail(new_id()),)), NOW)
    assert store.stats()["outbox_waiting"] == 0


def test_a_dossier_identifier_is_never_used_again(store: Store) -> None:
    dossier = a_dossier()
    store.commit(Changes(dossiers=(a_new_dossier("one", dossier=dossier),)), NOW)
    with pytest.raises(StoreError, match="is taken"):
        store.commit(Changes(dossiers=(a_new_dossier("two", dossier=dossier),)), NOW)


def test_a_body_of_50_mb_goes_in_and_comes_out_in_place(store: Store) -> None:
    dossier_id = with_dossier(store)
    entry = a_deposit(dossier_id, os.urandom(1 << 20) * 50)
    view = memoryview(entry.bodies[0].data)
    document_id = entry.bodies[0].document_id
    lent = msgspec.structs.replace(entry, bodies=(NewBody(document_id, view),))
    store.commit(Changes(entries=(lent,)), NOW)
    with store.snapshot() as snapshot:
        body = snapshot.body(document_id)
        assert body is not None
        assert body.readonly
        assert body == entry.bodies[0].data


def test_digests_are_forgotten_after_their_time(engine: Engine) -> None:
    with made(engine) as store:
        store.commit(Changes(digest=b"d" * 32), NOW)
        store.commit(Changes(digest=b"e" * 32), NOW + 29 * DAY)
        assert store.stats()["duplicate_digests"] == 2
        store.commit(Changes(digest=b"f" * 32), NOW + 30 * DAY)
        with store.snapshot() as view:
            assert [view.seen(mark * 32) for mark in (b"d", b"e", b"f")] == [False, True, True]
    assert findings(engine) == ()


def test_a_bounded_number_of_digests_is_forgotten_at_once(engine: Engine) -> None:
    with made(engine) as store:
        for number in range(150):
            store.commit(Changes(digest=number.to_bytes(32, "big")), NOW)
        store.commit(Changes(), NOW + 31 * DAY)
        assert store.stats()["duplicate_digests"] == 50
        store.commit(Changes(), NOW + 31 * DAY)
        assert store.stats()["duplicate_digests"] == 0
    assert findings(engine) == ()


def test_changes_that_meet_share_one_transaction(
    store: Store, engine: Engine, tried: Tried
) -> None:
    dossier_id = with_dossier(store)
    before = tried.transactions(store)

    def deposit() -> None:
        store.commit(Changes(entries=(a_deposit(dossier_id, b"x"),)), NOW)

    meet(tried, store, [deposit] * 10)
    assert store.stats()["entries"] == 10
    assert tried.transactions(store) - before == 2  # the first by itself, then nine at once
    assert findings(engine) == ()


def test_an_emergency_is_in_the_next_transaction_whoever_waits(
    store: Store, engine: Engine, tried: Tried
) -> None:
    urgent = msgspec.structs.replace(a_mail(recipient="urgent@cabinet.example"), urgent=True)
    mails = [a_mail() for _ in range(80)] + [urgent]  # more than one transaction takes
    meet(
        tried,
        store,
        [functools.partial(store.commit, Changes(outbox=(mail,)), NOW) for mail in mails],
    )
    with engine.outbox(KEYS.outbox) as outbox:
        (row,) = [row for row in outbox.rows() if row.recipient == urgent.recipient]
        assert len(outbox.rows()) == len(mails)
    assert row.row == 2  # rows are numbered as they are written; the first was under way


def test_one_conflict_in_a_group_lets_the_others_through(
    store: Store, engine: Engine, tried: Tried
) -> None:
    dossier_id = with_dossier(store, "taken")
    told: list[str] = []

    def deposit() -> None:
        store.commit(Changes(entries=(a_deposit(dossier_id, b"x"),)), NOW)

    def clash() -> None:
        try:
            store.commit(Changes(dossiers=(a_new_dossier("taken"),), outbox=(a_mail(),)), NOW)
        except Conflict as conflict:
            told.append(conflict.reason)

    meet(tried, store, [deposit, clash, deposit, clash, deposit])
    assert told == ["patient"] * 2
    assert store.stats()["entries"] == 3
    assert store.stats()["outbox_waiting"] == 0
    assert findings(engine) == ()


def test_changes_that_cannot_be_encoded_spoil_only_themselves(
    store: Store,
    engine: Engine,
    tried: Tried,
) -> None:
    dossier_id = with_dossier(store)
    told: list[Exception] = []

    def deposit(kind: str) -> None:
        try:
            entry = a_deposit(dossier_id, b"x", kind=kind)
            store.commit(Changes(entries=(entry,), outbox=(a_mail(),)), NOW)
        except (StoreError, ValueError) as error:
            told.append(error)

    works = [lambda: deposit("good"), lambda: deposit("\ud800")] * 3
    meet(tried, store, list(works))
    assert len(told) == 3
    assert store.stats()["entries"] == 3
    assert store.stats()["outbox_waiting"] == 3
    assert findings(engine) == ()


def test_the_same_mail_twice_in_a_group_is_done_once(store: Store, tried: Tried) -> None:
    told: list[str] = []

    def send() -> None:
        try:
            store.commit(Changes(digest=b"d" * 32, outbox=(a_mail(),)), NOW)
        except Conflict as conflict:
            told.append(conflict.reason)

    meet(tried, store, [send] * 6)
    assert told == ["duplicate"] * 5
    assert store.stats()["outbox_waiting"] == 1


def test_a_time_beyond_what_keys_hold_is_refused_and_nothing_written(store: Store) -> None:
    with pytest.raises(OverflowError):
        store.commit(Changes(digest=b"d" * 32, outbox=(a_mail(),)), 2**32)
    assert store.stats()["outbox_waiting"] == 0
    assert usable(store)
