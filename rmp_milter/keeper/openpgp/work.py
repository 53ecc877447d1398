"""What may be spent on one mail, whoever sent it: by its size, over all its bodies and layers.

A limit for each packet bounds nothing, since a few octets of compressed data are as many
packets as one likes. So all that opens a mail draws on one :class:`Work`.
"""

from typing import NamedTuple

from rmp_milter.calls.protocol.message import Why
from rmp_milter.keeper.openpgp.problem import PacketError

_MIB = 1 << 20
LEAST_OCTETS = 8 * _MIB
"""What decompression may give of the smallest mail: an empty scan is thousands of times smaller
compressed."""
OCTETS = 256
"""What it may give for each octet of a mail."""
LAYERS = 4
"""How often it may give the longest plaintext: what is slow counts several times."""
LEAST_STEPS = 4096
"""Packets and partial lengths of the smallest mail."""
STEP = 512
"""Octets for each further one: what a first partial length holds at least (RFC 9580, 4.2.1.4)."""
LEAST_TRIES = 256
"""Key packets that are tried with a private key: 64 recipients that are not named, twice over."""
HASHED = 2
"""How often what may come out may be hashed for signatures: as it stands, and with CRLF."""
LEAST_TEXT = 8 << 10
"""Octets of its texts that are read of the smallest mail."""
TEXT = 4
"""How many more for each octet of a mail: text is a third as long compressed."""
LONGEST = 64 * _MIB


def text_within(size: int, most: int) -> int:
    """Return how many octets of a text are read in a mail of that size, at most ``most``."""
    return min(LEAST_TEXT + TEXT * size, most)


class Spent(NamedTuple):
    """What was spent: units of decompression, steps, key packets tried, octets hashed."""

    octets: int = 0
    steps: int = 0
    tries: int = 0
    hashed: int = 0


class Work:
    """What is left for one mail of ``size`` octets, and what was spent on it.

    ``longest`` is the longest plaintext that is taken, ``bodies`` how many there are. Each
    method that spends raises :class:`PacketError` where nothing is left: ``TOO_LARGE``, or
    ``TOO_MANY_RECIPIENTS``.
    """

    def __init__(self, size: int = LONGEST, longest: int = LONGEST, bodies: int = 1) -> None:
        self.octets = min(LEAST_OCTETS + OCTETS * size, LAYERS * longest)
        self.steps = LEAST_STEPS + (size + min(self.octets, longest)) // STEP
        self.tries = LEAST_TRIES + 2 * bodies
        self.hashed = min(HASHED * self.octets, LAYERS * longest)
        self._given = Spent(self.octets, self.steps, self.tries, self.hashed)

    @property
    def spent(self) -> Spent:
        """Return what was spent so far."""
        left = (self.octets, self.steps, self.tries, self.hashed)
        return Spent(*(given - rest for given, rest in zip(self._given, left, strict=True)))

    def take_octets(self, units: int) -> None:
        """Spend what decompression gives."""
        self.octets -= units
        if self.octets < 0:
            raise PacketError(Why.TOO_LARGE, "more comes out of the mail than its size allows")

    def take_step(self) -> None:
        """Spend a packet, or a partial length."""
        self.steps -= 1
        if self.steps < 0:
            raise PacketError(Why.TOO_LARGE, "more packets and pieces than the size allows")

    def take_try(self) -> None:
        """Spend an operation with a private key."""
        self.tries -= 1
        if self.tries < 0:
            raise PacketError(Why.TOO_MANY_RECIPIENTS, "too many key packets to try")

    def take_hashed(self, octets: int) -> None:
        """Spend what is hashed for a signature."""
        self.hashed -= octets
        if self.hashed < 0:
            raise PacketError(Why.TOO_LARGE, "too many signatures over too much")
