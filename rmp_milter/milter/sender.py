"""Who wrote a mail: by the signature of an enrolled key, or by SMTP AUTH (degraded mode)."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from email.utils import parseaddr
from typing import Protocol, TypeVar

from rmp_milter.calls.authority import Candidate
from rmp_milter.calls.protocol.opening import BY_A_CANDIDATE, Opened, Signature, Trust
from rmp_milter.dossier.model import Doctor, Envelope, Verb
from rmp_milter.dossier.rules import GOVERNING, Proof
from rmp_milter.errors import RESTORED, MailError, try_again
from rmp_milter.handlers.asking.case import Sender
from rmp_milter.handlers.asking.grounds import candidate, check_vouched, person
from rmp_milter.handlers.people.keys import Enrolled
from rmp_milter.mail.meaning.understanding import lines_alone


class Directory(Enrolled, Protocol):
    """The enrolled doctors at one moment: the store's snapshot."""

    def doctor(self, doctor_id: bytes) -> Doctor | None:
        """Return the doctor of this id."""

    def doctor_by_account(self, account: str) -> Doctor | None:
        """Return the doctor bound to a SASL login."""

    def doctor_by_mail(self, mail: str) -> Doctor | None:
        """Return the doctor with this address, case folded."""

    def doctor_by_rpps(self, rpps: str) -> Doctor | None:
        """Return the doctor of this RPPS number."""


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
    attempt: Callable[[tuple[Candidate, ...]], TriedT],
    likely: Sequence[Doctor],
    directory: Directory,
) -> TriedT:
    """Open a mail as one of its likely signers, else as one of those whom it names.

    ``attempt`` opens it with the persons that it is given. Raises what that raises.
    """
    first = attempt(_candidates(likely))
    if first.signature.trust is not Trust.UNKNOWN:
        return first
    named = named_signers(first.signature.issuers, directory)
    if not named:
        return first
    first.close()
    return attempt(_candidates(named))


def _candidates(doctors: Sequence[Doctor]) -> tuple[Candidate, ...]:
    return tuple(map(candidate, doctors))


def likely_signers(
    envelope: Envelope, from_field: str, directory: Directory
) -> tuple[Doctor, ...]:
    """Return the doctors whose certificates are tried first, without doubles.

    Only a guess that saves a second opening: nothing is granted by an address.
    """
    _, from_address = parseaddr(from_field[:_FROM])
    addresses = dict.fromkeys(
        each.casefold() for each in (envelope.sender, from_address) if each
    )
    found = (account_owner(envelope, directory), *map(directory.doctor_by_mail, addresses))
    return _without_doubles(doctor for doctor in found if doctor)


def named_signers(issuers: Sequence[str], directory: Directory) -> tuple[Doctor, ...]:
    """Return the enrolled doctors whose keys the signature itself names."""
    found = (directory.doctor_by_key_id(issuer) for issuer in issuers)
    return _without_doubles(doctor for doctor in found if doctor)


def _without_doubles(doctors: Iterator[Doctor]) -> tuple[Doctor, ...]:
    return tuple({doctor.doctor_id: doctor for doctor in doctors}.values())


def account_owner(envelope: Envelope, directory: Directory) -> Doctor | None:
    """Return the enrolled doctor whose SASL login it came by, if there is one."""
    return directory.doctor_by_account(envelope.account) if envelope.account else None


def persons_asked(
    signers: tuple[Candidate, ...], owner: Doctor | None
) -> tuple[Candidate, ...]:
    """Return who may have signed a mail, then whose account it came by, without doubles.

    Raises :class:`MailError` 451 for one whom the keeper has not vouched for yet.
    """
    for each in signers:
        check_vouched(each.card)
    if owner is None or any(each.card == owner.card for each in signers):
        return signers
    return (*signers, person(owner))


def identify(
    envelope: Envelope,
    signature: Signature,
    directory: Directory,
    *,
    unproven: bool = False,
    signers_id: bytes = b"",
) -> Sender:
    """Return the sender, or raise the refusal that an unknown one hears at SMTP time.

    Of a mail that is ``unproven`` nothing but a signature says whose it is. ``signers_id`` is the
    signer's where a certificate that the mail brought has shown who he is. Raises what
    :func:`check_signature` raises, whatever else proves the sender.
    """
    check_signature(signature)
    check_proven(signature, unproven=unproven)
    if signature.trust in BY_A_CANDIDATE:
        doctor = (
            directory.doctor(signers_id)
            if signers_id
            else directory.doctor_by_fingerprint(signature.fingerprint)
        )
        proof = Proof.SIGNATURE
    else:
        doctor = account_owner(envelope, directory)
        proof = Proof.ACCOUNT
    if doctor is None:
        raise MailError("unknown-sender", detail=f"signature: {signature.trust}")
    return Sender(doctor=doctor, proof=proof, card=signature.card)


@contextmanager
def putting_off(opened: Opened, this_year: int) -> Iterator[None]:
    """Let a stranger's mail come again (451) where the keeper does not take somebody's card.

    As where the store was put back from an older copy: he may be the one, with a key that it
    has not. In an emergency waiting helps nobody: that is refused at once, by this reason.
    """
    try:
        yield
    except MailError as error:
        if (
            error.text not in {"unknown-sender", "unknown-certificate"}
            or not opened.passed_over
        ):
            raise
        detail = f"a sender's card does not count: {RESTORED}"
        if lines_alone(opened, this_year).verb is Verb.URGENCE:
            raise MailError(
                "emergency-unsure", code=error.code, enhanced=error.enhanced, detail=detail
            ) from error
        raise try_again("unavailable", detail) from error


def check_proven(signature: Signature, *, unproven: bool) -> None:
    """Refuse what nothing but a signature makes anybody's, and nobody enrolled has signed."""
    if unproven and signature.trust not in BY_A_CANDIDATE:
        raise MailError("unknown-certificate", detail="no account counts for AES-CBC")


def check_signature(signature: Signature) -> None:
    """Refuse a signature that is there and does not hold.

    Somebody changed the mail on its way, or the key is no longer to be trusted.
    """
    if signature.trust is Trust.BAD:
        raise MailError("bad-signature", enhanced="5.7.7")
    if signature.trust is Trust.REVOKED:
        raise MailError("revoked-certificate", enhanced="5.7.7")
    if signature.trust is Trust.PURPOSE:
        raise MailError("wrong-purpose", enhanced="5.7.7")
    if signature.trust is Trust.EXPIRED:
        text = "expired-certificate" if signature.is_x509 else "expired-key"
        raise MailError(text, enhanced="5.7.7")


_BY_LETTER = {
    Trust.WEAK: "weak-key",
    Trust.ISSUER: "unknown-issuer",
}


def check_strength(signature: Signature, verb: Verb) -> None:
    """Refuse by letter what an enrolled key signed that is not relied on, but no emergency."""
    if signature.trust in _BY_LETTER and verb is not Verb.URGENCE:
        raise MailError(_BY_LETTER[signature.trust], enhanced="5.7.7")
    if signature.stale and verb in GOVERNING:
        raise MailError("stale-list", enhanced="5.7.7")
