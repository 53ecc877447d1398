"""Deposits that waited for their patient's dossier: they become entries of it.

At the creation of the dossier, when its sheet is given the patient's number, and by the
chores for what slipped in beside one of the two. All go by the one rule here.
"""

from collections.abc import Sequence

import msgspec

from rmp_milter.calls.protocol.filing import Adopt, ResealedItem
from rmp_milter.calls.protocol.message import Event
from rmp_milter.dossier.changes import Adoption
from rmp_milter.dossier.identity import Matching, match, trait_keys
from rmp_milter.dossier.model import Doctor, Document, Dossier, Patient, StandingKey, Waiting
from rmp_milter.handlers.asking.case import Occasion
from rmp_milter.handlers.asking.grounds import check_vouched, unasked
from rmp_milter.handlers.asking.view import View
from rmp_milter.handlers.people.patients import match_open
from rmp_milter.handlers.way_in.unlocking import sealed_document

ACTION = "rattachement"
"""What the access log calls it: neither a deposit nor a reading of who creates the dossier."""


def belonging(dossier: Dossier, view: View) -> tuple[Waiting, ...]:
    """Return what waits and is surely for this dossier, the oldest first.

    As strictly as if it were deposited now, with the dossier there (mission, rule 2). Two
    numbers among them are two patients, and a dossier without one cannot say which.
    """
    waiting = view.waiting_by_traits(trait_keys(dossier.patient))
    fitting = [each for each in waiting if _leads_to(each.patient, dossier, view)]
    numbers = {each.patient.nir for each in fitting if each.patient.nir}
    if len(numbers) > 1:
        return ()
    return tuple(sorted(fitting, key=lambda each: (each.received_at, each.waiting_id)))


def home_of(waiting: Waiting, view: View) -> Dossier | None:
    """Return the open dossier that a waiting deposit surely belongs to, or None."""
    found = match_open(waiting.patient, view).dossier
    return found if found and waiting in belonging(found, view) else None


def _leads_to(patient: Patient, dossier: Dossier, view: View) -> bool:
    """Whether it fits the dossier alone; one that is just being made is not in the view."""
    known = view.dossiers_by_traits(trait_keys(patient))
    others = (
        each for each in known if each.dossier_id != dossier.dossier_id and not each.closure
    )
    found = match(patient, (*others, dossier))
    return found.outcome is Matching.ONE and found.dossier == dossier


def adopt_waiting(
    occasion: Occasion, dossier: Dossier, readers: Sequence[Doctor]
) -> tuple[Adoption, ...]:
    """Have the dossier adopt what waits for its patient; return the entries, oldest first."""
    found = belonging(dossier, occasion.view)
    return tuple(adopt(occasion, waiting, dossier, readers) for waiting in found)


def adopt(
    occasion: Occasion, waiting: Waiting, dossier: Dossier, readers: Sequence[Doctor]
) -> Adoption:
    """Have the deposit's keys sealed to the dossier; return the entry that it becomes.

    ``readers`` are the dossier's standing readers. The depositor is told nothing: he must
    not learn when a dossier comes to be (mission, rules 2 and 4).
    """
    check_vouched(waiting.card)
    documents = waiting.entry.documents
    reply = occasion.keeper.adopt(
        Adopt(
            by=unasked(occasion, dossier, *readers),
            card=waiting.card,
            items=tuple(map(sealed_document, documents)),
            readers=tuple(reader.certificate for reader in readers),
            event=_leaf(occasion, dossier, occasion.view.doctor(waiting.entry.author)),
        )
    )
    changed = tuple(
        _document(document, item, readers)
        for document, item in zip(documents, reply.items, strict=True)
    )
    entry = msgspec.structs.replace(waiting.entry, documents=changed)
    return Adoption(waiting.waiting_id, dossier.dossier_id, entry)


def _leaf(occasion: Occasion, dossier: Dossier, author: Doctor | None) -> Event:
    """Return the leaf in the dossier: of the depositor, whose deposit named no dossier."""
    return Event(
        at=occasion.at,
        action=ACTION,
        request=occasion.act,
        actor_rpps=author.rpps if author else "",
        actor_fingerprint=author.fingerprint if author else "",
        sender=author.mail if author else "",
        dossier_id=dossier.dossier_id,
    )


def _document(document: Document, sealed: ResealedItem, readers: Sequence[Doctor]) -> Document:
    standing = tuple(
        StandingKey(fingerprint=reader.fingerprint, packet=packet)
        for reader, packet in zip(readers, sealed.packets, strict=True)
    )
    return msgspec.structs.replace(document, sealed_key=sealed.sealed_key, standing=standing)
