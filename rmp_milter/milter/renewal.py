"""A key that its owner prolonged is taken up by itself, out of a mail that it signed.

The newer copy comes as an attached key or in an Autocrypt field. It counts only as a copy of
the key that is enrolled (same primary key, a newer signature of its owner's), and only where
it or the enrolled copy proves that the mail is the owner's: so an expired one is prolonged
by the very mail that brings the new date. Another key never counts, whatever it says.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from msgspec.structs import replace

from rmp_milter.calls.authority import Authority, Candidate, Prolong
from rmp_milter.calls.keeper import GroundMoved, RemoteKeeper
from rmp_milter.calls.protocol import BY_A_CANDIDATE, Amend, Event, Opened, Trust
from rmp_milter.certificates import (
    CertificateError,
    fingerprint_of,
    prolonged,
    read_certificate,
)
from rmp_milter.dossier.changes import Changes
from rmp_milter.dossier.model import Doctor
from rmp_milter.dossier.revisions import next_revision
from rmp_milter.dossier.rules import Proof
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.grounds import person
from rmp_milter.handlers.people.keys import is_taken, with_key
from rmp_milter.mail.incoming.autocrypt import certificates_of
from rmp_milter.milter.means import Mail, Read
from rmp_milter.milter.sender import Directory, TriedT
from rmp_milter.store.format.failures import Conflict
from rmp_milter.store.store import Store

_TRIED = frozenset({Trust.EXPIRED, Trust.UNKNOWN, Trust.WEAK})
"""What a mail is worth by the enrolled copy when a newer one may show who signed it."""


def opened_by_newer(
    attempt: Callable[[tuple[Candidate, ...]], TriedT],
    tried: TriedT,
    copies: Sequence[bytes],
    directory: Directory,
    now: int,
) -> tuple[TriedT, Doctor | None]:
    """Return a mail as it was opened, or opened anew by a newer copy of its signer's key.

    ``copies`` are the certificates that it brought, ``attempt`` opens it with them. With it
    comes the signer with the newer copy, if he brought one. Raises what ``attempt`` raises.
    """
    found = list(newer_copies(copies, directory, now))
    trust = tried.signature.trust
    if trust in _TRIED and found:
        again = attempt(tuple(_candidates(found, directory)))
        unused, tried = (
            (tried, again) if again.signature.trust in BY_A_CANDIDATE else (again, tried)
        )
        unused.close()
    if tried.signature.trust not in BY_A_CANDIDATE:
        return tried, None
    signer = tried.signature.fingerprint
    return tried, next((each for each in found if each.fingerprint == signer), None)


def _candidates(renewed: Sequence[Doctor], directory: Directory) -> Iterator[Candidate]:
    """Yield who is enrolled, with the newer copy of his certificate."""
    for each in renewed:
        enrolled = directory.doctor_by_fingerprint(each.fingerprint)
        if enrolled:
            yield Candidate(enrolled.card, enrolled.certificate, each.certificate)


def copies_in(opened: Opened, mail: Mail) -> tuple[bytes, ...]:
    """Return the certificates that a mail brought, attached or in its Autocrypt field."""
    return (*opened.keys, *certificates_of(mail.outer.headers("Autocrypt")))


def newer_copies(copies: Sequence[bytes], directory: Directory, now: int) -> Iterator[Doctor]:
    """Yield who is enrolled with an older copy of these certificates, with the newer one."""
    for data in copies:
        try:
            doctor = directory.doctor_by_fingerprint(fingerprint_of(data))
            whole = prolonged(doctor.certificate, data, now) if doctor else None
            certificate = read_certificate(whole) if whole else None
        except CertificateError:
            continue
        if doctor and certificate and not is_taken(certificate, doctor, directory):
            yield with_key(doctor, certificate)


def take_up(read: Read, mail: Mail, store: Store, keeper: RemoteKeeper) -> None:
    """Put the newer copy in the place of the enrolled one, before anything else is done.

    So all that follows, the answer first, is for the newer copy. The keeper's word comes before.
    Where the directory changed meanwhile it stays as it is: the mail is judged by that.

    Raises :class:`MailError` and :class:`~rmp_milter.calls.keeper.GroundMoved` where the keeper
    does not take it up.
    """
    renewed = read.renewed
    if renewed is None:
        return
    with store.snapshot() as view:
        enrolled = view.doctor(renewed.doctor_id)
    if enrolled is None or next_revision(enrolled) != renewed.revision:
        return
    owner = person(enrolled, renewed.certificate)
    by = Authority(ticket=read.opened.ticket, persons=(owner,))
    leaf = _leaf(renewed, mail, read.opened.once)
    amended = keeper.amend(Amend(Prolong(renewed.certificate), leaf, by))
    taken_up = replace(renewed, card=amended.person)
    try:
        store.commit(Changes(doctors=(taken_up,)), mail.envelope.received_at)
    except Conflict:
        return
    with suppress(MailError, GroundMoved):  # the calls that follow show it anyway
        keeper.show((taken_up.card,))


def _leaf(renewed: Doctor, mail: Mail, act: bytes) -> Event:
    return Event(
        at=mail.envelope.received_at,
        action="cle",
        request=act,
        actor_rpps=renewed.rpps,
        actor_fingerprint=renewed.fingerprint,
        sender=mail.envelope.sender,
        outcome="granted",
        proof=Proof.SIGNATURE.value,
        subject=renewed.rpps,
    )
