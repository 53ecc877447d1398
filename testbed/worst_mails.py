"""The worst mails known: what a stranger sends to keep the service busy, by kind and size.

Each is made of the service's certificate alone, which everybody has. A kind takes a target and
a size, and gives a mail of about that size (never much less than what its kind needs).
"""

import base64
import hashlib
import os
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from openpgp.composed import SignedPublicSubKey
from openpgp.util import encrypt_session_key_to_recipient

from rmp_milter.certificates import encryption_keys
from rmp_milter.keeper.openpgp.work import LEAST_OCTETS, OCTETS
from testbed import mime, shapes

SIGNATURE, COMPRESSED, MARKER, LITERAL, SEIPD, PADDING = 2, 8, 10, 11, 18, 21
_MIB = 1 << 20


@dataclass(frozen=True)
class Target:
    """Whom a mail is for, and from whom it says it is; ``known`` is an enrolled key's id."""

    certificate: bytes
    sender: str = "eve@stranger.test"
    recipient: str = "rmp@service.test"
    known: bytes = bytes(8)


Maker = Callable[[Target, int], bytes]


def packet(tag: int, content: bytes) -> bytes:
    """Return a packet with a length of five octets (RFC 9580, 4.2.1)."""
    return bytes((0xC0 | tag, 0xFF)) + len(content).to_bytes(4) + content


def in_octets(tag: int, content: bytes) -> bytes:
    """Return a packet whose content stands in partial lengths of one octet each."""
    pieces = b"".join(b"\xe0" + content[at : at + 1] for at in range(len(content)))
    return bytes((0xC0 | tag,)) + pieces + b"\0"


def compressed(inside: bytes, times: int = 1) -> bytes:
    """Return the packets compressed, as often as that."""
    for _ in range(times):
        inside = packet(COMPRESSED, b"\x02" + zlib.compress(inside, 9))
    return inside


def literal(data: bytes, name: bytes = b"") -> bytes:
    """Return a literal packet (RFC 9580, 5.9)."""
    return packet(LITERAL, b"b" + bytes((len(name),)) + name + bytes(4) + data)


def sealed(inside: bytes, key_packets: Callable[[bytes], bytes]) -> bytes:
    """Return a binary message around ready-made packets; ``key_packets`` come in front."""
    key, prefix = os.urandom(32), os.urandom(16)
    clear = prefix + prefix[-2:] + inside + b"\xd3\x14"
    clear += hashlib.sha1(clear, usedforsecurity=False).digest()
    cipher = Cipher(algorithms.AES(key), CFB(bytes(16))).encryptor()
    return key_packets(key) + packet(SEIPD, b"\x01" + cipher.update(clear))


def to_the_service(target: Target) -> Callable[[bytes], bytes]:
    """Return what makes the one key packet of an honest mail."""
    reader = encryption_keys(target.certificate, int(time.time()))[0]

    def made(key: bytes) -> bytes:
        return encrypt_session_key_to_recipient(
            key, reader, version="seipd-v1", symmetric_algorithm="aes256"
        ).to_bytes()

    return made


def armored(message: bytes) -> bytes:
    """Return the message in armor, without a checksum."""
    lines = base64.encodebytes(message)
    return b"-----BEGIN PGP MESSAGE-----\n\n" + lines + b"-----END PGP MESSAGE-----\n"


def _top(target: Target) -> bytes:
    headers = mime.top(target.sender, target.recipient, "...")
    return mime.entity(headers, b"").removesuffix(mime.CRLF)


def _mail(target: Target, inside: bytes, size: int = 0) -> bytes:
    """Return a PGP/MIME mail whose body holds the packets, filled up to the size."""
    filling = packet(PADDING, os.urandom(max(0, _octets_for(size) - len(inside))))
    message = sealed(filling + inside, to_the_service(target))
    return _top(target) + shapes.encrypted(armored(message))


def _let_out(size: int) -> int:
    """Return how much of compressed data the service lets out of a mail of that size."""
    return min(60 * _MIB, (LEAST_OCTETS + OCTETS * _octets_for(size)) * 9 // 10)


def _octets_for(size: int) -> int:
    """Return how many octets of packets make a mail of that size."""
    return max(64, (size - 1600) * 3 // 4 * 64 // 65)


def _repeated(piece: bytes, octets: int) -> bytes:
    return piece * max(1, octets // len(piece))


# OpenPGP: packets inside.


def partial_lengths(target: Target, size: int) -> bytes:
    """Write partial lengths of one octet, compressed three times: each takes as long as 8 KiB."""
    one = in_octets(60, bytes(200_000))
    return _mail(target, _repeated(compressed(one * 128, 3), _octets_for(size)))


def small_packets(target: Target, size: int) -> bytes:
    """Write packets of nothing, compressed three times."""
    one = packet(PADDING, b"")[:1] + b"\0"
    return _mail(target, _repeated(compressed(one * (16 * _MIB), 3), _octets_for(size)))


def many_bombs(target: Target, size: int) -> bytes:
    """Write padding that fits the bounds of one packet, in many compressed packets."""
    one = compressed(packet(PADDING, bytes(60 * _MIB)))
    return _mail(target, _repeated(compressed(one * 64, 2), _octets_for(size)))


def many_signatures(target: Target, size: int) -> bytes:
    """Write sixteen signatures that name an enrolled key, over zeros: each hashes all of them."""
    signatures = b"".join(_signature(target.known, at) for at in range(16))
    inside = signatures + literal(_words(_repeated(b"\r\n", _let_out(size))))
    return _mail(target, compressed(inside, 2), size)


def _signature(issuer: bytes, number: int) -> bytes:
    """Return a signature (RFC 9580, 5.2.3) that nobody made."""
    created = b"\x05\x02" + (int(time.time()) - number).to_bytes(4)
    named = b"\x09\x10" + issuer
    content = b"\x04\x00\x16\x0a" + len(created).to_bytes(2) + created
    content += (
        len(named).to_bytes(2) + named + bytes(2) + (b"\x01\x00" + b"\x80" + bytes(31)) * 2
    )
    return packet(SIGNATURE, content)


def anonymous_keys(target: Target, size: int) -> bytes:
    """Write key packets that name nobody, in as many bodies as there is room for."""
    bits = _modulus(target)
    noise = bits.to_bytes(2) + b"\x01" + bytes(bits // 8 - 1)
    one = packet(1, b"\x03" + bytes(8) + b"\x01" + noise)
    most = max(1, _octets_for(size) // len(one))
    counts = [64] * (most // 64) + ([most % 64] if most % 64 else [])
    inside = literal(b"Patient : DUPONT Jean\r\n")
    bodies = [sealed(inside, _repeating(one * count)) for count in counts[:128]]
    files = [mime.file_part(f"{at}.pgp", body) for at, body in enumerate(bodies[1:])]
    return _top(target) + mime.multipart("mixed", [mime.ascii_part(armored(bodies[0])), *files])


def _repeating(packets: bytes) -> Callable[[bytes], bytes]:
    return lambda _key: packets


def _modulus(target: Target) -> int:
    reader = encryption_keys(target.certificate, int(time.time()))[0]
    key = reader.key if isinstance(reader, SignedPublicSubKey) else reader
    return key.public_params.rsa_bits or 2048


# MIME, HTML and text inside.


def _words(text: bytes) -> bytes:
    return b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + text


def lines_inside(target: Target, size: int) -> bytes:
    """Write millions of lines that each look like a header's, compressed."""
    return _mail(
        target, compressed(literal(_words(_repeated(b"De : x\r\n", _let_out(size)))), 2), size
    )


def parts_inside(target: Target, size: int) -> bytes:
    """Write multiparts in multiparts, each with all the others' boundaries in it, compressed."""
    return _mail(target, compressed(literal(nested(_let_out(size))), 2), size)


def nested(size: int, depth: int = 18) -> bytes:
    """Return multiparts in one another, above lines that look like each one's boundary."""
    opening = b"Content-Type: multipart/mixed; boundary="
    heads = b"".join(
        opening + b"-" * (at + 1) + b"\r\n\r\n--" + b"-" * (at + 1) + b"\r\n"
        for at in range(depth)
    )
    return heads + b"\r\n" + b"\r\n------------x" * (size // 15)


def page_inside(target: Target, size: int) -> bytes:
    """Write an endless page of open tags and references, compressed."""
    page = _repeated(b"<p><b style='color:white'>&am", _let_out(size))
    head = b"Content-Type: text/html; charset=utf-8\r\n\r\n"
    return _mail(target, compressed(literal(head + page), 2), size)


def key_blocks(target: Target, size: int) -> bytes:
    """Write key files in which certificates begin and none ends, compressed."""
    file = b"-----BEGIN PGP PUBLIC KEY BLOCK-----\r\n" * 13_000
    count = _let_out(size) // len(file)
    return _mail(target, compressed(literal(_files("a.asc", file, min(count, 150))), 2), size)


def key_packets_in_files(target: Target, size: int) -> bytes:
    """Write key files of packets of nothing, compressed."""
    return _mail(
        target, compressed(literal(_files("a.asc", b"\xca\x00" * 250_000, 40)), 2), size
    )


def pages_inside(target: Target, size: int) -> bytes:
    """Write a hundred pages of paragraphs that are readings of one text, compressed."""
    page = b"Content-Type: text/html; charset=utf-8\r\n\r\n" + b"<p>a" * 20_000
    return _mail(target, compressed(literal(_multipart([page] * 100, "alternative")), 2), size)


def quotations_inside(target: Target, size: int) -> bytes:
    """Write forwarded mails in one another, compressed."""
    text = _repeated(b"-----Message d'origine-----\r\n", _let_out(size))
    return _mail(target, compressed(literal(_words(text)), 2), size)


def attributions_inside(target: Target, size: int) -> bytes:
    """Write texts of lines that may each end an attribution, compressed."""
    text = _words("a écrit :\n".encode() * 5000)
    return _mail(target, compressed(literal(_multipart([text] * 100)), 2), size)


def laboratory_files(target: Target, size: int) -> bytes:
    """Write laboratory files of signs that no charset tells, compressed."""
    head = b"1\nDUPONT\nJEAN\n\n\n75000 PARIS\n01/02/1950\n\n1\n01/01/2026\nx\ny\n"
    file = head + b"\x8e\xe9\n" * 12_000
    return _mail(target, compressed(literal(_files("a.hpr", file, 150)), 2), size)


def _multipart(parts: list[bytes], subtype: str = "mixed") -> bytes:
    return mime.multipart(subtype, parts)


def _files(name: str, data: bytes, count: int) -> bytes:
    head = f"Content-Type: a/b\r\nContent-Disposition: attachment; filename={name}\r\n\r\n"
    text = _words(b"Patient : DUPONT Jean\r\n")
    return _multipart([text, *[head.encode() + data] * count])


# Before anything is decrypted.


def parts_in_clear(target: Target, size: int) -> bytes:
    """Write the same multiparts in one another, without any encryption."""
    return _top(target) + nested(size)


def page_in_clear(target: Target, size: int) -> bytes:
    """Write a page of open tags that may hold armor."""
    head = b"Content-Type: text/html; charset=utf-8\r\n\r\n"
    return _top(target) + head + _repeated(b"<div&lt;&gt", size)


def fields_without_end(target: Target, size: int) -> bytes:
    """Write header fields, each as long as a line may be; the bounds end it."""
    return _top(target) + _repeated(b"X-A: " + b"a;b=c;" * 40 + b"\r\n", size) + b"\r\n"


def short_fields(target: Target, size: int) -> bytes:
    """Write a header of the shortest lines there are."""
    return _top(target) + _repeated(b"a:\n", size) + b"\r\n"


def soft_breaks(target: Target, size: int) -> bytes:
    """Write armor with a soft line break behind each five characters."""
    head = b"Content-Type: text/plain\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\n"
    return _top(target) + head + _repeated(b"=\nAAAAA", size)


def armor_in_a_page(target: Target, size: int) -> bytes:
    """Write a page of tags and references with armor all over it."""
    block = armored(sealed(literal(b"x"), to_the_service(target)))
    head = b"Content-Type: text/html; charset=utf-8\r\n\r\n"
    return _top(target) + head + (_repeated(b"<p>&amp;&lt;", size // 16) + block) * 16


def pages_with_armor(target: Target, size: int) -> bytes:
    """Write many pages with armor, each of which is looked at for words around it."""
    block = armored(sealed(literal(b"x"), to_the_service(target)))
    head = b"Content-Type: text/html; charset=utf-8\r\n\r\n"
    pages = [head + _repeated(b"<p>x</p>", size // 150) + block] * 150
    return _top(target) + _multipart(pages)


KINDS: Mapping[str, Maker] = {
    "partial lengths": partial_lengths,
    "small packets": small_packets,
    "many bombs": many_bombs,
    "many signatures": many_signatures,
    "anonymous keys": anonymous_keys,
    "lines inside": lines_inside,
    "parts inside": parts_inside,
    "page inside": page_inside,
    "pages inside": pages_inside,
    "quotations inside": quotations_inside,
    "attributions inside": attributions_inside,
    "key blocks": key_blocks,
    "key packets in files": key_packets_in_files,
    "laboratory files": laboratory_files,
    "parts in clear": parts_in_clear,
    "page in clear": page_in_clear,
    "fields without end": fields_without_end,
    "short fields": short_fields,
    "soft breaks": soft_breaks,
    "armor in a page": armor_in_a_page,
    "pages with armor": pages_with_armor,
}
