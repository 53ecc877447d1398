"""Three couriers on one outbox in PostgreSQL: readers shared out, and taken over from the dead."""

from __future__ import annotations

import random
import re
import signal
import time
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from courier_case import (
    DOSSIER,
    ENTRY,
    KEYS,
    Conversation,
    ScriptedServer,
    answer,
    post,
    smtp_server,
    states,
    wait_until,
)
from courier_process import CourierProcess

from rmp_milter.dossier.changes import Changes, NewDossier
from rmp_milter.engine.postgresql.place import PostgresqlPlace
from rmp_milter.store.postgresql_engine import PostgresqlEngine
from testbed.postgres import PrivatePostgres

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rmp_milter.dossier.model import OutgoingMail
    from rmp_milter.store import Outbox, Store

pytestmark = pytest.mark.slow

LEASE = 2.0


class Slow(Conversation):
    """Takes a moment for each mail, and remembers from when to when, and on which connection."""

    server: SlowServer

    def take(self) -> bool:
        began = time.monotonic()
        time.sleep(self.server.seconds)
        taken = super().take()
        if taken:
            to_him = f"To: {self.recipient}\r\n".encode()
            last = next(each for each in reversed(self.server.mails) if to_him in each)
            found = re.search(rb"Message-ID: <(\d+)@", last)
            number = int(found[1]) if found else 0
            self.server.seen.append((self.recipient, number, began, time.monotonic()))
        return taken


class SlowServer(ScriptedServer):
    """Remembers what it took: to whom, which mail, from when to when."""

    seconds = 0.02

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.RequestHandlerClass = Slow
        self.seen: list[tuple[str, int, float, float]] = []

    def to(self, reader: str) -> list[int]:
        return [number for recipient, number, *_ in self.seen if recipient == reader]

    def has_seen(self, count: int) -> bool:
        return len(self.seen) >= count


@pytest.fixture(scope="module")
def postgres() -> Iterator[PrivatePostgres]:
    with PrivatePostgres() as server:
        yield server


@pytest.fixture
def place(postgres: PrivatePostgres) -> PostgresqlPlace:
    postgres.run_sql("DROP SCHEMA IF EXISTS rmp CASCADE")
    place = PostgresqlPlace(
        host=str(postgres.folder), user="postgres", dbname="postgres", lease=LEASE
    )
    engine = PostgresqlEngine(place)
    engine.create(KEYS)
    with engine.open(KEYS) as store:
        store.commit(Changes(dossiers=(NewDossier(DOSSIER, ()),), entries=(ENTRY,)), 1)
    return place


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowServer]:
    monkeypatch.setattr("courier_case.ScriptedServer", SlowServer)
    with smtp_server() as server:
        assert isinstance(server, SlowServer)
        yield server


@contextmanager
def couriers(place: PostgresqlPlace, port: int, log: Path, many: int = 3) -> Iterator[Couriers]:
    log.touch()
    running = Couriers(place, port, log)
    try:
        for _ in range(many):
            running.start()
        wait_until(lambda: log.read_bytes().count(b"ready") == many, 60)
        yield running
    finally:
        for each in running.processes:
            each.kill()


class Couriers:
    """Processes that send, until they are killed."""

    def __init__(self, place: PostgresqlPlace, port: int, log: Path) -> None:
        self.processes: list[CourierProcess] = []
        self._place, self._port, self._log = place, port, log

    def start(self) -> None:
        self.processes.append(CourierProcess(self._place, self._port, self._log))

    def kill(self, number: int) -> None:
        self.processes.pop(number).kill()


@contextmanager
def opened(place: PostgresqlPlace) -> Iterator[tuple[Store, Outbox]]:
    engine = PostgresqlEngine(place)
    with engine.open(KEYS) as store, engine.outbox(KEYS.outbox) as outbox:
        yield store, outbox


def assert_in_order(server: SlowServer, readers: int, each: int) -> None:
    """Nobody got a letter before one that came earlier, though some may have come twice."""
    for reader in range(readers):
        numbers = server.to(f"dr{reader}@x.test")
        assert [*dict.fromkeys(numbers)] == [100 * reader + place for place in range(each)]


def assert_never_two_at_once(server: SlowServer) -> None:
    ended = dict[str, float]()
    for reader, _number, began, end in sorted(server.seen, key=lambda seen: seen[2]):
        assert began >= ended.get(reader, 0)
        ended[reader] = end


def letters(readers: int, each: int) -> list[OutgoingMail]:
    return [
        answer(f"dr{reader}@x.test", 100 * reader + place)
        for place in range(each)
        for reader in range(readers)
    ]


def all_sent(outbox: Outbox) -> bool:
    return set(states(outbox).values()) == {"sent"}


def test_three_couriers_share_the_readers_out_and_each_mail_goes_once(
    place: PostgresqlPlace, server: SlowServer, tmp_path: Path
) -> None:
    with opened(place) as (store, outbox), couriers(place, server.port, tmp_path / "log"):
        post(store, *letters(16, 3))
        wait_until(lambda: all_sent(outbox), 40)
    assert len(server.seen) == 16 * 3
    assert_in_order(server, 16, 3)
    assert_never_two_at_once(server)
    at_once = max(sum(b <= t < e for _, _, b, e in server.seen) for _, _, t, _ in server.seen)
    assert at_once > 2  # more than one courier's threads


def test_what_killed_couriers_had_in_hand_goes_to_others(
    place: PostgresqlPlace, server: SlowServer, tmp_path: Path
) -> None:
    with opened(place) as (store, outbox):
        with couriers(place, server.port, tmp_path / "log") as running:
            post(store, *letters(14, 4))
            for count in (8, 24):
                wait_until(partial(server.has_seen, count), 40)
                running.kill(0)
            wait_until(lambda: all_sent(outbox), 60)
        rows = outbox.rows(sent=True)
    assert_in_order(server, 14, 4)
    assert len(rows) == 56
    assert len(server.seen) < 56 + 2 * (8 + 2)  # notes not yet written, and one a thread


def test_a_courier_that_was_stopped_past_its_lease_sends_no_more_of_it(
    place: PostgresqlPlace, server: SlowServer, tmp_path: Path
) -> None:
    """It is stopped in the middle of a dialogue, before a mail's content has left."""
    server.seconds = 0.5  # between the offer and the word to go on
    with opened(place) as (store, outbox):
        post(store, *letters(1, 6))
        with couriers(place, server.port, tmp_path / "log", many=1) as running:
            wait_until(lambda: len(server.seen) == 2, 20)
            time.sleep(0.1)
            stopped = running.processes[0]
            stopped.send_signal(signal.SIGSTOP)
            running.start()
            wait_until(lambda: len(server.seen) == 5, 40)
            stopped.send_signal(signal.SIGCONT)
            wait_until(lambda: all_sent(outbox), 40)
            wait_until(lambda: b"another courier's" in (tmp_path / "log").read_bytes(), 10)
    assert_in_order(server, 1, 6)
    assert_never_two_at_once(server)


def test_an_emergencys_answer_goes_first_whoever_is_busy(
    place: PostgresqlPlace, server: SlowServer, tmp_path: Path
) -> None:
    server.seconds = 0.1
    with opened(place) as (store, _):
        with couriers(place, server.port, tmp_path / "log") as running:
            post(store, *letters(40, 3))
            wait_until(lambda: len(server.seen) > 6, 20)
            before = len(server.seen)
            urgent = msgspec.structs.replace(answer("urgent@x.test", 9001), urgent=True)
            post(store, urgent)
            wait_until(lambda: server.to("urgent@x.test") == [9001], 20)
            place_of = [seen[0] for seen in server.seen].index("urgent@x.test")
            assert len(running.processes) == 3
        assert place_of - before < 60  # of 120 that came before it


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(3))
def test_couriers_that_are_killed_and_stopped_at_random_keep_the_order(
    place: PostgresqlPlace, server: SlowServer, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 -- plays, guards nothing
    until = time.monotonic() + 120
    with opened(place) as (store, outbox):
        post(store, *letters(60, 40))
        with couriers(place, server.port, tmp_path / "log") as running:
            while time.monotonic() < until and not all_sent(outbox):
                time.sleep(chance.uniform(0.2, 3 * LEASE))
                number = chance.randrange(len(running.processes))
                if chance.random() < 0.5:
                    running.kill(number)
                    running.start()
                else:
                    running.processes[number].send_signal(signal.SIGSTOP)
                    time.sleep(chance.uniform(0, 2 * LEASE))
                    running.processes[number].send_signal(signal.SIGCONT)
            wait_until(lambda: all_sent(outbox), 120)
    assert_in_order(server, 60, 40)


def test_a_place_says_how_long_a_lease_lasts(place: PostgresqlPlace) -> None:
    with PostgresqlEngine(replace(place, lease=7.0)).outbox(KEYS.outbox) as outbox:
        assert outbox.leases.shared
        assert outbox.leases.seconds == 7.0
