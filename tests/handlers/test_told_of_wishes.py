"""Whoever governs is told of what somebody changed by the patient's code or card."""

import pytest
from handlers_case import CODE_SLOT, DEMO, LAB, NOON, OTHER, World, asked, body, read_table, run
from msgspec.structs import replace
from wishes_case import FILED, LOCUM, MASKED, PATIENT, text_of, world

from rmp_milter.calls.protocol.opening import Attested
from rmp_milter.dossier.model import Doctor, Dossier, Mask, Verb
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Effects
from rmp_milter.handlers.table import HANDLERS
from rmp_milter.mail.catalogue.text import Language

pytestmark = pytest.mark.usefixtures("every_key_usable")

NIR = "159017511600108"
(PLAIN,) = world().held
OWN_MASK = replace(PLAIN, masks=(Mask(2, DEMO.doctor_id, NOON),))
OPPOSED = replace(PLAIN, opposed=(LOCUM.doctor_id,))

Change = tuple[Dossier, str, str, str]
CHANGES: dict[Verb, Change] = {
    Verb.MASQUAGE: (PLAIN, "Numéros : 2", "masqué 1 document", "« démasquage »"),
    Verb.DEMASQUAGE: (OWN_MASK, "Numéros : 2", "montré de nouveau 1 document", "« masquage »"),
    Verb.OPPOSITION: (PLAIN, f"Médecin : {LOCUM.mail}", LOCUM.name, "« levée d'opposition »"),
    Verb.LEVEE_D_OPPOSITION: (
        OPPOSED,
        f"Médecin : {LOCUM.mail}",
        LOCUM.name,
        "« opposition »",
    ),
    Verb.RECTIFICATION: (PLAIN, "Numéros : 2", "le document 2", "« rectification »"),
    Verb.NOUVEAU_CODE: (PLAIN, "", "a un nouveau code", "« nouveau code »"),
    Verb.REVOCATION_DU_CODE: (PLAIN, "", "a été révoqué", "« nouveau code »"),
}
"""Each with its state before, what is said, what the notice says, and what undoes it."""


def mail_of(verb: Verb, by: Doctor, *, card: bool = False, language: Language = "fr") -> Case:
    state, said, _, _ = CHANGES[verb]
    if said.startswith("Numéros") and by in {OTHER, LAB}:
        said += " " + read_table(state, FILED, by)
    mail = asked(
        text_of(verb.value, said),
        by=by,
        bodies=[body()] if verb is Verb.RECTIFICATION else [],
        has_code=not card and by in {OTHER, LAB},
        language=language,
    )
    if not card:
        return mail
    attested = Attested("lecteur", NIR, by.rpps, "once", NOON + 60)
    return replace(mail, opened=replace(mail.opened, attested=attested))


def told(mail: Case, state: Dossier) -> dict[bytes, str]:
    effects = effects_of(mail, state)
    return {each.reader.doctor_id: each.letter.text for each in effects.notices}


def effects_of(mail: Case, state: Dossier) -> Effects:
    return run(HANDLERS[mail.header.verb], mail, with_card(state))[0].effects


def with_card(state: Dossier) -> World:
    slots = replace(state.slots, vitale=b"v" * 80, code=CODE_SLOT)
    return world(replace(state, patient=replace(state.patient, nir=NIR), slots=slots))


@pytest.mark.parametrize("card", [False, True])
@pytest.mark.parametrize("verb", CHANGES)
def test_medecin_traitant_and_patient_are_told_who_did_what_and_what_undoes_it(
    verb: Verb,
    card: bool,  # noqa: FBT001 -- rows of a table
) -> None:
    # The laboratory is the author of entry 2, and so sees it while it is masked.
    state, _, what, undoing = CHANGES[verb]
    found = told(mail_of(verb, LAB, card=card), state)
    assert found.keys() == {DEMO.doctor_id, PATIENT.doctor_id}
    for words in found.values():
        flat = " ".join(words.split())
        for said in (LAB.name, "DUPONT Jean", what, undoing):
            assert said in flat


@pytest.mark.parametrize("verb", CHANGES)
def test_not_the_patient_while_his_key_is_suspended(verb: Verb) -> None:
    state = replace(CHANGES[verb][0], suspended=True)
    assert told(mail_of(verb, LAB), state).keys() == {DEMO.doctor_id}


@pytest.mark.promise(number=14)
@pytest.mark.parametrize("verb", CHANGES)
def test_nothing_of_a_document_stands_in_a_notice(verb: Verb) -> None:
    for language in ("fr", "en"):
        mail = mail_of(verb, LAB, language=language)
        for words in told(mail, CHANGES[verb][0]).values():
            for each in FILED:
                (document,) = each.entry.documents
                for known in (each.entry.document_type, document.parts[1].name):
                    assert known not in words


@pytest.mark.parametrize(
    "verb", sorted(CHANGES.keys() - {Verb.NOUVEAU_CODE, Verb.REVOCATION_DU_CODE})
)
@pytest.mark.parametrize("by", [DEMO, PATIENT, LOCUM])
def test_what_they_do_by_their_signature_is_no_news(verb: Verb, by: Doctor) -> None:
    state = CHANGES[verb][0]
    if by is LOCUM and state is OPPOSED:
        state = replace(state, opposed=(OTHER.doctor_id,))
    assert told(mail_of(verb, by), state) == {}


@pytest.mark.parametrize(
    ("verb", "state"),
    [
        (Verb.MASQUAGE, OWN_MASK),
        (Verb.DEMASQUAGE, PLAIN),
        (Verb.OPPOSITION, OPPOSED),
        (Verb.LEVEE_D_OPPOSITION, PLAIN),
    ],
)
def test_what_changes_nothing_is_told_to_nobody(verb: Verb, state: Dossier) -> None:
    effects = effects_of(mail_of(verb, LAB), state)
    assert (effects.updates, effects.notices) == ((), ())


def test_the_numbers_are_those_that_who_governs_reads() -> None:
    """Anne reads entry 3 as her second; to the médecin traitant and the patient it is 3."""
    seen = read_table(MASKED, FILED, OTHER)
    mail = asked(text_of("masquage", f"Numéros : 2 {seen}"), by=OTHER, has_code=True)
    found = told(mail, MASKED)
    assert "numéros 3." in " ".join(found[DEMO.doctor_id].split())
