"""Droits: the page of the patient's rights, for any doctor to hand on."""

from rmp_milter.calls.protocol import Record, Recorded
from rmp_milter.handlers.asking.steps import Asked, Outcome, Steps, View, event, expect
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter


def handle(asked: Asked, view: View, language: Language) -> Steps:
    """Send the page; it needs nothing of the dossiers."""
    del view
    expect((yield Record(event(asked, "droits"))), Recorded)
    return Outcome(
        Letter(subject=text("subject-rights", language), text=text("rights", language))
    )
