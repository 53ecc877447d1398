"""Held values: secrets that the milter carries from one call to the next, unreadable.

They are sealed under a key that exists only in the running keeper and its workers, bound
to one mail and what they are, and die after a quarter of an hour.
"""

from enum import Enum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rmp_milter.errors import FOREIGN
from rmp_milter.keeper.keys.sealing import NONCE_SIZE, Random, framed

LIFETIME = 15 * 60
"""Seconds; far longer than one mail takes, far shorter than a night."""
_TIME_SIZE = 8


class HeldError(ValueError):
    """A held value that is not ours, of another mail, of another kind, or too old."""


class HeldKind(Enum):
    """What is held."""

    CODE = b"code"
    TICKET = b"ticket"


class Holder:
    """Seals and opens held values; one key for all workers of a running keeper."""

    def __init__(self, key: bytes, random: Random) -> None:
        """``key`` is 32 fresh bytes, made at start and never written anywhere."""
        self._cipher = AESGCM(key)
        self._random = random

    def hold(self, kind: HeldKind, secret: bytes, digest: bytes, now: int) -> bytes:
        """Return the token for ``secret`` within the mail ``digest``."""
        nonce = self._random(NONCE_SIZE)
        content = now.to_bytes(_TIME_SIZE) + secret
        return nonce + self._cipher.encrypt(nonce, content, _binding(kind, digest))

    def open(self, kind: HeldKind, token: bytes, digest: bytes, now: int) -> bytes:
        """Return the secret; raise :class:`HeldError` if the token does not fit here."""
        nonce, sealed = token[:NONCE_SIZE], token[NONCE_SIZE:]
        try:
            content = self._cipher.decrypt(nonce, sealed, _binding(kind, digest))
        except (InvalidTag, ValueError):
            raise HeldError(FOREIGN) from None
        # A clock that is set back between two calls of one mail is no reason to refuse it.
        if abs(now - int.from_bytes(content[:_TIME_SIZE])) > LIFETIME:
            raise HeldError("held for too long")
        return content[_TIME_SIZE:]


def _binding(kind: HeldKind, digest: bytes) -> bytes:
    return framed(b"rmp held", kind.value, digest)
