"""An OpenPGP certificate out of a file: parsed by the library, nothing of it verified yet."""

from typing import Literal

from openpgp.composed import SignedPublicKey
from openpgp.packet import PublicKey, PublicSubkey

from rmp_milter.certificates import armor
from rmp_milter.certificates.packets import (
    MARKER,
    NOT_CRITICAL,
    PADDING,
    PUBLIC_KEY,
    PUBLIC_SUBKEY,
    SECRET_KEY,
    SECRET_SUBKEY,
    SIGNATURE,
    TRUST,
    USER_ATTRIBUTE,
    USER_ID,
    FramingError,
    NoPacketError,
    Packet,
    packets,
)

MAX_CERTIFICATE = 1 << 20  # bytes
MAX_PACKETS = 2000  # each signature is one; the library takes long over many
MAX_RSA_BITS = 8192
"""More the library does not read; nor is there need of more."""
MAX_DSA_BITS, MAX_DSA_ORDER = 3072, 256
"""Of p and q (FIPS 186-4): nobody has more, and each bit costs whoever verifies time."""

KeyPacket = PublicKey | PublicSubkey
Reason = Literal[
    "unreadable", "secret", "several", "not-alone", "expired", "revoked", "no-encryption-key",
    "unsupported", "too-long", "weak", "weak-hash", "not-yet-valid", "no-self-signature",
]  # fmt: skip

WORDS: dict[Reason, str] = {
    "unreadable": "this is not an OpenPGP certificate",
    "secret": "this is a secret key; export the public one and keep this to yourself",
    "several": "the file holds several certificates; give one",
    "not-alone": "the file holds something else beside the certificate; give it alone",
    "expired": "the key is expired",
    "revoked": "the key is revoked",
    "no-encryption-key": "the certificate has no key for encryption",
    "unsupported": "the key is of a kind that is not supported (RSA, Curve25519 and NIST's curves "
    "are; Brainpool's, version 6 and post-quantum keys are not)",
    "too-long": f"the key is too long (RSA may have {MAX_RSA_BITS} bits, DSA 3072)",
    "weak": "the key is too short (RSA and DSA need 2048 bits or more)",
    "weak-hash": "the key's own signatures are made with MD5 or SHA-1, which can be forged; "
    "prolong it with a present program, which signs it anew",
    "not-yet-valid": "the key is valid only from a later date on",
    "no-self-signature": "the key carries no valid signature of its owner",
}
_PARTS = frozenset({SIGNATURE, TRUST, USER_ID, PUBLIC_SUBKEY, USER_ATTRIBUTE})
_PASSED_OVER = frozenset({MARKER, PADDING})
_SECRETS = frozenset({SECRET_KEY, SECRET_SUBKEY})
_RSA, _DSA = frozenset({b"\1", b"\2", b"\3"}), b"\x11"
_VERSIONS = frozenset({4, 6})  # what the library reads; version 6 is told apart later


class CertificateError(ValueError):
    """A certificate that cannot be used; ``reason`` is a word, ``str`` says it in full."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(WORDS[reason])
        self.reason: Reason = reason


def parse(data: bytes) -> SignedPublicKey:
    """Return the library's view of exactly one certificate, armored or binary.

    Raises :class:`CertificateError`.
    """
    if len(data) > MAX_CERTIFICATE:
        raise CertificateError("unreadable")
    binary = data if _is_binary(data) else _unarmored(data)
    _check_packets(binary)
    try:
        (found,) = SignedPublicKey.from_bytes_many(binary)
    except (ValueError, UnicodeError) as error:
        raise CertificateError("unreadable") from error
    return found


def _is_binary(data: bytes) -> bool:
    """Tell a binary certificate by its first packet's type; armor may stand in any text."""
    first = data[0] if data else 0
    tag = first & 0x3F if first & 0x40 else first >> 2 & 15
    return first & 0x80 != 0 and tag in {PUBLIC_KEY, *_SECRETS, *_PASSED_OVER}


def _unarmored(data: bytes) -> bytes:
    """Return the octets of the one armored block; raise for none, and for more than one."""
    kinds = armor.kinds(data)
    if armor.PRIVATE in kinds:
        raise CertificateError("secret")
    if armor.PUBLIC not in kinds:
        raise CertificateError("unreadable")
    if len(kinds) > 1:
        raise CertificateError("several" if kinds.count(armor.PUBLIC) > 1 else "not-alone")
    try:
        return armor.content(data)
    except ValueError as error:
        raise CertificateError("unreadable") from error


def _check_packets(data: bytes) -> None:
    """Raise where the packets are not those of one certificate that the library can read."""
    begun = False
    try:
        for count, packet in enumerate(packets(data)):
            if count == MAX_PACKETS:
                raise CertificateError("unreadable")
            if packet.tag not in _PASSED_OVER:
                _check_packet(packet, begun=begun)
                begun = True
    except NoPacketError as error:
        raise CertificateError("not-alone" if begun else "unreadable") from error
    except FramingError as error:
        raise CertificateError("unreadable") from error
    if not begun:
        raise CertificateError("unreadable")


def _check_packet(packet: Packet, *, begun: bool) -> None:
    """Raise where a packet has no place in a certificate, of which some is ``begun`` or not."""
    if packet.tag in _SECRETS:
        raise CertificateError("secret")
    if packet.tag == PUBLIC_KEY and begun:
        raise CertificateError("several")
    if packet.tag != PUBLIC_KEY and not begun:
        raise CertificateError("unreadable")
    if packet.tag in {PUBLIC_KEY, PUBLIC_SUBKEY}:
        _check_key(packet.content, primary=not begun)
    elif packet.tag not in _PARTS and packet.tag < NOT_CRITICAL:
        raise CertificateError("not-alone")


def _check_key(content: bytes, *, primary: bool) -> None:
    """Raise for keys that the library refuses without saying why (RFC 9580, 5.5.2)."""
    version = content[0] if content else 0
    if primary and version not in _VERSIONS:
        raise CertificateError("unsupported")
    if version == 4 and _is_too_long(content[5:6], content[6:]):  # noqa: PLR2004 -- as above
        raise CertificateError("too-long")


def _is_too_long(algorithm: bytes, numbers: bytes) -> bool:
    """Judge the size of an RSA or DSA key by its first numbers (RFC 9580, 3.2, 5.5.5)."""
    first = int.from_bytes(numbers[:2])
    if algorithm in _RSA:
        return first > MAX_RSA_BITS
    second = numbers[2 + (first + 7) // 8 :]
    order = int.from_bytes(second[:2])
    return algorithm == _DSA and (first > MAX_DSA_BITS or order > MAX_DSA_ORDER)
