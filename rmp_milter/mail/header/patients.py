"""Whether a text names somebody else than the patient of its header.

Only in header form: ``Patient : MARTIN Paul``, ``Nom`` with ``Prénom`` or ``Né le`` beside it,
a line that is nothing but name and date (``MARTIN PAUL, né le 02/02/1960`` in any case, ``et``
before it or not), a table's row, the lines of an HPRIM message. Prose is none: a newborn's
mother in the letter, ``Patient : fatigué``, ``Assuré : DUPONT Marie``.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rmp_milter.dossier.identity import fold
from rmp_milter.mail.header.civil import as_written, birth_date, is_date
from rmp_milter.mail.header.identity_line import apart, name_words, one_reading
from rmp_milter.mail.header.lines import Line, lines_in, lines_of
from rmp_milter.mail.header.names import is_mark, is_name, is_particle, readings, without_title
from rmp_milter.mail.header.once import remembered
from rmp_milter.mail.header.slots import is_slot
from rmp_milter.mail.header.words import Field

MAX_ROWS = 5_000
"""Rows of a text that are looked through; what is longer are results."""
_LONGEST = 400  # characters of a row in header form
_BESIDE = 3  # lines between what is said of one person
_MOST_WORDS = 6
_NAMED = (Field.PATIENT, Field.BIRTH_NAME, Field.FIRST_NAMES, Field.USED_NAME)
# Rows without any of these name nobody; a blank one ends what belongs together.
_MAY_NAME = re.compile(
    r"patient|pr[ée]nom|n[èée]e?\b|\bnom|naiss|ddn|born|birth|\bname|identit|concern"
    r"|rpps|finess|adeli|\d[./ -]\d|\d [^\W\d_]{3,9}\.? \d{4}|\t|\|",
    re.IGNORECASE,
)
# "MARTIN LUCE, née le 02/02/1960" with nothing else in its row, as laboratories print it; "et"
# before it names one more. Which word is the family name does not matter here.
_BORN_ON = re.compile(r"\bn[ée]e?(?:\(e\)|[.·]e)?\s+le\b[\s:]*\d", re.IGNORECASE)
_ONE_MORE = re.compile(r"\W*(?:(?:et|ainsi que|puis|plus|aussi)\b[\s:]*)*", re.IGNORECASE)
_BRACKETS = str.maketrans("()", "  ")
_BETWEEN = re.compile(r"\s+(?:et|and)\s+|\s*[&+;/,]\s*", re.IGNORECASE)
_AUTHORITY = frozenset({"RPPS", "N RPPS", "FINESS", "N FINESS", "ADELI", "N ADELI"})
_DOCTOR = frozenset({"DR", "DOCTEUR", "PR", "PROFESSEUR", "DRE", "DOCTEURE"})
_PATIENT = frozenset({"PATIENT", "PATIENTE", "PATIENTS", "PATIENTES"})
_NEXT = frozenset(
    {
        *(
            "SUIVANT",
            "SUIVANTE",
            "AUTRE",
            "AUTRES",
            "SECOND",
            "SECONDE",
            "DEUXIEME",
            "TROISIEME",
        ),
        *(
            "1ER",
            "2E",
            "2EME",
            "3E",
            "3EME",
            "PREMIER",
            "N",
            "NO",
            "A",
            "B",
            "1",
            "2",
            "3",
            "LE",
        ),
    }
)
_DATE_ALONE = re.compile(r"\s*\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})\s*", re.ASCII)
_NUMBER_ALONE = re.compile(r"[0-9AB .-]{0,24}", re.ASCII)
_HPRIM_DATE = 5  # rows from the name to the date of birth


class Person(NamedTuple):
    """Somebody who is named: the folded words of all names, the birth date, the words as typed.

    ``given`` are the first names as far as they can be told. ``may_be_married`` says that the
    family name alone, which may be the one in use, makes nobody else of a person; which of
    ``words`` it is is not known then.
    """

    words: frozenset[str] = frozenset()
    born: str = ""
    given: str = ""
    shown: str = ""
    is_sure: bool = False
    may_be_married: bool = False


def names_another(lines: Sequence[str], header: str, this_year: int) -> bool:
    """Return whether the lines name somebody surely different from the header's patient.

    ``lines`` are of a letter or a quoted text, ``header`` what ``cut`` returned as such.
    Never raises; at most :data:`MAX_ROWS` lines are looked at. Where the header names nobody
    nobody else is named.
    """
    if not any(map(str.strip, lines)):
        return False
    return bool(others(lines, lines_of(header), this_year, may_be_married=True))


def others(
    rows: Sequence[str],
    header: Iterable[Line],
    this_year: int = 0,
    *,
    may_be_married: bool = False,
    in_rows: bool = True,
) -> list[str]:
    """Return the names, as they are typed, of those who are not the header's patient.

    With ``may_be_married`` another family name makes nobody else, if first name and date are
    the same. ``this_year`` (0 if it is not known) tells the century of years of two digits.
    ``in_rows`` says that rows without a word of the header count too.
    """
    named = _people(tuple(header), this_year)
    mine = Person(
        frozenset(word for person in named for word in person.words),
        next((person.born for person in named if person.born), ""),
        next((person.given for person in named if person.given), ""),
    )
    if not (mine.words or mine.born):
        return []
    looked_at = tuple(rows[:MAX_ROWS])
    people = [*_named_in(looked_at), *(_born_in(looked_at) if in_rows else ())]
    shown = (
        person.shown
        for person in _dated(people, this_year)
        if person.is_sure
        and _differs(person, mine, may_be_married=may_be_married or person.may_be_married)
    )
    return list(dict.fromkeys(shown))


def differ(one: str, other: str) -> bool:
    """Return whether two values of ``Patient`` surely are two people."""
    (first, *_), (second, *_) = (
        _people((Line("", value, Field.PATIENT),)) for value in (one, other)
    )
    return _differs(first, second, may_be_married=False)


def is_plural(value: str) -> bool:
    """Return whether the value of ``Patient`` names several: ``DUPONT Jean et MARTIN Paul``."""
    parts = _BETWEEN.split(apart(value).names)
    return sum(len(found) == 1 and bool(found[0].given) for found in map(readings, parts)) > 1


def _differs(person: Person, mine: Person, *, may_be_married: bool) -> bool:
    same_day = bool(person.born and mine.born) and _is_one_day(person.born, mine.born)
    if person.born and mine.born and not same_day:
        return True
    if not (person.words and mine.words):
        return False
    if person.words <= mine.words or mine.words <= person.words:
        return _is_part_of_compound(person.given, mine.given)
    theirs = person.words if person.may_be_married else set(fold(person.given).split())
    given = theirs & set(fold(mine.given).split())
    return not (may_be_married and same_day and given)


def _is_part_of_compound(one: str, other: str) -> bool:
    """Return whether one is ``Jean`` and the other ``Jean-Pierre``, who is somebody else."""
    short, long = sorted((one, other), key=len)
    first = re.split(r"[\s,]+", long)[0]
    return bool(short) and fold(first.partition("-")[0]) == fold(short) != fold(first)


def _is_one_day(one: str, other: str) -> bool:
    """Return whether two days are one; a year may have two digits only."""
    return one == other or (len(one) != len(other) and one[-8:] == other[-8:])


class _Being:
    """A person whose lines are still being read."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.values: dict[Field, str] = {}
        self.born = ""
        self.is_doctor = False
        self.is_twin = False
        self.is_loud = False  # "PATIENT : APYRETIQUE" is no name

    def person(self) -> Person:
        """Return who it is, ``born`` as it is typed."""
        values = [self.values[field] for field in _NAMED if field in self.values]
        words = frozenset(
            each
            for value in values
            for word in name_words(value)
            for each in fold(word).split()
        )
        shown = " ".join(without_title(apart(value).names) for value in values)
        return Person(words, self.born, self._given(), shown[:80], self._is_sure())

    def _given(self) -> str:
        found = one_reading(
            self.values.get(Field.PATIENT) or self.values.get(Field.BIRTH_NAME, "")
        )
        return self.values.get(Field.FIRST_NAMES, "") or (found.given if found else "")

    def _is_sure(self) -> bool:
        if self.is_doctor and not self.born:
            return False
        whole = self.values.get(Field.PATIENT) or self.values.get(Field.BIRTH_NAME, "")
        if self.born and is_date(self.born):
            return bool(self.values)
        if Field.BIRTH_NAME in self.values and Field.FIRST_NAMES in self.values:
            return True
        return _is_like_names(whole, alone=Field.PATIENT in self.values and not self.is_loud)


def _is_like_names(value: str, *, alone: bool) -> bool:
    """Return whether words without a date are somebody's names, not how a patient feels."""
    names = without_title(apart(value).names.translate(_BRACKETS))
    words = names.replace(",", " ").split()
    if value.rstrip().endswith(".") or not is_name(names) or not 0 < len(words) <= _MOST_WORDS:
        return False
    if len(words) == 1:
        return alone and words[0].isupper() and len(words[0]) > 2 and words[0].isalpha()  # noqa: PLR2004 -- no initials
    found = readings(names)
    capitals = all(map(_may_stand_in_a_name, words))
    return capitals and bool(found) and bool(found[0].given)


def _may_stand_in_a_name(word: str) -> bool:
    return word[:1].isupper() or is_mark(word) or is_particle(word)


@remembered
def _named_in(rows: tuple[str, ...]) -> list[Person]:
    """Return who is named in these rows of a text, ``born`` as it is typed.

    Whoever takes its header off asks it of a text, and whoever knows the year asks again.
    """
    wanted = (row if _MAY_NAME.search(row[:_LONGEST]) else "" for row in rows)
    lines = lines_in(row[:_LONGEST] for row in wanted)
    return [*_as_typed(tuple(lines)), *_hprim(rows)]


@remembered
def _born_in(rows: tuple[str, ...]) -> list[Person]:
    """Return who is named, with ``née le`` and a date, by a row that holds nothing else."""
    found = []
    for row in rows:
        if len(row) > _LONGEST or not _BORN_ON.search(row):
            continue
        value = _ONE_MORE.sub("", row.strip(), count=1)
        said = apart(value)
        names = without_title(said.names.translate(_BRACKETS))
        if (
            value.endswith(".")
            or not is_date(said.born)
            or not _is_like_names(names, alone=False)
        ):
            continue
        words = frozenset(each for word in name_words(names) for each in fold(word).split())
        read = one_reading(names)
        given = read.given if read else ""
        shown = names[:80]
        found.append(Person(words, said.born, given, shown, is_sure=True, may_be_married=True))
    return found


def _people(lines: tuple[Line, ...], this_year: int = 0) -> list[Person]:
    return _dated(_as_typed(lines), this_year)


def _dated(persons: Iterable[Person], this_year: int) -> list[Person]:
    """Return the persons with their birth dates as they can be compared."""
    return [
        each._replace(born=birth_date(each.born, this_year) or as_written(each.born))
        for each in persons
    ]


@remembered
def _as_typed(lines: tuple[Line, ...]) -> list[Person]:
    beings: list[_Being] = []
    waiting: tuple[int, str] | None = None
    for at, line in enumerate(lines):
        now = beings[-1] if beings and at - beings[-1].at <= _BESIDE else None
        if line.word and fold(line.word) in _AUTHORITY and now:
            now.is_doctor = True
        if not line.value or is_slot(line.field, line.value):
            continue
        if line.field in _NAMED or _is_next_patient(line.word):
            if now is None or not _belongs(now, line):
                now = _Being(at)
                beings.append(now)
            before, waiting = waiting, _add(now, line, at, waiting)
            if before and not waiting:  # the date was the next one's
                beings = [being for being in beings if not being.is_twin]
        elif line.field is Field.BIRTH_DATE:
            if now and not now.born:
                now.born, now.at = line.value, at
            else:
                beings += _twins(now, line.value, at)
                waiting = (at, line.value)
    return [being.person() for being in beings]


def _is_next_patient(word: str) -> bool:
    """Return whether the word says one more patient: ``Patient suivant``, ``2e patient``."""
    words = set(fold(word).split())
    return bool(words & _PATIENT) and words <= _PATIENT | _NEXT


def _twins(being: _Being | None, born: str, at: int) -> list[_Being]:
    """Return the same names again, if a second line gives them another birth date."""
    one, other = as_written(being.born if being else ""), as_written(born)
    if being is None or not (one and other) or _is_one_day(one, other):
        return []
    twin = _Being(at)
    twin.is_twin = True
    twin.values, twin.born, twin.is_doctor = dict(being.values), born, being.is_doctor
    return [twin]


def _belongs(being: _Being, line: Line) -> bool:
    """Return whether one more name is said of the same person."""
    if line.field is Field.PATIENT or line.field is None:
        return False
    if Field.PATIENT in being.values and line.field is not Field.USED_NAME:
        # The same names once more, or the first name that "Patient : DUPONT" lacks.
        whole = fold(apart(being.values[Field.PATIENT]).names).split()
        own = fold(without_title(line.value)).split()
        return set(own) <= set(whole) or (len(whole) == 1 and line.field is Field.FIRST_NAMES)
    known = being.values.get(line.field or Field.PATIENT)
    if known is not None:
        # "Nom : DUPONT" and "Nom de naissance : DURAND" are of one.
        return line.field is Field.BIRTH_NAME and Field.FIRST_NAMES not in being.values
    return True


def _add(
    being: _Being, line: Line, at: int, waiting: tuple[int, str] | None
) -> tuple[int, str] | None:
    field = line.field or Field.PATIENT
    if field is Field.BIRTH_NAME and field in being.values:
        field = Field.USED_NAME
    being.values[field] = line.value
    being.is_loud = being.is_loud or line.word.isupper()
    being.at = at
    if fold(line.value).split()[:1] and fold(line.value).split()[0] in _DOCTOR:
        being.is_doctor = True
    being.born = being.born or apart(line.value).born
    if waiting and at - waiting[0] <= _BESIDE and not being.born:
        being.born = waiting[1]
        return None
    return waiting


def _hprim(rows: Sequence[str]) -> Iterator[Person]:
    """Yield who is named by the lines of an HPRIM message: name, first name, ..., date."""
    for at in range(_HPRIM_DATE, len(rows) - 1):
        if not _DATE_ALONE.fullmatch(rows[at]) or not _NUMBER_ALONE.fullmatch(rows[at + 1]):
            continue
        name, given = rows[at - _HPRIM_DATE].strip(), rows[at - _HPRIM_DATE + 1].strip()
        if name.isupper() and len(name + given) < _LONGEST and is_name(name) and is_name(given):
            words = frozenset(fold(f"{name} {given}").split())
            yield Person(words, "", given, f"{name} {given}"[:80], is_sure=True)
