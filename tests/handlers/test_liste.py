"""Liste: his own patients by the first letters, and what of them is new to him.

New is what he neither wrote nor was sent.
"""

from handlers_case import DEMO, LAB, OTHER, World, asked, dossier, entry, refusal_of, run
from msgspec.structs import replace

from rmp_milter.dossier.model import Doctor, NumberedEntry, Onglet, Patient
from rmp_milter.dossier.rules import Proof
from rmp_milter.handlers import liste

LINES = "Demande : liste\nNom : du\n"


def patients() -> World:
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


def test_it_lists_his_own_by_the_first_letters() -> None:
    text = run(liste.handle, asked(LINES), patients())[0].letter.text
    assert "DUPONT Jean" in text
    assert "DURAND Marie" in text
    assert "MARTIN" not in text


def test_it_lists_nobody_elses() -> None:
    text = run(liste.handle, asked(LINES), patients())[0].letter.text
    assert "DUBOIS" not in text


def test_it_needs_a_signature() -> None:
    mail = asked(LINES, proof=Proof.ACCOUNT)
    assert refusal_of(liste.handle, mail, patients()).text == "signature-needed"


def by(author: Doctor, number: int) -> NumberedEntry:
    filed = entry(number, Onglet.BIOLOGIE, "Bilan", [DEMO])
    return replace(filed, entry=replace(filed.entry, author=author.doctor_id))


def new_ones(*filed: NumberedEntry, seen: int = 0) -> int:
    world = World([replace(dossier(), seen=seen)], filed)
    text = run(liste.handle, asked("Demande : liste\n"), world)[0].letter.text
    words = text.split(" document(s) que vous n'avez pas encore")
    return int(words[0].rsplit(maxsplit=1)[-1]) if len(words) > 1 else 0


def test_what_he_wrote_himself_is_not_new_to_him() -> None:
    assert new_ones(by(DEMO, 1), by(DEMO, 2)) == 0
    assert new_ones(by(DEMO, 1), by(LAB, 2), by(DEMO, 3)) == 1


def test_what_he_was_sent_is_not_new_to_him() -> None:
    assert new_ones(by(LAB, 1), by(LAB, 2), seen=1) == 1
    assert new_ones(by(LAB, 1), by(LAB, 2), seen=2) == 0
