"""A log whose own tables are looked at in transactions that leave nothing behind."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from keeper_case import ORIGIN

from rmp_milter.engine.lmdb_transaction import LmdbWrites
from rmp_milter.keeper.log import journal
from rmp_milter.keeper.log.journal import Journal
from rmp_milter.keeper.log.lmdb_log import LmdbLogAccess
from rmp_milter.keeper.log.own import Own
from rmp_milter.keeper.log.place import LogPlace
from rmp_milter.keeper.log.tables import OwnTable

DAY = 86_400
DOSSIERS = tuple(bytes([number]) * 16 for number in range(3))
DIGESTS = tuple(bytes([number]) * 16 for number in range(16, 20))
ACTS = tuple(bytes([number]) * 32 for number in range(100, 103))


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journal]:
    folder = tmp_path_factory.mktemp("own") / "log"
    journal.create(folder, ORIGIN)
    with Journal(folder) as log:
        yield log


@pytest.fixture
def own(log: Journal) -> Iterator[Own]:
    with scratch(log) as own:
        yield own


@contextmanager
def scratch(log: Journal) -> Iterator[Own]:
    """Give tables that are as they were once the block ends."""
    access = log._access
    assert isinstance(access, LmdbLogAccess)
    with access._turn:
        transaction = access._env.begin(write=True)
        try:
            yield Own.of(LmdbWrites(transaction, access._handles))
        finally:
            transaction.abort()


def rows(own: Own, table: OwnTable) -> dict[bytes, bytes]:
    """Return what is in one of the tables that the transaction sees."""
    return {key: bytes(value) for key, value in own.known._txn.records(table)}


def child(place: Path | LogPlace, work: Callable[[Journal], None]) -> int:
    """Let another process work on the log; return its id."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        with Journal(place) as log:
            work(log)
        code = 0
    finally:
        os._exit(code)
