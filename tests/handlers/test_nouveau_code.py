"""Nouveau code: drawn or given, told once, and who is told that there is one."""

import pytest
from handlers_case import (
    CODE_SLOT,
    DEMO,
    NEXT_CARD,
    OTHER,
    RecordingKeeper,
    asked,
    dossier,
    refusal_of,
    refusing,
    run,
)
from msgspec.structs import replace
from wishes_case import LOCUM, PATIENT, state_of, text_of, world

from rmp_milter.calls.protocol.answering import CODE_MARK
from rmp_milter.calls.protocol.releasing import ByCode, ByCustody, Recode
from rmp_milter.dossier.model import Doctor, Fault
from rmp_milter.handlers import nouveau_code, revocation_du_code
from rmp_milter.mail.outgoing.slip import SLIP_NAME


def test_the_service_draws_a_new_one_and_tells_it_once() -> None:
    outcome, (recode,) = run(nouveau_code.handle, asked(text_of("nouveau code")), world())
    assert isinstance(recode, Recode)
    assert isinstance(recode.way_in, ByCustody)
    assert recode.event.proof == "signature+custody"
    assert outcome.letter is not None
    assert outcome.letter.held_code == b"held drawn code"
    assert outcome.letter.text.count(CODE_MARK) == 2
    assert [file.name for file in outcome.letter.files] == [SLIP_NAME]
    assert state_of(outcome).slots.code == CODE_SLOT
    assert state_of(outcome).card == NEXT_CARD
    assert [strike.fault for strike in outcome.effects.cleared] == [Fault.DOSSIER]


@pytest.mark.parametrize("by", [DEMO, PATIENT])
def test_the_treating_doctor_and_the_patient_may_give_one(by: Doctor) -> None:
    mail = asked(text_of("nouveau code"), by=by, has_code=True)
    _, (recode,) = run(nouveau_code.handle, mail, world())
    assert recode.chosen
    assert {"DUPONT", "JEAN", "30011959"} <= set(recode.guessable)


def test_others_prove_by_the_old_one_and_the_doctor_is_told() -> None:
    mail = asked(text_of("nouveau code"), by=OTHER, has_code=True)
    outcome, (recode,) = run(nouveau_code.handle, mail, world())
    assert recode.way_in == ByCode(CODE_SLOT)
    assert not recode.chosen
    assert recode.guessable == ()  # the new one is drawn
    readers = [notice.reader.doctor_id for notice in outcome.effects.notices]
    assert readers == [DEMO.doctor_id, PATIENT.doctor_id]
    assert CODE_MARK not in outcome.effects.notices[0].letter.text


def test_a_locum_needs_the_patients_code_as_others_do() -> None:
    """A code that he made would open the dossier beyond his days."""
    mail = asked(text_of("nouveau code"), by=LOCUM)
    assert refusal_of(nouveau_code.handle, mail, world()).text == "code-missing"
    revoking = asked(text_of("révocation du code"), by=LOCUM)
    assert refusal_of(revocation_du_code.handle, revoking, world()).text == "code-missing"
    mail = asked(text_of("nouveau code"), by=LOCUM, has_code=True)
    outcome, (recode,) = run(nouveau_code.handle, mail, world())
    assert recode.way_in == ByCode(CODE_SLOT)
    assert (recode.chosen, recode.guessable) == (False, ())
    readers = [notice.reader.doctor_id for notice in outcome.effects.notices]
    assert readers == [DEMO.doctor_id, PATIENT.doctor_id]


def test_a_weak_one_is_refused_in_words_of_its_own() -> None:
    keeper = RecordingKeeper(refusing(Recode, "weak-code"))
    mail = asked(text_of("nouveau code"), has_code=True)
    assert refusal_of(nouveau_code.handle, mail, world(), keeper).text == "weak-new-code"
    assert [type(each) for each in keeper.requests] == [Recode]


def test_it_makes_the_card_open_a_dossier_whose_number_came_later() -> None:
    known = replace(dossier(), patient=replace(dossier().patient, nir="159017511600108"))
    outcome, (recode,) = run(nouveau_code.handle, asked(text_of("nouveau code")), world(known))
    assert recode.nir == "159017511600108"
    assert state_of(outcome).slots.vitale == b"vitale"


def test_a_slot_of_the_card_that_is_there_stays() -> None:
    slots = replace(dossier().slots, vitale=b"made before")
    patient = replace(dossier().patient, nir="159017511600108")
    known = replace(dossier(), patient=patient, slots=slots)
    outcome, (recode,) = run(nouveau_code.handle, asked(text_of("nouveau code")), world(known))
    assert not recode.nir.strip()
    assert state_of(outcome).slots.vitale == b"made before"
