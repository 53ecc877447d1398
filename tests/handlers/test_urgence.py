"""Urgence: who reads at once, what he gets, who is told, and the short list to choose from."""

import pytest
from handlers_case import DEMO, JEAN, NOON, OTHER, World, asked, dossier, entry, refusal_of, run
from msgspec.structs import replace

from rmp_milter.calls.protocol import ByCustody, Record, Release
from rmp_milter.dossier.emergency import reference_of
from rmp_milter.dossier.model import (
    Closure,
    Doctor,
    Dossier,
    Emergency,
    Fault,
    Mask,
    Onglet,
    Patient,
    PatientTold,
    ReplyForm,
    Sheet,
    Tally,
)
from rmp_milter.dossier.rules import Proof
from rmp_milter.handlers import urgence
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Effects
from rmp_milter.handlers.letters.emergency_letters import age
from rmp_milter.handlers.people import search
from rmp_milter.handlers.people.search import short_reference
from rmp_milter.mail.outgoing.wording import minute

WHO = "Patient : DUPONT Jean\nNé le : 30/01/1959\n"
FILED = [
    entry(1, Onglet.SYNTHESE, "Résumé", [DEMO]),
    entry(2, Onglet.BIOLOGIE, "Bilan", [DEMO]),
]


def emergency(who: str = WHO, by: Doctor = OTHER, reason: bytes = b"held") -> Case:
    return asked(f"Demande : urgence\n{who}Motif : ••••\n", by=by, held_reason=reason)


def refusal(mail: Case, world: World) -> str:
    return refusal_of(urgence.handle, mail, world).text


class TestGranted:
    def test_at_once_by_the_custody_slot_with_the_held_reason(self) -> None:
        outcome, (release,) = run(urgence.handle, emergency(), World([dossier()], FILED))
        assert isinstance(release, Release)
        assert release.way_in == ByCustody(dossier().slots.custody, b"held")
        assert release.readers == (OTHER.certificate,)
        assert (release.event.action, release.event.entries) == ("urgence", (1, 2))
        assert release.event.reference.startswith("U-")
        assert outcome.urgent
        assert len(outcome.letter.enclosures) == 2
        assert release.event.reference in outcome.letter.text

    def test_the_resume_comes_first(self) -> None:
        outcome, _ = run(urgence.handle, emergency(), World([dossier()], FILED[::-1]))
        assert outcome.letter.enclosures[0].entry.document_type == "Résumé"

    def test_masked_documents_stay_masked(self) -> None:
        masked = replace(dossier(), masks=(Mask(2, DEMO.doctor_id, NOON),))
        outcome, (release,) = run(urgence.handle, emergency(), World([masked], FILED))
        assert release.event.entries == (1,)
        assert len(release.items) == 1
        assert "Bilan" not in outcome.letter.text

    def test_it_is_kept_until_its_review(self) -> None:
        outcome, (release,) = run(urgence.handle, emergency(), World([dossier()], FILED))
        (kept,) = outcome.effects.emergencies
        assert kept == Emergency(
            reference=release.event.reference,
            dossier_id=dossier().dossier_id,
            doctor_id=OTHER.doctor_id,
            at=NOON,
            leaf=7,
            patient_told=PatientTold.NONE,
        )

    def test_no_throttle_no_resting_code_and_no_opposition_stands_in_its_way(self) -> None:
        world = World([replace(dossier(), opposed=(OTHER.doctor_id,))], FILED)
        for fault in Fault:
            for subject in (b"", OTHER.doctor_id, dossier().dossier_id):
                world.tallies[fault, subject] = Tally((NOON,) * 200)
        outcome, _ = run(urgence.handle, emergency(), world)
        assert len(outcome.letter.enclosures) == 2

    def test_the_same_mail_tried_again_has_the_same_reference(self) -> None:
        world = World([dossier()], FILED)
        references = {
            run(urgence.handle, emergency(), world)[1][0].event.reference for _ in "ab"
        }
        assert len(references) == 1


class TestTold:
    def test_the_treating_doctor_without_a_medical_word(self) -> None:
        outcome, _ = run(urgence.handle, emergency(), World([dossier()], FILED))
        (notice,) = outcome.effects.notices
        assert (notice.reader, notice.urgent) == (DEMO, True)
        assert OTHER.name in notice.letter.text
        assert outcome.effects.emergencies[0].reference in notice.letter.text
        assert "informez-le" in notice.letter.text
        assert "Résumé" not in notice.letter.text
        assert notice.letter.enclosures == ()

    def test_a_patient_with_an_address_by_a_letter_to_post(self) -> None:
        known = replace(dossier(), sheet=Sheet(address="1 rue X, Lyon", used_name="Martin"))
        outcome, _ = run(urgence.handle, emergency(), World([known], FILED))
        (letter,) = outcome.effects.postal
        assert (letter.name, letter.address) == (("Jean Martin",), "1 rue X, Lyon")
        assert letter.reference == outcome.effects.emergencies[0].reference
        assert outcome.effects.emergencies[0].patient_told is PatientTold.LETTER

    def test_a_patient_with_a_key_by_his_key(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(urgence, "usable", lambda _data, _at: True)
        world = self.with_a_patients_key(dossier())
        outcome, _ = run(urgence.handle, emergency(), world)
        assert [each.reader.name for each in outcome.effects.notices] == [DEMO.name, "Jean"]
        assert outcome.effects.emergencies[0].patient_told is PatientTold.MAIL
        assert outcome.effects.postal == ()

    def test_a_patient_whose_key_is_of_no_use_by_a_letter(self) -> None:
        """The played certificates are none that could be encrypted to."""
        world = self.with_a_patients_key(replace(dossier(), sheet=Sheet(address="1 rue X")))
        outcome, _ = run(urgence.handle, emergency(), world)
        assert [each.reader for each in outcome.effects.notices] == [DEMO]
        assert len(outcome.effects.postal) == 1
        assert outcome.effects.emergencies[0].patient_told is PatientTold.LETTER

    @staticmethod
    def with_a_patients_key(known: Dossier) -> World:
        world = World([known], FILED)
        patient = replace(OTHER, doctor_id=b"p" * 16, name="Jean", patient_of=known.dossier_id)
        world.known[patient.doctor_id] = patient
        return world


class TestShortList:
    ANA = dossier(Patient("Dupont", "Ana", "1990-07-14"), number=8)

    def test_a_name_is_enough_for_a_list_that_is_an_access_itself(self) -> None:
        world = World([dossier(), self.ANA], FILED)
        outcome, leaves = run(urgence.handle, emergency("Patient : DUPONT\n"), world)
        assert [type(leaf) for leaf in leaves] == [Record, Record]
        assert {leaf.event.dossier_id for leaf in leaves} == {
            dossier().dossier_id,
            self.ANA.dossier_id,
        }
        assert {leaf.event.action for leaf in leaves} == {"urgence liste"}
        assert short_reference(self.ANA.dossier_id) in outcome.letter.text
        assert outcome.letter.enclosures == ()
        assert outcome.urgent

    def test_an_age_narrows_it(self) -> None:
        world = World([dossier(), self.ANA], FILED)
        who = "Patient : DUPONT\nÂge : environ 36 ans\n"
        outcome, (leaf,) = run(urgence.handle, emergency(who), world)
        assert leaf.event.dossier_id == self.ANA.dossier_id
        assert "DUPONT Ana, né(e) le 14/07/1990" in outcome.letter.text

    @pytest.mark.parametrize("said", ["DUPONT, 36 ans", "DUPONT, femme d'environ 36 ans"])
    def test_an_age_beside_the_name_narrows_it_too(self, said: str) -> None:
        world = World([dossier(), self.ANA], FILED)
        _, (leaf,) = run(urgence.handle, emergency(f"Patient : {said}\n"), world)
        assert leaf.event.dossier_id == self.ANA.dossier_id

    def test_its_reference_chooses(self) -> None:
        world = World([dossier(), self.ANA], FILED)
        who = f"Référence : {short_reference(self.ANA.dossier_id).lower()}\n"
        _, (release,) = run(urgence.handle, emergency(who), world)
        assert release.dossier_id == self.ANA.dossier_id

    def test_no_identifier_is_asked_for(self) -> None:
        """A header with nothing but a misspelt name is searched, not refused."""
        who = "Patient : Dupont, Jean, Paul, Marie\nNé le : hier\nNIR : 12\n"
        outcome, leaves = run(urgence.handle, emergency(who), World([dossier()]))
        assert len(leaves) == 1
        assert "DUPONT Jean" in outcome.letter.text

    def test_homonyms_are_listed_not_guessed(self) -> None:
        twin = dossier(JEAN, number=7)
        _, leaves = run(urgence.handle, emergency(), World([dossier(), twin], FILED))
        assert [leaf.event.action for leaf in leaves] == ["urgence liste"] * 2

    def test_nobody_alike_is_said_and_logged(self) -> None:
        outcome, (leaf,) = run(urgence.handle, emergency("Patient : ZUT\n"), World())
        assert leaf.event.outcome == "none"
        assert "plus largement" in outcome.letter.text

    def test_a_closed_dossier_is_as_none(self) -> None:
        closed = replace(dossier(), closure=Closure(NOON, NOON + 1))
        outcome, (leaf,) = run(urgence.handle, emergency(), World([closed]))
        assert leaf.event.dossier_id == b""
        assert outcome.effects.emergencies == ()


class TestOrderOfNeed:
    """The first screen is enough to act: who, what to open first, whom to call."""

    SCREEN = 20
    MANY = (
        *(entry(number, Onglet.BIOLOGIE, f"Bilan {number}", [DEMO]) for number in range(1, 12)),
        entry(12, Onglet.SYNTHESE, "Résumé", [DEMO]),
        entry(13, Onglet.SYNTHESE, "Résumé", [DEMO]),
        entry(14, Onglet.IMAGERIE, "Scanner", [DEMO]),
    )
    KNOWN = replace(
        dossier(),
        sheet=Sheet(
            sex="M", used_name="Martin", phone="01 23 45 67 89", mobile="06 12 34 56 78"
        ),
    )

    def lines(self, known: Dossier = KNOWN, by: Doctor = OTHER) -> list[str]:
        outcome, _ = run(urgence.handle, emergency(by=by), World([known], [*self.MANY]))
        return outcome.letter.text.splitlines()

    def test_the_first_screen_holds_patient_resume_and_traitant(self) -> None:
        screen = "\n".join(self.lines()[: self.SCREEN])
        assert screen.startswith(
            "Dossier de DUPONT Jean (nom d'usage Martin)\n67 ans, sexe masc"
        )
        assert "né le 30/01/1959" in screen
        assert (
            "Lisez d'abord le résumé du 28/05/2026 (entrée 13),\nle message qui suit" in screen
        )
        assert f"Le médecin traitant est {DEMO.name}." in screen
        assert "On le joint au 01 23 45 67 89 ou au 06 12 34 56 78." in screen
        assert "14 entrée(s), 14 document(s)" in screen

    def test_the_resume_that_is_named_is_the_first_that_is_sent(self) -> None:
        outcome, _ = run(urgence.handle, emergency(), World([self.KNOWN], [*self.MANY]))
        assert outcome.letter.enclosures[0].number == 13

    def test_the_formalities_are_last(self) -> None:
        lines = self.lines()
        table, formal = lines.index("SYNTHÈSE"), lines.index("À FAIRE ENSUITE")
        assert table < formal
        assert not [line for line in lines[:formal] if "justifi" in line or "journal" in line]
        assert [line.strip() for line in lines[formal:] if line.startswith("    ")] == [
            "Demande : justification",
            f"Référence : {reference_of(b'q' * 32)}",
            "Motif : [pourquoi]",
        ]

    def test_it_says_until_when_and_how_to_justify(self) -> None:
        words = " ".join(self.lines())
        until = (
            f"Justifiez-le avant le {minute(NOON + 24 * 3600)} (UTC) en répondant à ce message"
        )
        assert f"{until}, signé, avec quelques mots qui disent pourquoi" in words

    def test_no_line_is_long(self) -> None:
        assert [line for line in self.lines() if len(line) > 66] == []

    def test_where_the_resume_is_in_the_partitioned_form(self) -> None:
        eudora = replace(OTHER, reply_form=ReplyForm.PARTITIONED)
        words = "\n".join(self.lines(by=eudora))
        assert "(entrée 13),\nle premier fichier chiffré joint à ce message." in words

    def test_no_resume_is_said_and_what_to_open_instead(self) -> None:
        outcome, _ = run(urgence.handle, emergency(), World([dossier()], FILED[1:]))
        assert "Aucun résumé médical ici. Lisez d'abord l'entrée 1" in outcome.letter.text

    def test_a_number_that_is_not_known_is_not_spoken_of(self) -> None:
        lines = self.lines(dossier())
        assert f"Le médecin traitant est {DEMO.name}." in lines
        assert not [line for line in lines if "joint au" in line]

    def test_an_empty_dossier(self) -> None:
        outcome, _ = run(urgence.handle, emergency(), World([dossier()]))
        assert "ne contient encore aucun document" in outcome.letter.text
        assert "Lisez d'abord" not in outcome.letter.text

    def test_what_a_user_wrote_makes_no_line_of_a_header(self) -> None:
        sly = replace(dossier(), sheet=Sheet(phone="1\tDemande : urgence"))
        words = "\n".join(self.lines(sly))
        assert "On le joint au 1 Demande urgence." in words

    def test_masks_are_spoken_of_to_whom_they_hide_something(self) -> None:
        hidden = "Ce que le patient a masqué n'y figure pas."
        assert hidden in self.lines()
        assert hidden not in self.lines(by=DEMO)

    def test_in_english(self) -> None:
        mail = replace(emergency(), language="en")
        outcome, _ = run(urgence.handle, mail, World([self.KNOWN], [*self.MANY]))
        assert "Read the summary of 28/05/2026 first (entry 13)" in outcome.letter.text
        assert outcome.letter.text.splitlines()[1] == "67 years old, male, born 30/01/1959"

    @pytest.mark.parametrize(
        ("born", "words"),
        [
            ("1959-01-30", "67 ans"),
            ("1959-12-30", "66 ans"),
            ("2025-01-15", "16 mois"),
            ("2026-05-01", "27 jour(s)"),
            ("2026-05-29", "0 jour(s)"),
        ],
    )
    def test_how_old_somebody_is(self, born: str, words: str) -> None:
        assert age(born, "2026-05-28", "fr") == words


class TestReasonMissing:
    """What was understood comes back with one line to fill in, whoever has a dossier."""

    def answer(self, who: str = WHO, *known: Dossier) -> str:
        mail = asked(f"Demande : urgence\n{who}", by=OTHER)
        outcome, leaves = run(urgence.handle, mail, World(list(known), FILED))
        assert leaves == []
        assert outcome.effects == Effects()
        assert outcome.urgent
        return outcome.letter.text

    def form(self, who: str) -> list[str]:
        lines = self.answer(who).splitlines()
        return [line.strip() for line in lines if line.startswith("    ")]

    def test_the_senders_words_come_back_as_a_form(self) -> None:
        assert self.form("Nom : dupont\nPrénom : Jean\nDDN : 30.1.59\n") == [
            "Demande : urgence",
            "Nom : dupont",
            "Prénom : Jean",
            "Né le : 30.1.59",
            "Motif : [pourquoi]",
        ]

    def test_it_is_the_same_whether_there_is_such_a_dossier(self) -> None:
        assert self.answer(WHO) == self.answer(WHO, dossier())
        assert self.answer("Référence : D-7QX3-MZBK\n") == self.answer(
            "Référence : D-7QX3-MZBK\n", dossier()
        )

    def test_nobody_named_leaves_slots(self) -> None:
        assert self.form("") == [
            "Demande : urgence",
            "Patient : [NOM Prénom]",
            "Né le : [jj/mm/aaaa]",
            "Motif : [pourquoi]",
        ]

    def test_what_was_typed_wrong_comes_back_as_it_was(self) -> None:
        assert "Né le : hier" in self.form("Patient : DUPONT Jean\nNé le : hier\n")

    def test_a_long_value_is_cut_between_words(self) -> None:
        lines = self.answer(f"Patient : {'Marie ' * 30}\n").splitlines()
        assert max(map(len, lines)) <= 66
        assert [line for line in lines if line.endswith("Marie Marie")]

    def test_filled_in_it_is_granted(self) -> None:
        form = "\n".join(self.form(WHO)).replace("[pourquoi]", "coma")
        mail = asked(form, by=OTHER, held_reason=b"held")
        outcome, _ = run(urgence.handle, mail, World([dossier()], FILED))
        assert len(outcome.effects.emergencies) == 1


class TestReferenceWithASlip:
    ANA = dossier(Patient("Martin", "Ana", "1990-07-14"), number=8)
    REFERENCE = short_reference(ANA.dossier_id)
    SLIP = REFERENCE[:-1] + ("A" if REFERENCE[-1] != "A" else "B")

    def world(self) -> World:
        return World([dossier(), self.ANA], FILED)

    @pytest.mark.parametrize(
        "typed",
        [
            REFERENCE.lower(),
            REFERENCE.replace("-", " "),
            REFERENCE.replace("-", ""),
            f"« {REFERENCE} ».",
        ],
    )
    def test_it_is_read_however_it_is_typed(self, typed: str) -> None:
        _, (release,) = run(urgence.handle, emergency(f"Référence : {typed}\n"), self.world())
        assert release.dossier_id == self.ANA.dossier_id

    def test_what_is_close_is_listed_and_logged(self) -> None:
        mail = emergency(f"Référence : {self.SLIP}\n")
        outcome, (leaf,) = run(urgence.handle, mail, self.world())
        assert (leaf.event.action, leaf.event.dossier_id) == (
            "urgence liste",
            self.ANA.dossier_id,
        )
        assert "Référence inconnue" in outcome.letter.text
        assert self.SLIP in outcome.letter.text
        assert "MARTIN Ana, né(e) le 14/07/1990" in outcome.letter.text
        assert (
            f"    Référence : {self.REFERENCE}\n    Motif : [pourquoi]" in outcome.letter.text
        )
        assert outcome.urgent

    def test_the_name_beside_it_makes_it_sure(self) -> None:
        mail = emergency(f"Référence : {self.SLIP}\nPatient : MARTIN\n")
        _, (release,) = run(urgence.handle, mail, self.world())
        assert release.dossier_id == self.ANA.dossier_id

    def test_another_name_beside_it_is_searched_as_well(self) -> None:
        mail = emergency(f"Référence : {self.SLIP}\nPatient : DUPONT\n")
        outcome, leaves = run(urgence.handle, mail, self.world())
        assert [leaf.event.action for leaf in leaves] == ["urgence liste"] * 2
        assert "DUPONT Jean" in outcome.letter.text
        assert "    Référence : [référence]" in outcome.letter.text

    def test_near_to_nothing_the_name_decides(self) -> None:
        unknown = "Référence : D-2222-2222\n"
        _, (release,) = run(urgence.handle, emergency(f"{unknown}{WHO}"), self.world())
        assert release.dossier_id == dossier().dossier_id
        outcome, (leaf,) = run(
            urgence.handle, emergency(f"{unknown}Patient : DUPON\n"), self.world()
        )
        assert leaf.event.dossier_id == dossier().dossier_id
        assert "Référence inconnue" in outcome.letter.text

    def test_near_to_nothing_and_no_name_says_what_to_write(self) -> None:
        mail = emergency("Référence : D-2222-2222\n")
        outcome, (leaf,) = run(urgence.handle, mail, self.world())
        assert leaf.event.outcome == "none"
        assert "Référence inconnue" in outcome.letter.text
        assert "    Patient : [NOM ou premières lettres]" in outcome.letter.text

    def test_one_that_is_anothers_than_the_name_beside_it_lists_both(self) -> None:
        mail = emergency(f"Référence : {self.REFERENCE}\n{WHO}")
        outcome, leaves = run(urgence.handle, mail, self.world())
        assert [leaf.event.dossier_id for leaf in leaves] == [
            self.ANA.dossier_id,
            dossier().dossier_id,
        ]
        assert "n'est pas celle d'un patient du nom" in outcome.letter.text
        assert outcome.effects.emergencies == ()

    def test_one_that_two_have_is_refused_with_both(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(search, "short_reference", lambda _id: self.REFERENCE)
        mail = emergency(f"Référence : {self.REFERENCE}\n")
        outcome, leaves = run(urgence.handle, mail, self.world())
        assert len(leaves) == 2
        assert "2 dossiers portent cette référence" in outcome.letter.text
        assert "    Patient : [NOM Prénom]\n    Né le : [jj/mm/aaaa]" in outcome.letter.text

    def test_of_two_that_have_it_the_name_beside_it_chooses(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(search, "short_reference", lambda _id: self.REFERENCE)
        mail = emergency(f"Référence : {self.REFERENCE}\nPatient : MARTIN\n")
        _, (release,) = run(urgence.handle, mail, self.world())
        assert release.dossier_id == self.ANA.dossier_id

    def test_what_was_typed_does_not_come_back_but_for_letters_and_figures(self) -> None:
        mail = emergency("Référence : D;<b>/ Motif\u2028= coma, urgence\n")
        outcome, _ = run(urgence.handle, mail, World())
        assert "<" not in outcome.letter.text
        assert "coma" not in outcome.letter.text


class TestNothingToSearchBy:
    @pytest.mark.parametrize("who", ["", "Âge : 65 ans\n", "Né le : 1959\n", "Né le : hier\n"])
    def test_it_says_what_to_write_and_looks_for_nobody(self, who: str) -> None:
        outcome, leaves = run(urgence.handle, emergency(who), World([dossier()]))
        assert leaves == []
        assert "ne dit pas qui chercher" in outcome.letter.text
        assert "    Patient : [NOM ou premières lettres]" in outcome.letter.text
        assert "    Motif : [pourquoi]" in outcome.letter.text
        assert outcome.urgent

    @pytest.mark.parametrize(
        "who",
        ["Né le : 30/01/1959\n", "NIR : 1 59 01 75 116 001 08\n", "Prénom : Jean\nÂge : 67\n"],
    )
    def test_a_day_of_birth_a_number_or_a_given_name_with_an_age_are_enough(
        self, who: str
    ) -> None:
        known = dossier(replace(JEAN, nir="159017511600108"))
        outcome, (leaf,) = run(urgence.handle, emergency(who), World([known]))
        assert leaf.event.dossier_id == known.dossier_id
        assert "DUPONT Jean" in outcome.letter.text


class TestCase:
    def test_a_signature(self) -> None:
        mail = asked(
            f"Demande : urgence\n{WHO}", by=OTHER, proof=Proof.ACCOUNT, held_reason=b"held"
        )
        assert refusal(mail, World([dossier()])) == "emergency-unsigned"

    def test_no_certain_profession(self) -> None:
        midwife = replace(OTHER, profession="sage-femme")
        outcome, _ = run(urgence.handle, emergency(by=midwife), World([dossier()]))
        assert len(outcome.effects.emergencies) == 1

    def test_a_professional_not_a_patient(self) -> None:
        patient = replace(OTHER, patient_of=b"x" * 16)
        assert (
            refusal(emergency(by=patient), World([dossier()])) == "emergency-professionals-only"
        )
