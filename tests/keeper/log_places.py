"""The engines that a log is tried on: a folder, and a schema of its own on a server."""

from itertools import count
from pathlib import Path

from rmp_milter.engine.postgresql.place import PostgresqlPlace
from rmp_milter.keeper.log.lmdb_log import LmdbLog
from rmp_milter.keeper.log.place import LogPlace
from rmp_milter.keeper.log.postgresql_log import PostgresqlLog
from testbed.postgres import shared_server

ENGINES = ("lmdb", "postgresql")
_NUMBERS = count()


def server_place(host: str, schema: str = "", patience: float = 30) -> PostgresqlPlace:
    """Return a schema's place, by default of one that nobody else uses."""
    return PostgresqlPlace(
        host=host,
        user="postgres",
        dbname="postgres",
        schema=schema or f"log {next(_NUMBERS)}",
        patience=patience,
        what="access log",
    )


def place_in(folder: Path, engine: str) -> LogPlace:
    """Return a place for a log that is not made yet."""
    log = folder / "log"
    return (
        LmdbLog(log) if engine == "lmdb" else PostgresqlLog(log, server_place(shared_server()))
    )
