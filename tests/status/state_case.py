"""A service that is well, to be made otherwise in one point."""

from rmp_milter.status.diary import HostWork, WorkDone
from rmp_milter.status.pulse import Pulse, Tick
from rmp_milter.status.state import (
    Beat,
    LogKeepers,
    OwnCertificate,
    Rows,
    State,
    StoreHeld,
    StoreRoom,
    Witness,
    Witnesses,
)

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


def a_log(**changed: object) -> LogKeepers:
    """Return a log that another host's keeper has, this one's standing by."""
    usual = {
        "host": "mail-1",
        "epoch": 4,
        "since": NOW - 3 * DAY,
        "led": True,
        "waiting": ("mail-2",),
        "here": "mail-2",
    }
    return LogKeepers(**(usual | changed))


def some_witnesses(*troubles: str, met: bool = True) -> Witnesses:
    """Return two witnesses that are well, and one for each trouble."""
    well = (Witness("ars", NOW - 3 * 3600), Witness("ordre", NOW - 60))
    others = tuple(Witness(f"w{number}", 0, each) for number, each in enumerate(troubles))
    found = tuple(
        (each.trouble, f"the witness {each.name} is {each.trouble}") for each in others
    )
    unmet = () if met else (("unmet", "no checkpoint of the last day is cosigned"),)
    return Witnesses((*well, *others), met=met, found=(*found, *unmet))
