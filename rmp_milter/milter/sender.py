"""Who wrote a mail: by the signature of an enrolled key, or by SMTP AUTH (degraded mode)."""

from collections.abc import Callable, Iterator, Sequence
from email.utils import parseaddr
from typing import Protocol, TypeVar

from rmp_milter.calls.protocol import BY_A_CANDIDATE, Signature, Trust
from rmp_milter.dossier.model import Doctor, Envelope, Verb
from rmp_milter.dossier.rules import Proof
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Sender
from rmp_milter.handlers.people.keys import Enrolled


class Directory(Enrolled, Protocol):
    """The enrolled doctors at one moment: the store's snapshot."""

    def doctor_by_account(self, account: str) -> Doctor | None:
        """Return the doctor bound to a SASL login."""

    def doctor_by_mail(self, mail: str) -> Doctor | None:
        """Return the doctor with this address, case folded."""

    def doctor_by_fingerprint(self, fingerprint: str) -> Doctor | None:
        """Return the doctor with this primary key."""

    def doctor_by_key_id(self, key_id: str) -> Doctor | None:
        """Return the doctor one of whose keys has this id."""


class Tried(Protocol):
    """A mail as it was opened with some certificates; ``close`` gives back what it holds."""

    @property
    def signature(self) -> Signature:
        """What the signature is worth against these certificates."""

    def close(self) -> None:
        """Let it go: nothing of it is used."""


_FROM = 400
"""Characters of From that are looked at: the library goes as deep as its brackets are nested."""

TriedT = TypeVar("TriedT", bound=Tried)


def opened_with_signers(
    attempt: Callable[[tuple[bytes, ...]], TriedT],
    likely: Sequence[Doctor],
    directory: Directory,
) -> TriedT:
    """Open a mail with its likely signers' certificates, else with those that it names.

    ``attempt`` opens it with the certificates that it is given. Raises what that raises.
    """
    first = attempt(_certificates(likely))
    named = named_signers(first.signature.issuers, directory)
    if first.signature.trust is not Trust.UNKNOWN or not named:
        return first
    first.close()
    return attempt(_certificates(named))


def _certificates(doctors: Sequence[Doctor]) -> tuple[bytes, ...]:
    return tuple(doctor.certificate for doctor in doctors)


def likely_signers(
    envelope: Envelope, from_field: str, directory: Directory
) -> tuple[Doctor, ...]:
    """Return the doctors whose certificates are tried first, without doubles.

    Only a guess that saves a second opening: nothing is granted by an address.
    """
    _, from_address = parseaddr(from_field[:_FROM])
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


def knows_account(envelope: Envelope, directory: Directory) -> bool:
    """Return whether the SASL login is an enrolled doctor's."""
    return bool(envelope.account) and directory.doctor_by_account(envelope.account) is not None


def identify(envelope: Envelope, signature: Signature, directory: Directory) -> Sender:
    """Return the sender, or raise the refusal that an unknown one hears at SMTP time.

    Raises what :func:`check_signature` raises, whatever else proves the sender.
    """
    check_signature(signature)
    if signature.trust in BY_A_CANDIDATE:
        doctor = directory.doctor_by_fingerprint(signature.fingerprint)
        proof = Proof.SIGNATURE
    else:
        doctor = directory.doctor_by_account(envelope.account) if envelope.account else None
        proof = Proof.ACCOUNT
    if doctor is None:
        raise MailError("unknown-sender", detail=f"signature: {signature.trust}")
    return Sender(doctor=doctor, proof=proof)


def check_signature(signature: Signature) -> None:
    """Refuse a signature that is there and does not hold.

    Somebody changed the mail on its way, or the key is no longer to be trusted.
    """
    if signature.trust is Trust.BAD:
        raise MailError("bad-signature", enhanced="5.7.7")
    if signature.trust is Trust.EXPIRED:
        raise MailError("expired-key", enhanced="5.7.7")


def check_strength(signature: Signature, verb: Verb) -> None:
    """Refuse by letter what a weak key signed, but no emergency (``weak-key``)."""
    if signature.trust is Trust.WEAK and verb is not Verb.URGENCE:
        raise MailError("weak-key", enhanced="5.7.7")
