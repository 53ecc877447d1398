"""A patient told in one line: ``DUPONT Jean, né le 30/01/1959 (67 ans)``, taken apart."""

import re
from typing import NamedTuple

from rmp_milter.dossier.identity import fold
from rmp_milter.mail.header.civil import is_date
from rmp_milter.mail.header.names import Names, is_mark, readings, without_title
from rmp_milter.mail.header.once import remembered

_LONGEST = 300
_BETWEEN = r"(?: ?[./\u2010-\u2015-] ?| )"
_DATE = re.compile(
    rf"(?<![\d./-])(?:\d{{1,2}}(?:er)?{_BETWEEN}(?:\d{{1,2}}|[^\W\d_]{{3,9}}\.?){_BETWEEN}\d{{2,4}}"
    rf"|\d{{4}}[./-]\d{{1,2}}[./-]\d{{1,2}})(?!\d)",
    re.IGNORECASE,
)
_DAY = "(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)"
_BEFORE_DATE = re.compile(
    rf"(?:\b(?:n[ée]e?(?:\(e\)|[.·]e)?(?: ?:)?(?: le\b)?|le|ddn|d\.d\.n\.?|date de naissance|born"
    rf"(?: on)?|dob)\s*:?\s*)?(?:{_DAY} )?$",
    re.IGNORECASE,
)
_AGE = re.compile(
    r"(?:\bâgée? de |\bâge ?:? ?)?(?:\b(?:environ|env\.?|vers|à peu près|approx\.?) |[~≈] ?)?"
    r"\b\d{1,3} ?(?:ans?|mois|semaines?|jours?|years?)\b",
    re.IGNORECASE,
)
_BORN_ABOUT = re.compile(
    r"\bn[ée]e?(?:\(e\))? ((?:(?:vers|environ|en|circa|about) )?(?:1[89]|20)\d{2}\b)",
    re.IGNORECASE,
)
_SEX = re.compile(
    r"(?:[,;] ?|\(| [-–] )(?:sexe ?:? ?)?(?:[mfh]|homme|femme|masculin|féminin)\)?$",
    re.IGNORECASE,
)
_SIGNS = " ,;:/([)]–—-"
# What a person is called of whom no more is known: no part of a name.
_DESCRIBED = frozenset(
    {
        *(
            "HOMME",
            "FEMME",
            "ENFANT",
            "GARCON",
            "FILLE",
            "PATIENT",
            "PATIENTE",
            "D",
            "DE",
            "AGE",
        ),
        *(
            "AGEE",
            "ENVIRON",
            "VERS",
            "UN",
            "UNE",
            "JEUNE",
            "INCONNU",
            "INCONNUE",
            "SEXE",
            "SANS",
        ),
        *(
            "MASCULIN",
            "FEMININ",
            "MALE",
            "FEMALE",
            "MAN",
            "WOMAN",
            "UNKNOWN",
            "IDENTITE",
            "NOM",
        ),
    }
)


class IdentityLine(NamedTuple):
    """What stands in a patient's line: the names' words, the date's, the age's."""

    names: str
    born: str = ""
    age: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether names and date are there, and the names can be read in one way."""
        found = readings(self.names)
        return len(found) == 1 and bool(found[0].given and self.born and is_date(self.born))


@remembered
def apart(value: str) -> IdentityLine:
    """Take a patient's value apart; what is neither a date nor an age stays with the names."""
    text = " ".join(value[:_LONGEST].split())
    if found := _DATE.search(text):
        before = text[: found.start()].rstrip(" ([")
        weekday_and_word = _BEFORE_DATE.search(text[: found.start()].rstrip("(["))
        if weekday_and_word:
            before = text[: weekday_and_word.start()]
        return IdentityLine(_bare(before), text[found.start() :].strip(" ,;"))
    if found := _BORN_ABOUT.search(text):
        return IdentityLine(_bare(text[: found.start()]), text[found.start(1) :].strip(_SIGNS))
    if found := _AGE.search(text):
        before, after = text[: found.start()].strip(_SIGNS), text[found.end() :].strip(_SIGNS)
        names, _, described = before.partition(",")
        if described.strip() and not _is_description(described):
            names, described = before, ""
        names = _undescribed(names)
        return IdentityLine(
            _bare(names or after), "", f"{described.strip()} {found[0]}".strip()
        )
    return IdentityLine(_bare(text))


def name_words(value: str) -> list[str]:
    """Return the words of a value that may be somebody's names, as they are written.

    Titles, ``née`` and the like, and how a person is described are none.
    """
    words = re.split(r"[\s,;:/()\[\]]+", without_title(apart(value).names))
    return [word for word in words if _may_be_a_name(word)]


def one_reading(value: str) -> Names | None:
    """Return the names in a value if they can be read in one way."""
    found = readings(apart(value).names)
    return found[0] if len(found) == 1 else None


def _may_be_a_name(word: str) -> bool:
    folded = fold(word)
    return any(map(str.isalpha, word)) and folded not in _DESCRIBED and not is_mark(word)


def _bare(names: str) -> str:
    return _SEX.sub("", names.strip(" ,;:/–—-")).rstrip(_SIGNS) if names else ""


def _is_description(words: str) -> bool:
    return all(word in _DESCRIBED for word in fold(words).split())


def _undescribed(names: str) -> str:
    words = names.split()
    while words and _is_description(words[-1]) and not words[-1].isupper():
        words.pop()
    return " ".join(words)
