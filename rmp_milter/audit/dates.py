"""Entries that are dated before their predecessor: the order is proved, the hours are a clock's.

Either the machine's clock was set back, or an entry says another time than that of its writing.
"""

from collections.abc import Sequence

import msgspec

from rmp_milter.audit.unreadable import UNREADABLE


class _Dated(msgspec.Struct):
    logged: int = 0
    at: int = 0


_decode = msgspec.json.Decoder(_Dated).decode


class Dates:
    """Takes entries in their order."""

    def __init__(self) -> None:
        self.earlier: dict[int, int] = {}
        """Entries that are dated before their predecessor, and by how many seconds."""
        self._last = 0

    def add(self, index: int, date: int) -> None:
        """Take the next entry's date in epoch seconds, 0 for none."""
        if date and date < self._last:
            self.earlier[index] = self._last - date
        self._last = date or self._last

    def add_all(self, first: int, entries: Sequence[bytes]) -> None:
        """Take entries as they stand in the log; what is no event has no date."""
        for index, entry in enumerate(entries, first):
            try:
                found = _decode(entry)
            except UNREADABLE:
                continue
            self.add(index, found.logged or found.at)
