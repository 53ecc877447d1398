"""The mark of the index that numbers were read from, as people copy it.

It stands behind the numbers, ``5, 7 (table K7QXM)``, or in a line of its own. Any word in
its place is taken as one: a mark that is no table's is asked back about, and never dropped.
"""

import re

from rmp_milter.dossier.identity import fold

_LONGEST = 20
_BESIDE = re.compile(
    r"[\s,;(\[]*\b(?:de\s+la\s+|from\s+(?:the\s+)?)?table\b(?P<mark>.*)",
    re.IGNORECASE | re.DOTALL,
)


def table_apart(value: str) -> tuple[str, str]:
    """Return the numbers' value without the table behind them, and its mark."""
    found = _BESIDE.search(value)
    if found is None:
        return value, ""
    return value[: found.start()], table_mark(found["mark"]) or "-"


def table_mark(value: str) -> str:
    """Return a mark as it is compared: capitals and digits alone, in bounds."""
    return "".join(fold(value).split())[:_LONGEST]
