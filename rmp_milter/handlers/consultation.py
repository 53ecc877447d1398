"""Consultation: the dossier is sent to who may read it.

The médecin traitant signs and gets his standing key packets; no slot is opened. Anybody
else needs the patient's code: the keeper opens the code slot with it and writes key
packets for this reader, this once. All other outcomes give one and the same refusal.
"""

from collections.abc import Generator, Sequence

import msgspec

from rmp_milter.errors import MailError
from rmp_milter.handlers.index import dossier_letter
from rmp_milter.handlers.steps import (
    Asked,
    Outcome,
    Proof,
    Steps,
    View,
    asked_patient,
    event,
    expect,
)
from rmp_milter.identity import Outcome as Matched
from rmp_milter.identity import match, trait_keys
from rmp_milter.keeper.protocol import (
    Record,
    Recorded,
    Release,
    Released,
    Reply,
    Request,
    SealedDocument,
)
from rmp_milter.mail.letter import Enclosure
from rmp_milter.mail.texts import Language
from rmp_milter.model import CodeSlot, Doctor, Document, Dossier, NumberedEntry

DECOY_SLOT = CodeSlot(salt=bytes(16), nonce=bytes(12), sealed=bytes(48))
"""A slot that no code opens: asked of the keeper where there is no dossier, so that an
unknown patient takes the same way, and the same time, as a wrong code."""


def handle(asked: Asked, view: View, language: Language) -> Steps:
    """Send the dossier that the header names."""
    patient = asked_patient(asked.header)
    found = match(patient, view.dossiers_by_traits(trait_keys(patient)))
    dossier = found.dossier if found.outcome is Matched.ONE else None
    if dossier is not None and _is_treating(asked, dossier):
        enclosures = yield from _standing(asked, dossier, view.entries(dossier.dossier_id))
    else:
        if not asked.opened.held_code:
            raise MailError("code-missing")
        enclosures = yield from _by_code(asked, dossier, view)
    if dossier is None:
        raise MailError("no-access", detail=f"match: {found.outcome}")
    treating = view.doctor(dossier.treating)
    letter = dossier_letter(
        dossier, treating.name if treating else "", enclosures, asked.at, language
    )
    certificates = _certificates(asked, view, letter.enclosures)
    return Outcome(letter=msgspec.structs.replace(letter, certificates=certificates))


def _certificates(
    asked: Asked, view: View, enclosures: Sequence[Enclosure]
) -> tuple[bytes, ...]:
    """Return the certificates of the other authors of what is sent, each once."""
    authors = dict.fromkeys(each.entry.author for each in enclosures if each.packets)
    found = (view.doctor(author) for author in authors if author != asked.doctor.doctor_id)
    return tuple(doctor.certificate for doctor in found if doctor)


def _is_treating(asked: Asked, dossier: Dossier) -> bool:
    """Whether the asker proved by his signature that he is the médecin traitant."""
    by_signature = asked.sender.proof is Proof.SIGNATURE
    return by_signature and dossier.treating == asked.doctor.doctor_id


def _standing(
    asked: Asked, dossier: Dossier, entries: Sequence[NumberedEntry]
) -> Generator[Request, Reply, tuple[Enclosure, ...]]:
    documents = _documents(entries)
    ids = [document.document_id for document in documents]
    reply = yield Record(event(asked, "dossier", dossier.dossier_id, documents=ids))
    expect(reply, Recorded)
    return _enclosures(entries, [_own_packet(document, asked.doctor) for document in documents])


def _own_packet(document: Document, doctor: Doctor) -> bytes:
    """Return the packets written for the doctor's present key when the body came in."""
    return b"".join(
        key.packet for key in document.standing if key.fingerprint == doctor.fingerprint
    )


def _by_code(
    asked: Asked, dossier: Dossier | None, view: View
) -> Generator[Request, Reply, tuple[Enclosure, ...]]:
    entries = view.entries(dossier.dossier_id) if dossier else ()
    items = tuple(
        SealedDocument(
            document_id=document.document_id,
            container=document.container,
            digest=document.digest,
            sealed_key=document.sealed_key,
        )
        for document in _documents(entries)
    )
    dossier_id = dossier.dossier_id if dossier else bytes(16)
    ids = [item.document_id for item in items]
    reply = yield Release(
        digest=asked.digest,
        dossier_id=dossier_id,
        slot=dossier.slots.code if dossier else DECOY_SLOT,
        held_code=asked.opened.held_code,
        items=items,
        reader=asked.doctor.certificate,
        event=event(asked, "dossier", dossier_id, documents=ids),
    )
    return _enclosures(entries, expect(reply, Released).packets)


def _documents(entries: Sequence[NumberedEntry]) -> list[Document]:
    return [document for numbered in entries for document in numbered.entry.documents]


def _enclosures(
    entries: Sequence[NumberedEntry], packets: Sequence[bytes]
) -> tuple[Enclosure, ...]:
    """Pair each document of ``entries`` with the packets written for it, in order."""
    places = [(numbered, each) for numbered in entries for each in numbered.entry.documents]
    return tuple(
        Enclosure(number=numbered.number, entry=numbered.entry, document=each, packets=packet)
        for (numbered, each), packet in zip(places, packets, strict=True)
    )
