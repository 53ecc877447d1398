"""*Open*: a mail's encrypted bodies → routing header, signature, held session keys."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from rmp_milter.calls.memory import Memory
from rmp_milter.calls.protocol import (
    Attested,
    BodyRef,
    Open,
    Opened,
    OpenedBody,
    Parcel,
    Role,
    Span,
    Why,
)
from rmp_milter.dossier.days import UNIVERSAL, day_of
from rmp_milter.dossier.model import Container, PartName, Verb
from rmp_milter.keeper.desk.act import act_of, seal_of
from rmp_milter.keeper.desk.attached import Checks, framed, keys_to_try, open_attached
from rmp_milter.keeper.desk.content import InnerDocument, Opening, read_main, weigh
from rmp_milter.keeper.desk.desk import CallFailed, Desk
from rmp_milter.keeper.desk.held import HeldKind
from rmp_milter.keeper.desk.protected import Ours, protected_of, signed_content
from rmp_milter.keeper.desk.route import HprimPiece
from rmp_milter.keeper.desk.sealmail import encrypt_document
from rmp_milter.keeper.openpgp.decrypt import Plain, decrypt
from rmp_milter.keeper.openpgp.keypackets import Unwrapping
from rmp_milter.keeper.openpgp.layers import is_encrypted_to, looks_encrypted
from rmp_milter.keeper.openpgp.packets import (
    EncryptedMessage,
    PacketError,
    ReadAt,
    pieces_of,
    read_message,
)
from rmp_milter.keeper.openpgp.sessionkey import SessionKey, packed
from rmp_milter.keeper.openpgp.work import Work, text_within
from rmp_milter.keeper.vitale.attestation import AttestationError
from rmp_milter.mail.incoming.armor import HEAD
from rmp_milter.mail.incoming.transfer import first
from rmp_milter.mail.meaning.meaning import asked


class _Body(NamedTuple):
    """A body whose session key is known."""

    ref: BodyRef
    message: EncryptedMessage
    key: SessionKey


def open_mail(
    desk: Desk, request: Open, read: ReadAt, size: int, now: int
) -> tuple[Opened, Memory | None]:
    """Open a mail whose bodies lie in ``size`` bytes that ``read`` gives.

    The memory returned holds the documents that were split off a mail whose text carries
    a secret (a code, an attestation, a reason), or HPRIM messages of several patients, or is
    None. Raises :class:`CallFailed` or :class:`PacketError`.
    """
    _check(request.bodies, size, desk.limits.bodies)
    work = Work(size, desk.limits.plaintext, len(request.bodies))
    main, files = _apart(request.bodies)
    message = read_message(read, main.span, desk.limits.key_packets, work)
    unwrapping = Unwrapping(desk.keys.decryption, work)
    session_keys_of = partial(_keys_to_try, desk, unwrapping)
    key, plain = _decrypt_main(desk, message, read, session_keys_of(message), work)
    this_year = int(day_of(now, UNIVERSAL)[:4])
    limits = replace(desk.limits, text=text_within(size, desk.limits.text))
    opening = read_main(plain, main.charset, limits, this_year)
    read_as, said = opening.meaning, opening.meaning.cut
    signature = weigh(opening, request.candidates, now, work)
    refuse_layers(opening, unwrapping, this_year)
    if files and is_urgent(opening, this_year):
        files = ()  # nothing that came with it refuses an emergency, and none of it is kept
    sealed = framed((ref.span for ref in files), read, desk.limits.key_packets, work)
    attached = open_attached(
        sealed,
        read,
        session_keys_of,
        Checks(
            main=signature,
            by_account=request.by_account,
            candidates=request.candidates,
            service=unwrapping,
            work=work,
            left=desk.limits.plaintext - len(plain.data),
            now=now,
            this_year=this_year,
            beside_entity=opening.is_entity,
        ),
    )
    bodies = [_Body(main, message, key), *map(_Body, files, sealed.messages, attached.keys)]
    signed = signed_content(opening, plain.data)
    keeping = _Keeping(desk, request.digest, read, now)
    opened, memory = keeping.bodies(bodies, opening)
    weighed = _weigh_attestation(desk, said.attestation, request.digest, now)
    reply = Opened(
        header=said.header,
        signature=signature,
        bodies=tuple(opened),
        held_code=_held(desk, HeldKind.CODE, said.code, request.digest, now),
        attested=weighed.attested,
        held_attestation=weighed.held,
        attestation_fault=weighed.fault,
        keys=opening.keys,
        once=act_of(desk.keys.pepper, signature, signed, key),
        parcels=tuple(Parcel(each.header, (at,)) for at, each in enumerate(opening.pieces)),
        held_reason=_held(desk, HeldKind.REASON, said.reason, request.digest, now),
        standing=read_as.standing,
        doubts=read_as.doubts,
        protected=protected_of(
            Ours(desk.services, desk.keys.service.fingerprint), opening, plain.data
        ),
        seals=tuple(seal_of(desk.keys.pepper, each) for each in (key, *attached.keys)),
        file_fault=attached.fault,
        file_signers=attached.signers,
    )
    return reply, memory


def _apart(bodies: Sequence[BodyRef]) -> tuple[BodyRef, tuple[BodyRef, ...]]:
    """Return the main body, and the files that came beside it."""
    files = tuple(ref for ref in bodies if ref.role is not Role.MAIN)
    return next(ref for ref in bodies if ref.role is Role.MAIN), files


def _keys_to_try(
    desk: Desk, unwrapping: Unwrapping, message: EncryptedMessage
) -> Iterator[SessionKey]:
    def decoy() -> SessionKey:
        return SessionKey(9, desk.random(32))

    return keys_to_try(message, unwrapping, decoy)


def _held(desk: Desk, kind: HeldKind, words: str, digest: bytes, now: int) -> bytes:
    return desk.holder.hold(kind, words.encode(), digest, now) if words else b""


class _Weighed(NamedTuple):
    """What an attestation is worth: what it attests and its held value, or its fault."""

    attested: Attested | None = None
    held: bytes = b""
    fault: str = ""


def _weigh_attestation(desk: Desk, token: str, digest: bytes, now: int) -> _Weighed:
    if not token:
        return _Weighed()
    try:
        attested = desk.verifier.verify(token, now)
    except AttestationError as error:
        return _Weighed(fault=error.reason.value)
    return _Weighed(
        attested, desk.holder.hold(HeldKind.ATTESTATION, attested.nir.encode(), digest, now)
    )


def _check(bodies: Sequence[BodyRef], size: int, most: int) -> None:
    if len(bodies) > most:
        raise CallFailed(Why.TOO_LARGE, "too many bodies")
    if sum(ref.role is Role.MAIN for ref in bodies) != 1:
        raise CallFailed(Why.NO_TEXT, "not exactly one main body")
    for span in (ref.span for ref in bodies):
        if span.offset < 0 or span.length < 0 or span.offset + span.length > size:
            raise CallFailed(Why.UNAVAILABLE, "a body outside the shared memory")


def _decrypt_main(
    desk: Desk, message: EncryptedMessage, read: ReadAt, keys: Iterator[SessionKey], work: Work
) -> tuple[SessionKey, Plain]:
    """Try the session keys that the key packets give; the body's integrity decides."""
    for key in keys:
        try:
            return key, decrypt(read, message.body, key, desk.limits.plaintext, work)
        except PacketError as error:
            if error.why is not Why.UNREADABLE:
                raise
    raise CallFailed(Why.UNREADABLE, "not encrypted to the service, or damaged")


def is_urgent(opening: Opening, this_year: int) -> bool:
    """Return whether the mail asks for an emergency access."""
    return asked(opening.meaning, this_year).verb is Verb.URGENCE


def refuse_layers(opening: Opening, unwrapping: Unwrapping, this_year: int) -> None:
    """Raise ``LAYERED`` for a document inside that is encrypted to the service once more.

    The entity is stored as it came, behind a new key packet for its reader: the inner
    layer would stay closed to him. Of an emergency nothing is stored. Raises
    :class:`PacketError` for more key packets than may be tried.
    """
    for document in opening.documents:
        if not looks_encrypted(first(document.data(), HEAD)):
            continue
        data = b"".join(document.data())
        if is_encrypted_to(unwrapping, data) and not is_urgent(opening, this_year):
            raise CallFailed(Why.LAYERED, "a document is encrypted to the service again")


class _Keeping:
    """Turns bodies into what can be stored."""

    def __init__(self, desk: Desk, digest: bytes, read: ReadAt, now: int) -> None:
        self._desk = desk
        self._digest = digest
        self._read = read
        self._now = now

    def bodies(
        self, bodies: Sequence[_Body], opening: Opening
    ) -> tuple[list[OpenedBody], Memory | None]:
        """Return the bodies to store.

        Without the text that carries a secret (``mail.meaning``), without one of several
        patients, and without a main body that holds nothing but its routing header: it would
        be an empty entry in the dossier. Files out of a ``winmail.dat`` stand beside it, each
        by itself: its reader's client may not open such a thing.
        """
        is_split = not opening.meaning.keeps_text or bool(opening.pieces)
        main_is_kept = bool(opening.parts) and not is_split
        kept = [
            self._as_came(body, opening)
            for body in bodies
            if body.ref.role is not Role.MAIN or main_is_kept
        ]
        split = [*map(_as_document, opening.pieces), *opening.documents]
        apart = split if is_split else opening.packed
        if not apart:
            return kept, None
        memory = Memory()
        try:
            fresh = [self._split_off(document, memory) for document in apart]
        except BaseException:
            memory.close()
            raise
        return ([*fresh, *kept] if is_split else [*kept, *fresh]), memory

    def _as_came(self, body: _Body, opening: Opening) -> OpenedBody:
        span = body.message.body
        if body.ref.role is Role.MAIN:
            container = Container.ENTITY if opening.is_entity else Container.TEXT
            parts = opening.parts
        else:
            container = Container.FILE
            size = span.length
            parts = (PartName(body.ref.name, "application/octet-stream", size),)
        digest = _digest_of(self._read, span)
        return OpenedBody(container, span, digest, self._held(body.key), parts)

    def _held(self, key: SessionKey) -> bytes:
        return self._desk.holder.hold(
            HeldKind.SESSION_KEY, packed(key), self._digest, self._now
        )

    def _split_off(self, document: InnerDocument, memory: Memory) -> OpenedBody:
        """Encrypt one document under a session key of its own, into ``memory``."""
        key = SessionKey(9, self._desk.random(32))
        data = b"".join(document.data())
        body = encrypt_document(document.part.name, data, key, self._desk.random)
        span = Span(memory.size, len(body))
        memory.write(body)
        digest = hashlib.sha256(body).digest()
        held = self._held(key)
        return OpenedBody(Container.FILE, span, digest, held, (document.part,), fresh=True)


def _as_document(piece: HprimPiece) -> InnerDocument:
    part = PartName(piece.name, "text/plain", len(piece.data))
    return InnerDocument(part, lambda: iter((piece.data,)))


def _digest_of(read: ReadAt, span: Span) -> bytes:
    digest = hashlib.sha256()
    for piece in pieces_of(read, span.offset, span.length):
        digest.update(piece)
    return digest.digest()
