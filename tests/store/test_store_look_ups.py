"""What is found without reading all there is: locums, names, keys, what is open or due."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from store_case import (
    DAY,
    KEYS,
    NOW,
    a_doctor,
    a_dossier,
    a_line,
    a_new_dossier,
    a_patient,
    an_emergency,
    changed,
    close,
    make_store,
    with_dossier,
)

from rmp_milter.credentials import CertificateKind, CredentialFacts
from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.credentials import names_of
from rmp_milter.dossier.model import (
    Closure,
    Credential,
    Doctor,
    Emergency,
    EmergencyState,
    Locum,
)
from rmp_milter.dossier.revisions import revised
from rmp_milter.handlers.people.keys import is_taken
from rmp_milter.store import Conflict, Store
from rmp_milter.store.check.whole import check
from testbed.examples import some


def clean(folder: Path) -> bool:
    return check(folder, KEYS).findings == ()


def a_locum(doctor: Doctor, first: str = "2023-11-01", last: str = "2023-11-08") -> Locum:
    return Locum(doctor.doctor_id, first, last, NOW)


def kept(store: Store, *doctors: Doctor) -> None:
    store.commit(Changes(doctors=doctors), NOW)


def principals(store: Store, locum: Doctor) -> set[bytes]:
    with store.snapshot() as view:
        return {each.doctor_id for each in view.principals_of(locum.doctor_id)}


def named(store: Store, name: str) -> set[bytes]:
    with store.snapshot() as view:
        return {each.doctor_id for each in view.doctors_named(name)}


def open_ones(store: Store) -> list[Emergency]:
    with store.snapshot() as view:
        return list(view.open_emergencies())


def due(store: Store, before: int) -> list[bytes]:
    with store.snapshot() as view:
        return [each.dossier_id for each in view.closed_dossiers(before)]


# Locums


def test_a_locum_leads_to_all_who_declared_him_whatever_the_days(
    store: Store, folder: Path
) -> None:
    locum, other = a_doctor(1), a_doctor(2)
    over = a_locum(locum, "2001-01-01", "2001-01-02")
    first = replace(a_doctor(3), locums=(a_locum(locum), over))
    second = replace(a_doctor(4), locums=(over, a_locum(other)))
    kept(store, locum, other, first, second)
    assert principals(store, locum) == {first.doctor_id, second.doctor_id}
    assert principals(store, other) == {second.doctor_id}
    assert principals(store, first) == set()
    assert clean(folder)


def test_who_is_declared_no_more_leads_to_nobody(store: Store, folder: Path) -> None:
    locum, other = a_doctor(1), a_doctor(2)
    principal = replace(a_doctor(3), locums=(a_locum(locum), a_locum(other)))
    kept(store, locum, other, principal)
    kept(store, revised(principal, locums=(a_locum(other, last="2023-12-24"),)))
    assert principals(store, locum) == set()
    assert principals(store, other) == {principal.doctor_id}
    assert clean(folder)


def test_a_principal_who_is_removed_is_found_no_more(store: Store, folder: Path) -> None:
    locum = a_doctor(1)
    principal = replace(a_doctor(3), locums=(a_locum(locum),))
    kept(store, locum, principal)
    store.commit(Changes(removed_doctors=(principal.doctor_id,)), NOW)
    assert principals(store, locum) == set()
    assert clean(folder)


def test_a_locum_who_is_removed_leaves_a_sound_store(store: Store, folder: Path) -> None:
    locum = a_doctor(1)
    principal = replace(a_doctor(3), locums=(a_locum(locum),))
    kept(store, locum, principal)
    store.commit(Changes(removed_doctors=(locum.doctor_id,)), NOW)
    assert principals(store, locum) == {principal.doctor_id}
    assert clean(folder)


def test_nobody_acts_for_nobody(store: Store) -> None:
    kept(store, a_doctor(1))
    with store.snapshot() as view:
        assert list(view.principals_of(b"")) == []


# Names


@pytest.mark.parametrize(
    "said",
    ["Dr Anne Morel-Lévy", "MOREL LEVY Anne", "docteure anne lévy morel", "Levy Morel Anne"],
)
def test_a_name_leads_to_its_doctor_however_it_is_said(store: Store, said: str) -> None:
    doctor = replace(a_doctor(1), name="Dr Anne MOREL-LÉVY")
    kept(store, doctor, a_doctor(2))
    assert named(store, said) == {doctor.doctor_id}


@pytest.mark.parametrize("said", ["", "Dr", "Anne", "Anne MOREL", "MOREL LEVY Anne Anne", "?"])
def test_another_name_leads_to_nobody(store: Store, said: str) -> None:
    kept(
        store, replace(a_doctor(1), name="Dr Anne MOREL-LÉVY"), replace(a_doctor(2), name="Dr")
    )
    assert named(store, said) == set()


def test_a_name_leads_to_all_who_have_it(store: Store, folder: Path) -> None:
    one, two = (replace(a_doctor(number), name="Dr Anne MOREL") for number in (1, 2))
    kept(store, one, two)
    assert named(store, "Anne Morel") == {one.doctor_id, two.doctor_id}
    store.commit(Changes(removed_doctors=(one.doctor_id,)), NOW)
    assert named(store, "Anne Morel") == {two.doctor_id}
    assert clean(folder)


def test_who_has_another_name_now_is_found_by_that_one_alone(
    store: Store, folder: Path
) -> None:
    doctor = replace(a_doctor(1), name="Dr Anne MOREL")
    kept(store, doctor)
    kept(store, revised(doctor, name="Dr Anne LÉVY"))
    assert named(store, "Anne Morel") == set()
    assert named(store, "Anne Levy") == {doctor.doctor_id}
    assert clean(folder)


def test_a_patient_with_a_key_is_found_by_no_name(store: Store, folder: Path) -> None:
    patient = a_patient(with_dossier(store))
    kept(store, patient)
    assert named(store, patient.name) == set()
    assert clean(folder)


# Keys


def facts(fingerprint: str, key_ids: Iterable[str]) -> CredentialFacts:
    ids = tuple(key_ids)
    return CredentialFacts(CertificateKind.OPENPGP, b"", fingerprint, ids, (), "", 0)


def is_taken_by_reading_all(certificate: CredentialFacts, but: Doctor, store: Store) -> bool:
    """The former way, which read the whole directory."""
    ids = {certificate.fingerprint, *certificate.key_ids}
    with store.snapshot() as view:
        everybody = list(view.doctors())
    return any(ids & names_of(each) for each in everybody if each.doctor_id != but.doctor_id)


SOME_IDS = st.sampled_from([f"{number:04x}" for number in range(12)])
CERTIFICATES = st.builds(facts, SOME_IDS, st.lists(SOME_IDS, max_size=2))
DOCTORS = st.tuples(
    SOME_IDS,
    st.lists(SOME_IDS, max_size=2, unique=True),
    st.lists(SOME_IDS, max_size=2, unique=True),
    st.booleans(),
)


@settings(max_examples=some(60), suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(DOCTORS, min_size=1, max_size=5), CERTIFICATES)
def test_a_key_is_taken_as_if_the_whole_directory_were_read(
    tmp_path_factory: pytest.TempPathFactory,
    drawn: list[tuple[str, list[str], list[str], bool]],
    certificate: CredentialFacts,
) -> None:
    with make_store(tmp_path_factory.mktemp("taken") / "store") as store:
        dossier_id, enrolled = with_dossier(store), [a_doctor(99)]
        for number, (fingerprint, key_ids, others, is_patient) in enumerate(drawn):
            doctor = replace(
                a_doctor(number),
                fingerprint=fingerprint,
                key_ids=tuple(key_ids),
                credentials=tuple(Credential(b"", each) for each in others),
            )
            if is_patient:
                doctor = replace(doctor, rpps="", patient_of=dossier_id)
            try:
                kept(store, doctor)
            except Conflict:  # another one has one of these
                continue
            enrolled.append(doctor)
        for but in enrolled:
            former = is_taken_by_reading_all(certificate, but, store)
            with store.snapshot() as view:
                assert is_taken(certificate, but, view) == former


# Emergencies


def test_an_emergency_is_open_until_its_review_ends(store: Store, folder: Path) -> None:
    dossier_id = with_dossier(store)
    late, early = an_emergency(dossier_id, 1, at=NOW + 9), an_emergency(dossier_id, 2)
    store.commit(Changes(emergencies=(late, early)), NOW)
    assert open_ones(store) == [early, late]
    for state in EmergencyState:
        early = revised(early, state=state)
        store.commit(Changes(emergencies=(early,)), NOW)
        ended = state in {EmergencyState.CLOSED, EmergencyState.CONTESTED}
        assert open_ones(store) == ([late] if ended else [early, late])
        assert clean(folder)


def test_an_emergency_that_is_looked_into_again_is_open_again(
    store: Store, folder: Path
) -> None:
    new = an_emergency(with_dossier(store))
    closed = revised(new, state=EmergencyState.CLOSED)
    again = revised(closed, state=EmergencyState.REVIEW)
    for each in (new, closed, again):
        store.commit(Changes(emergencies=(each,)), NOW)
    assert open_ones(store) == [again]
    assert clean(folder)


def test_one_that_is_written_as_ended_was_never_open(store: Store, folder: Path) -> None:
    ended = replace(an_emergency(with_dossier(store)), state=EmergencyState.CONTESTED)
    store.commit(Changes(emergencies=(ended,)), NOW)
    assert open_ones(store) == []
    assert clean(folder)


# Dossiers to be erased


def closed_until(store: Store, erase_at: int) -> bytes:
    closed = replace(a_dossier(), closure=Closure(NOW, erase_at))
    store.commit(Changes(dossiers=(a_new_dossier(dossier=closed),)), NOW)
    return closed.dossier_id


def test_due_are_the_closed_ones_past_their_time_the_longest_due_first(
    store: Store, folder: Path
) -> None:
    with_dossier(store)
    second, later, first = (closed_until(store, NOW + at) for at in (-1, 1, -2))
    assert due(store, NOW) == [first, second]
    assert due(store, NOW + 1) == [first, second, later]
    assert due(store, NOW - 3) == []
    assert clean(folder)


def test_what_is_erased_is_due_no_more(store: Store, folder: Path) -> None:
    dossier_id = with_dossier(store)
    close(store, dossier_id)
    assert due(store, NOW + DAY) == [dossier_id]
    store.commit(Changes(erased=(dossier_id,)), NOW + DAY)
    assert due(store, NOW + DAY) == []
    assert clean(folder)


def test_what_is_reopened_or_closed_anew_is_due_when_that_says(
    store: Store, folder: Path
) -> None:
    dossier_id = with_dossier(store)
    close(store, dossier_id)
    store.commit(Changes(updates=(changed(store, dossier_id, closure=None),)), NOW)
    assert due(store, NOW + DAY) == []
    for erase_at in (NOW + 9, NOW + 5):
        update = changed(store, dossier_id, closure=Closure(NOW, erase_at))
        store.commit(Changes(updates=(update,)), NOW)
    assert due(store, NOW + 4) == []
    assert due(store, NOW + 5) == [dossier_id]
    assert clean(folder)


def test_what_is_kept_beyond_what_a_time_can_say_is_kept(store: Store, folder: Path) -> None:
    """A hundred years from now are beyond 32 bits."""
    kept_long = closed_until(store, (1 << 32) + 9)
    assert due(store, (1 << 32) - 1) == due(store, (1 << 32) + 8) == []
    assert due(store, (1 << 32) + 9) == [kept_long]
    assert clean(folder)


# References


def test_a_dossier_is_found_by_how_its_reference_begins(store: Store) -> None:
    ids = [bytes.fromhex(each) + bytes(14) for each in ("abcd", "abce", "acde")]
    for each in ids:
        dossier = replace(a_dossier(), dossier_id=each)
        store.commit(Changes(dossiers=(a_new_dossier(dossier=dossier),)), NOW)

    def beginning(reference: str) -> list[bytes]:
        with store.snapshot() as view:
            return [each.dossier_id for each in view.dossiers_beginning(reference)]

    assert beginning("abc") == ids[:2]
    assert beginning("ABCD") == beginning(ids[0].hex()) == ids[:1]
    assert beginning("a") == ids
    for nothing in ("", "b", "abcd1", "xyz", "ab cd", "0x", ids[0].hex() + "0", "a" * 5000):
        assert beginning(nothing) == []


# What waits, a part at a time


def test_lines_of_digests_are_gone_through_behind_a_depositor(store: Store) -> None:
    doctors = [a_doctor(number, doctor_id=bytes([number]) * 16) for number in (1, 2, 3)]
    kept(store, *doctors)
    store.commit(
        Changes(receipts=tuple(a_line(each) for each in doctors for _ in range(2))), NOW
    )
    with store.snapshot() as view:
        ids = [each.doctor_id for each in doctors]
        assert list(view.receipt_doctors()) == ids
        assert list(view.receipt_doctors(ids[0])) == ids[1:]
        assert list(view.receipt_doctors(ids[2])) == []


def test_the_directory_is_gone_through_a_part_at_a_time(store: Store) -> None:
    ids = [bytes([number]) * 16 for number in (9, 3, 7, 255, 1)]
    several = [
        replace(a_doctor(number), doctor_id=each) for number, each in enumerate(ids, start=1)
    ]
    store.commit(Changes(doctors=tuple(several)), NOW)
    with store.snapshot() as view:
        assert [each.doctor_id for each in view.doctors_behind(b"")] == sorted(ids)
        assert [each.doctor_id[0] for each in view.doctors_behind(b"\x07" * 16)] == [9, 255]
        assert [each.doctor_id[0] for each in view.doctors_behind(b"\x08" * 16)] == [9, 255]
        assert [*view.doctors_behind(b"\xff" * 16)] == []
