"""Finding a patient of whom little is known, for emergencies only.

An unconscious patient carries no number: some words of a name and about an age must be
enough for a short list to choose from. A slip of the hand hides nobody.
"""

import hashlib
from base64 import b32encode
from collections.abc import Callable, Iterable, Iterator

import msgspec

from rmp_milter.dossier.model import Dossier
from rmp_milter.dossier.nearness import is_near
from rmp_milter.dossier.spoken import reference, signs_of, spoken
from rmp_milter.handlers.people.names_said import NEAR, NamesSaid

SHORT_LIST = 10
_SIGNS = 8  # of a reference


class Sought(msgspec.Struct, frozen=True):
    """What is known of whom to look for: words of his names, years, and his day of birth.

    ``born`` is ISO; all may be missing.
    """

    names: str = ""
    years: tuple[int, int] | None = None
    born: str = ""


class ShortList(msgspec.Struct, frozen=True):
    """The dossiers that resemble most what is known, best first; whether there are more."""

    found: tuple[Dossier, ...] = ()
    more: bool = False


class _Likeness(msgspec.Struct, frozen=True):
    """How one dossier fits: points of the family name, all points, and of whom it is.

    ``complete`` says that a given name was said and fits as well.
    """

    family: int
    points: int
    in_years: bool
    complete: bool
    same_day: bool
    dossier: Dossier


_Tier = Callable[[_Likeness], bool]
_TIERS: tuple[_Tier, ...] = (
    lambda each: each.in_years and (each.family > NEAR or (each.family > 0 and each.complete)),
    # The age was guessed, or the year mistyped: who bears the name is not hidden by it.
    lambda each: each.family > NEAR or (each.family > 0 and each.in_years),
    lambda each: each.family > 0,
)
"""From the surest to the widest; the first in which anybody stands is the answer."""


def short_list(sought: Sought, dossiers: Iterable[Dossier]) -> ShortList:
    """Return the open dossiers that resemble most what is known, at most ten, best first.

    A word of the family name (by birth or in use) must fit, whole, by its beginning or but
    for a slip; given names and the birth date put one before another. Someone whose year
    does not fit is left out unless no year of anybody does. Where no family name fits, a
    given name with about an age, and then a day of birth alone, find who fits exactly.
    """
    names = NamesSaid(sought.names)
    open_ones = (each for each in dossiers if each.closure is None)
    known = [found for each in open_ones if (found := _likeness(names, sought, each))]
    for tier in (*_TIERS, *_without_a_family_name(sought)):
        if alike := [each for each in known if tier(each)]:
            return _best(alike)
    return ShortList()


def _without_a_family_name(sought: Sought) -> Iterator[_Tier]:
    if sought.years is not None:
        yield lambda each: each.complete and each.in_years
    if sought.born:
        yield lambda each: each.same_day


def is_alike(names: str, dossier: Dossier) -> bool:
    """Whether a word of these names may be one of the patient's family name."""
    return (
        NamesSaid(names).family(f"{dossier.patient.birth_name} {dossier.sheet.used_name}") > 0
    )


def says_names(names: str) -> bool:
    """Whether there is a word to search by."""
    return bool(NamesSaid(names).words)


def _best(alike: list[_Likeness]) -> ShortList:
    alike.sort(
        key=lambda each: (
            *(-each.same_day, -each.points),
            *(each.dossier.patient.birth_date, each.dossier.dossier_id),
        )
    )
    found = tuple(each.dossier for each in alike[:SHORT_LIST])
    return ShortList(found, more=len(alike) > SHORT_LIST)


def _likeness(names: NamesSaid, sought: Sought, dossier: Dossier) -> _Likeness | None:
    """Return how the dossier fits, None if nothing of it does."""
    patient = dossier.patient
    family = names.family(f"{patient.birth_name} {dossier.sheet.used_name}")
    given = names.given(patient.first_names)
    same_day = bool(sought.born) and sought.born == patient.birth_date
    if not (family or given > NEAR or same_day):
        return None
    whole = f"{patient.birth_name} {dossier.sheet.used_name} {patient.first_names}"
    return _Likeness(
        family=family,
        points=max(names.points(whole), family),
        in_years=_born_within(sought.years, dossier),
        complete=given > NEAR,
        same_day=same_day,
        dossier=dossier,
    )


def _born_within(years: tuple[int, int] | None, dossier: Dossier) -> bool:
    if years is None:
        return True
    return years[0] <= int(dossier.patient.birth_date[:4]) <= years[1]


def short_reference(dossier_id: bytes) -> str:
    """Return what a doctor types to choose from a short list, such as ``D-7QX3-MZBK``."""
    number = int.from_bytes(hashlib.sha256(b"rmp short list" + dossier_id).digest())
    return reference("D", signs_of(number, _SIGNS))


def chosen_by(typed: str, dossiers: Iterable[Dossier]) -> tuple[Dossier, ...]:
    """Return the open dossiers that the reference names, in whatever form it is typed.

    More than one is possible and never settled here: eight signs are no identifier.
    """
    wanted = spoken(typed)
    return tuple(
        dossier
        for dossier in dossiers
        if dossier.closure is None and wanted in _references(dossier.dossier_id)
    )


def near_to(typed: str, dossiers: Iterable[Dossier]) -> ShortList:
    """Return the open dossiers whose reference is at most two slips away, at most ten.

    One slip away come before two. What is much shorter than a reference is near to none:
    it would be to too many.
    """
    wanted = spoken(typed)
    if len(wanted) < _SIGNS:
        return ShortList()
    found: dict[int, list[Dossier]] = {1: [], 2: []}
    for dossier in dossiers:
        if dossier.closure is None and (slips := _slips(wanted, dossier.dossier_id)):
            found[slips].append(dossier)
    near = [*found[1], *found[2]]
    return ShortList(tuple(near[:SHORT_LIST]), more=len(near) > SHORT_LIST)


def _slips(wanted: str, dossier_id: bytes) -> int:
    """Return by how many slips the reference is missed, 0 for more than two."""
    known = spoken(short_reference(dossier_id))
    if not is_near(wanted, known, 2):
        return 0
    return 1 if is_near(wanted, known, 1) else 2


def _references(dossier_id: bytes) -> tuple[str, str]:
    """Return the reference as it is said, and as lists before this version said it.

    A list lies in a mailbox, and may be answered after the service was brought up to date.
    """
    before = b32encode(hashlib.sha256(dossier_id).digest())[:_SIGNS].decode()
    return spoken(short_reference(dossier_id)), f"D{before}"
