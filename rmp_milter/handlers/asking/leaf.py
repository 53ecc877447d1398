"""The access log's leaf for what a mail is about to do."""

from collections.abc import Sequence

from rmp_milter.calls.protocol.message import Event
from rmp_milter.dossier.rules import Way
from rmp_milter.handlers.asking.case import Case


def event(  # noqa: PLR0913 -- a leaf has as many fields
    case: Case,
    action: str,
    dossier_id: bytes = b"",
    *,
    documents: Sequence[bytes] = (),
    outcome: str = "granted",
    way: Way | None = None,
    acting_for: str = "",
    entries: Sequence[int] = (),
    subject: str = "",
    reference: str = "",
) -> Event:
    """Return the leaf; the keeper makes it durable before it hands out anything."""
    proofs = [*(each.value for each in case.sender.known_by), *([way.value] if way else [])]
    return Event(
        at=case.at,
        action=action,
        request=case.act,
        actor_rpps=case.doctor.rpps,
        actor_fingerprint=case.doctor.fingerprint,
        sender=case.mail_from,
        dossier_id=dossier_id,
        documents=tuple(documents),
        outcome=outcome,
        proof="+".join(dict.fromkeys(proofs)),
        acting_for=acting_for,
        entries=tuple(entries),
        subject=subject,
        reference=reference,
    )
