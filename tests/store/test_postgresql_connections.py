"""Connections for moments: which is lent, which is closed, and how many there are."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from postgresql_case import place_on

from rmp_milter.engine.failures import StoreFailed
from rmp_milter.engine.postgresql import pools
from rmp_milter.engine.postgresql.pools import Connections
from testbed.postgres import PrivatePostgres

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rmp_milter.engine.postgresql.connecting import Connection
    from rmp_milter.engine.postgresql.place import PostgresqlPlace


@pytest.fixture(scope="module")
def place() -> Iterator[PostgresqlPlace]:
    with PrivatePostgres() as server:
        yield replace(place_on(server), snapshots=3, patience=2)


class Noted(Connections):
    """Knows all that it has lent."""

    def __init__(self, place: PostgresqlPlace) -> None:
        super().__init__(place)
        self.lent: list[Connection] = []

    def getconn(self, timeout: float) -> Connection:
        self.lent.append(super().getconn(timeout))
        return self.lent[-1]


@pytest.fixture
def connections(place: PostgresqlPlace) -> Iterator[Connections]:
    connections = Noted(place)
    yield connections
    for each in connections.lent:
        each.close()


def test_who_was_given_back_last_is_lent_first(connections: Connections) -> None:
    first, second = connections.getconn(1), connections.getconn(1)
    assert first is not second
    connections.putconn(first)
    connections.putconn(second)
    assert connections.getconn(1) is second
    assert connections.getconn(1) is first


def test_no_more_are_lent_than_there_is_room_for(connections: Connections) -> None:
    lent = [connections.getconn(1) for _ in range(3)]
    with pytest.raises(StoreFailed, match="free in time"):
        connections.getconn(0.05)
    given = threading.Timer(0.1, connections.putconn, lent[:1])
    given.start()
    assert connections.getconn(5) is lent[0]
    given.join()


def test_one_that_was_lost_or_lies_in_a_transaction_is_not_lent_again(
    connections: Connections,
) -> None:
    lost, busy = connections.getconn(1), connections.getconn(1)
    lost.close()
    busy.execute("BEGIN")
    connections.putconn(lost)
    connections.putconn(busy)
    assert busy.closed
    for _ in range(2):
        again = connections.getconn(1)
        assert again not in {lost, busy}
        assert again.execute("SELECT 1").fetchone() == (1,)


def test_what_nobody_needs_is_closed(
    connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = connections.getconn(1), connections.getconn(1)
    connections.putconn(first)
    monkeypatch.setattr(pools, "IDLE_SECONDS", -1)
    connections.putconn(second)
    assert first.closed
    assert not second.closed


def test_one_that_is_old_is_made_anew(
    connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "OLDEST_SECONDS", -1)
    old = connections.getconn(1)
    connections.putconn(old)
    assert old.closed
    assert connections.getconn(1) is not old


def test_a_server_that_is_away_takes_no_room(place: PostgresqlPlace) -> None:
    connections = Connections(replace(place, host="/nowhere"))
    for _ in range(place.snapshots + 1):
        with pytest.raises(StoreFailed, match="cannot reach"):
            connections.getconn(0.0)


def test_all_are_closed_at_the_end(connections: Connections) -> None:
    idle, lent = connections.getconn(1), connections.getconn(1)
    connections.putconn(idle)
    connections.close()
    assert idle.closed
    assert not lent.closed
    connections.putconn(lent)
    assert lent.closed
