"""What the keeper vouched for and the store says otherwise; the check must name it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace
from store_case import (
    KEYS,
    NOW,
    a_deposit,
    a_doctor,
    a_new_dossier,
    a_patient,
    a_waiting,
    changed,
    close,
    the_dossier,
    with_dossier,
)

from rmp_milter.dossier.cards import NO_ACT, Card, WaitingCard, packed
from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.model import Closure, CodeSlot, Locum, Mask, Slots
from rmp_milter.dossier.said import dossier_said, person_said
from rmp_milter.store.check.cards import VOUCH
from rmp_milter.store.check.whole import StoreReport, check

if TYPE_CHECKING:
    from pathlib import Path

    from rmp_milter.dossier.model import Doctor, Waiting
    from rmp_milter.store import Store


CODE = CodeSlot(salt=b"s" * 16, nonce=b"n" * 12, sealed=b"c" * 48, folded=True)


def sealed(card: Card) -> bytes:
    """Return the card as the keeper makes it, but for a tag that only it can tell."""
    own = {"revision": 3, "act": b"a" * 32} if not isinstance(card, WaitingCard) else {}
    return packed(replace(card, **own)) + bytes(32)


def vouch(store: Store, dossier_id: bytes) -> None:
    """Give a dossier the card that says what its record says now."""
    with store.snapshot() as view:
        dossier, patient = view.dossier(dossier_id), view.patient_of(dossier_id)
        assert dossier is not None
        entries = view.entries(dossier_id)
    said = dossier_said(dossier, entries, patient.doctor_id if patient else b"")
    update = changed(store, dossier_id, card=sealed(said))
    store.commit(Changes(updates=(update,)), NOW)


def with_card(doctor: Doctor) -> Doctor:
    return replace(doctor, card=sealed(person_said(doctor)))


@pytest.fixture
def dossier_id(store: Store) -> bytes:
    """A dossier with all that a card speaks of, and its card."""
    dossier_id = with_dossier(store)
    deposits = (a_deposit(dossier_id, b"masked"), a_deposit(dossier_id, b"open"))
    patient = with_card(a_patient(dossier_id))
    store.commit(Changes(entries=deposits, doctors=(patient,)), NOW)
    masks = (Mask(1, b"t" * 16, NOW),)
    update = changed(store, dossier_id, masks=masks, opposed=(b"o" * 16,))
    store.commit(Changes(updates=(update,)), NOW)
    vouch(store, dossier_id)
    return dossier_id


def test_records_that_say_what_was_vouched_for_are_sound(
    store: Store, folder: Path, dossier_id: bytes
) -> None:
    close(store, dossier_id)
    vouch(store, dossier_id)
    doctors = (with_card(a_doctor(1, account="zeb")), with_card(a_doctor(2)))
    store.commit(Changes(doctors=doctors), NOW)
    report = check(folder, KEYS)
    assert (report.findings, report.notes) == ((), ())


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"treating": b"T" * 16}, "treating"),
        ({"slots": Slots(None, b"u" * 80)}, "code"),
        ({"slots": Slots(replace(CODE, sealed=b"x" * 48), b"u" * 80)}, "code"),
        ({"slots": Slots(replace(CODE, folded=False), b"u" * 80)}, "code"),
        ({"slots": Slots(CODE, b"v")}, "custody"),
        ({"slots": Slots(CODE, b"u" * 80, b"v")}, "vitale"),
        ({"opposed": ()}, "opposed"),
        ({"masks": ()}, "masked"),
        ({"masks": (Mask(2, b"t" * 16, NOW),)}, "masked"),
        ({"closure": Closure(at=NOW, erase_at=NOW + 9)}, "closed at, erase at"),
    ],
)
@pytest.mark.promise(number=12)
def test_a_dossier_that_was_changed_without_the_keeper(
    store: Store, folder: Path, dossier_id: bytes, fields: dict[str, object], named: str
) -> None:
    store.commit(Changes(updates=(changed(store, dossier_id, **fields),)), NOW)
    said = f"the card of dossier {dossier_id.hex()} says otherwise than its record: {named}"
    assert check(folder, KEYS).findings == (said,)


def test_a_patients_key_that_the_card_does_not_know(
    store: Store, folder: Path, dossier_id: bytes
) -> None:
    with store.snapshot() as view:
        patient = view.patient_of(dossier_id)
    assert patient is not None
    store.commit(Changes(removed_doctors=(patient.doctor_id,)), NOW)
    (line,) = check(folder, KEYS).findings
    assert line.endswith(f"{dossier_id.hex()} says otherwise than its record: patient")


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"certificate": b"another"}, "certificate"),
        ({"fingerprint": f"{9:040x}"}, "fingerprint"),
        ({"mail": "x@y.z"}, "mail"),
        ({"name": "Dr Anne AUTRE"}, "name"),
        ({"account": "zeb"}, "account"),
        ({"profession": "psychologue"}, "is doctor"),
        ({"locums": (Locum(b"l" * 16, "2026-01-01", "2026-01-02", NOW),)}, "locums"),
    ],
)
@pytest.mark.promise(number=12)
def test_somebody_who_was_changed_without_the_keeper(
    store: Store, folder: Path, fields: dict[str, object], named: str
) -> None:
    doctor = with_card(a_doctor(1))
    store.commit(Changes(doctors=(doctor,)), NOW)
    store.commit(Changes(doctors=(replace(doctor, revision=1, **fields),)), NOW)
    said = f"the card of RPPS {doctor.rpps} says otherwise than its record: {named}"
    assert check(folder, KEYS).findings == (said,)


def test_a_patients_card_is_named_by_his_dossier(
    store: Store, folder: Path, dossier_id: bytes
) -> None:
    with store.snapshot() as view:
        patient = view.patient_of(dossier_id)
    assert patient is not None
    store.commit(Changes(doctors=(replace(patient, revision=1, mail="x@y.z"),)), NOW)
    whose = f"the patient of dossier {dossier_id.hex()}"
    said = f"the card of {whose} says otherwise than its record: mail"
    assert check(folder, KEYS).findings == (said,)


def test_the_new_version_of_a_masked_entry_may_be_missing_in_the_card(
    store: Store, folder: Path, dossier_id: bytes
) -> None:
    late = a_deposit(dossier_id, b"new version")
    late = replace(late, entry=replace(late.entry, replaces=1))
    store.commit(Changes(entries=(late,)), NOW)
    assert check(folder, KEYS).findings == ()
    vouch(store, dossier_id)
    assert check(folder, KEYS).findings == ()


def a_card_of(waiting: Waiting) -> WaitingCard:
    documents = tuple(each.document_id for each in waiting.entry.documents)
    return WaitingCard(
        waiting.waiting_id, NO_ACT, waiting.entry.author, "", "", (), b"", documents
    )


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({}, ""),
        ({"rpps": "1", "fingerprint": "ab", "traits": (b"t",), "number": b"n"}, ""),
        ({"waiting": b"w" * 16}, "waiting"),
        ({"depositor": b"w" * 16}, "depositor"),
        ({"documents": ()}, "documents"),
    ],
)
def test_a_deposit_that_waits_and_was_changed_without_the_keeper(
    store: Store, folder: Path, fields: dict[str, object], named: str
) -> None:
    new = a_waiting(b"one", b"two")
    card = sealed(replace(a_card_of(new.waiting), **fields))
    new = replace(new, waiting=replace(new.waiting, card=card))
    store.commit(Changes(waiting=(new,)), NOW)
    whose = f"waiting deposit {new.waiting.waiting_id.hex()}"
    said = (f"the card of {whose} says otherwise than its record: {named}",) if named else ()
    assert check(folder, KEYS).findings == said


@pytest.mark.parametrize(
    "card", [b"no card", sealed(person_said(a_doctor())), b"\x01D" + bytes(40)]
)
def test_what_is_no_card(store: Store, folder: Path, dossier_id: bytes, card: bytes) -> None:
    store.commit(Changes(updates=(changed(store, dossier_id, card=card),)), NOW)
    said = f"the card of dossier {dossier_id.hex()} cannot be read"
    assert check(folder, KEYS).findings == (said,)


def test_a_store_from_before_there_were_cards_is_sound_and_told_what_to_do(
    store: Store, folder: Path
) -> None:
    with_dossier(store)
    store.commit(Changes(doctors=(a_doctor(),), waiting=(a_waiting(b"waits"),)), NOW)
    report = check(folder, KEYS)
    line = f"3 records have no card of the keeper's yet: {VOUCH}"
    assert (report.findings, report.notes) == ((), (line,))


def test_a_card_that_is_missing_among_others_is_a_finding(
    store: Store, folder: Path, dossier_id: bytes
) -> None:
    store.commit(Changes(updates=(changed(store, dossier_id, card=b""),)), NOW)
    report = check(folder, KEYS)
    line = f"1 records have no card of the keeper's yet: {VOUCH}"
    assert (report.findings, report.notes) == ((line,), ())


def test_an_erased_dossier_needs_no_card(store: Store, folder: Path, dossier_id: bytes) -> None:
    close(store, dossier_id)
    vouch(store, dossier_id)
    store.commit(Changes(erased=(dossier_id,)), NOW)
    assert the_dossier(store, dossier_id).card == b""
    assert check(folder, KEYS).findings == ()


def test_no_finding_says_a_name(store: Store, folder: Path, dossier_id: bytes) -> None:
    doctor = with_card(a_doctor(1))
    store.commit(Changes(doctors=(doctor,)), NOW)
    other = replace(doctor, revision=1, mail="x@y.z")
    store.commit(
        Changes(doctors=(other,), updates=(changed(store, dossier_id, opposed=()),)), NOW
    )
    said = " ".join(check(folder, KEYS).findings).lower()
    assert "says otherwise" in said
    assert all(name not in said for name in ("wackenheim", "quincampoix", "zebulon"))


def test_many_dossiers_with_masks_are_checked_each_by_its_own_entries(
    store: Store, folder: Path
) -> None:
    for number in range(5):
        new = a_new_dossier(f"trait {number}")
        dossier_id = new.dossier.dossier_id
        entries = tuple(a_deposit(dossier_id, b"%d" % each) for each in range(number + 1))
        store.commit(Changes(dossiers=(new,), entries=entries), NOW)
        masks = (Mask(number + 1, b"t" * 16, NOW),)
        store.commit(Changes(updates=(changed(store, dossier_id, masks=masks),)), NOW)
        vouch(store, dossier_id)
    report: StoreReport = check(folder, KEYS)
    assert (report.findings, report.notes) == ((), ())
