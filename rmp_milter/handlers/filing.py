"""Filing what came with a mail: resealed to the dossier, classed, ready to append.

Shared by the deposit and by the creation (a GP often sends the first résumé médical with
it).
"""

from collections.abc import Generator

from rmp_milter.errors import MailError
from rmp_milter.handlers.steps import Asked, Filing, event, expect
from rmp_milter.keeper.protocol import (
    OpenedBody,
    Reply,
    Request,
    Reseal,
    Resealed,
    ResealedItem,
    ToReseal,
)
from rmp_milter.mail.texts import text
from rmp_milter.model import Doctor, Document, Dossier, Entry, StandingKey


def file_bodies(
    asked: Asked,
    dossier: Dossier,
    readers: tuple[Doctor, ...],
    *,
    principal: Doctor | None = None,
) -> Generator[Request, Reply, Filing]:
    """Seal the mail's bodies to the dossier and return the entry that holds them.

    ``readers`` are the standing readers (the médecin traitant): each gets his key packet
    now, while the session key is in hand, so that his later reading opens no slot.
    ``principal`` is the médecin traitant in whose name a locum files.
    """
    if not asked.opened.bodies:
        raise MailError("nothing-to-file")
    items = tuple(_to_reseal(asked, body) for body in asked.opened.bodies)
    reply = yield Reseal(
        digest=asked.digest,
        dossier_id=dossier.dossier_id,
        dossier_key=dossier.public_key,
        items=items,
        readers=tuple(reader.certificate for reader in readers),
        event=event(
            asked,
            "depot",
            dossier.dossier_id,
            documents=[item.document_id for item in items],
            acting_for=principal.rpps if principal else "",
        ),
    )
    resealed = expect(reply, Resealed)
    documents = tuple(
        _document(body, item, sealed, readers)
        for body, item, sealed in zip(asked.opened.bodies, items, resealed.items, strict=True)
    )
    return Filing(dossier_id=dossier.dossier_id, entry=_entry(asked, documents, principal))


def _to_reseal(asked: Asked, body: OpenedBody) -> ToReseal:
    return ToReseal(
        document_id=asked.new_id(),
        container=body.container,
        digest=body.digest,
        held=body.held,
    )


def _document(
    body: OpenedBody, item: ToReseal, sealed: ResealedItem, readers: tuple[Doctor, ...]
) -> Document:
    return Document(
        document_id=item.document_id,
        container=body.container,
        digest=body.digest,
        size=body.span.length,
        sealed_key=sealed.sealed_key,
        parts=body.parts,
        standing=tuple(
            StandingKey(fingerprint=reader.fingerprint, packet=packet)
            for reader, packet in zip(readers, sealed.packets, strict=True)
        ),
    )


def _entry(asked: Asked, documents: tuple[Document, ...], principal: Doctor | None) -> Entry:
    names = [part.name for document in documents for part in document.parts if part.name]
    onglet, reason = asked.classify(asked.header.document, asked.doctor.profession, names)
    return Entry(
        received_at=asked.at,
        author=asked.doctor.doctor_id,
        author_name=author_name(asked.doctor, principal),
        document_type=asked.header.document,
        onglet=onglet,
        onglet_reason=reason,
        documents=documents,
        acting_for=principal.doctor_id if principal else b"",
    )


def author_name(author: Doctor, principal: Doctor | None) -> str:
    """Return how the author stands in every index: a locum with the doctor he acts for.

    In French whoever reads it: it is stored with the entry.
    """
    if principal is None:
        return author.name
    return text("author-locum", "fr", locum=author.name, doctor=principal.name)
