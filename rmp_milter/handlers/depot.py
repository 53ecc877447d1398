"""Dépôt: an enrolled PS adds documents to a patient's dossier, or has them wait for it."""

from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Outcome
from rmp_milter.handlers.filing.deposit import deposit


def handle(case: Case) -> Outcome:
    """File the mail's documents; what is said and when does not show which it was."""
    return deposit(case)
