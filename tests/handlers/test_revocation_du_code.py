"""Révocation du code: until there is a new one, no code opens the dossier."""

from handlers_case import NEXT_CARD, OTHER, SLOTS, asked, dossier, refused_trial, run
from msgspec.structs import replace
from wishes_case import PATIENT, state_of, text_of, words_of, world

from rmp_milter.calls.authority import NoCode
from rmp_milter.calls.protocol.releasing import DECOY_SLOT, ByCode
from rmp_milter.handlers import consultation, revocation_du_code


def test_a_revoked_one_opens_nothing() -> None:
    mail = asked(text_of("révocation du code"), by=PATIENT)
    outcome, (record, amend) = run(revocation_du_code.handle, mail, world())
    revoked = state_of(outcome)
    assert revoked.slots == replace(SLOTS, code=None)
    assert record.event.action == amend.event.action == "revocation du code"
    assert (amend.wish, revoked.card) == (NoCode(), NEXT_CARD)
    mail = asked(text_of("dossier"), by=OTHER, has_code=True)
    _, trial = refused_trial(consultation.handle, mail, world(revoked))
    assert trial.way_in == ByCode(DECOY_SLOT)


def test_twice_changes_nothing_and_says_so() -> None:
    none = replace(dossier(), slots=replace(SLOTS, code=None))
    mail = asked(text_of("révocation du code"))
    outcome, _ = run(revocation_du_code.handle, mail, world(none))
    assert (outcome.effects.updates, outcome.effects.notices) == ((), ())
    assert "Rien n'a été changé." in words_of(outcome)
