"""What every call works with, and how a call fails."""

from dataclasses import dataclass

from rmp_milter.keeper.held import Holder
from rmp_milter.keeper.journal import Journal
from rmp_milter.keeper.keys import Keys
from rmp_milter.keeper.protocol import Why
from rmp_milter.keeper.sealing import Random


class CallFailed(Exception):  # noqa: N818 -- reads as what it is where it is raised
    """A call that does nothing; ``detail`` is for the host's log and shows no content."""

    def __init__(self, why: Why, detail: str = "") -> None:
        super().__init__(f"{why}: {detail}")
        self.why = why
        self.detail = detail


@dataclass(frozen=True)
class Limits:
    """Bounds; sizes in bytes, times in seconds.

    ``message`` bounds the shared memory, ``plaintext`` what a main body decrypts to,
    ``text`` how far its text is searched for the routing header, ``request`` one message
    on the socket, ``timeout`` each wait for the caller, ``work`` a whole call: a worker
    that takes longer is ended and replaced.
    """

    message: int = 64 << 20
    plaintext: int = 64 << 20
    text: int = 1 << 20
    request: int = 16 << 20
    key_packets: int = 16
    bodies: int = 256
    parts: int = 200
    timeout: float = 30.0
    work: float = 300.0
    code_length: int = 8
    code_minimum: int = 4


@dataclass(frozen=True, repr=False)
class Desk:
    """The keys, the log, the held values' key, the randomness, the bounds."""

    keys: Keys
    journal: Journal
    holder: Holder
    random: Random
    limits: Limits
