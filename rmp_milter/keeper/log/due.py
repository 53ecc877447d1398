"""Until when rows are kept: a table that leads from a day to the keys of what ends on it.

Its key: the day since 1970 (4 bytes, big-endian) ‖ the row's key. A row stays until its day is
over, by the clock of whoever clears away, a few rows at a time: so a clock that leaps ahead and
back again takes little with it.
"""

import lmdb

_DAY = 86_400
_DAY_SIZE = 4


def put(transaction: lmdb.Transaction, table: lmdb._Database, ends: int, key: bytes) -> None:
    """Note when a row ends (epoch seconds)."""
    transaction.put(_due(ends, key), b"", db=table)


def delete(transaction: lmdb.Transaction, table: lmdb._Database, ends: int, key: bytes) -> None:
    """Forget when a row ends."""
    transaction.delete(_due(ends, key), db=table)


def take(
    transaction: lmdb.Transaction, table: lmdb._Database, now: int, most: int
) -> list[bytes]:
    """Forget and return the keys of rows whose day is over, the oldest first."""
    today = (now // _DAY).to_bytes(_DAY_SIZE)
    taken: list[bytes] = []
    with transaction.cursor(db=table) as cursor:
        found = cursor.first()
        while found and len(taken) < most and bytes(cursor.key()) < today:
            taken.append(bytes(cursor.key())[_DAY_SIZE:])
            found = cursor.delete() and bool(cursor.key())
    return taken


def _due(ends: int, key: bytes) -> bytes:
    return (ends // _DAY).to_bytes(_DAY_SIZE) + key
