"""Decryption of a body (SEIPD version 1), in memory, bounded in every direction.

A body's integrity (MDC) is checked before it is read: nothing a sender without the session key
could have changed is ever parsed or decompressed, and no answer can depend on it. A small one is
held meanwhile, a large one decrypted twice.
"""

import bz2
import hashlib
import hmac
import zlib
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import NamedTuple, Protocol

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

from rmp_milter.calls.memory import room_for
from rmp_milter.calls.protocol.message import Span, Why
from rmp_milter.keeper.openpgp import packets
from rmp_milter.keeper.openpgp.grammar import Order, pass_over
from rmp_milter.keeper.openpgp.packets import (
    CHUNK,
    MAX_SIGNATURE_BYTES,
    MAX_SIGNATURES,
    PacketError,
    ReadAt,
    Stream,
    content_of,
    pieces_of,
    read_body,
    read_header,
    unreadable,
)
from rmp_milter.keeper.openpgp.sessionkey import SessionKey
from rmp_milter.keeper.openpgp.work import Work

MAX_DEPTH = 4
HELD = 1 << 18
"""Octets of a body that is held decrypted until its end was seen, and not decrypted twice."""
_PREFIX = 18  # a random block and its last two bytes again
_MDC = 22  # D3 14 and a SHA-1
_TEXTUAL = {b"t", b"u", b"m"}  # text, UTF-8, a MIME entity (GnuPG)
_NO_MEMORY = "Error -4 "  # how the zlib module tells Z_MEM_ERROR


class Plain(NamedTuple):
    """What a body held: the literal data, its file name, the signature packets.

    ``textual`` says that the literal calls itself text. Like the name, nobody signed that.
    """

    data: bytes
    name: str
    signatures: tuple[bytes, ...]
    textual: bool = False

    def __repr__(self) -> str:
        return f"Plain({len(self.data)} bytes)"


def decrypt(
    read: ReadAt, body: Span, key: SessionKey, limit: int, work: Work | None = None
) -> Plain:
    """Decrypt the encrypted data packet at ``body``; at most ``limit`` bytes come out.

    ``work`` is what may be spent on the whole mail; by itself a body has its own.
    Raises :class:`PacketError`: ``UNREADABLE`` where integrity does not hold, and only
    after it held ``TOO_LARGE`` or ``UNSUPPORTED``.
    """
    stream = Stream(_checked(read, body, key), work or Work(body.length, limit))
    reader = _Reader(limit, min(limit, body.length))
    reader.read(stream, MAX_DEPTH)
    for _ in stream.rest():  # the memory of a large one is the caller's: it is checked again
        pass
    return reader.result()


def _checked(read: ReadAt, body: Span, key: SessionKey) -> Iterable[bytes]:
    """Return what :func:`_clear` yields, once all of it was seen to be whole."""
    if body.length <= HELD:
        return list(_clear(read, body, key))
    for _ in _clear(read, body, key):
        pass
    return _clear(read, body, key)


def _clear(read: ReadAt, body: Span, key: SessionKey) -> Iterator[bytes]:
    """Yield the packets inside, prefix and MDC off; raise at the end unless they match."""
    cipher = Cipher(algorithms.AES(key.key), CFB(bytes(16))).decryptor()
    digest = hashlib.sha1(usedforsecurity=False)
    skip, held = _PREFIX, b""
    for piece in _encrypted(read, body):
        held += cipher.update(piece)
        if len(held) <= _MDC + skip:
            continue
        digest.update(memoryview(held)[:-_MDC])
        yield held[skip:-_MDC]
        skip, held = 0, held[-_MDC:]
    digest.update(held[:2])
    if len(held) != _MDC or held[:2] != b"\xd3\x14":
        raise unreadable("no modification detection code")
    if not hmac.compare_digest(digest.digest(), held[2:]):
        raise unreadable("the modification detection code does not fit")


def _encrypted(read: ReadAt, body: Span) -> Iterator[bytes]:
    """Yield the ciphertext of the packet at ``body``, its version octet off."""
    stream = Stream(pieces_of(read, body.offset, body.length))
    header = read_header(stream)
    if header is None or header.tag != packets.SEIPD:
        raise unreadable("no encrypted data")
    content = Stream(read_body(stream, header))
    if content.some(1) != b"\x01":
        raise unreadable("unknown version of encrypted data")
    return content.rest()


class _Reader:
    """Reads the packets inside a body, in the order that :mod:`.grammar` allows."""

    def __init__(self, limit: int, likely: int) -> None:
        self._left = limit
        self._likely = likely
        self._data: BytesIO | None = None
        self._name = ""
        self._textual = False
        self._signatures: list[bytes] = []

    def result(self) -> Plain:
        if self._data is None:
            raise unreadable("no literal data")
        return Plain(self._data.getvalue(), self._name, tuple(self._signatures), self._textual)

    def read(self, stream: Stream, depth: int) -> None:
        order = Order()
        while header := read_header(stream):
            order.take(header.tag)
            self._take(header.tag, content_of(stream, header), depth)
        order.end()

    def _take(self, tag: int, body: Stream, depth: int) -> None:
        if tag == packets.LITERAL:
            self._literal(body)
        elif tag == packets.COMPRESSED:
            self._compressed(body, depth)
        elif tag == packets.SIGNATURE:
            self._signature(body)
        else:
            pass_over(tag, body)

    def _literal(self, body: Stream) -> None:
        """Take the literal data (RFC 9580, 5.9)."""
        self._textual = body.exactly(1) in _TEXTUAL
        self._name = body.exactly(body.exactly(1)[0]).decode(errors="replace")
        body.exactly(4)
        self._data = room_for(self._likely)
        for piece in body.rest():
            self._left -= len(piece)
            if self._left < 0:
                raise PacketError(Why.TOO_LARGE, "the decrypted data is too large")
            self._data.write(piece)
        self._data.truncate()

    def _signature(self, body: Stream) -> None:
        content = body.at_most(MAX_SIGNATURE_BYTES)
        self._signatures.append(packets.frame(packets.SIGNATURE, content))
        if len(self._signatures) > MAX_SIGNATURES:
            raise unreadable("too many signatures")

    def _compressed(self, body: Stream, depth: int) -> None:
        if not depth:
            raise PacketError(Why.UNSUPPORTED, "nested too deeply")
        algorithm = body.exactly(1)[0]
        if algorithm not in _DECOMPRESSORS:
            raise PacketError(Why.UNSUPPORTED, f"compression {algorithm}")
        # What is no literal data (padding, signatures) is decompressed too: bound it all.
        clear = _bounded(_DECOMPRESSORS[algorithm](body.rest()), _COST[algorithm], body.work)
        self.read(Stream(clear, body.work), depth - 1)
        for _ in body.rest():  # what the compression leaves over would be read as packets
            pass


def _bounded(pieces: Iterable[bytes], cost: int, work: Work) -> Iterator[bytes]:
    for piece in pieces:
        work.take_octets(cost * len(piece))
        yield piece


class _Inflater(Protocol):
    """What zlib's and our wrapper of bz2's decompressors have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Bzip2:
    """bz2's decompressor with zlib's way of asking for more output."""

    def __init__(self) -> None:
        self._inner = bz2.BZ2Decompressor()

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unconsumed_tail(self) -> bytes:
        return b""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        return self._inner.decompress(data, max_length)


def _inflated(pieces: Iterable[bytes], inflater: _Inflater) -> Iterator[bytes]:
    """Yield the decompressed data in pieces of bounded size, to the end of its stream."""
    for piece in pieces:
        rest = piece
        while True:
            clear = _decompressed(inflater, rest)
            rest = inflater.unconsumed_tail
            yield clear
            if inflater.eof or (len(clear) < CHUNK and not rest):
                break
        if inflater.eof:
            break
    if not inflater.eof:
        raise unreadable("the compressed data is cut short")


def _decompressed(inflater: _Inflater, data: bytes) -> bytes:
    """Decompress a little; damage is told from a lack of memory, which is no fault of a mail."""
    try:
        return inflater.decompress(data, CHUNK)
    except (zlib.error, OSError, ValueError, EOFError) as error:
        if str(error).startswith(_NO_MEMORY):
            raise MemoryError from error
        raise unreadable("damaged compression") from error


_DECOMPRESSORS: dict[int, Callable[[Iterable[bytes]], Iterator[bytes]]] = {
    0: iter,  # not compressed
    1: lambda pieces: _inflated(pieces, zlib.decompressobj(-15)),
    2: lambda pieces: _inflated(pieces, zlib.decompressobj()),
    3: lambda pieces: _inflated(pieces, _Bzip2()),
}
_COST = {0: 1, 1: 1, 2: 1, 3: 4}  # bzip2 is many times slower
