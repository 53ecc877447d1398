"""Statements that go to a server in one go: what is answered, and what becomes of a lost one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from postgresql_case import place_on
from psycopg import errors

from rmp_milter.engine.postgresql.connecting import connect
from rmp_milter.engine.postgresql.exchange import Exchange, UnansweredError, ask
from testbed.postgres import PrivatePostgres

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rmp_milter.engine.postgresql.connecting import Connection


@pytest.fixture(scope="module")
def server() -> Iterator[PrivatePostgres]:
    with PrivatePostgres() as server:
        yield server


@pytest.fixture
def connection(server: PrivatePostgres) -> Iterator[Connection]:
    with connect(place_on(server)) as connection:
        yield connection


def test_values_go_there_and_back_in_their_order(connection: Connection) -> None:
    exchange = Exchange(connection)
    octets = exchange.execute(b"SELECT %b::bytea, %b::bigint", (b"\0\xff", -(1 << 40)))
    several = exchange.execute(b"SELECT unnest(%b::bytea[])", ([b"", b"\0", b"two"],))
    none = exchange.execute(b"SELECT unnest(%b::bytea[])", ([],))
    nothing = exchange.execute(b"SELECT NULL::bytea, 7")
    exchange.done()
    assert octets.rows == [(b"\0\xff", -(1 << 40))]
    assert several.rows == [(b"",), (b"\0",), (b"two",)]
    assert none.rows == []
    assert nothing.rows == [(None, 7)]


def test_what_follows_a_failure_is_passed_over_and_the_connection_goes_on(
    connection: Connection,
) -> None:
    exchange = Exchange(connection)
    exchange.execute(b"BEGIN")
    exchange.execute(b"CREATE TEMPORARY TABLE fresh (one integer)")
    exchange.execute(b"SELECT 1 / (%b::integer - 1)", (1,))
    commit = exchange.execute(b"COMMIT")
    with pytest.raises(errors.DivisionByZero):
        exchange.done()
    assert commit.skipped
    # COMMIT, said by itself, is answered with what the server did.
    assert ask(connection, b"COMMIT").status == b"ROLLBACK"
    found = ask(connection, b"SELECT 1 FROM pg_class WHERE relname = 'fresh'")
    assert found.rows == []
    assert ask(connection, b"SELECT 1 / (%b::integer - 1)", (2,)).rows == [(1,)]


def test_a_statement_that_is_no_statement_is_not_known_by_its_name(
    connection: Connection,
) -> None:
    for _ in range(2):
        with pytest.raises(errors.UndefinedTable):
            ask(connection, b"SELECT 1 FROM nowhere")
    connection.execute("CREATE TEMPORARY TABLE nowhere (one integer)")
    assert ask(connection, b"SELECT 1 FROM nowhere").rows == []


def test_who_sends_much_reads_what_comes_meanwhile(connection: Connection) -> None:
    """A server that cannot send what it answers takes nothing more in."""
    bodies = [bytes([number]) * 3_000_000 for number in range(8)]
    exchange = Exchange(connection)
    echoed = [exchange.execute(b"SELECT %b::bytea", (memoryview(body),)) for body in bodies]
    exchange.done()
    assert [answer.rows for answer in echoed] == [[(body,)] for body in bodies]


def test_a_lost_connection_says_so_and_is_used_no_more(connection: Connection) -> None:
    exchange = Exchange(connection)
    exchange.execute(b"SELECT 1")
    exchange.execute(b"SELECT pg_terminate_backend(pg_backend_pid())::integer")
    exchange.execute(b"SELECT 2")
    with pytest.raises(UnansweredError, match="terminating connection"):
        exchange.done()
    assert connection.closed
    with pytest.raises(UnansweredError):
        ask(connection, b"SELECT 1")


def test_what_takes_too_long_is_cancelled(connection: Connection) -> None:
    exchange = Exchange(connection)
    begun = exchange.execute(b"SELECT 1")
    exchange.execute(b"SELECT 1 FROM pg_sleep(600)")
    never = exchange.execute(b"SELECT 2")
    with pytest.raises(errors.QueryCanceled):
        exchange.done(time.monotonic() + 0.1)
    assert begun.rows == [(1,)]
    assert never.skipped
    assert ask(connection, b"SELECT 1").rows == [(1,)]


def test_a_failure_of_what_ends_by_itself_is_heard(connection: Connection) -> None:
    """Without BEGIN the server commits behind the last answer, and may fail there."""
    deferred = "UNIQUE DEFERRABLE INITIALLY DEFERRED"
    connection.execute(f"CREATE TEMPORARY TABLE held (one integer {deferred})")
    ask(connection, b"INSERT INTO held VALUES (1)")
    with pytest.raises(errors.UniqueViolation):
        ask(connection, b"INSERT INTO held VALUES (1)")
    assert ask(connection, b"SELECT one FROM held").rows == [(1,)]
