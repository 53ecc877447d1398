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
    """Octets: what the store uses, of how many it may; what is free where it lies, of how many.

    A server sets no ``most``: 0.
    """

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


class LogKeepers(msgspec.Struct, frozen=True):
    """Of a log on a server: the keeper that took it over last, on which host, as which epoch.

    ``led`` says whether a keeper has it now. ``waiting`` are the hosts whose keepers stand by, and
    ``here`` is this one; a long name may be cut.
    """

    host: str
    epoch: int
    since: int
    led: bool
    waiting: tuple[str, ...]
    here: str

    @property
    def stands_by_here(self) -> bool:
        """Whether this host's keeper waits for the log."""
        return self.here in self.waiting


class Witness(msgspec.Struct, frozen=True):
    """A witness of the policy: when it cosigned last (0: not of late), and what is wrong with it.

    ``trouble`` is ``refused``, ``wrong``, ``silent`` or empty.
    """

    name: str
    cosigned: int
    trouble: str = ""


class Witnesses(msgspec.Struct, frozen=True):
    """Those of the policy, and what is wrong, each as a kind and a line.

    ``met`` says whether a checkpoint of the last day is cosigned as the policy asks.
    """

    each: tuple[Witness, ...]
    met: bool
    found: tuple[tuple[str, str], ...] = ()


class State(msgspec.Struct, frozen=True):
    """All of it. ``keeper`` says whether it answers, None where this user may not ask.

    ``held`` is None where the store could not be read; ``why`` says why. ``full`` are the
    service's folders on file systems that have no room any more. ``log`` is None where no server
    keeps the log, or it could not be asked, which ``log_away`` says; ``witnesses`` None without
    a policy.
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
    log: LogKeepers | None = None
    log_away: str = ""
    witnesses: Witnesses | None = None
