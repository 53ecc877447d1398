"""Signed messages (RFC 9580, 10.3): one-pass signature, literal data, signature.

The service's signature stands under every answer. OpenSSL makes it in a fraction of the
time that the OpenPGP library takes for RSA, so the packets around it are written here.
A service key of another kind signs through the library.
"""

import hashlib
from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from openpgp.composed import MessageBuilder

from rmp_milter.keeper.keys.keys import Keys
from rmp_milter.keeper.openpgp.packets import LITERAL, ONE_PASS, SIGNATURE, frame, frame_head
from rmp_milter.keeper.openpgp.secretkeys import RSA, SigningKey
from rmp_milter.mail.outgoing.encode import Buffer

_VERSION, _BINARY, _SHA256 = 4, 0, 8  # RFC 9580, 5.2.1, 9.5
_CREATED, _ISSUER, _ISSUER_FINGERPRINT = 2, 16, 33  # subpackets; RFC 9580, 5.2.3


def signed_message(plain: Sequence[Buffer], keys: Keys, now: int) -> list[Buffer]:
    """Return a text or MIME entity as a message signed by the service at ``now``.

    Not encrypted, not compressed, binary, in pieces of which those of ``plain`` may be some.
    """
    if keys.signing is None:
        whole = b"".join(plain)
        return [MessageBuilder.from_bytes("", whole).sign(keys.service).to_vec()]
    return [
        frame(ONE_PASS, _one_pass(keys.signing)),
        *literal(b"", plain),
        frame(SIGNATURE, _signature(plain, keys.signing, now)),
    ]


def literal(name: bytes, data: Sequence[Buffer]) -> tuple[Buffer, ...]:
    """Return a literal data packet (RFC 9580, 5.9) as its beginning and the pieces of ``data``.

    ``name`` has at most 255 bytes. The date is left out: it is nobody's business.
    """
    fields = b"b" + bytes((len(name),)) + name + bytes(4)
    size = len(fields) + sum(map(len, data))
    return frame_head(LITERAL, size) + fields, *data


def _one_pass(key: SigningKey) -> bytes:
    """Return the packet that tells readers what to hash (RFC 9580, 5.4)."""
    last = 1
    return bytes((3, _BINARY, _SHA256, RSA)) + key.fingerprint[-8:] + bytes((last,))


def _signature(plain: Sequence[Buffer], key: SigningKey, now: int) -> bytes:
    """Return a version 4 signature packet's content (RFC 9580, 5.2.3 and 5.2.4)."""
    issuer = bytes((_VERSION,)) + key.fingerprint
    hashed = _subpacket(_ISSUER_FINGERPRINT, issuer) + _subpacket(_CREATED, now.to_bytes(4))
    head = bytes((_VERSION, _BINARY, RSA, _SHA256)) + _counted(hashed)
    digest = hashlib.sha256()
    for piece in plain:
        digest.update(piece)
    digest.update(head + bytes((_VERSION, 0xFF)) + len(head).to_bytes(4))
    value = key.private.sign(digest.digest(), PKCS1v15(), Prehashed(SHA256()))
    # Programs from before the fingerprint subpacket look the key up by its id.
    unhashed = _counted(_subpacket(_ISSUER, key.fingerprint[-8:]))
    return head + unhashed + digest.digest()[:2] + _mpi(value)


def _subpacket(kind: int, content: bytes) -> bytes:
    return bytes((1 + len(content), kind)) + content


def _counted(area: bytes) -> bytes:
    return len(area).to_bytes(2) + area


def _mpi(value: bytes) -> bytes:
    """Return a number as a multiprecision integer (RFC 9580, 3.2): no leading zeros."""
    number = value.lstrip(b"\0")
    return int.from_bytes(number).bit_length().to_bytes(2) + number
