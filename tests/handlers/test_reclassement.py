"""Reclassement: the médecin traitant moves entries; the index shows where they are."""

import pytest
from handlers_case import DEMO, LAB, NOON, OTHER, World, asked, dossier, entry, refusal_of, run
from msgspec.structs import replace

from rmp_milter.calls.protocol.leaves import Record
from rmp_milter.dossier.model import Locum, Onglet, Refiling
from rmp_milter.dossier.rules import Proof
from rmp_milter.handlers import consultation, reclassement

LINES = "Demande : reclassement\nPatient : DUPONT Jean\nNé le : 30/01/1959\n"
ENTRIES = [
    entry(1, Onglet.DIVERS, "Scanner", [DEMO]),
    entry(2, Onglet.IMAGERIE, "IRM", [DEMO]),
    entry(3, Onglet.DIVERS, "Note", [DEMO]),
]


def refile(text: str, world: World | None = None, **more):  # noqa: ANN003, ANN201 -- asked() and run() say
    mail = asked(LINES + text, **more)
    return run(reclassement.handle, mail, world or World([dossier()], ENTRIES))


def refusal(text: str, world: World | None = None, **more) -> str:  # noqa: ANN003 -- asked() says
    mail = asked(LINES + text, **more)
    return refusal_of(reclassement.handle, mail, world or World([dossier()], ENTRIES)).text


def test_the_medecin_traitant_moves_entries_and_reads_what_moved() -> None:
    outcome, (record,) = refile("Numéros : 1, 2\nOnglet : Imagerie\n")
    assert isinstance(record, Record)
    assert (record.event.action, record.event.entries) == ("reclassement", (1, 2))
    (update,) = outcome.effects.updates
    assert update.dossier.refilings == (Refiling(1, Onglet.IMAGERIE, DEMO.doctor_id, NOON),)
    assert update.dossier.revision == 1
    assert (
        "1. 28/05/2026  Scanner, Dr Paul DEMO\n      quitte « Divers »" in outcome.letter.text
    )
    assert "2. 28/05/2026  IRM, Dr Paul DEMO\n      s'y trouvait déjà" in outcome.letter.text


def test_the_index_shows_the_new_onglet() -> None:
    outcome, _ = refile("Numéros : 3\nOnglet : Prévention\n")
    (update,) = outcome.effects.updates
    mail = asked(LINES.replace("reclassement", "index"))
    answer, _ = run(consultation.handle, mail, World([update.dossier], ENTRIES))
    assert "PRÉVENTION\n  3." in answer.letter.text


def test_an_entry_that_goes_back_leaves_no_note_and_others_keep_theirs() -> None:
    moved = (
        Refiling(1, Onglet.IMAGERIE, DEMO.doctor_id, 5),
        Refiling(3, Onglet.COURRIERS, DEMO.doctor_id, 5),
    )
    world = World([replace(dossier(), refilings=moved)], ENTRIES)
    outcome, _ = refile("Numéros : 1\nOnglet : divers\n", world)
    assert outcome.effects.updates[0].dossier.refilings == moved[1:]


def test_where_nothing_moves_nothing_is_written() -> None:
    outcome, _ = refile("Numéros : 2\nOnglet : Imagerie\n")
    assert outcome.effects.updates == ()
    assert "s'y trouvait déjà" in outcome.letter.text


def test_a_number_that_is_not_there_moves_nothing() -> None:
    assert refusal("Numéros : 1, 7\nOnglet : Imagerie\n") == "no-such-entry"


def test_it_must_be_signed() -> None:
    said = "Numéros : 1\nOnglet : Imagerie\n"
    assert refusal(said, proof=Proof.ACCOUNT) == "signature-needed"


@pytest.mark.parametrize("code", [False, True])
def test_nobody_else_may_whether_the_dossier_is_there_or_not(*, code: bool) -> None:
    said = "Numéros : 1\nOnglet : Imagerie\n"
    for world in (World([dossier()], ENTRIES), World()):
        for doctor in (OTHER, LAB):
            assert refusal(said, world=world, by=doctor, has_code=code) == "no-access"


def test_a_locum_may_in_his_dates_and_opens_no_slot() -> None:
    world = World([dossier()], ENTRIES)
    locum = Locum(OTHER.doctor_id, "2026-05-01", "2026-06-30", NOON)
    world.known[DEMO.doctor_id] = replace(DEMO, locums=(locum,))
    outcome, (record,) = refile("Numéros : 1\nOnglet : Imagerie\n", world, by=OTHER)
    assert isinstance(record, Record)
    assert record.event.acting_for == DEMO.rpps
    assert outcome.effects.updates[0].dossier.refilings[0].by == OTHER.doctor_id
