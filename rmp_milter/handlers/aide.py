"""Aide: the page that says how to write to the service."""

from rmp_milter.calls.protocol.leaves import Record
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.grounds import authority
from rmp_milter.handlers.asking.leaf import event
from rmp_milter.handlers.asking.outcome import Outcome
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter


def handle(case: Case) -> Outcome:
    """Send the page of examples; it needs nothing of the dossiers."""
    case.keeper.record(Record(event(case, "aide"), authority(case)))
    return Outcome(
        letter=Letter(
            subject=text("subject-help", case.language), text=text("help", case.language)
        )
    )
