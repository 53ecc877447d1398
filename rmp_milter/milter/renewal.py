"""A key that its owner prolonged, or his authority renewed, is taken up by itself.

Out of a mail that it signed, or the present one. An OpenPGP copy comes as an attached key or in an
Autocrypt field, and counts only as a copy of the key that is enrolled (same primary key, a newer
signature of its owner's). A renewed X.509 certificate comes with the signature or as a file; whose
it may be is looked up by what it names, and whether it is one is the keeper's to say, who judges
its path. Either is tried where it or the enrolled copy proves that the mail is the owner's: so an
expired one is prolonged by the very mail that brings the new date. Another key never counts,
whatever it says.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from msgspec.structs import replace

from rmp_milter.calls.authority import Authority, Candidate, Prolong
from rmp_milter.calls.keeper import GroundMoved, RemoteKeeper
from rmp_milter.calls.protocol.cards import Amend
from rmp_milter.calls.protocol.message import Event
from rmp_milter.calls.protocol.opening import BY_A_CANDIDATE, Opened, Trust
from rmp_milter.calls.protocol.releasing import Renew
from rmp_milter.certificates import CertificateError
from rmp_milter.credentials import (
    CertificateKind,
    CredentialError,
    addresses,
    fingerprint_of,
    kind_of,
    read_credential,
    replacing,
    usable,
)
from rmp_milter.dossier.changes import Changes, Counted, NewKeyPackets
from rmp_milter.dossier.credentials import certificates_of, fingerprints_of
from rmp_milter.dossier.model import Doctor, Document, Dossier
from rmp_milter.dossier.revisions import next_revision
from rmp_milter.dossier.rules import Proof
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.grounds import candidate, check_vouched, person
from rmp_milter.handlers.filing.key_packets import (
    documents_in,
    own_packets,
    standing_dossiers,
    written,
)
from rmp_milter.handlers.nouvelle_cle import MOST_DOCUMENTS
from rmp_milter.handlers.people.keys import is_taken, with_renewed
from rmp_milter.handlers.way_in.unlocking import sealed_document
from rmp_milter.mail.incoming import autocrypt
from rmp_milter.milter.means import Mail, Read, Renewal
from rmp_milter.milter.sender import Directory, TriedT
from rmp_milter.store.format.failures import Conflict
from rmp_milter.store.surface import Snapshot, Store

log = logging.getLogger("rmp.milter")

_TRIED = frozenset({Trust.EXPIRED, Trust.UNKNOWN, Trust.WEAK, Trust.REVOKED})
"""What a mail is worth by the enrolled copy when a newer one may show who signed it."""


def opened_by_newer(
    attempt: Callable[[tuple[Candidate, ...]], TriedT],
    tried: TriedT,
    found: Sequence[Renewal],
) -> tuple[TriedT, Renewal | None]:
    """Return a mail as it was opened, or opened anew by a newer copy of its signer's key.

    ``found`` are the copies that it brought (:func:`newer_copies`), ``attempt`` opens it with
    them. With it comes its signer's, if he brought one. Raises what ``attempt`` raises.
    """
    if tried.signature.trust in _TRIED and found:
        again = attempt(tuple(candidate(each.before, each.newer) for each in found))
        unused, tried = (
            (tried, again) if again.signature.trust in BY_A_CANDIDATE else (again, tried)
        )
        unused.close()
    if tried.signature.trust not in BY_A_CANDIDATE:
        return tried, None
    signer = tried.signature.fingerprint
    own = [each for each in found if each.fingerprint == signer]
    own += [each for each in found if signer in fingerprints_of(each.before)]
    return tried, next(iter(own), None)


def copies_in(opened: Opened, mail: Mail) -> tuple[bytes, ...]:
    """Return the certificates that a mail brought, attached or in its Autocrypt field."""
    return (*opened.keys, *autocrypt.certificates_of(mail.outer.headers("Autocrypt")))


def newer_copies(
    copies: Sequence[bytes], likely: Sequence[Doctor], directory: Directory, now: int
) -> Iterator[Renewal]:
    """Yield who is enrolled with an older copy of these certificates, with the newer one.

    ``likely`` are those who seem to have written. Of X.509 that is by the names in it alone.
    """
    for data in copies:
        for doctor in _owners(data, likely, directory):
            found = _renewal(doctor, data, directory, now)
            if found:
                yield found


def _owners(data: bytes, likely: Sequence[Doctor], directory: Directory) -> Iterator[Doctor]:
    """Yield, each once, of whom a certificate may be a later copy."""
    try:
        if kind_of(data) is CertificateKind.OPENPGP:
            found: Iterable[Doctor | None] = (
                directory.doctor_by_fingerprint(fingerprint_of(data)),
            )
        elif directory.doctor_by_fingerprint(fingerprint_of(data)):
            return  # nothing new
        else:
            found = (*_named(data, directory), *likely)
    except (CertificateError, CredentialError):
        return
    yield from {each.doctor_id: each for each in found if each}.values()


def _named(data: bytes, directory: Directory) -> Iterator[Doctor | None]:
    rpps = read_credential(data).rpps
    if rpps:
        yield directory.doctor_by_rpps(rpps)
    yield from map(directory.doctor_by_mail, sorted(addresses(data)))


def _renewal(doctor: Doctor, data: bytes, directory: Directory, now: int) -> Renewal | None:
    """Return somebody with the certificate in the place of the one that it replaces, if any."""
    try:
        found = replacing(certificates_of(doctor), data, now)
        if found is None:
            return None
        certificate = read_credential(found.newer)
        if is_taken(certificate, doctor, directory):
            return None
        after = with_renewed(doctor, found.present, certificate)
    except (CertificateError, CredentialError):
        return None
    return Renewal(doctor, after, certificate.binary, certificate.fingerprint)


def take_up(
    read: Read, mail: Mail, store: Store, keeper: RemoteKeeper, most: int = MOST_DOCUMENTS
) -> Renewal | None:
    """Put the newer copy in the place of the enrolled one, before anything else is done.

    So all that follows, the answer first, is for the newer copy. The keeper's word comes before.
    What its owner reads by his signature is written anew for another key, of ``most`` documents;
    the host does more of them. Returns what was taken up.

    Where the directory changed meanwhile it stays as it is: the mail is judged by that. Raises
    :class:`MailError` and :class:`~rmp_milter.calls.keeper.GroundMoved` where the keeper does not
    take it up, and the latter where the mail is to be opened anew to be judged.
    """
    renewal = read.renewed
    if renewal is None:
        return None
    with store.snapshot() as view:
        enrolled = view.doctor(renewal.after.doctor_id)
        if enrolled is None or next_revision(enrolled) != renewal.after.revision:
            return _overtaken(renewal)
        changes, renewal = _changes(renewal, read, mail, view, keeper, most)
    try:
        store.commit(changes, mail.envelope.received_at)
    except Conflict:
        return _overtaken(renewal)
    with suppress(MailError, GroundMoved):  # the calls that follow show it anyway
        keeper.show((renewal.after.card,))
    return renewal


def _overtaken(renewal: Renewal) -> Renewal:
    """Go on with what the directory says; of another key it may not know who signed."""
    if renewal.is_another_key:
        raise GroundMoved
    return renewal


def _changes(  # noqa: PLR0913, PLR0917 -- what is asked, and of whom
    renewal: Renewal, read: Read, mail: Mail, view: Snapshot, keeper: RemoteKeeper, most: int
) -> tuple[Changes, Renewal]:
    """Have the keeper make the next card, and write the packets that are to be written anew."""
    leaf = _leaf(renewal, mail, read.opened.once)
    owner = person(renewal.before, renewal.newer)
    by = Authority(ticket=read.opened.ticket, persons=(owner,))
    amended = keeper.amend(Amend(Prolong(renewal.newer), leaf, by))
    after = replace(renewal.after, card=amended.person)
    renewal = replace(renewal, after=after)
    if not _writes_anew(renewal, mail.envelope.received_at):
        return Changes(doctors=(after,)), renewal
    dossiers = list(standing_dossiers(renewal.before, view))
    many = sum(len(_lacking(each, after, view)) for each in dossiers) > most
    if many:
        log.warning(
            "too many documents to write anew for a renewed certificate: rmp doctor rekey"
        )
        return Changes(doctors=(after,)), replace(renewal, many=True)
    done = [_read_anew(each, renewal, by, leaf, view, keeper) for each in dossiers]
    packets = tuple(packet for each in done for packet in each.packets)
    counted = tuple(each.counted for each in done)
    return Changes(doctors=(after,), key_packets=packets, counted=counted), renewal


def _writes_anew(renewal: Renewal, now: int) -> bool:
    """Whether he lacks packets: by another key of all, by one that was over of what came since."""
    same = renewal.after.fingerprint == renewal.before.fingerprint
    return not same or not usable(renewal.before.certificate, now)


def _lacking(dossier: Dossier, after: Doctor, view: Snapshot) -> list[Document]:
    """Return the documents of a dossier that he has no packets of for his key as it is now."""
    return [each for each in documents_in(dossier, view) if not own_packets(each, after, view)]


class _Anew(NamedTuple):
    """The packets of one dossier's documents, and how many entries that was."""

    packets: tuple[NewKeyPackets, ...]
    counted: Counted


def _read_anew(  # noqa: PLR0913, PLR0917 -- as above
    dossier: Dossier,
    renewal: Renewal,
    by: Authority,
    leaf: Event,
    view: Snapshot,
    keeper: RemoteKeeper,
) -> _Anew:
    counted = Counted(dossier.dossier_id, len(view.entries(dossier.dossier_id)))
    documents = _lacking(dossier, renewal.after, view)
    if not documents:
        return _Anew((), counted)
    check_vouched(dossier.card)
    said = replace(
        leaf,
        dossier_id=dossier.dossier_id,
        documents=tuple(each.document_id for each in documents),
        subject="",
    )
    request = Renew(
        replace(by, dossier=dossier.card),
        dossier.slots.custody,
        tuple(map(sealed_document, documents)),
        said,
    )
    packets = keeper.renew(request).packets
    return _Anew(written(documents, packets, renewal.after), counted)


def _leaf(renewal: Renewal, mail: Mail, act: bytes) -> Event:
    doctor = renewal.after
    return Event(
        at=mail.envelope.received_at,
        action="cle",
        request=act,
        actor_rpps=doctor.rpps,
        actor_fingerprint=doctor.fingerprint,
        sender=mail.envelope.sender,
        outcome="granted",
        proof=Proof.SIGNATURE.value,
        subject=doctor.rpps,
    )
