"""How a dossier resembles what is known of a patient, and who comes before whom.

An unconscious patient carries no number: some words of a name and about an age must be
enough for a short list to choose from. A slip of the hand hides nobody.
"""

from collections.abc import Callable, Iterable

import msgspec

from rmp_milter.dossier.identity import fold
from rmp_milter.dossier.model import Dossier
from rmp_milter.handlers.people.names_said import NEAR, WHOLE, NamesSaid

SHORT_LIST = 10

Rank = tuple[int, ...]
"""What is smaller stands before: the same day of birth, points, how well the family name fits,
whether only the name in use does, years, whether another than the first given name does."""


class Sought(msgspec.Struct, frozen=True):
    """What is known of whom to look for: words of his names, years, and his day of birth.

    ``born`` is ISO; all may be missing.
    """

    names: str = ""
    years: tuple[int, int] | None = None
    born: str = ""


class ShortList(msgspec.Struct, frozen=True):
    """The dossiers that resemble most what is known, best first; whether there are more.

    ``cut`` says that so many are alike that the search ended before all had been looked at.
    """

    found: tuple[Dossier, ...] = ()
    more: bool = False
    cut: bool = False


class Likeness(msgspec.Struct, frozen=True):
    """How one dossier fits: points of the family name, its rank, and of whom it is.

    ``complete`` says that a given name was said and fits as well.
    """

    family: int
    in_years: bool
    complete: bool
    same_day: bool
    rank: Rank
    dossier: Dossier

    @property
    def order(self) -> tuple[Rank, str, bytes]:
        """What a list is sorted by: for two that fit equally well, something that stays."""
        return self.rank, self.dossier.patient.birth_date, self.dossier.dossier_id


Tier = Callable[[Likeness], bool]


def surely(each: Likeness) -> bool:
    """Whether the name fits in the years; but for a slip, a given name must fit as well."""
    return each.in_years and (each.family > NEAR or (each.family > 0 and each.complete))


def about(each: Likeness) -> bool:
    """Whether the name fits in other years, or but for a slip in these.

    The age was guessed, or the year mistyped: who bears the name is not hidden by it.
    """
    return each.family > NEAR or (each.family > 0 and each.in_years)


def by_a_slip(each: Likeness) -> bool:
    """Whether a word of the family name fits somehow."""
    return each.family > 0


def by_given_name(each: Likeness) -> bool:
    """Whether a given name fits in the years: a name in use may be noted nowhere."""
    return each.complete and each.in_years


def by_birthday(each: Likeness) -> bool:
    """Whether the day of birth is the same."""
    return each.same_day


def tiers_of(sought: Sought) -> tuple[Tier, ...]:
    """Return the tiers from the surest to the widest: the first with anybody is the answer."""
    without_family_name = (
        *([by_given_name] if sought.years is not None else []),
        *([by_birthday] if sought.born else []),
    )
    return (surely, about, by_a_slip, *without_family_name)


class Judge:
    """What is sought, and how well one dossier after the other resembles it."""

    def __init__(self, sought: Sought) -> None:
        self.sought = sought
        self.names = NamesSaid(sought.names)

    def likeness(self, dossier: Dossier) -> Likeness | None:
        """Return how the dossier fits, None if nothing of it does, or if it is closed."""
        patient, used_name = dossier.patient, dossier.sheet.used_name
        family = self.names.family(f"{patient.birth_name} {used_name}")
        given = self.names.given(patient.first_names)
        same_day = bool(self.sought.born) and self.sought.born == patient.birth_date
        if dossier.closure is not None or not (family or given > NEAR or same_day):
            return None
        return Likeness(
            family=family,
            in_years=_born_within(self.sought.years, dossier),
            complete=given > NEAR,
            same_day=same_day,
            rank=self._rank(dossier, family, same_day=same_day),
            dossier=dossier,
        )

    def best_unseen(self, family: int, distance: int = 0, other_given: int = 0) -> Rank:
        """Return the least rank that somebody may have whose name fits no better than so."""
        same_day = bool(self.sought.born)
        return (-same_day, -self.names.full, -family, 0, distance, other_given)

    def distance(self, year: int) -> int:
        """Return how far a year is from the middle of those that are sought."""
        first, last = self.sought.years or (year, year)
        return abs(2 * year - first - last)

    def _rank(self, dossier: Dossier, family: int, *, same_day: bool) -> Rank:
        patient = dossier.patient
        whole = patient.birth_name, dossier.sheet.used_name, patient.first_names
        first_given = fold(patient.first_names).partition(" ")[0]
        return (
            -same_day,
            -max(self.names.points(*whole), family),
            -family,
            int(self.names.family(patient.birth_name) < family),
            self.distance(_year(dossier)),
            int(self.names.given(first_given) < WHOLE),
        )


def best_of(alike: Iterable[Likeness], *, cut: bool = False) -> ShortList:
    """Return the best ten; where the search was ``cut`` short there may be more."""
    ordered = sorted(alike, key=lambda each: each.order)
    found = tuple(each.dossier for each in ordered[:SHORT_LIST])
    return ShortList(found, more=cut or len(ordered) > SHORT_LIST, cut=cut)


def first_tier(tiers: Iterable[Tier], known: Iterable[Likeness]) -> list[Likeness]:
    """Return those of the first tier in which anybody stands, nobody if none does."""
    everybody = list(known)
    each_tier = ([each for each in everybody if tier(each)] for tier in tiers)
    return next(filter(None, each_tier), [])


def is_alike(names: str, dossier: Dossier) -> bool:
    """Whether a word of these names may be one of the patient's family name."""
    return (
        NamesSaid(names).family(f"{dossier.patient.birth_name} {dossier.sheet.used_name}") > 0
    )


def says_names(names: str) -> bool:
    """Whether there is a word to search by."""
    return bool(NamesSaid(names).words)


def _born_within(years: tuple[int, int] | None, dossier: Dossier) -> bool:
    return years is None or years[0] <= _year(dossier) <= years[1]


def _year(dossier: Dossier) -> int:
    return int(dossier.patient.birth_date[:4])
