"""Finding a patient of whom little is known, for emergencies only, by the terms of his names.

What is surest and smallest is looked at first, each record once, until the answer cannot
become better. The terms bring candidates; what each is worth is judged by its record
(:mod:`~rmp_milter.handlers.people.likeness`), so that the answer is the one that reading every
dossier would give. It costs what the answer costs, not what the store holds.

Some are not found as reading every dossier would find them. Two slips in a long word, one in
its first six letters and one in its last five, are looked for by its first four letters, in the
years that were said, and only where nobody else is found. What is said in several words and
known as one may have slips only behind a particle (``de la Toru`` for ``Delatour``). Slips are
those of the alphabet from A to Z; of a name of more than eight words the first eight count; and
who is born before 1900 is found in the years that were said alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import zip_longest

from rmp_milter.dossier.search_terms import Term, TermKind
from rmp_milter.handlers.asking.view import View
from rmp_milter.handlers.people import asked_terms as asked
from rmp_milter.handlers.people.bounded import BoundedView
from rmp_milter.handlers.people.likeness import (
    SHORT_LIST,
    Judge,
    Likeness,
    Rank,
    ShortList,
    Sought,
    Tier,
    best_of,
    first_tier,
    surely,
    tiers_of,
)
from rmp_milter.handlers.people.names_said import BEGUN, WHOLE

_Stage = tuple[Sequence[Tier], Iterator["_Step"]]
_Step = tuple[Iterable[Term], Rank | None]
"""Terms, and the best rank of who is not brought by them nor by those before; None where it is
not worth asking whether somebody better may follow."""


def short_list(sought: Sought, view: View, this_year: int) -> ShortList:
    """Return the open dossiers that resemble most what is known, at most ten, best first.

    A word of the family name (by birth or in use) must fit, whole, by its beginning, by its
    sound or but for a slip; given names and the birth date put one before another. Someone
    whose year does not fit is left out unless no year of anybody does. Where no family name
    fits, a given name with about an age, and then a day of birth alone, find who fits exactly.
    ``this_year`` is the last in which anybody may be born.
    """
    search = _Search(sought, view, this_year)
    for tiers, steps in search.stages():
        for terms, unseen in steps:
            search.take(terms)
            if search.cut:
                return search.best_in(search.tiers)
            if unseen is not None and search.is_settled(unseen):
                return search.best_in(tiers)
        if (listed := search.best_in(tiers)).found:
            return listed
    return ShortList()


class _Search:
    """One search: who was looked at, and where to look next."""

    def __init__(self, sought: Sought, view: View, this_year: int) -> None:
        self.tiers = tiers_of(sought)
        self._view = BoundedView(view)
        self._judge = Judge(sought)
        self._forms = self._judge.names.forms
        self._likely_forms = self._judge.names.likely_forms
        self._looked_at: set[bytes] = set()
        self._known: list[Likeness] = []
        everybody = asked.FIRST_YEAR, max(this_year, asked.FIRST_YEAR)
        self._years = asked.outward(sought.years or everybody)
        others = set(asked.outward(everybody)).difference(self._years)
        self._other_years = asked.around(others, sought.years or everybody)

    @property
    def cut(self) -> bool:
        """Whether the search has cost enough before it was at its end."""
        return self._view.cut

    def take(self, terms: Iterable[Term]) -> None:
        """Look at all who have any of the terms, each once."""
        for dossier_id in self._view.holders_of(terms):
            if dossier_id not in self._looked_at:
                self._looked_at.add(dossier_id)
                self._look_at(dossier_id)

    def is_settled(self, unseen: Rank) -> bool:
        """Whether there are more than ten surely, and ten of them before all who may follow."""
        sure = [each for each in self._known if surely(each)]
        ahead = sum(each.rank < unseen for each in sure)
        return len(sure) > SHORT_LIST and ahead >= SHORT_LIST

    def best_in(self, tiers: Sequence[Tier]) -> ShortList:
        """Return the best ten in the first of these tiers in which anybody stands."""
        return best_of(first_tier(tiers, self._known), cut=self.cut)

    def stages(self) -> Iterator[_Stage]:
        """Yield where to look, and which tiers are then known completely.

        Each stage is looked at only if nobody stands in the tiers of those before.
        """
        sought, tiers = self._judge.sought, self.tiers
        if sought.years is None:
            yield tiers[:3], self._in_all_years()
        else:
            yield tiers[:1], self._in_the_years()
            yield tiers[:2], self._whole_in_other_years()
            yield tiers[:3], self._near_in_other_years()
        yield tiers[:3], iter([(asked.begun_nearly(self._words, self._years), None)])
        if sought.years is not None:
            yield tiers[:4], iter([(asked.given_names(self._words, self._years), None)])
        if sought.born:
            yield tiers, iter([([Term(TermKind.BORN, sought.born)], None)])

    def _in_the_years(self) -> Iterator[_Step]:
        """Look for all who fit and were born in the years, from the middle one outwards."""
        best_unseen, distance = self._judge.best_unseen, self._judge.distance
        self._view.ahead(asked.sounds(self._forms, self._years))
        for year, further in zip_longest(self._years, self._years[1:]):
            after = best_unseen(WHOLE, distance=distance(further)) if further else None
            yield asked.sounds(self._forms, [year]), after
        yield (), best_unseen(BEGUN)
        yield asked.begun(self._forms, self._years), None
        yield asked.sounds(self._held_nearby, self._years), None
        yield asked.ends(self._likely_forms, self._years), None

    def _in_all_years(self) -> Iterator[_Step]:
        """Look for all who fit: who bears the family and the first given name before others."""
        best_unseen, forms, years = self._judge.best_unseen, self._forms, self._years
        yield asked.both(forms, self._words), best_unseen(WHOLE, other_given=1)
        yield asked.words(forms), best_unseen(BEGUN)
        yield asked.sounds(forms, years), None
        yield asked.begun(forms, years), None
        yield asked.words(self._held_nearby), None
        yield asked.ends(self._likely_forms, years), None

    def _whole_in_other_years(self) -> Iterator[_Step]:
        yield asked.words(self._forms), None
        yield asked.begun(self._forms, self._other_years), None

    def _near_in_other_years(self) -> Iterator[_Step]:
        yield asked.sounds(self._forms, self._other_years), None
        yield asked.words(self._held_nearby), None
        yield asked.ends(self._likely_forms, self._other_years), None

    @property
    def _words(self) -> tuple[str, ...]:
        return self._judge.names.words

    @cached_property
    def _held_nearby(self) -> tuple[str, ...]:
        """The words a slip away that anybody bears."""
        return self._view.held(asked.a_slip_away(self._likely_forms))

    def _look_at(self, dossier_id: bytes) -> None:
        dossier = self._view.dossier(dossier_id)
        likeness = self._judge.likeness(dossier) if dossier is not None else None
        if likeness is not None:
            self._known.append(likeness)
