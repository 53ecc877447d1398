"""The order in which an emergency's answer says things."""

import pytest
from handlers_case import ACT, DEMO, NOON, OTHER, World, dossier, entry, run
from msgspec.structs import replace
from urgence_case import FILED, emergency

from rmp_milter.dossier.days import UNIVERSAL
from rmp_milter.dossier.emergency import reference_of
from rmp_milter.dossier.model import (
    Doctor,
    Dossier,
    Onglet,
    ReplyForm,
    Sheet,
)
from rmp_milter.handlers import urgence
from rmp_milter.handlers.letters.emergency_letters import age
from rmp_milter.mail.outgoing.wording import minute


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
            "Lisez d'abord le résumé du 28/05/2026 (document 13),\nle message qui suit"
            in screen
        )
        assert f"Le médecin traitant est {DEMO.name}." in screen
        assert "On le joint au 01 23 45 67 89 ou au 06 12 34 56 78." in screen
        assert "14 document(s), 28 fichier(s)" in screen

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
            "Motif : [pourquoi]",
            f"Référence : {reference_of(ACT)}",
        ]

    def test_it_says_until_when_and_how_to_justify(self) -> None:
        words = " ".join(self.lines())
        until = (
            f"Justifiez-le avant le {minute(NOON + 24 * 3600, UNIVERSAL)} (temps universel) "
            "en répondant à ce message"
        )
        assert f"{until}, signé, avec quelques mots qui disent pourquoi" in words

    def test_no_line_is_long(self) -> None:
        assert [line for line in self.lines() if len(line) > 66] == []

    def test_where_the_resume_is_in_the_partitioned_form(self) -> None:
        eudora = replace(OTHER, reply_form=ReplyForm.PARTITIONED)
        words = "\n".join(self.lines(by=eudora))
        assert "(document 13),\nle premier fichier chiffré joint à ce message." in words

    def test_no_resume_is_said_and_what_to_open_instead(self) -> None:
        outcome, _ = run(urgence.handle, emergency(), World([dossier()], FILED[1:]))
        assert "Aucun résumé médical ici. Lisez d'abord le document 1" in outcome.letter.text

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
        assert "On le joint au 1 Demande · urgence." in words

    def test_masks_are_spoken_of_to_whom_they_hide_something(self) -> None:
        hidden = "Ce que le patient a masqué n'y figure pas."
        assert hidden in self.lines()
        assert hidden not in self.lines(by=DEMO)

    def test_in_english(self) -> None:
        mail = replace(emergency(), language="en")
        outcome, _ = run(urgence.handle, mail, World([self.KNOWN], [*self.MANY]))
        assert "Read the summary of 28/05/2026 first (document 13)" in outcome.letter.text
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
