"""Another encryption subkey for the service's key: bound by the same primary key.

Doctors know the service by the primary's fingerprint, which stays; so does the secret of every
older subkey, and what is encrypted to it opens as before. The library makes keys and binds none
to a key that is there, so the binding (RFC 9580, 5.2.1.8 and 5.2.4) is written here.
"""

import hashlib

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA512
from openpgp.composed import SignedSecretKey

from rmp_milter.certificates.packets import packets
from rmp_milter.keeper.keys.key_files import KeyFileError
from rmp_milter.keeper.openpgp.packets import SIGNATURE, frame
from rmp_milter.keeper.openpgp.secretkeys import RSA, SigningKey, decryption_keys, signing_key

_VERSION, _SUBKEY_BINDING, _SHA512 = 4, 0x18, 10
_CREATED, _ISSUER, _FLAGS, _ISSUER_FINGERPRINT = 2, 16, 27, 33  # RFC 9580, 5.2.3
_ENCRYPT = 0x04 | 0x08  # communications, storage (5.2.3.29)


def with_subkey(service: SignedSecretKey, made: SignedSecretKey, now: int) -> SignedSecretKey:
    """Return the service's key with the encryption subkey of ``made``, bound at ``now``.

    Of ``made``, which was made for this alone, nothing else is kept. Raises
    :class:`KeyFileError` for a service whose primary key is not RSA.
    """
    signer = signing_key(service, decryption_keys(service.to_bytes()))
    if signer is None:
        raise KeyFileError("only an RSA key of the service can be given another subkey")
    (secret,) = made.secret_subkeys
    (public,) = made.to_public_key().public_subkeys
    primary = service.to_public_key().primary_key
    binding = _binding(
        _content(primary.to_bytes()), _content(public.key.to_bytes()), signer, now
    )
    whole = service.to_bytes() + secret.key.to_bytes() + frame(SIGNATURE, binding)
    bound = SignedSecretKey.from_bytes(whole)
    bound.verify_bindings()
    return bound


def _content(packet: bytes) -> bytes:
    (found,) = packets(packet)
    return found.content


def _binding(primary: bytes, subkey: bytes, key: SigningKey, now: int) -> bytes:
    """Return a version 4 signature packet's content over both keys."""
    hashed = b"".join(
        (
            _subpacket(_CREATED, now.to_bytes(4)),
            _subpacket(_FLAGS, bytes((_ENCRYPT,))),
            _subpacket(_ISSUER_FINGERPRINT, bytes((_VERSION,)) + key.fingerprint),
        )
    )
    unhashed = _subpacket(_ISSUER, key.fingerprint[-8:])
    head = bytes((_VERSION, _SUBKEY_BINDING, RSA, _SHA512)) + _counted(hashed)
    trailer = head + bytes((_VERSION, 0xFF)) + len(head).to_bytes(4)
    digest = hashlib.sha512(_framed(primary) + _framed(subkey) + trailer).digest()
    value = key.private.sign(digest, PKCS1v15(), Prehashed(SHA512()))
    number = value.lstrip(b"\0")
    bits = 8 * len(number) - 8 + number[0].bit_length()
    return head + _counted(unhashed) + digest[:2] + bits.to_bytes(2) + number


def _framed(key: bytes) -> bytes:
    return b"\x99" + len(key).to_bytes(2) + key


def _counted(subpackets: bytes) -> bytes:
    return len(subpackets).to_bytes(2) + subpackets


def _subpacket(kind: int, content: bytes) -> bytes:
    return bytes((len(content) + 1, kind)) + content
