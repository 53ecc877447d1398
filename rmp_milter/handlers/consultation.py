"""Consultation: the dossier is sent to who may read it."""

from rmp_milter.dossier.rules import Act
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Outcome
from rmp_milter.handlers.reading.sending import send


def handle(case: Case) -> Outcome:
    """Send what the header asks for of the dossier that it names."""
    return send(case, Act.CONSULTATION)
