"""Several milters on one server take turns where codes are tried; no turn outlives its holder."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from postgresql_case import backend, backends, made_on, place_on
from store_case import KEYS, NOW, a_strike

from rmp_milter.dossier.changes import Changes, TriesSeen
from rmp_milter.dossier.model import Fault
from rmp_milter.engine.postgresql.locks import PostgresqlLocks
from rmp_milter.store.format.blind import Blind
from rmp_milter.store.format.failures import Conflict, NotInTimeError
from rmp_milter.store.postgresql_engine import PostgresqlEngine
from rmp_milter.store.turns import PLACES, SubjectTurns
from testbed.postgres import PrivatePostgres

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rmp_milter.store.postgresql_store import PostgresqlStore

WHO, LIMIT, CROWD = b"patient DUPONT|1959-01-30", 5, 12
HOLDS = "pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)"
WAITS = "wait_event = 'advisory'"
SOON = 20.0


@pytest.fixture(scope="module")
def server() -> Iterator[PrivatePostgres]:
    with PrivatePostgres() as server:
        yield server


@pytest.fixture
def milters(server: PrivatePostgres) -> Iterator[tuple[PostgresqlStore, PostgresqlStore]]:
    with made_on(server) as one, PostgresqlEngine(place_on(server)).open(KEYS) as other:
        yield one, other


def in_time(seconds: float = SOON) -> float:
    return time.monotonic() + seconds


class Crowd:
    """Wrong codes at once, through several milters, as each of them decides by itself."""

    def __init__(self) -> None:
        self.tried, self.told, self.counting = 0, 0, threading.Lock()

    def send(self, store: PostgresqlStore) -> None:
        """Try a code unless it rests, and write what came of it; anew where others counted."""
        with store.in_turn(WHO):
            while True:
                with store.snapshot() as view:
                    times = view.tally(Fault.DOSSIER, WHO).times
                if len(times) < LIMIT:
                    with self.counting:
                        self.tried += 1
                    time.sleep(0.01)  # the keeper tries it
                strike = a_strike(WHO, NOW + len(times), Fault.DOSSIER)
                decided = (TriesSeen(Fault.DOSSIER, WHO, times),)
                try:
                    store.commit(Changes(strikes=(strike,), tried=decided), NOW)
                except Conflict:
                    continue
                break
        if len(times) + 1 == LIMIT:
            with self.counting:
                self.told += 1

    def send_all(self, stores: tuple[PostgresqlStore, ...]) -> None:
        threads = [
            threading.Thread(target=self.send, args=(stores[number % len(stores)],))
            for number in range(CROWD)
        ]
        for each in threads:
            each.start()
        for each in threads:
            each.join()


@pytest.mark.promise(number=6)
def test_a_crowd_through_two_milters_tries_no_more_codes_than_through_one(
    milters: tuple[PostgresqlStore, PostgresqlStore],
) -> None:
    crowd = Crowd()
    crowd.send_all(milters)
    assert (crowd.tried, crowd.told) == (LIMIT, 1)
    with milters[0].snapshot() as view:
        assert len(view.tally(Fault.DOSSIER, WHO).times) == CROWD


def test_the_server_sees_numbers_of_places_and_nothing_of_whom(
    server: PrivatePostgres, milters: tuple[PostgresqlStore, PostgresqlStore]
) -> None:
    with milters[0].in_turn(WHO, b"sender " + bytes(16)):
        said = server.run_sql(
            "SELECT classid, objid FROM pg_locks WHERE locktype = 'advisory' ORDER BY objid"
        )
        asked = server.run_sql("SELECT query FROM pg_stat_activity")
    places = [line.split("|") for line in said.split()]
    assert len(places) == 2
    assert len({each[0] for each in places}) == 1
    assert all(int(each[1]) < PLACES for each in places)
    assert "DUPONT" not in asked
    assert WHO.hex() not in asked


def test_a_place_is_another_under_another_key(
    milters: tuple[PostgresqlStore, PostgresqlStore],
) -> None:
    """Who sees the places cannot try names."""
    one, other = (each._subject_turns for each in milters)
    subjects = [b"patient %d" % number for number in range(50)]
    assert [one._place(each) for each in subjects] == [other._place(each) for each in subjects]
    assert len({one._place(each) for each in subjects}) > 30
    third = SubjectTurns(Blind(bytes(32), "turns"))
    assert [one._place(each) for each in subjects] != [third._place(each) for each in subjects]


HOLDER = """
import sys, time
from rmp_milter.engine.postgresql.locks import PostgresqlLocks
from rmp_milter.engine.postgresql.place import PostgresqlPlace
place = PostgresqlPlace(host=sys.argv[1], user="postgres", dbname="postgres")
with PostgresqlLocks(place, "tries").held((7, 9), time.monotonic() + 20):
    print("held", flush=True)
    time.sleep(600)
"""


def test_who_is_killed_leaves_his_turn_at_once(server: PrivatePostgres) -> None:
    command = [sys.executable, "-c", HOLDER, str(server.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        locks = PostgresqlLocks(place_on(server), "tries")
        with pytest.raises(NotInTimeError), locks.held((9,), in_time(0.2)):
            pytest.fail("another has it")
        with locks.held((8,), in_time()):  # which is nobody's
            holder.kill()
        with locks.held((7, 9), in_time()):
            pass
        locks.close()


def test_who_stands_still_loses_his_turn_and_what_he_decided_is_decided_again(
    server: PrivatePostgres, milters: tuple[PostgresqlStore, PostgresqlStore]
) -> None:
    one, other = milters
    one._locks._held = "300ms"
    decided = (TriesSeen(Fault.DOSSIER, WHO, ()),)
    strikes = (a_strike(WHO, fault=Fault.DOSSIER),)
    with one.in_turn(WHO):  # and nothing more comes from it
        with other.in_turn(WHO):
            other.commit(Changes(strikes=strikes, tried=decided), NOW)
        with pytest.raises(Conflict) as conflict:
            one.commit(Changes(strikes=strikes, tried=decided), NOW)
    assert conflict.value.reason == "tries"
    assert not backends(server, HOLDS)
    with one.in_turn(WHO):
        assert backends(server, HOLDS)


def test_a_turn_whose_connection_is_ended_ends_without_an_error(
    server: PrivatePostgres, milters: tuple[PostgresqlStore, PostgresqlStore]
) -> None:
    one, other = milters
    with one.in_turn(WHO):
        server.run_sql(f"SELECT pg_terminate_backend({backend(server, HOLDS)})")
        with other.in_turn(WHO):
            pass
    other._subject_turns._patience = 0.2
    with one.in_turn(WHO), pytest.raises(NotInTimeError), other.in_turn(WHO):
        pytest.fail("it is the first one's")


def test_a_server_that_is_started_anew_is_waited_for(
    server: PrivatePostgres, milters: tuple[PostgresqlStore, PostgresqlStore]
) -> None:
    one, other = milters
    with one.in_turn(WHO):
        pass
    server.stop()
    entered, leave = threading.Event(), threading.Event()

    def wait() -> None:
        with one.in_turn(WHO):
            entered.set()
            leave.wait(SOON)

    waiting = threading.Thread(target=wait)
    waiting.start()
    server.launch()
    assert entered.wait(SOON)
    other._subject_turns._patience = 0.2
    with pytest.raises(NotInTimeError), other.in_turn(WHO):
        pytest.fail("it is the first one's")
    leave.set()
    waiting.join(SOON)


def test_a_server_that_stays_away_is_not_waited_for_for_ever(
    server: PrivatePostgres, milters: tuple[PostgresqlStore, PostgresqlStore]
) -> None:
    server.stop()
    try:
        with pytest.raises(NotInTimeError), milters[0]._locks.held((1,), in_time(0.5)):
            pytest.fail("there is nobody to give it")
    finally:
        server.launch()


def test_who_waits_for_a_turn_is_in_no_ones_way_who_needs_none(
    server: PrivatePostgres, milters: tuple[PostgresqlStore, PostgresqlStore]
) -> None:
    """An emergency's mail: it asks for no turn, reads, and commits."""
    one, other = milters
    entered = threading.Event()

    def wait() -> None:
        with other.in_turn(WHO):
            entered.set()

    with one.in_turn(WHO):
        waiting = threading.Thread(target=wait)
        waiting.start()
        assert backend(server, WAITS)
        with other.snapshot() as view:
            assert not view.seen(b"u" * 32)
        other.commit(Changes(digest=b"u" * 32), NOW)
        assert not entered.is_set()
    waiting.join(SOON)
    assert entered.is_set()
