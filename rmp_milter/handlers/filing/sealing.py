"""Filing what came with a mail: sealed to the dossier (or to wait), classed, ready to append.

Shared by the deposit and by the creation (a GP often sends the first résumé médical with
it).
"""

from collections.abc import Sequence

import msgspec

from rmp_milter.calls.authority import Authority
from rmp_milter.calls.protocol.filing import Reseal, Resealed, ToReseal, Wait
from rmp_milter.dossier.model import Doctor, Document, Dossier, Entry, StandingKey
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.case import Case, PatientShare
from rmp_milter.handlers.asking.grounds import authority
from rmp_milter.handlers.asking.leaf import event
from rmp_milter.handlers.asking.outcome import Filing
from rmp_milter.mail.catalogue.texts import text


class Shelved(msgspec.Struct, frozen=True):
    """An entry whose documents are sealed; ``copies`` are a prescriber's key packets.

    ``owner`` is the id of its dossier, or of the deposit that ``waits`` for one; ``card`` the
    keeper's word on that.
    """

    entry: Entry
    owner: bytes
    copies: tuple[bytes, ...] = ()
    card: bytes = b""
    waits: bool = False


def file_bodies(
    case: Case,
    dossier: Dossier,
    readers: tuple[Doctor, ...],
    by: Authority,
) -> Filing:
    """Seal the mail's bodies to the dossier and return the entry that holds them.

    ``readers`` are the standing readers (the médecin traitant): each gets his key packet
    now, while the session key is in hand, so that his later reading opens no slot.
    """
    share = PatientShare(case.header, tuple(range(len(case.opened.bodies))))
    shelved = seal_to_dossier(case, share, dossier, readers, by)
    return Filing(dossier_id=dossier.dossier_id, entry=shelved.entry)


def seal_to_dossier(  # noqa: PLR0913 -- what is done, for whom, and how it is written down
    case: Case,
    share: PatientShare,
    dossier: Dossier,
    readers: Sequence[Doctor],
    by: Authority,
    *,
    copy_to: Doctor | None = None,
    principal: Doctor | None = None,
) -> Shelved:
    """Seal one patient's share to his dossier; ``copy_to`` gets packets this once.

    ``by`` has the cards of all who get packets; ``principal`` is the médecin traitant in whose
    name a locum files.
    """
    items = _items(case, share)
    documents = [item.document_id for item in items]
    reply = case.keeper.reseal(
        Reseal(
            by=by,
            items=items,
            readers=_certificates(readers, copy_to),
            event=event(
                case,
                "depot",
                dossier.dossier_id,
                documents=documents,
                acting_for=principal.rpps if principal else "",
            ),
        )
    )
    shelved = _shelved(case, share, items, reply, readers, dossier.dossier_id)
    return _in_name_of(principal, shelved)


def _in_name_of(principal: Doctor | None, shelved: Shelved) -> Shelved:
    if principal is None:
        return shelved
    entry = msgspec.structs.replace(
        shelved.entry,
        author_name=author_name(shelved.entry.author_name, principal),
        acting_for=principal.doctor_id,
    )
    return msgspec.structs.replace(shelved, entry=entry)


def seal_to_wait(
    case: Case,
    share: PatientShare,
    waiting_id: bytes,
    *,
    copy_to: Doctor | None = None,
    decoys: Sequence[Doctor] = (),
) -> Shelved:
    """Seal one patient's share to the waiting key: he has no dossier yet.

    Packets for ``decoys`` are made and thrown away: they cost the time that a médecin
    traitant's cost where there is a dossier.
    """
    items = _items(case, share)
    documents = [item.document_id for item in items]
    reply = case.keeper.wait(
        Wait(
            by=authority(case, None, *decoys, copy_to, share=share.place),
            waiting_id=waiting_id,
            items=items,
            readers=_certificates(decoys, copy_to),
            event=event(case, "depot", documents=documents),
        )
    )
    shelved = _shelved(case, share, items, reply, decoys, waiting_id)
    without = tuple(
        msgspec.structs.replace(document, standing=()) for document in shelved.entry.documents
    )
    entry = msgspec.structs.replace(shelved.entry, documents=without)
    return msgspec.structs.replace(shelved, entry=entry, card=reply.card, waits=True)


def _items(case: Case, share: PatientShare) -> tuple[ToReseal, ...]:
    if not share.bodies:
        raise MailError("nothing-to-file")
    return tuple(ToReseal(case.new_id(), place) for place in share.bodies)


def _certificates(readers: Sequence[Doctor], copy_to: Doctor | None) -> tuple[bytes, ...]:
    """Return whom packets are written for, the one who gets a copy last."""
    return tuple(each.certificate for each in (*readers, *([copy_to] if copy_to else [])))


def _shelved(  # noqa: PLR0913, PLR0917 -- what was sealed, of whom, for whom
    case: Case,
    share: PatientShare,
    items: Sequence[ToReseal],
    resealed: Resealed,
    readers: Sequence[Doctor],
    owner: bytes,
) -> Shelved:
    documents = tuple(
        Document(
            document_id=item.document_id,
            container=body.container,
            digest=body.digest,
            size=body.span.length,
            sealed_key=sealed.sealed_key,
            parts=body.parts,
            standing=_standing(readers, sealed.packets),
        )
        for item, sealed in zip(items, resealed.items, strict=True)
        for body in [case.opened.bodies[item.place]]
    )
    extra = (each.packets[len(readers) :] for each in resealed.items)
    copies = tuple(b"".join(each) for each in extra)
    return Shelved(_entry(case, share, documents), owner, copies)


def _standing(readers: Sequence[Doctor], packets: Sequence[bytes]) -> tuple[StandingKey, ...]:
    pairs = zip(readers, packets, strict=False)  # a copy's packets come after
    return tuple(StandingKey(reader.fingerprint, packet) for reader, packet in pairs)


def _entry(case: Case, share: PatientShare, documents: tuple[Document, ...]) -> Entry:
    names = [part.name for document in documents for part in document.parts if part.name]
    header = share.header
    onglet, reason = case.classify(header.document, case.doctor.profession, names)
    return Entry(
        received_at=case.at,
        author=case.doctor.doctor_id,
        author_name=case.doctor.name,
        document_type=header.document,
        onglet=onglet,
        onglet_reason=reason,
        documents=documents,
        prescriber=header.prescriber,
    )


def author_name(author: str, principal: Doctor | None) -> str:
    """Return how the author stands in every index: a locum with the doctor he acts for.

    In French whoever reads it: it is stored with the entry.
    """
    if principal is None:
        return author
    return text("author-locum", "fr", locum=author, doctor=principal.name)
