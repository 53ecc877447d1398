"""Jean's dossier for his wishes: three entries, a locum of his doctor, a key of his own."""

from collections.abc import Sequence

from handlers_case import DEMO, LAB, NOON, World, doctor, dossier, entry
from msgspec.structs import replace

from rmp_milter.dossier.model import Dossier, Locum, Mask, NumberedEntry, Onglet
from rmp_milter.handlers.asking.outcome import Outcome

JEAN_LINES = "Patient : DUPONT Jean\nNé le : 30/01/1959\n"
LOCUM = doctor("Dr Rémi PLACE", 5)
PATIENT = replace(doctor("Jean DUPONT", 6, "patient"), rpps="", patient_of=dossier().dossier_id)
FILED = (
    entry(1, Onglet.SYNTHESE, "Résumé médical", [DEMO]),
    replace(
        entry(2, Onglet.IMAGERIE, "Radio", [DEMO]),
        entry=replace(
            entry(2, Onglet.IMAGERIE, "Radio", [DEMO]).entry,
            author=LAB.doctor_id,
            author_name=LAB.name,
        ),
    ),
    entry(3, Onglet.BIOLOGIE, "Bilan", [DEMO]),
)
MASKED = replace(dossier(), masks=(Mask(2, DEMO.doctor_id, NOON),))


def world(state: Dossier | None = None, entries: Sequence[NumberedEntry] = FILED) -> World:
    made = World([state or dossier()], entries)
    locums = (Locum(LOCUM.doctor_id, "2026-05-01", "2026-07-01", NOON),)
    demo = replace(DEMO, locums=locums)
    made.known |= {each.doctor_id: each for each in (demo, LOCUM, PATIENT)}
    return made


def text_of(request: str, *more: str) -> str:
    return "".join(f"{line}\n" for line in (f"Demande : {request}", JEAN_LINES.strip(), *more))


def state_of(outcome: Outcome) -> Dossier:
    """Return the dossier's new state, which is its next revision."""
    (update,) = outcome.effects.updates
    assert update.dossier.revision == 1
    return update.dossier


def words_of(outcome: Outcome) -> str:
    assert outcome.letter is not None
    return outcome.letter.text
