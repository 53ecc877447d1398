"""What is answered when the way to the server, or to its standby, is lost in the middle."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from postgresql_case import DURABLE, backend, backends, made_on, place_on, set_on
from store_case import KEYS, NOW, a_deposit, a_doctor, a_mail, with_dossier

from rmp_milter.dossier.changes import Changes
from rmp_milter.engine.postgresql.access import PostgresqlAccess
from rmp_milter.engine.postgresql.connecting import connect
from rmp_milter.store import postgresql_store
from rmp_milter.store.format.failures import Conflict, LostMomentError, StoreFailed
from rmp_milter.store.format.tables import StoreTable
from rmp_milter.store.postgresql_engine import PostgresqlEngine
from testbed.postgres import PrivatePostgres
from testbed.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rmp_milter.engine.transaction import WriteTransaction
    from rmp_milter.store.postgresql_store import PostgresqlStore

WAITS_FOR_ITS_TURN = "wait_event_type = 'Lock'"
WAITS_FOR_WORDS = "state = 'active' AND wait_event = 'ClientRead'"
WAITS_FOR_A_STANDBY = "wait_event = 'SyncRep'"
NAMES = "synchronous_standby_names"


@pytest.fixture(scope="module")
def server() -> Iterator[PrivatePostgres]:
    with PrivatePostgres(DURABLE) as server:
        yield server


@pytest.fixture
def store(server: PrivatePostgres) -> Iterator[PostgresqlStore]:
    with made_on(server) as store:
        yield store
    set_on(server, NAMES, "")


class Committing:
    """A commit in a thread of its own, and how it ended."""

    def __init__(self, store: PostgresqlStore, changes: Changes) -> None:
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._run, args=(store, changes))
        self._thread.start()

    def _run(self, store: PostgresqlStore, changes: Changes) -> None:
        try:
            store.commit(changes, NOW)
        except (StoreFailed, Conflict) as error:
            self.error = error

    @property
    def waits(self) -> bool:
        return self._thread.is_alive()

    def end(self) -> None:
        self._thread.join(timeout=60)
        assert not self.waits
        if self.error:
            raise self.error


def a_mail_and_its_answer(store: PostgresqlStore) -> Changes:
    entry = a_deposit(with_dossier(store), b"body")
    return Changes(digest=b"d" * 32, entries=(entry,), outbox=(a_mail(),))


def assert_done_once(server: PrivatePostgres, store: PostgresqlStore) -> None:
    counts = store.stats()
    assert (counts["entries"], counts["duplicate_digests"], counts["outbox_waiting"]) == (
        1,
        1,
        1,
    )
    assert PostgresqlEngine(place_on(server)).check(KEYS).findings == ()


def test_a_mail_whose_connection_is_lost_before_its_turn_is_judged_anew(
    server: PrivatePostgres, store: PostgresqlStore
) -> None:
    changes = a_mail_and_its_answer(store)
    with PostgresqlEngine(place_on(server)).moment() as moment:
        commit = Committing(store, changes)
        waiting = backend(server, WAITS_FOR_ITS_TURN)
        server.run_sql(f"SELECT pg_terminate_backend({waiting})")
        backend(server, f"{WAITS_FOR_ITS_TURN} AND pid <> {waiting}")
        moment.release()
    commit.end()
    assert_done_once(server, store)


def test_what_is_judged_anew_may_have_become_a_conflict(
    server: PrivatePostgres, store: PostgresqlStore
) -> None:
    changes = a_mail_and_its_answer(store)
    with (
        PostgresqlEngine(place_on(server)).open(KEYS) as other,
        PostgresqlEngine(place_on(server)).moment() as moment,
    ):
        first = Committing(other, changes)
        backend(server, WAITS_FOR_ITS_TURN)
        second = Committing(store, changes)
        moment.release()
        ends = list[str]()
        for commit in (first, second):
            try:
                commit.end()
            except Conflict as conflict:
                ends.append(conflict.reason)
    assert ends == ["duplicate"]
    assert_done_once(server, store)


@pytest.mark.parametrize("act", ["cancel", "terminate"])
def test_a_commit_that_waits_for_a_standby_is_told_only_when_it_has_one(
    server: PrivatePostgres, store: PostgresqlStore, act: str
) -> None:
    """The server says COMMIT to who was cancelled, and nothing to who was cut off."""
    changes = a_mail_and_its_answer(store)
    set_on(server, NAMES, "nobody")
    commit = Committing(store, changes)
    waiting = backend(server, WAITS_FOR_A_STANDBY)
    server.run_sql(f"SELECT pg_{act}_backend({waiting})")
    backend(server, f"{WAITS_FOR_A_STANDBY} AND query_start > now() - interval '1 s'")
    with store.snapshot() as view:
        assert view.seen(b"d" * 32)  # here it is, and nowhere else
    assert commit.waits
    set_on(server, NAMES, "")
    commit.end()
    assert_done_once(server, store)


def test_what_nobody_can_tell_in_time_is_no_answer(
    server: PrivatePostgres, store: PostgresqlStore
) -> None:
    changes = a_mail_and_its_answer(store)
    with PostgresqlEngine(place_on(server, patience=1)).open(KEYS) as hurried:
        set_on(server, NAMES, "nobody")
        with pytest.raises(StoreFailed, match="whether it was written is not known"):
            Committing(hurried, changes).end()
        with pytest.raises(StoreFailed):
            hurried.commit(Changes(doctors=(a_doctor(),)), NOW)
        set_on(server, NAMES, "")
    with pytest.raises(Conflict) as conflict:
        store.commit(changes, NOW)  # the mail comes again, and is known
    assert conflict.value.reason == "duplicate"
    assert_done_once(server, store)


@pytest.mark.parametrize(
    ("trigger", "query"),
    [
        pytest.param(
            "CREATE CONSTRAINT TRIGGER stop AFTER INSERT ON rmp.seen"
            " DEFERRABLE INITIALLY DEFERRED",
            "query = 'COMMIT'",
            id="inside COMMIT, before anything is decided",
        ),
        pytest.param(
            "CREATE TRIGGER stop AFTER INSERT ON rmp.seen",
            "query LIKE 'WITH%'",
            id="among what is written, COMMIT being on its way",
        ),
    ],
)
def test_a_commit_that_the_server_never_came_to_is_done_again(
    server: PrivatePostgres, store: PostgresqlStore, trigger: str, query: str
) -> None:
    """A trigger of the test's stops the server, whose connection is lost there."""
    changes = a_mail_and_its_answer(store)
    server.run_sql(
        "CREATE OR REPLACE FUNCTION rmp.stop() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END'",
        f"{trigger} FOR EACH ROW EXECUTE FUNCTION rmp.stop()",
    )
    with holding(server):
        commit = Committing(store, changes)
        waiting = backend(server, f"wait_event = 'advisory' AND {query}")
        server.run_sql(f"SELECT pg_terminate_backend({waiting})")
        backend(server, f"wait_event = 'advisory' AND pid <> {waiting}")
        assert commit.waits
    commit.end()
    assert_done_once(server, store)


def test_of_what_fails_among_what_is_written_nothing_is_there(
    server: PrivatePostgres, store: PostgresqlStore
) -> None:
    changes = a_mail_and_its_answer(store)
    server.run_sql(
        "CREATE OR REPLACE FUNCTION rmp.refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN RAISE EXCEPTION 'refused'; END$$",
        "CREATE TRIGGER refuse AFTER INSERT ON rmp.writers EXECUTE FUNCTION rmp.refuse()",
        "CREATE TRIGGER again AFTER UPDATE ON rmp.writers EXECUTE FUNCTION rmp.refuse()",
    )
    with PostgresqlEngine(place_on(server)).open(KEYS) as other:
        with pytest.raises(StoreFailed, match="refused"):
            other.commit(changes, NOW)
        with store.snapshot() as view:
            assert not view.seen(b"d" * 32)
    server.run_sql(
        "DROP TRIGGER refuse ON rmp.writers",
        "DROP TRIGGER again ON rmp.writers",
    )
    store.commit(changes, NOW)
    assert_done_once(server, store)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
def test_a_server_that_comes_back_finds_everybody_waiting(
    server: PrivatePostgres, store: PostgresqlStore, how: signal.Signals
) -> None:
    changes = a_mail_and_its_answer(store)
    with store.snapshot() as view:
        assert not view.seen(b"d" * 32)
        server.stop(how)
        with pytest.raises(StoreFailed):
            view.seen(b"d" * 32)
    commit = Committing(store, changes)
    seen = list[bool]()
    reader = threading.Thread(target=lambda: seen.append(is_there(store)))
    reader.start()
    server.launch()
    commit.end()
    reader.join()
    assert seen
    assert_done_once(server, store)


def test_a_late_moment_whose_connection_was_lost_begins_on_another(
    server: PrivatePostgres, store: PostgresqlStore
) -> None:
    assert not is_there(store)
    with store.snapshot(late=True) as view:
        for idle in backends(server, "state = 'idle'"):
            server.run_sql(f"SELECT pg_terminate_backend({idle})")
        assert not view.seen(b"d" * 32)
        for busy in backends(server, "state = 'idle in transaction'"):
            server.run_sql(f"SELECT pg_terminate_backend({busy})")
        with pytest.raises(LostMomentError):
            view.seen(b"d" * 32)


def test_who_is_stopped_in_his_turn_does_not_stop_the_others_for_long(
    server: PrivatePostgres, store: PostgresqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = a_mail_and_its_answer(store)
    stopped, go_on, times = threading.Event(), threading.Event(), list[int]()

    def work(txn: WriteTransaction) -> None:
        stopped.set()
        if not times:
            times.append(-1)
            go_on.wait(20)
        times.append(txn.count(StoreTable.SEEN))

    monkeypatch.setattr(postgresql_store, "TURN_SECONDS", 2)
    monkeypatch.setattr(postgresql_store, "STILL_SECONDS", 1)
    frozen = PostgresqlAccess(place_on(server))
    turn = threading.Thread(target=frozen.write, args=(work,))
    turn.start()
    assert stopped.wait(10)
    with PostgresqlEngine(place_on(server)).open(KEYS) as other:
        other.commit(changes, NOW)
    go_on.set()
    turn.join()
    frozen.close()
    assert times == [-1, 1]  # lost, and done anew on what came meanwhile
    assert_done_once(server, store)


def test_who_is_stopped_while_he_says_what_to_write_does_not_either(
    server: PrivatePostgres, store: PostgresqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = a_mail_and_its_answer(store)
    monkeypatch.setattr(postgresql_store, "TURN_SECONDS", 2)
    monkeypatch.setattr(postgresql_store, "STILL_SECONDS", 1)
    place = place_on(server)
    with connect(place) as frozen, PostgresqlEngine(place).open(KEYS) as other:
        frozen.pgconn.enter_pipeline_mode()
        for statement in (b"BEGIN", b"SELECT changes FROM %s.turn FOR UPDATE"):
            said = statement.replace(b"%s", place.schema.encode())
            frozen.pgconn.send_query_params(said, None)
        frozen.pgconn.send_flush_request()
        frozen.pgconn.flush()  # all that would follow is never sent
        wait_until(lambda: backends(server, WAITS_FOR_WORDS), 10, "the turn")
        other.commit(changes, NOW)
        frozen.close()
    assert_done_once(server, store)


def is_there(store: PostgresqlStore) -> bool:
    with store.snapshot() as view:
        return view.seen(b"d" * 32)


def test_two_that_write_at_once_on_two_machines_share_nothing_they_must_not(
    server: PrivatePostgres, store: PostgresqlStore
) -> None:
    with PostgresqlEngine(place_on(server)).open(KEYS) as other:
        commits = [
            Committing(each, Changes(doctors=(a_doctor(1),), digest=bytes([number]) * 32))
            for number in range(8)
            for each in (store, other)
        ]
        ends = list[str]()
        for commit in commits:
            try:
                commit.end()
            except Conflict as conflict:
                ends.append(conflict.reason)
    assert len(ends) == len(commits) - 1
    assert set(ends) <= {"doctor", "duplicate"}
    assert store.stats()["doctors"] == 1
    assert PostgresqlEngine(place_on(server)).check(KEYS).findings == ()


@contextmanager
def holding(server: PrivatePostgres) -> Iterator[None]:
    """Hold the lock that the test's trigger waits for."""
    with connect(place_on(server)) as connection:
        connection.execute("SELECT pg_advisory_lock(7)")
        yield
