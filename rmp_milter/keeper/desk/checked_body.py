"""A stored body that the milter hands over, held to the digest that was sealed with its key.

The memory is shared: whoever sits in the milter can write to it between two looks. Of CBC, whose
blocks can be moved about, nothing may be read that was not looked at as a whole before (EFAIL).
"""

import hashlib
import hmac

from rmp_milter.calls.protocol.message import Why
from rmp_milter.keeper.desk.desk import CallFailed
from rmp_milter.keeper.openpgp.packets import ReadAt

_PIECE = 1 << 20


def checked_body(read: ReadAt, size: int, digest: bytes) -> ReadAt:
    """Return what reads a body of that SHA-256, and raises where an octet is another one later.

    Raises :class:`CallFailed` ``UNAVAILABLE`` for a body of another digest.
    """
    whole = hashlib.sha256()
    known: list[bytes] = []
    for at in range(0, size, _PIECE):
        piece = read(at, min(_PIECE, size - at))
        whole.update(piece)
        known.append(hashlib.sha256(piece).digest())
    if not hmac.compare_digest(whole.digest(), digest):
        raise _changed()
    return _Pieces(read, size, known).read


class _Pieces:
    """Reads the pieces of a body whose digests are known; keeps the last one."""

    def __init__(self, read: ReadAt, size: int, known: list[bytes]) -> None:
        self._read = read
        self._size = size
        self._known = known
        self._place = -1
        self._piece = b""

    def read(self, offset: int, size: int) -> bytes:
        end = min(offset + size, self._size)
        found = []
        while offset < end:
            place, start = divmod(offset, _PIECE)
            found.append(self._at(place)[start : start + end - offset])
            offset += len(found[-1])
        return found[0] if len(found) == 1 else b"".join(found)

    def _at(self, place: int) -> bytes:
        if place != self._place:
            at = place * _PIECE
            piece = self._read(at, min(_PIECE, self._size - at))
            if not hmac.compare_digest(hashlib.sha256(piece).digest(), self._known[place]):
                raise _changed()
            self._place, self._piece = place, piece
        return self._piece


def _changed() -> CallFailed:
    return CallFailed(Why.UNAVAILABLE, "a body that is not the one that was stored")
