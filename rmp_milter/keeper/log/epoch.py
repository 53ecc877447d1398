"""Which keeper writes the log, where several could: the record that says so, and its successor.

Each keeper that takes the log over writes another one, in a turn of its own; every turn to write
compares it (:mod:`rmp_milter.engine.fence`). Two are never the same octets, so one that was lost
with a server is not taken for another's.
"""

import secrets
import socket
import time
from typing import NamedTuple, Self

import msgspec

from rmp_milter.keeper.log.tree import LogFault

KEY = b"epoch"
"""Where it stands, in the log's ``meta``; a file has none, which one host alone has open."""
_NONCE_BYTES = 16
_MOST_HOST = 64


class Epoch(NamedTuple):
    """How many there were with it, 16 random octets, since when (epoch seconds), whose host."""

    number: int
    nonce: bytes
    since: int
    host: str

    def following(self) -> Self:
        """Return the one of a keeper that takes over now, on this host."""
        nonce, host = secrets.token_bytes(_NONCE_BYTES), socket.gethostname()[:_MOST_HOST]
        return type(self)(self.number + 1, nonce, int(time.time()), host)

    def encode(self) -> bytes:
        """Return it as it is stored."""
        return msgspec.msgpack.encode(self)


NOBODYS = Epoch(0, b"", 0, "")
"""Of a log that no keeper has taken over yet."""


class LogStanding(NamedTuple):
    """Who took the log over last, as which epoch and when; whether anybody leads now; who waits.

    Hosts' names; those of who waits may be cut (:func:`~rmp_milter.linux.hosts.short_name`).
    """

    host: str
    epoch: int
    since: int
    led: bool
    waiting: tuple[str, ...]


_decoder = msgspec.msgpack.Decoder(Epoch)


def decode(stored: bytes | None) -> Epoch:
    """Return what is stored; raise :class:`~.tree.LogFault` where it cannot be read."""
    try:
        return NOBODYS if stored is None else _decoder.decode(stored)
    except msgspec.MsgspecError:
        raise LogFault("which keeper writes it cannot be read") from None
