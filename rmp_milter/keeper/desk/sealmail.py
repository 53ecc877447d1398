"""New OpenPGP messages: answers to readers, documents split off a mail, key packets."""

import hashlib
from collections.abc import Sequence

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from openpgp.util import encrypt_session_key_to_recipient

from rmp_milter.calls.protocol import Why
from rmp_milter.certificates import CertificateError, EncryptionKey, keys_for_reader
from rmp_milter.keeper.desk.desk import CallFailed
from rmp_milter.keeper.desk.signing import literal
from rmp_milter.keeper.keys.sealing import Random
from rmp_milter.keeper.openpgp.packets import SEIPD, frame_head
from rmp_milter.keeper.openpgp.sessionkey import KEY_SIZES, NAMES, SessionKey

MAX_LITERAL_NAME = 255  # bytes; RFC 9580, 5.9
AES_256 = 9  # RFC 9580, 9.3
_BLOCK = 16
_MDC_HEAD = b"\xd3\x14"


def reader_keys(certificate: bytes, now: int) -> list[EncryptionKey]:
    """Return the keys to encrypt to; raise ``BAD_KEY`` with the reason if there is none.

    A clock that is wrong, the reader's or ours, refuses him nothing.
    """
    try:
        return keys_for_reader(certificate, now)
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
    signed: Sequence[bytes], readers: Sequence[EncryptionKey], random: Random
) -> bytes:
    """Encrypt a message, given in pieces; return the binary OpenPGP message.

    SEIPD version 1, which every client reads; no compression: what is large in it is
    ciphertext already.
    """
    key = SessionKey(AES_256, random(KEY_SIZES[AES_256]))
    return b"".join((key_packets(key, readers), *_encrypted(signed, key, random)))


def encrypt_document(name: str, data: bytes, key: SessionKey, random: Random) -> bytes:
    """Return a file as an encrypted data packet under ``key``, without key packets.

    Written here (RFC 9580, 5.9 and 5.13.1) because the library leaves the file name out.
    """
    short = name.encode()[:MAX_LITERAL_NAME].decode(errors="ignore").encode()
    return b"".join(_encrypted(literal(short, data), key, random))


def _encrypted(clear: Sequence[bytes], key: SessionKey, random: Random) -> list[bytes]:
    """Return an encrypted data packet (RFC 9580, 5.13.1), in pieces to spare copies."""
    prefix = random(_BLOCK)
    pieces = [prefix + prefix[-2:], *clear, _MDC_HEAD]
    digest = hashlib.sha1(usedforsecurity=False)
    for piece in pieces:
        digest.update(piece)
    cipher = Cipher(algorithms.AES(key.key), CFB(bytes(_BLOCK))).encryptor()
    encrypted = [cipher.update(piece) for piece in (*pieces, digest.digest())]
    length = 1 + sum(map(len, encrypted))
    return [frame_head(SEIPD, length), b"\x01", *encrypted]
