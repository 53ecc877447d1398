"""Framing of OpenPGP packets (RFC 9580, 4.2), over offsets or over a stream.

Bytes come through a :data:`ReadAt` so that a body of any size is walked without being
held. Every count that a sender controls is capped.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from rmp_milter.calls.protocol.message import Span, Why
from rmp_milter.keeper.openpgp.problem import PacketError as PacketError  # noqa: PLC0414 -- part of this interface
from rmp_milter.keeper.openpgp.problem import unreadable as unreadable  # noqa: PLC0414 -- likewise
from rmp_milter.keeper.openpgp.work import Work

ReadAt = Callable[[int, int], bytes]
"""``read(offset, size)`` gives at most ``size`` bytes, fewer only at the end."""

CHUNK = 1 << 16
MAX_KEY_PACKETS = 64
MAX_KEY_PACKET_BYTES = 8192
MAX_OTHER_PACKETS = 48  # markers, padding, passphrase packets, those nobody must know
MAX_SIGNATURES = 16  # over one content
MAX_SIGNATURE_BYTES = 65536
FIRST_PIECE = 512  # octets of a first partial length at least (RFC 9580, 4.2.1.4)

PKESK, SIGNATURE, SKESK, ONE_PASS, COMPRESSED = 1, 2, 3, 4, 8
SED, MARKER, LITERAL, SEIPD, GNUPG_AEAD, PADDING = 9, 10, 11, 18, 20, 21
_BLANKS = (b"\0", b"\r", b"\n", b"\t", b" ")
_NOT_CRITICAL = 40  # from this type on (RFC 9580, 4.3.1)
_KNOWN = frozenset({*range(1, 15), 17, 18, 19, 20, 21})


class Stream:
    """Bytes from an iterator of chunks, read by the amount; ``position`` counts them.

    What reading packets of it costs is taken from ``work``, which its contents share.
    """

    def __init__(self, chunks: Iterable[bytes], work: Work | None = None) -> None:
        self._chunks = iter(chunks)
        self.work = work or Work()
        self._ready = b""
        self._used = 0
        self.position = 0

    def some(self, limit: int) -> bytes:
        """Return between 1 and ``limit`` bytes, or ``b""`` at the end."""
        if self._used == len(self._ready) and not self._refill():
            return b""
        piece = self._ready[self._used : self._used + limit]
        self._used += len(piece)
        self.position += len(piece)
        return piece

    def _refill(self) -> bool:
        self._ready, self._used = next((c for c in self._chunks if c), b""), 0
        return bool(self._ready)

    def exactly(self, size: int) -> bytes:
        """Return ``size`` bytes; raise :class:`PacketError` where the stream ends first."""
        piece = self._ready[self._used : self._used + size]
        if len(piece) == size:  # nearly always: a header's few octets lie in one chunk
            self._used += size
            self.position += size
            return piece
        pieces = list(self.limited(size))
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def limited(self, size: int) -> Iterator[bytes]:
        """Yield exactly ``size`` bytes in pieces; raise where the stream ends first."""
        while size:
            piece = self.some(min(size, CHUNK))
            if not piece:
                raise unreadable("the message is cut short")
            size -= len(piece)
            yield piece

    def at_most(self, size: int) -> bytes:
        """Return all that is left; raise where it is more than ``size`` bytes."""
        found = bytearray()
        for piece in self.rest():
            found += piece
            if len(found) > size:
                raise unreadable("a small packet is too long")
        return bytes(found)

    def rest(self) -> Iterator[bytes]:
        """Yield whatever is left."""
        return iter(lambda: self.some(CHUNK), b"")


class Header(NamedTuple):
    """A packet's tag and first length; ``length`` is None where it is indeterminate."""

    tag: int
    length: int | None
    partial: bool


def read_header(stream: Stream) -> Header | None:
    """Read the next packet's header, or return None at the end of the stream."""
    first = stream.some(1)
    return header_from(first, stream) if first else None


def header_from(first: bytes, stream: Stream) -> Header:
    """Read the header whose first octet was taken already."""
    if not first[0] & 0x80:
        raise unreadable("not an OpenPGP packet")
    stream.work.take_step()
    if first[0] & 0x40:
        return Header(first[0] & 0x3F, *_new_length(stream))
    return Header((first[0] >> 2) & 0x0F, _old_length(stream, first[0] & 3), partial=False)


def _old_length(stream: Stream, kind: int) -> int | None:
    return None if kind == 3 else int.from_bytes(stream.exactly(1 << kind))  # noqa: PLR2004 -- RFC 9580, 4.2.2: indeterminate


def _new_length(stream: Stream) -> tuple[int, bool]:
    """Read a new-format length (RFC 9580, 4.2.1): its value and whether it is partial."""
    first = stream.exactly(1)[0]
    if first < 192:  # noqa: PLR2004 -- one octet
        return first, False
    if first < 224:  # noqa: PLR2004 -- two octets
        return ((first - 192) << 8) + stream.exactly(1)[0] + 192, False
    if first < 255:  # noqa: PLR2004 -- partial
        return 1 << (first & 0x1F), True
    return int.from_bytes(stream.exactly(4)), False


def read_body(stream: Stream, header: Header) -> Iterator[bytes]:
    """Yield the packet's content in pieces, partial lengths taken out."""
    length, partial = header.length, header.partial
    if length is None:
        yield from stream.rest()
        return
    if partial and length < FIRST_PIECE:
        raise unreadable("a first partial length under 512 octets")
    yield from stream.limited(length)
    while partial:
        stream.work.take_step()
        length, partial = _new_length(stream)
        yield from stream.limited(length)


def content_of(stream: Stream, header: Header) -> Stream:
    """Return the packet's content, to be read in its turn."""
    return Stream(read_body(stream, header), stream.work)


def small_body(stream: Stream, header: Header, limit: int) -> bytes:
    """Return the content of a packet that is never large; raise beyond ``limit`` bytes."""
    return content_of(stream, header).at_most(limit)


def read_mpi(stream: Stream) -> bytes:
    """Read a multiprecision integer (RFC 9580, 3.2) as it stands, without leading zeros."""
    return stream.exactly((int.from_bytes(stream.exactly(2)) + 7) // 8)


def frame(tag: int, content: bytes) -> bytes:
    """Return a packet in the new format with a length of known size."""
    return frame_head(tag, len(content)) + content


def frame_head(tag: int, length: int) -> bytes:
    """Return what stands before ``length`` bytes of content in :func:`frame`."""
    return bytes((0xC0 | tag, 0xFF)) + length.to_bytes(4)


def pieces_of(read: ReadAt, offset: int, length: int) -> Iterator[bytes]:
    """Yield ``length`` bytes from ``offset``, or fewer where the memory ends."""
    end = offset + length
    while offset < end:
        piece = read(offset, min(CHUNK, end - offset))
        if not piece:
            return
        offset += len(piece)
        yield piece


def is_passed_over(tag: int) -> bool:
    """Whether a packet of this type says nothing, wherever it stands (RFC 9580, 4.3, 5.8, 5.14).

    Markers, padding, and what a reader who does not know it has to ignore.
    """
    return tag in {MARKER, PADDING} or tag >= _NOT_CRITICAL


class EncryptedMessage(NamedTuple):
    """``key_packets`` are the contents of the v3 ones; ``body`` the encrypted data packet.

    The body reaches from its header byte to its end, partial lengths included, and is
    what the product stores.
    """

    key_packets: tuple[bytes, ...]
    body: Span


def read_message(
    read: ReadAt,
    span: Span,
    most_keys: int = MAX_KEY_PACKETS,
    work: Work | None = None,
) -> EncryptedMessage:
    """Find the key packets and the encrypted data packet of a binary OpenPGP message.

    ``most_keys`` bounds the key packets, of any version; ``work`` is the mail's. Passphrase
    packets and what :func:`is_passed_over` are dropped. Raises :class:`PacketError`:
    ``NO_INTEGRITY`` for tag 9, ``UNSUPPORTED`` for AEAD containers and packets that this reader
    does not know, ``TOO_MANY_RECIPIENTS`` beyond ``most_keys``, ``TOO_LARGE`` for more packets
    and pieces than ``work`` has left, else ``UNREADABLE``.
    """
    stream = Stream(pieces_of(read, span.offset, span.length), work or Work(span.length))
    keys = _KeyPackets(most_keys)
    for _ in range(most_keys + 1 + MAX_OTHER_PACKETS):
        start = stream.position
        header = read_header(stream)
        if header is None:
            raise unreadable("no encrypted data")
        if header.tag == SEIPD:
            _walk_seipd(stream, header)
            length = stream.position - start
            _check_nothing_follows(stream)
            return EncryptedMessage(tuple(keys.found), Span(span.offset + start, length))
        keys.take(stream, header)
    raise unreadable("too many packets")


class _KeyPackets:
    """Keeps v3 key packets, passes over what may stand beside them, refuses the rest."""

    def __init__(self, most: int) -> None:
        self._left = most
        self.found: list[bytes] = []

    def take(self, stream: Stream, header: Header) -> None:
        if is_passed_over(header.tag):
            for _ in read_body(stream, header):
                pass
            return
        _check_known(header.tag)
        content = small_body(stream, header, MAX_KEY_PACKET_BYTES)
        if header.tag == PKESK:
            self._left -= 1
            if self._left < 0:
                raise PacketError(Why.TOO_MANY_RECIPIENTS, "too many key packets")
            if content[:1] == b"\x03":
                self.found.append(content)


def _check_known(tag: int) -> None:
    """Refuse what is no key packet, each with its own reason."""
    if tag == SED:
        raise PacketError(Why.NO_INTEGRITY, "encrypted data without integrity protection")
    if tag == GNUPG_AEAD:
        raise PacketError(Why.UNSUPPORTED, "AEAD encrypted data (tag 20)")
    if tag and tag not in _KNOWN:
        raise PacketError(Why.UNSUPPORTED, f"critical packet {tag}, which is not known")
    if tag not in {PKESK, SKESK}:
        raise unreadable(f"packet {tag} in front of the encrypted data")


def _walk_seipd(stream: Stream, header: Header) -> None:
    """Pass over the encrypted data packet, to its end; its version must be 1."""
    content = content_of(stream, header)
    version = content.some(1)
    if version == b"\x02":
        raise PacketError(Why.UNSUPPORTED, "AEAD encrypted data (version 2)")
    if version != b"\x01":
        raise unreadable("unknown version of encrypted data")
    for _ in content.rest():
        pass


def _check_nothing_follows(stream: Stream) -> None:
    """Refuse a second message behind the first: it would be lost without a word.

    Blanks are what transports add; packets that say nothing may stand here too.
    """
    for _ in range(MAX_OTHER_PACKETS):
        first = stream.some(1)
        if not first:
            return
        if first in _BLANKS:
            if any(piece.strip(b"\0\r\n\t ") for piece in stream.rest()):
                break
            return
        header = header_from(first, stream)
        if not is_passed_over(header.tag):
            break
        for _ in read_body(stream, header):
            pass
    raise unreadable("more data behind the encrypted data")
