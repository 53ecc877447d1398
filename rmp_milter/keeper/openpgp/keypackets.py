"""From a version 3 key packet to the session key (RFC 9580, 5.1).

Whatever goes wrong ends in the same :class:`SessionKeyError` without a word: an answer
that tells wrong padding from a wrong key is an oracle (Bleichenbacher).
"""

import hashlib
from collections.abc import Iterable, Sequence

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, x25519
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from rmp_milter.keeper.openpgp.packets import PacketError, Stream, read_mpi
from rmp_milter.keeper.openpgp.secretkeys import (
    ECDH,
    RSA_ALGORITHMS,
    X25519,
    DecryptionKey,
    Kdf,
)
from rmp_milter.keeper.openpgp.sessionkey import (
    KEY_SIZES,
    SessionKey,
    SessionKeyError,
    checked,
    from_checksummed,
)

ANONYMOUS = bytes(8)
_SENDER = b"Anonymous Sender    "
_HASHES = {8: "sha256", 9: "sha384", 10: "sha512"}


def session_keys(
    key_packets: Iterable[bytes], keys: Sequence[DecryptionKey]
) -> Iterable[SessionKey]:
    """Yield the session keys that the packets give under our keys, likeliest first.

    Packets that name one of our keys are tried before those that name nobody. Several
    may look right (a wrong RSA key can give noise that passes): the body decides.
    """
    found = list(key_packets)
    for named in (True, False):
        for packet in found:
            for key in keys:
                if (packet[1:9] == key.key_id) is named and packet[1:9] in {
                    key.key_id,
                    ANONYMOUS,
                }:
                    yield from _tried(packet, key)


def _tried(packet: bytes, key: DecryptionKey) -> list[SessionKey]:
    try:
        return [open_key_packet(packet, key)]
    except SessionKeyError:
        return []


def open_key_packet(packet: bytes, key: DecryptionKey) -> SessionKey:
    """Open a version 3 key packet's content; raise :class:`SessionKeyError` without detail."""
    try:
        return _open(Stream([packet]), key)
    except (PacketError, ValueError, UnsupportedAlgorithm):
        raise SessionKeyError from None


def _open(stream: Stream, key: DecryptionKey) -> SessionKey:
    stream.exactly(9)
    algorithm = stream.exactly(1)[0]
    if algorithm in RSA_ALGORITHMS and isinstance(key.private, rsa.RSAPrivateKey):
        return _open_rsa(stream, key.private)
    if algorithm == ECDH and key.kdf is not None:
        return _open_ecdh(stream, key, key.kdf)
    if algorithm == X25519 == key.algorithm and isinstance(
        key.private, x25519.X25519PrivateKey
    ):
        return _open_x25519(stream, key.private)
    raise SessionKeyError


def _open_rsa(stream: Stream, private: rsa.RSAPrivateKey) -> SessionKey:
    size = private.key_size // 8
    # An MPI loses its leading zeros; the primitive wants the modulus' length.
    encrypted = read_mpi(stream).rjust(size, b"\0")
    return from_checksummed(private.decrypt(encrypted, padding.PKCS1v15()))


def _open_ecdh(stream: Stream, key: DecryptionKey, kdf: Kdf) -> SessionKey:
    shared = _shared(read_mpi(stream), key.private)
    wrapped = stream.exactly(stream.exactly(1)[0])
    padded = unwrapped(_wrapping_key(shared, kdf), wrapped)
    fill = padded[-1]
    if not 1 <= fill <= len(padded) or padded[-fill:] != bytes((fill,)) * fill:
        raise SessionKeyError
    return from_checksummed(padded[:-fill])


def _shared(ephemeral: bytes, private: object) -> bytes:
    """Return the shared point, as long as the field of the curve."""
    if isinstance(private, x25519.X25519PrivateKey):
        if len(ephemeral) != 33 or ephemeral[0] != 0x40:  # noqa: PLR2004 -- RFC 9580, 11.2.2
            raise SessionKeyError
        return private.exchange(x25519.X25519PublicKey.from_public_bytes(ephemeral[1:]))
    if isinstance(private, ec.EllipticCurvePrivateKey):
        point = ec.EllipticCurvePublicKey.from_encoded_point(private.curve, ephemeral)
        return private.exchange(ec.ECDH(), point)
    raise SessionKeyError


def _wrapping_key(shared: bytes, kdf: Kdf) -> bytes:
    """Derive the key that wraps the session key (RFC 9580, 11.5)."""
    if kdf.hash_id not in _HASHES or kdf.cipher_id not in KEY_SIZES:
        raise SessionKeyError
    parameters = (
        bytes((len(kdf.oid),))
        + kdf.oid
        + bytes((ECDH, 3, 1, kdf.hash_id, kdf.cipher_id))
        + _SENDER
        + kdf.fingerprint
    )
    digest = hashlib.new(_HASHES[kdf.hash_id], b"\0\0\0\1" + shared + parameters).digest()
    return digest[: KEY_SIZES[kdf.cipher_id]]


def _open_x25519(stream: Stream, private: x25519.X25519PrivateKey) -> SessionKey:
    """Open algorithm 25 (RFC 9580, 5.1.6); the cipher's octet stands before the key."""
    ephemeral = stream.exactly(32)
    algorithm, *wrapped = stream.exactly(stream.exactly(1)[0])
    shared = private.exchange(x25519.X25519PublicKey.from_public_bytes(ephemeral))
    public = private.public_key().public_bytes_raw()
    kek = HKDF(hashes.SHA256(), 16, salt=None, info=b"OpenPGP X25519").derive(
        ephemeral + public + shared
    )
    return checked(algorithm, unwrapped(kek, bytes(wrapped)))


def unwrapped(kek: bytes, wrapped: bytes) -> bytes:
    """Take a key out of its wrapping (RFC 3394); raise :class:`SessionKeyError` without detail."""
    try:
        return keywrap.aes_key_unwrap(kek, wrapped)
    except (ValueError, keywrap.InvalidUnwrap):
        raise SessionKeyError from None
