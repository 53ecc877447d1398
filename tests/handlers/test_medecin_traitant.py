"""Change of médecin traitant: by code or card, key packets of everything, the former told."""

from typing import Any

import pytest
from handlers_case import (
    CODE_SLOT,
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
    entry,
    refusal_of,
    refused_trial,
    run,
)
from msgspec.structs import replace
from wishes_case import LOCUM, PATIENT
from wishes_case import world as wishes_world

from rmp_milter.calls.authority import TakeOver
from rmp_milter.calls.protocol.opening import Attested
from rmp_milter.calls.protocol.releasing import ByCode, ByVitale, Prove, Release
from rmp_milter.dossier.model import Doctor, Locum, Mask, Onglet, Sheet, Takeover
from rmp_milter.dossier.rules import Proof
from rmp_milter.handlers import medecin_traitant
from rmp_milter.handlers.asking.case import Bounds, Case
from rmp_milter.handlers.asking.outcome import Outcome, Refusal
from rmp_milter.mail.outgoing.wording import spaced

LINES = "Demande : médecin traitant\nPatient : DUPONT Jean\nNé le : 30/01/1959\n"
YES = LINES + "Consentement : oui\n"
FILED = (
    entry(1, Onglet.SYNTHESE, "Résumé", [DEMO]),
    entry(2, Onglet.IMAGERIE, "Radio", [DEMO]),
)
NIR = "159017511600108"


def mail(text: str = YES, *, by: Doctor = OTHER, **more: Any) -> Case:  # noqa: ANN401 -- passed on
    return asked(text, by=by, **{"has_code": True, **more})


def taken(world: World, request: Case | None = None) -> tuple[Outcome, list[Any]]:
    return run(medecin_traitant.handle, request or mail(), world)


def refusal(request: Case, world: World) -> str:
    return refusal_of(medecin_traitant.handle, request, world).text


def test_the_code_makes_the_sender_the_medecin_traitant_with_packets_of_every_document() -> (
    None
):
    masked = replace(dossier(), masks=(Mask(2, DEMO.doctor_id, NOON),), seen=2)
    outcome, (*_, release, amend) = taken(World([masked], FILED))
    assert isinstance(release, Release)
    assert release.way_in == ByCode(CODE_SLOT)
    assert release.readers == (OTHER.certificate,)
    documents = [each.entry.documents[0].document_id for each in FILED]
    assert [item.document_id for item in release.items] == documents
    envelopes = outcome.effects.key_packets
    assert [(each.document_id, each.fingerprint) for each in envelopes] == [
        (document, OTHER.fingerprint) for document in documents
    ]
    (update,) = outcome.effects.updates
    assert (update.dossier.treating, update.dossier.seen) == (OTHER.doctor_id, 0)
    assert update.dossier.revision == masked.revision + 1
    assert update.dossier.masks == masked.masks
    assert amend.wish == TakeOver(at=NOON)
    assert (amend.event, amend.by) == (release.event, release.by)
    assert update.dossier.card == NEXT_CARD


def test_the_former_is_told_and_the_answer_says_what_cannot_be_taken_back() -> None:
    outcome, _ = taken(World([dossier()], FILED))
    (notice,) = outcome.effects.notices
    assert notice.reader == DEMO
    assert OTHER.name in notice.letter.text
    assert "ne peut pas lui être repris" in outcome.letter.text
    assert DEMO.name in outcome.letter.text


def his_world(**fields: object) -> World:
    """Jean's dossier with a key of his own, a mask, an opposition; Anne has a locum."""
    masks = (Mask(2, DEMO.doctor_id, NOON),)
    world = wishes_world(replace(dossier(), masks=masks, opposed=(LAB.doctor_id,), **fields))
    declared = Locum(LOCUM.doctor_id, "2026-05-01", "2026-07-01", NOON)
    over = Locum(LAB.doctor_id, "2026-01-01", "2026-02-01", NOON)
    world.known[OTHER.doctor_id] = replace(OTHER, locums=(declared, over))
    return world


def by_anne(world: World, **more: Any) -> Case:  # noqa: ANN401 -- passed on
    return replace(mail(by=world.known[OTHER.doctor_id]), **more)


def told_by(outcome: Outcome) -> dict[bytes, str]:
    return {each.reader.doctor_id: each.letter.text for each in outcome.effects.notices}


def test_it_suspends_the_patients_key_and_can_be_contested_for_fifteen_days() -> None:
    world = his_world()
    outcome, _ = taken(world, by_anne(world))
    (update,) = outcome.effects.updates
    assert update.dossier.suspended
    assert update.dossier.takeover == Takeover(DEMO.doctor_id, NOON, NOON + 15 * 86_400)
    assert outcome.effects.doctors == ()
    without = World([dossier()], FILED)
    assert not taken(without)[0].effects.updates[0].dossier.suspended


def test_its_answer_shows_what_stands_and_what_undoes_each() -> None:
    world = his_world()
    words = taken(world, by_anne(world))[0].letter.text
    for said in (
        *("« nouveau code »", PATIENT.mail, spaced(PATIENT.fingerprint), "« clé du\npatient »"),
        *("1 document(s) sont masqués", "« démasquage »", LAB.name, "« levée\nd'opposition »"),
        *(f"{LOCUM.name}, du 01/05/2026 au 01/07/2026", "« fin de remplacement »"),
        *("peut être contesté", "12/06/2026"),
    ):
        assert said in words
    assert words.count(LAB.name) == 1  # a locum whose days are over acts for nobody


def test_its_answer_is_short_where_nothing_stands() -> None:
    words = taken(World([dossier()], FILED))[0].letter.text
    for said in ("suspendue", "masqué", "oppose", "remplaçants"):
        assert said not in words


def test_the_former_one_is_told_how_and_until_when_it_is_contested() -> None:
    world = his_world()
    found = told_by(taken(world, by_anne(world))[0])
    assert "Demande : [contestation]" in found[DEMO.doctor_id]
    assert "12/06/2026" in found[DEMO.doctor_id]
    assert "prévenez l'hébergeur" not in found[DEMO.doctor_id]


def test_the_patient_is_told_by_the_key_that_is_suspended_by_it() -> None:
    world = his_world()
    found = told_by(taken(world, by_anne(world))[0])
    assert found.keys() == {DEMO.doctor_id, PATIENT.doctor_id}
    assert "Demande : [contestation]" in found[PATIENT.doctor_id]
    for hidden in (LAB.name, LOCUM.name, "masqué"):
        assert hidden not in found[PATIENT.doctor_id]
    before = his_world(suspended=True)
    assert told_by(taken(before, by_anne(before))[0]).keys() == {DEMO.doctor_id}


def test_where_no_days_are_given_nobody_is_told_that_he_may_contest() -> None:
    world = his_world()
    outcome, _ = taken(world, by_anne(world, bounds=Bounds(contest=0)))
    assert "contest" not in outcome.letter.text
    found = told_by(outcome)
    assert "Vous ne pouvez pas contester" in found[DEMO.doctor_id]
    assert "contestation" not in found[DEMO.doctor_id] + found[PATIENT.doctor_id]


def test_of_a_second_one_in_a_row_the_first_is_told_who_may_contest() -> None:
    first = bytes([5]) * 16  # whom Paul had the dossier from
    takeover = Takeover(first, NOON - 9, NOON + 9)
    world = his_world(takeover=takeover)
    outcome, _ = taken(world, by_anne(world))
    assert outcome.effects.updates[0].dossier.takeover == Takeover(
        first, NOON, NOON + 15 * 86_400
    )
    found = told_by(outcome)
    assert found.keys() == {DEMO.doctor_id, LOCUM.doctor_id, PATIENT.doctor_id}
    assert "Vous ne pouvez pas contester" in found[DEMO.doctor_id]
    assert "a de nouveau changé" in found[LOCUM.doctor_id]


def test_one_after_a_contest_stands() -> None:
    takeover = Takeover(DEMO.doctor_id, NOON - 9, NOON + 9, contested=True)
    world = his_world(takeover=takeover)
    outcome, _ = taken(world, by_anne(world))
    assert outcome.effects.updates[0].dossier.takeover == takeover
    assert "contesté" not in outcome.letter.text
    assert "Vous ne pouvez pas contester" in told_by(outcome)[DEMO.doctor_id]


def test_to_renew_ones_own_access_suspends_nothing() -> None:
    world = his_world()
    outcome, _ = taken(world, mail(by=world.known[DEMO.doctor_id]))
    (update,) = outcome.effects.updates
    assert (update.dossier.suspended, update.dossier.takeover) == (False, None)
    assert outcome.effects.notices == ()


def test_a_former_one_who_is_not_enrolled_any_more_is_told_nothing() -> None:
    world = World([dossier()], FILED)
    del world.known[DEMO.doctor_id]
    outcome, _ = taken(world)
    assert outcome.effects.notices == ()
    assert "n'est plus inscrit" in outcome.letter.text


def test_the_contacts_of_the_former_one_leave_the_sheet() -> None:
    known = replace(dossier(), sheet=Sheet(address="1 rue X", phone="01", mail="old@x.example"))
    outcome, _ = taken(World([known]), mail(YES + "Téléphone : 04 05 06 07 08\n"))
    sheet = outcome.effects.updates[0].dossier.sheet
    assert (sheet.address, sheet.phone, sheet.mail) == ("1 rue X", "04 05 06 07 08", "")


def test_a_medecin_traitant_who_lost_his_key_gets_his_packets_for_the_present_one() -> None:
    renewed = replace(DEMO, certificate=b"new", fingerprint="f" * 40)
    world = World([dossier()], FILED)
    world.known[DEMO.doctor_id] = renewed
    outcome, (*_, release) = taken(world, mail(by=renewed))
    assert isinstance(release, Release)  # nothing changes of who treats
    assert release.readers == (b"new",)
    assert {each.fingerprint for each in outcome.effects.key_packets} == {"f" * 40}
    assert outcome.effects.updates[0].dossier.treating == DEMO.doctor_id
    assert outcome.effects.notices == ()
    assert "s'ouvrent de nouveau" in outcome.letter.text


def test_a_card_does_it_without_the_code() -> None:
    known = dossier(replace(JEAN, nir=NIR))
    request = mail(YES + f"NIR : {NIR}\n", has_code=False)
    attested = Attested("reader", NIR, OTHER.rpps, "once", NOON + 60)
    opened = replace(request.opened, attested=attested)
    outcome, (*_, release, _amend) = taken(World([known]), replace(request, opened=opened))
    assert isinstance(release.way_in, ByVitale)
    assert [each.value for each in outcome.effects.once] == [b"vitale reader once"]


def test_a_locum_may_take_over_as_any_doctor_may() -> None:
    world = World([dossier()], FILED)
    locum = Locum(OTHER.doctor_id, "2000-01-01", "2099-01-01", NOON)
    world.known[DEMO.doctor_id] = replace(DEMO, locums=(locum,))
    assert taken(world)[0].effects.updates[0].dossier.treating == OTHER.doctor_id
    assert refusal(mail(has_code=False), world) == "code-missing"


@pytest.mark.parametrize("consent", ["", "Consentement : non\n"])
def test_the_patients_consent_must_be_stated(consent: str) -> None:
    assert refusal(mail(LINES + consent), World([dossier()])) == "treating-consent"


def test_a_laboratory_treats_nobody() -> None:
    assert refusal(mail(by=LAB), World([dossier()])) == "treating-doctors-only"


@pytest.mark.parametrize("dossiers", [[], [dossier()]])
def test_without_a_code_known_and_unknown_are_asked_for_it(dossiers: list[Any]) -> None:
    assert refusal(mail(has_code=False), World(dossiers)) == "code-missing"


def test_an_account_alone_is_asked_for_a_signature() -> None:
    unsigned = mail(proof=Proof.ACCOUNT)
    assert refusal(unsigned, World([dossier()])) == "signature-needed"


def test_a_wrong_code_an_unknown_and_an_opposed_one_end_alike() -> None:
    opposed = replace(dossier(), opposed=(OTHER.doctor_id,))
    ends = []
    for world in (World([dossier()]), World(), World([opposed])):
        error, request = refused_trial(medecin_traitant.handle, mail(), world)
        assert isinstance(error, Refusal)
        ends.append((type(request), type(request.way_in), error.text))
    assert set(ends) == {(Prove, ByCode, "no-access")}


def test_a_keeper_that_opened_a_decoy_changes_nothing() -> None:
    keeper = RecordingKeeper()
    assert refusal_of(medecin_traitant.handle, mail(), World(), keeper).text == "no-access"
    assert [type(each) for each in keeper.requests] == [Prove]
