"""Whether the keys are those of a store, and which is not: before anything is read or written.

The store has had its check values since it was made: two sealed ledgers, and a digest of the
index key's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from rmp_milter.store.format.blind import Blind
from rmp_milter.store.format.codecs import Codec, OutboxCodecs
from rmp_milter.store.format.failures import DamagedRecordError
from rmp_milter.store.format.keys import (
    INDEX,
    METADATA,
    OUTBOX,
    PUT_BACK,
    StoreKeyError,
    StoreKeys,
)
from rmp_milter.store.format.records import Ledger, OutboxLedger
from rmp_milter.store.format.tables import INDEX_CHECK_KEY, LEDGER_KEY, OUTBOX_LEDGER_KEY

T = TypeVar("T")

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import lmdb
    from lmdb import _Database as Table

    Fits = Callable[[bytes], bool]
    Read = Callable[[bytes], bytes]


def first_records(keys: StoreKeys) -> dict[bytes, bytes]:
    """Return by what a new, empty store will know its keys again: records of ``meta``."""
    outbox = OutboxCodecs(keys.outbox).ledger
    return {
        INDEX_CHECK_KEY: Blind(keys.index).check_value(),
        LEDGER_KEY: Codec("meta", keys.metadata, Ledger).seal(LEDGER_KEY, Ledger()),
        OUTBOX_LEDGER_KEY: outbox.seal(OUTBOX_LEDGER_KEY, OutboxLedger()),
    }


def check_keys(
    txn: lmdb.Transaction[memoryview], meta: Table, keys: StoreKeys, folder: Path
) -> None:
    """Try all three keys; raise :class:`StoreKeyError`, which names those that do not fit."""
    check_all(lambda place: bytes(txn.get(place, b"", db=meta)), keys, str(folder))


def check_all(read: Read, keys: StoreKeys, where: str) -> None:
    """Do the same for any engine's store; ``read`` returns a record of ``meta``, or nothing."""
    fits = _fits(read)
    held = {METADATA: keys.metadata, INDEX: keys.index, OUTBOX: keys.outbox}
    wrong = [_said(name, key, fits) for name, key in held.items() if not fits[name](key)]
    if wrong:
        line = f"the keys are not those of the store in {where}: {'; '.join(wrong)}"
        raise StoreKeyError(line, PUT_BACK)


def _fits(read: Read) -> Mapping[str, Fits]:
    """Return for each file what tells whether a key is the one that belongs there."""
    ledger, outbox, index = map(read, (LEDGER_KEY, OUTBOX_LEDGER_KEY, INDEX_CHECK_KEY))
    return {
        METADATA: lambda key: _opens(Codec("meta", key, Ledger), LEDGER_KEY, ledger),
        INDEX: lambda key: Blind(key).check_value() == index,
        OUTBOX: lambda key: _opens(OutboxCodecs(key).ledger, OUTBOX_LEDGER_KEY, outbox),
    }


def _opens(codec: Codec[T], place: bytes, sealed: bytes) -> bool:
    try:
        codec.open(place, sealed)
    except DamagedRecordError:
        return False
    return True


def _said(name: str, key: bytes, fits: Mapping[str, Fits]) -> str:
    for other, fit in fits.items():
        if fit(key):
            return f"{name} holds what belongs in {other}"
    return f"{name} is another one"
