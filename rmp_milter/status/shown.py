"""A service's state on one screen, in lines of at most 80 columns."""

import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime

from rmp_milter.status.diary import HostWork
from rmp_milter.status.judging import Need
from rmp_milter.status.pulse import Tick
from rmp_milter.status.state import Beat, LogKeepers, State, StoreHeld, Witness, Witnesses

WIDTH = 80
SAID_WIDTH = WIDTH - 15
"""Of what is said of each, beside the longest name."""
MOST_LINES = 3
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_SIZES = ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def pairs_of(state: State) -> Iterator[tuple[str, str]]:
    """Yield names and what is said of each, for two columns."""
    moment = datetime.fromtimestamp(state.at, UTC)
    yield "service", f"{state.address}, rmp-milter {state.version}"
    yield "at", f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    stands_by = state.keeper is False and state.log is not None and state.log.stands_by_here
    yield "keeper", "stands by" if stands_by else _KEEPER[state.keeper]
    if state.log is not None:
        yield "access log", _log(state.log, state.at)
    held = state.held
    if held is not None:
        yield from _process("milter", held.milter, "mail", state.at)
        yield from _process("courier", held.courier, "answer", state.at)
        yield from _held(held, state)
    for each in state.certificates:
        until = datetime.fromtimestamp(each.until, UTC)
        said = f"until {until:%Y-%m-%d}" if each.until else "for ever"
        yield "certificate", f"{each.kind}, {said}"
    if state.witnesses is not None:
        yield from _witnesses(state.witnesses, state.at)


def lines_of(needs: list[Need]) -> Iterator[str]:
    """Yield what needs somebody, each with what to do."""
    for need in needs:
        yield f"{need.severity}: {need.line}"
        yield f"  hint: {need.hint}"
    errors = sum(need.severity == "error" for need in needs)
    yield f"{errors} errors, {len(needs) - errors} warnings"


_KEEPER = {
    True: "answers",
    False: "does not answer",
    None: "not asked: only root and its own user may",
}


def _log(log: LogKeepers, now: int) -> str:
    """Say who has the log, in one line: with many names, or long ones, cut."""
    has = f"{log.host} has it since {_ago(log.since, now)}"
    if not log.led:
        has = f"nobody has it; before, {log.host}"
    waiting = ", ".join(log.waiting) or "nobody"
    return _cut(f"{has} (epoch {log.epoch}); {waiting} standing by")


def _witnesses(witnesses: Witnesses, now: int) -> Iterator[tuple[str, str]]:
    """Say of each witness when it cosigned last, in a few lines."""
    said = [f"{each.name} {_witness(each, now)}" for each in witnesses.each]
    lines = textwrap.wrap(
        ", ".join(said) or "none", SAID_WIDTH, max_lines=MOST_LINES, placeholder=" ..."
    )
    for number, line in enumerate(lines):
        yield "" if number else "witnesses", line


def _witness(witness: Witness, now: int) -> str:
    if witness.trouble in {"refused", "wrong"}:
        return _REFUSED[witness.trouble]
    last = f"{_ago(witness.cosigned, now)} ago" if witness.cosigned else "never"
    return f"silent, {last}" if witness.trouble else last


_REFUSED = {"refused": "REFUSES", "wrong": "WRONG SIGNATURE"}


def _cut(said: str) -> str:
    return said if len(said) <= SAID_WIDTH else f"{said[: SAID_WIDTH - 4]} ..."


def _held(held: StoreHeld, state: State) -> Iterator[tuple[str, str]]:
    rows, room, counts = held.rows, held.room, held.counts
    due = f", the longest since {_ago(rows.due_since, state.at)}" if rows.due_since else ""
    yield "answers", f"{rows.waiting} wait{due}; {rows.parked} parked"
    yield "deposits", f"{counts['deposits_waiting']} wait for a dossier"
    yield "emergencies", f"{held.emergencies_open} to be looked into"
    yield "dossiers", f"{counts['dossiers']}, {counts['documents']} documents"
    yield "directory", f"{counts['doctors']} entries"
    most = f"used of at most {_size(room.most)}" if room.most else "on its server"
    yield "store", f"{_size(room.used)} {most}"
    yield "disk", f"{_size(room.free)} free of {_size(room.disk)}"
    yield "checkpoint", _last(held.checkpoint, state.at)
    for work, name in (
        (HostWork.BACKUP, "backup"),
        (HostWork.STORE_CHECK, "store check"),
        (HostWork.LIVE_CHECK, "live check"),
    ):
        done = held.last(work)
        fine = "" if done is None else ", all was well" if done.fine else ", see below"
        yield name, f"{_last(done.at if done else 0, state.at)}{fine}"


def _process(name: str, beat: Beat, what: str, now: int) -> Iterator[tuple[str, str]]:
    pulse = beat.pulse
    if not beat.alive or pulse is None:
        yield name, "does not run"
        return
    since = f"up {_ago(pulse.started, now)}"
    last = f"last {what} {_ago(pulse.last, now)} ago" if pulse.last else f"no {what} yet"
    counts = ", ".join(f"{count} {_WORDS[name]}" for name, count in pulse.counts.items())
    yield name, f"{since}, {last}"
    yield f"{what}s since", counts


_WORDS = {
    Tick.TAKEN: "taken",
    Tick.REFUSED: "refused",
    Tick.DEFERRED: "put off",
    Tick.SENT: "sent",
    Tick.LATER: "later",
    Tick.PARKED: "parked",
}


def _last(at: int, now: int) -> str:
    return f"{_ago(at, now)} ago" if at else "never"


def _ago(at: int, now: int) -> str:
    seconds = max(0, now - at)
    size, unit = next((each for each in _UNITS if seconds >= each[0]), _UNITS[-1])
    return f"{seconds // size} {unit}"


def _size(octets: int) -> str:
    size, unit = next((each for each in _SIZES if octets >= each[0]), (1, "B"))
    return f"{octets / size:.3g} {unit}"
