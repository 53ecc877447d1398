"""What can be said against changes without looking at the store. Pure."""

import hashlib
from collections.abc import Iterator

from rmp_milter.changes import Changes, NewEntry
from rmp_milter.model import BodySlice
from rmp_milter.store.codecs import ID_BYTES
from rmp_milter.store.failures import StoreError


def validate(changes: Changes) -> None:
    """Raise :class:`StoreError` where ``changes`` contradict themselves.

    Above all, each body must be the one that its document describes: size and SHA-256.
    """
    identifiers = list(_identifiers(changes))
    if any(len(identifier) != ID_BYTES for identifier in identifiers):
        raise StoreError(f"an identifier has not {ID_BYTES} bytes")
    if len(set(_added(changes))) != len(list(_added(changes))):
        raise StoreError("an identifier is used twice")
    for entry in changes.entries:
        _validate_bodies(entry)


def _validate_bodies(new: NewEntry) -> None:
    described = {document.document_id: document for document in new.entry.documents}
    if described.keys() != {body.document_id for body in new.bodies}:
        raise StoreError("the entry's documents and the bodies are not the same")
    for body in new.bodies:
        document = described[body.document_id]
        if memoryview(body.data).nbytes != document.size:
            raise StoreError("a body has not the size that its document says")
        if hashlib.sha256(body.data).digest() != document.digest:
            raise StoreError("a body has not the digest that its document says")


def _added(changes: Changes) -> Iterator[bytes]:
    """Yield the identifiers that the changes bring into the store."""
    yield from (new.dossier.dossier_id for new in changes.dossiers)
    yield from (body.document_id for entry in changes.entries for body in entry.bodies)
    yield from (doctor.doctor_id for doctor in changes.doctors)


def _identifiers(changes: Changes) -> Iterator[bytes]:
    yield from _added(changes)
    yield from (entry.dossier_id for entry in changes.entries)
    yield from changes.removed_doctors
    yield from referred_bodies(changes)


def referred_bodies(changes: Changes) -> frozenset[bytes]:
    """Return the bodies that the outgoing mails refer to."""
    pieces = (piece for mail in changes.outbox for piece in mail.pieces)
    return frozenset(piece.document_id for piece in pieces if isinstance(piece, BodySlice))
