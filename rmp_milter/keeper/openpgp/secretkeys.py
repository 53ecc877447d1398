"""Private keys out of an OpenPGP secret key (RFC 9580, 5.5.3).

The library that reads certificates does not give out private parameters, so they are
read here from the key packets and handed to ``cryptography``. Version 4 only; a
passphrase is accepted in the form that GnuPG and Thunderbird write (usage 254).
"""

import hashlib
import hmac
from collections.abc import Iterable
from typing import NamedTuple

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.asymmetric import ec, rsa, x25519
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from openpgp.composed import SignedSecretKey

from rmp_milter.keeper.openpgp.packets import Stream, read_header, read_mpi, small_body
from rmp_milter.keeper.openpgp.sessionkey import KEY_SIZES

MAX_KEY_BYTES = 16384
RSA, RSA_ALGORITHMS = 1, frozenset({1, 2})
ECDH, X25519 = 18, 25

CURVE25519_OID = bytes.fromhex("2b060104019755010501")
NIST_CURVES: dict[bytes, ec.EllipticCurve] = {
    bytes.fromhex("2a8648ce3d030107"): ec.SECP256R1(),
    bytes.fromhex("2b81040022"): ec.SECP384R1(),
    bytes.fromhex("2b81040023"): ec.SECP521R1(),
}

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | x25519.X25519PrivateKey


class SecretKeyError(ValueError):
    """A secret key that cannot be used; the message says why and shows nothing of it."""


class Kdf(NamedTuple):
    """What ECDH derives its wrapping key with: OID, hash and cipher ids, fingerprint."""

    oid: bytes
    hash_id: int
    cipher_id: int
    fingerprint: bytes


class DecryptionKey(NamedTuple):
    """One (sub)key that opens key packets; ``kdf`` only for algorithm 18."""

    key_id: bytes
    algorithm: int
    private: PrivateKey
    kdf: Kdf | None = None

    def __repr__(self) -> str:
        return f"DecryptionKey({self.key_id.hex()})"


class SigningKey(NamedTuple):
    """An RSA key that signs, and the version 4 fingerprint its signatures name."""

    fingerprint: bytes
    private: rsa.RSAPrivateKey

    def __repr__(self) -> str:
        return f"SigningKey({self.fingerprint.hex()})"


def decryption_keys(secret_key: bytes, passphrase: bytes = b"") -> tuple[DecryptionKey, ...]:
    """Return the keys that can decrypt, of a binary transferable secret key.

    Expired and revoked ones too: old mail must stay readable. Raises
    :class:`SecretKeyError` where none can be used.
    """
    whole = _parsed(secret_key)
    packets = [whole.primary_key.to_bytes(), *(s.key.to_bytes() for s in whole.secret_subkeys)]
    found = [key for packet in packets if (key := _decryption_key(packet, passphrase))]
    if not found:
        raise SecretKeyError("no key in it can decrypt here")
    return tuple(found)


def signing_key(service: SignedSecretKey, own: Iterable[DecryptionKey]) -> SigningKey | None:
    """Return the primary key of a secret key, or None if it is not RSA.

    ``own`` are its :func:`decryption_keys`, the primary one among them: to read an RSA key again
    would be to prove it again, for a tenth of a second.
    """
    fingerprint = bytes.fromhex(service.fingerprint)
    for key in own:
        if key.key_id == fingerprint[-8:] and isinstance(key.private, rsa.RSAPrivateKey):
            return SigningKey(fingerprint, key.private)
    return None


def _parsed(secret_key: bytes) -> SignedSecretKey:
    try:
        return SignedSecretKey.from_bytes(secret_key)
    except ValueError as error:
        raise SecretKeyError("not an OpenPGP secret key") from error


def _decryption_key(packet: bytes, passphrase: bytes) -> DecryptionKey | None:
    """Read one secret (sub)key packet; None where its algorithm does not decrypt here."""
    content = _content(packet)
    if content[:1] != b"\x04":
        return None
    stream = Stream([content])
    stream.exactly(5)
    algorithm = stream.exactly(1)[0]
    public = _public(stream, algorithm)
    if public is None:
        return None
    fingerprint = _fingerprint(content[: stream.position])
    secret = _unlocked(stream, passphrase)
    private = _private(algorithm, public, secret)
    kdf = Kdf(public[0], public[2][2], public[2][3], fingerprint) if algorithm == ECDH else None
    return DecryptionKey(fingerprint[-8:], algorithm, private, kdf)


def _content(packet: bytes) -> bytes:
    stream = Stream([packet])
    header = read_header(stream)
    if header is None:
        raise SecretKeyError("empty key packet")
    return small_body(stream, header, MAX_KEY_BYTES)


def _fingerprint(public: bytes) -> bytes:
    """Return the version 4 fingerprint (RFC 9580, 5.5.4.2) of a public key's content."""
    framed = b"\x99" + len(public).to_bytes(2) + public
    return hashlib.sha1(framed, usedforsecurity=False).digest()


def _sized(stream: Stream) -> bytes:
    return stream.exactly(stream.exactly(1)[0])


def _public(stream: Stream, algorithm: int) -> tuple[bytes, ...] | None:
    """Read the public parameters: (n, e), (OID, point, KDF) or (key,)."""
    if algorithm in RSA_ALGORITHMS:
        return read_mpi(stream), read_mpi(stream)
    if algorithm == ECDH:
        oid, point, kdf = _sized(stream), read_mpi(stream), _sized(stream)
        # RFC 9580, 11.5: the KDF field is 01, the hash, the cipher.
        known = oid == CURVE25519_OID or oid in NIST_CURVES
        return (oid, point, b"\x03" + kdf) if known and len(kdf) == 3 else None  # noqa: PLR2004 -- as above
    if algorithm == X25519:
        return (stream.exactly(32),)
    return None


def _private(algorithm: int, public: tuple[bytes, ...], secret: bytes) -> PrivateKey:
    stream = Stream([secret])
    if algorithm in RSA_ALGORITHMS:
        return _rsa(public, stream)
    if algorithm == X25519:
        return x25519.X25519PrivateKey.from_private_bytes(stream.exactly(32))
    scalar = read_mpi(stream)
    if public[0] == CURVE25519_OID:
        # The MPI is big-endian, the curve's own form little-endian.
        return x25519.X25519PrivateKey.from_private_bytes(scalar.rjust(32, b"\0")[::-1])
    return ec.derive_private_key(int.from_bytes(scalar), NIST_CURVES[public[0]])


def _rsa(public: tuple[bytes, ...], stream: Stream) -> rsa.RSAPrivateKey:
    n, e = (int.from_bytes(value) for value in public)
    d, p, q = (int.from_bytes(read_mpi(stream)) for _ in range(3))
    numbers = rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=rsa.rsa_crt_dmp1(d, p),
        dmq1=rsa.rsa_crt_dmq1(d, q),
        iqmp=rsa.rsa_crt_iqmp(p, q),
        public_numbers=rsa.RSAPublicNumbers(e, n),
    )
    return numbers.private_key()


def _unlocked(stream: Stream, passphrase: bytes) -> bytes:
    """Return the private parameters, decrypted if need be, checksum off."""
    usage = stream.exactly(1)[0]
    if usage == 0:
        return b"".join(stream.rest())[:-2]
    if usage != 254:  # noqa: PLR2004 -- CFB with SHA-1, RFC 9580, 3.7.2
        raise SecretKeyError("the passphrase protection is of an unknown kind")
    cipher_id = stream.exactly(1)[0]
    if cipher_id not in KEY_SIZES:
        raise SecretKeyError("the passphrase protection uses an unknown cipher")
    key = _from_passphrase(stream, passphrase, KEY_SIZES[cipher_id])
    cipher = Cipher(algorithms.AES(key), CFB(stream.exactly(16))).decryptor()
    clear = cipher.update(b"".join(stream.rest()))
    secret, check = clear[:-20], clear[-20:]
    if not hmac.compare_digest(hashlib.sha1(secret, usedforsecurity=False).digest(), check):
        raise SecretKeyError("wrong passphrase")
    return secret


def _from_passphrase(stream: Stream, passphrase: bytes, size: int) -> bytes:
    """Return the key of an iterated and salted S2K (RFC 9580, 3.7.1.3)."""
    kind, hash_id = stream.exactly(2)
    names = {2: "sha1", 8: "sha256", 9: "sha384", 10: "sha512"}
    if kind != 3 or hash_id not in names:  # noqa: PLR2004 -- iterated and salted
        raise SecretKeyError("the passphrase is hashed in an unknown way")
    salted = stream.exactly(8) + passphrase
    coded = stream.exactly(1)[0]
    count = max((16 + (coded & 15)) << ((coded >> 4) + 6), len(salted))
    filled = (salted * (count // len(salted) + 1))[:count]
    key, preload = b"", b""
    while len(key) < size:
        key += hashlib.new(names[hash_id], preload + filled, usedforsecurity=False).digest()
        preload += b"\0"
    return key[:size]
