"""Whom an emergency means: one dossier for sure, or some to choose from.

Sure are the three traits, and the reference of a short list's line. A reference with a slip
is sure only where the name that stands beside it says the same; otherwise what is close is
listed, as what is alike by name is. Nothing here depends on who asks.
"""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from rmp_milter.dossier.identity import Matching as Matched
from rmp_milter.dossier.identity import match, trait_keys
from rmp_milter.dossier.model import Dossier, Patient
from rmp_milter.dossier.short_references import KIND
from rmp_milter.dossier.spoken import spoken
from rmp_milter.handlers.asking.view import View
from rmp_milter.handlers.people.likeness import (
    SHORT_LIST,
    ShortList,
    Sought,
    is_alike,
    says_names,
)
from rmp_milter.handlers.people.references import chosen_by, near_to
from rmp_milter.handlers.people.search import short_list
from rmp_milter.mail.header.civil import birth_years
from rmp_milter.mail.header.routing import RoutingHeader


class FoundBy(StrEnum):
    """How the dossiers of a list were found; the values are endings of text keys."""

    ALIKE = "alike"
    UNKNOWN = "reference-unknown"
    TWICE = "reference-twice"
    OTHER = "reference-other"
    NOTHING = "nothing-said"


class Choice(msgspec.Struct, frozen=True):
    """Whom a mail means: ``sure`` is one dossier, ``listed`` are those to choose from.

    With :attr:`FoundBy.NOTHING` nobody was looked for: there was nothing to look for.
    """

    by: FoundBy = FoundBy.ALIKE
    sure: Dossier | None = None
    listed: ShortList = ShortList()


def choose(header: RoutingHeader, view: View, this_year: int) -> Choice:
    """Find whom the header means among the open dossiers.

    ``this_year`` is the mail's, for an age that stands beside the name.
    """
    sought = _sought(header, this_year)
    if spoken(header.reference) in {"", KIND}:
        return _by_words(header, sought, view, this_year)
    named = chosen_by(header.reference, view)
    if not named:
        return _by_a_slip(header, sought, view, this_year)
    if not says_names(header.names_said):
        return _one_of(named)
    fitting = [each for each in named if is_alike(header.names_said, each)]
    if fitting == [*named]:  # nobody has to be looked for
        return _one_of(fitting)
    alike = short_list(sought, view, this_year)
    fitting = [each for each in named if each in fitting or each in alike.found]
    if fitting:
        return _one_of(fitting)
    return Choice(FoundBy.OTHER, listed=_together(named, alike))


def _one_of(named: Iterable[Dossier]) -> Choice:
    both = tuple(named)
    if len(both) == 1:
        return Choice(sure=both[0])
    return Choice(FoundBy.TWICE, listed=_together(both, ShortList()))


def _by_a_slip(header: RoutingHeader, sought: Sought, view: View, this_year: int) -> Choice:
    """Return what comes near to a reference that nobody has, or to what is said beside it."""
    near = near_to(header.reference, view)
    said = _by_words(header, sought, view, this_year)
    if said.sure and near.found in {(), (said.sure,)}:
        return said
    if len(near.found) == 1 and is_alike(header.names_said, near.found[0]):
        return Choice(sure=near.found[0])
    beside = (said.sure,) if said.sure else said.listed.found
    more = near.more or said.listed.more
    listed = _together(near.found, ShortList(beside, more, said.listed.cut))
    return Choice(FoundBy.UNKNOWN, listed=listed)


def _by_words(header: RoutingHeader, sought: Sought, view: View, this_year: int) -> Choice:
    """Find by the traits, the number, then whatever is alike."""
    patient = Patient(header.birth_name, header.first_names, header.birth_date, nir=header.nir)
    by_traits = view.dossiers_by_traits(trait_keys(patient))
    known = [each for each in by_traits if each.closure is None]
    found = match(patient, known)
    if found.outcome is Matched.ONE:
        return Choice(sure=found.dossier)
    if not (says_names(sought.names) or sought.born or header.nir):
        return Choice(FoundBy.NOTHING)
    return Choice(listed=_together(known, short_list(sought, view, this_year)))


def _sought(header: RoutingHeader, this_year: int) -> Sought:
    """Return what may be searched by; ``DUPONT Jean, 65 ans`` says an age as well."""
    beside = birth_years("", header.names_said, this_year)
    return Sought(header.names_said, header.born_years or beside, header.birth_date)


def _together(first: Iterable[Dossier], others: ShortList) -> ShortList:
    """Return both, each once, at most ten."""
    both = {each.dossier_id: each for each in (*first, *others.found)}
    found = tuple(both.values())
    more = others.more or len(found) > SHORT_LIST
    return ShortList(found[:SHORT_LIST], more, others.cut)
