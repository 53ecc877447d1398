"""Stored documents for a letter: each with the key packets that its reader opens it by."""

from collections.abc import Sequence

from rmp_milter.credentials import CertificateKind, kind_of
from rmp_milter.dossier.credentials import certificates_of
from rmp_milter.dossier.model import Document, Dossier
from rmp_milter.handlers.asking.case import Case
from rmp_milter.handlers.sight.seen import Seen
from rmp_milter.mail.outgoing.hprim_header import PlaceInIndex, header_file
from rmp_milter.mail.outgoing.letter import Enclosure, HeaderFile


def documents_of(picked: Sequence[Seen]) -> list[Document]:
    """Return all documents of the entries, in order."""
    return [document for each in picked for document in each.filed.entry.documents]


def enclosures(
    dossier: Dossier, picked: Sequence[Seen], packets: Sequence[bytes]
) -> tuple[Enclosure, ...]:
    """Pair each document of a dossier's entries with the packets written for it, in order."""
    places = [(each, document) for each in picked for document in each.filed.entry.documents]
    return tuple(
        Enclosure(
            number=each.number,
            entry=each.filed.entry,
            document=document,
            packets=packet,
            owner=dossier.dossier_id,
            card=dossier.card,
        )
        for (each, document), packet in zip(places, packets, strict=True)
    )


def authors_certificates(case: Case, sent: Sequence[Enclosure]) -> tuple[bytes, ...]:
    """Return the OpenPGP certificates of the other authors of what is sent, each once.

    X.509 certificates come inside of what they signed; of what is translated the service is the
    signer.
    """
    as_it_came = (each for each in sent if each.packets and not each.is_translated)
    authors = dict.fromkeys(each.entry.author for each in as_it_came)
    others = (author for author in authors if author != case.doctor.doctor_id)
    known = (doctor for doctor in map(case.view.doctor, others) if doctor)
    found = (each for doctor in known for each in certificates_of(doctor))
    return tuple(each for each in found if kind_of(each) is CertificateKind.OPENPGP)


def hprim_headers(
    case: Case, dossier: Dossier, picked: Sequence[Seen], sent: Sequence[Enclosure]
) -> tuple[HeaderFile, ...]:
    """Return a header for each entry that is sent, where the reader's software wants them."""
    if not case.doctor.hprim:
        return ()
    brought = {each.number for each in sent if each.packets}
    return tuple(
        header_file(
            dossier,
            each.filed.entry,
            PlaceInIndex(each.number, each.onglet.value),
            case.doctor,
            case.language,
            case.clock,
        )
        for each in picked
        if each.number in brought
    )
