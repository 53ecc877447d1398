"""Who is in the log's database can take the lock by which a keeper leads: nobody else may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rmp_milter.engine.postgresql.leading import PostgresqlLead
from rmp_milter.engine.postgresql.place import PostgresqlPlace
from rmp_milter.keeper.log.leading import LEASE_SECONDS
from rmp_milter.keeper.log.postgresql_log import PostgresqlLog
from rmp_milter.keeper.log.roles import groundwork
from rmp_milter.keeper.log.standing import WORK
from rmp_milter.store.postgresql import roles as store_roles
from testbed.postgres import PrivatePostgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEEPER, MILTER, COURIER = "rmp-keeper", 'rmp "the" milter', "rmp-courier"
TO_LOG = groundwork("rmp", KEEPER)
TO_STORE = store_roles.groundwork("store", MILTER, COURIER)


@pytest.fixture(scope="module")
def server() -> Iterator[PrivatePostgres]:
    with PrivatePostgres() as server:
        named = (each.replace('"', '""') for each in (KEEPER, MILTER, COURIER))
        server.run_sql(*(f'CREATE ROLE "{each}" LOGIN' for each in named))
        yield server


@pytest.fixture
def database(server: PrivatePostgres, tmp_path: Path) -> str:
    server.run_sql(f'CREATE DATABASE "{tmp_path.name}"')
    return tmp_path.name


def place(server: PrivatePostgres, database: str, role: str) -> PostgresqlPlace:
    return PostgresqlPlace(host=str(server.folder), user=role, dbname=database)


def leads(server: PrivatePostgres, database: str, role: str) -> bool:
    lead = PostgresqlLead(place(server, database, role), WORK, LEASE_SECONDS)
    try:
        return lead.held()
    finally:
        lead.close()


def cautions(server: PrivatePostgres, database: str, folder: Path) -> str:
    return "\n".join(PostgresqlLog(folder, place(server, database, KEEPER)).doubts().cautions)


@pytest.mark.parametrize("thief", [MILTER, COURIER])
def test_who_has_the_milter_or_the_courier_keeps_the_lead_from_no_keeper(
    server: PrivatePostgres, database: str, tmp_path: Path, thief: str
) -> None:
    assert leads(server, database, thief)  # as long as the database is everybody's
    server.run_sql(TO_LOG, database=database)
    assert not leads(server, database, thief)
    assert leads(server, database, KEEPER)
    assert "may connect" not in cautions(server, database, tmp_path)


def test_a_store_that_is_there_stays_open_and_the_check_names_who_can(
    server: PrivatePostgres, database: str, tmp_path: Path
) -> None:
    server.run_sql(TO_STORE, TO_LOG, database=database)
    assert leads(server, database, MILTER)
    assert 'rmp "the" milter, rmp-courier may connect' in cautions(server, database, tmp_path)


def test_a_store_that_comes_to_the_logs_database_is_opened(
    server: PrivatePostgres, database: str
) -> None:
    server.run_sql(TO_LOG, TO_STORE, database=database)
    for role in (MILTER, COURIER):
        server.run_sql("SELECT FROM store.bodies", database=database, user=role)
