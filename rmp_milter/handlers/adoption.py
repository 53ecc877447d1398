"""Deposits that waited for their patient's dossier: they become entries of it."""

from collections.abc import Generator, Sequence

import msgspec

from rmp_milter.handlers.access import sealed_document
from rmp_milter.handlers.steps import Adopting, Asked, View, event, expect
from rmp_milter.identity import Outcome, match, trait_keys
from rmp_milter.keeper.protocol import Adopt, Reply, Request, Resealed, ResealedItem
from rmp_milter.model import Doctor, Document, Dossier, Entry, Patient, StandingKey, Waiting

ACTION = "rattachement"
"""What the access log calls it: neither a deposit nor a reading of who creates the dossier."""


def adopt_waiting(
    asked: Asked, dossier: Dossier, readers: Sequence[Doctor], view: View
) -> Generator[Request, Reply, tuple[Adopting, ...]]:
    """Seal to the dossier what waits for its patient; return the entries, oldest first.

    ``readers`` are the dossier's standing readers. Their depositors are told nothing: they
    must not learn when a dossier comes to be (mission, rules 2 and 4).
    """
    found = []
    for waiting in sorted(_waiting_for(dossier, view), key=lambda each: each.received_at):
        entry = yield from _adopted(asked, waiting, dossier, readers)
        found.append(Adopting(waiting.waiting_id, dossier.dossier_id, entry))
    return tuple(found)


def _waiting_for(dossier: Dossier, view: View) -> list[Waiting]:
    """Return what is surely for this patient: as strictly as if it were deposited now.

    Two numbers among them are two patients, and a dossier without one cannot say which.
    """
    waiting = view.waiting_by_traits(trait_keys(dossier.patient))
    fitting = [each for each in waiting if _leads_to(each.patient, dossier, view)]
    numbers = {each.patient.nir for each in fitting if each.patient.nir}
    return [] if len(numbers) > 1 else fitting


def _leads_to(patient: Patient, dossier: Dossier, view: View) -> bool:
    known = view.dossiers_by_traits(trait_keys(patient))
    others = (each for each in known if each.dossier_id != dossier.dossier_id)
    found = match(patient, (*others, dossier))
    return found.outcome is Outcome.ONE and found.dossier == dossier


def _adopted(
    asked: Asked, waiting: Waiting, dossier: Dossier, readers: Sequence[Doctor]
) -> Generator[Request, Reply, Entry]:
    documents = waiting.entry.documents
    reply = yield Adopt(
        digest=asked.digest,
        waiting_id=waiting.waiting_id,
        dossier_id=dossier.dossier_id,
        dossier_key=dossier.public_key,
        items=tuple(map(sealed_document, documents)),
        readers=tuple(reader.certificate for reader in readers),
        event=event(asked, ACTION, dossier.dossier_id),
    )
    sealed = expect(reply, Resealed).items
    changed = tuple(
        _document(document, item, readers)
        for document, item in zip(documents, sealed, strict=True)
    )
    return msgspec.structs.replace(waiting.entry, documents=changed)


def _document(document: Document, sealed: ResealedItem, readers: Sequence[Doctor]) -> Document:
    standing = tuple(
        StandingKey(fingerprint=reader.fingerprint, packet=packet)
        for reader, packet in zip(readers, sealed.packets, strict=True)
    )
    return msgspec.structs.replace(document, sealed_key=sealed.sealed_key, standing=standing)
