"""What is sealed to a former translation key is sealed to the present one, by the host's command.

Nothing is opened for anybody: it stays for the same reader and document, and what he needs to have
it opened stays what it was (:mod:`.copying`).
"""

import hashlib

from msgspec.structs import replace

from rmp_milter.calls.protocol.rotating import SealAgain, SealedAgain, StandingCopy
from rmp_milter.keeper.desk.desk import Desk, write_leaf
from rmp_milter.keeper.keys.sealing import (
    Copy,
    SealError,
    open_to_translate,
    seal_to_translate,
)

ACTION = "rescellement"
"""The action of the leaf, which names the documents."""


def seal_again(desk: Desk, request: SealAgain, now: int) -> SealedAgain:
    """Seal anew what a former key opens; a leaf is written where that is any.

    Raises :class:`~.desk.CallFailed` for an event that no leaf can hold.
    """
    packets = tuple(_again(desk, each) for each in request.copies)
    moved = tuple(
        each.document.document_id
        for each, packet in zip(request.copies, packets, strict=True)
        if packet
    )
    if moved:
        leaf = replace(request.event, action=ACTION, outcome="granted", documents=moved)
        write_leaf(desk, replace(leaf, dossier_id=b""), now)
    return SealedAgain(packets)


def _again(desk: Desk, copy: StandingCopy) -> bytes:
    present, *former = desk.keys.all_translation
    reader = hashlib.sha256(copy.fingerprint.encode()).digest()
    bound = Copy(reader, copy.dossier_id)
    try:
        key = open_to_translate(former, bound, copy.document)
        return seal_to_translate(key, present.public_key(), bound, copy.document)
    except SealError:
        return b""
