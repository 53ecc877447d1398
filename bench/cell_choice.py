"""Which cell a dossier belongs to: the highest of keyed digests of its patient's day of birth.

Whatever names a patient exactly names that day: traits, a number with its traits, a deposit that
waits for its dossier. So homonyms and twins are together, and one cell can judge alone. Rendezvous:
each cell draws a number for each day, the highest has it; a cell more takes a day from whom it
outbids, and from nobody else.
"""

import hmac
from collections.abc import Sequence
from datetime import date

VERSION = b"rmp cell 1"


def drawn(key: bytes, cell: int, born: date) -> bytes:
    """Return what a cell draws for a day; without the key nobody knows which days a cell has."""
    said = VERSION + cell.to_bytes(4) + born.isoformat().encode()
    return hmac.digest(key, said, "sha256")


def cell_of(key: bytes, born: date, cells: Sequence[int]) -> int:
    """Return which of the cells has the dossiers of those who were born on a day."""
    return max(cells, key=lambda cell: drawn(key, cell, born))
