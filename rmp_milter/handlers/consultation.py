"""Consultation: the dossier is sent to who may read it.

The médecin traitant (and the patient with a key of his own) signs and gets his standing key
packets; no slot is opened. For his locum the custody slot is, after its leaf. Anybody else
needs the patient's code or card: the keeper opens that slot and writes key packets for this
reader, this once. All other outcomes give one and the same refusal.
"""

from collections.abc import Generator, Sequence

import msgspec

from rmp_milter.calls.protocol import Reply, Request
from rmp_milter.dossier.changes import DossierUpdate
from rmp_milter.dossier.model import Doctor, Document, Dossier, Scope
from rmp_milter.dossier.rules import Act, Relation, Way
from rmp_milter.handlers.asking.steps import Asked, Effects, Outcome, Steps, View
from rmp_milter.handlers.letters.index import dossier_letter
from rmp_milter.handlers.sight.sight import SEES_ALL, Seen, chosen, seen
from rmp_milter.handlers.way_in.admission import Admission, admit, spent
from rmp_milter.handlers.way_in.unlocking import forgiven, prove, unlock
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.outgoing.hprim_header import Place, header_file
from rmp_milter.mail.outgoing.letter import Enclosure, HeaderFile


def handle(asked: Asked, view: View, language: Language) -> Steps:
    """Send what the header asks for of the dossier that it names."""
    return (yield from _send(asked, Act.CONSULTATION, view, language))


def copy(asked: Asked, view: View, language: Language) -> Steps:
    """Send all of the dossier that the reader sees, whatever else the header says.

    To the patient and his médecin traitant (locum) that is every entry, the masked and the
    replaced ones too.
    """
    whole = msgspec.structs.replace(
        asked.header, scope=Scope.WHOLE, tab=None, since="", numbers=()
    )
    asked = msgspec.structs.replace(asked, header=whole)
    return (yield from _send(asked, Act.COPIE, view, language))


def _send(asked: Asked, act: Act, view: View, language: Language) -> Steps:
    admission = admit(asked, act, view)
    # Only then the entries: that a number is not there is an answer for readers alone.
    admission, dossier = yield from prove(asked, admission, view, language)
    picked = _picked(asked, dossier, admission.relation, view)
    packets = yield from _packets(asked, admission, picked, view, language)
    treating = view.doctor(dossier.treating)
    letter = dossier_letter(
        dossier,
        treating.name if treating else "",
        picked,
        () if asked.header.scope is Scope.INDEX else enclosures(picked, packets),
        asked.at,
        language,
        whole_sheet=admission.relation in SEES_ALL,
    )
    effects = Effects(
        updates=_read_up_to(asked, admission, dossier, picked, view),
        cleared=forgiven(admission),
        once=spent(asked),
    )
    certificates = authors_certificates(asked, view, letter.enclosures)
    headers = hprim_headers(asked.doctor, dossier, picked, letter.enclosures, language)
    complete = msgspec.structs.replace(letter, certificates=certificates, headers=headers)
    return Outcome(complete, effects)


def _picked(asked: Asked, dossier: Dossier, relation: Relation, view: View) -> tuple[Seen, ...]:
    """Return the entries to send; raise :class:`MailError` ``no-such-entry``."""
    entries = view.entries(dossier.dossier_id)
    visible = seen(dossier, entries, relation, asked.doctor.doctor_id)
    return chosen(visible, asked.header)


def _packets(
    asked: Asked,
    admission: Admission,
    picked: Sequence[Seen],
    view: View,
    language: Language,
) -> Generator[Request, Reply, list[bytes]]:
    """Return the reader's key packets for each document of ``picked``, in order."""
    documents = documents_of(picked)
    wanted = () if asked.header.scope is Scope.INDEX else documents
    written = yield from unlock(
        asked,
        admission,
        view,
        language,
        documents=wanted,
        readers=(asked.doctor.certificate,),
        entries=[each.filed.number for each in picked],
    )
    if admission.way is Way.STANDING:
        return [own_packets(document, asked.doctor, view) for document in documents]
    return [packets[0] for packets in written]


def own_packets(document: Document, reader: Doctor, view: View) -> bytes:
    """Return the standing packets for the reader's present key, however they came to be."""
    later = view.envelope(document.document_id, reader.fingerprint)
    return later or b"".join(
        key.packet for key in document.standing if key.fingerprint == reader.fingerprint
    )


def authors_certificates(
    asked: Asked, view: View, enclosures: Sequence[Enclosure]
) -> tuple[bytes, ...]:
    """Return the certificates of the other authors of what is sent, each once."""
    authors = dict.fromkeys(each.entry.author for each in enclosures if each.packets)
    found = (view.doctor(author) for author in authors if author != asked.doctor.doctor_id)
    return tuple(doctor.certificate for doctor in found if doctor)


def hprim_headers(
    reader: Doctor,
    dossier: Dossier,
    picked: Sequence[Seen],
    sent: Sequence[Enclosure],
    language: Language,
) -> tuple[HeaderFile, ...]:
    """Return a header for each entry that is sent, where the reader's software wants them."""
    if not reader.hprim:
        return ()
    brought = {each.number for each in sent if each.packets}
    return tuple(
        header_file(
            dossier, each.filed.entry, Place(each.number, each.onglet.value), reader, language
        )
        for each in picked
        if each.number in brought
    )


def documents_of(picked: Sequence[Seen]) -> list[Document]:
    """Return all documents of the entries, in order."""
    return [document for each in picked for document in each.filed.entry.documents]


def enclosures(picked: Sequence[Seen], packets: Sequence[bytes]) -> tuple[Enclosure, ...]:
    """Pair each document of the entries with the packets written for it, in order."""
    places = [(each, document) for each in picked for document in each.filed.entry.documents]
    return tuple(
        Enclosure(number=each.number, entry=each.filed.entry, document=document, packets=packet)
        for (each, document), packet in zip(places, packets, strict=True)
    )


def _read_up_to(
    asked: Asked, admission: Admission, dossier: Dossier, picked: Sequence[Seen], view: View
) -> tuple[DossierUpdate, ...]:
    """Note what the médecin traitant has been sent, so that his list shows what is new.

    Up to the first entry that he neither wrote nor is sent now: one that is left out by an
    onglet or a number stays new, as all do in an index alone.
    """
    if admission.relation is not Relation.TREATING or asked.header.scope is Scope.INDEX:
        return ()
    sent, known = {each.filed.number for each in picked}, dossier.seen
    for each in view.entries(dossier.dossier_id, dossier.seen):
        if each.number not in sent and each.entry.author != dossier.treating:
            break
        known = each.number
    if known == dossier.seen:
        return ()
    changed = msgspec.structs.replace(dossier, seen=known, revision=dossier.revision + 1)
    return (DossierUpdate(changed),)
