"""A courier on PostgreSQL as a process that a test can stop and kill: a fork of the test's."""

from __future__ import annotations

import logging
import os
import signal
import threading
from typing import TYPE_CHECKING

from courier_case import KEYS, rounds

from rmp_milter.store.postgresql_engine import PostgresqlEngine
from testbed.forks import forked

if TYPE_CHECKING:
    from pathlib import Path

    from rmp_milter.engine.postgresql.place import PostgresqlPlace


class CourierProcess:
    """It sends until it is killed, and writes its log into a file, ``ready`` first."""

    def __init__(self, place: PostgresqlPlace, port: int, log: Path) -> None:
        self._pid = forked(lambda: _send(place, port, log))

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal that does not end it."""
        os.kill(self._pid, number)

    def kill(self) -> None:
        """Kill it; on return it is gone."""
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)


def _send(place: PostgresqlPlace, port: int, log: Path) -> None:
    logging.basicConfig(level=logging.INFO, filename=log, force=True)
    with PostgresqlEngine(place).outbox(KEYS.outbox) as outbox:
        logging.getLogger(__name__).info("ready")
        rounds(outbox, port, senders=2).serve(threading.Event())
