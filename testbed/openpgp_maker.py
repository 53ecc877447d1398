"""OpenPGP keys, signatures and certificates, packet by packet: any hash, date or subpacket.

For tests of what is judged only. Version 4 unless said otherwise; nothing here is checked,
so that what no program would write can be written too.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature

PUBLIC_KEY, USER_ID, PUBLIC_SUBKEY, SIGNATURE = 6, 13, 14, 2
CERTIFY, SIGN, ENCRYPT = 0x01, 0x02, 0x0C
DIRECT, CERTIFICATION, BINDING, BACK, SUBKEY_REVOKED = 0x1F, 0x13, 0x18, 0x19, 0x28
KEY_REVOKED, CERTIFICATION_REVOKED, BINARY = 0x20, 0x30, 0x00
MD5, SHA1, SHA256, SHA384, SHA512, SHA224 = 1, 2, 8, 9, 10, 11

_HASHES = {1: "md5", 2: "sha1", 8: "sha256", 9: "sha384", 10: "sha512", 11: "sha224"}
# DigestInfo of each (RFC 9580, 5.2.2).
_DIGEST_INFO = {
    1: "3020300c06082a864886f70d020505000410",
    2: "3021300906052b0e03021a05000414",
    8: "3031300d060960864801650304020105000420",
    9: "3041300d060960864801650304020205000430",
    10: "3051300d060960864801650304020305000440",
    11: "302d300d06096086480165030402040500041c",
}
_ED25519 = bytes.fromhex("092b06010401da470f01")
_CURVE25519 = bytes.fromhex("0a2b060104019755010501")
_CURVES: dict[str, tuple[type[ec.EllipticCurve], bytes]] = {
    "p256": (ec.SECP256R1, bytes.fromhex("082a8648ce3d030107")),
    "p384": (ec.SECP384R1, bytes.fromhex("052b81040022")),
    "p521": (ec.SECP521R1, bytes.fromhex("052b81040023")),
    "brainpool256": (ec.BrainpoolP256R1, bytes.fromhex("092b2403030208010107")),
}
_KDF = bytes.fromhex("03010807")
_V4, _V6 = 4, 6
_OLD_FORMAT_LONG = 8384


def mpi(number: int) -> bytes:
    """Return a multiprecision integer (RFC 9580, 3.2)."""
    bits = number.bit_length()
    return bits.to_bytes(2) + number.to_bytes((bits + 7) // 8)


def packet(tag: int, content: bytes) -> bytes:
    """Return a packet in the new format."""
    return bytes((0xC0 | tag,)) + _length(len(content)) + content


def _length(size: int) -> bytes:
    if size < 192:  # noqa: PLR2004 -- one octet (RFC 9580, 4.2.1)
        return bytes((size,))
    if size < _OLD_FORMAT_LONG:
        return bytes((((size - 192) >> 8) + 192, (size - 192) & 0xFF))
    return b"\xff" + size.to_bytes(4)


def subpacket(kind: int, content: bytes, *, critical: bool = False) -> bytes:
    """Return a signature subpacket of any type."""
    return _length(len(content) + 1) + bytes((kind | (0x80 if critical else 0),)) + content


def made_at(moment: int, *, critical: bool = False) -> bytes:
    """Say when the signature was made."""
    return subpacket(2, moment.to_bytes(4), critical=critical)


def lasts(seconds: int) -> bytes:
    """Say how long the signature is valid."""
    return subpacket(3, seconds.to_bytes(4))


def key_lasts(seconds: int) -> bytes:
    """Say how long the key is valid, from its creation."""
    return subpacket(9, seconds.to_bytes(4))


def may(*flags: int) -> bytes:
    """Say what the key may be used for; none at all forbids everything."""
    return subpacket(27, bytes((sum(flags),)))


def notation(name: str, value: str = "x", *, critical: bool = True) -> bytes:
    """Return a notation (RFC 9580, 5.2.3.24)."""
    sizes = len(name).to_bytes(2) + len(value).to_bytes(2)
    return subpacket(
        20, b"\x80\0\0\0" + sizes + name.encode() + value.encode(), critical=critical
    )


def because(code: int) -> bytes:
    """Return a reason for revocation: 0 none, 1 superseded, 2 compromised, 3 retired."""
    return subpacket(29, bytes((code,)))


@dataclass(frozen=True)
class Key:
    """A key pair: the public packet's content, and how it signs a digest."""

    public: bytes
    _sign: Callable[[bytes, int], bytes] | None = None

    @property
    def created(self) -> int:
        """When it was made, epoch seconds."""
        return int.from_bytes(self.public[1:5])

    @property
    def version(self) -> int:
        """The key packet's version."""
        return self.public[0]

    @property
    def hashed(self) -> bytes:
        """What stands for the key in what is signed and in its fingerprint."""
        if self.version == _V6:
            return b"\x9b" + len(self.public).to_bytes(4) + self.public
        return b"\x99" + len(self.public).to_bytes(2) + self.public

    @property
    def fingerprint(self) -> bytes:
        """The fingerprint, binary."""
        if self.version == _V6:
            return hashlib.sha256(self.hashed).digest()
        return hashlib.sha1(self.hashed, usedforsecurity=False).digest()

    @property
    def key_id(self) -> bytes:
        """The key id, binary."""
        return self.fingerprint[:8] if self.version == _V6 else self.fingerprint[-8:]

    def primary(self) -> bytes:
        """Return the key as the first packet of a certificate."""
        return packet(PUBLIC_KEY, self.public)

    def subkey(self) -> bytes:
        """Return the key as a subkey's packet."""
        return packet(PUBLIC_SUBKEY, self.public)

    def issuer_id(self) -> bytes:
        """Return the subpacket that names the key by its id."""
        return subpacket(16, self.key_id)

    def issuer_fingerprint(self) -> bytes:
        """Return the subpacket that names the key by its fingerprint."""
        return subpacket(33, bytes((self.version,)) + self.fingerprint)

    def signature(
        self,
        kind: int,
        data: bytes,
        hashed: bytes,
        unhashed: bytes | None = None,
        digest: int = SHA256,
    ) -> bytes:
        """Return the content of a signature packet over ``data``, as the kind hashes it.

        ``unhashed`` is the issuer's key id unless it is given.
        """
        if self._sign is None:
            raise ValueError("this key cannot sign")
        wide = 4 if self.version == _V6 else 2
        head = bytes((self.version, kind, self.public[5], digest))
        head += len(hashed).to_bytes(wide) + hashed
        salt = bytes(range(16)) if self.version == _V6 else b""
        trailer = head + bytes((self.version, 0xFF)) + len(head).to_bytes(4)
        found = hashlib.new(_HASHES[digest], salt + data + trailer).digest()
        named = self.issuer_id() if unhashed is None else unhashed
        salted = bytes((len(salt),)) + salt if salt else b""
        tail = len(named).to_bytes(wide) + named + found[:2] + salted
        return head + tail + self._sign(found, digest)


def rsa_key(created: int, bits: int = 2048) -> Key:
    """Return an RSA key; above 4096 bits it is a product of many primes, which nobody sees."""
    most = min(bits, 2048)
    pairs = [
        rsa.generate_private_key(65537, most).private_numbers() for _ in range(bits // most)
    ]
    primes = [prime for pair in pairs for prime in (pair.p, pair.q)]
    modulus = prod(primes)
    size = (modulus.bit_length() + 7) // 8

    def sign(digest: bytes, algorithm: int) -> bytes:
        info = bytes.fromhex(_DIGEST_INFO[algorithm]) + digest
        padded = b"\0\1" + b"\xff" * (size - 3 - len(info)) + b"\0" + info
        return mpi(_root(int.from_bytes(padded), primes))

    public = bytes((_V4,)) + created.to_bytes(4) + b"\1" + mpi(modulus) + mpi(65537)
    return Key(public, sign)


def _root(number: int, primes: Sequence[int]) -> int:
    """Return the RSA signature of a number, put together from its remainders."""
    modulus = prod(primes)
    whole = 0
    for prime in primes:
        part = pow(number % prime, pow(65537, -1, prime - 1), prime)
        others = modulus // prime
        whole += part * others * pow(others, -1, prime)
    return whole % modulus


def ed25519_key(created: int) -> Key:
    """Return an EdDSA key, as every program since 2015 makes it."""
    private = ed25519.Ed25519PrivateKey.generate()

    def sign(digest: bytes, _algorithm: int) -> bytes:
        made = private.sign(digest)
        return mpi(int.from_bytes(made[:32])) + mpi(int.from_bytes(made[32:]))

    point = b"\x40" + private.public_key().public_bytes_raw()
    head = bytes((_V4,)) + created.to_bytes(4) + b"\x16"
    return Key(head + _ED25519 + mpi(int.from_bytes(point)), sign)


def ed25519_v6_key(created: int) -> Key:
    """Return a version 6 key of algorithm 27 (RFC 9580)."""
    private = ed25519.Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    head = bytes((_V6,)) + created.to_bytes(4) + b"\x1b" + len(public).to_bytes(4)
    return Key(head + public, lambda digest, _algorithm: private.sign(digest))


def cv25519_key(created: int) -> Key:
    """Return an ECDH key on Curve25519."""
    public = x25519.X25519PrivateKey.generate().public_key().public_bytes_raw()
    head = bytes((_V4,)) + created.to_bytes(4) + b"\x12"
    return Key(head + _CURVE25519 + mpi(int.from_bytes(b"\x40" + public)) + _KDF)


def opaque_key(created: int, algorithm: int, material: bytes, version: int = _V4) -> Key:
    """Return a public key of an algorithm that is only named."""
    size = len(material).to_bytes(4) if version == _V6 else b""
    return Key(bytes((version,)) + created.to_bytes(4) + bytes((algorithm,)) + size + material)


def ecdh_key(created: int, curve: str) -> Key:
    """Return an ECDH key on a NIST or Brainpool curve."""
    kind, oid = _CURVES[curve]
    point = _point(ec.generate_private_key(kind()))
    head = bytes((_V4,)) + created.to_bytes(4) + b"\x12"
    return Key(head + oid + mpi(int.from_bytes(point)) + _KDF)


def ecdsa_key(created: int, curve: str) -> Key:
    """Return an ECDSA key on a NIST or Brainpool curve."""
    kind, oid = _CURVES[curve]
    private = ec.generate_private_key(kind())

    def sign(digest: bytes, algorithm: int) -> bytes:
        made = private.sign(digest, ec.ECDSA(Prehashed(_prehash(algorithm))))
        return b"".join(map(mpi, decode_dss_signature(made)))

    head = bytes((_V4,)) + created.to_bytes(4) + b"\x13"
    return Key(head + oid + mpi(int.from_bytes(_point(private))), sign)


def dsa_key(created: int, bits: int = 2048) -> Key:
    """Return a DSA key."""
    private = dsa.generate_private_key(bits)
    numbers = private.public_key().public_numbers()
    group = numbers.parameter_numbers

    def sign(digest: bytes, algorithm: int) -> bytes:
        made = private.sign(digest, Prehashed(_prehash(algorithm)))
        return b"".join(map(mpi, decode_dss_signature(made)))

    head = bytes((_V4,)) + created.to_bytes(4) + b"\x11"
    return Key(head + b"".join(map(mpi, (group.p, group.q, group.g, numbers.y))), sign)


def _point(private: ec.EllipticCurvePrivateKey) -> bytes:
    numbers = private.public_key().public_numbers()
    size = (private.curve.key_size + 7) // 8
    return b"\4" + numbers.x.to_bytes(size) + numbers.y.to_bytes(size)


def _prehash(algorithm: int) -> hashes.HashAlgorithm:
    return {8: hashes.SHA256(), 9: hashes.SHA384(), 10: hashes.SHA512()}[algorithm]


def user_id(words: str) -> bytes:
    """Return the packet of a user id."""
    return packet(USER_ID, words.encode())


def signed_user(key: Key, words: str) -> bytes:
    """Return what a certification of a user id hashes."""
    encoded = words.encode()
    return key.hashed + b"\xb4" + len(encoded).to_bytes(4) + encoded


def framed(content: bytes) -> bytes:
    """Return the packet of a signature."""
    return packet(SIGNATURE, content)
