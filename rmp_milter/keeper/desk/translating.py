"""*Translate*: a document that its reader's program cannot open, opened and sealed anew for him.

One ciphertext cannot serve OpenPGP and S/MIME, nor every program of one kind. What is stored stays
as its author sealed it; at delivery, in memory alone, the keeper builds the same letter and files,
says who signed them and when that was verified, and signs for the whole itself. By what was sealed
for this reader and this document no slot of the dossier is opened (:mod:`.readers`).
"""

import mimetypes
from typing import NamedTuple

from rmp_milter.calls.memory import Memory, room_for
from rmp_milter.calls.protocol.answering import Sealed, Translate
from rmp_milter.calls.protocol.message import Span, Why
from rmp_milter.cms import CmsError, CmsKind
from rmp_milter.dossier.model import Container
from rmp_milter.keeper.authority.refusals import Unentitled
from rmp_milter.keeper.cms.opening import decrypt as decrypt_cms
from rmp_milter.keeper.desk.checked_body import checked_body
from rmp_milter.keeper.desk.copying import delivery_of, write_delivery
from rmp_milter.keeper.desk.desk import CallFailed, Desk
from rmp_milter.keeper.desk.readers import reader_of
from rmp_milter.keeper.desk.rebuilt import Pieces, joined, rebuilt
from rmp_milter.keeper.desk.seal_answer import sealed_reply
from rmp_milter.keeper.desk.shared import reader, size_of
from rmp_milter.keeper.desk.signed_part import SignedPart, signed_part
from rmp_milter.keeper.desk.statement import statement
from rmp_milter.keeper.desk.stored_envelope import entity_in, signed_by_author
from rmp_milter.keeper.desk.translated_head import checked_head
from rmp_milter.keeper.openpgp.decrypt import Plain, decrypt
from rmp_milter.keeper.openpgp.packets import ReadAt
from rmp_milter.keeper.openpgp.sessionkey import SessionKey
from rmp_milter.mail.incoming.charsets import decode_unsigned
from rmp_milter.mail.incoming.mimetree import MimeLimit, scan
from rmp_milter.mail.outgoing.encode import base64_lines, base64_size
from rmp_milter.mail.outgoing.parts import crlf_lines, quoted_name

_KINDS = {
    Container.ENVELOPED: CmsKind.ENVELOPED,
    Container.AUTH_ENVELOPED: CmsKind.AUTHENTICATED,
}
_OCTETS = "application/octet-stream"
"""What the author signed is of this type, so that no program opens it in the letter's place."""


class _File(NamedTuple):
    name: str
    data: bytes


class _Clear(NamedTuple):
    """A document in clear: its content as a part, and what its author signed of it, as files."""

    part: Pieces
    signed: tuple[_File, ...] = ()


def translate(
    desk: Desk, request: Translate, fd: int | None, now: int
) -> tuple[Sealed, Memory | None]:
    """Seal a document anew for its reader; the leaf is written first.

    Raises what :func:`.copying.delivery_of` and :func:`.translated_head.checked_head` raise, and
    :class:`Unentitled` where the host does not translate; :class:`CallFailed` ``BAD_KEY``,
    ``TOO_LARGE``, and ``UNAVAILABLE`` for a body that is not the one that was stored.
    """
    if not desk.rules.translates:
        raise Unentitled("nothing is translated here")
    head = checked_head(request.head)
    found = delivery_of(desk, request, now)
    size = size_of(fd, desk.limits.message)
    read = checked_body(reader(fd), size, request.document.digest)
    readers = [reader_of(found.person.certificates[0], now)]
    write_delivery(desk, request, found, now)
    entity = [head, *_entity(desk, request, found.key, read, size)]
    sealed, memory = sealed_reply(desk, entity, readers, now)
    return _noise(desk, sealed, memory) if request.unsent else (sealed, memory)


def _noise(desk: Desk, sealed: Sealed, memory: Memory | None) -> tuple[Sealed, Memory | None]:
    """Return as many octets of nothing."""
    if memory is None:
        return Sealed(desk.random(len(sealed.data))), None
    with memory:
        noise = Memory()
        noise.write(desk.random(memory.size))
    return Sealed(b""), noise


def _entity(desk: Desk, request: Translate, key: SessionKey, read: ReadAt, size: int) -> Pieces:
    """Yield the entity behind the milter's header: what is said of the author, the document."""
    boundary = _boundary(desk)
    yield f'Content-Type: multipart/mixed; boundary="{boundary}"; hp="cipher"'.encode()
    yield b"\r\n\r\n"
    clear = _opened(desk, request, key, read, size)
    words = statement(
        key.noted, request.language, desk.rules.clock, with_original=bool(clear.signed)
    )
    files = [_attachment(each.name, _OCTETS, each.data) for each in clear.signed]
    yield from joined([_text(words), clear.part, *files], boundary)


def _opened(desk: Desk, request: Translate, key: SessionKey, read: ReadAt, size: int) -> _Clear:
    """Open a stored body; what cannot be opened is not what the key was sealed for.

    The content stays in what is returned, and nothing else that it went through.
    """
    container = request.document.container
    try:
        if container.is_cms:
            return _opened_cms(desk, request, key, read, size)
        plain = decrypt(read, Span(0, size), key, desk.limits.plaintext)
        if container is Container.ENTITY:
            signed = signed_part(plain)
            part = rebuilt(signed.data, signed.root, lambda: _boundary(desk))
            return _Clear(part, _signed_entity(signed) if request.original else ())
    except (CmsError, MimeLimit) as error:
        raise CallFailed(Why.UNAVAILABLE, f"a stored body does not open: {error}") from None
    if container is Container.TEXT:
        originals = _signed_file(plain, "original.txt") if request.original else ()
        return _Clear(_text(decode_unsigned(plain.data, "")), originals)
    name = _name(plain, request.name)
    kind = mimetypes.guess_type(name)[0] or _OCTETS
    # The file itself is there already, octet by octet.
    beside = _signed_file(plain, name)[1:] if request.original else ()
    return _Clear(_attachment(name, kind, plain.data), beside)


def _opened_cms(
    desk: Desk, request: Translate, key: SessionKey, read: ReadAt, size: int
) -> _Clear:
    kind = _KINDS[request.document.container]
    # The whole plaintext is let go of before anything else is made of it.
    name, signed = signed_by_author(
        decrypt_cms(read, 0, size, kind, key.key, desk.limits.plaintext)
    )
    entity = entity_in(name, signed)
    part = rebuilt(entity, scan(entity), lambda: _boundary(desk))
    return _Clear(part, (_File(name, signed),) if name and request.original else ())


def _signed_entity(signed: SignedPart) -> tuple[_File, ...]:
    """Return a signed entity and its signatures, as ``gpg --verify`` takes them.

    Beside a signature it was signed with the line ends of mail (RFC 3156, 5).
    """
    if not signed.packets:
        return ()
    data = signed.contents[-1]() if signed.is_apart else signed.data
    return _File("original.eml", data), _signatures("original.eml", signed.packets)


def _signed_file(plain: Plain, name: str) -> tuple[_File, ...]:
    if not plain.signatures:
        return ()
    return _File(name, plain.data), _signatures(name, plain.signatures)


def _signatures(name: str, packets: tuple[bytes, ...]) -> _File:
    return _File(f"{name}.sig", b"".join(packets))


def _name(plain: Plain, said: str) -> str:
    """Return a file's name: as it is inside, else as it was called where it came."""
    return (plain.name or said).removesuffix(".pgp").removesuffix(".gpg") or "document.bin"


def _boundary(desk: Desk) -> str:
    return f"=-rmp-{desk.random(16).hex()}"


def _text(words: str) -> Pieces:
    yield b'Content-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    yield _encoded(crlf_lines(words).encode())


def _attachment(name: str, kind: str, data: bytes) -> Pieces:
    quoted = quoted_name(name)
    yield (
        f"Content-Type: {kind}; name={quoted}\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment; filename={quoted}\r\n\r\n"
    ).encode()
    yield _encoded(data)


def _encoded(data: bytes) -> memoryview:
    """Return data in base64, in one piece: many would leave as much again between them."""
    made = room_for(base64_size(len(data)))
    for line in base64_lines([data]):
        made.write(line)
    return made.getbuffer()
