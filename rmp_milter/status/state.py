"""How a service stands at one moment: what is gathered, for people, programs and judgement."""

import msgspec

from rmp_milter.status.diary import HostWork, WorkDone
from rmp_milter.status.pulse import Pulse


class Beat(msgspec.Struct, frozen=True):
    """A process that writes a pulse: its last one, and whether that process is there."""

    pulse: Pulse | None
    alive: bool


class Rows(msgspec.Struct, frozen=True):
    """The outbox: answers that wait, since when the longest of those that are due, and others."""

    waiting: int
    due_since: int
    parked: int


class StoreRoom(msgspec.Struct, frozen=True):
    """Octets: what the store uses, of how many it may; what is free where it lies, of how many."""

    used: int
    most: int
    free: int
    disk: int


class StoreHeld(msgspec.Struct, frozen=True):
    """What milter and courier share, as their store's owner sees it."""

    counts: dict[str, int]
    rows: Rows
    room: StoreRoom
    emergencies_open: int
    checkpoint: int
    milter: Beat
    courier: Beat
    diary: dict[str, WorkDone]

    def last(self, work: HostWork) -> WorkDone | None:
        """Return when a work was done last."""
        return self.diary.get(work.value)


class OwnCertificate(msgspec.Struct, frozen=True):
    """One of the service's own certificates: its kind, and until when (0: for ever)."""

    kind: str
    until: int


class State(msgspec.Struct, frozen=True):
    """All of it. ``keeper`` says whether it answers, None where this user may not ask.

    ``held`` is None where the store could not be read; ``why`` says why. ``full`` are the
    service's folders on file systems that have no room any more.
    """

    at: int
    address: str
    version: str
    keeper: bool | None
    held: StoreHeld | None
    certificates: tuple[OwnCertificate, ...]
    checkpoints_wanted: bool
    why: str = ""
    full: tuple[str, ...] = ()
