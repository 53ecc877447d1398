"""What readers with a standing have translated, sealed to the keeper's present key again."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from rmp_milter.calls.protocol.releasing import TRANSLATED
from rmp_milter.calls.protocol.rotating import SealAgain, SealedAgain, StandingCopy
from rmp_milter.cli.leaves import HostKeeper
from rmp_milter.dossier.changes import Changes, NewKeyPackets
from rmp_milter.dossier.model import Doctor, Document, Dossier
from rmp_milter.errors import MailError
from rmp_milter.handlers.asking.grounds import unasked_by
from rmp_milter.handlers.filing.key_packets import documents_in, own_packets
from rmp_milter.handlers.way_in.unlocking import sealed_document
from rmp_milter.milter.answering.ground import grounded
from rmp_milter.store.format.failures import Conflict
from rmp_milter.store.surface import Snapshot, Store

AT_ONCE = 500
"""Documents in a call, and so in a leaf of the access log."""


class Translations(msgspec.Struct, frozen=True):
    """How many documents were sealed anew; a line on each dossier that is to be done again."""

    documents: int
    refused: list[str]


class _Held(NamedTuple):
    """One reader's copies in one dossier, as far as they are translated."""

    dossier: Dossier
    reader: Doctor
    translated: list[tuple[Document, bytes]]

    def copies(self) -> Iterator[StandingCopy]:
        for document, packet in self.translated:
            sealed = msgspec.structs.replace(sealed_document(document), sealed_key=packet)
            yield StandingCopy(self.dossier.dossier_id, self.reader.fingerprint, sealed)


def move_all(keeper: HostKeeper, store: Store, now: int) -> Translations:
    """Seal anew what is under a former key, dossier by dossier; again, it does what is missing."""
    with store.snapshot() as view:
        dossiers = [each.dossier_id for each in view.dossiers()]
    documents, refused = 0, list[str]()
    for dossier_id in dossiers:
        with store.snapshot() as view:
            held = [*_held(view, dossier_id)]
        try:
            documents += sum(_moved(keeper, store, each, now) for each in held)
        except (Conflict, MailError):
            refused.append(f"dossier {dossier_id.hex()}: it changed meanwhile, try again")
    return Translations(documents, refused)


def _held(view: Snapshot, dossier_id: bytes) -> Iterator[_Held]:
    dossier = view.dossier(dossier_id)
    if dossier is None:
        return
    documents = documents_in(dossier, view)
    for reader in _readers(view, dossier):
        packets = [(each, own_packets(each, reader, view)) for each in documents]
        found = [each for each in packets if each[1].startswith(TRANSLATED)]
        for first in range(0, len(found), AT_ONCE):
            yield _Held(dossier, reader, found[first : first + AT_ONCE])


def _readers(view: Snapshot, dossier: Dossier) -> Sequence[Doctor]:
    """Return who reads by a standing, or may come to again: by a contest, by the same key."""
    former = dossier.takeover.former if dossier.takeover else b""
    found = (view.doctor(dossier.treating), view.doctor(former))
    return [each for each in (*found, view.patient_of(dossier.dossier_id)) if each]


def _moved(keeper: HostKeeper, store: Store, held: _Held, now: int) -> int:
    event = keeper.event("rescellement", "")
    reply = keeper.ask(SealedAgain, SealAgain(tuple(held.copies()), event))
    packets = tuple(
        NewKeyPackets(document.document_id, held.reader.fingerprint, packet)
        for (document, _), packet in zip(held.translated, reply.packets, strict=True)
        if packet
    )
    if packets:
        by = unasked_by(held.dossier, held.reader)
        store.commit(grounded(Changes(key_packets=packets), [by]), now)
    return len(packets)
