"""What an S/MIME envelope holds: the one signature that spans it, found and verified.

Whoever has an old message can move its blocks about (EFAIL), and learns from every answer that
depends on what came out. So whatever is wrong, the same is done: read, hashed, verified. And what
stands around a signature must be text: a moved block leaves noise behind it, wherever nothing else
would show it (the header, the preamble, what follows the last part), and would let whoever moved
it ask whether the padding is right.
"""

import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from msgspec.structs import replace

from rmp_milter.cms import CmsError, CmsFault, CmsKind, looks_like_cms
from rmp_milter.cms.errors import unreadable
from rmp_milter.cms.recognise import HEAD
from rmp_milter.cms.tlv import reading
from rmp_milter.keeper.cms.keys import certificate_names, is_named
from rmp_milter.keeper.cms.signed import CmsSigned, parsed_signed, verify
from rmp_milter.mail.incoming.mimetree import MimeLimit, Part, header_fields, regions, scan
from rmp_milter.mail.incoming.transfer import base64_octets, first

MAX_AROUND = 8192
"""Octets of a header around a signature: so many lines at most are looked at."""
_TEXT = re.compile(rb"[\t\r\n -~]*")
_BLANKS = b"\r\n\t "
_PIECE = 1 << 16
_FILLED, _LINE = 76, 78
_FILL = (b"QUJD" * 19 + b"\r\n") * (_PIECE // _FILLED)
_AS_IT_IS = frozenset({"", "7bit", "8bit", "binary"})
_CONTENT_AND_SIGNATURE = 2
_HEADER = (
    b'Content-Type: application/pkcs7-mime; smime-type=signed-data; name="smime.p7m"\r\n'
    b"Content-Transfer-Encoding: base64\r\n"
    b'Content-Disposition: attachment; filename="smime.p7m"\r\n\r\n'
)
"""As programs write it above a signature."""


class EnvelopeContent(NamedTuple):
    """What an envelope holds: the entity to read, and who signed exactly that.

    ``certificate`` is the signer's (DER), with which the signature holds; empty, and ``signed``
    None, where nobody signed.
    """

    entity: bytes
    signed: CmsSigned | None = None
    certificate: bytes = b""


class Claimed(NamedTuple):
    """A signature that is still to be verified; whether its digest fits what is signed.

    ``opaque`` is the SignedData (DER or BER), empty where it stands apart from what is signed.
    """

    signed: CmsSigned
    fits: bool
    opaque: bytes


class OwnSignature(NamedTuple):
    """A signature of the service's own, and the certificate with which it holds."""

    signature: bytes
    certificate: bytes


class _Work:
    """What is still to be done with a plaintext, so that the same is done with every one.

    All of it is decoded as base64 and all is hashed, as where it is one ``smime.p7m``, and one
    signature is read and verified.
    """

    def __init__(self, clear: bytes) -> None:
        self._clear = clear
        self._to_decode = self._to_hash = len(clear)

    def decoded(self, data: bytes) -> bytes:
        """Decode base64 strictly; raise :class:`CmsError`."""
        found = BytesIO()
        clean = data.translate(None, _BLANKS)
        for at in range(0, len(clean), _PIECE):
            piece = clean[at : at + _PIECE]
            self._to_decode -= len(piece) * _LINE // _FILLED
            if piece.endswith(b"=") and at + _PIECE < len(clean):
                raise unreadable("base64 goes on behind its end")
            try:
                found.write(binascii.a2b_base64(piece, strict_mode=True))
            except binascii.Error:
                raise unreadable("no base64") from None
        return found.getvalue()

    def read(self, data: bytes, signed: bytes | None = None) -> Claimed:
        """Read a signature; raise :class:`CmsError`."""
        found, fits = parsed_signed(reading(data), 0, len(data), signed)
        self._to_hash -= len(found.content)
        return Claimed(found, fits, data if signed is None else b"")

    def rest(self) -> None:
        """Decode and hash what was not, to no end."""
        for at in range(0, self._to_decode, len(_FILL)):
            lines = (self._to_decode - at) // _LINE
            piece = _FILL[: lines * _LINE].translate(None, _BLANKS)
            binascii.a2b_base64(piece, strict_mode=True)
        hashlib.sha256(memoryview(self._clear)[: max(self._to_hash, 0)]).digest()


def inside_of(
    clear: bytes, known: Sequence[bytes], ours: OwnSignature
) -> EnvelopeContent | None:
    """Return what was signed in a plaintext, or all of it; None where the signature is wrong.

    ``known`` are certificates by one of which it may be signed where it brings none. The
    service has a certificate: where there is no signature one of its own is verified, and where
    there is nothing to hold one against, that certificate.
    """
    work = _Work(clear)
    found, is_whole = None, True
    try:
        found = _signed_in(clear, work)
    except (CmsError, MimeLimit):
        is_whole = False
    if found is None:
        _verified(_Work(b"").read(ours.signature), ours.certificate)
    else:
        certificate = found.signed.certificate or _among(found.signed, known)
        inside = _verified(found, certificate or ours.certificate)
        if inside is not None:
            return inside
        is_whole = False
    work.rest()
    return EnvelopeContent(clear) if is_whole else None


def signed_entity(clear: bytes) -> tuple[bytes, bytes]:
    """Return what an envelope's plaintext has to read, and what its author signed (CMS, DER).

    For a stored body, whose octets were verified when they came; empty where nobody signed, or
    the signature stands apart. Raises :class:`CmsError`.
    """
    try:
        found = _signed_in(clear, _Work(clear))
    except MimeLimit as error:
        raise unreadable(str(error)) from None
    if found is None:
        return clear, b""
    if not found.fits:
        raise CmsError(CmsFault.WRONG_SIGNATURE, "the digest does not fit the content")
    return found.signed.content, found.opaque


def _verified(found: Claimed, certificate: bytes) -> EnvelopeContent | None:
    try:
        verify(found.signed, certificate)
    except (CmsError, UnsupportedAlgorithm):
        return None
    return (
        EnvelopeContent(found.signed.content, found.signed, certificate) if found.fits else None
    )


def _among(signed: CmsSigned, known: Iterable[bytes]) -> bytes:
    """Return which of the known certificates the signature names; empty for none."""
    for each in known:
        if is_named(certificate_names(each), signed.signer):
            return each
    return b""


def _signed_in(clear: bytes, work: _Work) -> Claimed | None:
    """Return the signature that spans all of a plaintext, None where it is none.

    It stands there as it is, as the one content of an entity (RFC 8551, 3.5.2), or apart from
    what it signs (3.5.3). What is around it, a header's fields, says nothing.
    """
    if _is_signed(clear):
        return work.read(clear)
    root = _headed(clear, 0, len(clear))
    if not root.fields:  # noise: a header is read all the same
        _headed(_HEADER, 0, len(_HEADER))
    if root.media_type.startswith("multipart/"):
        return _detached(clear, root, work)
    inner = _content(clear, root, work)
    if not _is_signed(inner):
        return None
    _check_text(clear[: root.body_start])
    return work.read(inner)


def _headed(clear: bytes, start: int, end: int) -> Part:
    """Return what the header of an entity says; what is in it is not looked at."""
    _, body = header_fields(clear, start, min(end, start + MAX_AROUND))
    return replace(scan(clear, start, body), body_end=end)


def _detached(clear: bytes, root: Part, work: _Work) -> Claimed | None:
    inside = regions(clear, root)
    if root.media_type != "multipart/signed" or len(inside) != _CONTENT_AND_SIGNATURE:
        return None
    (start, end), beside = inside
    signature = _content(clear, _headed(clear, *beside), work)
    if not _is_signed(signature):
        return None
    _check_text(clear[:start], clear[end:])
    data = clear[start:end]
    found = work.read(signature, data)
    # Whoever made it in memory may have left line ends as they were; they were signed as CRLF
    # (RFC 8551, 3.1.1), and what was signed is what is read.
    canonical = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return found if found.fits or canonical == data else work.read(signature, canonical)


def _content(clear: bytes, part: Part, work: _Work) -> bytes:
    """Return what a part holds, if it begins like a signature; else nothing."""
    data = clear[part.body_start : part.body_end]
    if part.encoding in _AS_IT_IS:
        return data
    if part.encoding != "base64" or not _is_signed(_beginning(data)):
        return b""
    return work.decoded(data)


def _beginning(data: bytes) -> bytes:
    """Return the first octets of base64, or what can be made of them."""
    return first(base64_octets([data[: 4 * HEAD]]), HEAD)


def _check_text(*around: bytes) -> None:
    if not all(map(_TEXT.fullmatch, around)):
        raise unreadable("around the signature stands what is no text")


def _is_signed(data: bytes) -> bool:
    return looks_like_cms(data[:HEAD]) is CmsKind.SIGNED
