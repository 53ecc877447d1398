"""Emergency accesses and letters to post: kept, found, changed one revision at a time."""

import pytest
from contract_case import clean, refused
from msgspec.structs import replace
from store_case import KEYS, NOW, a_letter, an_emergency, new_id, with_dossier

from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.model import Emergency, EmergencyState, PatientTold
from rmp_milter.store import Store, StoreError
from rmp_milter.store.engines import Engine


def kept(
    store: Store, number: int = 1, at: int = NOW, doctor_id: bytes = b"z" * 16
) -> Emergency:
    new = an_emergency(with_dossier(store, str(number)), number, at=at, doctor_id=doctor_id)
    store.commit(Changes(emergencies=(new,)), NOW)
    return new


def test_an_emergency_is_found_by_its_reference_and_its_time(
    store: Store, engine: Engine
) -> None:
    other = new_id()
    late, early = kept(store, 1, NOW + 9), kept(store, 2, NOW)
    another = kept(store, 3, NOW + 5, other)
    with store.snapshot() as view:
        assert view.emergency(late.reference) == late
        assert view.emergency("U-NONE") is None
        assert view.emergency("") is None
        assert list(view.emergencies()) == [early, another, late]
    assert store.stats()["emergencies"] == 3
    assert clean(engine)


def test_a_state_follows_the_one_that_was_seen(store: Store, engine: Engine) -> None:
    new = kept(store)
    justified = replace(new, state=EmergencyState.JUSTIFIED, justified_at=NOW + 5, revision=1)
    store.commit(Changes(emergencies=(justified,)), NOW)
    closed = replace(
        justified,
        state=EmergencyState.CLOSED,
        reviewed_at=NOW + 9,
        reviewer="auditrice",
        patient_told=PatientTold.LETTER,
        reminded=(NOW, NOW + 1),
        revision=2,
    )
    store.commit(Changes(emergencies=(closed,)), NOW)
    with store.snapshot() as view:
        assert list(view.emergencies()) == [closed]
    assert clean(engine)


@pytest.mark.parametrize("revision", [0, 2, 7])
def test_two_decisions_on_one_emergency_are_a_conflict(store: Store, revision: int) -> None:
    new = kept(store)
    assert (
        refused(store, Changes(emergencies=(replace(new, revision=revision),))) == "emergency"
    )


def test_a_first_state_cannot_be_a_later_one(store: Store) -> None:
    new = replace(an_emergency(with_dossier(store)), revision=1)
    assert refused(store, Changes(emergencies=(new,))) == "emergency"


@pytest.mark.parametrize("field", ["dossier_id", "doctor_id", "at", "leaf"])
def test_what_was_done_does_not_change_any_more(store: Store, field: str) -> None:
    new = kept(store)
    other = replace(new, revision=1, **{field: new_id() if "_id" in field else 7})
    with pytest.raises(StoreError, match="does not change"):
        store.commit(Changes(emergencies=(other,)), NOW)


@pytest.mark.parametrize("reference", ["", "x" * 33, "réf", "U\n"])
def test_a_reference_is_short_and_ascii(store: Store, reference: str) -> None:
    new = replace(an_emergency(with_dossier(store)), reference=reference)
    with pytest.raises(StoreError, match="reference"):
        store.commit(Changes(emergencies=(new,)), NOW)


def test_one_emergency_changes_once_at_a_time(store: Store) -> None:
    new = an_emergency(with_dossier(store))
    with pytest.raises(StoreError, match="at once"):
        store.commit(Changes(emergencies=(new, new)), NOW)


def test_letters_wait_until_they_are_posted(store: Store, engine: Engine) -> None:
    late, early = a_letter(1, NOW + 9), a_letter(1, NOW)
    store.commit(Changes(postal=(late, early)), NOW)
    with store.snapshot() as view:
        assert view.postal() == (early, late)
    assert store.stats()["letters_to_post"] == 2
    store.commit(Changes(posted=(early.letter_id,)), NOW)
    with store.snapshot() as view:
        assert view.postal() == (late,)
    assert clean(engine)
    assert refused(store, Changes(posted=(early.letter_id,))) == "letter"
    with pytest.raises(StoreError, match="taken"):
        store.commit(Changes(postal=(late,)), NOW)


def test_an_emergency_of_no_dossier_is_found(store: Store, engine: Engine) -> None:
    store.commit(Changes(emergencies=(an_emergency(new_id()),)), NOW)
    (finding,) = engine.check(KEYS).findings
    assert finding.endswith("is of no dossier")
