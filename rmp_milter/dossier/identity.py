"""Who a patient is: names folded, dossiers matched. Doubt never files (mission, rule 2).

A patient is matched on birth name, first given name and date of birth, and on the NIR/INS
matricule where both sides know it. The first given name is the hard part: ``Jean-Pierre``
is one given name, ``Jean, Pierre`` are two, and ``Jean Pierre`` may be either. Where the
spelling leaves both readings open, the names must agree in all their words; if they do
not, only an equal NIR decides.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from enum import StrEnum

import msgspec

from rmp_milter.dossier.model import Dossier, Patient

# Letters that Unicode does not decompose: the Latin ones of European civil records.
_LETTERS = str.maketrans(
    {
        "Œ": "OE",
        "Æ": "AE",
        "ẞ": "SS",
        "Ø": "O",
        "Ł": "L",
        "Đ": "D",
        "Ð": "D",
        "Þ": "TH",
        "Ħ": "H",
        "Ŧ": "T",
        "Ŋ": "N",
        "Ɖ": "D",
        "Ə": "E",
        "ʼ": " ",
        "ʹ": " ",
        "ʻ": " ",
    }
)
_NO_LETTER = re.compile(r"[^\w ]|_")
_MARKS = re.compile("[\u0300-\u036f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
_NIR = re.compile(r"[1-9]\d{4}(?:\d{2}|2A|2B)\d{6}\d{2}", re.ASCII)
_SEX_DIGITS = {"M": "137", "F": "248"}  # for good, while being registered, provisional
_CORSICA = {"2A": "19", "2B": "18"}
_PARTICLES = ("DE LA ", "DE L ", "DES ", "DU ", "DE ", "D ")
_MAX_GIVEN = 4  # words of a spaced list that may belong to the first given name


class Matching(StrEnum):
    """What matching found."""

    ONE = "one"
    NONE = "none"
    SEVERAL = "several"
    CONTRADICTION = "contradiction"  # something fits, something else does not, or may not


class Match(msgspec.Struct, frozen=True):
    """``dossier`` is there with :attr:`Outcome.ONE` and only then."""

    outcome: Matching
    dossier: Dossier | None = None


class _Fit(StrEnum):
    """How one candidate fits."""

    CONFIRMED = "confirmed"  # traits and NIR
    SAME = "same"  # traits; the NIR is missing on a side
    DOUBTFUL = "doubtful"  # given names that may or may not be the same; no NIR
    OTHER_NUMBER = "other number"  # traits, but another NIR
    OTHER_TRAITS = "other traits"  # NIR, but other traits
    STRANGER = "stranger"


def fold(text: str) -> str:
    """Return the text for comparing: capitals without accents, words with single spaces.

    Hyphens, apostrophes and all other signs separate words. Letters of other scripts stay
    themselves: a Cyrillic ``А`` is no Latin ``A``.
    """
    try:
        folded = text.encode("latin-1").translate(_LATIN)
    except UnicodeEncodeError:
        return _taken_apart(text)
    if _NOT_ALONE in folded:
        return _taken_apart(text)
    return b" ".join(folded.split()).decode()


def _taken_apart(text: str) -> str:
    """Return the text folded sign by sign, whatever it is written in."""
    folded = text
    # Once is not enough: capitals of some letters decompose again.
    for _ in range(2):
        folded = unicodedata.normalize("NFKD", folded.upper())
    plain = _MARKS.sub("", folded).translate(_LETTERS)
    return " ".join(_NO_LETTER.sub(_mark_or_space, plain).split())


def _mark_or_space(found: re.Match[str]) -> str:
    # Marks that remain belong to scripts in which they are letters.
    return found[0] if unicodedata.category(found[0]).startswith("M") else " "


_NOT_ALONE = b"?"


def _latin(sign: str) -> bytes:
    """Return what a sign folds to, a blank where it separates words; else what is none of that.

    Some fold to two letters, some to nothing; of each other the neighbours do not matter.
    """
    between = _taken_apart(f"A{sign}A")[1:-1]
    return between.encode() if len(between) == 1 and between.isascii() else _NOT_ALONE


# Nearly all lines of a mail are Latin-1, and nothing maps signs as fast as octets do.
_LATIN = b"".join(_latin(chr(sign)) for sign in range(256))


def trait_keys(patient: Patient) -> tuple[str, ...]:
    """Return the look-up keys that lead to the patient: traits, and the NIR if there.

    ``trait:NAME|FIRST GIVEN NAME|YYYY-MM-DD`` for each reading of the given names, and
    ``nir:DIGITS``. A key says where to look; :func:`match` decides.
    """
    name = fold(patient.birth_name)
    readings = _first_names(patient.first_names) if name and patient.birth_date else ()
    keys = [f"trait:{name}|{given}|{patient.birth_date}" for given in readings]
    return (*keys, *([f"nir:{_compact(patient.nir)}"] if patient.nir else []))


def nir_valid(nir: str) -> bool:
    """Return whether this is a NIR with its key: 97 minus the number modulo 97.

    Spaces are allowed; the Corsican departments count as 19 (2A) and 18 (2B).
    """
    compact = _compact(nir)
    if not _NIR.fullmatch(compact):
        return False
    department = compact[5:7]
    number = compact[:5] + _CORSICA.get(department, department) + compact[7:13]
    return 97 - int(number) % 97 == int(compact[13:])


def number_contradicts(patient: Patient, sex: str = "") -> bool:
    """Return whether the NIR is not this patient's: of another sex, year or month of birth.

    Most often it is then a parent's, under whose number a child was insured. Its first five
    digits say sex, year and month; months beyond 12 stand for none.
    """
    nir = _compact(patient.nir)
    if not (nir and patient.birth_date):
        return False
    year, month = patient.birth_date[2:4], patient.birth_date[5:7]
    other_sex = bool(sex) and nir[0] in _SEX_DIGITS["M" if sex == "F" else "F"]
    other_month = "01" <= nir[3:5] <= "12" and nir[3:5] != month
    return other_sex or nir[1:3] != year or other_month


def match(asked: Patient, candidates: Sequence[Dossier]) -> Match:
    """Find the one dossier that is surely the asked patient's.

    An equal NIR tells homonyms apart; a NIR or a trait that contradicts, two that fit, or
    given names that leave a doubt give no dossier.
    """
    fits = {dossier.dossier_id: _fit(asked, dossier.patient) for dossier in candidates}
    by_id = {dossier.dossier_id: dossier for dossier in candidates}
    outcome, chosen = _choose(fits)
    return Match(outcome, by_id[chosen] if chosen is not None else None)


def name_begins(patient: Patient, letters: str) -> bool:
    """Return whether the patient's name begins so, with or without its particle.

    Accents and case are folded; no letters fit everybody, letters that fold to nothing
    nobody.
    """
    if not letters.strip():
        return True
    wanted = fold(letters)
    name = fold(f"{patient.birth_name} {patient.first_names}")
    return bool(wanted) and any(form.startswith(wanted) for form in _without_particle(name))


def _choose(fits: dict[bytes, _Fit]) -> tuple[Matching, bytes | None]:
    found = {fit: [key for key, value in fits.items() if value is fit] for fit in _Fit}
    if found[_Fit.OTHER_TRAITS]:
        return Matching.CONTRADICTION, None
    if found[_Fit.CONFIRMED]:
        return _only(found[_Fit.CONFIRMED])
    if found[_Fit.OTHER_NUMBER]:
        return Matching.CONTRADICTION, None
    if found[_Fit.DOUBTFUL]:
        several = len(found[_Fit.DOUBTFUL]) + len(found[_Fit.SAME]) > 1
        return (Matching.SEVERAL if several else Matching.CONTRADICTION), None
    return _only(found[_Fit.SAME])


def _only(keys: list[bytes]) -> tuple[Matching, bytes | None]:
    if not keys:
        return Matching.NONE, None
    return (Matching.ONE, keys[0]) if len(keys) == 1 else (Matching.SEVERAL, None)


def _fit(asked: Patient, known: Patient) -> _Fit:
    traits = _traits_fit(asked, known)
    if not (asked.nir and known.nir):
        return traits
    if _compact(asked.nir) == _compact(known.nir):
        return _Fit.OTHER_TRAITS if traits is _Fit.STRANGER else _Fit.CONFIRMED
    return _Fit.OTHER_NUMBER if traits is _Fit.SAME else _Fit.STRANGER


def _traits_fit(asked: Patient, known: Patient) -> _Fit:
    """Compare the three strict traits; an empty one fits nothing."""
    name = fold(asked.birth_name)
    if not (name and name == fold(known.birth_name)):
        return _Fit.STRANGER
    if not (asked.birth_date and asked.birth_date == known.birth_date):
        return _Fit.STRANGER
    return _given_names_fit(asked.first_names, known.first_names)


def _given_names_fit(asked: str, known: str) -> _Fit:
    ours, theirs = _first_names(asked), _first_names(known)
    if not set(ours) & set(theirs):
        return _Fit.STRANGER
    words, others = fold(asked).split(), fold(known).split()
    if words == others:
        return _Fit.SAME
    shorter = min(len(words), len(others))
    begins = words[:shorter] == others[:shorter]
    return _Fit.SAME if begins and len(ours) == len(theirs) == 1 else _Fit.DOUBTFUL


def _first_names(given: str) -> tuple[str, ...]:
    """Return what the first given name may be, the shortest reading first.

    A hyphen binds, a comma ends; a space does either.
    """
    words = [fold(word) for word in given.partition(",")[0].split()]
    words = [word for word in words if word]
    return tuple(" ".join(words[:count]) for count in range(1, len(words[:_MAX_GIVEN]) + 1))


def _without_particle(name: str) -> Iterator[str]:
    yield name
    for particle in _PARTICLES:
        if name.startswith(particle):
            yield name.removeprefix(particle)


def _compact(nir: str) -> str:
    return "".join(nir.split()).upper()
