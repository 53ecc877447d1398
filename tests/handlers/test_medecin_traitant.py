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

from rmp_milter.calls.authority import TakeOver
from rmp_milter.calls.protocol import Attested, ByCode, ByVitale, Prove, Release
from rmp_milter.dossier.model import Doctor, Locum, Mask, Onglet, Sheet
from rmp_milter.dossier.rules import Proof
from rmp_milter.handlers import medecin_traitant
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Outcome, Refusal

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
    assert amend.wish == TakeOver(until=NOON + 15 * 86_400)
    assert (amend.event, amend.by) == (release.event, release.by)
    assert update.dossier.card == NEXT_CARD


def test_the_former_is_told_and_the_answer_says_what_cannot_be_taken_back() -> None:
    outcome, _ = taken(World([dossier()], FILED))
    (notice,) = outcome.effects.notices
    assert notice.reader == DEMO
    assert OTHER.name in notice.letter.text
    assert "ne peut pas lui être repris" in outcome.letter.text
    assert DEMO.name in outcome.letter.text


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
