import pytest
from handlers_case import (
    DEMO,
    JEAN,
    LAB,
    OTHER,
    World,
    asked,
    body,
    dossier,
    entry,
    run,
)
from msgspec.structs import replace

from rmp_milter.calls.protocol import (
    CODE_MARK,
    DECOY_SLOT,
    Create,
    Prove,
    Record,
    Release,
    Reseal,
)
from rmp_milter.dossier.model import Onglet, Patient
from rmp_milter.dossier.rules import Proof
from rmp_milter.errors import MailError
from rmp_milter.handlers import aide, consultation, creation, depot, liste
from rmp_milter.handlers.filing import prescriber

JEAN_LINES = "Patient : DUPONT Jean\nNé le : 30/01/1959\n"


@pytest.fixture(autouse=True)
def every_key_usable(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (depot, prescriber):
        monkeypatch.setattr(module, "usable", lambda _certificate, _at: True)


def refusal_of(steps) -> str:  # noqa: ANN001
    with pytest.raises(MailError) as caught:
        run(steps)
    return caught.value.text


class TestCreation:
    LINES = "Demande : création\n" + JEAN_LINES + "Consentement : oui\n"

    def test_makes_a_dossier_and_gives_the_code_only_as_a_mark(self) -> None:
        outcome, requests = run(creation.handle(asked(self.LINES), World(), "fr"))
        (new,) = outcome.effects.dossiers
        assert new.dossier.patient == Patient("DUPONT", "Jean", "1959-01-30")
        assert new.dossier.treating == DEMO.doctor_id
        assert CODE_MARK in outcome.letter.text
        assert outcome.letter.held_code == b"held drawn code"
        assert [type(each) for each in requests] == [Create]

    def test_files_what_came_with_it(self) -> None:
        outcome, requests = run(
            creation.handle(asked(self.LINES, bodies=[body()]), World(), "fr")
        )
        assert [type(each) for each in requests] == [Create, Reseal]
        assert (
            outcome.effects.filings[0].dossier_id
            == outcome.effects.dossiers[0].dossier.dossier_id
        )
        assert "radio.pdf" in outcome.letter.text

    @pytest.mark.parametrize("consent", ["", "Consentement : non\n"])
    def test_needs_the_patients_consent(self, consent: str) -> None:
        mail = asked("Demande : création\n" + JEAN_LINES + consent)
        assert refusal_of(creation.handle(mail, World(), "fr")) == "consent-missing"

    def test_is_for_doctors(self) -> None:
        assert (
            refusal_of(creation.handle(asked(self.LINES, by=LAB), World(), "fr"))
            == "doctors-only"
        )

    def test_a_second_one_overwrites_nothing(self) -> None:
        mail = asked(self.LINES, by=OTHER)
        assert refusal_of(creation.handle(mail, World([dossier()]), "fr")) == "creation-held"

    def test_tells_the_treating_doctor_that_it_is_there(self) -> None:
        steps = creation.handle(asked(self.LINES), World([dossier()]), "fr")
        assert refusal_of(steps) == "already-yours"

    def test_two_numbers_tell_homonyms_apart(self) -> None:
        known = dossier(replace(JEAN, nir="159018002121980"), treating=OTHER)
        mail = asked(self.LINES + "NIR : 1 59 01 75 116 001 08\n")
        outcome, _ = run(creation.handle(mail, World([known]), "fr"))
        assert outcome.effects.dossiers[0].seen == (known.dossier_id,)


class TestDepot:
    def test_seals_to_the_dossier_and_to_the_treating_doctor(self) -> None:
        mail = asked(JEAN_LINES + "Document : Radio\n", by=LAB, bodies=[body()])
        outcome, (reseal,) = run(depot.handle(mail, World([dossier()]), "fr"))
        assert reseal.dossier_key == dossier().public_key
        assert reseal.readers == (DEMO.certificate,)
        (filing,) = outcome.effects.filings
        assert filing.entry.onglet is Onglet.IMAGERIE
        assert filing.entry.documents[0].standing[0].fingerprint == DEMO.fingerprint
        assert "Imagerie" in outcome.letter.text

    def test_an_unusable_key_of_the_treating_doctor_refuses_no_report(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(depot, "usable", lambda _certificate, _at: False)
        mail = asked(JEAN_LINES, by=LAB, bodies=[body()])
        outcome, (reseal,) = run(depot.handle(mail, World([dossier()]), "fr"))
        assert reseal.readers == ()
        assert outcome.effects.filings[0].entry.documents[0].standing == ()

    @pytest.mark.promise(number=5)
    def test_doubt_never_files(self) -> None:
        mail = asked(JEAN_LINES, bodies=[body()])
        two = [dossier(number=8), dossier(number=9)]
        numbered = dossier(replace(JEAN, nir="159018002121980"))
        contradicting = asked(JEAN_LINES + "NIR : 1 59 01 75 116 001 08\n", bodies=[body()])
        assert refusal_of(depot.handle(mail, World(two), "fr")) == "not-filed"
        assert refusal_of(depot.handle(contradicting, World([numbered]), "fr")) == "not-filed"

    def test_without_a_document_there_is_nothing_to_file(self) -> None:
        steps = depot.handle(asked(JEAN_LINES), World([dossier()]), "fr")
        assert refusal_of(steps) == "nothing-to-file"

    def test_needs_all_three_traits(self) -> None:
        steps = depot.handle(asked("Patient : DUPONT Jean\n", bodies=[body()]), World(), "fr")
        assert refusal_of(steps) == "header-problems"


class TestConsultation:
    LINES = "Demande : dossier\n" + JEAN_LINES
    FILED = (
        entry(1, Onglet.SYNTHESE, "Résumé médical", [DEMO]),
        entry(2, Onglet.IMAGERIE, "Radio", [DEMO]),
        entry(3, Onglet.SYNTHESE, "Résumé médical", [DEMO]),
    )

    def test_the_treating_doctor_opens_no_slot(self) -> None:
        world = World([dossier()], self.FILED)
        outcome, requests = run(consultation.handle(asked(self.LINES), world, "fr"))
        assert [type(each) for each in requests] == [Record]
        assert {each.packets for each in outcome.letter.enclosures} == {b"standing"}

    def test_the_newest_summary_comes_first(self) -> None:
        world = World([dossier()], self.FILED)
        outcome, _ = run(consultation.handle(asked(self.LINES), world, "fr"))
        assert [each.number for each in outcome.letter.enclosures] == [3, 1, 2]
        assert outcome.letter.text.index("SYNTHÈSE") < outcome.letter.text.index("IMAGERIE")

    def test_another_doctor_needs_the_code(self) -> None:
        world = World([dossier()], self.FILED)
        assert (
            refusal_of(consultation.handle(asked(self.LINES, by=OTHER), world, "fr"))
            == "code-missing"
        )
        assert (
            refusal_of(consultation.handle(asked(self.LINES, by=OTHER), World(), "fr"))
            == "code-missing"
        )

    def test_the_code_opens_the_slot_for_this_reader(self) -> None:
        mail = asked(self.LINES, by=OTHER, held_code=b"held")
        outcome, (proof, release) = run(
            consultation.handle(mail, World([dossier()], self.FILED), "fr")
        )
        assert isinstance(proof, Prove)
        assert isinstance(release, Release)
        assert release.readers == (OTHER.certificate,)
        assert release.opening.slot == dossier().slots.code
        assert len(outcome.letter.enclosures) == 3

    def test_the_certificates_of_the_authors_go_along_but_the_readers_own(self) -> None:
        world = World([dossier()], self.FILED)
        outcome, _ = run(consultation.handle(asked(self.LINES), world, "fr"))
        assert outcome.letter.certificates == ()
        mail = asked(self.LINES, by=OTHER, held_code=b"held")
        outcome, _ = run(consultation.handle(mail, world, "fr"))
        assert outcome.letter.certificates == (DEMO.certificate,)

    def test_an_author_who_is_not_enrolled_any_more_has_no_certificate(self) -> None:
        world = World([dossier()], self.FILED)
        del world.known[DEMO.doctor_id]
        mail = asked(self.LINES, by=OTHER, held_code=b"held")
        outcome, _ = run(consultation.handle(mail, world, "fr"))
        assert outcome.letter.certificates == ()

    def test_an_account_alone_is_not_the_treating_doctors_signature(self) -> None:
        mail = asked(self.LINES, proof=Proof.ACCOUNT)
        assert refusal_of(consultation.handle(mail, World([dossier()]), "fr")) == "code-missing"

    @pytest.mark.parametrize("world", [World(), World([dossier(number=8), dossier(number=9)])])
    def test_an_unknown_patient_takes_the_way_of_a_wrong_code(self, world: World) -> None:
        steps = consultation.handle(asked(self.LINES, by=OTHER, held_code=b"h"), world, "fr")
        proof = next(steps)
        assert isinstance(proof, Prove)
        assert proof.opening.slot == DECOY_SLOT

    def test_a_body_for_an_older_key_is_listed_and_not_sent(self) -> None:
        world = World([dossier()], [entry(1, Onglet.SYNTHESE, "Résumé médical", [OTHER])])
        outcome, _ = run(consultation.handle(asked(self.LINES), world, "fr"))
        assert outcome.letter.enclosures[0].packets == b""
        assert "autre de vos clés" in outcome.letter.text


class TestListe:
    def world(self) -> World:
        marie = Patient("Durand", "Marie", "1970-02-01")
        paul = Patient("Martin", "Paul", "1980-03-02")
        return World(
            [
                dossier(number=1),
                dossier(marie, number=2),
                dossier(paul, number=3),
                dossier(Patient("Dubois", "Luc", "1990-01-01"), treating=OTHER, number=4),
            ]
        )

    def test_lists_his_own_by_the_first_letters(self) -> None:
        mail = asked("Demande : liste\nNom : du\n")
        text = run(liste.handle(mail, self.world(), "fr"))[0].letter.text
        assert "DUPONT Jean" in text
        assert "DURAND Marie" in text
        assert "MARTIN" not in text

    def test_lists_nobody_elses(self) -> None:
        text = run(liste.handle(asked("Demande : liste\nNom : du\n"), self.world(), "fr"))[
            0
        ].letter.text
        assert "DUBOIS" not in text

    def test_needs_a_signature(self) -> None:
        mail = asked("Demande : liste\nNom : du\n", proof=Proof.ACCOUNT)
        assert refusal_of(liste.handle(mail, self.world(), "fr")) == "signature-needed"


def test_aide_sends_the_examples() -> None:
    outcome, _ = run(aide.handle(asked("Demande : aide\n"), World(), "fr"))
    assert "Consentement : oui" in outcome.letter.text
