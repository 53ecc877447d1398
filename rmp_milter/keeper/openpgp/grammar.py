"""The order of packets inside an encrypted body (RFC 9580, 10.3).

One message and nothing beside it. What readers of other makers would not open, or would show
without its signature, would be filed here and of no use to anybody.
"""

from rmp_milter.calls.protocol.message import Why
from rmp_milter.keeper.openpgp.packets import (
    COMPRESSED,
    LITERAL,
    MARKER,
    ONE_PASS,
    SIGNATURE,
    PacketError,
    Stream,
    is_passed_over,
    unreadable,
)

_MARK = b"PGP"
_LOOKED_AT = len(_MARK) + 1
_ONE_PASS_VERSIONS = (b"\x03", b"\x06")
_GNUPG_CONTROL = 63  # GnuPG's own, which it takes from nobody


def _disorder(detail: str) -> PacketError:
    return PacketError(Why.UNSUPPORTED, detail)


class Order:
    """What stood so far in one body, or in one compressed packet: each is a whole message."""

    def __init__(self) -> None:
        self._one_pass = 0
        self._in_front = 0
        self._behind = 0
        self._complete = False

    def take(self, tag: int) -> None:
        """Take note of the next packet; raise :class:`PacketError` where it may not stand."""
        if tag == ONE_PASS:
            self._opens(tag, fits=not self._in_front)
            self._one_pass += 1
        elif tag == SIGNATURE and self._complete:
            self._behind += 1
        elif tag == SIGNATURE:
            self._opens(tag, fits=not self._one_pass)
            self._in_front += 1
        elif tag == LITERAL:
            self._opens(tag, fits=True)
            self._complete = True
        elif tag == COMPRESSED:
            self._opens(tag, fits=not self._one_pass + self._in_front)
            self._complete = True
        elif tag == _GNUPG_CONTROL or not is_passed_over(tag):
            raise _disorder(f"packet {tag} inside the encrypted data")

    def _opens(self, tag: int, *, fits: bool) -> None:
        if self._complete:
            raise _disorder(f"packet {tag} behind the message")
        if not fits:
            raise _disorder(f"packet {tag} in the wrong place")

    def end(self) -> None:
        """Raise :class:`PacketError` unless the message is there, and each signature announced."""
        if not self._complete:
            raise unreadable("no literal data")
        if self._one_pass != self._behind:
            raise _disorder("signatures that were announced and those that follow differ")


def pass_over(tag: int, body: Stream) -> None:
    """Read a packet that says nothing of its own to its end.

    Raises :class:`PacketError` for what is no marker (RFC 9580, 5.8) or no one-pass packet (5.4).
    """
    head = body.some(_LOOKED_AT)
    if tag == MARKER and head != _MARK:
        raise _disorder("a marker packet that is none")
    if tag == ONE_PASS and head[:1] not in _ONE_PASS_VERSIONS:
        raise _disorder("a one-pass packet that is none")
    for _ in body.rest():
        pass
