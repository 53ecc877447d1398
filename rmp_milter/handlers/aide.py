"""Aide: the page that says how to write to the service."""

from rmp_milter.calls.protocol import Record, Recorded
from rmp_milter.handlers.asking.steps import Asked, Outcome, Steps, View, event, expect
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter


def handle(asked: Asked, view: View, language: Language) -> Steps:
    """Send the page of examples; it needs nothing of the dossiers."""
    del view
    expect((yield Record(event(asked, "aide"))), Recorded)
    return Outcome(
        letter=Letter(subject=text("subject-help", language), text=text("help", language))
    )
