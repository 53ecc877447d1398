"""The calls that seal a deposit's session keys: to its dossier, or to wait for one.

The keys are in hand (or opened from the waiting key), so no slot of a dossier is opened;
the leaf is written before anything leaves.
"""

from collections.abc import Callable, Iterable, Sequence

from rmp_milter.calls.protocol import (
    Adopt,
    Reseal,
    Resealed,
    ResealedItem,
    SealedDocument,
    ToReseal,
    Wait,
    Why,
)
from rmp_milter.certificates import EncryptionKey
from rmp_milter.keeper.desk.desk import CallFailed, Desk, as_done, write_leaf, write_refusal
from rmp_milter.keeper.desk.sealmail import key_packets, reader_keys
from rmp_milter.keeper.keys.held import HeldError, HeldKind
from rmp_milter.keeper.keys.sealing import (
    SealError,
    open_waiting_key,
    seal_session_key,
    seal_waiting_key,
)
from rmp_milter.keeper.openpgp.sessionkey import SessionKey, SessionKeyError, unpacked

_Sealer = Callable[[SessionKey, SealedDocument], bytes]
_Reader = list[EncryptionKey]


def reseal(desk: Desk, request: Reseal, now: int) -> Resealed:
    """Seal held session keys to the dossier; write the standing readers' key packets.

    Raises :class:`CallFailed` ``BAD_KEY`` if one of the readers cannot be encrypted to,
    :class:`HeldError`.
    """
    items = _sealed_from_held(desk, request, _to_dossier(request), now)
    write_leaf(desk, as_done(request), now)
    return Resealed(items)


def wait(desk: Desk, request: Wait, now: int) -> Resealed:
    """Seal held session keys to the waiting key; write the key packets of who reads now.

    Raises as :func:`reseal`.
    """
    public = desk.keys.waiting.public_key()

    def to_waiting(key: SessionKey, document: SealedDocument) -> bytes:
        return seal_waiting_key(key, public, request.waiting_id, document)

    items = _sealed_from_held(desk, request, to_waiting, now)
    write_leaf(desk, request.event, now)
    return Resealed(items)


def adopt(desk: Desk, request: Adopt, now: int) -> Resealed:
    """Open the keys of a waiting deposit and seal them to the dossier that now exists.

    What does not open writes its refusal into the log and raises :class:`CallFailed`
    ``UNAVAILABLE``; ``BAD_KEY`` comes before.
    """
    readers = [reader_keys(reader, now) for reader in request.readers]
    try:
        keys = [
            open_waiting_key(desk.keys.waiting, request.waiting_id, item)
            for item in request.items
        ]
    except SealError:
        write_refusal(desk, as_done(request), now)
        raise CallFailed(Why.UNAVAILABLE, "a waiting key does not fit its document") from None
    items = _sealed(zip(keys, request.items, strict=True), _to_dossier(request), readers)
    write_leaf(desk, as_done(request), now)
    return Resealed(items)


def _sealed_from_held(
    desk: Desk, request: Reseal | Wait, sealer: _Sealer, now: int
) -> tuple[ResealedItem, ...]:
    readers = [reader_keys(reader, now) for reader in request.readers]
    keys = [_held_session_key(desk, item, request.digest, now) for item in request.items]
    documents = map(_document, request.items)
    return _sealed(zip(keys, documents, strict=True), sealer, readers)


def _held_session_key(desk: Desk, item: ToReseal, digest: bytes, now: int) -> SessionKey:
    try:
        return unpacked(desk.holder.open(HeldKind.SESSION_KEY, item.held, digest, now))
    except SessionKeyError:
        raise HeldError("not a session key") from None


def _document(item: ToReseal) -> SealedDocument:
    return SealedDocument(item.document_id, item.container, item.digest, b"")


def _to_dossier(request: Reseal | Adopt) -> _Sealer:
    def sealer(key: SessionKey, document: SealedDocument) -> bytes:
        return seal_session_key(key, request.dossier_key, request.dossier_id, document)

    return sealer


def _sealed(
    keys: Iterable[tuple[SessionKey, SealedDocument]],
    sealer: _Sealer,
    readers: Sequence[_Reader],
) -> tuple[ResealedItem, ...]:
    return tuple(_sealed_item(key, document, sealer, readers) for key, document in keys)


def _sealed_item(
    key: SessionKey, document: SealedDocument, sealer: _Sealer, readers: Sequence[_Reader]
) -> ResealedItem:
    try:
        sealed = sealer(key, document)
    except ValueError:
        raise CallFailed(Why.UNAVAILABLE, "keys or ids of a wrong form") from None
    return ResealedItem(sealed, tuple(key_packets(key, reader) for reader in readers))
