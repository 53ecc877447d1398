"""Démasquage: what was hidden is shown again, older versions and all."""

import pytest
from handlers_case import (
    DEMO,
    LAB,
    NEXT_CARD,
    NOON,
    OTHER,
    asked,
    card_of,
    entry,
    read_table,
    refusal_of,
    run,
)
from msgspec.structs import replace
from wishes_case import FILED, MASKED, state_of, text_of, words_of, world

from rmp_milter.calls.authority import Masking
from rmp_milter.dossier.cards import Masked
from rmp_milter.dossier.model import Mask, Onglet
from rmp_milter.handlers import consultation, demasquage


def test_a_masked_entry_is_no_entry_to_others() -> None:
    read = read_table(MASKED, FILED)
    mail = asked(text_of("démasquage", f"Numéros : 3 {read}"), by=OTHER, has_code=True)
    assert refusal_of(demasquage.handle, mail, world(MASKED)).text == "no-such-entry"


def test_the_answer_says_what_is_visible_again_and_what_was_not_masked() -> None:
    mail = asked(text_of("démasquage", "Numéros : 1, 2"))
    outcome, (record, amend) = run(demasquage.handle, mail, world(MASKED))
    assert state_of(outcome).masks == ()
    assert (amend.wish, amend.event) == (Masking(()), record.event)
    assert state_of(outcome).card == NEXT_CARD
    assert record.event.action == "demasquage"
    assert "de nouveau visibles :\n\n  - 2. " in words_of(outcome)
    assert "n'étaient pas masqués, rien n'a été changé :\n\n  - 1. " in words_of(outcome)


@pytest.mark.promise(number=14)
def test_a_new_version_of_a_masked_entry_is_masked_and_shown_with_it() -> None:
    newer = entry(4, Onglet.IMAGERIE, "Radio corrigée", [DEMO])
    newer = replace(newer, entry=replace(newer.entry, replaces=2))
    mail = asked(text_of("dossier"), by=OTHER, has_code=True)
    known = world(MASKED, (*FILED, newer))
    outcome, _ = run(consultation.handle, mail, known)
    assert "Radio" not in words_of(outcome)
    mail = asked(text_of("démasquage", "Numéros : 4"))
    outcome, _ = run(demasquage.handle, mail, known)
    assert state_of(outcome).masks == ()


def test_what_stays_masked_is_what_the_card_has_of_it() -> None:
    """The mask of an author's own correction follows from the entries; no card has it."""
    newer = entry(4, Onglet.IMAGERIE, "Radio corrigée", [DEMO])
    newer = replace(newer, entry=replace(newer.entry, author=LAB.doctor_id, corrects=1))
    masks = (*MASKED.masks, Mask(3, DEMO.doctor_id, NOON))
    hidden = [
        Masked(bytes([102]) * 16, LAB.doctor_id),
        Masked(bytes([103]) * 16, DEMO.doctor_id),
    ]
    known = replace(MASKED, masks=masks, card=card_of(MASKED.dossier_id, DEMO, hidden))
    mail = asked(text_of("démasquage", "Numéros : 3"))
    _, (*_, amend) = run(demasquage.handle, mail, world(known, (*FILED, newer)))
    assert amend.wish == Masking((hidden[0],))
