"""New OpenPGP messages: answers to readers, documents split off a mail, key packets."""

import hashlib
from collections.abc import Sequence

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from openpgp.composed import (
    MessageBuilder,
    SignedSecretKey,
)
from openpgp.util import encrypt_session_key_to_recipient

from rmp_milter.certificates import CertificateError, EncryptionKey, encryption_keys
from rmp_milter.keeper.desk import CallFailed
from rmp_milter.keeper.packets import LITERAL, SEIPD, frame
from rmp_milter.keeper.protocol import Why
from rmp_milter.keeper.sealing import Random
from rmp_milter.keeper.sessionkey import NAMES, SessionKey

MAX_LITERAL_NAME = 255  # bytes; RFC 9580, 5.9


def reader_keys(certificate: bytes, now: int) -> list[EncryptionKey]:
    """Return the keys to encrypt to; raise ``BAD_KEY`` with the reason if there is none."""
    try:
        return encryption_keys(certificate, now)
    except CertificateError as error:
        raise CallFailed(Why.BAD_KEY, error.reason) from None


def key_packets(key: SessionKey, readers: Sequence[EncryptionKey]) -> bytes:
    """Return a version 3 key packet for each of a reader's keys, one behind the other."""
    return b"".join(_key_packet(key, reader) for reader in readers)


def _key_packet(key: SessionKey, reader: EncryptionKey) -> bytes:
    algorithm = NAMES[key.algorithm]
    return encrypt_session_key_to_recipient(
        key.key, reader, version="seipd-v1", symmetric_algorithm=algorithm
    ).to_bytes()


def seal_message(
    plain: bytes, signer: SignedSecretKey, readers: Sequence[EncryptionKey]
) -> bytes:
    """Sign and encrypt a text or MIME entity; return the binary OpenPGP message.

    SEIPD version 1, which every client reads; no compression: what is large in it is
    ciphertext already.
    """
    builder = MessageBuilder.from_bytes("", plain).seipd_v1("aes256").sign(signer)
    for reader in readers:
        builder = builder.encrypt_to_key(reader)
    return builder.to_vec()


def encrypt_document(name: str, data: bytes, key: SessionKey, random: Random) -> bytes:
    """Return a file as an encrypted data packet under ``key``, without key packets.

    Written here (RFC 9580, 5.9 and 5.13.1) because the library leaves the file name out.
    The date is left out: it is nobody's business.
    """
    short = name.encode()[:MAX_LITERAL_NAME].decode(errors="ignore").encode()
    literal = frame(LITERAL, b"b" + bytes((len(short),)) + short + bytes(4) + data)
    prefix = random(16)
    clear = b"".join((prefix, prefix[-2:], literal, b"\xd3\x14"))
    digest = hashlib.sha1(clear, usedforsecurity=False).digest()
    cipher = Cipher(algorithms.AES(key.key), CFB(bytes(16))).encryptor()
    return frame(SEIPD, b"".join((b"\x01", cipher.update(clear), cipher.update(digest))))
