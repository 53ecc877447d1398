"""A courier on PostgreSQL as a process that a test can stop and kill."""

from __future__ import annotations

import json
import logging
import sys
import threading

from courier_case import KEYS, rounds

from rmp_milter.engine.postgresql.place import PostgresqlPlace
from rmp_milter.store.postgresql_engine import PostgresqlEngine


def main() -> None:
    """Send until killed; what to send from and where to is on the command line."""
    logging.basicConfig(level=logging.INFO)
    place = PostgresqlPlace(**json.loads(sys.argv[1]))
    with PostgresqlEngine(place).outbox(KEYS.outbox) as outbox:
        logging.getLogger(__name__).info("ready")
        rounds(outbox, int(sys.argv[2]), senders=2).serve(threading.Event())


if __name__ == "__main__":
    main()
