"""Copie: all of the dossier that the reader sees, whatever else the header says."""

import msgspec

from rmp_milter.dossier.model import Scope
from rmp_milter.dossier.rules import Act
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.outcome import Outcome
from rmp_milter.handlers.reading.sending import send


def handle(case: Case) -> Outcome:
    """Send it whole; to the patient and his médecin traitant (locum) that is every entry.

    The masked and the replaced ones too.
    """
    whole = msgspec.structs.replace(
        case.header, scope=Scope.WHOLE, tab=None, since="", numbers=()
    )
    return send(msgspec.structs.replace(case, header=whole), Act.COPIE)
