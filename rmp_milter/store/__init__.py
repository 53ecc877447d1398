"""The append-only dossier store in LMDB: ciphertext in, ciphertext out."""

from rmp_milter.store.format.failures import (
    Conflict,
    DamagedRecordError,
    StoreError,
    StoreFailed,
)
from rmp_milter.store.format.keys import StoreKeyError, StoreKeys, make_key, read_key
from rmp_milter.store.format.records import OutboxRow, RowState
from rmp_milter.store.outbox import Outbox
from rmp_milter.store.read.snapshot import Snapshot
from rmp_milter.store.store import Store, create

__all__ = [
    "Conflict",
    "DamagedRecordError",
    "Outbox",
    "OutboxRow",
    "RowState",
    "Snapshot",
    "Store",
    "StoreError",
    "StoreFailed",
    "StoreKeyError",
    "StoreKeys",
    "create",
    "make_key",
    "read_key",
]
