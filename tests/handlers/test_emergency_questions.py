"""What an emergency is answered that opens nothing yet: never with nothing."""

import re

import pytest
from handlers_case import JEAN, OTHER, World, asked, dossier, run
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from urgence_case import FILED, WHO, emergency, listed

from rmp_milter.dossier import short_references
from rmp_milter.dossier.model import (
    Dossier,
    Patient,
)
from rmp_milter.dossier.short_references import short_reference
from rmp_milter.handlers import urgence
from rmp_milter.handlers.asking.outcome import Effects
from rmp_milter.handlers.people import bounded
from rmp_milter.mail.catalogue.text import Language
from testbed.examples import some


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
        mail = asked(form, by=OTHER, has_reason=True)
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
        outcome, requests = run(urgence.handle, mail, self.world())
        (leaf,) = listed(requests)
        assert (leaf.action, leaf.dossier_id) == (
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
        outcome, requests = run(urgence.handle, mail, self.world())
        assert [leaf.action for leaf in listed(requests)] == ["urgence liste"] * 2
        assert "DUPONT Jean" in outcome.letter.text
        assert "    Référence : [référence]" in outcome.letter.text

    def test_near_to_nothing_the_name_decides(self) -> None:
        unknown = "Référence : D-2222-2222\n"
        _, (release,) = run(urgence.handle, emergency(f"{unknown}{WHO}"), self.world())
        assert release.dossier_id == dossier().dossier_id
        outcome, requests = run(
            urgence.handle, emergency(f"{unknown}Patient : DUPON\n"), self.world()
        )
        assert [leaf.dossier_id for leaf in listed(requests)] == [dossier().dossier_id]
        assert "Référence inconnue" in outcome.letter.text

    def test_near_to_nothing_and_no_name_says_what_to_write(self) -> None:
        mail = emergency("Référence : D-2222-2222\n")
        outcome, (leaf,) = run(urgence.handle, mail, self.world())
        assert leaf.event.outcome == "none"
        assert "Référence inconnue" in outcome.letter.text
        assert "    Patient : [NOM ou premières lettres]" in outcome.letter.text

    def test_one_that_is_anothers_than_the_name_beside_it_lists_both(self) -> None:
        mail = emergency(f"Référence : {self.REFERENCE}\n{WHO}")
        outcome, requests = run(urgence.handle, mail, self.world())
        assert [leaf.dossier_id for leaf in listed(requests)] == [
            self.ANA.dossier_id,
            dossier().dossier_id,
        ]
        assert "n'est pas celle d'un patient du nom" in outcome.letter.text
        assert outcome.effects.emergencies == ()

    def test_one_that_two_have_is_refused_with_both(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(short_references, "short_reference", lambda _id: self.REFERENCE)
        mail = emergency(f"Référence : {self.REFERENCE}\n")
        outcome, requests = run(urgence.handle, mail, self.world())
        assert len(listed(requests)) == 2
        assert "2 dossiers portent cette référence" in outcome.letter.text
        assert "    Patient : [NOM Prénom]\n    Né le : [jj/mm/aaaa]" in outcome.letter.text

    def test_of_two_that_have_it_the_name_beside_it_chooses(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(short_references, "short_reference", lambda _id: self.REFERENCE)
        mail = emergency(f"Référence : {self.REFERENCE}\nPatient : MARTIN\n")
        _, (release,) = run(urgence.handle, mail, self.world())
        assert release.dossier_id == self.ANA.dossier_id

    def test_what_was_typed_does_not_come_back_but_for_letters_and_figures(self) -> None:
        mail = emergency("Référence : D;<b>/ Motif\u2028= coma, urgence\n")
        outcome, _ = run(urgence.handle, mail, World())
        assert "<" not in outcome.letter.text
        assert "coma" not in outcome.letter.text


class TestMoreAreAlikeThanAreRead:
    """A name that thousands bear: the list says what would tell them apart."""

    MANY = tuple(
        replace(dossier(Patient("Martin", "Ana", "1990-07-14")), dossier_id=at.to_bytes(16))
        for at in range(12)
    )

    def answer(self, who: str) -> str:
        outcome, _ = run(urgence.handle, emergency(who), World(self.MANY, FILED))
        return outcome.letter.text

    def test_a_search_that_ended_asks_for_a_first_name_or_an_age(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bounded, "RECORDS", 11)
        text = self.answer("Patient : MARTIN\n")
        assert "ajoutez un\nprénom ou un âge" in text
        assert text.count("MARTIN Ana") == 10

    def test_so_does_one_that_found_nobody_so_far(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bounded, "LOOKS", 1)
        text = self.answer("Patient : MARTIN\n")
        assert "Aucun dossier ne ressemble" not in text
        assert "ajoutez un\nprénom ou un âge" in text

    def test_one_that_read_all_says_that_there_are_more(self) -> None:
        text = self.answer("Patient : MARTIN\n")
        assert "D'autres ressemblent encore." in text
        assert "Trop de patients" not in text


FORM_END = re.compile(r"^    (?:Motif : \[pourquoi\]|Reason : \[why\])$", re.MULTILINE)
SAID = "DUPONT DUPOND Jean Ana MARTIN née épouse de la 65 ans 1959 30/01/1959 D-7QX3 mzbk x"
VALUES = st.one_of(
    st.text(max_size=80),
    st.lists(st.sampled_from(SAID.split())).map(" ".join),
)
LINES = st.lists(
    st.tuples(
        st.sampled_from(
            ["Patient", "Nom", "Prénom", "Né le", "Âge", "NIR", "Référence", "Zut"]
        ),
        VALUES,
    ),
    max_size=6,
)


class TestWhateverStandsInIt:
    ANA = dossier(Patient("Martin", "Ana", "1990-07-14"), number=8)

    @given(lines=LINES, reason=st.booleans(), language=st.sampled_from(["fr", "en"]))
    @settings(derandomize=True, deadline=None, max_examples=some(60))
    def test_it_is_answered_at_once_with_a_dossier_or_with_what_to_do(
        self, lines: list[tuple[str, str]], language: Language, *, reason: bool
    ) -> None:
        who = "".join(f"{word} : {value}\n" for word, value in lines)
        mail = replace(emergency(who, reason=reason), language=language)
        outcome, asked_of_keeper = run(
            urgence.handle, mail, World([dossier(), self.ANA], FILED)
        )
        assert outcome.urgent
        assert max(map(len, outcome.letter.text.splitlines())) <= 66
        if not outcome.effects.emergencies:
            assert FORM_END.search(outcome.letter.text)
        if not reason:
            assert asked_of_keeper == []


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
        outcome, requests = run(urgence.handle, emergency(who), World([known]))
        assert [leaf.dossier_id for leaf in listed(requests)] == [known.dossier_id]
        assert "DUPONT Jean" in outcome.letter.text
