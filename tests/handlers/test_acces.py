"""Accès: what was done to a dossier in plain words, for each reader, with proofs or without."""

from typing import Any

import msgspec
import pytest
from handlers_case import DEMO, LAB, NOON, OTHER, RecordingKeeper, World, asked, play, run
from wishes_case import FILED, LOCUM, MASKED, PATIENT, text_of, world

from rmp_milter.calls.protocol.calls import Reply, Request
from rmp_milter.calls.protocol.leaves import MAX_PROOFS, History, PastEvent, Told
from rmp_milter.dossier.model import Doctor
from rmp_milter.handlers import acces
from rmp_milter.handlers.asking.case import Case
from rmp_milter.mail.outgoing.letter import Letter


def told(mail: Case, known: World, *events: PastEvent) -> tuple[str, list[Any]]:
    """Ask for the list of accesses where the log holds these events; return its words."""
    letter, requests = letter_told(mail, known, *events)
    return letter.text, requests


def letter_told(mail: Case, known: World, *events: PastEvent) -> tuple[Letter, list[Any]]:
    def answer(request: Request) -> Reply:
        return Told(events) if isinstance(request, History) else play(request)

    outcome, requests = run(acces.handle, mail, known, RecordingKeeper(answer))
    assert outcome.letter is not None
    return outcome.letter, requests


def documents(number: int) -> tuple[bytes, ...]:
    """Return the documents of an entry, by which a leaf and what came of it are known."""
    return tuple(each.document_id for each in FILED[number - 1].entry.documents)


class TestAccesses:
    READ = PastEvent(
        1, NOON, "consultation", "granted", OTHER.rpps, "signature+code", "", (1, 2, 3)
    )
    WRONG = PastEvent(2, NOON, "consultation", "refused", OTHER.rpps, "signature+code")
    MASK = PastEvent(3, NOON, "masquage", "granted", "", "signature+standing", "", (2,))

    def test_in_plain_words(self) -> None:
        actions = ("creation", "acces", "code", "revocation du code", "cloture")
        others = [PastEvent(9, NOON, each, "granted", DEMO.rpps) for each in actions]
        words, _ = told(
            asked(text_of("accès")), world(), self.READ, self.WRONG, self.MASK, *others
        )
        flat = " ".join(words.split())
        read = "Dr Anne AUTRE a consulté le dossier (documents 1 à 3), avec le code du patient"
        assert f"28/05/2026 20:26 {read}" in flat
        assert "Dr Anne AUTRE s'est vu refuser l'accès (code faux)" in flat
        assert "Le patient a masqué (document 2)" in words
        assert "a fait :" not in words
        assert max(map(len, words.splitlines())) < 98

    def test_asking_is_one_leaf(self) -> None:
        _, (record, history) = told(asked(text_of("accès")), world())
        assert record.event == history.event

    def test_a_deposit_names_its_entry_and_a_locum_his_doctor(self) -> None:
        deposit = PastEvent(1, NOON, "depot", "granted", LAB.rpps, documents=documents(2))
        locum = PastEvent(
            2, NOON, "consultation", "granted", LOCUM.rpps, "signature+custody", DEMO.rpps
        )
        host = PastEvent(3, NOON, "reouverture", "granted", "", "host")
        gone = PastEvent(4, NOON, "consultation", "granted", "10000000099")
        words, _ = told(asked(text_of("accès")), world(), deposit, locum, host, gone)
        flat = " ".join(words.split())
        assert "Laboratoire CENTRAL a fait un dépôt (document 2)" in flat
        assert "Dr Rémi PLACE, remplaçant de Dr Paul DEMO, a consulté" in flat
        assert "L'hébergeur a rouvert le dossier" in words
        assert "RPPS 10000000099 a consulté" in words

    def test_what_a_card_signed_says_so(self) -> None:
        proofs = ("signature+cps+vitale", "signature+cps", "signature")
        past = [
            PastEvent(at, NOON, "consultation", "granted", OTHER.rpps, proof)
            for at, proof in enumerate(proofs)
        ]
        words, _ = told(asked(text_of("accès")), world(), *past)
        read = "Dr Anne AUTRE a consulté le dossier"
        flat = " ".join(words.split())
        assert f"{read}, avec sa carte CPS, avec la carte Vitale" in flat
        assert flat.count("avec sa carte CPS") == 2

    def test_an_emergencys_review_is_not_said_to_be_the_patients_own(self) -> None:
        review = PastEvent(1, NOON, "controle", "closed", "", reference="U-K7QX-3MZB-9FTR")
        words, _ = told(asked(text_of("accès")), world(), review)
        assert "28/05/2026 20:26  Un contrôleur a examiné un accès en urgence\n" in words

    @pytest.mark.promise(number=14)
    def test_others_with_the_code_are_told_nothing_of_masks(self) -> None:
        mail = asked(text_of("accès"), by=OTHER, has_code=True)
        words, _ = told(mail, world(MASKED), self.READ, self.WRONG, self.MASK)
        assert "(documents 1, 2)" in " ".join(words.split())
        assert "masqu" not in words
        assert "Cette liste porte sur les documents que vous voyez" in words
        assert "preuve" not in words

    def test_two_deposits_of_one_moment_are_told_apart(self) -> None:
        third, first = (
            PastEvent(number, NOON, "depot", "granted", DEMO.rpps, documents=documents(entry))
            for number, entry in ((1, 3), (2, 1))
        )
        words, _ = told(asked(text_of("accès")), world(), third, first)
        assert words.index("(document 3)") < words.index("(document 1)")

    def test_a_deposit_that_nothing_came_of_has_no_number(self) -> None:
        tried = PastEvent(1, NOON, "depot", "granted", LAB.rpps, documents=(b"?" * 16,))
        words, _ = told(asked(text_of("accès")), world(), tried)
        assert "Laboratoire CENTRAL a fait un dépôt\n" in words

    @pytest.mark.promise(number=14)
    def test_what_is_hidden_does_not_show_in_how_many_lines_there_are(self) -> None:
        many = [self.READ] * 1200
        hidden = [self.MASK] * 40
        mail = asked(text_of("accès"), by=OTHER, has_code=True)
        with_them, _ = told(mail, world(MASKED), *hidden, *many, *hidden)
        without, _ = told(mail, world(MASKED), *many)
        assert with_them == without
        assert "1000 ligne(s)" in without


class TestAccessesWithProofs:
    ASKED = text_of("accès", "Preuves : oui")
    EVENTS = tuple(
        PastEvent(index, NOON, "consultation", "granted", OTHER.rpps, entry_proof=proof)
        for index, proof in ((7, b""), (12, b"the receipt of 12"), (10345, b"that of 10345"))
    )

    @pytest.mark.parametrize("by", [DEMO, LOCUM, PATIENT])
    def test_each_file_bears_its_lines_number(self, by: Doctor) -> None:
        letter, (*_, history) = letter_told(asked(self.ASKED, by=by), world(), *self.EVENTS)
        assert history.proofs == MAX_PROOFS
        assert [(file.name, file.data) for file in letter.files] == [
            ("acces-0012.tlog-proof", b"the receipt of 12"),
            ("acces-10345.tlog-proof", b"that of 10345"),
        ]
        for number in ("0007", "0012", "10345"):
            assert f"\nn° {number}  28/05/2026 20:26  Dr Anne AUTRE a consulté" in letter.text

    def test_what_witnesses_cosigned_is_for_the_proofs_alone(self) -> None:
        for words, given in ((self.ASKED, b"note"), (text_of("accès"), b"")):
            mail = msgspec.structs.replace(asked(words), cosigned=b"note")
            _, (*_, history) = told(mail, world())
            assert history.cosigned == given

    def test_the_letter_says_how_to_verify_one_and_that_older_lines_have_none(self) -> None:
        words, _ = told(asked(self.ASKED), world(), *self.EVENTS)
        assert "rmp-audit receipt acces-10345.tlog-proof --vkey cle.txt" in words
        assert "Seules les 2 dernières lignes ont leur fichier." in words
        assert max(map(len, words.splitlines())) < 98
        words, _ = told(asked(self.ASKED), world(), *self.EVENTS[1:])
        assert "Seules les" not in words

    def test_whoever_does_not_see_all_gets_none_for_a_leaf_names_masked_entries(self) -> None:
        mail = asked(self.ASKED, by=OTHER, has_code=True)
        letter, (*_, history) = letter_told(mail, world(MASKED), *self.EVENTS)
        assert (history.proofs, letter.files) == (0, ())
        assert "Aucun fichier de preuve n'est joint" in letter.text
        assert "n° 0012" not in letter.text

    def test_none_that_were_not_asked_for(self) -> None:
        _, (*_, history) = told(asked(text_of("accès")), world())
        assert history.proofs == 0
