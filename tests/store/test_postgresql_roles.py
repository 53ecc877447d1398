"""What each process' role can do in the database, and no more: tried as that role."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest
from postgresql_case import place_on
from psycopg import errors
from store_case import KEYS, NOW, filled

from rmp_milter.dossier.changes import Changes
from rmp_milter.engine.postgresql.connecting import connect
from rmp_milter.engine.postgresql.place import PostgresqlPlace
from rmp_milter.store.format.tables import StoreTable
from rmp_milter.store.lmdb_moving import leaving
from rmp_milter.store.postgresql_engine import PostgresqlEngine
from testbed.postgres import PrivatePostgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MILTER, COURIER = "rmp milter", "rmp-courier"
OUTBOX = {
    *(StoreTable.OUTBOX, StoreTable.OUTBOX_STATE, StoreTable.OUTBOX_DUE),
    *(StoreTable.OUTBOX_BODIES, StoreTable.SENT, StoreTable.SENT_EXPIRY),
}


@pytest.fixture(scope="module")
def server() -> Iterator[PrivatePostgres]:
    with PrivatePostgres() as server:
        server.run_sql(*(f'CREATE ROLE "{role}" LOGIN' for role in (MILTER, COURIER, "other")))
        said = PostgresqlEngine(place_on(server)).groundwork(MILTER, COURIER)
        server.run_sql(said)
        engine = PostgresqlEngine(of(server, MILTER))
        engine.create(KEYS)
        with engine.open(KEYS) as store:
            filled(store)
        yield server


def of(server: PrivatePostgres, role: str) -> PostgresqlPlace:
    return replace(place_on(server), user=role)


def test_a_store_is_moved_by_the_milters_role_into_tables_that_others_made(
    server: PrivatePostgres, full_folder: Path
) -> None:
    place = replace(of(server, MILTER), schema="moved")
    engine = PostgresqlEngine(place)
    server.run_sql(engine.groundwork(MILTER, COURIER))
    with leaving(full_folder) as left:
        engine.take_over(KEYS, left, lambda _what, _done, _total: None)
        left.settle()
    report = engine.check(KEYS)
    assert report.findings == ()
    assert min(report.counts.values()) >= 2


def test_each_process_can_do_its_work(server: PrivatePostgres) -> None:
    milter, courier = (
        PostgresqlEngine(of(server, MILTER)),
        PostgresqlEngine(of(server, COURIER)),
    )
    with milter.open(KEYS) as store, courier.outbox(KEYS.outbox, clock=lambda: NOW) as outbox:
        due = outbox.rows()[0].row
        with outbox.snapshot() as snapshot:
            pieces = snapshot.load(due).pieces
            assert any(hasattr(piece, "document_id") for piece in pieces)
        before = outbox.last_change()
        outbox.failed(due, "busy", NOW + 60)
        outbox.retry(due, NOW)
        outbox.sent(due)
        assert outbox.leases.take(["dr@x.test"], 1) == {"dr@x.test"}
        assert outbox.leases.renew(["dr@x.test"]) == {"dr@x.test"}
        assert outbox.leases.give_back(["dr@x.test"])
        store.commit(Changes(bounced=(due,)), NOW)
        assert outbox.last_change() == before + 4
        assert store.stats()["outbox_sent_lately"] == 1
    assert milter.check(KEYS).findings == ()


NEVER = [
    *(f'DROP TABLE rmp."{table}"' for table in StoreTable),
    "ALTER TABLE rmp.entries DISABLE TRIGGER ALL",
    "TRUNCATE rmp.dossiers",
    "CREATE TABLE rmp.mine (k int)",
    "DROP POLICY milter ON rmp.meta",
    "ALTER TABLE rmp.meta DISABLE ROW LEVEL SECURITY",
    "SET ROLE postgres",
    "COPY rmp.bodies TO PROGRAM 'cat'",
]


@pytest.mark.parametrize("role", [MILTER, COURIER])
def test_no_process_makes_or_changes_a_table(server: PrivatePostgres, role: str) -> None:
    for statement in NEVER:
        refused(server, role, statement)


def test_the_courier_sees_of_the_store_what_it_sends(server: PrivatePostgres) -> None:
    hidden = [table for table in StoreTable if table not in {*OUTBOX, "bodies", "meta"}]
    for table in hidden:
        refused(server, COURIER, f"TABLE rmp.{table}")
    refused(server, COURIER, "DELETE FROM rmp.bodies")
    refused(server, COURIER, "DELETE FROM rmp.dossiers")
    refused(server, COURIER, "DELETE FROM rmp.meta")
    refused(server, COURIER, "INSERT INTO rmp.meta VALUES ('ledger 2', '')")
    refused(server, COURIER, "DELETE FROM rmp.turn")
    with connect(of(server, COURIER)) as connection:
        seen = connection.execute("SELECT convert_from(k, 'UTF8') FROM rmp.meta").fetchall()
        assert {key for (key,) in seen} == {"format", "outbox ledger"}
        done = connection.execute("UPDATE rmp.meta SET v = '' WHERE k = 'ledger'")
        assert done.rowcount == 0


def test_nobody_says_what_became_of_anothers_turn(server: PrivatePostgres) -> None:
    for role in (MILTER, COURIER):
        with connect(of(server, role)) as connection:
            seen = connection.execute("SELECT DISTINCT whose::text FROM rmp.writers").fetchall()
            assert {*seen} <= {(role,)}
            others = "INSERT INTO rmp.writers VALUES (gen_random_uuid(), 1, now(), 'postgres')"
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(others)


def test_who_is_neither_sees_nothing(server: PrivatePostgres) -> None:
    for table in StoreTable:
        refused(server, "other", f"TABLE rmp.{table}")


def refused(server: PrivatePostgres, role: str, statement: str) -> None:
    with (
        psycopg.connect(
            host=str(server.folder), user=role, dbname="postgres", autocommit=True
        ) as connection,
        pytest.raises((errors.InsufficientPrivilege, errors.FeatureNotSupported)),
    ):
        connection.execute(statement.encode())
