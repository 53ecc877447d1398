"""Who wrote a mail: by the signature of an enrolled key, or by SMTP AUTH (degraded mode)."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from rmp_milter.calls.protocol import Signature, Trust
from rmp_milter.dossier.model import Doctor, Envelope, Verb
from rmp_milter.dossier.rules import Proof
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Sender
from rmp_milter.mail.header.routing import Problem, RoutingHeader, Trouble

DAY_SECONDS = 86_400
_TRAITS = frozenset({"Patient", "Nom", "Prénom", "Né le"})


class Directory(Protocol):
    """The enrolled doctors at one moment: the store's snapshot."""

    def doctor_by_account(self, account: str) -> Doctor | None:
        """Return the doctor bound to a SASL login."""

    def doctor_by_mail(self, mail: str) -> Doctor | None:
        """Return the doctor with this address, case folded."""

    def doctor_by_fingerprint(self, fingerprint: str) -> Doctor | None:
        """Return the doctor with this primary key."""

    def doctor_by_key_id(self, key_id: str) -> Doctor | None:
        """Return the doctor one of whose keys has this id."""


def likely_signers(
    envelope: Envelope, from_address: str, directory: Directory
) -> tuple[Doctor, ...]:
    """Return the doctors whose certificates are tried first, without doubles.

    Only a guess that saves a second opening: nothing is granted by an address.
    """
    found = (
        directory.doctor_by_account(envelope.account) if envelope.account else None,
        directory.doctor_by_mail(envelope.sender) if envelope.sender else None,
        directory.doctor_by_mail(from_address) if from_address else None,
    )
    return _without_doubles(doctor for doctor in found if doctor)


def named_signers(issuers: Sequence[str], directory: Directory) -> tuple[Doctor, ...]:
    """Return the enrolled doctors whose keys the signature itself names."""
    found = (directory.doctor_by_key_id(issuer) for issuer in issuers)
    return _without_doubles(doctor for doctor in found if doctor)


def _without_doubles(doctors: Iterator[Doctor]) -> tuple[Doctor, ...]:
    return tuple({doctor.doctor_id: doctor for doctor in doctors}.values())


def identify(envelope: Envelope, signature: Signature, directory: Directory) -> Sender:
    """Return the sender, or raise the refusal that an unknown one hears at SMTP time.

    A signature that is there and does not hold refuses the mail whatever else proves its
    sender: somebody changed it on its way, or the key is no longer to be trusted.
    """
    if signature.trust is Trust.BAD:
        raise MailError("bad-signature", enhanced="5.7.7")
    if signature.trust is Trust.EXPIRED:
        raise MailError("expired-key", enhanced="5.7.7")
    if signature.trust is Trust.GOOD:
        doctor = directory.doctor_by_fingerprint(signature.fingerprint)
        proof = Proof.SIGNATURE
    else:
        doctor = directory.doctor_by_account(envelope.account) if envelope.account else None
        proof = Proof.ACCOUNT
    if doctor is None:
        raise MailError("unknown-sender", detail=f"signature: {signature.trust}")
    return Sender(doctor=doctor, proof=proof)


def check_age(signature: Signature, at: int, days: int) -> None:
    """Refuse a mail that was signed more than ``days`` before it came (``stale``).

    So what was once caught on its way cannot be sent again later; within the days the
    encrypted text itself is known again. A signature without a time cannot be judged.
    """
    if signature.created and signature.created < at - days * DAY_SECONDS:
        raise MailError("stale", enhanced="5.7.7", detail="signed too long ago")


def excused(header: RoutingHeader, doctor: Doctor) -> RoutingHeader:
    """Return the header without what must not refuse it.

    Where a patient writes, the lack of his name; in an emergency, everything: what was
    understood is searched by.
    """
    if header.verb is Verb.URGENCE:
        return msgspec.structs.replace(header, problems=())
    if not doctor.patient_of:
        return header
    kept = tuple(problem for problem in header.problems if not _names_nobody(problem))
    return msgspec.structs.replace(header, problems=kept)


def _names_nobody(problem: Problem) -> bool:
    return problem.kind is Trouble.MISSING and problem.word in _TRAITS
