"""Which entry of a dossier took which other's place."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from rmp_milter.dossier.model import NumberedEntry


def versions(entries: Sequence[NumberedEntry]) -> dict[int, int]:
    """Return for each new version its number and that of the entry whose place it took.

    ``entries`` are all of the dossier, oldest first. What its author corrected by the number
    that he counts himself (``Entry.corrects``) is found only here, when somebody reads: at the
    deposit it would have to be looked for, and that takes the time of a dossier. There is no
    such entry, or it was replaced before: then it is one more deposit.
    """
    took: dict[int, int] = {}
    own: Mapping[bytes, list[int]] = defaultdict(list)
    for each in entries:
        his = own[each.entry.author]
        old = each.entry.replaces or _counted(each.entry.corrects, his)
        if old and (each.entry.replaces or old not in took.values()):
            took[each.number] = old
        his.append(each.number)
    return took


def _counted(number: int, own: Sequence[int]) -> int:
    return own[number - 1] if 0 < number <= len(own) else 0
