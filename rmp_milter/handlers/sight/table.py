"""The table that a reader was sent, and what the numbers in it mean.

Whoever does not see all of a dossier counts what he sees, so after a mask or a new version
the same number is another entry to him. So his request says by a mark which table it was
read from. The mark and all that follows from it depend on nothing but what he sees: it
tells nobody whether there is anything else (docs/formats.md, Numbers).
"""

import hashlib
from collections.abc import Iterator, Sequence

import msgspec

from rmp_milter.dossier.model import Dossier, Entry
from rmp_milter.dossier.rules import Relation
from rmp_milter.dossier.spoken import ALPHABET, signs_of
from rmp_milter.errors import MailError
from rmp_milter.handlers.sight.seen import SEES_ALL, Seen
from rmp_milter.mail.header.routing import RoutingHeader

_LETTERS = "".join(filter(str.isalpha, ALPHABET))
_LENGTH = 5
"""A letter and four signs, one of 21 million: against chance. Who wants to name another
entry than his index shows needs no mark for that, only another number."""


class IndexTable(msgspec.Struct, frozen=True):
    """What a reader's index is: its mark, and the last number in it."""

    mark: str
    last: int


def table_of(dossier: Dossier, visible: Sequence[Seen]) -> IndexTable:
    """Return the table of the entries that the reader sees, all of them, oldest first."""
    *_, (last, mark) = _marks(dossier, visible)
    return IndexTable(mark, last)


def named(
    dossier: Dossier, visible: Sequence[Seen], relation: Relation, header: RoutingHeader
) -> tuple[Seen, ...]:
    """Return the entries that the header's numbers mean, none where it has no numbers.

    Entries that came since the table was read leave its numbers as they were. Raises
    :class:`MailError` ``table-missing`` where the numbers could mean other entries than
    those that were read, ``table-other`` where they may well do, ``no-such-entry`` for a
    number that the reader has not; a masked one is just that to him.
    """
    numbers = header.numbers
    if not numbers:
        return ()
    today = table_of(dossier, visible)
    facts = {"table": today.mark, "said": header.table}
    if header.table:
        read = [last for last, mark in _marks(dossier, visible) if mark == header.table]
        if not read or read[-1] < max(numbers) <= today.last:
            raise MailError("table-other", facts=facts)
    elif relation not in SEES_ALL:
        raise MailError("table-missing", facts=facts)
    found = tuple(each for each in visible if each.number in numbers)
    if unknown := set(numbers) - {each.number for each in found}:
        listed = ", ".join(map(str, sorted(unknown)))
        raise MailError("no-such-entry", facts={"numbers": listed})
    return found


def _marks(dossier: Dossier, visible: Sequence[Seen]) -> Iterator[tuple[int, str]]:
    """Yield the last number and the mark of the table as it was, entry by entry, until now."""
    digest = hashlib.sha256(b"rmp table\n" + dossier.dossier_id)
    yield 0, _written(digest.digest())
    for each in visible:
        digest.update(_identity(each.filed.entry))
        yield each.number, _written(digest.digest())


def _identity(entry: Entry) -> bytes:
    """Return what an entry is known by; never its number, whose gaps tell of masks."""
    documents = b"".join(document.document_id for document in entry.documents)
    head = entry.received_at.to_bytes(8, "big") + len(entry.documents).to_bytes(4, "big")
    return head + entry.author + documents


def _written(digest: bytes) -> str:
    number, at = divmod(int.from_bytes(digest[:8], "big"), len(_LETTERS))
    return _LETTERS[at] + signs_of(number, _LENGTH - 1)
