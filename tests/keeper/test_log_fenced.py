"""A log on a server that several keepers could write: one does, and no outcome is guessed."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from keeper_case import ORIGIN, event, raw_leaves
from log_places import server_place
from own_case import child

from rmp_milter.engine.failures import StoreError
from rmp_milter.keeper.log import journal
from rmp_milter.keeper.log.journal import Journal, JournalError, LogTakenOver
from rmp_milter.keeper.log.leading import LogLead
from rmp_milter.keeper.log.postgresql_log import PostgresqlLog
from rmp_milter.keeper.log.tables import LogTable
from rmp_milter.keeper.log.tries import EVERYBODY
from testbed.postgres import PrivatePostgres
from testbed.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rmp_milter.keeper.log.own import Own

WAITS_FOR_A_STANDBY = "wait_event = 'SyncRep'"
NAMES = "synchronous_standby_names"
SOON = 30


@pytest.fixture(scope="module")
def server() -> Iterator[PrivatePostgres]:
    with PrivatePostgres({"fsync": "on"}) as server:
        yield server


@pytest.fixture
def log_at(server: PrivatePostgres, tmp_path: Path) -> Iterator[PostgresqlLog]:
    made = PostgresqlLog(tmp_path / "log", server_place(str(server.folder)))
    journal.create(made, ORIGIN)
    yield made
    set_standbys(server, "")


def set_standbys(server: PrivatePostgres, names: str) -> None:
    server.run_sql(f"ALTER SYSTEM SET {NAMES} = '{names}'", "SELECT pg_reload_conf()")
    wait_until(lambda: server.run_sql(f"SHOW {NAMES}").strip() == names, SOON, NAMES)


def backend(server: PrivatePostgres, condition: str) -> int:
    """Return the one connection of which the condition is true, as soon as there is one."""
    others = "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    found = list[str]()

    def look() -> bool:
        found[:] = server.run_sql(f"{others} AND {condition}").split()
        return bool(found)

    wait_until(look, SOON, condition)
    return int(found[0])


def taken_over(log_at: PostgresqlLog) -> PostgresqlLog:
    """Have another keeper take the log over; return the log as it is for that one."""
    while True:  # as a keeper does
        with suppress(StoreError):
            return log_at.written_by(LogLead(log_at).take_over())


def leaves_in(log_at: PostgresqlLog) -> int:
    with Journal(log_at) as log:
        return len(raw_leaves(log))


@pytest.mark.promise(number=13)
def test_who_was_overtaken_writes_and_signs_nothing_more(log_at: PostgresqlLog) -> None:
    with Journal(taken_over(log_at)) as first:
        assert first.append(event("dossier"), 5) == 0
        with Journal(taken_over(log_at)) as second:
            with pytest.raises(
                LogTakenOver, match=r"another keeper has taken over \(.*epoch 2"
            ):
                first.append(event("liste"), 6)
            with pytest.raises(LogTakenOver):
                first.append(event("dossier"), 6)  # not even what is there already
            with pytest.raises(LogTakenOver):
                first.change(lambda own: own.known.forget(b"D" * 17))
            assert second.append(event("dossier"), 6) == 0
            assert second.append(event("depot"), 6) == 1
    assert leaves_in(log_at) == 2


def test_a_keeper_that_was_overtaken_does_not_open_the_log_anew(log_at: PostgresqlLog) -> None:
    first = taken_over(log_at)
    taken_over(log_at)
    with pytest.raises(LogTakenOver, match="epoch 2"):
        Journal(first)


def test_a_command_writes_beside_the_keeper_until_another_takes_over(
    log_at: PostgresqlLog,
) -> None:
    with Journal(taken_over(log_at)) as keeper, Journal(log_at) as command:
        assert command.append(event("key", b""), 5) == 0
        assert keeper.append(event("dossier"), 5) == 1
        taken_over(log_at)
        with pytest.raises(LogTakenOver):
            command.append(event("key", b""), 6)


@pytest.mark.promise(number=13)
def test_a_keeper_that_stands_still_in_its_turn_is_overtaken_and_writes_nothing(
    log_at: PostgresqlLog,
) -> None:
    first = taken_over(log_at)
    (told, tell), (said, say) = os.pipe(), os.pipe()

    def stop_in_it(_own: Own, _new: bool) -> None:  # noqa: FBT001 -- as it is called
        os.write(tell, b".")
        os.kill(os.getpid(), signal.SIGSTOP)

    def stopped(log: Journal) -> None:
        try:
            log.append(event("dossier"), 5, with_it=stop_in_it)
        except LogTakenOver:
            os.write(say, b"taken over")

    pid = child(first, stopped)
    os.read(told, 1)
    try:
        second = taken_over(log_at)  # as soon as the other's turn has been ended
        with Journal(second) as log:
            assert log.append(event("liste"), 6) == 0
    finally:
        os.kill(pid, signal.SIGCONT)
    assert os.waitpid(pid, 0)[1] == 0
    assert os.read(said, 20) == b"taken over"
    with Journal(second) as log:
        assert [b'"liste"' in leaf for leaf in raw_leaves(log)] == [True]


class Appending:
    """A leaf written in a thread, and how that ended: its index, or what was raised."""

    def __init__(self, log_at: PostgresqlLog) -> None:
        self.ended: int | JournalError | None = None
        self._log_at = log_at
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            with Journal(self._log_at) as log:
                self.ended = log.append(event("urgence"), 5)
        except JournalError as error:
            self.ended = error

    def end(self) -> int | JournalError | None:
        self._thread.join(60)
        return self.ended


@pytest.mark.parametrize("act", ["cancel", "terminate"])
@pytest.mark.promise(number=8)
def test_a_leaf_is_told_only_when_the_standby_has_it_and_is_there_once(
    server: PrivatePostgres, log_at: PostgresqlLog, act: str
) -> None:
    """The server says COMMIT to who was cancelled, and nothing to who was cut off."""
    keeper = taken_over(log_at)
    set_standbys(server, "nobody")
    appending = Appending(keeper)
    waiting = backend(server, WAITS_FOR_A_STANDBY)
    server.run_sql(f"SELECT pg_{act}_backend({waiting})")
    backend(server, f"{WAITS_FOR_A_STANDBY} AND query_start > now() - interval '1 s'")
    assert appending.ended is None
    set_standbys(server, "")
    assert appending.end() == 0
    assert leaves_in(log_at) == 1


@pytest.mark.promise(number=8)
def test_what_nobody_can_tell_in_time_is_no_leaf_for_who_asked(
    server: PrivatePostgres, tmp_path: Path
) -> None:
    made = PostgresqlLog(tmp_path / "log", server_place(str(server.folder), patience=2))
    journal.create(made, ORIGIN)
    keeper = taken_over(made)
    set_standbys(server, "nobody")
    try:
        ended = Appending(keeper).end()
    finally:
        set_standbys(server, "")
    assert isinstance(ended, JournalError)
    assert "not known" in str(ended)
    with Journal(keeper) as log:  # the same mail, come again, finds the leaf that was written
        assert log.append(event("urgence"), 9) == 0
        assert len(log) == 1


@pytest.mark.promise(number=8)
def test_a_leaf_that_is_cut_off_and_overtaken_is_none_for_who_asked(
    server: PrivatePostgres, log_at: PostgresqlLog
) -> None:
    """Its outcome can be looked up by nobody who may still write."""
    first = taken_over(log_at)
    set_standbys(server, "nobody")
    appending = Appending(first)
    waiting = backend(server, WAITS_FOR_A_STANDBY)
    overtaking = threading.Thread(target=lambda: taken_over(log_at))
    overtaking.start()
    backend(server, "wait_event_type = 'Lock'")
    server.run_sql(f"SELECT pg_terminate_backend({waiting})")
    backend(server, f"{WAITS_FOR_A_STANDBY} AND pid <> {waiting}")
    set_standbys(server, "")
    overtaking.join(60)
    assert isinstance(appending.end(), LogTakenOver)


@pytest.mark.promise(number=7)
def test_who_takes_over_knows_what_mails_did_and_which_codes_were_wrong(
    log_at: PostgresqlLog,
) -> None:
    act, other = b"a" * 32, b"b" * 32

    def refused(own: Own, new: bool) -> None:  # noqa: FBT001 -- as it is called
        assert own.acts.note(act, "dossier", b"d" * 16, 2_000_000_000)
        if new:
            own.tries.count((EVERYBODY,), 1_900_000_000)

    first = taken_over(log_at)
    with Journal(first) as log:
        log.append(event("dossier", act), 1_900_000_000, with_it=refused)
    with Journal(taken_over(log_at)) as log:
        log.append(event("dossier", act), 1_900_000_001, with_it=refused)
        log.append(event("dossier", other), 1_900_000_002, with_it=refused)
        with log.own() as own:
            assert own.tries.recent(EVERYBODY, 0) == 2
        assert not log.change(
            lambda own: own.acts.note(act, "dossier", b"e" * 16, 2_000_000_000)
        )


def test_no_leaf_is_ever_written_over_another(log_at: PostgresqlLog) -> None:
    with Journal(log_at) as log:
        log.append(event("dossier"), 5)
        before = raw_leaves(log)
        with pytest.raises(JournalError):
            log._write(lambda txn: txn.append(LogTable.LEAVES, bytes(8), b"another"))
    with Journal(log_at) as log:
        assert raw_leaves(log) == before


def test_a_server_that_is_away_is_waited_for_and_then_said(
    server: PrivatePostgres, tmp_path: Path
) -> None:
    made = PostgresqlLog(tmp_path / "log", server_place(str(server.folder), patience=2))
    journal.create(made, ORIGIN)
    with Journal(made) as log:
        log.append(event("dossier"), 5)
        server.stop(signal.SIGQUIT)
        try:
            with pytest.raises(JournalError, match="access log: cannot reach the access log"):
                log.append(event("liste"), 6)
        finally:
            server.launch()
    assert leaves_in(made) == 1
