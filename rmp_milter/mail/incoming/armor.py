"""ASCII armor (RFC 9580, 6.2) as mail leaves it, and what octets are, by their beginning.

Everything streams: an armored body of 40 MB is never held whole. The checksum is not
looked at, for real mail loses and damages it and OpenPGP's own integrity protection
decides later.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from enum import StrEnum
from itertools import chain
from typing import NamedTuple

from rmp_milter.cms import CmsKind, looks_like_cms
from rmp_milter.mail.incoming.htmltext import strip_tags
from rmp_milter.mail.incoming.transfer import base64_octets, first

HEAD = 8192  # octets by which content is recognised
_HOLD = 128  # octets kept back so that no marker is cut between two chunks
_HEADER_ROOM = 4096  # octets in which the armor's header lines must end
_HEADER_LINES = 24
_BLOCK_HEAD = _HEADER_ROOM + 1024  # octets in which a block's headers and first data stand
SAMPLE = 64  # octets of a message by which it is known
_FULL_LINE = 40  # armor writers fill their lines with 60 to 76 characters
_BASE64_SAMPLE = 64  # octets from which on a beginning may be taken for base64
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_SHORTEST = 8  # octets without which nothing is taken for a packet
MAX_WRAPS = 2  # base64 around base64
_AHEAD = 16  # octets that tell a soft line break from the end of the data
_BLANK = rb"[ \t\xa0\xc2]+"  # the no-break space in latin-1 and in UTF-8
_BEGIN = re.compile(rb"-----BEGIN" + _BLANK + rb"PGP" + _BLANK + rb"MESSAGE-----")
_OTHER = re.compile(
    rb"-----BEGIN PGP (SIGNATURE|PUBLIC KEY BLOCK|PRIVATE KEY BLOCK|SIGNED MESSAGE)-----"
)
# A quoted-printable soft break that nobody undid: "=", line end, and the data go on with
# more than a checksum's four characters.
_NO_SOFT_BREAK = re.compile(rb"=(?![ \t]{0,4}\r?\n[A-Za-z0-9+/]{5})")
_DATA_LINE = re.compile(rb"[A-Za-z0-9+/]+={0,2}")
_CHARSET = re.compile(rb"(?im)^[> \t]*Charset:[ \t]*([A-Za-z0-9_.:+-]{1,40})")


class ArmorError(ValueError):
    """What was taken for an OpenPGP message gives no octets of one."""


class OctetsKind(StrEnum):
    """What octets are, going by their first ones."""

    ENCRYPTED = "encrypted"  # a binary OpenPGP message that is encrypted
    ARMORED = "armored"  # armor that says it is an OpenPGP message
    MESSAGE = "message"  # a binary OpenPGP message that is not encrypted
    SIGNATURE = "signature"
    SIGNED_TEXT = "signed text"  # OpenPGP cleartext signature
    KEY = "key"
    CMS_ENCRYPTED = "cms encrypted"
    CMS = "cms"  # signed, compressed, certificates
    CMS_SIGNATURE = "cms signature"  # apart from what it signs
    TNEF = "tnef"  # Outlook's winmail.dat: a whole mail in a format of its own
    OTHER = "other"


_MARKED = {
    b"SIGNATURE": OctetsKind.SIGNATURE,
    b"PUBLIC KEY BLOCK": OctetsKind.KEY,
    b"PRIVATE KEY BLOCK": OctetsKind.KEY,
    b"SIGNED MESSAGE": OctetsKind.SIGNED_TEXT,
}
# Packet tag → (kind, versions with which such a packet begins); RFC 9580, 5.
_PACKETS: dict[int, tuple[OctetsKind, frozenset[int]]] = {
    1: (OctetsKind.ENCRYPTED, frozenset({2, 3, 6})),
    2: (OctetsKind.SIGNATURE, frozenset({3, 4, 5, 6})),
    3: (OctetsKind.ENCRYPTED, frozenset({4, 5, 6})),
    4: (OctetsKind.MESSAGE, frozenset({3, 6})),
    5: (OctetsKind.KEY, frozenset({3, 4, 5, 6})),
    6: (OctetsKind.KEY, frozenset({3, 4, 5, 6})),
    8: (OctetsKind.MESSAGE, frozenset({0, 1, 2, 3})),
    18: (OctetsKind.ENCRYPTED, frozenset({1, 2})),
}
_TNEF = b'\x78\x9f>"'  # MS-OXTNEF, 2.1.3.1
_MARKER, _PADDING, _NOT_CRITICAL = 10, 21, 40  # RFC 9580, 5.8, 5.14, 4.3.1
# Packets that say nothing are looked past up to here: many a file would be one by chance.
_LOOKED_PAST = 1024
_CMS_ENVELOPED = frozenset({CmsKind.ENVELOPED, CmsKind.AUTHENTICATED})
_CMS_PREFIX = bytes.fromhex("2a864886f70d01")


def kind_of(head: bytes) -> tuple[OctetsKind, int]:
    """Return what the octets are that begin with ``head``, and how often in base64.

    ``head`` holds up to :data:`HEAD` octets, their transfer encoding undone; gateways
    encode a second time now and then.
    """
    for wraps in range(MAX_WRAPS + 1):
        kind = _kind(head)
        if kind is not OctetsKind.OTHER:
            return kind, wraps
        if not _looks_base64(head):
            break
        head = b"".join(base64_octets([head]))
    return OctetsKind.OTHER, 0  # what only looked like base64 is what it was before


def _kind(head: bytes) -> OctetsKind:
    if head.startswith(_TNEF):
        return (
            OctetsKind.TNEF
        )  # armor inside is not looked for: what stands beside it would be lost
    if cms := _cms_kind(head):
        return cms  # armor inside an S/MIME signature is found behind it
    begin, marker = _BEGIN.search(head), _OTHER.search(head)
    if begin and not (marker and marker.start() < begin.start()):
        return OctetsKind.ARMORED
    if marker:
        return _MARKED[marker[1]]
    return _packet_kind(head) or OctetsKind.OTHER


def _packet_kind(head: bytes) -> OctetsKind | None:
    at, unknown = 0, 0
    while (opened := _opened(head, at)) and unknown < _LOOKED_PAST:
        tag, body, end = opened
        if tag == _MARKER:
            if head[body:end] != b"PGP":
                return None
        elif tag == _PADDING or tag >= _NOT_CRITICAL:
            unknown += end - at
        else:
            kind, versions = _PACKETS.get(tag, (None, frozenset[int]()))
            return kind if head[body] in versions else None
        at = end
    return None


def _opened(head: bytes, at: int) -> tuple[int, int, int] | None:
    """Return tag, begin of the body and its end of the packet at ``at``, as far as it is told.

    RFC 9580, 4.2; a length that is partial or not said ends nowhere.
    """
    if len(head) - at < _SHORTEST or not head[at] & 0x80:
        return None
    nowhere = len(head)
    if not head[at] & 0x40:
        size = (1, 2, 4, 0)[head[at] & 3]
        body = at + 1 + size
        end = body + int.from_bytes(head[at + 1 : body]) if size else nowhere
        return head[at] >> 2 & 0x0F, body, end
    first = head[at + 1]
    if first < 192:  # noqa: PLR2004 -- one octet
        return head[at] & 0x3F, at + 2, at + 2 + first
    if first < 224:  # noqa: PLR2004 -- two octets
        return head[at] & 0x3F, at + 3, at + 3 + ((first - 192) << 8) + head[at + 2] + 192
    if first == 255:  # noqa: PLR2004 -- five octets
        return head[at] & 0x3F, at + 6, at + 6 + int.from_bytes(head[at + 2 : at + 6])
    return head[at] & 0x3F, at + 2, nowhere


def _cms_kind(head: bytes) -> OctetsKind | None:
    if looks_like_cms(head) in _CMS_ENVELOPED:
        return OctetsKind.CMS_ENCRYPTED
    opening = head[:40]
    is_other = opening.startswith(b"\x30") and _CMS_PREFIX in opening
    return OctetsKind.CMS if is_other else None


def _looks_base64(head: bytes) -> bool:
    words = b"".join(head.split())
    return len(words) >= _BASE64_SAMPLE and not words.rstrip(b"=").translate(None, _BASE64)


def leading_text(head: bytes) -> bytes:
    """Return what stands before the armor in ``head``."""
    found = _BEGIN.search(head)
    return head[: found.start()] if found else b""


def shown(chunks: Iterator[bytes], *, html: bool) -> Iterator[bytes]:
    """Return the chunks as a reader sees them: HTML without its tags."""
    return strip_tags(chunks) if html else chunks


def unwrapped(chunks: Iterator[bytes], wraps: int) -> Iterator[bytes]:
    """Undo base64 around base64."""
    for _ in range(wraps):
        chunks = base64_octets(chunks)
    return chunks


def dearmor(chunks: Iterable[bytes], block: int = 0) -> Iterator[bytes]:
    """Yield the octets of the armored message number ``block`` (from 0) in the chunks.

    Text before it, header lines, quoting marks, no-break spaces, a missing or wrong
    checksum and a missing end are tolerated. Raises :class:`ArmorError` where there is no
    such block or nothing in it.
    """
    rest = iter(chunks)
    for _ in range(block + 1):
        rest = _after_begin(rest)
    empty = True
    for octets in base64_octets(_data_only(_after_headers(rest))):
        empty = False
        yield octets
    if empty:
        raise ArmorError("no data in the armor")


class ArmoredBlock(NamedTuple):
    """An armored message in a text: its first octets, and what it says of its charset."""

    sample: bytes
    charset: str


def blocks_in(chunks: Iterable[bytes], limit: int) -> tuple[ArmoredBlock, ...]:
    """Return the armored messages that begin in the chunks, at most ``limit``, in one pass."""
    rest, found = iter(chunks), list[ArmoredBlock]()
    while len(found) < limit:
        try:
            rest = _after_begin(rest)
        except ArmorError:
            break
        head = b""
        while len(head) < _BLOCK_HEAD and (chunk := next(rest, None)) is not None:
            head += chunk
        rest = chain([head], rest)
        found.append(_block(head[:_BLOCK_HEAD]))
    return tuple(found)


def count_blocks(chunks: Iterable[bytes], limit: int) -> int:
    """Return how many armored messages begin in the chunks, at most ``limit``."""
    rest, found = iter(chunks), 0
    with suppress(ArmorError):
        while found < limit:
            rest = _after_begin(rest)
            found += 1
    return found


def _block(head: bytes) -> ArmoredBlock:
    said = _CHARSET.search(head[: _headers_end(head[:_HEADER_ROOM])])
    sample = first(base64_octets(_data_only(_after_headers(iter([head])))), SAMPLE)
    return ArmoredBlock(sample, said[1].decode("ascii") if said else "")


def _after_begin(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Return the chunks from behind the next BEGIN line on."""
    held = b""
    for chunk in chunks:
        data = held + chunk
        found = _BEGIN.search(data)
        if found is not None:
            return chain([data[found.end() :]], chunks)
        held = data[-_HOLD:]
    raise ArmorError("no armor")


def _after_headers(chunks: Iterator[bytes]) -> Iterator[bytes]:
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= _HEADER_ROOM:
            break
    return chain([head[_headers_end(head[:_HEADER_ROOM]) :]], chunks)


def _headers_end(head: bytes) -> int:
    """Return where the data begin: at the first line that can be nothing else.

    Clients wrap long header lines, lose the empty line behind them, or put empty lines
    everywhere (HTML).
    """
    at, in_headers = 0, False
    for line in head.splitlines(keepends=True)[:_HEADER_LINES]:
        words = line.strip(b"> \t\xa0\xc2\r\n").translate(None, b"\xa0\xc2")
        if b":" in words:
            in_headers = True
        elif not words:
            in_headers = False
        elif _is_data(words, in_headers=in_headers):
            return at
        at += len(line)
    return at


def _is_data(words: bytes, *, in_headers: bool) -> bool:
    """Return whether a line is one of the data; blanks may stand in a full one, as for gpg."""
    if _DATA_LINE.fullmatch(words):
        return not in_headers or len(words) >= _FULL_LINE
    joined = words.translate(None, b" \t")
    return not in_headers and len(joined) >= _FULL_LINE and bool(_DATA_LINE.fullmatch(joined))


def _data_only(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the data up to the checksum, the padding or the END line, without soft breaks."""
    held = b""
    for chunk in chain(chunks, [b"\n" * _AHEAD]):
        data = held + chunk
        told = len(data) - _AHEAD  # what a sign behind this means is not seen yet
        end = _end_of_data(data)
        if 0 <= end <= told:
            yield data[:end].replace(b"=", b"")
            return
        cut = min(_from(data, sign, max(told + 1, 0)) for sign in (b"=", b"-"))
        yield data[:cut].replace(b"=", b"")
        held = data[cut:]


def _end_of_data(data: bytes) -> int:
    """Return where the first sign is that ends the data, -1 if none does."""
    found = _NO_SOFT_BREAK.search(data) if b"=" in data else None
    equals, dash = found.start() if found else -1, data.find(b"-")
    return max(equals, dash) if equals < 0 or dash < 0 else min(equals, dash)


def _from(data: bytes, sign: bytes, at: int) -> int:
    """Return where the sign stands from ``at`` on, or the end."""
    found = data.find(sign, at)
    return len(data) if found < 0 else found
