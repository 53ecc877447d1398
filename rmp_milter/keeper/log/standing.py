"""Which keeper has a log that several could write, and who stands by: for who looks at it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from rmp_milter.engine.postgresql.access import PostgresqlAccess
from rmp_milter.engine.postgresql.leading import seen_leading
from rmp_milter.keeper.log import epoch as log_epoch
from rmp_milter.keeper.log.epoch import LogStanding
from rmp_milter.keeper.log.tables import LogTable

if TYPE_CHECKING:
    from rmp_milter.keeper.log.postgresql_log import PostgresqlLog

WORK = "keeper"
"""What the lock is called that says which keeper may take over."""
PATIENCE_SECONDS = 5.0
"""How long a lost server is waited for by who only looks."""


def standing_of(log: PostgresqlLog) -> LogStanding:
    """Ask the log's server; raises :class:`.StoreError`, and :class:`~.tree.LogFault`."""
    server = dataclasses.replace(log.server, patience=PATIENCE_SECONDS)
    seen = seen_leading(server, WORK)
    access = PostgresqlAccess(server, read_only=True)
    try:
        with access.reading() as txn:
            found = txn.get(LogTable.META, log_epoch.KEY)
    finally:
        access.close()
    epoch = log_epoch.decode(None if found is None else bytes(found))
    return LogStanding(epoch.host, epoch.number, epoch.since, seen.led, seen.waiting)
