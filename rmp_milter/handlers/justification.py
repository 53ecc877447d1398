"""Justification: the doctor who read a dossier in an emergency says why, by its reference."""

import msgspec

from rmp_milter.calls.protocol import Record, Recorded
from rmp_milter.dossier.emergency import JUSTIFICATION
from rmp_milter.dossier.model import Emergency, EmergencyState
from rmp_milter.dossier.rules import Proof
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.steps import Asked, Effects, Outcome, Steps, View, event, expect
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.letter import Letter

_OPEN = frozenset({EmergencyState.NEW, EmergencyState.JUSTIFIED})


def handle(asked: Asked, view: View, language: Language) -> Steps:
    """Join the words, sealed for the auditors, to the access; a later one adds to them.

    Only his own: any other reference is as unknown as one that never was.
    """
    if asked.sender.proof is not Proof.SIGNATURE:
        raise MailError("signature-needed")
    if not asked.opened.held_reason:
        raise MailError("reason-missing")
    found = view.emergency(asked.header.reference.strip().upper())
    if found is None or found.doctor_id != asked.doctor.doctor_id:
        raise MailError("no-such-reference")
    leaf = msgspec.structs.replace(
        event(asked, JUSTIFICATION, found.dossier_id), reference=found.reference
    )
    expect((yield Record(leaf, asked.opened.held_reason)), Recorded)
    letter = Letter(
        subject=text("subject-justified", language),
        text=text("justified", language, reference=found.reference),
    )
    return Outcome(letter, Effects(emergencies=(_justified(found, asked.at),)))


def _justified(found: Emergency, at: int) -> Emergency:
    """Return the emergency as justified; one that is being looked into keeps its state."""
    return msgspec.structs.replace(
        found,
        state=EmergencyState.JUSTIFIED if found.state in _OPEN else found.state,
        justified_at=found.justified_at or at,
        revision=found.revision + 1,
    )
