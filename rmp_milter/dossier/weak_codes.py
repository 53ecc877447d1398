"""Which chosen codes are too easily guessed: short ones, rows of signs, what people know.

A code that the service draws is none of them. One that somebody chooses is tried by people
who know the patient, and who have all the time that the bounds on wrong codes leave them.
"""

from collections.abc import Iterable

from rmp_milter.dossier.identity import fold
from rmp_milter.dossier.model import Patient

SHORTEST_CODE = 8
"""Signs of the shortest code that is set, by whomever: 39.6 bits where it is drawn."""

_FEW = 4  # different signs at least
_SHORTEST_WORD = 3  # of a name; shorter ones are in many codes by chance
_ROWS = (
    "01234567890123456789",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "AZERTYUIOPQSDFGHJKLMWXCVBN",
    "QWERTYUIOPASDFGHJKLZXCVBNM",
)


def guessable(patient: Patient, used_name: str = "") -> tuple[str, ...]:
    """Return what people know of the patient, folded: no chosen code may hold it.

    Names, the date of birth in the orders in which people write it, the number (NIR).
    """
    names = fold(f"{patient.birth_name} {used_name} {patient.first_names}").split()
    words = dict.fromkeys(name for name in names if len(name) >= _SHORTEST_WORD)
    year, month, day = f"{patient.birth_date}--".split("-")[:3]
    dates = [day + month + year, month + day + year, year + month + day]
    dates += [day + month + year[2:], year[2:] + month + day] if year else []
    return (*words, *(date for date in dates if date), *([patient.nir] if patient.nir else []))


def is_weak(code: str, minimum: int, known: Iterable[str]) -> bool:
    """Return whether a folded code is too short, too plain, or of what is known."""
    return (
        len(code) < minimum
        or len(set(code)) < _FEW
        or any(code in row or code[::-1] in row for row in _ROWS)
        or any(word in code or code in word for word in known)
    )
