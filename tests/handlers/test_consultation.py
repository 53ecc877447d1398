"""Consultation: whose packets are sent, in what order, what is seen, what counts as read."""

import pytest
from handlers_case import (
    DEMO,
    JEAN,
    LAB,
    OTHER,
    World,
    asked,
    dossier,
    entry,
    refusal_of,
    refused_trial,
    run,
)
from msgspec.structs import replace

from rmp_milter.calls.protocol.leaves import Record
from rmp_milter.calls.protocol.releasing import DECOY_SLOT, Prove, Release
from rmp_milter.dossier.model import Credential, Doctor, NumberedEntry, Onglet, Sheet
from rmp_milter.dossier.rules import Proof
from rmp_milter.handlers import consultation

WHO = "Patient : DUPONT Jean\nNé le : 30/01/1959\n"
LINES = "Demande : dossier\n" + WHO
FILED = (
    entry(1, Onglet.SYNTHESE, "Résumé médical", [DEMO]),
    entry(2, Onglet.IMAGERIE, "Radio", [DEMO]),
    entry(3, Onglet.SYNTHESE, "Résumé médical", [DEMO]),
)


def filed() -> World:
    return World([dossier()], FILED)


def test_the_treating_doctor_opens_no_slot() -> None:
    outcome, requests = run(consultation.handle, asked(LINES), filed())
    assert [type(each) for each in requests] == [Record]
    assert {each.packets for each in outcome.letter.enclosures} == {b"standing"}


def test_the_newest_summary_comes_first() -> None:
    outcome, _ = run(consultation.handle, asked(LINES), filed())
    assert [each.number for each in outcome.letter.enclosures] == [3, 1, 2]
    assert outcome.letter.text.index("SYNTHÈSE") < outcome.letter.text.index("IMAGERIE")


def test_another_doctor_needs_the_code() -> None:
    mail = asked(LINES, by=OTHER)
    assert refusal_of(consultation.handle, mail, filed()).text == "code-missing"
    assert refusal_of(consultation.handle, mail, World()).text == "code-missing"


def test_the_code_opens_the_slot_for_this_reader() -> None:
    mail = asked(LINES, by=OTHER, has_code=True)
    outcome, (proof, release) = run(consultation.handle, mail, filed())
    assert isinstance(proof, Prove)
    assert isinstance(release, Release)
    assert release.readers == (OTHER.certificate,)
    assert release.way_in.slot == dossier().slots.code
    assert len(outcome.letter.enclosures) == 3


def test_the_certificates_of_the_authors_go_along_but_the_readers_own() -> None:
    outcome, _ = run(consultation.handle, asked(LINES), filed())
    assert outcome.letter.certificates == ()
    mail = asked(LINES, by=OTHER, has_code=True)
    outcome, _ = run(consultation.handle, mail, filed())
    assert outcome.letter.certificates == (DEMO.certificate,)


def test_of_an_author_with_several_certificates_those_for_openpgp_go_along() -> None:
    world, x509 = filed(), b"\x30\x82 a certificate"
    others = (Credential(x509, "ab" * 32), Credential(b"second", "cd" * 20))
    mail = asked(LINES, by=OTHER, has_code=True)
    world.known[DEMO.doctor_id] = replace(DEMO, credentials=others)
    outcome, _ = run(consultation.handle, mail, world)
    assert outcome.letter.certificates == (DEMO.certificate, b"second")
    first = Credential(DEMO.certificate, DEMO.fingerprint)
    world.known[DEMO.doctor_id] = replace(DEMO, certificate=x509, credentials=(first,))
    outcome, _ = run(consultation.handle, mail, world)
    assert outcome.letter.certificates == (DEMO.certificate,)


def test_an_author_who_is_not_enrolled_any_more_has_no_certificate() -> None:
    world = filed()
    del world.known[DEMO.doctor_id]
    mail = asked(LINES, by=OTHER, has_code=True)
    outcome, _ = run(consultation.handle, mail, world)
    assert outcome.letter.certificates == ()


def test_an_account_alone_is_not_the_treating_doctors_signature() -> None:
    mail = asked(LINES, proof=Proof.ACCOUNT)
    error = refusal_of(consultation.handle, mail, World([dossier()]))
    assert error.text == "code-missing"


@pytest.mark.parametrize("world", [World(), World([dossier(number=8), dossier(number=9)])])
def test_an_unknown_patient_takes_the_way_of_a_wrong_code(world: World) -> None:
    mail = asked(LINES, by=OTHER, has_code=True)
    _, proof = refused_trial(consultation.handle, mail, world)
    assert isinstance(proof, Prove)
    assert proof.way_in.slot == DECOY_SLOT


def test_an_unknown_number_is_told_behind_the_code_only() -> None:
    mail = asked(LINES + "Numéros : 99\n", by=OTHER, has_code=True)
    error, _ = refused_trial(consultation.handle, mail, filed())
    assert error.text == "no-access"
    assert refusal_of(consultation.handle, mail, filed()).text == "table-missing"


def test_a_body_for_an_older_key_is_listed_and_not_sent() -> None:
    world = World([dossier()], [entry(1, Onglet.SYNTHESE, "Résumé médical", [OTHER])])
    outcome, _ = run(consultation.handle, asked(LINES), world)
    assert outcome.letter.enclosures[0].packets == b""
    assert "autre de vos clés" in outcome.letter.text


class TestTheSheet:
    NUMBER = "159017511600108"
    SHEET = Sheet(used_name="Durand", address="1 rue Neuve", insurer="MGEN", phone="0123456789")

    def world(self) -> World:
        known = replace(dossier(replace(JEAN, nir=self.NUMBER)), sheet=self.SHEET)
        return World([known], [entry(1, Onglet.SYNTHESE, "Résumé", [DEMO])])

    def test_is_shown_to_the_treating_doctor(self) -> None:
        text = run(consultation.handle, asked(LINES), self.world())[0].letter.text
        for said in (
            "Fiche — nom d'usage Durand",
            "1 rue Neuve",
            "MGEN",
            "tél. 0123456789",
            "1 59 01 75",
        ):
            assert said in text

    def test_shows_others_no_number_insurance_or_address(self) -> None:
        mail = asked(LINES, by=OTHER, has_code=True)
        text = run(consultation.handle, mail, self.world())[0].letter.text
        assert "Fiche — nom d'usage Durand" in text
        assert "tél. 0123456789" in text
        for hidden in ("rue Neuve", "MGEN", "1 59 01 75", self.NUMBER):
            assert hidden not in text


def by(author: Doctor, number: int, onglet: Onglet = Onglet.BIOLOGIE) -> NumberedEntry:
    each = entry(number, onglet, "Bilan", [DEMO])
    return replace(each, entry=replace(each.entry, author=author.doctor_id))


def seen_after(words: str, *entries: NumberedEntry, seen: int = 0) -> int:
    world = World([replace(dossier(), seen=seen)], entries)
    outcome, _ = run(consultation.handle, asked(words), world)
    updates = outcome.effects.updates
    return updates[0].dossier.seen if updates else seen


class TestWhatStaysNew:
    """What a médecin traitant's list shows as new after he was sent something."""

    def test_is_nothing_after_the_whole_dossier(self) -> None:
        entries = by(LAB, 1), by(DEMO, 2), by(LAB, 3)
        assert seen_after(LINES, *entries) == 3

    def test_is_what_an_onglet_or_a_number_leaves_out(self) -> None:
        entries = by(LAB, 1, Onglet.IMAGERIE), by(DEMO, 2), by(LAB, 3)
        assert seen_after(LINES + "Onglet : biologie\n", *entries) == 0
        assert seen_after(LINES + "Onglet : imagerie\n", *entries) == 2
        assert seen_after(LINES + "Numéros : 3\n", *entries, seen=2) == 3

    def test_is_all_of_it_after_an_index_alone(self) -> None:
        assert seen_after("Demande : index\n" + WHO, by(LAB, 1)) == 0
