"""Servers and stores for the tests of what only PostgreSQL's engine can meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store_case import KEYS

from rmp_milter.engine.postgresql.place import PostgresqlPlace
from rmp_milter.store.postgresql_engine import PostgresqlEngine
from testbed.waiting import wait_until

if TYPE_CHECKING:
    from rmp_milter.store.postgresql_store import PostgresqlStore
    from testbed.postgres import PrivatePostgres

DURABLE = {"fsync": "on"}


def place_on(
    server: PrivatePostgres, schema: str = "rmp", patience: float = 30
) -> PostgresqlPlace:
    return PostgresqlPlace(
        host=str(server.folder),
        user="postgres",
        dbname="postgres",
        schema=schema,
        patience=patience,
    )


def made_on(
    server: PrivatePostgres, schema: str = "rmp", patience: float = 30
) -> PostgresqlStore:
    """Make a store in a schema that may have one already, and open it."""
    server.run_sql(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
    engine = PostgresqlEngine(place_on(server, schema, patience))
    engine.create(KEYS)
    return engine.open(KEYS)


def backends(server: PrivatePostgres, condition: str) -> list[int]:
    """Return the process ids of our connections of which ``condition`` is true."""
    ours = f"application_name = 'rmp-milter' AND {condition}"
    said = server.run_sql(f"SELECT pid FROM pg_stat_activity WHERE {ours}")  # noqa: S608 -- ours
    return [int(pid) for pid in said.split()]


def backend(server: PrivatePostgres, condition: str) -> int:
    """Return the one that comes to be so, however long that takes."""
    found = list[int]()

    def look() -> bool:
        found[:] = backends(server, condition)
        return bool(found)

    wait_until(look, 20, condition)
    return found[0]


def set_on(server: PrivatePostgres, name: str, value: str) -> None:
    """Set something of the server, which has it when this returns."""
    server.run_sql(f"ALTER SYSTEM SET {name} = '{value}'", "SELECT pg_reload_conf()")
    wait_until(lambda: server.run_sql(f"SHOW {name}").strip() == value, 10, name)
