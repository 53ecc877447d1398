"""New OpenPGP messages: answers to readers, documents split off a mail."""

import hashlib
from collections.abc import Iterator, Sequence

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

from rmp_milter.certificates import EncryptionKey
from rmp_milter.keeper.desk.readers import key_packets
from rmp_milter.keeper.desk.signing import literal
from rmp_milter.keeper.keys.sealing import Random
from rmp_milter.keeper.openpgp.packets import SEIPD, frame_head
from rmp_milter.keeper.openpgp.sessionkey import KEY_SIZES, SessionKey
from rmp_milter.mail.outgoing.encode import Buffer

MAX_LITERAL_NAME = 255  # bytes; RFC 9580, 5.9
AES_256 = 9  # RFC 9580, 9.3
_BLOCK = 16
_PIECE = 1 << 20
_MDC_HEAD = b"\xd3\x14"


def seal_message(
    signed: Sequence[Buffer], readers: Sequence[EncryptionKey], random: Random
) -> bytes:
    """Encrypt a message as :func:`message_pieces`; return the binary OpenPGP message."""
    return b"".join(message_pieces(signed, readers, random))


def message_pieces(
    signed: Sequence[Buffer], readers: Sequence[EncryptionKey], random: Random
) -> Iterator[bytes]:
    """Encrypt a message, given in pieces; yield the binary OpenPGP message, in pieces.

    SEIPD version 1, which every client reads; no compression: what is large in it is
    ciphertext already.
    """
    key = SessionKey(AES_256, random(KEY_SIZES[AES_256]))
    yield key_packets(key, readers)
    yield from _encrypted(signed, key, random)


def encrypt_document(name: str, data: bytes, key: SessionKey, random: Random) -> bytes:
    """Return a file as an encrypted data packet under ``key``, without key packets.

    Written here (RFC 9580, 5.9 and 5.13.1) because the library leaves the file name out.
    """
    short = name.encode()[:MAX_LITERAL_NAME].decode(errors="ignore").encode()
    return b"".join(_encrypted(literal(short, [data]), key, random))


def _encrypted(clear: Sequence[Buffer], key: SessionKey, random: Random) -> Iterator[bytes]:
    """Yield an encrypted data packet (RFC 9580, 5.13.1), in pieces to spare copies."""
    prefix = random(_BLOCK)
    pieces = [prefix + prefix[-2:], *clear, _MDC_HEAD]
    digest = hashlib.sha1(usedforsecurity=False)
    cipher = Cipher(algorithms.AES(key.key), CFB(bytes(_BLOCK))).encryptor()
    yield frame_head(SEIPD, 1 + sum(map(len, pieces)) + digest.digest_size) + b"\x01"
    for piece in pieces:
        view = memoryview(piece)
        for at in range(0, len(view), _PIECE):
            digest.update(view[at : at + _PIECE])
            yield cipher.update(view[at : at + _PIECE])
    yield cipher.update(digest.digest())
