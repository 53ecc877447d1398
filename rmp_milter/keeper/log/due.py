"""Until when rows are kept: a table that leads from a day to the keys of what ends on it.

Its key: the day since 1970 (4 bytes, big-endian) ‖ the row's key. A row stays until its day is
over, by the clock of whoever clears away, a few rows at a time: so a clock that leaps ahead and
back again takes little with it.
"""

from itertools import islice, takewhile

from rmp_milter.engine.tables import EngineTable
from rmp_milter.engine.transaction import WriteTransaction

_DAY = 86_400
_DAY_SIZE = 4


def put(txn: WriteTransaction, table: EngineTable, ends: int, key: bytes) -> None:
    """Note when a row ends (epoch seconds)."""
    txn.put(table, _due(ends, key), b"")


def delete(txn: WriteTransaction, table: EngineTable, ends: int, key: bytes) -> None:
    """Forget when a row ends."""
    txn.delete(table, _due(ends, key))


def take(txn: WriteTransaction, table: EngineTable, now: int, most: int) -> list[bytes]:
    """Forget and return the keys of rows whose day is over, the oldest first."""
    today = (now // _DAY).to_bytes(_DAY_SIZE)
    over = [*islice(takewhile(lambda key: key < today, txn.keys(table)), most)]
    for key in over:
        txn.delete(table, key)
    return [key[_DAY_SIZE:] for key in over]


def _due(ends: int, key: bytes) -> bytes:
    return (ends // _DAY).to_bytes(_DAY_SIZE) + key
