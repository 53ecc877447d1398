"""Fiche: the sheet, rewritten by the médecin traitant or his locum."""

import pytest
from handlers_case import (
    DEMO,
    JEAN,
    NEXT_CARD,
    NOON,
    OTHER,
    World,
    asked,
    dossier,
    refusal_of,
    run,
)
from msgspec.structs import replace

from rmp_milter.calls.authority import AddNumber
from rmp_milter.calls.protocol.leaves import Record
from rmp_milter.dossier.identity import trait_keys
from rmp_milter.dossier.model import Locum, Sheet
from rmp_milter.dossier.rules import Proof
from rmp_milter.handlers import fiche
from rmp_milter.handlers.asking.case import Case

NUMBER, PARENTS_NUMBER = "159017511600108", "131017511600122"
LINES = "Demande : fiche\nPatient : DUPONT Jean\nNé le : 30/01/1959\n"
SHEET = Sheet(used_name="Durand", address="1 rue Neuve", insurer="MGEN", phone="0123456789")
KNOWN = replace(dossier(), sheet=SHEET)


pytestmark = pytest.mark.usefixtures("every_key_usable")


def refusal(mail: Case, world: World) -> str:
    return refusal_of(fiche.handle, mail, world).text


def test_the_fields_given_replace_and_the_others_stay() -> None:
    mail = asked(LINES + "Adresse : 2 place Vieille\nFax : 0123456780\nMutuelle : -\n")
    outcome, requests = run(fiche.handle, mail, World([KNOWN]))
    (update,) = outcome.effects.updates
    assert update.dossier.revision == KNOWN.revision + 1
    changed = replace(SHEET, address="2 place Vieille", fax="0123456780", insurer="")
    assert update.dossier.sheet == changed
    assert [type(each) for each in requests] == [Record]
    assert "2 place Vieille" in outcome.letter.text


def test_without_a_field_the_sheet_is_only_sent() -> None:
    outcome, _ = run(fiche.handle, asked(LINES), World([KNOWN]))
    assert outcome.effects.updates == ()
    assert "1 rue Neuve" in outcome.letter.text


def test_a_missing_number_is_added_and_leads_to_the_dossier() -> None:
    mail = asked(LINES + f"NIR : {NUMBER}\n")
    outcome, (record, amend) = run(fiche.handle, mail, World([KNOWN]))
    (update,) = outcome.effects.updates
    assert update.dossier.patient.nir == NUMBER
    assert (amend.wish, amend.event) == (AddNumber(), record.event)
    assert update.dossier.card == NEXT_CARD
    assert update.trait_keys == trait_keys(replace(JEAN, nir=NUMBER))
    assert "« nouveau code »" in outcome.letter.text


def test_a_number_that_is_there_is_not_changed() -> None:
    numbered = replace(KNOWN, patient=replace(JEAN, nir=NUMBER))
    mail = asked(LINES + "NIR : 159018002121980\n")
    assert refusal(mail, World([numbered])) == "no-access"


def test_a_parents_number_is_refused() -> None:
    mail = asked(LINES + f"NIR : {PARENTS_NUMBER}\n")
    assert refusal(mail, World([KNOWN])) == "number-contradicts"


def test_it_is_for_the_treating_doctor_by_signature() -> None:
    unsigned = asked(LINES, proof=Proof.ACCOUNT)
    assert refusal(unsigned, World([KNOWN])) == "signature-needed"
    for world in (World([KNOWN]), World()):
        assert refusal(asked(LINES, by=OTHER), world) == "no-access"


def test_his_locum_may_in_his_dates() -> None:
    world = World([KNOWN])
    locum = Locum(OTHER.doctor_id, "2026-05-01", "2026-06-30", NOON)
    world.known[DEMO.doctor_id] = replace(DEMO, locums=(locum,))
    mail = asked(LINES + "Fax : 0123456780\n", by=OTHER)
    outcome, (record,) = run(fiche.handle, mail, world)
    assert isinstance(record, Record)  # no document goes out, so no slot is opened
    assert record.event.acting_for == DEMO.rpps
    assert outcome.effects.updates[0].dossier.sheet.fax == "0123456780"
