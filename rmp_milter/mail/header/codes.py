"""Which of the many codes in a letter is the patient's: a place's, a door's, a drug's is none."""

from rmp_milter.dossier.identity import fold

_CODE = frozenset({"CODE", "CODES", "CODEPATIENT"})
# What may stand beside "code" where the patient's is meant; with any other word it is another.
_OF_THE_PATIENT = frozenset(
    {
        *("PATIENT", "PATIENTE", "DU", "DE", "LA", "LE", "D", "L", "AU", "MON", "SON", "VOTRE"),
        *(
            "CONFIDENTIEL",
            "SECRET",
            "PERSONNEL",
            "ACCES",
            "DOSSIER",
            "RMP",
            "MEDICAL",
            "RESUME",
        ),
        *("ACTUEL", "ANCIEN", "NOUVEAU", "CHOISI", "EST", "S", "MY", "ACCESS", "PARTAGE"),
    }
)
_PASSWORD = "MOT DE PASSE"  # noqa: S105 -- a word that people write before one
_PASSWORDS = frozenset({_PASSWORD, f"{_PASSWORD} DU PATIENT", f"{_PASSWORD} PATIENT", "MDP"})


def is_patients_code(folded: str) -> bool:
    """Return whether the folded word of a line stands for the patient's code."""
    words = set(folded.split())
    return bool(words & _CODE) and words <= _CODE | _OF_THE_PATIENT


def other_code(word: str) -> bool:
    """Return whether the word names a code that is not the patient's, or a file's password."""
    folded = fold(word)
    if _CODE.intersection(folded.split()):
        return not is_patients_code(folded)
    return folded.startswith(f"{_PASSWORD} ") and folded not in _PASSWORDS


def is_password(word: str) -> bool:
    """Return whether the word stands for the patient's code where something is asked for."""
    return fold(word) in _PASSWORDS
