"""Several milters on one server: one does the chores, the others stand by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from postgresql_case import backends, made_on, place_on
from store_case import KEYS

from rmp_milter.engine.failures import StoreError
from rmp_milter.engine.postgresql.leading import PostgresqlLead, SeenLeading, seen_leading
from rmp_milter.linux.hosts import short_name
from rmp_milter.store.postgresql_engine import PostgresqlEngine
from testbed.postgres import PrivatePostgres
from testbed.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCK = "pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)"


@pytest.fixture(scope="module")
def server() -> Iterator[PrivatePostgres]:
    with PrivatePostgres() as server:
        made_on(server).close()
        yield server


@pytest.fixture
def engine(server: PrivatePostgres) -> PostgresqlEngine:
    return PostgresqlEngine(place_on(server))


def test_the_next_leads_when_the_first_is_gone(engine: PostgresqlEngine) -> None:
    first, second, third = (engine.open(KEYS) for _ in range(3))
    with second, third:
        with first:
            assert first.leads()
            assert not second.leads()
            assert not third.leads()
            assert first.leads()
        assert third.leads()
        assert not second.leads()


def test_stores_of_two_schemas_have_nothing_in_common(
    server: PrivatePostgres, engine: PostgresqlEngine
) -> None:
    with made_on(server, "other") as other, engine.open(KEYS) as store:
        assert other.leads()
        assert store.leads()


def test_a_leader_who_is_cut_off_leads_no_more(
    server: PrivatePostgres, engine: PostgresqlEngine
) -> None:
    with engine.open(KEYS) as first, engine.open(KEYS) as second:
        assert first.leads()
        (leader,) = backends(server, LOCK)
        server.run_sql(f"SELECT pg_terminate_backend({leader})")
        wait_until(second.leads, 10, "another lead")
        assert not first.leads()
        assert second.leads()


def test_a_server_that_is_gone_leads_nobody(
    server: PrivatePostgres, engine: PostgresqlEngine
) -> None:
    with engine.open(KEYS) as store:
        assert store.leads()
        server.stop()
        assert not store.leads()
        server.launch()
        assert store.leads()


def test_who_looks_sees_who_leads_and_who_stands_by(server: PrivatePostgres) -> None:
    place = place_on(server)
    assert seen_leading(place, "keeper") == SeenLeading(led=False, waiting=())
    first, second = (PostgresqlLead(place, "keeper", 60) for _ in range(2))
    other = PostgresqlLead(place_on(server, "other"), "keeper", 60)
    assert first.held()
    assert not second.held()
    assert seen_leading(place, "keeper") == SeenLeading(led=True, waiting=(short_name(),))
    assert not seen_leading(place, "something else").led
    first.close()
    wait_until(lambda: not seen_leading(place, "keeper").led, 10, "its end")
    assert second.held()
    assert seen_leading(place, "keeper") == SeenLeading(led=True, waiting=())
    assert not seen_leading(place_on(server, "other"), "keeper").led
    second.close()
    other.close()


def test_a_server_that_is_gone_is_said_to_be(server: PrivatePostgres) -> None:
    server.stop()
    try:
        with pytest.raises(StoreError, match="cannot reach"):
            seen_leading(place_on(server), "keeper")
    finally:
        server.launch()
