"""Envelopes written: a recipient, a body. With :func:`rmp_milter.cms.head` they are a message."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from rmp_milter.cms.body import BLOCK, PIECE
from rmp_milter.cms.ciphers import Mode, aes
from rmp_milter.cms.oids import DATA
from rmp_milter.cms.tlv import BIT_STRING, SEQUENCE, framed, head
from rmp_milter.keeper.cms.agreement import WRAPS, shared_info, wrapping_key
from rmp_milter.keeper.cms.algorithms import (
    EC_PUBLIC_KEY,
    HASHES,
    MGF1,
    OAEP,
    RSA,
    SHA256,
    SHA384,
)
from rmp_milter.keeper.cms.encoding import NULL, algorithm, integer, octets, oid, sequence
from rmp_milter.keeper.cms.keys import certificate_names, public_key
from rmp_milter.keeper.cms.opening import Random

_NONCE = 12  # RFC 5084, 3.2
_TAG = 16
_DERIVATIONS = {
    "secp256r1": ("1.3.132.1.11.1", SHA256),
    "secp384r1": ("1.3.132.1.11.2", SHA384),
}
_WRAP_OF_SIZE = {size: oid for oid, size in WRAPS.items()}


def recipient_info(certificate: bytes, content_key: bytes, *, oaep: bool = False) -> bytes:
    """Return the RecipientInfo (DER) that gives a content key of AES to a certificate's holder.

    RSA: PKCS#1 v1.5, or OAEP with SHA-256; a curve: ECDH with a key of its own, X9.63 with
    SHA-256 or -384, and AES wrap. The certificate (DER) is named by issuer and serial number.
    Raises :class:`CmsError` for a certificate that cannot be used.
    """
    names, key = certificate_names(certificate), public_key(certificate)
    name = sequence(names.issuer, integer(names.serial))
    if isinstance(key, rsa.RSAPublicKey):
        return _transport(name, key, content_key, oaep=oaep)
    return _agreement(name, key, content_key)


def _transport(name: bytes, key: rsa.RSAPublicKey, content_key: bytes, *, oaep: bool) -> bytes:
    """Write a KeyTransRecipientInfo (RFC 5652, 6.2.1), with OAEP as RFC 3560 and 4055 say."""
    if not oaep:
        encrypted = key.encrypt(content_key, padding.PKCS1v15())
        return sequence(integer(0), name, algorithm(RSA, NULL), octets(encrypted))
    digest = HASHES[SHA256]
    encrypted = key.encrypt(content_key, padding.OAEP(padding.MGF1(digest), digest, None))
    named = algorithm(SHA256, NULL)
    mask = algorithm(MGF1, named)
    how = algorithm(OAEP, sequence(framed(0xA0, named), framed(0xA1, mask)))
    return sequence(integer(0), name, how, octets(encrypted))


def _agreement(name: bytes, key: ec.EllipticCurvePublicKey, content_key: bytes) -> bytes:
    """Write a KeyAgreeRecipientInfo (RFC 5652, 6.2.2; RFC 5753, 3.1)."""
    own = ec.generate_private_key(key.curve)
    derivation, digest = _DERIVATIONS[key.curve.name]
    size = len(content_key)
    wrap = algorithm(_WRAP_OF_SIZE[size])
    kek = wrapping_key(own, key, HASHES[digest], size, shared_info(wrap, size))
    point = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    public = algorithm(EC_PUBLIC_KEY) + framed(BIT_STRING, b"\0" + point)
    originator = framed(0xA0, framed(0xA1, public))
    how = algorithm(derivation, wrap)
    recipients = sequence(sequence(name, octets(aes_key_wrap(kek, content_key))))
    return framed(0xA1, integer(3) + originator + how + recipients)


def enveloped(
    pieces: Sequence[bytes], content_key: bytes, random: Random, mode: Mode = Mode.CBC
) -> bytes:
    """Encrypt a content in pieces; return the body that stands behind :func:`rmp_milter.cms.head`.

    CBC gives the EncryptedContentInfo of EnvelopedData, GCM that of AuthEnvelopedData and its
    tag, without attributes.
    """
    size = sum(map(len, pieces))
    if mode is Mode.CBC:
        return b"".join(envelope_pieces(pieces, size, content_key, random)[1])
    nonce = random(_NONCE)
    gcm = Cipher(algorithms.AES(content_key), modes.GCM(nonce)).encryptor()
    parameters = sequence(octets(nonce), integer(_TAG))
    front = _front(algorithm(aes(len(content_key), mode).oid, parameters), size)
    return b"".join((front, *_encrypted(gcm, pieces), octets(gcm.tag)))


def envelope_pieces(
    pieces: Iterable[bytes], size: int, content_key: bytes, random: Random
) -> tuple[int, Iterator[bytes]]:
    """Encrypt a content of ``size`` octets with CBC, as it is read; return the length, the body.

    The body is the EncryptedContentInfo of EnvelopedData, in pieces.
    """
    vector = random(BLOCK)
    fill = BLOCK - size % BLOCK
    cbc = Cipher(algorithms.AES(content_key), modes.CBC(vector)).encryptor()
    how = algorithm(aes(len(content_key), Mode.CBC).oid, octets(vector))
    front, padded = _front(how, size + fill), chain(pieces, [bytes((fill,)) * fill])
    return len(front) + size + fill, chain([front], _encrypted(cbc, padded))


def _front(how: bytes, length: int) -> bytes:
    """Return what stands in front of the content in an EncryptedContentInfo (RFC 5652, 6.1)."""
    front = oid(DATA) + how + head(0x80, length)
    return head(SEQUENCE, len(front) + length) + front


def _encrypted(encryptor: CipherContext, pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        view = memoryview(piece)
        for at in range(0, len(view), PIECE):
            yield encryptor.update(view[at : at + PIECE])
    yield encryptor.finalize()
