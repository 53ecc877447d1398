"""Whom the reference of a short list's line chooses, and to whose it comes near."""

from collections.abc import Iterator

from rmp_milter.dossier.model import Dossier
from rmp_milter.dossier.nearness import is_near, one_slip_away
from rmp_milter.dossier.search_terms import HALF, Term, TermKind
from rmp_milter.dossier.short_references import SIGNS, spoken_references
from rmp_milter.dossier.spoken import ALPHABET, spoken
from rmp_milter.handlers.asking.view import View
from rmp_milter.handlers.people.bounded import BoundedView
from rmp_milter.handlers.people.likeness import SHORT_LIST, ShortList

_SLIPS = 2  # that are looked for


def chosen_by(typed: str, view: View) -> tuple[Dossier, ...]:
    """Return the open dossiers that the reference names, in whatever form it is typed.

    More than one is possible and never settled here: eight signs are no identifier.
    """
    wanted, bounded = spoken(typed), BoundedView(view)
    holders = sorted(bounded.holders(Term(TermKind.REFERENCE, wanted)))
    found = map(bounded.dossier, holders)
    return tuple(
        each
        for each in found
        if each is not None and wanted in spoken_references(each.dossier_id)
    )


def near_to(typed: str, view: View) -> ShortList:
    """Return the open dossiers whose reference is at most two slips away, at most ten.

    One slip away come before two. What is much shorter or longer than a reference is near to
    none: the one would be to too many. How near one is, its id says: few records are opened.
    """
    wanted = spoken(typed)
    if abs(len(wanted) - SIGNS - 1) > _SLIPS or len(wanted) < SIGNS:
        return ShortList()
    bounded = BoundedView(view)
    holders = {*bounded.holders_of(_near_terms(wanted))}
    near = sorted((slips, each) for each in holders if (slips := _slips(wanted, each)))
    found = (bounded.dossier(each) for _, each in near[:SHORT_LIST])
    listed = tuple(each for each in found if each is not None)
    return ShortList(listed, more=len(near) > SHORT_LIST)


def _near_terms(wanted: str) -> Iterator[Term]:
    """Yield the terms of which a reference that is near has at least one.

    Of two slips one half of the reference has at most one. A half that is one slip away is
    made of one sign more than it has, for a sign that moved into it or out of it.
    """
    for near in sorted(one_slip_away(wanted, ALPHABET)):
        yield Term(TermKind.REFERENCE, near)
    head, tail = wanted[1 : HALF + 2], wanted[-HALF - 1 :]
    heads = {each[:HALF] for each in (wanted, head, *one_slip_away(head, ALPHABET))}
    tails = {each[-HALF:] for each in (tail, *one_slip_away(tail, ALPHABET))}
    yield from (Term(TermKind.REF_HEAD, each) for each in sorted(heads))
    yield from (Term(TermKind.REF_TAIL, each) for each in sorted(tails))


def _slips(wanted: str, dossier_id: bytes) -> int:
    """Return by how many slips the reference is missed, 0 for more than two."""
    known, _ = spoken_references(dossier_id)
    if not is_near(wanted, known, _SLIPS):
        return 0
    return 1 if is_near(wanted, known, 1) else 2
