"""A key that its owner prolonged is taken up by itself, out of a mail that it signed.

The newer copy comes as an attached key or in an Autocrypt field. It counts only as a copy of
the key that is enrolled (same primary key, a newer signature of its owner's), and only where
it or the enrolled copy proves that the mail is the owner's: so an expired one is prolonged
by the very mail that brings the new date. Another key never counts, whatever it says.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from rmp_milter.calls.protocol import BY_A_CANDIDATE, Event, Record, Trust
from rmp_milter.certificates import CertificateError, parse, prolonged, read_certificate
from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.model import Doctor
from rmp_milter.dossier.rules import Proof
from rmp_milter.handlers.asking.view import View
from rmp_milter.handlers.people.keys import is_taken, with_key
from rmp_milter.mail.incoming.autocrypt import certificates_of
from rmp_milter.milter.means import Mail, Means, Read
from rmp_milter.store.format.failures import Conflict

_TRIED = frozenset({Trust.EXPIRED, Trust.UNKNOWN, Trust.WEAK})
"""What a mail is worth by the enrolled copy when a newer one may show who signed it."""


def with_newer_copy(
    attempt: Callable[[tuple[bytes, ...]], Read], read: Read, mail: Mail, view: View
) -> Read:
    """Return the mail as it was read, or read anew by a newer copy of its signer's key.

    ``attempt`` opens it with other certificates. ``Read.renewed`` is then the signer with the
    newer copy. Raises what ``attempt`` raises.
    """
    autocrypt = certificates_of(mail.outer.headers("Autocrypt"))
    copies = (*read.opened.keys, *autocrypt)
    found = list(newer_copies(copies, view, mail.envelope.received_at))
    if read.signature.trust in BY_A_CANDIDATE - _TRIED:
        return _signed_by(read, found)
    if read.signature.trust not in _TRIED or not found:
        return read
    again = attempt(tuple(each.certificate for each in found))
    if again.signature.trust not in BY_A_CANDIDATE:
        again.close()
        return read
    read.close()
    return _signed_by(again, found)


def _signed_by(read: Read, found: Iterable[Doctor]) -> Read:
    signer = read.signature.fingerprint
    renewed = next((each for each in found if each.fingerprint == signer), None)
    return msgspec.structs.replace(read, renewed=renewed)


def newer_copies(copies: Sequence[bytes], view: View, now: int) -> Iterator[Doctor]:
    """Yield who is enrolled with an older copy of these certificates, with the newer one."""
    for data in copies:
        try:
            # Nothing is verified of what nobody enrolled has.
            copy = parse(data)
            doctor = view.doctor_by_fingerprint(copy.fingerprint.lower())
            whole = prolonged(doctor.certificate, copy.to_bytes(), now) if doctor else None
            certificate = read_certificate(whole) if whole else None
        except CertificateError:
            continue
        if doctor and certificate and not is_taken(certificate, doctor, view):
            yield with_key(doctor, certificate)


def take_up(read: Read, mail: Mail, means: Means) -> None:
    """Put the newer copy in the place of the enrolled one, before anything else is done.

    So all that follows, the answer first, is for the newer copy. The leaf comes before. Where
    the directory changed meanwhile it stays as it is: the mail is judged by that.

    Raises :class:`MailError` where the keeper cannot write the leaf.
    """
    if read.renewed is None:
        return
    means.keeper.record(Record(_leaf(read.renewed, mail)))
    try:
        means.store.commit(Changes(doctors=(read.renewed,)), mail.envelope.received_at)
    except Conflict:
        return


def _leaf(renewed: Doctor, mail: Mail) -> Event:
    return Event(
        at=mail.envelope.received_at,
        action="cle",
        request=mail.digest,
        actor_rpps=renewed.rpps,
        actor_fingerprint=renewed.fingerprint,
        sender=mail.envelope.sender,
        outcome="granted",
        proof=Proof.SIGNATURE.value,
        subject=renewed.rpps,
    )
