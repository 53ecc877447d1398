"""What of a dossier a reader sees, and under which numbers and onglets."""

from collections.abc import Sequence

import msgspec

from rmp_milter.dossier.days import Clock, day_of
from rmp_milter.dossier.masks import masked_numbers
from rmp_milter.dossier.model import Dossier, NumberedEntry, Onglet, Scope
from rmp_milter.dossier.rules import Relation
from rmp_milter.dossier.versions import versions
from rmp_milter.mail.header.routing import RoutingHeader

SEES_ALL = frozenset({Relation.TREATING, Relation.LOCUM, Relation.PATIENT})
"""Who sees masked and replaced entries, and the whole of the patient's sheet."""


class Seen(msgspec.Struct, frozen=True):
    """An entry as a reader sees it.

    ``number`` is the one that he reads and writes. For whoever sees all of the dossier it
    is the entry's own; others count what they see, since a gap would tell of a mask.
    """

    number: int
    filed: NumberedEntry
    onglet: Onglet
    masked: bool = False
    replaced_by: int = 0


def seen(
    dossier: Dossier, entries: Sequence[NumberedEntry], relation: Relation, doctor_id: bytes
) -> tuple[Seen, ...]:
    """Return the entries that the reader sees, oldest first.

    Masked ones are seen by their author, the médecin traitant (his locum) and the patient;
    replaced ones, marked, by the latter two.
    """
    masked = masked_numbers(dossier, entries)
    replaced = {old: new for new, old in versions(entries).items()}
    tabs = {refiling.number: refiling.onglet for refiling in dossier.refilings}
    everything = relation in SEES_ALL
    found: list[Seen] = []
    for each in entries:
        own = each.entry.author == doctor_id
        if not everything and (each.number in replaced or (each.number in masked and not own)):
            continue
        found.append(
            Seen(
                number=each.number if everything else len(found) + 1,
                filed=each,
                onglet=tabs.get(each.number, each.entry.onglet),
                masked=each.number in masked,
                replaced_by=replaced.get(each.number, 0),
            )
        )
    return tuple(found)


def versions_before(number: int, entries: Sequence[NumberedEntry]) -> frozenset[int]:
    """Return the number of an entry and of all those that it took the place of."""
    replaces = versions(entries)
    found: set[int] = set()
    while number and number not in found:
        found.add(number)
        number = replaces.get(number, 0)
    return frozenset(found)


def chosen(visible: Sequence[Seen], header: RoutingHeader, clock: Clock) -> tuple[Seen, ...]:
    """Return those that the header asks for: by scope, numbers, onglet and day.

    What its numbers mean is to be known before (:func:`~.table.named`).
    """
    found = [each for each in visible if _fits(each, header, clock)]
    if header.scope is Scope.SUMMARY:
        return tuple(each for each in found if _is_summary(each))[-1:]
    return tuple(found)


def _fits(each: Seen, header: RoutingHeader, clock: Clock) -> bool:
    return (
        (not header.numbers or each.number in header.numbers)
        and (header.tab is None or each.onglet is header.tab)
        and (not header.since or day_of(each.filed.entry.received_at, clock) >= header.since)
    )


def _is_summary(each: Seen) -> bool:
    return each.onglet is Onglet.SYNTHESE and not each.replaced_by
