"""The access log's leaves: the canonical bytes of an event, and back."""

import hashlib

import msgspec

from rmp_milter.calls.protocol.leaves import PastEvent
from rmp_milter.calls.protocol.message import Event
from rmp_milter.keeper.keys.sealing import framed
from rmp_milter.keeper.log.tree import LogFault

MAX_LEAF = 65535  # bytes; C2SP tlog-tiles gives an entry a length of two bytes
DOCUMENTS_PER_LEAF = 1000
_LIMITS = {
    "sender": 320,
    "action": 40,
    "outcome": 40,
    "rpps": 40,
    "key": 80,
    "proof": 40,
    "acting_for": 40,
    "subject": 40,
    "witnesses": 240,
    "purpose": 80,
    "reference": 32,
}


class LeafError(ValueError):
    """An event that no leaf can hold."""


def leaves(event: Event, logged_at: int, patient: bytes = b"") -> list[bytes]:
    """Return the leaves of an event: canonical JSON, sorted keys, bytes as hex.

    One leaf, or one per :data:`DOCUMENTS_PER_LEAF` documents (or entries); the last one holds
    the reason's digest. ``at`` is when the mail came, ``logged`` the keeper's own clock,
    ``patient`` stands for the dossier (:mod:`.dossier_leaves`). Raises :class:`LeafError`
    for fields too long.
    """
    step = DOCUMENTS_PER_LEAF
    starts = range(0, max(len(event.documents), len(event.entries), 1), step)
    without = msgspec.structs.replace(event, reason=b"")
    return [
        _leaf(event if at == starts[-1] else without, slice(at, at + step), logged_at, patient)
        for at in starts
    ]


def _leaf(event: Event, part: slice, logged_at: int, patient: bytes) -> bytes:
    fields: dict[str, object] = {
        "action": event.action,
        "at": event.at,
        "documents": [document.hex() for document in event.documents[part]],
        "key": event.actor_fingerprint,
        "logged": logged_at,
        "outcome": event.outcome,
        "patient": patient.hex(),
        "request": event.request.hex(),
        "rpps": event.actor_rpps,
        "sender": event.sender,
        "v": 1,
        **_set_only(
            proof=event.proof,
            acting_for=event.acting_for,
            entries=event.entries[part],
            subject=event.subject,
            witnesses=event.witnesses,
            purpose=event.purpose,
            reference=event.reference,
            reason=event.reason.hex(),
        ),
    }
    leaf = msgspec.json.encode(fields, order="sorted")
    too_long = any(len(str(fields.get(name, ""))) > _LIMITS[name] for name in _LIMITS)
    if too_long or len(leaf) > MAX_LEAF:
        raise LeafError("event too long for the access log")
    return leaf


def _set_only(**fields: object) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value}


def unique_key(event: Event) -> bytes:
    """Return the key under which the same event, tried again, finds its leaf.

    All that is said of the access counts, but for the times: what differs is another
    access and gets its own leaf, for the log may over-report and never under-report. A
    reason is sealed anew each time, so its digest does not count.
    """
    fields = (
        event.action.encode(),
        event.dossier_id,
        event.request,
        event.actor_fingerprint.encode(),
        event.actor_rpps.encode(),
        event.outcome.encode(),
        event.proof.encode(),
        event.acting_for.encode(),
        event.purpose.encode(),
        event.reference.encode(),
        b"".join(entry.to_bytes(8) for entry in event.entries),
        event.subject.encode(),
        framed(*(name.encode() for name in event.witnesses)),
        *event.documents,
    )
    return hashlib.sha256(framed(*fields)).digest()


class _Leaf(msgspec.Struct):
    """What a patient's list shows of a leaf."""

    at: int
    action: str
    outcome: str
    rpps: str
    proof: str = ""
    acting_for: str = ""
    entries: tuple[int, ...] = ()
    reference: str = ""
    documents: tuple[str, ...] = ()


class _Logged(msgspec.Struct):
    logged: int = 0


def logged_at(leaf: bytes) -> int:
    """Return when the keeper wrote a leaf, by its clock (epoch seconds).

    Raises :class:`LogFault` for one that cannot be read.
    """
    try:
        return msgspec.json.decode(leaf, type=_Logged).logged
    except msgspec.DecodeError as error:
        raise LogFault("the last leaf cannot be read") from error


def past_event(index: int, leaf: bytes) -> PastEvent:
    """Read a leaf; raise :class:`LogFault` for one that cannot be read."""
    try:
        said = msgspec.json.decode(leaf, type=_Leaf)
        documents = tuple(map(bytes.fromhex, () if said.entries else said.documents))
    except (msgspec.DecodeError, ValueError) as error:
        raise LogFault(f"leaf {index} cannot be read") from error
    return PastEvent(
        number=index,
        at=said.at,
        action=said.action,
        outcome=said.outcome,
        actor_rpps=said.rpps,
        proof=said.proof,
        acting_for=said.acting_for,
        entries=said.entries,
        reference=said.reference,
        documents=documents,
    )
