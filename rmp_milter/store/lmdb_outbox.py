"""The open outbox in LMDB: beside the running milter, in the same environment's files."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from rmp_milter.disk.closing import Closing
from rmp_milter.store.format.codecs import OutboxCodecs
from rmp_milter.store.format.environment import Environment, lease, release
from rmp_milter.store.format.failures import StoreError
from rmp_milter.store.format.lmdb_access import LmdbAccess
from rmp_milter.store.outbox import OpenOutbox, check_outbox_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class LmdbOutbox(Closing, OpenOutbox):
    """An open outbox. Its methods may be called from many threads at once."""

    def __init__(
        self,
        environment: Environment,
        codecs: OutboxCodecs,
        clock: Callable[[], float],
    ) -> None:
        super().__init__(LmdbAccess(environment), codecs, clock)
        self._environment = environment
        self._closed = False

    @classmethod
    def open(
        cls,
        folder: Path,
        outbox_key: bytes,
        map_bytes: int,
        *,
        clock: Callable[[], float] = time.time,
    ) -> Self:
        """Open the outbox of the store in ``folder``; raises :class:`StoreError`.

        ``clock`` (epoch seconds) says when a row was sent, for the life of its note.
        """
        codecs = OutboxCodecs(outbox_key)
        environment = lease(folder, map_bytes)
        try:
            with LmdbAccess(environment).reading() as txn:
                check_outbox_key(txn, codecs, str(folder))
        except StoreError:
            release(environment)
            raise
        return cls(environment, codecs, clock)

    def leads(self) -> bool:
        """Say yes: a file is of one machine, and of one courier on it."""
        return True

    def close(self) -> None:
        """Give the environment back; closing twice does nothing."""
        if not self._closed:
            self._closed = True
            release(self._environment)
