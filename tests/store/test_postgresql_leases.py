"""Readers leased by a real server: to one at a time, until the lease ends or is given back."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from postgresql_case import DURABLE, backend, made_on, place_on, set_on
from store_case import KEYS

from rmp_milter.engine.postgresql.leases import PostgresqlLeases
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.postgresql_engine import PostgresqlEngine
from testbed.postgres import PrivatePostgres
from testbed.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rmp_milter.store.surface import Outbox

READERS = [f"dr{number}@x.test" for number in range(6)]
FOREVER = 1000.0
NAMES = "synchronous_standby_names"


@pytest.fixture(scope="module")
def server() -> Iterator[PrivatePostgres]:
    with PrivatePostgres(DURABLE) as server:
        made_on(server).close()
        yield server


@pytest.fixture
def pair(server: PrivatePostgres) -> Iterator[tuple[Outbox, Outbox]]:
    server.run_sql("DELETE FROM rmp.leases")
    engine = PostgresqlEngine(replace(place_on(server), lease=FOREVER))
    with engine.outbox(KEYS.outbox) as one, engine.outbox(KEYS.outbox) as other:
        yield one, other


def pass_time(server: PrivatePostgres, seconds: float) -> None:
    """Have every lease be so much older."""
    server.run_sql(f"UPDATE rmp.leases SET until = until - interval '{seconds} s'")  # noqa: S608 -- ours


def test_a_reader_is_one_couriers_until_he_gives_him_back(
    pair: tuple[Outbox, Outbox],
) -> None:
    one, other = (each.leases for each in pair)
    assert one.take(READERS[:2], 9) == {*READERS[:2]}
    assert other.take(READERS[:3], 9) == {READERS[2]}
    assert one.take(READERS[:3], 9) == {*READERS[:2]}  # his own, granted anew
    assert not other.give_back(READERS[:1]) or other.take(READERS[:1], 9) == set()
    assert one.give_back(READERS[:1])
    assert other.take(READERS[:2], 9) == {READERS[0]}


def test_as_many_are_taken_as_are_asked_for_in_their_order_past_those_of_others(
    pair: tuple[Outbox, Outbox],
) -> None:
    one, other = (each.leases for each in pair)
    wanted = READERS[::-1]
    assert one.take(wanted, 2) == {READERS[5], READERS[4]}
    assert other.take(wanted, 2) == {READERS[3], READERS[2]}


def test_a_lease_that_ended_is_anybodys_and_its_holder_is_told(
    server: PrivatePostgres, pair: tuple[Outbox, Outbox]
) -> None:
    one, other = (each.leases for each in pair)
    assert one.take(READERS[:3], 9) == {*READERS[:3]}
    pass_time(server, FOREVER + 1)
    assert other.take(READERS[:1], 9) == {READERS[0]}
    assert one.renew(READERS[:3]) == {READERS[1], READERS[2]}
    assert other.take(READERS[:3], 9) == {READERS[0]}


def test_a_renewed_lease_lasts_as_long_as_a_new_one(
    server: PrivatePostgres, pair: tuple[Outbox, Outbox]
) -> None:
    one, other = (each.leases for each in pair)
    one.take(READERS[:1], 9)
    pass_time(server, FOREVER - 60)
    assert one.renew(READERS[:1]) == {READERS[0]}
    pass_time(server, FOREVER - 60)
    assert other.take(READERS[:1], 9) == set()


def test_a_courier_that_died_leaves_what_it_had_when_its_leases_end(
    server: PrivatePostgres, pair: tuple[Outbox, Outbox]
) -> None:
    one, other = pair
    one.leases.take(READERS, 9)
    one.close()
    assert other.leases.take(READERS, 9) == set()
    pass_time(server, FOREVER + 1)
    assert other.leases.take(READERS, 9) == {*READERS}


def test_nobody_and_nothing_is_named_in_the_table(
    server: PrivatePostgres, pair: tuple[Outbox, Outbox]
) -> None:
    pair[0].leases.take(READERS[:1], 9)
    said = server.run_sql("SELECT length(what), encode(what, 'escape') FROM rmp.leases")
    assert said.startswith("32|")
    assert "dr0" not in said


def test_many_who_ask_at_once_never_get_the_same(
    server: PrivatePostgres, pair: tuple[Outbox, Outbox]
) -> None:
    """Each takes, renews and gives back at random; a book of their own tells who has what."""
    place = replace(place_on(server), lease=FOREVER)
    owners: dict[str, int] = {}
    wrong: list[str] = []
    book = threading.Lock()

    def work(number: int) -> None:
        chance = random.Random(number)  # noqa: S311 -- plays, guards nothing
        with PostgresqlEngine(place).outbox(KEYS.outbox) as outbox:
            mine: set[str] = set()
            for _ in range(60):
                some = chance.sample(READERS, chance.randint(1, 6))
                taken = outbox.leases.take(some, chance.randint(1, 6))
                with book:
                    wrong.extend(each for each in taken if owners.get(each, number) != number)
                    owners.update(dict.fromkeys(taken, number))
                mine |= taken
                if outbox.leases.renew(mine) != mine:
                    wrong.append("lost")
                back = [each for each in mine if chance.random() < 0.7]
                mine.difference_update(back)
                with book:
                    for each in back:
                        del owners[each]
                outbox.leases.give_back(back)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert pair[0].leases.renew(READERS) == set()


def test_what_no_standby_has_yet_is_not_granted(
    server: PrivatePostgres, pair: tuple[Outbox, Outbox]
) -> None:
    set_on(server, NAMES, "nobody")
    try:
        got = list[frozenset[str]]()
        asking = threading.Thread(target=lambda: got.append(pair[0].leases.take(READERS, 9)))
        asking.start()
        waiting = backend(server, "wait_event = 'SyncRep'")
        server.run_sql(f"SELECT pg_cancel_backend({waiting})")
        asking.join()
        assert got == [frozenset()]
    finally:
        set_on(server, NAMES, "")
    assert pair[1].leases.take(READERS, 9) == set()  # on this server they are leased
    assert pair[0].leases.take(READERS, 9) == {*READERS}


def test_a_server_that_is_gone_grants_nothing_and_says_of_nobody_that_he_is_lost(
    server: PrivatePostgres, pair: tuple[Outbox, Outbox]
) -> None:
    one, _ = (each.leases for each in pair)
    one.take(READERS[:2], 9)
    server.stop()
    assert one.renew(READERS[:2]) is None
    assert one.take(READERS, 9) == set()
    assert not one.give_back(READERS[:1])
    server.launch()
    wait_until(lambda: one.renew(READERS[:2]) == {*READERS[:2]}, 10, "the server")


def test_tables_without_leases_are_told_how_to_come_by_them(server: PrivatePostgres) -> None:
    with made_on(server, "older") as store:
        assert store.leads()
    server.run_sql("DROP TABLE older.leases")
    with pytest.raises(StoreError, match=r"lacks table leases: rmp store init --sql"):
        PostgresqlEngine(place_on(server, "older")).outbox(KEYS.outbox)


def test_holders_have_names_of_their_own(server: PrivatePostgres) -> None:
    place = place_on(server)
    one, other = PostgresqlLeases(place), PostgresqlLeases(place)
    assert one.take([b"x"], 1) == {b"x"}
    assert other.take([b"x"], 1) == set()
    one.close()
    other.close()
