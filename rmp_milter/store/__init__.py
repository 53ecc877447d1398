"""The append-only dossier store: ciphertext in, ciphertext out.

``surface`` is what others see of it, ``opening`` chooses the engine; all else is the engine's.
"""

from rmp_milter.store.engines import StoreReport
from rmp_milter.store.format.failures import (
    Conflict,
    DamagedRecordError,
    OtherFormatError,
    StoreError,
    StoreFailed,
)
from rmp_milter.store.format.keys import StoreKeyError, StoreKeys, make_key, read_key
from rmp_milter.store.surface import Outbox, OutboxRow, RowState, Snapshot, Store

__all__ = [
    "Conflict",
    "DamagedRecordError",
    "OtherFormatError",
    "Outbox",
    "OutboxRow",
    "RowState",
    "Snapshot",
    "Store",
    "StoreError",
    "StoreFailed",
    "StoreKeyError",
    "StoreKeys",
    "StoreReport",
    "make_key",
    "read_key",
]
