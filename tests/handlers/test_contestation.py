"""Contestation: a takeover taken back, once, by the former médecin traitant or the patient."""

import pytest
from handlers_case import (
    DEMO,
    JEAN,
    LAB,
    NEXT_CARD,
    NOON,
    OTHER,
    RecordingKeeper,
    World,
    asked,
    dossier,
    play_usable,
    refusal_of,
    run,
)
from msgspec.structs import replace
from takeover_case import AGO, DAYS, SINCE, contested_once, taken, taken_world
from wishes_case import FILED, LOCUM, PATIENT, state_of, text_of, words_of

from rmp_milter.calls.authority import Contest
from rmp_milter.calls.protocol.leaves import Record
from rmp_milter.calls.protocol.releasing import ByCustody, Release
from rmp_milter.dossier.model import Closure, Doctor, Dossier, Sheet, Takeover
from rmp_milter.dossier.rules import Proof
from rmp_milter.errors import MailError
from rmp_milter.handlers import contestation, medecin_traitant
from rmp_milter.handlers.asking.case import Case

pytestmark = pytest.mark.usefixtures("every_key_usable")

REQUEST = text_of("contestation")


@pytest.fixture(autouse=True)
def usable_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contestation, "usable", lambda *_: True)


def contest(by: Doctor = DEMO, text: str = REQUEST, at: int = NOON) -> Case:
    return replace(asked(text, by=by), at=at)


def refusal(mail: Case, world: World) -> str:
    return refusal_of(contestation.handle, mail, world).text


# Who, and what it does


def test_the_former_one_is_the_medecin_traitant_again_and_nothing_else_changes() -> None:
    before = taken(sheet=Sheet(address="1 rue X", phone="01"))
    outcome, _ = run(contestation.handle, contest(), taken_world(sheet=before.sheet))
    after = state_of(outcome)
    assert after.treating == DEMO.doctor_id
    assert after.takeover == Takeover(
        DEMO.doctor_id, NOON - AGO, NOON - AGO + DAYS, contested=True
    )
    assert after.sheet == Sheet(address="1 rue X")  # the other one's telephone goes
    kept = ("slots", "masks", "opposed", "suspended", "patient", "consent", "refilings")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]


def test_he_gets_packets_of_what_came_meanwhile_by_the_custody_slot() -> None:
    outcome, (release, amend) = run(contestation.handle, contest(), taken_world())
    assert isinstance(release, Release)
    assert amend.wish == Contest()
    assert DEMO.card in {each.card for each in amend.by.persons}
    assert state_of(outcome).card == NEXT_CARD
    assert isinstance(release.way_in, ByCustody)
    assert (release.readers, release.event.proof) == (
        (DEMO.certificate,),
        "signature+custody",
    )
    assert release.event.action == "contestation"
    (document,) = SINCE.entry.documents
    assert [each.document_id for each in release.items] == [document.document_id]
    (packet,) = outcome.effects.key_packets
    assert (packet.document_id, packet.fingerprint) == (document.document_id, DEMO.fingerprint)
    assert "1 document(s)" in words_of(outcome)


def test_with_another_key_since_then_he_gets_them_of_everything() -> None:
    world = taken_world()
    renewed = replace(world.known[DEMO.doctor_id], fingerprint="f" * 40)
    world.known[DEMO.doctor_id] = renewed
    outcome, _ = run(contestation.handle, contest(by=renewed), world)
    assert len(outcome.effects.key_packets) == len(FILED) + 1


def test_where_nothing_came_meanwhile_no_slot_is_opened() -> None:
    world = taken_world()
    world.filed = FILED
    outcome, (record, _amend) = run(contestation.handle, contest(), world)
    assert isinstance(record, Record)
    assert record.event.action == "contestation"
    assert outcome.effects.key_packets == ()


def test_a_key_that_cannot_be_used_gets_no_packets_and_refuses_no_contest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(contestation, "usable", lambda *_: False)
    outcome, (record, _amend) = run(contestation.handle, contest(by=PATIENT), taken_world())
    assert isinstance(record, Record)
    assert state_of(outcome).treating == DEMO.doctor_id


def test_the_patient_may_by_his_suspended_key_and_is_told_nothing_of_the_dossier() -> None:
    mail = contest(by=PATIENT, text="Demande : contestation\n")
    outcome, (release, _amend) = run(contestation.handle, mail, taken_world())
    assert release.readers == (DEMO.certificate,)
    assert (state_of(outcome).treating, state_of(outcome).suspended) == (DEMO.doctor_id, True)
    assert DEMO.name in words_of(outcome)
    assert "reste suspendue" in words_of(outcome)
    for hidden in ("masqué", LAB.name, LOCUM.name):
        assert hidden not in words_of(outcome)


def test_the_patient_may_by_a_confirmed_key_too() -> None:
    outcome, _ = run(contestation.handle, contest(by=PATIENT), taken_world(suspended=False))
    assert state_of(outcome).treating == DEMO.doctor_id
    assert "suspendue" not in words_of(outcome)


def test_whom_the_new_one_has_opposed_meanwhile_may_as_well() -> None:
    """Else whoever took it over would take the contest away by one mail."""
    outcome, _ = run(contestation.handle, contest(), taken_world(opposed=(DEMO.doctor_id,)))
    assert state_of(outcome).treating == DEMO.doctor_id
    assert state_of(outcome).opposed == (DEMO.doctor_id,)


def test_he_may_while_he_is_the_others_locum() -> None:
    world = taken_world()
    (locum,) = world.known[DEMO.doctor_id].locums
    his = replace(locum, doctor_id=DEMO.doctor_id)
    world.known[OTHER.doctor_id] = replace(OTHER, locums=(his,))
    outcome, _ = run(contestation.handle, contest(), world)
    assert state_of(outcome).treating == DEMO.doctor_id


def test_his_answer_shows_what_stands() -> None:
    world = taken_world()
    mail = contest(by=world.known[DEMO.doctor_id])
    words = words_of(run(contestation.handle, mail, world)[0])
    for said in (
        PATIENT.mail,
        "est\nsuspendue",
        "1 document(s) sont masqués",
        LAB.name,
        LOCUM.name,
        "nouveau code",
        "ne pourra plus être contesté",
    ):
        assert said in words


# Who is told


def told(by: Doctor, **fields: object) -> dict[bytes, str]:
    outcome, _ = run(contestation.handle, contest(by=by), taken_world(**fields))
    return {each.reader.doctor_id: each.letter.text for each in outcome.effects.notices}


def test_who_lost_it_is_told_and_how_he_may_have_it_for_good() -> None:
    found = told(DEMO)
    assert found.keys() == {OTHER.doctor_id}
    assert DEMO.name in found[OTHER.doctor_id]
    assert "ne pourra plus\nêtre contestée" in found[OTHER.doctor_id]


def test_the_patient_is_told_unless_his_key_is_suspended() -> None:
    found = told(DEMO, suspended=False)
    assert found.keys() == {OTHER.doctor_id, PATIENT.doctor_id}
    assert DEMO.name in found[PATIENT.doctor_id]


def test_the_former_one_is_told_what_the_patient_has_done() -> None:
    found = told(PATIENT)
    assert found.keys() == {OTHER.doctor_id, DEMO.doctor_id}
    assert "Vous l'êtes de nouveau" in found[DEMO.doctor_id]
    assert PATIENT.name in found[OTHER.doctor_id]


# When not


@pytest.mark.promise(number=6)
@pytest.mark.parametrize("by", [LAB, LOCUM, OTHER])
def test_nobody_else_learns_whether_there_is_a_dossier(by: Doctor) -> None:
    states: list[World] = [
        World(),
        World([dossier()], FILED),
        World([dossier(), dossier(number=8)]),
        taken_world(),
        taken_world(takeover=None),
        taken_world(opposed=(by.doctor_id,)),
        taken_world(closure=Closure(NOON, NOON + 9)),
        contested_once(),
    ]
    for world in states:
        world.known[by.doctor_id] = by
        keeper = RecordingKeeper()
        assert refusal_of(contestation.handle, contest(by=by), world, keeper).text == (
            "contest-by-whom"
        )
        assert keeper.requests == []


@pytest.mark.promise(number=6)
def test_another_patient_learns_nothing_either() -> None:
    luc = replace(JEAN, first_names="Luc")
    world = World([taken(), dossier(luc, number=8)])
    his = replace(PATIENT, patient_of=bytes([8]) * 16)
    world.known = {each.doctor_id: each for each in (DEMO, OTHER, his)}
    assert refusal(contest(by=his), world) == "contest-by-whom"
    assert refusal(contest(by=his), World([dossier(luc, number=8)])) == "contest-by-whom"


def test_after_the_days_the_former_one_is_as_anybody() -> None:
    last = NOON - AGO + DAYS
    run(contestation.handle, contest(at=last - 1), taken_world())
    assert refusal(contest(at=last), taken_world()) == "contest-by-whom"
    assert refusal(contest(by=PATIENT, at=last), taken_world()) == "contest-none"


def test_without_a_takeover_the_patient_is_told_so() -> None:
    state = taken_world(treating=DEMO.doctor_id, takeover=None, suspended=False)
    assert refusal(contest(by=PATIENT), state) == "contest-none"


def test_not_twice() -> None:
    assert refusal(contest(by=PATIENT), contested_once()) == "contest-once"
    again = contested_once(treating=OTHER.doctor_id)
    assert refusal(contest(), again) == "contest-once"
    assert refusal(contest(by=PATIENT), again) == "contest-once"
    assert refusal(contest(), contested_once()) == "contest-by-whom"  # he treats already


def test_for_one_who_has_left_the_directory_it_is_of_no_use() -> None:
    world = taken_world()
    del world.known[DEMO.doctor_id]
    keeper = RecordingKeeper()
    error = refusal_of(contestation.handle, contest(by=PATIENT), world, keeper)
    assert (error.text, keeper.requests) == ("contest-former-gone", [])


def test_it_takes_a_signature() -> None:
    mail = contest()
    unsigned = replace(mail, sender=replace(mail.sender, proof=Proof.ACCOUNT))
    assert refusal(unsigned, taken_world()) == "signature-needed"


# The loop


def took_over(state: Dossier, by: Doctor) -> Dossier:
    text = text_of("médecin traitant", "Consentement : oui")
    world = taken_world()
    world.held = (replace(state, revision=0),)
    return state_of(run(medecin_traitant.handle, asked(text, by=by, has_code=True), world)[0])


def contested(state: Dossier, by: Doctor) -> Dossier | str:
    world = taken_world()
    world.held = (replace(state, revision=0),)
    try:
        return state_of(run(contestation.handle, contest(by=by), world)[0])
    except MailError as error:
        return error.text


def test_takeover_contest_takeover_stands_for_both_sides() -> None:
    first = took_over(taken(treating=DEMO.doctor_id, takeover=None), OTHER)
    assert first.treating == OTHER.doctor_id
    back = contested(first, DEMO)
    assert isinstance(back, Dossier)
    assert back.treating == DEMO.doctor_id
    assert contested(back, OTHER) == "contest-by-whom"
    second = took_over(back, OTHER)
    assert second.treating == OTHER.doctor_id
    for by in (DEMO, PATIENT):
        assert contested(second, by) == "contest-once"
    third = took_over(second, DEMO)  # by the code again: so it goes on, and each stands
    assert contested(third, OTHER) == "contest-by-whom"


def test_two_takeovers_in_a_row_leave_the_first_one_his_contest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    play_usable(monkeypatch)
    accomplice = replace(LOCUM, name="Dr Com PLICE")
    first = took_over(taken(treating=DEMO.doctor_id, takeover=None), OTHER)
    second = took_over(first, accomplice)
    assert contested(second, OTHER) == "contest-by-whom"
    back = contested(second, DEMO)
    assert isinstance(back, Dossier)
    assert back.treating == DEMO.doctor_id
