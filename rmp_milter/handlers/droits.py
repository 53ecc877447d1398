"""Droits: the page of the patient's rights, for any doctor to hand on."""

from rmp_milter.calls.protocol.leaves import Record
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.grounds import authority
from rmp_milter.handlers.asking.leaf import event
from rmp_milter.handlers.asking.outcome import Outcome
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter


def handle(case: Case) -> Outcome:
    """Send the page; it needs nothing of the dossiers."""
    case.keeper.record(Record(event(case, "droits"), authority(case)))
    return Outcome(
        Letter(
            subject=text("subject-rights", case.language), text=text("rights", case.language)
        )
    )
