"""Headers and MIME around what is sent: the outer mail and the encrypted entity.

Nothing of a patient and no word of a user stands outside the encryption.
"""

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from email.utils import formataddr, formatdate
from functools import lru_cache

import msgspec

from rmp_milter.calls.containers import CMS_KINDS
from rmp_milter.cms import CmsKind, looks_like_cms
from rmp_milter.cms import head as cms_head
from rmp_milter.credentials import CertificateKind, kind_of
from rmp_milter.dossier.answers import followers_id
from rmp_milter.dossier.model import (
    BodySlice,
    Doctor,
    OutgoingMail,
    ReplyForm,
    Slice,
)
from rmp_milter.mail.catalogue.text import Language
from rmp_milter.mail.catalogue.texts import text
from rmp_milter.mail.outgoing.encode import armored, base64_lines
from rmp_milter.mail.outgoing.letter import Enclosure
from rmp_milter.mail.outgoing.loads import Room
from rmp_milter.mail.outgoing.parts import (
    PART_BOUNDARY,
    Pieces,
    boundary_end,
    boundary_line,
    crlf_lines,
    file_part,
    header_block,
    words_part,
)
from rmp_milter.mail.outgoing.plain_mail import SUPPRESSED

_CRLF = "\r\n"


_SMIME_TYPES: Mapping[CmsKind | None, str] = {
    CmsKind.ENVELOPED: "enveloped-data",
    CmsKind.AUTHENTICATED: "authEnveloped-data",
}
_BASE64_HEAD = 64  # characters of 48 octets, more than is needed to tell


class Frame(msgspec.Struct, frozen=True):
    """What the headers of all mails of one answer have in common.

    ``answer_bytes`` is the size over which an answer is split into several mails, and
    ``answer_mails`` in how many at most its documents travel alone; ``in_reply_to`` the
    asker's Message-ID if it is a harmless one, else empty. What nobody asked for (a notice,
    a reminder) is no ``reply``.
    """

    service: str
    service_name: str
    reader: Doctor
    at: int
    in_reply_to: str
    language: Language
    answer_bytes: int
    new_token: Callable[[], str]
    answer_mails: int = 20
    reply: bool = True

    @property
    def is_smime(self) -> bool:
        """Whether the reader is written to in S/MIME, and in OpenPGP otherwise."""
        return _has_smime(self.reader)

    @property
    def form(self) -> ReplyForm:
        """The form in which the reader is answered."""
        return answered_form(self.reader)

    @property
    def room(self) -> Room:
        """The form in which the reader is answered, and how large and many its mails are."""
        return Room(self.form, self.answer_bytes, self.answer_mails)


def _has_smime(reader: Doctor) -> bool:
    return kind_of(reader.certificate) is CertificateKind.SMIME


def answered_form(reader: Doctor) -> ReplyForm:
    """Return the form in which somebody is answered; S/MIME has no files of their own."""
    form = reader.reply_form
    is_none = _has_smime(reader) and form is ReplyForm.PARTITIONED
    return ReplyForm.SEPARATE if is_none else form


class PlaceInAnswer(msgspec.Struct, frozen=True):
    """Where a mail stands in an answer of several, from 1 on, and what its subject says of it.

    ``first`` is the Message-ID of the answer's first mail, so that clients show the index
    before its documents in whatever order they arrive; empty in that mail itself. Each mail
    is dated a second after the one before: there are clients that sort by nothing else.
    """

    place: int
    label: str
    first: str = ""


_WORD_OCTETS = 39
"""Octets of an encoded word: 64 characters then, and a line of 76 behind ``Subject: ``."""

_CONTINUES = 0x80
"""The two upper bits of an octet that goes on with a character (RFC 3629, 3)."""

_PROTECTED_MIXED = (
    f'multipart/mixed; boundary="{PART_BOUNDARY}"; protected-headers="v1"; hp="cipher"'
)


def later(frame: Frame, place: PlaceInAnswer | None) -> Frame:
    """Return the frame of an answer's mail: its date tells its place."""
    seconds = place.place - 1 if place else 0
    return msgspec.structs.replace(frame, at=frame.at + seconds)


def text_entity(subject: str, words: str, frame: Frame) -> bytes:
    """Return an entity to encrypt that holds only words."""
    protected = 'text/plain; charset="utf-8"; protected-headers="v1"; hp="cipher"'
    return _inner_headers(subject, protected, frame, "8bit") + crlf_lines(words).encode()


def files_entity(
    subject: str,
    words: str,
    files: Sequence[tuple[str, Enclosure]],
    frame: Frame,
    parts: Sequence[bytes] = (),
) -> Pieces:
    """Return an entity to encrypt: words, ``parts``, each stored file under its own name."""
    head = _inner_headers(subject, _PROTECTED_MIXED, frame, "")
    start = head + words_part(words) + b"".join(parts)
    pieces: list[Slice | BodySlice] = [Slice(start)]
    for name, each in files:
        pieces += file_part(name, each)
    pieces.append(Slice(boundary_end(PART_BOUNDARY)))
    return tuple(pieces)


def index_entity(subject: str, words: str, parts: Sequence[bytes], frame: Frame) -> bytes:
    """Return an entity to encrypt: words, and ``parts`` as attachments."""
    return b"".join(
        (
            _inner_headers(subject, _PROTECTED_MIXED, frame, ""),
            words_part(words),
            *parts,
            boundary_end(PART_BOUNDARY),
        )
    )


def _inner_headers(subject: str, kind: str, frame: Frame, encoding: str) -> bytes:
    """Return the protected headers (RFC 9788) of an encrypted entity."""
    lines = [*_protected_lines(subject, frame), f"Content-Type: {kind}"]
    if encoding:
        lines.append(f"Content-Transfer-Encoding: {encoding}")
    return header_block(*lines)


def _protected_lines(subject: str, frame: Frame) -> list[str]:
    return [
        "MIME-Version: 1.0",
        f"Subject: {_encoded(subject)}",
        f"From: {_from(frame)}",
        f"To: {frame.reader.mail}",
        f"Date: {_date(frame.at)}",
    ]


def protected_head(subject: str, frame: Frame) -> bytes:
    """Return the protected header lines of an entity whose content the keeper writes."""
    return "".join(f"{line}{_CRLF}" for line in _protected_lines(subject, frame)).encode()


def own_mail(
    message: Pieces, frame: Frame, place: PlaceInAnswer | None = None, subject: str = ""
) -> OutgoingMail:
    """Return a mail that is one encrypted message, in the reader's kind."""
    wrap = smime_mail if frame.is_smime else pgp_mime_mail
    return wrap(message, frame, place, subject)


def sealed_pieces(message: bytes, frame: Frame) -> Pieces:
    """Return a message that the keeper sealed, as it stands in :func:`own_mail`."""
    if frame.is_smime:
        return (Slice(b"".join(base64_lines([message]))),)
    return (Slice(armored(message)),)


def stored_pieces(each: Enclosure) -> Pieces:
    """Return a stored document behind what opens it, as it stands in :func:`own_mail`."""
    document = each.document
    identifier, digest = document.document_id, document.digest
    if not document.container.is_cms:
        return (BodySlice(each.packets, identifier, armor=True, digest=digest),)
    front = cms_head(CMS_KINDS[document.container], [each.packets], document.size)
    return (BodySlice(front, identifier, armor=False, digest=digest),)


def smime_mail(
    body: Pieces, frame: Frame, place: PlaceInAnswer | None = None, subject: str = ""
) -> OutgoingMail:
    """Wrap an envelope as RFC 8551 says (sections 3.3 and 3.4)."""
    smime_type = _SMIME_TYPES.get(_kind_of(body), _SMIME_TYPES[CmsKind.ENVELOPED])
    kind = f'application/pkcs7-mime; smime-type={smime_type};{_CRLF} name="smime.p7m"'
    start, message_id, _ = _outer(
        frame,
        kind,
        place,
        subject,
        "Content-Transfer-Encoding: base64",
        'Content-Disposition: attachment; filename="smime.p7m"',
    )
    pieces = (Slice(start), *body)
    return OutgoingMail(recipient=frame.reader.mail, message_id=message_id, pieces=pieces)


def _kind_of(body: Pieces) -> CmsKind | None:
    """Return what stands in an envelope's first octets, which its header has to say too."""
    first = body[0]
    if isinstance(first, BodySlice):
        return looks_like_cms(first.packets)
    return looks_like_cms(base64.b64decode(first.data[:_BASE64_HEAD]))


def pgp_mime_mail(
    body: Pieces, frame: Frame, place: PlaceInAnswer | None = None, subject: str = ""
) -> OutgoingMail:
    """Wrap an armored message as RFC 3156 says (section 4)."""
    head, message_id, boundary = _outer(
        frame, 'multipart/encrypted; protocol="application/pgp-encrypted"', place, subject
    )
    start = head + boundary_line(boundary)
    start += header_block("Content-Type: application/pgp-encrypted") + b"Version: 1\r\n\r\n"
    start += boundary_line(boundary) + header_block(
        'Content-Type: application/octet-stream; name="encrypted.asc"',
        'Content-Disposition: inline; filename="encrypted.asc"',
    )
    pieces = (Slice(start), *body, Slice(b"\r\n" + boundary_end(boundary)))
    return OutgoingMail(recipient=frame.reader.mail, message_id=message_id, pieces=pieces)


def mixed_mail(
    index: bytes, files: Pieces, frame: Frame, place: PlaceInAnswer | None = None
) -> OutgoingMail:
    """Return a partitioned mail: the armored index as text, then the encrypted files."""
    head, message_id, _ = _outer(frame, f'multipart/mixed; boundary="{PART_BOUNDARY}"', place)
    start = head + boundary_line(PART_BOUNDARY)
    start += header_block('Content-Type: text/plain; charset="utf-8"') + index + b"\r\n"
    pieces = (Slice(start), *files, Slice(boundary_end(PART_BOUNDARY)))
    return OutgoingMail(recipient=frame.reader.mail, message_id=message_id, pieces=pieces)


def stapled_mail(
    words: str, documents: Sequence[tuple[int, Pieces]], frame: Frame, place: PlaceInAnswer
) -> OutgoingMail:
    """Return a mail that holds several: each an encrypted mail that a client opens by itself.

    They stand in clear around what is encrypted, since Thunderbird opens no mail that is
    inside an encrypted one. So ``words``, and the numbers of the documents, say nothing.
    """
    head, message_id, _ = _outer(frame, f'multipart/mixed; boundary="{PART_BOUNDARY}"', place)
    pieces: list[Slice | BodySlice] = [Slice(head + words_part(words))]
    for number, body in documents:
        name = f"document-{number:02}.eml"
        start = boundary_line(PART_BOUNDARY) + header_block(
            f'Content-Type: message/rfc822; name="{name}"',
            f'Content-Disposition: attachment; filename="{name}"',
        )
        subject = text("document-subject", frame.language, number=f"{number:02}")
        pieces += (
            Slice(start),
            *own_mail(body, later(frame, place), None, subject).pieces,
        )
    pieces.append(Slice(boundary_end(PART_BOUNDARY)))
    return OutgoingMail(
        recipient=frame.reader.mail, message_id=message_id, pieces=tuple(pieces)
    )


def _outer(
    frame: Frame, kind: str, place: PlaceInAnswer | None, subject: str = "", *more: str
) -> tuple[bytes, str, str]:
    """Return the clear headers of one mail, its Message-ID and its boundary."""
    message_id = _message_id(frame, place)
    boundary = f"=-rmp-{message_id[1:].partition('@')[0]}"
    if kind.startswith("multipart/") and "boundary=" not in kind:
        kind += f'; boundary="{boundary}"'
    lines = [
        f"Date: {_date(later(frame, place).at)}",
        f"From: {_from(frame)}",
        f"To: {frame.reader.mail}",
        f"Subject: {_encoded(subject or _subject(frame, place))}",
        f"Message-ID: {message_id}",
        f"Auto-Submitted: {'auto-replied' if frame.reply else 'auto-generated'}",
        f"X-Auto-Response-Suppress: {SUPPRESSED}",
        "MIME-Version: 1.0",
        f"Content-Type: {kind}",
        *more,
    ]
    thread = [each for each in (frame.in_reply_to, place.first if place else "") if each]
    if thread:
        lines[5:5] = [f"In-Reply-To: {thread[-1]}", f"References: {' '.join(thread)}"]
    return header_block(*lines), message_id, boundary


def _message_id(frame: Frame, place: PlaceInAnswer | None) -> str:
    if place and place.first:
        return followers_id(place.first, place.place)
    return f"<{frame.new_token()}@{frame.service.rpartition('@')[2]}>"


def _subject(frame: Frame, place: PlaceInAnswer | None) -> str:
    """Return the subject in clear: that it is an answer, and which entry or part of it."""
    words = text("outer-subject", frame.language)
    return f"{words} ({place.label})" if place else words


def _from(frame: Frame) -> str:
    return _address(frame.service_name, frame.service)


# An answer says each twice, inside and outside, and the next answer the same again.
_date = lru_cache(maxsize=16)(formatdate)


@lru_cache(maxsize=16)
def _address(name: str, mail: str) -> str:
    return formataddr((name, mail), charset="utf-8")


def _encoded(words: str) -> str:
    """Return a header's text as encoded words (RFC 2047, 2), a line each.

    Written here because the standard library's way counts each octet again and again, a
    fifth of all that the milter does for a mail.
    """
    encoded = (base64.b64encode(piece).decode("ascii") for piece in _pieces(words))
    return f"{_CRLF} ".join(f"=?utf-8?b?{each}?=" for each in encoded)


def _pieces(words: str) -> Iterator[bytes]:
    """Cut a text so that each piece fits into an encoded word and holds whole characters."""
    octets, at = words.encode(), 0
    while at < len(octets):
        end = at + _WORD_OCTETS
        while octets[end : end + 1] and octets[end] & 0xC0 == _CONTINUES:
            end -= 1
        yield octets[at:end]
        at = end
