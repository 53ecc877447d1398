"""Renvoi: documents of a dossier are sent again, or those that an answer had left out."""

from rmp_milter.dossier.rules import Act
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Outcome
from rmp_milter.handlers.reading.sending import send


def handle(case: Case) -> Outcome:
    """Send the entries of these numbers; without numbers, what an answer had no room for.

    It is a consultation, and needs the same proof.
    """
    return send(case, Act.CONSULTATION, again=True)
