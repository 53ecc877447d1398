"""Which keeper writes a log that several could write: a server's lock, and an epoch behind it.

The lock tells who may take over: it is its session's, and the server ends a session over which
nothing came for some seconds. So a keeper that was killed leaves it at once, one that stands still
a moment later. The epoch tells who may write, whatever anybody believes to hold.
"""

from __future__ import annotations

import dataclasses
import logging
import time
from typing import TYPE_CHECKING, TypeVar

from rmp_milter.engine.failures import StoreError
from rmp_milter.engine.fence import FencedError
from rmp_milter.engine.postgresql.access import PostgresqlAccess
from rmp_milter.engine.postgresql.connecting import connect
from rmp_milter.engine.postgresql.leading import PostgresqlLead
from rmp_milter.engine.postgresql.place import TURN_SECONDS
from rmp_milter.engine.postgresql.still import end_still_turns
from rmp_milter.keeper.log import epoch as log_epoch
from rmp_milter.keeper.log import head as log_head
from rmp_milter.keeper.log.postgresql_log import taken_over
from rmp_milter.keeper.log.signing import signed_in
from rmp_milter.keeper.log.standing import WORK
from rmp_milter.keeper.log.tables import LogTable
from rmp_milter.keeper.log.tree import LogFault, Tree
from rmp_milter.keeper.log.writing import size_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rmp_milter.engine.transaction import ReadTransaction, WriteTransaction
    from rmp_milter.keeper.log.postgresql_log import PostgresqlLog

T = TypeVar("T")

log = logging.getLogger("rmp.keeper")

LEASE_SECONDS = 5
"""How long nothing may come from who leads, before the server takes the lock from it."""
STILL_SECONDS = 5
"""How long a turn to write may lie still, its keeper stopped, before it is ended."""
SOON_SECONDS = 1
"""How long who takes over waits for a turn, before it looks again for one that stands still."""
ASKED_SECONDS = 0.5
FOLLOWED_SECONDS = 10.0
"""How often who stands by notes what was signed meanwhile."""


class LogLead:
    """The lead of one log, for one process that does nothing else."""

    def __init__(self, at: PostgresqlLog) -> None:
        self._at = at
        self._lead = PostgresqlLead(at.server, WORK, LEASE_SECONDS)
        self._followed = self._looked = float("-inf")

    def wait(self, waiting: Callable[[], None]) -> None:
        """Return when the lock is ours; ``waiting`` is called once where it is another's.

        What is signed meanwhile is noted beside this host's keys, so that an older copy shows
        here too. Raises :class:`~.tree.LogFault` where the log does not extend what this host has
        noted.
        """
        told = False
        while not self._lead.held():
            if not told:
                waiting()
                told = True
            if time.monotonic() - self._followed > FOLLOWED_SECONDS:
                self._followed = time.monotonic()
                self._follow()
            time.sleep(ASKED_SECONDS)

    def take_over(self) -> bytes:
        """Begin another epoch, and return it: from then on nobody writes by an earlier one.

        Raises :class:`.StoreError`.
        """

        def work(txn: WriteTransaction) -> bytes:
            found = txn.get(LogTable.META, log_epoch.KEY)
            epoch = log_epoch.decode(None if found is None else bytes(found))
            made = epoch.following().encode()
            txn.put(LogTable.META, log_epoch.KEY, made)
            return made

        self._end_still_turns()
        access = self._access(turn_wait=SOON_SECONDS)
        try:
            return access.write(work)
        finally:
            access.close()

    def _end_still_turns(self) -> None:
        with connect(self._at.server) as connection:
            end_still_turns(connection, self._at.server, STILL_SECONDS)

    def place_for(self, epoch: bytes) -> PostgresqlLog:
        """Return the log's place for the keeper of this epoch."""
        return self._at.written_by(epoch)

    def keep(self, epoch: bytes) -> None:
        """Hold the lock for ever, asking for it again where it was lost.

        Raises :class:`.FencedError` once another has taken over.
        """
        while True:
            if not self._lead.held():
                self._compare(epoch)
            elif time.monotonic() - self._looked > STILL_SECONDS:
                self._looked = time.monotonic()
                self._look_for_still_turns()
            time.sleep(ASKED_SECONDS)

    def _look_for_still_turns(self) -> None:
        """Let no worker that stands still keep the others from writing."""
        try:
            self._end_still_turns()
        except StoreError as error:
            log.warning("the access log's server is away: %s", error)

    def _compare(self, epoch: bytes) -> None:
        """See that nobody has taken over while the lock was lost; a lost server says nothing."""
        try:
            found = self._read(_epoch_in)
        except StoreError as error:
            log.warning("the access log's server is away: %s", error)
            return
        if found != epoch:
            raise FencedError(taken_over(found))

    def _follow(self) -> None:
        folder = self._at.folder
        try:
            signed = self._read(lambda txn: _signed_since(txn, folder))
        except StoreError as error:
            log.warning("the access log's server is away: %s", error)
        else:
            log_head.advance_state(folder, signed)

    def _read(self, look: Callable[[ReadTransaction], T]) -> T:
        access = self._access()
        try:
            with access.reading() as txn:
                return look(txn)
        finally:
            access.close()

    def _access(self, turn_wait: int = TURN_SECONDS) -> PostgresqlAccess:
        server = dataclasses.replace(self._at.server, turn_wait=turn_wait)
        return PostgresqlAccess(server)


def _epoch_in(txn: ReadTransaction) -> bytes | None:
    found = txn.get(LogTable.META, log_epoch.KEY)
    return None if found is None else bytes(found)


def _signed_since(txn: ReadTransaction, folder: Path) -> log_head.Signed:
    """Return what was signed last, seen to extend what this host has noted."""
    noted, signed = log_head.read_state(folder), signed_in(txn)
    tree, size = Tree(txn), size_of(txn)
    if noted.head.origin != signed.head.origin:
        raise LogFault(f"the state file beside it is that of the log {noted.head.origin}")
    for each in (noted, signed):
        tree.check_extends(size, each.head)
    return signed
