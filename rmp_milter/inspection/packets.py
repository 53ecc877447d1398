"""What an encrypted OpenPGP message shows without any key: readers and container."""

from contextlib import suppress
from enum import StrEnum
from typing import NamedTuple

from rmp_milter.calls.protocol.message import Span
from rmp_milter.keeper.openpgp import packets
from rmp_milter.keeper.openpgp.packets import (
    MAX_KEY_PACKET_BYTES,
    Header,
    PacketError,
    ReadAt,
    Stream,
    pieces_of,
    read_body,
    read_header,
    small_body,
)

MAX_SHOWN = 320
"""Packets that are looked at, more than any service is set to read."""
_FINGERPRINTS = {4: 20, 6: 32}  # octets, by key version (RFC 9580, 5.1.2)


class Protection(StrEnum):
    """In what the data are encrypted."""

    SEIPD_V1 = "SEIPDv1"
    SEIPD_V2 = "SEIPDv2 (AEAD)"
    GNUPG_AEAD = "AEAD (tag 20)"
    ENVELOPED = "EnvelopedData"  # CMS, as S/MIME has it (RFC 5652, 6)
    AUTH_ENVELOPED = "AuthEnvelopedData"  # likewise (RFC 5083)
    NONE = "no integrity protection"
    UNKNOWN = "not found"


class Wrapping(NamedTuple):
    """``key_ids`` are lower-case hex, all zeros for a hidden reader (RFC 9580, 5.1.8).

    ``passphrase`` says that a passphrase opens the message too.
    """

    protection: Protection
    key_ids: tuple[str, ...]
    passphrase: bool


def wrapping_of(read: ReadAt, span: Span) -> Wrapping:
    """Return what the message at ``span`` shows; never raises on what a mail may hold."""
    looking = _Looking(Stream(pieces_of(read, span.offset, span.length)))
    with suppress(PacketError):  # what was seen before the damage is still worth telling
        looking.walk()
    return Wrapping(looking.protection, tuple(looking.key_ids), looking.passphrase)


class _Looking:
    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.protection = Protection.UNKNOWN
        self.key_ids: list[str] = []
        self.passphrase = False

    def walk(self) -> None:
        """Go from packet to packet, as far as the encrypted data."""
        for _ in range(MAX_SHOWN):
            header = read_header(self._stream)
            if header is None or self._is_data(header):
                return
            self._look(header)

    def _is_data(self, header: Header) -> bool:
        if header.tag == packets.SED:
            self.protection = Protection.NONE
        elif header.tag == packets.GNUPG_AEAD:
            self.protection = Protection.GNUPG_AEAD
        elif header.tag == packets.SEIPD:
            version = Stream(read_body(self._stream, header)).some(1)
            self.protection = _BY_VERSION.get(version, Protection.UNKNOWN)
        else:
            return False
        return True

    def _look(self, header: Header) -> None:
        if packets.is_passed_over(header.tag):
            for _ in read_body(self._stream, header):
                pass
            return
        content = small_body(self._stream, header, MAX_KEY_PACKET_BYTES)
        if header.tag == packets.PKESK:
            self.key_ids.append(_key_id(content))
        elif header.tag == packets.SKESK:
            self.passphrase = True


_BY_VERSION = {b"\x01": Protection.SEIPD_V1, b"\x02": Protection.SEIPD_V2}


def _key_id(content: bytes) -> str:
    """Return whom a key packet is for (RFC 9580, 5.1): version 3, or 6 with a fingerprint."""
    if content[:1] != b"\x06":
        return content[1:9].hex()
    version, fingerprint = content[2:3], content[3:]
    size = _FINGERPRINTS.get(version[0] if version else 0, 0)
    # Of a version 4 fingerprint the last octets are the key id, of version 6 the first.
    return (fingerprint[:8] if size == 32 else fingerprint[12:size]).hex() or bytes(8).hex()  # noqa: PLR2004 -- RFC 9580, 5.5.4.3
