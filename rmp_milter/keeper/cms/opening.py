"""From an envelope and our keys to what it holds.

RSA's PKCS#1 v1.5 must not tell a padding from a key (Bleichenbacher, Manger): whatever a key
gives that is no content key, a random one takes its place, and the same way is gone with it. In
the end the body is damaged, like any other. OpenSSL rejects wrong padding without a word too.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import padding as block_padding
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from rmp_milter.calls.memory import room_for
from rmp_milter.cms.body import BLOCK, Body, read_body
from rmp_milter.cms.ciphers import algorithm_of, check_opened
from rmp_milter.cms.envelope import CmsEnvelope
from rmp_milter.cms.errors import CmsError, CmsFault, unreadable
from rmp_milter.cms.recipients import KeyWay, Recipient
from rmp_milter.cms.recognise import CmsKind
from rmp_milter.cms.small import Node, node, nodes
from rmp_milter.cms.tlv import OCTET_STRING, ReadAt
from rmp_milter.keeper.cms import agreement
from rmp_milter.keeper.cms.algorithms import OAEP, RSA, oaep, unsupported
from rmp_milter.keeper.cms.keys import CmsKey

Random = Callable[[int], bytes]
"""``random(n)`` gives n unpredictable bytes (:func:`secrets.token_bytes`)."""

MAX_TRIES = 16
"""Recipients that are opened: an old and a new certificate, named twice, many times over. Each
costs a decryption of the body where its key is wrong."""

_Opener = Callable[[], bytes]


class _Try(NamedTuple):
    recipient: Recipient
    place: int
    key: CmsKey


def content_keys(
    envelope: CmsEnvelope, keys: Sequence[CmsKey], random: Random
) -> Iterator[bytes]:
    """Return the content keys that the recipients give under our keys, likeliest first.

    Each has the size that the cipher wants; the body decides which is right. There is none
    where no recipient is ours. Raises :class:`CmsError`: what :func:`.check_opened` raises of the
    cipher, and ``UNSUPPORTED`` where one is ours and none of ours has a known algorithm.
    """
    check_opened(envelope.cipher)
    size = envelope.cipher.key_size
    openers, failed = [], None
    for each in _ours(envelope.recipients, keys)[:MAX_TRIES]:
        try:
            openers.append(_opener(each))
        except CmsError as error:
            failed = error
    if failed and not openers:
        raise failed
    return _opened(openers, size, random)


def _opened(openers: Sequence[_Opener], size: int, random: Random) -> Iterator[bytes]:
    for opener in openers:
        instead, found = random(size), opener()
        yield found if len(found) == size else instead


def _ours(recipients: Sequence[Recipient], keys: Sequence[CmsKey]) -> list[_Try]:
    """Return what may be tried: who is named as ours, then whose serial number alone is ours.

    A sender may write the issuer's name with other string types than stand in the certificate.
    """
    exact, alike = [], []
    for recipient in recipients:
        for place, name in enumerate(recipient.names):
            for key in keys:
                if key.is_meant_by(name):
                    exact.append(_Try(recipient, place, key))
                elif name.issuer and name.serial == key.serial:
                    alike.append(_Try(recipient, place, key))
    return exact + alike


def _opener(each: _Try) -> _Opener:
    """Return what gives a recipient's content key, or noise; raise for what is not known."""
    private = each.key.private
    if each.recipient.way is KeyWay.TRANSPORT and isinstance(private, rsa.RSAPrivateKey):
        return _transport(each.recipient.der, private)
    if each.recipient.way is KeyWay.AGREEMENT and isinstance(
        private, ec.EllipticCurvePrivateKey
    ):
        found = agreement.read_agreement(each.recipient.der)
        return lambda: agreement.unwrapped(found, each.place, private)
    raise unsupported("a recipient of another kind than the key")


def _transport(der: bytes, private: rsa.RSAPrivateKey) -> _Opener:
    """Read a KeyTransRecipientInfo (RFC 5652, 6.2.1)."""
    _, _, how, encrypted = nodes(node(der).content)
    if encrypted.tag != OCTET_STRING:
        raise unreadable("no encrypted key")
    scheme = _padding(*algorithm_of(how))

    def opened() -> bytes:
        try:
            return private.decrypt(encrypted.content, scheme)
        except ValueError:
            return b""

    return opened


def _padding(oid: str, parameters: Node | None) -> padding.AsymmetricPadding:
    if oid == RSA:
        return padding.PKCS1v15()
    if oid == OAEP:
        return oaep(parameters)
    raise unsupported(oid)


def decrypt(  # noqa: PLR0913, PLR0917 -- a place, what is there, how it opens
    read: ReadAt, start: int, length: int, kind: CmsKind, key: bytes, limit: int
) -> bytes:
    """Decrypt the body of that kind at ``start``, of ``length`` octets.

    Raises :class:`CmsError`: what :func:`.read_body` raises; ``TOO_LARGE`` where the ciphertext
    alone says that more than ``limit`` octets come out; for a wrong key and for any damage the
    same ``UNREADABLE``, when all of it was decrypted. Of GCM nothing is returned before the
    tag held; CBC has none, so whoever calls must see a signature over everything.
    """
    clear, is_sound = deciphered(read, start, length, kind, key, limit)
    if not is_sound:
        raise closed()
    return clear


def deciphered(  # noqa: PLR0913, PLR0917 -- as above
    read: ReadAt, start: int, length: int, kind: CmsKind, key: bytes, limit: int
) -> tuple[bytes, bool]:
    """Return what comes out, and whether the padding, or the tag, is right.

    Whoever stops at a wrong padding tells of it by his time: he goes on with what came out. Of
    GCM that is nothing but zeros where the tag did not hold. Raises :class:`CmsError` as
    :func:`decrypt`, but for what anybody can see without the key.
    """
    body = read_body(read, start, length, kind)
    if body.length > limit + BLOCK:
        raise CmsError(CmsFault.TOO_LARGE, "the encrypted content is too large")
    if len(key) != body.cipher.key_size:
        raise closed()
    return _cbc(read, body, key) if kind is CmsKind.ENVELOPED else _gcm(read, body, key)


def closed() -> CmsError:
    """Return the one error for a wrong key, wrong padding, a tag that does not fit."""
    return unreadable("the key or the content is wrong")


def _cbc(read: ReadAt, body: Body, key: bytes) -> tuple[bytes, bool]:
    if not body.length or body.length % BLOCK:
        raise closed()
    decryptor = Cipher(algorithms.AES(key), modes.CBC(body.nonce)).decryptor()
    clear = room_for(body.length)
    for piece in body.pieces(read):
        clear.write(decryptor.update(piece))
    unpadder = block_padding.PKCS7(8 * BLOCK).unpadder()
    last = bytes(clear.getbuffer()[-BLOCK:])
    try:
        rest = unpadder.update(last) + unpadder.finalize()
    except ValueError:
        return clear.getvalue(), False
    clear.truncate(body.length - BLOCK + len(rest))
    return clear.getvalue(), True


def _gcm(read: ReadAt, body: Body, key: bytes) -> tuple[bytes, bool]:
    mode = modes.GCM(body.nonce, body.tag, min_tag_length=len(body.tag))
    decryptor = Cipher(algorithms.AES(key), mode).decryptor()
    decryptor.authenticate_additional_data(body.additional)
    clear = room_for(body.length)
    for piece in body.pieces(read):
        clear.write(decryptor.update(piece))
    try:
        decryptor.finalize()
    except InvalidTag:
        return bytes(body.length), False
    return clear.getvalue(), True
