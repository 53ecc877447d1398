"""Droits: the page of the patient's rights, for any doctor to hand on."""

from rmp_milter.handlers.steps import Asked, Outcome, Steps, View, event, expect
from rmp_milter.keeper.protocol import Record, Recorded
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.letter import Letter
from rmp_milter.mail.texts import text


def handle(asked: Asked, view: View, language: Language) -> Steps:
    """Send the page; it needs nothing of the dossiers."""
    del view
    expect((yield Record(event(asked, "droits"))), Recorded)
    return Outcome(
        Letter(subject=text("subject-rights", language), text=text("rights", language))
    )
