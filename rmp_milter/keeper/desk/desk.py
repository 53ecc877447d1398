"""What every call works with, how a call fails, and the leaf that each one writes."""

from dataclasses import dataclass

import msgspec

from rmp_milter.audit.reasons import seal_reason
from rmp_milter.calls.protocol import (
    Adopt,
    Create,
    Event,
    Forget,
    History,
    Prove,
    Recode,
    Release,
    Reseal,
    Why,
)
from rmp_milter.dossier.weak_codes import SHORTEST_CODE
from rmp_milter.keeper.keys.held import HeldKind, Holder
from rmp_milter.keeper.keys.keys import Keys
from rmp_milter.keeper.keys.sealing import Random
from rmp_milter.keeper.log.journal import Journal
from rmp_milter.keeper.log.leaves import LeafError
from rmp_milter.keeper.vitale.attestation import AttestationVerifier


class CallFailed(Exception):  # noqa: N818 -- reads as what it is where it is raised
    """A call that does nothing; ``detail`` is for the host's log and shows no content."""

    def __init__(self, why: Why, detail: str = "") -> None:
        super().__init__(f"{why}: {detail}")
        self.why = why
        self.detail = detail


@dataclass(frozen=True)
class Limits:
    """Bounds; sizes in bytes, times in seconds.

    ``message`` bounds the shared memory, ``plaintext`` what a main body decrypts to,
    ``text`` how far its text is searched for the routing header, ``request`` one message
    on the socket, ``timeout`` each wait for the caller, ``work`` a whole call: a worker
    that takes longer is ended and replaced. ``attestation`` is the longest that a Vitale
    attestation may be valid.
    """

    message: int = 64 << 20
    plaintext: int = 64 << 20
    text: int = 64 << 10
    request: int = 16 << 20
    key_packets: int = 64
    bodies: int = 256
    parts: int = 200
    timeout: float = 30.0
    work: float = 300.0
    code_length: int = SHORTEST_CODE
    code_minimum: int = SHORTEST_CODE
    attestation: int = 24 * 3600


@dataclass(frozen=True, repr=False)
class Desk:
    """The keys, the log, the held values' key, randomness, bounds, whose word counts.

    ``services`` are the addresses by which a mail names the service.
    """

    keys: Keys
    journal: Journal
    holder: Holder
    random: Random
    limits: Limits
    verifier: AttestationVerifier
    services: frozenset[str] = frozenset()


def write_leaf(desk: Desk, event: Event, now: int, reason: str = "") -> int:
    """Write the event into the log, durable on return; return its index.

    The ``reason`` is sealed for the auditors and kept beside the leaf, in the same
    transaction. Raises :class:`CallFailed` for an event that no leaf can hold.
    """
    sealed = seal_reason(reason, desk.keys.auditors, event.request) if reason else b""
    try:
        return desk.journal.append(event, now, sealed)
    except LeafError as error:
        raise CallFailed(Why.UNAVAILABLE, str(error)) from None


def write_refusal(desk: Desk, event: Event, now: int) -> None:
    """Write that what the event wanted was refused: it then concerns no document."""
    refused = msgspec.structs.replace(event, outcome="refused", documents=(), entries=())
    write_leaf(desk, refused, now)


def as_done(
    request: Create | Recode | Reseal | Prove | Release | Adopt | History | Forget,
) -> Event:
    """Return the request's event with what the keeper itself knows of it.

    The log must not rest on the milter's word for what is opened: a milter in foreign hands
    would have keys released under a leaf that names another dossier, or no document.
    """
    if isinstance(request, History | Forget):
        return msgspec.structs.replace(request.event, dossier_id=request.dossier_id)
    items = request.items if isinstance(request, Reseal | Release | Adopt) else ()
    return msgspec.structs.replace(
        request.event,
        request=request.digest,
        dossier_id=request.dossier_id,
        documents=tuple(item.document_id for item in items),
        outcome="granted",
    )


def held_code(desk: Desk, held: bytes, digest: bytes, now: int) -> str:
    """Return a patient's code as it was typed; raise :class:`~rmp_milter.keeper.keys.held.HeldError`."""
    return desk.holder.open(HeldKind.CODE, held, digest, now).decode()


def held_reason(desk: Desk, held: bytes, digest: bytes, now: int) -> str:
    """Return a reason's words, none for none held; raise :class:`~rmp_milter.keeper.keys.held.HeldError`."""
    return desk.holder.open(HeldKind.REASON, held, digest, now).decode() if held else ""
