"""Aide: the page that says how to write to the service."""

from rmp_milter.handlers.steps import Asked, Outcome, Steps, View, event, expect
from rmp_milter.keeper.protocol import Record, Recorded
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.letter import Letter
from rmp_milter.mail.texts import text


def handle(asked: Asked, view: View, language: Language) -> Steps:
    """Send the page of examples; it needs nothing of the dossiers."""
    del view
    expect((yield Record(event(asked, "aide"))), Recorded)
    return Outcome(
        letter=Letter(subject=text("subject-help", language), text=text("help", language))
    )
