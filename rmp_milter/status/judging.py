"""What of a service's state needs somebody: pure, from what was gathered.

``error`` is what doctors notice, or will within a day; ``warning`` what is to be done soon.
"""

from collections.abc import Iterator

import msgspec

from rmp_milter.status.diary import HostWork
from rmp_milter.status.pulse import BEAT_SECONDS
from rmp_milter.status.state import Beat, OwnCertificate, State, StoreHeld, StoreRoom

HOUR = 3_600
DAY = 86_400
SILENT_SECONDS = 6 * BEAT_SECONDS
"""A pulse that is older than this is no sign of life."""
STUCK_SECONDS = 900
"""An answer that is due for longer than this does not leave."""
LATE_CHECKPOINT = DAY + DAY // 2
OLD_WORK = 8 * DAY
SOON = 30 * DAY
_FULL, _NEARLY = 0.95, 0.8


class Need(msgspec.Struct, frozen=True):
    """One thing that needs somebody: how badly, what, and what to do."""

    severity: str
    line: str
    hint: str


def needs_of(state: State) -> list[Need]:
    """Return what needs somebody, the worst first."""
    found = [*_full(state), *_keeper(state), *_log(state), *_witnesses(state)]
    found += _certificates(state)
    if state.held is None:
        found.append(_error(f"the store cannot be read: {state.why}", "rmp check says why"))
    else:
        found += _held(state.held, state)
    return sorted(found, key=lambda need: need.severity != "error")


def _error(line: str, hint: str) -> Need:
    return Need("error", line, hint)


def _warning(line: str, hint: str) -> Need:
    return Need("warning", line, hint)


def _full(state: State) -> Iterator[Need]:
    for place in state.full:
        yield _error(f"{place}: its file system is full: mails are put off", "make room there")


def _keeper(state: State) -> Iterator[Need]:
    hint, log = "systemctl status rmp-keeper; journalctl -u rmp-keeper", state.log
    if state.keeper is not False or (log and log.stands_by_here):
        return
    if log and log.led:
        yield _warning(
            f"the keeper here does not answer: nobody stands by for the one of {log.host}", hint
        )
    else:
        yield _error("the keeper does not answer: every mail is put off", hint)


def _log(state: State) -> Iterator[Need]:
    if state.log_away:
        yield _error(
            f"which keeper has the access log cannot be asked: {state.log_away}",
            "rmp check; the server's own log",
        )
    elif state.log and not state.log.led:
        yield _error(
            "no keeper has the access log: every mail is put off, emergencies too",
            "systemctl status rmp-keeper on each host that has one",
        )


_WITNESS = {
    "refused": (_error, "touch nothing and tell your auditors: the log may have been cut"),
    "wrong": (_error, "tell your auditors: somebody wrote what that witness did not sign"),
    "silent": (_warning, "ask who runs it; systemctl status rmp-witness.timer"),
    "unmet": (_warning, "rmp access witness status says what is missing"),
    "policy": (_error, "[audit] witness_policy and witnessed, rmp.toml(5)"),
}


def _witnesses(state: State) -> Iterator[Need]:
    for kind, line in state.witnesses.found if state.witnesses else ():
        need, hint = _WITNESS[kind]
        yield need(f"access log: {line}", hint)


def _held(held: StoreHeld, state: State) -> Iterator[Need]:
    yield from _beat("milter", held.milter, "Postfix puts off every mail", state.at)
    yield from _beat("courier", held.courier, "answers wait", state.at)
    yield from _rows(held, state.at)
    yield from _room(held.room)
    late = state.at - held.checkpoint > LATE_CHECKPOINT
    if state.checkpoints_wanted and late and _had_time(held.milter, state.at):
        yield _error(
            "no checkpoint of the access log was sent since yesterday",
            "the milter's log says why (journalctl -u rmp-milter | grep checkpoint)",
        )
    yield from _works(held, state.at)


def _beat(name: str, beat: Beat, effect: str, now: int) -> Iterator[Need]:
    hint = f"systemctl status rmp-{name}; journalctl -u rmp-{name}"
    if not beat.alive:
        yield _error(f"the {name} does not run: {effect}", hint)
    elif beat.pulse and now - beat.pulse.at > SILENT_SECONDS:
        yield _error(f"the {name} gives no sign of life: {effect}", hint)


def _had_time(milter: Beat, now: int) -> bool:
    """Whether the milter has run for long enough to send what is due."""
    return milter.pulse is not None and now - milter.pulse.started > HOUR


def _rows(held: StoreHeld, now: int) -> Iterator[Need]:
    rows = held.rows
    if rows.due_since and now - rows.due_since > STUCK_SECONDS:
        yield _error(
            "answers do not leave: the longest is due for more than a quarter of an hour",
            "rmp outbox list; the courier's log says what Postfix answers",
        )
    if rows.parked:
        yield _warning(
            f"{rows.parked} answers were refused for good and are parked",
            "rmp outbox list shows why; then rmp outbox retry",
        )


def _room(room: StoreRoom) -> Iterator[Need]:
    for part, whole, what, hint in (
        (room.used, room.most, "the store's map", "let it have more: [store] in rmp.toml"),
        (room.disk - room.free, room.disk, "the store's disk", "make room there"),
    ):
        share = part / whole if whole else 0.0
        line = f"{share:.0%} of {what} is used: when it is full, every mail is put off"
        if share > _FULL:
            yield _error(line, hint)
        elif share > _NEARLY:
            yield _warning(line, hint)


def _works(held: StoreHeld, now: int) -> Iterator[Need]:
    for work, command in (
        (HostWork.STORE_CHECK, "rmp store check"),
        (HostWork.BACKUP, "rmp backup"),
    ):
        done = held.last(work)
        if done is None:
            yield _warning(f"{command} was never run here", command)
        elif not done.fine:
            yield _error(f"{command} found something the last time: {done.said}", command)
        elif now - done.at > OLD_WORK:
            yield _warning(f"{command} was run last {(now - done.at) // DAY} days ago", command)


def _certificates(state: State) -> Iterator[Need]:
    for each in state.certificates:
        if each.until and each.until - state.at < SOON:
            yield _certificate(each, state.at)


def _certificate(each: OwnCertificate, now: int) -> Need:
    if each.until <= now:
        return _error(
            f"the service's {each.kind} certificate has ended", "docs/admin.md: renew"
        )
    days = (each.until - now) // DAY
    return _warning(f"the service's {each.kind} certificate ends in {days} days", "renew it")
