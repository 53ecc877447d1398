"""Fin de remplacement: what was declared of a locum ends at once."""

import pytest
from handlers_case import DEMO, NEXT_PERSON, NOON, OTHER, asked, run

from rmp_milter.calls.authority import Locums
from rmp_milter.dossier.days import UNIVERSAL
from rmp_milter.errors import MailError
from rmp_milter.handlers import fin_de_remplacement
from rmp_milter.handlers.people.locums import with_locum, without_locum
from rmp_milter.mail.header.routing import parse


def test_the_end_is_asked_for_in_a_word_of_its_own_and_at_once() -> None:
    doctor = with_locum(DEMO, OTHER, "2026-05-28", "2026-06-04", NOON, UNIVERSAL)
    text = f"Demande : fin de remplacement\nRemplaçant : {OTHER.name}\n"
    assert parse(text, 2026).problems == ()
    outcome, (amend,) = run(fin_de_remplacement.handle, asked(text, by=doctor))
    assert outcome.effects.doctors[0].locums == ()
    assert outcome.effects.doctors[0].card == NEXT_PERSON
    assert (amend.wish, amend.event.action) == (Locums(()), "fin de remplacement")
    assert "a mis fin à votre remplacement" in outcome.effects.notices[0].letter.text
    assert "aucun" in outcome.letter.text


def test_what_was_not_declared_cannot_end() -> None:
    with pytest.raises(MailError, match="locum-none"):
        without_locum(DEMO, OTHER, "2026-05-28")
