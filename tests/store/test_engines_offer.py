"""What the engines' classes offer is what the surface says, so that nobody comes to need more."""

import pytest

from rmp_milter.store import (
    engines,
    leases,
    lmdb_outbox,
    outbox,
    postgresql_store,
    store,
    surface,
)
from rmp_milter.store.lmdb_engine import LmdbEngine
from rmp_milter.store.postgresql_engine import PostgresqlEngine
from rmp_milter.store.read import snapshot

OWN = {"open", "lent"}  # how the engine makes them, and takes bodies back


def offered(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")} - OWN


@pytest.mark.parametrize(
    ("said", "done"),
    [
        (surface.Snapshot, snapshot.StoreSnapshot),
        (surface.Store, store.LmdbStore),
        (surface.OutboxSnapshot, outbox.OutboxView),
        (surface.Outbox, lmdb_outbox.LmdbOutbox),
        (engines.Engine, LmdbEngine),
        (surface.Store, postgresql_store.PostgresqlStore),
        (surface.Outbox, postgresql_store.PostgresqlOutbox),
        (surface.Leases, leases.Unshared),
        (surface.Leases, leases.Shared),
        (engines.Engine, PostgresqlEngine),
    ],
)
def test_the_surface_says_all_that_there_is(said: type, done: type) -> None:
    assert offered(said) == offered(done)
    assert offered(said)
