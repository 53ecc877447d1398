"""New OpenPGP messages: answers to readers, documents split off a mail, key packets."""

from collections.abc import Sequence

from openpgp.composed import (
    MessageBuilder,
    SignedSecretKey,
)
from openpgp.util import encrypt_session_key_to_recipient

from rmp_milter.certificates import CertificateError, EncryptionKey, encryption_keys
from rmp_milter.keeper.desk import CallFailed
from rmp_milter.keeper.protocol import Why
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


def encrypt_document(name: str, data: bytes, key: SessionKey) -> bytes:
    """Return a file as an encrypted data packet under ``key``, without key packets."""
    short = name.encode()[:MAX_LITERAL_NAME].decode(errors="ignore")
    builder = MessageBuilder.from_bytes(short, data).seipd_v1(NAMES[key.algorithm])
    return builder.set_session_key(key.key).to_vec()
