import pytest
from store_case import (
    NOW,
    a_deposit,
    a_doctor,
    a_dossier,
    a_new_dossier,
    new_id,
    usable,
    with_dossier,
)

from rmp_milter.dossier.changes import Changes
from rmp_milter.store import Store


def test_a_doctor_is_found_by_all_he_is_known_by(store: Store) -> None:
    doctor, other = a_doctor(1, account="Zebulon"), a_doctor(2)
    store.commit(Changes(doctors=(doctor, other)), NOW)
    with store.snapshot() as view:
        assert view.doctor(doctor.doctor_id) == doctor
        assert view.doctor_by_account("Zebulon") == doctor
        assert view.doctor_by_mail("ZEBULON1@cabinet.EXAMPLE") == doctor
        assert view.doctor_by_fingerprint(doctor.fingerprint.upper()) == doctor
        assert view.doctor_by_rpps(doctor.rpps) == doctor
        for key_id in doctor.key_ids:
            assert view.doctor_by_key_id(key_id.upper()) == doctor
        assert {found.doctor_id for found in view.doctors()} == {
            doctor.doctor_id,
            other.doctor_id,
        }


def test_a_login_is_compared_as_it_is(store: Store) -> None:
    store.commit(Changes(doctors=(a_doctor(1, account="Zebulon"),)), NOW)
    with store.snapshot() as view:
        assert view.doctor_by_account("zebulon") is None


@pytest.mark.parametrize("value", ["", "unknown", "\udcff", "x" * 5000])
def test_nobody_is_found_by_what_nobody_has(store: Store, value: str) -> None:
    store.commit(Changes(doctors=(a_doctor(),)), NOW)
    with store.snapshot() as view:
        assert view.doctor_by_account(value) is None
        assert view.doctor_by_mail(value) is None
        assert view.doctor_by_fingerprint(value) is None
        assert view.doctor_by_key_id(value) is None
        assert view.doctor_by_rpps(value) is None
        assert view.dossiers_by_traits([value]) == ()


@pytest.mark.parametrize("identifier", [b"", b"short", b"z" * 16, b"z" * 600])
def test_an_unknown_identifier_leads_to_nothing_and_breaks_nothing(
    store: Store, identifier: bytes
) -> None:
    with store.snapshot() as view:
        assert view.doctor(identifier) is None
        assert view.dossier(identifier) is None
        assert view.entries(identifier) == ()
        assert view.last_entry(identifier) is None
        assert view.body(identifier) is None
        assert list(view.dossiers_of(identifier)) == []
    assert usable(store)


def test_dossiers_are_found_by_any_trait_and_given_once(store: Store) -> None:
    first = with_dossier(store, "a", "b", "c")
    second = with_dossier(store, "d")
    with store.snapshot() as view:
        found = view.dossiers_by_traits(["c", "a", "d", "none"])
    assert sorted(dossier.dossier_id for dossier in found) == sorted([first, second])


def test_the_dossiers_of_a_treating_doctor_are_his_own(store: Store) -> None:
    mine, his = new_id(), new_id()
    new = [a_new_dossier(f"{number}", dossier=a_dossier(treating=mine)) for number in range(3)]
    other = a_new_dossier("x", dossier=a_dossier(treating=his))
    store.commit(Changes(dossiers=(*new, other)), NOW)
    with store.snapshot() as view:
        found = {dossier.dossier_id for dossier in view.dossiers_of(mine)}
        assert found == {one.dossier.dossier_id for one in new}
        assert list(view.dossiers_of(his)) == [other.dossier]


def test_entries_come_in_order_with_numbers_from_one(store: Store) -> None:
    dossier_id, other = with_dossier(store, "a"), with_dossier(store, "b")
    for number in range(300):
        deposit = a_deposit(dossier_id, kind=f"{number}")
        store.commit(Changes(entries=(deposit,)), NOW)
    store.commit(Changes(entries=(a_deposit(other, kind="other"),)), NOW)
    with store.snapshot() as view:
        entries = view.entries(dossier_id)
        last = view.last_entry(dossier_id)
    assert [entry.number for entry in entries] == list(range(1, 301))
    assert [entry.entry.document_type for entry in entries] == [f"{n}" for n in range(300)]
    assert last == entries[-1]


def test_a_dossier_without_entries_has_no_last_one(store: Store) -> None:
    dossier_id = with_dossier(store)
    with store.snapshot() as view:
        assert view.entries(dossier_id) == ()
        assert view.last_entry(dossier_id) is None


def test_a_snapshot_does_not_see_what_comes_after_it(store: Store) -> None:
    dossier_id = with_dossier(store)
    with store.snapshot() as before:
        store.commit(Changes(digest=b"d" * 32, entries=(a_deposit(dossier_id, b"x"),)), NOW)
        assert not before.seen(b"d" * 32)
        assert before.entries(dossier_id) == ()
    with store.snapshot() as after:
        assert after.seen(b"d" * 32)
        assert len(after.entries(dossier_id)) == 1


def test_a_late_snapshot_is_of_one_moment_too(store: Store) -> None:
    dossier_id = with_dossier(store)
    with store.snapshot(late=True) as before:
        assert before.entries(dossier_id) == ()
        store.commit(Changes(digest=b"d" * 32, entries=(a_deposit(dossier_id, b"x"),)), NOW)
        assert not before.seen(b"d" * 32)
        assert before.entries(dossier_id) == ()
    with store.snapshot(late=True) as after:
        assert after.seen(b"d" * 32)
        assert len(after.entries(dossier_id)) == 1
    with store.snapshot(late=True):
        pass  # that nobody looked at


def test_a_body_cannot_be_read_after_its_snapshot(store: Store) -> None:
    entry = a_deposit(with_dossier(store), b"body")
    store.commit(Changes(entries=(entry,)), NOW)
    with store.snapshot() as view:
        body = view.body(entry.bodies[0].document_id)
        assert body == b"body"
    assert body is not None
    with pytest.raises(ValueError, match="released"):
        bytes(body)
