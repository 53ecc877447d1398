"""The keeper's calls: a request in, a reply out, nothing else remembered.

Whatever hands out a key writes its leaf first: :func:`create`, :func:`reseal` and
:func:`release` are arranged so that nothing leaves before the log is on disk.
"""

import os
from collections.abc import Sequence
from functools import partial

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from rmp_milter.certificates import EncryptionKey
from rmp_milter.keeper.desk import CallFailed, Desk
from rmp_milter.keeper.held import HeldError, Kind
from rmp_milter.keeper.journal import LeafError
from rmp_milter.keeper.opening import open_mail
from rmp_milter.keeper.packets import PacketError
from rmp_milter.keeper.protocol import (
    CODE_MARK,
    Checkpoint,
    Checkpointed,
    Create,
    Created,
    Event,
    Failed,
    Open,
    Record,
    Recorded,
    Release,
    Released,
    Reply,
    Request,
    Reseal,
    Resealed,
    ResealedItem,
    Seal,
    Sealed,
    SealedDocument,
    ToReseal,
    Why,
)
from rmp_milter.keeper.sealing import (
    SealError,
    code_of,
    draw_code,
    make_code_slot,
    make_custody_slot,
    open_code_slot,
    open_session_key,
    seal_session_key,
)
from rmp_milter.keeper.sealmail import key_packets, reader_keys, seal_message
from rmp_milter.keeper.sessionkey import SessionKey, SessionKeyError, unpacked
from rmp_milter.memory import Memory
from rmp_milter.model import Slots

INLINE_REPLY = 1 << 16
"""Bytes up to which a sealed message travels in the reply itself."""


def answer(
    desk: Desk, request: Request, fd: int | None, now: int
) -> tuple[Reply, Memory | None]:
    """Do one call; ``fd`` is the request's shared memory, ``now`` epoch seconds.

    Returns the reply and its shared memory, if it has one. What fails for a reason that
    may be told is :class:`Failed`; anything else is raised.
    """
    try:
        return _answer(desk, request, fd, now)
    except (CallFailed, PacketError) as failure:
        detail = failure.detail if isinstance(failure, CallFailed) else str(failure)
        return Failed(failure.why, detail), None
    except HeldError as failure:
        return Failed(Why.UNAVAILABLE, str(failure)), None


def _answer(
    desk: Desk, request: Request, fd: int | None, now: int
) -> tuple[Reply, Memory | None]:
    match request:
        case Open():
            return open_mail(desk, request, partial(_read_at, fd), _size(desk, fd), now)
        case Seal():
            return seal(desk, request, fd, now)
        case _:
            return _answer_alone(desk, request, now), None


def _answer_alone(
    desk: Desk, request: Create | Reseal | Release | Record | Checkpoint, now: int
) -> Reply:
    """Do a call that comes and goes without shared memory."""
    match request:
        case Create():
            return create(desk, request, now)
        case Reseal():
            return reseal(desk, request, now)
        case Release():
            return release(desk, request, now)
        case Record():
            return Recorded(_write_leaf(desk, request.event, now))
        case Checkpoint():
            return checkpoint(desk, request, now)


def _read_at(fd: int | None, offset: int, size: int) -> bytes:
    return b"" if fd is None else os.pread(fd, size, offset)


def _size(desk: Desk, fd: int | None) -> int:
    size = 0 if fd is None else os.fstat(fd).st_size
    if size > desk.limits.message:
        raise CallFailed(Why.TOO_LARGE, "shared memory beyond the message limit")
    return size


def _write_leaf(desk: Desk, event: Event, now: int) -> int:
    try:
        return desk.journal.append(event, now)
    except LeafError as error:
        raise CallFailed(Why.UNAVAILABLE, str(error)) from None


def _held_code(desk: Desk, held: bytes, digest: bytes, now: int) -> str:
    return desk.holder.open(Kind.CODE, held, digest, now).decode()


def create(desk: Desk, request: Create, now: int) -> Created:
    """Make a dossier's key pair and slots, under the given code or one drawn here.

    Raises :class:`CallFailed` ``WEAK_CODE``, :class:`HeldError`.
    """
    code = _code_to_set(desk, request, now)
    pair = X25519PrivateKey.generate()
    private = pair.private_bytes_raw()
    try:
        slots = Slots(
            code=make_code_slot(
                code, request.dossier_id, private, desk.keys.pepper, desk.random
            ),
            custody=make_custody_slot(
                desk.keys.custody.public_key(), request.dossier_id, private
            ),
        )
    except SealError:
        raise CallFailed(Why.UNAVAILABLE, "dossier id of a wrong length") from None
    held = desk.holder.hold(Kind.CODE, code.encode(), request.digest, now)
    _write_leaf(desk, request.event, now)
    return Created(pair.public_key().public_bytes_raw(), slots, held)


def _code_to_set(desk: Desk, request: Create, now: int) -> str:
    if not request.held_code:
        return draw_code(desk.limits.code_length, desk.random)
    typed = _held_code(desk, request.held_code, request.digest, now)
    try:
        return code_of(typed, desk.limits.code_minimum)
    except ValueError as error:
        raise CallFailed(Why.WEAK_CODE, str(error)) from None


def reseal(desk: Desk, request: Reseal, now: int) -> Resealed:
    """Seal held session keys to the dossier; write the standing readers' key packets.

    Raises :class:`CallFailed` ``BAD_KEY`` if one of the readers cannot be encrypted to,
    :class:`HeldError`.
    """
    readers = [reader_keys(reader, now) for reader in request.readers]
    keys = [_held_session_key(desk, item, request.digest, now) for item in request.items]
    items = tuple(
        _resealed(key, item, request, readers)
        for key, item in zip(keys, request.items, strict=True)
    )
    _write_leaf(desk, request.event, now)
    return Resealed(items)


def _held_session_key(desk: Desk, item: ToReseal, digest: bytes, now: int) -> SessionKey:
    try:
        return unpacked(desk.holder.open(Kind.SESSION_KEY, item.held, digest, now))
    except SessionKeyError:
        raise HeldError("not a session key") from None


def _resealed(
    key: SessionKey, item: ToReseal, request: Reseal, readers: Sequence[list[EncryptionKey]]
) -> ResealedItem:
    document = SealedDocument(item.document_id, item.container, item.digest, b"")
    try:
        sealed = seal_session_key(key, request.dossier_key, request.dossier_id, document)
    except ValueError:
        raise CallFailed(Why.UNAVAILABLE, "dossier key or ids of a wrong form") from None
    return ResealedItem(sealed, tuple(key_packets(key, keys) for keys in readers))


def release(desk: Desk, request: Release, now: int) -> Released:
    """Open the code slot, write the reader's key packets.

    A wrong code writes its refusal into the log and raises :class:`CallFailed`
    ``WRONG_CODE``, as a slot that nothing opens does. ``BAD_KEY`` comes before both.
    """
    reader = reader_keys(request.reader, now)
    typed = _held_code(desk, request.held_code, request.digest, now)
    try:
        private = open_code_slot(
            request.slot, _code_typed(typed), request.dossier_id, desk.keys.pepper
        )
    except SealError:
        refused = msgspec.structs.replace(request.event, outcome="refused", documents=())
        _write_leaf(desk, refused, now)
        raise CallFailed(Why.WRONG_CODE) from None
    keys = [_opened(private, request.dossier_id, item) for item in request.items]
    packets = tuple(key_packets(key, reader) for key in keys)
    _write_leaf(desk, request.event, now)
    return Released(packets)


def _code_typed(typed: str) -> str:
    """Return the code as it counts; one that can be none still costs its hash."""
    try:
        return code_of(typed, 1)
    except ValueError:
        return ""


def _opened(private: X25519PrivateKey, dossier_id: bytes, item: SealedDocument) -> SessionKey:
    try:
        return open_session_key(private, dossier_id, item)
    except SealError:
        raise CallFailed(Why.UNAVAILABLE, "a sealed key does not fit its document") from None


def checkpoint(desk: Desk, request: Checkpoint, now: int) -> Checkpointed:
    """Sign the access log, its heartbeat included if the request brings one."""
    if request.event is not None:
        _write_leaf(desk, request.event, now)
    return Checkpointed(desk.journal.checkpoint(desk.keys.log))


def seal(desk: Desk, request: Seal, fd: int | None, now: int) -> tuple[Sealed, Memory | None]:
    """Sign an answer with the service's key and encrypt it to its readers.

    Raises :class:`CallFailed` ``BAD_KEY``, ``TOO_LARGE``; :class:`HeldError`.
    """
    keys = [key for reader in request.readers for key in reader_keys(reader, now)]
    if not keys:
        raise CallFailed(Why.BAD_KEY, "no reader")
    plain = request.text or _read_at(fd, 0, _size(desk, fd))
    if request.held_code:
        code = _held_code(desk, request.held_code, request.digest, now)
        plain = plain.replace(CODE_MARK.encode(), code.encode())
    sealed = seal_message(plain, desk.keys.service, keys)
    if len(sealed) <= INLINE_REPLY:
        return Sealed(sealed), None
    memory = Memory()
    memory.write(sealed)
    return Sealed(b""), memory
