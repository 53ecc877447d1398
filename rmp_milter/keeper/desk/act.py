"""What a mail is, whoever hands it in and however it is wrapped: by it a replay is known.

A signature can be had out of one mail and sealed into another: so what was signed counts, by
whom and when, not the session key. Nothing of it can be changed without the signer's key; what
can be (unhashed subpackets, the numbers of an ECDSA signature, line ends of a text) is left out.
"""

import hashlib
import hmac
from collections.abc import Iterator

from rmp_milter.calls.protocol.opening import BY_A_CANDIDATE, Signature, Trust
from rmp_milter.keeper.openpgp.sessionkey import SessionKey, packed

_SIGNED, _UNSIGNED = b"rmp act signed\0", b"rmp act unsigned\0"
_PIECE = 1 << 20
_SIGNERS = BY_A_CANDIDATE | {Trust.EXPIRED, Trust.REVOKED, Trust.PURPOSE}
"""What fits its content, by a key that is known; what more it is worth is another matter."""


def act_of(known_by: bytes, signature: Signature, content: bytes, key: SessionKey) -> bytes:
    """Return what the same act always gives, and no other one.

    ``content`` is what was signed; where no signature fits it, all that ``key`` opened.
    """
    digest = _digest(content)
    if signature.trust in _SIGNERS:
        signer = bytes.fromhex(signature.fingerprint)
        said = _SIGNED + bytes([len(signer)]) + signer + signature.created.to_bytes(8) + digest
    else:
        said = _UNSIGNED + packed(key) + digest
    return hmac.digest(known_by, said, "sha256")


def seal_of(known_by: bytes, key: SessionKey) -> bytes:
    """Return what the same session key always gives: it is drawn once."""
    return hmac.digest(known_by, b"rmp once" + packed(key), "sha256")


def _digest(content: bytes) -> bytes:
    """Return the SHA-256 of the content with every line end as LF, whatever it was."""
    digest = hashlib.sha256()
    for piece in _pieces(content):
        digest.update(piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
    return digest.digest()


def _pieces(content: bytes) -> Iterator[bytes]:
    """Yield the content in pieces that cut no line end."""
    start = 0
    while start < len(content):
        end = start + _PIECE
        end += content[end - 1 : end + 1] == b"\r\n"
        yield content[start:end]
        start = end
