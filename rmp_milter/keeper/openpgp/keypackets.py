"""From a version 3 key packet to the session key (RFC 9580, 5.1).

Whatever goes wrong ends in the same :class:`SessionKeyError` without a word: an answer
that tells wrong padding from a wrong key is an oracle (Bleichenbacher).
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence

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
from rmp_milter.keeper.openpgp.work import Work

ANONYMOUS = bytes(8)
_SENDER = b"Anonymous Sender    "
_RSA = frozenset(bytes((each,)) for each in RSA_ALGORITHMS)
_HASHES = {8: "sha256", 9: "sha384", 10: "sha512"}


_MPI_SHORT = 8  # octets that an RSA value may lack: less than once in 2^64 by chance


class Unwrapping:
    """Opens the key packets of one mail's bodies with our keys; each try is taken from ``work``.

    ``tries`` counts them.
    """

    def __init__(self, keys: Sequence[DecryptionKey], work: Work) -> None:
        self._keys = keys
        self._work = work
        self._place = 0
        self.tries = 0

    def session_keys(self, key_packets: Sequence[bytes]) -> Iterator[SessionKey]:
        """Yield the session keys that the packets of a body give, likeliest first.

        Packets that name one of our keys are tried before those that name nobody; of these,
        the one first that stands where another body's was. Several may look right (a wrong
        RSA key can give noise that passes): the body decides. Raises :class:`PacketError`
        where there is nothing left for another try.
        """
        for packet, key in self._in_order(key_packets):
            if not _may_open(packet, key):
                continue
            self._work.take_try()
            self.tries += 1
            try:
                found = open_key_packet(packet, key)
            except SessionKeyError:
                continue
            self._place = key_packets.index(packet)
            yield found

    def _in_order(self, key_packets: Sequence[bytes]) -> Iterator[tuple[bytes, DecryptionKey]]:
        for packet in key_packets:
            yield from ((packet, key) for key in self._keys if packet[1:9] == key.key_id)
        place = self._place
        again = key_packets[place : place + 1]
        for packet in (*again, *key_packets[:place], *key_packets[place + 1 :]):
            if packet[1:9] == ANONYMOUS:
                yield from ((packet, key) for key in self._keys)


def session_keys(
    key_packets: Iterable[bytes], keys: Sequence[DecryptionKey]
) -> Iterable[SessionKey]:
    """Yield the session keys that a body's packets give under our keys, likeliest first."""
    return Unwrapping(keys, Work()).session_keys(list(key_packets))


def _may_open(packet: bytes, key: DecryptionKey) -> bool:
    """Return whether the packet is of the key's kind and size: a short one would cost as much."""
    algorithm, value = packet[9:10], packet[12:]
    if isinstance(key.private, rsa.RSAPrivateKey):
        size = key.private.key_size // 8
        return algorithm in _RSA and size - _MPI_SHORT <= len(value) <= size
    return algorithm == bytes((key.algorithm,))


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
