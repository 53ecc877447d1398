"""Justification: the doctor who read a dossier in an emergency says why, by its reference."""

from rmp_milter.calls.protocol.leaves import Record
from rmp_milter.dossier.emergency import JUSTIFICATION
from rmp_milter.dossier.model import Emergency, EmergencyState
from rmp_milter.dossier.revisions import revised
from rmp_milter.dossier.rules import Proof
from rmp_milter.dossier.spoken import reference_typed
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.asking.grounds import authority
from rmp_milter.handlers.asking.leaf import event
from rmp_milter.handlers.asking.outcome import Effects, Outcome
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter

_OPEN = frozenset({EmergencyState.NEW, EmergencyState.JUSTIFIED})


def handle(case: Case) -> Outcome:
    """Join the words, sealed for the auditors, to the access; a later one adds to them.

    Only his own: any other reference is as unknown as one that never was.
    """
    if case.sender.proof is not Proof.SIGNATURE:
        raise MailError("signature-needed")
    if not case.opened.has_reason:
        raise MailError("reason-missing")
    found = case.view.emergency(reference_typed(case.header.reference))
    if found is None or found.doctor_id != case.doctor.doctor_id:
        raise MailError("no-such-reference")
    leaf = event(case, JUSTIFICATION, found.dossier_id, reference=found.reference)
    dossier = case.view.dossier(found.dossier_id)
    by = authority(case, dossier if dossier and dossier.card else None)
    case.keeper.record(Record(leaf, by, with_reason=True))
    letter = Letter(
        subject=text("subject-justified", case.language),
        text=text("justified", case.language, reference=found.reference),
    )
    return Outcome(letter, Effects(emergencies=(_justified(found, case.at),)))


def _justified(found: Emergency, at: int) -> Emergency:
    """Return the emergency as justified; one that is being looked into keeps its state."""
    return revised(
        found,
        state=EmergencyState.JUSTIFIED if found.state in _OPEN else found.state,
        justified_at=found.justified_at or at,
    )
