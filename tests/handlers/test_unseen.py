"""What a médecin traitant's list shows as new: what he neither wrote nor was sent."""

from handlers_case import DEMO, LAB, World, asked, dossier, entry, run
from msgspec.structs import replace

from rmp_milter.dossier.model import Doctor, NumberedEntry, Onglet
from rmp_milter.handlers import consultation, liste

JEAN = "Patient : DUPONT Jean\nNé le : 30/01/1959\n"


def by(author: Doctor, number: int, onglet: Onglet = Onglet.BIOLOGIE) -> NumberedEntry:
    filed = entry(number, onglet, "Bilan", [DEMO])
    return replace(filed, entry=replace(filed.entry, author=author.doctor_id))


def new_ones(*filed: NumberedEntry, seen: int = 0) -> int:
    world = World([replace(dossier(), seen=seen)], filed)
    text = run(liste.handle(asked("Demande : liste\n"), world, "fr"))[0].letter.text
    words = text.split(" entrée(s) que vous n'avez pas encore")
    return int(words[0].rsplit(maxsplit=1)[-1]) if len(words) > 1 else 0


def seen_after(words: str, *filed: NumberedEntry, seen: int = 0) -> int:
    world = World([replace(dossier(), seen=seen)], filed)
    outcome, _ = run(consultation.handle(asked(words), world, "fr"))
    updates = outcome.effects.updates
    return updates[0].dossier.seen if updates else seen


def test_what_he_wrote_himself_is_not_new_to_him() -> None:
    assert new_ones(by(DEMO, 1), by(DEMO, 2)) == 0
    assert new_ones(by(DEMO, 1), by(LAB, 2), by(DEMO, 3)) == 1


def test_what_he_was_sent_is_not_new_to_him() -> None:
    assert new_ones(by(LAB, 1), by(LAB, 2), seen=1) == 1
    assert new_ones(by(LAB, 1), by(LAB, 2), seen=2) == 0


def test_the_whole_dossier_leaves_nothing_new() -> None:
    filed = by(LAB, 1), by(DEMO, 2), by(LAB, 3)
    assert seen_after("Demande : dossier\n" + JEAN, *filed) == 3


def test_what_an_onglet_or_a_number_leaves_out_stays_new() -> None:
    filed = by(LAB, 1, Onglet.IMAGERIE), by(DEMO, 2), by(LAB, 3)
    asked_for = "Demande : dossier\n" + JEAN
    assert seen_after(asked_for + "Onglet : biologie\n", *filed) == 0
    assert seen_after(asked_for + "Onglet : imagerie\n", *filed) == 2
    assert seen_after(asked_for + "Numéros : 3\n", *filed, seen=2) == 3


def test_an_index_alone_leaves_all_of_it_new() -> None:
    assert seen_after("Demande : index\n" + JEAN, by(LAB, 1)) == 0
