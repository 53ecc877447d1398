"""A service that is well, to be made otherwise in one point."""

from rmp_milter.status.diary import HostWork, WorkDone
from rmp_milter.status.pulse import Pulse, Tick
from rmp_milter.status.state import Beat, OwnCertificate, Rows, State, StoreHeld, StoreRoom

NOW = 1_800_000_000
DAY = 86_400
COUNTS = {
    "dossiers": 12,
    "documents": 34,
    "entries": 40,
    "doctors": 5,
    "deposits_waiting": 6,
    "emergencies": 7,
}


def a_beat(at: int = NOW - 5, **counts: int) -> Beat:
    return Beat(
        Pulse(4711, NOW - 3 * DAY, at, NOW - 60, {Tick(name): n for name, n in counts.items()}),
        alive=True,
    )


def a_held(**changed: object) -> StoreHeld:
    usual = {
        "counts": COUNTS,
        "rows": Rows(waiting=3, due_since=NOW - 10, parked=0),
        "room": StoreRoom(used=10**9, most=10**11, free=10**12, disk=2 * 10**12),
        "emergencies_open": 2,
        "checkpoint": NOW - 3600,
        "milter": a_beat(taken=10, refused=2, deferred=1),
        "courier": a_beat(sent=9, later=1, parked=0),
        "diary": {work.value: WorkDone(NOW - DAY, fine=True) for work in HostWork},
    }
    return StoreHeld(**(usual | changed))


def a_state(held: StoreHeld | None = None, **changed: object) -> State:
    usual = {
        "at": NOW,
        "address": "rmp@chu.example",
        "version": "1.2.3",
        "keeper": True,
        "held": a_held() if held is None else held,
        "certificates": (
            OwnCertificate("OpenPGP", 0),
            OwnCertificate("S/MIME", NOW + 400 * DAY),
        ),
        "checkpoints_wanted": True,
    }
    return State(**(usual | changed))
