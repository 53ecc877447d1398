"""What can be said against changes without looking at the store. Pure."""

import hashlib
from collections.abc import Hashable, Iterator, Sequence

from rmp_milter.dossier.changes import Changes, NewBody
from rmp_milter.dossier.model import BodySlice, Entry
from rmp_milter.store.format.codecs import ID_BYTES
from rmp_milter.store.format.failures import StoreError

REFERENCE_CHARS = 32
"""A reference is read out on the phone and typed again."""


def validate(changes: Changes) -> None:
    """Raise :class:`StoreError` where ``changes`` contradict themselves.

    Above all, each body must be the one that its document describes: size and SHA-256.
    """
    if any(len(identifier) != ID_BYTES for identifier in _identifiers(changes)):
        raise StoreError(f"an identifier has not {ID_BYTES} bytes")
    if _has_twice(list(_added(changes))):
        raise StoreError("an identifier is used twice")
    if any(_has_twice(acts) for acts in _single_acts(changes)):
        raise StoreError("two changes of one thing are asked for at once")
    if not all(_is_reference(emergency.reference) for emergency in changes.emergencies):
        raise StoreError(f"a reference is not 1 to {REFERENCE_CHARS} ASCII characters")
    for new in changes.entries:
        _validate_bodies(new.entry, new.bodies)
    for deposit in changes.waiting:
        _validate_bodies(deposit.waiting.entry, deposit.bodies)


def new_bodies(changes: Changes) -> Iterator[NewBody]:
    """Yield the bodies that the changes bring into the store."""
    for entry in changes.entries:
        yield from entry.bodies
    for waiting in changes.waiting:
        yield from waiting.bodies


def referred_bodies(changes: Changes) -> frozenset[bytes]:
    """Return the bodies that the outgoing mails refer to."""
    pieces = (piece for mail in changes.outbox for piece in mail.pieces)
    return frozenset(piece.document_id for piece in pieces if isinstance(piece, BodySlice))


def _validate_bodies(entry: Entry, bodies: Sequence[NewBody]) -> None:
    described = {document.document_id: document for document in entry.documents}
    same = described.keys() == {body.document_id for body in bodies}
    if not same or len(described) != len(entry.documents):
        raise StoreError("the entry's documents and the bodies are not the same")
    for body in bodies:
        document = described[body.document_id]
        if memoryview(body.data).nbytes != document.size:
            raise StoreError("a body has not the size that its document says")
        if hashlib.sha256(body.data).digest() != document.digest:
            raise StoreError("a body has not the digest that its document says")


def _is_reference(reference: str) -> bool:
    printable = reference.isascii() and reference.isprintable()
    return printable and 1 <= len(reference) <= REFERENCE_CHARS


def _has_twice(values: Sequence[Hashable]) -> bool:
    return len(set(values)) != len(values)


def _added(changes: Changes) -> Iterator[bytes]:
    """Yield the identifiers that the changes bring into the store."""
    yield from (new.dossier.dossier_id for new in changes.dossiers)
    yield from (body.document_id for body in new_bodies(changes))
    yield from (doctor.doctor_id for doctor in changes.doctors)
    yield from (new.waiting.waiting_id for new in changes.waiting)
    yield from (letter.letter_id for letter in changes.postal)


def _single_acts(changes: Changes) -> Iterator[Sequence[Hashable]]:
    """Yield, kind by kind, what can be changed once only by the same changes."""
    yield [update.dossier.dossier_id for update in changes.updates] + [*changes.erased]
    ended = [adoption.waiting_id for adoption in changes.adoptions] + [*changes.expired]
    yield ended + [carded.waiting_id for carded in changes.waiting_cards]
    yield [once.value for once in changes.once]
    yield [emergency.reference for emergency in changes.emergencies]
    yield changes.posted


def _identifiers(changes: Changes) -> Iterator[bytes]:
    yield from _added(changes)
    yield from (entry.dossier_id for entry in changes.entries)
    yield from (update.dossier.dossier_id for update in changes.updates)
    yield from (packets.document_id for packets in changes.key_packets)
    for adoption in changes.adoptions:
        yield from (adoption.waiting_id, adoption.dossier_id)
    yield from (carded.waiting_id for carded in changes.waiting_cards)
    yield from (doctor.patient_of for doctor in changes.doctors if doctor.patient_of)
    yield from (line.doctor_id for line in changes.receipts)
    yield from changes.removed_doctors
    yield from (told.doctor_id for told in changes.told)
    yield from changes.posted
    for emergency in changes.emergencies:
        yield from (emergency.dossier_id, emergency.doctor_id)
    yield from (*changes.expired, *changes.erased)
    yield from referred_bodies(changes)
